"""In which departments a grant counts for a call: the rule by examples, and its two sides held against each other."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from signaling.call_grants import (
    Granted,
    counts,
    departments_of_call,
    departments_that_count,
    is_guest,
    works_in,
)
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Agent, Operators
from tests.fakes.world import ANA

SALES, SUPPORT, BILLING, STAFF = map(DepartmentId, (1, 2, 3, 4))
NUMBER = NumberId(1)
BY_SUPPORT = Operators(frozenset({SUPPORT}))
BY_ANA = Operators(agents=frozenset({ANA.id}))


def of(*departments: DepartmentId) -> Agent:
    return replace(ANA, departments=frozenset(departments), calls_for=frozenset())


def test_a_call_of_a_number_that_names_nobody_is_its_departments_alone() -> None:
    assert departments_that_count(SALES, None, of(SALES)) == {SALES}


def test_departments_among_the_operators_count_beside_the_numbers_own() -> None:
    assert departments_that_count(SALES, BY_SUPPORT, of(SUPPORT)) == {SALES, SUPPORT}
    assert departments_that_count(SALES, BY_SUPPORT, None) == {SALES, SUPPORT}, "also while nobody has it"


def test_the_departments_of_a_guest_count_be_they_named_alone_or_given_the_call() -> None:
    assert departments_that_count(SALES, BY_ANA, of(BILLING)) == {SALES, BILLING}
    assert departments_that_count(SALES, None, of(BILLING, STAFF)) == {SALES, BILLING, STAFF}
    calls_only = replace(ANA, departments=frozenset(), calls_for=frozenset({BILLING}))
    assert departments_that_count(SALES, None, calls_only) == {SALES, BILLING}


def test_another_department_of_an_agent_whose_call_it_is_does_not_count() -> None:
    assert departments_that_count(SALES, None, of(SALES, STAFF)) == {SALES}
    assert departments_that_count(SALES, BY_SUPPORT, of(SUPPORT, STAFF)) == {SALES, SUPPORT}


def test_a_department_without_operators_agents_or_the_number_does_not_count() -> None:
    for operators, agent in ((None, of(SALES)), (BY_SUPPORT, of(SUPPORT)), (BY_ANA, of(SALES))):
        assert not counts(frozenset({BILLING}), departments_that_count(SALES, operators, agent))
    assert not counts(frozenset(), departments_that_count(SALES, BY_SUPPORT, of(BILLING)))


def test_a_call_of_nobodys_number_is_for_whoever_has_the_grant_anywhere_and_of_a_named_one_is_not() -> None:
    assert counts(frozenset({STAFF}), departments_that_count(None, None, of(SALES)))
    assert not counts(frozenset(), departments_that_count(None, None, of(SALES)))
    assert not counts(frozenset({STAFF}), departments_that_count(None, BY_SUPPORT, of(SUPPORT)))
    assert not counts(frozenset({STAFF}), departments_that_count(None, BY_ANA, None))


places = st.sampled_from((SALES, SUPPORT, BILLING, STAFF))
some = st.frozensets(places)


@given(department=places, operated=st.none() | some, working=some, granted=some)
def test_records_are_covered_exactly_where_the_grant_would_have_counted_for_the_call(
    department: DepartmentId,
    operated: frozenset[DepartmentId] | None,
    working: frozenset[DepartmentId],
    granted: frozenset[DepartmentId],
) -> None:
    operators = None if operated is None else Operators(operated, frozenset({ANA.id}))
    agent = of(*working)
    guest = agent.id if is_guest(departments_of_call(department, operators), works_in(agent)) else None
    mine = Granted(
        granted,
        frozenset({NUMBER}) if operated and operated & granted else frozenset(),
        frozenset({agent.id}) if working & granted else frozenset(),
    )
    assert mine.covers(department, NUMBER, guest) == counts(
        granted, departments_that_count(department, operators, agent)
    )
    assert not Granted().covers(department, NUMBER, guest) and not Granted().covers(None, NUMBER, AgentId(9))
