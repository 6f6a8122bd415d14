"""Pages that do not answer, that nobody sees, and that come back; on virtual time."""

import asyncio

from signaling.agents.contract import ReportAudio, RingStopReason
from signaling.agents.page_messages import PageHere, WasUnreachable
from signaling.agents.pages import ANSWER_WITHIN_S, ASK_EVERY_S, RING_ANSWER_WITHIN_S
from signaling.presence import Microphone, Presence
from tests.fakes.virtual_time import START
from tests.fakes.world import ANA, BIA
from tests.scenarios.desk_world import DeskWorld
from tests.scenarios.test_desk import call_comes, desk_scenario


async def a_turn(world: DeskWorld) -> None:
    """Long enough that every ready page was asked, and that an answer would be late."""
    await asyncio.sleep(2 * ASK_EVERY_S + ANSWER_WITHIN_S)
    await world.settle()


@desk_scenario
async def test_pages_that_answer_stay_free_for_hours(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await asyncio.sleep(6 * 3600)
    await world.settle()
    assert world.desk.presence_of(ANA.id) is Presence.FREE
    assert world.events("a").count("was_unreachable") == 0


@desk_scenario
async def test_a_page_that_stops_answering_is_unreachable_and_calls_go_to_others(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    world.frozen.add("a")
    await a_turn(world)
    assert world.desk.presence_of(ANA.id) is Presence.UNREACHABLE
    assert world.desk.ready_to_call(ANA.id) is None
    await call_comes(world)
    assert len(world.state("b").ringing) == 1
    assert world.state("a").ringing == []


@desk_scenario
async def test_a_page_that_does_not_answer_while_it_rings_loses_the_ring_at_once_and_is_knocked_for(
    world: DeskWorld,
) -> None:
    await world.ready(ANA, "a")
    await asyncio.sleep(RING_ANSWER_WITHIN_S)
    world.frozen.add("a")
    await call_comes(world)
    assert len(world.state("a").ringing) == 1
    assert world.knocks == []
    await asyncio.sleep(RING_ANSWER_WITHIN_S)
    await world.settle()
    assert world.desk.presence_of(ANA.id) is Presence.UNREACHABLE
    assert world.state("a").ringing == [] and world.hints("a")[-1].why is RingStopReason.NOT_READY
    assert world.knocks == [(ANA.id, world.world.call.id)]


@desk_scenario
async def test_who_comes_back_is_told_how_long_they_were_away_and_rings_again(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.frozen.add("a")
    await a_turn(world)
    lost_at = asyncio.get_running_loop().time()
    await call_comes(world)
    assert world.knocks == [(ANA.id, world.world.call.id)], "one who would take it, if they came back"
    await asyncio.sleep(3)
    world.frozen.clear()
    ack = await world.do("a", "page.here", PageHere(visible=True))
    assert ack.ok
    assert world.desk.presence_of(ANA.id) is Presence.FREE
    assert len(world.state("a").ringing) == 1
    (told,) = [message for to, _, message in world.sent if isinstance(message, WasUnreachable) and to == "a"]
    assert told.until_unix_s == START.timestamp() + lost_at + 3
    assert START.timestamp() < told.since_unix_s < told.until_unix_s - 2


@desk_scenario
async def test_any_word_of_a_page_is_an_answer(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    world.frozen.add("a")
    for _ in range(20):
        await asyncio.sleep(ANSWER_WITHIN_S / 2)
        await world.do("a", "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=True))
    assert world.desk.presence_of(ANA.id) is Presence.FREE


@desk_scenario
async def test_a_page_that_loads_anew_is_reachable(world: DeskWorld) -> None:
    await world.ready(ANA, "a", "tab")
    world.frozen.add("a")
    await a_turn(world)
    world.desk.disconnected("a")
    await world.connect(ANA, "a2", "tab")
    assert world.desk.presence_of(ANA.id) is Presence.FREE
    assert "was_unreachable" in world.events("a2")


@desk_scenario
async def test_a_hidden_page_rings_and_is_knocked_for(world: DeskWorld) -> None:
    await world.ready(ANA, "a")
    await world.do("a", "page.here", PageHere(visible=False))
    world.hidden.add("a")
    await call_comes(world)
    assert len(world.state("a").ringing) == 1
    assert world.knocks == [(ANA.id, world.world.call.id)]
    await a_turn(world)
    assert world.desk.presence_of(ANA.id) is Presence.FREE


@desk_scenario
async def test_who_has_paused_is_neither_asked_nor_knocked_for(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    await a_turn(world)
    await call_comes(world)
    assert "are_you_there" not in world.events("a")
    assert world.knocks == []
