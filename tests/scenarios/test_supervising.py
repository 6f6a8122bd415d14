"""Supervisors in calls of others: who may, what everybody is shown, and every way out, on virtual time."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from signaling.agents.contract import AnswerCall, HangUp, HoldCall, JoinAll, Refusal, SetAvailability, TransferCall
from signaling.agents.message import Message
from signaling.agents.supervision_messages import BargeIn, CallTakenOver, LeaveCall, ListenIn, TakeOver, Whisper
from signaling.agents.supervisors import GONE_AFTER_S
from signaling.call import Call, Rules, State
from signaling.effects import ConnectAudio, Effect, PlayHoldTone, SuperviseAudio
from signaling.events import GatewayRestarted
from signaling.ids import AgentId, DepartmentId, SeatId
from signaling.lifecycle import step
from signaling.ports import Role
from signaling.presence import Availability, Presence
from signaling.supervision import Way
from tests.fakes.virtual_time import virtual_now
from tests.fakes.world import ANA, BIA, OTHER_WACID, SALES, offered, terminated
from tests.scenarios.desk_world import DeskWorld, desk_scenario

SUE = replace(ANA, id=AgentId(5), name="Sue", role=Role.SUPERVISOR, listens_in=frozenset({SALES}))
TOM = replace(SUE, id=AgentId(6), name="Tom")
GRACE_S = Rules().reattach_grace_s
KINDS: dict[Way, tuple[str, type[Message]]] = {
    Way.LISTEN: ("supervise.listen", ListenIn),
    Way.WHISPER: ("supervise.whisper", Whisper),
    Way.BARGE_IN: ("supervise.barge_in", BargeIn),
}


async def in_a_call(world: DeskWorld) -> str:
    """Ana talks to a customer; Sue may listen, and has her seat."""
    await world.ready(ANA, "a")
    await world.world.exchange.deliver(offered())
    await world.settle()
    await world.answer("a")
    await world.ready(SUE, "s")
    return live(world).id


def live(world: DeskWorld) -> Call:
    (call,) = world.world.exchange.live_calls
    return call


async def go(world: DeskWorld, call_id: str, way: Way = Way.LISTEN, page: str = "s") -> Refusal | None:
    name, kind = KINDS[way]
    return (await world.do(page, name, kind.model_validate({"call_id": call_id}))).why


def audio(world: DeskWorld) -> SuperviseAudio:
    return [effect for effect in world.world.performed if isinstance(effect, SuperviseAudio)][-1]


def connected(world: DeskWorld) -> Effect:
    kinds = (ConnectAudio, PlayHoldTone)
    return [effect for effect in world.world.performed if isinstance(effect, kinds)][-1]


def seat_of(world: DeskWorld, agent: AgentId) -> SeatId:
    return [seat for whose, seat in world.seats.made if whose == agent][-1]


def lines(world: DeskWorld) -> list[tuple[str, Any]]:
    kinds = ("supervision", "supervision_over", "taken_over")
    return [(line.kind, line.data.get("way")) for line in world.world.call.timeline if line.kind in kinds]


@desk_scenario
async def test_who_listens_hears_both_is_heard_by_nobody_and_is_busy_for_other_calls(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    assert await go(world, call_id) is None
    sue, ana = seat_of(world, SUE.id), seat_of(world, ANA.id)
    assert audio(world) == SuperviseAudio(live(world).id, sue, Way.LISTEN, (ana,))
    shown = world.state("s")
    assert shown.call is None and shown.supervising is not None
    assert (shown.supervising.call_id, shown.supervising.agent, shown.supervising.way) == (call_id, "Ana", Way.LISTEN)
    assert shown.presence is Presence.IN_CALL
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    assert world.state("s").ringing == []


@desk_scenario
async def test_the_agent_sees_the_supervisor_and_what_they_do(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    for way in (Way.LISTEN, Way.WHISPER, Way.BARGE_IN, Way.LISTEN):
        assert await go(world, call_id, way) is None
        mine = world.state("a").call
        assert mine is not None and mine.supervisor is not None
        assert (mine.supervisor.name, mine.supervisor.way) == ("Sue", way)
        assert audio(world).way is way
    assert (await world.do("s", "supervise.leave", LeaveCall(call_id=call_id))).ok
    mine = world.state("a").call
    assert mine is not None and mine.supervisor is None
    assert audio(world).seat is None and world.state("s").presence is Presence.FREE


@desk_scenario
async def test_a_company_may_hide_who_listens_and_never_who_speaks(world: DeskWorld) -> None:
    world.desk._showing._shows_listening = False
    call_id = await in_a_call(world)
    seen = []
    for way in (Way.LISTEN, Way.WHISPER):
        await go(world, call_id, way)
        mine = world.state("a").call
        assert mine is not None
        seen.append(mine.supervisor is not None)
    assert seen == [False, True]


@desk_scenario
async def test_only_supervisors_of_the_calls_department_may_and_each_refusal_says_why(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.ready(replace(SUE, id=AgentId(7), listens_in=frozenset({DepartmentId(99)})), "elsewhere")
    await world.ready(BIA, "b")
    await world.connect(TOM, "t")
    assert await go(world, call_id, page="elsewhere") is Refusal.FORBIDDEN
    assert await go(world, call_id, page="b") is Refusal.FORBIDDEN
    assert await go(world, "0" * 32, page="b") is Refusal.FORBIDDEN
    assert await go(world, "0" * 32) is Refusal.NOT_UP
    assert await go(world, call_id, page="t") is Refusal.NOT_READY
    assert await go(world, call_id) is None
    await world.ready(TOM, "t")
    assert await go(world, call_id, page="t") is Refusal.SUPERVISED
    assert (await world.do("t", "supervise.take_over", TakeOver(call_id=call_id))).why is Refusal.SUPERVISED
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await world.answer("t")
    assert await go(world, call_id, page="t") is Refusal.BUSY


@pytest.mark.parametrize("way", list(Way))
def test_of_two_supervisors_who_come_at_the_same_moment_one_is_in_and_the_other_is_told_who(way: Way) -> None:
    async def play(world: DeskWorld) -> None:
        call_id = await in_a_call(world)
        await world.ready(TOM, "t")
        name, kind = KINDS[way]
        acks = [
            await world.desk.command("s", name, kind.model_validate({"call_id": call_id})),
            await world.desk.command("t", "supervise.barge_in", BargeIn(call_id=call_id)),
        ]
        assert live(world).supervision is None, "the call has decided nothing yet"
        assert [(ack.ok, ack.why, ack.who) for ack in acks] == [
            (True, None, None),
            (False, Refusal.SUPERVISED, "Sue"),
        ]
        await world.settle()
        there = live(world).supervision
        assert there is not None and (there.agent, there.way) == (SUE.id, way)
        assert world.state("t").supervising is None and world.state("t").presence is Presence.FREE

        took = await world.desk.command("s", "supervise.take_over", TakeOver(call_id=call_id))
        came = await world.desk.command("t", "supervise.listen", ListenIn(call_id=call_id))
        assert took.ok and (came.why, came.who) == (Refusal.SUPERVISED, "Sue"), "she is there until it is hers"
        await world.settle()
        assert await go(world, call_id, page="t") is None, "and Tom may come into the call that is Sue's now"
        assert live(world).agent == SUE.id

    desk_scenario(play)()


@desk_scenario
async def test_a_supervisor_whose_call_ends_at_the_moment_they_come_keeps_nobody_out_of_another(
    world: DeskWorld,
) -> None:
    call_id = await in_a_call(world)
    await world.ready(TOM, "t")
    hung_up = await world.desk.command("a", "call.hang_up", HangUp(call_id=call_id))
    came = await world.desk.command("s", "supervise.listen", ListenIn(call_id=call_id))
    assert hung_up.ok and came.ok
    await world.settle()
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    await world.answer("a")
    other_id = next(call.id for call in world.world.exchange.live_calls if call.state is State.TALKING)
    for page, why in (("t", None), ("s", Refusal.SUPERVISED)):
        assert await go(world, other_id, page=page) is why


@desk_scenario
async def test_a_supervisor_is_in_one_call_whatever_they_press_at_the_same_moment(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.world.exchange.deliver(offered(OTHER_WACID))
    await world.settle()
    (ring,) = world.state("s").ringing
    came = await world.desk.command("s", "supervise.listen", ListenIn(call_id=call_id))
    answered = await world.desk.command("s", "call.answer", AnswerCall(call_id=ring.call_id))
    assert came.ok and answered.why is Refusal.BUSY
    await world.settle()
    assert world.state("s").supervising is not None and world.state("s").call is None


@desk_scenario
async def test_an_agent_cannot_be_supervised_by_themselves_nor_a_call_that_rings(world: DeskWorld) -> None:
    await world.ready(SUE, "s")
    await world.ready(TOM, "t")
    await world.world.exchange.deliver(offered())
    await world.settle()
    call_id = live(world).id
    assert await go(world, call_id, page="t") is Refusal.NOT_UP
    await world.answer("s")
    assert await go(world, call_id) is Refusal.BUSY


@desk_scenario
async def test_a_supervisor_steers_nothing_of_the_call_but_by_taking_it_over(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id, Way.BARGE_IN)
    for name, message in (
        ("call.hang_up", HangUp(call_id=call_id)),
        ("call.hold", HoldCall(call_id=call_id, held=True)),
        ("call.transfer", TransferCall(call_id=call_id, to_agent=BIA.id)),
        ("consult.join", JoinAll(call_id=call_id)),
    ):
        assert (await world.do("s", name, message)).why is Refusal.NOT_YOUR_CALL, name
    assert live(world).state is State.TALKING and not live(world).held


@desk_scenario
async def test_a_call_is_taken_over_from_outside_in_one_go_by_who_may_listen_to_it(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.ready(replace(SUE, id=AgentId(7), listens_in=frozenset({DepartmentId(99)})), "elsewhere")
    take_over = "supervise.take_over", TakeOver(call_id=call_id)
    assert (await world.do("elsewhere", *take_over)).why is Refusal.FORBIDDEN
    assert (await world.do("s", *take_over)).ok
    mine = world.state("s").call
    assert mine is not None and mine.call_id == call_id
    assert world.state("a").call is None
    assert lines(world) == [("supervision", "listen"), ("supervision_over", "listen"), ("taken_over", None)]


@desk_scenario
async def test_taking_over_frees_the_agent_who_is_told_and_the_supervisor_has_the_call(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id)
    assert (await world.do("s", "supervise.take_over", TakeOver(call_id=call_id))).ok
    assert connected(world) == ConnectAudio(live(world).id, SUE.id, seat_of(world, SUE.id))
    assert audio(world).seat is None
    mine = world.state("s").call
    assert mine is not None and mine.call_id == call_id and world.state("s").supervising is None
    assert world.state("a").call is None and world.state("a").presence is Presence.FREE
    told = [message for to, _, message in world.sent if to == "a" and isinstance(message, CallTakenOver)]
    assert told == [CallTakenOver(call_id=call_id, by="Sue")]
    assert (await world.do("s", "call.hang_up", HangUp(call_id=call_id))).ok
    assert lines(world) == [("supervision", "listen"), ("supervision_over", "listen"), ("taken_over", None)]


@desk_scenario
async def test_listening_goes_on_through_hold_and_the_agents_reload(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id)
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=True))
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=False))
    world.desk.seating.down(ANA.id, seat_of(world, ANA.id))
    await world.settle()
    assert live(world).state is State.REATTACHING and audio(world).agents == ()
    ana = await world.seat(ANA, "a")
    assert live(world).state is State.TALKING
    assert audio(world) == SuperviseAudio(live(world).id, seat_of(world, SUE.id), Way.LISTEN, (ana,))
    assert lines(world) == [("supervision", "listen")]


@desk_scenario
async def test_after_a_transfer_the_next_agent_is_listened_to_and_hears_no_whisper_they_were_not_told_of(
    world: DeskWorld,
) -> None:
    call_id = await in_a_call(world)
    await world.ready(BIA, "b")
    await go(world, call_id, Way.WHISPER)
    assert (await world.do("a", "call.transfer", TransferCall(call_id=call_id, to_agent=BIA.id))).ok
    assert audio(world) == SuperviseAudio(live(world).id, seat_of(world, SUE.id), Way.LISTEN, ())
    waiting = world.state("s").supervising
    assert waiting is not None and waiting.agent is None
    await world.answer("b")
    assert live(world).state is State.TALKING
    assert audio(world).agents == (seat_of(world, BIA.id),) and audio(world).way is Way.LISTEN
    assert lines(world) == [("supervision", "whisper"), ("supervision_over", "whisper"), ("supervision", "listen")]


@desk_scenario
async def test_a_customer_whose_agent_is_lost_hears_the_supervisor_who_has_barged_in(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id, Way.BARGE_IN)
    sue = ConnectAudio(live(world).id, SUE.id, seat_of(world, SUE.id))
    world.desk.seating.down(ANA.id, seat_of(world, ANA.id))
    await world.settle()
    assert connected(world) == sue
    await go(world, call_id, Way.LISTEN)
    assert isinstance(connected(world), PlayHoldTone)
    await go(world, call_id, Way.BARGE_IN)
    assert connected(world) == sue
    ana = await world.seat(ANA, "a")
    assert connected(world) == ConnectAudio(live(world).id, ANA.id, ana)
    world.desk.seating.down(ANA.id, ana)
    await asyncio.sleep(GRACE_S)
    await world.settle()
    mine = world.state("s").call
    assert mine is not None and mine.call_id == call_id and connected(world) == sue


@desk_scenario
async def test_an_agent_who_hangs_up_on_a_supervisor_who_has_barged_in_leaves_them_the_customer(
    world: DeskWorld,
) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id, Way.BARGE_IN)
    await world.do("a", "call.hang_up", HangUp(call_id=call_id))
    assert world.state("s").call is not None and world.state("a").call is None


@pytest.mark.parametrize("way", ["the call ends", "the seat is lost", "the page is gone", "the grant is withdrawn"])
def test_supervision_ends_with(way: str) -> None:
    async def play(world: DeskWorld) -> None:
        call_id = await in_a_call(world)
        await go(world, call_id)
        match way:
            case "the call ends":
                await world.world.exchange.deliver(terminated(talked_s=9))
            case "the seat is lost":
                world.desk.seating.down(SUE.id, seat_of(world, SUE.id))
            case "the page is gone":
                world.desk.disconnected("s")
                await asyncio.sleep(GONE_AFTER_S)
            case "the grant is withdrawn":
                world.desk.renewed("s", replace(SUE, listens_in=frozenset()))
        await world.settle()
        assert audio(world).seat is None
        assert lines(world) == [("supervision", "listen"), ("supervision_over", "listen")]
        if way != "the call ends":
            assert live(world).state is State.TALKING

    desk_scenario(play)()


@desk_scenario
async def test_a_reload_of_the_page_within_moments_ends_nothing_and_a_new_seat_goes_on_listening(
    world: DeskWorld,
) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id)
    world.desk.disconnected("s")
    await asyncio.sleep(1)
    await world.connect(SUE, "s2", "tab-of-s")
    seat = await world.seat(SUE, "s2")
    await asyncio.sleep(GONE_AFTER_S)
    await world.settle()
    assert audio(world).seat == seat and len(lines(world)) == 1


@desk_scenario
async def test_a_supervisor_who_takes_no_calls_may_listen_all_the_same(world: DeskWorld) -> None:
    call_id = await in_a_call(world)
    await world.do("s", "availability.set", SetAvailability(availability=Availability.OFFLINE))
    assert await go(world, call_id) is None
    await world.do("s", "supervise.leave", LeaveCall(call_id=call_id))
    assert world.state("s").presence is Presence.OFFLINE


@desk_scenario
async def test_whoever_listened_when_the_process_died_is_out_of_the_call_by_its_record_when_the_next_one_ends_it(
    world: DeskWorld,
) -> None:
    call_id = await in_a_call(world)
    await go(world, call_id, Way.WHISPER)
    await world.stop()
    (left,) = await world.world.store.open_calls()
    read = replace(left, supervision=None)  # as the store has it: who is in a call is not among what it keeps
    for known in (read, left):
        ended, _ = step(known, GatewayRestarted(), virtual_now())
        over = [line for line in ended.timeline if line.kind == "supervision_over"]
        since = next(line.at for line in left.timeline if line.kind == "supervision")
        assert [line.data for line in over] == [{"agent": SUE.id, "way": "whisper", "since": since.isoformat()}]
        again, effects = step(replace(ended, state=State.ENDED), GatewayRestarted(), virtual_now())
        assert (again.timeline, effects) == (ended.timeline, []), "once, and never after the end"
