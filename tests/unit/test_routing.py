"""For whom a call rings, in each order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from signaling.ids import AgentId
from signaling.plan import RingOrder
from signaling.routing import Candidate, whom_to_ring
from tests.fakes.virtual_time import START

ANA, BIA, CAIO = AgentId(1), AgentId(2), AgentId(3)
FREE = [
    Candidate(ANA, START, rung_at=START + timedelta(minutes=3)),
    Candidate(BIA, START - timedelta(minutes=9), rung_at=START + timedelta(minutes=2)),
    Candidate(CAIO, START - timedelta(minutes=5)),
]


def one_by_one(order: RingOrder) -> list[AgentId]:
    """Who has the first turns when nobody answers."""
    ringing: frozenset[AgentId] = frozenset()
    passed: set[AgentId] = set()
    turns: list[AgentId] = []
    for _ in FREE:
        ringing = whom_to_ring(order, FREE, ringing, passed)
        (agent,) = ringing
        turns.append(agent)
        passed.add(agent)
    return turns


def test_all_means_everybody_who_is_free() -> None:
    assert whom_to_ring(RingOrder.ALL, FREE, (), {ANA}) == {ANA, BIA, CAIO}


def test_the_longest_idle_comes_first_and_then_the_next() -> None:
    assert one_by_one(RingOrder.LONGEST_IDLE) == [BIA, CAIO, ANA]


def test_a_rotation_goes_round_by_who_was_rung_longest_ago() -> None:
    assert one_by_one(RingOrder.ROTATION) == [CAIO, BIA, ANA]


def test_it_stays_with_whom_it_rings_for_though_somebody_who_waited_longer_gets_free() -> None:
    latest = replace(FREE[2], free_since=START - timedelta(hours=1))
    assert whom_to_ring(RingOrder.LONGEST_IDLE, [FREE[0], latest], {ANA}, ()) == {ANA}


def test_it_goes_on_when_the_agent_it_rings_for_is_not_free_any_more() -> None:
    assert whom_to_ring(RingOrder.LONGEST_IDLE, FREE[1:], {ANA}, ()) == {BIA}


def test_when_everybody_had_a_turn_it_begins_again() -> None:
    assert whom_to_ring(RingOrder.LONGEST_IDLE, FREE, {ANA}, {ANA, BIA, CAIO}) == {ANA}
    assert whom_to_ring(RingOrder.LONGEST_IDLE, FREE, (), {ANA, BIA, CAIO}) == {BIA}


def test_nobody_free_rings_nobody() -> None:
    assert whom_to_ring(RingOrder.ROTATION, [], {ANA}, {BIA}) == frozenset()


candidates = st.lists(st.integers(1, 6).map(AgentId), unique=True).flatmap(
    lambda agents: st.tuples(
        *(
            st.builds(
                Candidate,
                st.just(agent),
                st.integers(0, 99).map(lambda s: START + timedelta(seconds=s)),
                st.none() | st.integers(0, 99).map(lambda s: START + timedelta(seconds=s)),
            )
            for agent in agents
        )
    )
)
agents = st.frozensets(st.integers(1, 6).map(AgentId))


@given(st.sampled_from(RingOrder), candidates, agents, agents)
def test_whoever_rings_is_free_and_a_one_by_one_order_rings_one_if_anybody_is(
    order: RingOrder, free: tuple[Candidate, ...], ringing: frozenset[AgentId], passed: frozenset[AgentId]
) -> None:
    rung = whom_to_ring(order, free, ringing, passed)
    everybody = {candidate.agent for candidate in free}
    assert rung <= everybody
    assert len(rung) == (len(everybody) if order is RingOrder.ALL else min(1, len(everybody)))
    if order is not RingOrder.ALL and everybody - passed:
        assert not rung & passed
