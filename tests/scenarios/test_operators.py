"""Numbers that name whom they ring (departments and single users), and users who work with some numbers only: who is
rung, who may call, who sees what; the real exchange and desk, virtual time."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from signaling.agents.contract import DeclineCall, Refusal, TransferCall
from signaling.agents.message import Message
from signaling.agents.supervision_messages import BargeIn, LeaveCall, ListenIn, TakeOver, Whisper
from signaling.agents.wall_messages import OpenWall
from signaling.agents.wall_messages import Wall as WholeWall
from signaling.agents.wall_views import business_of_number
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.operators import department_lets, departments_let, departments_of, may_call_with, takes_calls_of
from signaling.permission_audience import may_know
from signaling.plan import HangUp as HangUpStep
from signaling.plan import Plan, Ring, RingOrder, StepId
from signaling.ports import Agent, Operators, Role
from signaling.private import Wacid
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, BIA, NUMBER, PNID, SALES
from tests.scenarios.desk_world import DeskWorld
from tests.scenarios.test_ring_orders import TURN_S, call_comes, pass_s, plan, rung

SUPPORT, BILLING = DepartmentId(2), DepartmentId(3)
OTHER = NumberId(77)
CAIO = replace(BIA, id=AgentId(3), name="Caio")
RING, END = map(StepId, ("ring", "end"))
FIRST, SECOND = Wacid("wacid.1"), Wacid("wacid.2")
NAMED = Operators(frozenset({SUPPORT}), frozenset({CAIO.id}))

ANA_OF_SALES = replace(ANA, departments=frozenset({SALES}), calls_for=frozenset({SALES}))
BIA_OF_SUPPORT = replace(
    BIA, departments=frozenset({SUPPORT}), calls_for=frozenset({SUPPORT}), operates=frozenset({NUMBER.id})
)
CAIO_HIMSELF = replace(
    CAIO, departments=frozenset({BILLING}), calls_for=frozenset({BILLING}), operates=frozenset({NUMBER.id})
)
PEOPLE = (ANA_OF_SALES, BIA_OF_SUPPORT, CAIO_HIMSELF)

Scenario = Callable[[DeskWorld], Coroutine[Any, Any, None]]


def operated(plan: Plan | None = None, people: tuple[Agent, ...] = PEOPLE) -> Callable[[Scenario], Callable[[], None]]:
    """The number is Sales', and names Support and Caio, who is in neither. Everybody is ready."""

    def wrap(scenario: Scenario) -> Callable[[], None]:
        def test() -> None:
            async def play() -> None:
                world = DeskWorld()
                number = replace(NUMBER, plan=plan, operators=NAMED)
                world.world.numbers.numbers[PNID] = world.numbers[NUMBER.id] = number
                for who in people:
                    await world.ready(who, who.name)
                await scenario(world)
                await world.stop()

            run_in_virtual_time(play())

        test.__name__ = scenario.__name__
        return test

    return wrap


@operated()
async def test_a_call_rings_for_the_departments_and_the_users_that_its_number_names_and_for_nobody_else(
    world: DeskWorld,
) -> None:
    call_id = await call_comes(world)
    await world.a_moment()
    assert rung(world) == ["Bia", "Caio"]
    assert world.state("Ana").waiting == [], "Sales keeps the protocols; its people are not among the operators"
    await world.do("Bia", "call.decline", DeclineCall(call_id=call_id))
    assert rung(world) == ["Caio"]


@operated(plan(RingOrder.LONGEST_IDLE))
async def test_one_after_another_it_is_their_turn_whatever_department_they_are_of(world: DeskWorld) -> None:
    await call_comes(world, FIRST)
    await call_comes(world, SECOND)
    had = []
    for _ in range(3):
        had.append(rung(world))
        await pass_s(world, TURN_S)
    assert had == [["Bia", "Caio"]] * 3, "each has one of the two calls, and Ana none"


