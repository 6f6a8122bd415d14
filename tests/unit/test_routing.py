"""For whom a call rings next, in each one-by-one order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from signaling.ids import AgentId
from signaling.plan import RingOrder
from signaling.routing import Candidate, next_to_ring
from tests.fakes.virtual_time import START

ANA, BIA, CAIO = AgentId(1), AgentId(2), AgentId(3)
FREE = [
    Candidate(ANA, START, turn_at=START + timedelta(minutes=3)),
    Candidate(BIA, START - timedelta(minutes=9), turn_at=START + timedelta(minutes=2)),
    Candidate(CAIO, START - timedelta(minutes=5)),
]
ONE_BY_ONE = (RingOrder.LONGEST_IDLE, RingOrder.ROTATION)


def turns(order: RingOrder) -> list[AgentId]:
    """Who has the first turns when nobody answers."""
    had: list[AgentId] = []
    for _ in FREE:
        agent = next_to_ring(order, FREE, had, ())
        assert agent is not None
        had.append(agent)
    return had


def test_the_longest_idle_comes_first_and_then_the_next() -> None:
    assert turns(RingOrder.LONGEST_IDLE) == [BIA, CAIO, ANA]


def test_a_rotation_goes_round_by_who_had_a_turn_longest_ago() -> None:
    assert turns(RingOrder.ROTATION) == [CAIO, BIA, ANA]


def test_when_everybody_had_a_turn_it_begins_again() -> None:
    assert next_to_ring(RingOrder.LONGEST_IDLE, FREE, {ANA, BIA, CAIO}, ()) == BIA


def test_whoever_another_call_rings_for_is_left_out() -> None:
    assert next_to_ring(RingOrder.LONGEST_IDLE, FREE, (), {BIA}) == CAIO


def test_whoever_had_no_turn_is_waited_for_while_another_call_rings_for_them() -> None:
    assert next_to_ring(RingOrder.LONGEST_IDLE, FREE, {ANA, CAIO}, {BIA}) is None
    assert next_to_ring(RingOrder.LONGEST_IDLE, [FREE[0], FREE[2]], {ANA, CAIO}, {BIA}) == CAIO, "they went away"


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


@given(st.sampled_from(ONE_BY_ONE), candidates, agents, agents)
def test_whoever_is_next_can_take_it_and_nobody_is_next_only_if_nobody_can_or_is_waited_for(
    order: RingOrder, free: tuple[Candidate, ...], passed: frozenset[AgentId], taken: frozenset[AgentId]
) -> None:
    agent = next_to_ring(order, free, passed, taken)
    everybody = {candidate.agent for candidate in free}
    if agent is not None:
        assert agent in everybody - taken
        assert agent not in passed or not everybody - passed
    else:
        assert not (everybody - passed or everybody) - taken
