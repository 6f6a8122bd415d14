"""Whose business it is who calls: theirs for whom it rings, and theirs who are in it."""

from dataclasses import replace

from signaling.agents.callers import may_know_caller
from signaling.call import Call, Claim, Consult, Rules, State
from signaling.events import Direction
from signaling.ids import AgentId, CallId, DepartmentId, SeatId
from signaling.plan import Place, simple_plan
from signaling.private import Wacid
from signaling.waiting import ring_rule
from tests.fakes.world import ANA, BIA, NUMBER, SALES

PLAN = simple_plan(25.0, 8.0)
RINGS = Call(
    id=CallId("0a4f1123456789bcde0a4f1123456789"),
    number=NUMBER.id,
    phone_number_id=NUMBER.phone_number_id,
    department=SALES,
    direction=Direction.INBOUND,
    wacid=Wacid("wacid.ONE"),
    rules=Rules(),
    state=State.RINGING,
    plan=PLAN,
    place=Place(PLAN.start),
)
CAIO = replace(BIA, id=AgentId(3), name="Caio", departments=frozenset({DepartmentId(9)}))
TALKS = replace(RINGS, state=State.TALKING, claim=Claim(ANA.id, SeatId("seat-a"), audible=True))


def test_everybody_for_whom_it_rings_may_know_and_nobody_else() -> None:
    assert ring_rule(RINGS) is not None
    assert may_know_caller(ANA, RINGS) and may_know_caller(BIA, RINGS)
    assert not may_know_caller(CAIO, RINGS), "of another department"
    assert not may_know_caller(replace(ANA, may_take_inbound=False), RINGS)


def test_while_it_rings_for_one_alone_the_others_may_not_know() -> None:
    alone = replace(RINGS, sticky_agent=ANA.id)
    assert may_know_caller(ANA, alone) and not may_know_caller(BIA, alone)


def test_once_somebody_took_it_only_they_and_whom_they_ask_may_know() -> None:
    assert may_know_caller(ANA, TALKS) and not may_know_caller(BIA, TALKS)
    asks = replace(TALKS, consult=Consult(CAIO.id, 1))
    assert may_know_caller(ANA, asks) and may_know_caller(CAIO, asks) and not may_know_caller(BIA, asks)


def test_when_it_is_over_what_is_live_tells_nobody_anything() -> None:
    over = replace(TALKS, state=State.ENDED)
    assert not may_know_caller(ANA, over) and not may_know_caller(BIA, over)