@operated(plan(RingOrder.ROTATION))
async def test_whoever_gets_free_is_offered_the_call_that_waits_for_the_operators(world: DeskWorld) -> None:
    for name in ("Bia", "Caio"):
        world.desk.disconnected(name)
    await pass_s(world, 1)
    await call_comes(world)
    assert rung(world) == []
    await world.ready(CAIO_HIMSELF, "Caio")
    await world.settle()
    assert rung(world) == ["Caio"]


@operated(Plan(RING, {RING: Ring(END, for_s=25.0, department=SALES), END: HangUpStep()}))
async def test_a_step_that_names_a_department_rings_that_one(world: DeskWorld) -> None:
    await call_comes(world)
    assert rung(world) == ["Ana"]


KEPT = (replace(ANA_OF_SALES, numbers=frozenset({OTHER})), replace(BIA_OF_SUPPORT, numbers=frozenset[NumberId]()))


@operated(people=(*KEPT, CAIO_HIMSELF))
async def test_a_call_of_a_number_that_is_kept_from_somebody_is_not_offered_to_them_by_anybody(
    world: DeskWorld,
) -> None:
    call_id = await call_comes(world)
    await world.a_moment()
    assert rung(world) == ["Caio"]
    assert world.state("Bia").waiting == []
    await world.answer("Caio")
    await pass_s(world, 1)
    for wish in (TransferCall(call_id=call_id, to_agent=BIA.id), TransferCall(call_id=call_id, to_department=SALES)):
        answered = await world.do("Caio", "call.transfer", wish)
        assert answered.why is Refusal.NOBODY_THERE


@pytest.mark.parametrize("agent", PEOPLE)
def test_who_takes_calls_and_who_calls_with_a_number_is_said_by_its_operators_and_by_grants(agent: Agent) -> None:
    number = replace(NUMBER, department=SALES, operators=NAMED)
    named = agent is not ANA_OF_SALES
    assert (takes_calls_of(agent, number), may_call_with(agent, number), may_know(agent, number)) == (named,) * 3
    assert takes_calls_of(agent, replace(number, operators=None)) is (agent is ANA_OF_SALES)
    kept = replace(agent, numbers=frozenset({OTHER}))
    assert not (takes_calls_of(kept, number) or may_call_with(kept, number) or may_know(kept, number))
    assert not takes_calls_of(replace(agent, may_take_inbound=False), number)
    assert not may_call_with(replace(agent, calls_for=frozenset()), number)


def test_the_switch_of_the_department_for_which_somebody_calls_is_the_one_that_counts() -> None:
    both = Operators(frozenset({SUPPORT, BILLING}), closed=frozenset({SUPPORT}))
    number = replace(NUMBER, department=SALES, department_may_call=True, operators=both)
    assert may_call_with(BIA_OF_SUPPORT, number) and not department_lets(BIA_OF_SUPPORT, number)
    assert may_call_with(CAIO_HIMSELF, number) and department_lets(CAIO_HIMSELF, number)
    both_ways = replace(BIA_OF_SUPPORT, calls_for=frozenset({SUPPORT, BILLING}))
    assert department_lets(both_ways, number)
    alone = replace(number, operators=Operators(frozenset({SUPPORT}), frozenset({CAIO.id}), frozenset({SUPPORT})))
    assert department_lets(CAIO_HIMSELF, alone), "who is named themselves calls for no department"
    assert departments_let(number) and departments_let(alone)
    assert not departments_let(replace(number, operators=Operators(frozenset({SUPPORT}), closed=frozenset({SUPPORT}))))


def test_a_number_is_the_business_of_its_department_and_of_those_that_work_with_it() -> None:
    number = replace(NUMBER, department=SALES, operators=NAMED)
    assert departments_of(number) == business_of_number(number) == {SALES, SUPPORT}
    assert departments_of(replace(number, operators=None)) == {SALES}
    assert departments_of(replace(number, department=None)) == {SUPPORT}


# ---- supervisors (signaling.call_grants) -----------------------------------------------------------------------------

STAFF = DepartmentId(4)
WAYS: dict[str, type[Message]] = {
    "supervise.listen": ListenIn,
    "supervise.whisper": Whisper,
    "supervise.barge_in": BargeIn,
}


