"""A customer who should reach one agent: asked first, rung alone for a while, never waited for. On virtual time."""

from dataclasses import replace

import pytest

from signaling.call import Call, Rules, State
from signaling.effects import FindStickyAgent
from signaling.events import AgentAnswered, AgentDeclined, CallEvent, StickyAgentKnown
from signaling.plan import RingOrder
from signaling.waiting import RingRule, ring_rule
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, SALES, SEAT_A, SEAT_B
from tests.scenarios.plan_world import PlanWorld

RULES = Rules()
EVERYBODY = RingRule(SALES, RingOrder.ALL)
ANA_ALONE = RingRule(None, RingOrder.ALL, only=ANA.id)


class StickyWorld(PlanWorld):
    """Somebody knows whom customers should reach; `answers`: what they say, and None of it: they say nothing."""

    def __init__(self, answers: list[CallEvent] | None) -> None:
        super().__init__(plan=None)
        self.world.reports[FindStickyAgent] = lambda _: answers or []
        self.world.exchange._performers = {
            **self.world.performers,
            FindStickyAgent: self.world._perform,
        }


def live(world: StickyWorld) -> Call:
    (call,) = world.world.exchange.live_calls
    return call


def test_the_agent_whom_the_customer_should_reach_is_rung_alone_and_then_everybody() -> None:
    async def play() -> None:
        world = StickyWorld([StickyAgentKnown(ANA.id)])
        await world.call_comes()
        assert ring_rule(live(world)) == ANA_ALONE
        await world.pass_s(RULES.sticky_ring_s - 0.1)
        assert ring_rule(live(world)) == ANA_ALONE
        await world.pass_s(0.2)
        assert ring_rule(live(world)) == EVERYBODY
        await world.tell(AgentAnswered(BIA.id, SEAT_B))
        assert world.state is State.TALKING
        await world.world.exchange.stop()

    run_in_virtual_time(play())


@pytest.mark.parametrize(
    ("known", "noted"),
    [
        (StickyAgentKnown(None), {"known": False}),
        (StickyAgentKnown(ANA.id, is_free=False), {"agent": ANA.id, "free": False}),
    ],
)
def test_nobody_in_particular_or_somebody_busy_rings_everybody_at_once(
    known: StickyAgentKnown, noted: dict[str, object]
) -> None:
    async def play() -> None:
        world = StickyWorld([known])
        await world.call_comes()
        assert ring_rule(live(world)) == EVERYBODY
        assert [entry.data for entry in live(world).timeline if entry.kind == "sticky_agent"] == [noted]
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_nobody_is_rung_while_it_is_asked_and_everybody_when_no_answer_comes_in_time() -> None:
    async def play() -> None:
        world = StickyWorld(None)
        await world.call_comes()
        assert world.state is State.RINGING, "the customer hears it ring all the same"
        assert ring_rule(live(world)) is None
        await world.pass_s(RULES.sticky_lookup_s)
        assert ring_rule(live(world)) == EVERYBODY
        await world.tell(StickyAgentKnown(ANA.id))
        assert ring_rule(live(world)) == EVERYBODY, "a late answer takes the call from nobody"
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_an_answer_that_comes_while_it_rings_begins_the_agents_own_time() -> None:
    async def play() -> None:
        world = StickyWorld(None)
        await world.call_comes()
        await world.pass_s(0.5)
        await world.tell(StickyAgentKnown(ANA.id))
        assert ring_rule(live(world)) == ANA_ALONE
        await world.pass_s(RULES.sticky_ring_s)
        assert ring_rule(live(world)) == EVERYBODY
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_the_others_are_rung_at_once_when_that_agent_declines() -> None:
    async def play() -> None:
        world = StickyWorld([StickyAgentKnown(ANA.id)])
        await world.call_comes()
        await world.tell(AgentDeclined(ANA.id))
        assert ring_rule(live(world)) == EVERYBODY
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_the_agent_takes_the_call_as_any_other() -> None:
    async def play() -> None:
        world = StickyWorld([StickyAgentKnown(ANA.id)])
        await world.call_comes()
        await world.tell(AgentAnswered(ANA.id, SEAT_A))
        assert (world.state, world.world.call.agent) == (State.TALKING, ANA.id)
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_asking_leaves_the_ring_window_as_it_is() -> None:
    async def play() -> None:
        world = StickyWorld(None)
        await world.call_comes()
        await world.pass_s(RULES.ring_window_s)
        assert world.state is State.ENDING
        await world.world.exchange.stop()

    run_in_virtual_time(play())


def test_a_number_of_which_nobody_is_asked_rings_at_once() -> None:
    async def play() -> None:
        world = PlanWorld(plan=None)
        await world.call_comes()
        (call,) = world.world.exchange.live_calls
        assert ring_rule(call) == EVERYBODY
        assert ring_rule(replace(call, sticky_agent=ANA.id)) == ANA_ALONE
        await world.world.exchange.stop()

    run_in_virtual_time(play())
