"""Whom a customer should reach, as agents' pages see it: when it comes late, the others are rung all the same."""

import asyncio

from signaling.agents.contract import SetAvailability
from signaling.call import Rules
from signaling.effects import FindStickyAgent
from signaling.events import StickyAgentKnown
from signaling.presence import Availability
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, offered
from tests.scenarios.desk_world import DeskWorld

RULES = Rules()


async def asked_and_unanswered() -> DeskWorld:
    """Both agents are ready, a customer calls, and whom they should reach is not known yet."""
    world = DeskWorld()
    fake = world.world
    fake.exchange._performers = {**fake.performers, FindStickyAgent: fake._perform}
    await world.ready(ANA, "a")
    await world.ready(BIA, "b")
    await fake.exchange.deliver(offered())
    await world.settle()
    assert rung(world) == ""
    return world


def rung(world: DeskWorld) -> str:
    return "".join(sid for sid in "ab" if world.state(sid).ringing)


async def known(world: DeskWorld, answer: StickyAgentKnown) -> None:
    (call,) = world.world.exchange.live_calls
    world.world.exchange.tell(call.id, answer)
    await world.settle()


def test_an_answer_that_names_nobody_while_it_rings_rings_everybody_at_once() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await known(world, StickyAgentKnown(None))
        assert rung(world) == "ab"
        await world.stop()

    run_in_virtual_time(play())


def test_without_an_answer_in_time_everybody_is_rung() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await asyncio.sleep(RULES.sticky_lookup_s)
        await world.settle()
        assert rung(world) == "ab"
        await world.stop()

    run_in_virtual_time(play())


def test_a_named_agent_is_rung_alone_and_then_the_others_too() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await known(world, StickyAgentKnown(BIA.id))
        assert rung(world) == "b"
        await asyncio.sleep(RULES.sticky_ring_s)
        await world.a_moment()
        assert rung(world) == "ab"
        await world.stop()

    run_in_virtual_time(play())


def test_an_agent_who_gets_busy_is_not_waited_for() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await known(world, StickyAgentKnown(BIA.id))
        assert rung(world) == "b"
        await world.do("b", "availability.set", SetAvailability(availability=Availability.PAUSED))
        assert rung(world) == "a", "in the same moment"
        (call,) = world.world.exchange.live_calls
        assert "sticky_agent_busy" in [entry.kind for entry in call.timeline]
        await world.stop()

    run_in_virtual_time(play())


def test_an_agent_who_was_busy_when_named_is_not_waited_for() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await world.do("b", "availability.set", SetAvailability(availability=Availability.PAUSED))
        await known(world, StickyAgentKnown(BIA.id))
        assert rung(world) == "a"
        await world.stop()

    run_in_virtual_time(play())


def test_an_agent_who_answers_is_not_taken_for_busy() -> None:
    async def play() -> None:
        world = await asked_and_unanswered()
        await known(world, StickyAgentKnown(BIA.id))
        await world.answer("b")
        assert rung(world) == ""
        (call,) = world.world.exchange.live_calls
        assert "sticky_agent_busy" not in [entry.kind for entry in call.timeline]
        assert world.state("b").call is not None
        await world.stop()

    run_in_virtual_time(play())