def supervisor(number: int, name: str, *departments: DepartmentId) -> Agent:
    """Who takes no calls, and may listen in these."""
    return replace(
        ANA,
        id=AgentId(number),
        name=name,
        role=Role.SUPERVISOR,
        departments=frozenset(),
        calls_for=frozenset(),
        may_take_inbound=False,
        listens_in=frozenset(departments),
    )


SARA, SUE, BEA, STAN = (
    supervisor(11, "Sara", SALES),
    supervisor(12, "Sue", SUPPORT),
    supervisor(13, "Bea", BILLING),
    supervisor(14, "Stan", STAFF),
)
LEADERS = (SARA, SUE, BEA, STAN)


async def come_in(world: DeskWorld, who: Agent, call_id: str, kind: str = "supervise.listen") -> Refusal | None:
    return (await world.do(who.name, kind, WAYS[kind].model_validate({"call_id": call_id}))).why


async def who_gets_in(world: DeskWorld, call_id: str) -> list[str]:
    """One after the other; whoever got in leaves again. And each way in is for the same people."""
    let_in: dict[str, list[str]] = {kind: [] for kind in WAYS}
    for kind, names in let_in.items():
        for who in LEADERS:
            why = await come_in(world, who, call_id, kind)
            assert why in (None, Refusal.FORBIDDEN), why
            if why is None:
                names.append(who.name)
                await world.do(who.name, "supervise.leave", LeaveCall(call_id=call_id))
    first, *others = let_in.values()
    assert all(other == first for other in others)
    return first


async def shown_on_walls(world: DeskWorld, call_id: str) -> dict[str, list[int] | None]:
    """By whose wall the call is on: in which departments a grant to listen counts for it."""
    for who in LEADERS:
        await world.do(who.name, "wall.open", OpenWall())
    await pass_s(world, 1.0)
    shown: dict[str, list[int] | None] = {}
    for who in LEADERS:
        walls = [message for page, _, message in world.sent if page == who.name and isinstance(message, WholeWall)]
        for call in walls[-1].calls:
            if call.call_id == call_id:
                shown[who.name] = call.listened_in
    return shown


@operated(people=(*PEOPLE, *LEADERS))
async def test_supervisors_of_a_department_among_the_operators_come_into_its_calls_and_others_do_not(
    world: DeskWorld,
) -> None:
    call_id = await call_comes(world)
    await world.answer("Bia")
    assert await who_gets_in(world, call_id) == ["Sara", "Sue"]
    assert await shown_on_walls(world, call_id) == {"Sara": [SALES, SUPPORT], "Sue": [SALES, SUPPORT]}
    assert (await world.do("Bea", "supervise.take_over", TakeOver(call_id=call_id))).why is Refusal.FORBIDDEN
    assert (await world.do("Sue", "supervise.take_over", TakeOver(call_id=call_id))).ok


@operated(people=(*PEOPLE, *LEADERS))
async def test_supervisors_of_an_agent_who_is_named_alone_come_into_the_calls_that_this_agent_has(
    world: DeskWorld,
) -> None:
    call_id = await call_comes(world)
    await world.answer("Caio")
    assert await who_gets_in(world, call_id) == ["Sara", "Sue", "Bea"]
    assert "Stan" not in await shown_on_walls(world, call_id)


@operated(people=(replace(BIA_OF_SUPPORT, departments=frozenset({SUPPORT, STAFF})), CAIO_HIMSELF, *LEADERS))
async def test_supervisors_of_another_department_of_an_agent_stay_out_and_leave_when_the_call_is_given_back(
    world: DeskWorld,
) -> None:
    call_id = await call_comes(world)
    await world.answer("Caio")
    assert await come_in(world, BEA, call_id) is None
    await world.do("Caio", "call.transfer", TransferCall(call_id=call_id, to_agent=BIA_OF_SUPPORT.id))
    await world.answer("Bia")
    assert world.state("Bea").supervising is None, "it is nobody's of Billing any more"
    assert await who_gets_in(world, call_id) == ["Sara", "Sue"], "Bia is of Staff too, and has it for Support"
