"""Agents and customers who do anything at any time, and what must hold whatever they do; on virtual time."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from signaling.agents.contract import (
    AnswerCall,
    DeclineCall,
    HangUp,
    Message,
    RingStopped,
    RingStopReason,
    SetAvailability,
    TransferCall,
)
from signaling.agents.desk import FORGET_AFTER_S
from signaling.call import Call, Rules, State
from signaling.effects import AwaitAgentAudio, Effect
from signaling.events import AgentAudible, CallEvent
from signaling.ids import AgentId, CallId, DepartmentId, SeatId
from signaling.plan import HangUp as HangUpStep
from signaling.plan import Plan, Queue, Ring, RingOrder, StepId
from signaling.ports import Agent, Role
from signaling.presence import Availability, owner_of
from signaling.private import Wacid
from signaling.routing import concerns
from signaling.waiting import ring_rule, step_of
from tests.fakes.virtual_time import virtual_now
from tests.fakes.world import NUMBER, PNID, SALES, offered, terminated
from tests.scenarios.desk_world import DeskWorld

SUPPORT = DepartmentId(2)
TOLD_WITHIN_S = 0.5
LOADING_S = 0.2
"""No page is there again in no time at all."""
RULES = Rules()
RING, THEN, END = map(StepId, ("ring", "then", "end"))
EVERY_DEPARTMENT: Sequence[tuple[DepartmentId, ...]] = ((SALES,), (SUPPORT,), (SALES, SUPPORT))


def _plan(*steps: Ring | Queue) -> Plan:
    names = (RING, THEN, END)
    return Plan(RING, {**dict(zip(names, steps, strict=False)), END: HangUpStep()})


def plans_for(agent: AgentId) -> list[Plan]:
    """Every order, in both departments, unaccepted and in a queue, one after another, and for one agent alone."""
    return [
        _plan(Ring(END, for_s=25)),
        _plan(Ring(END, for_s=25, order=RingOrder.LONGEST_IDLE, turn_s=5)),
        _plan(Ring(END, for_s=20, order=RingOrder.ROTATION, turn_s=3, department=SUPPORT)),
        _plan(Ring(THEN, for_s=8), Queue(END, longest_s=40, order=RingOrder.ROTATION, turn_s=6)),
        _plan(Ring(THEN, for_s=6, agent=agent), Ring(END, for_s=15, order=RingOrder.LONGEST_IDLE, turn_s=4)),
        _plan(Queue(THEN, longest_s=20, order=RingOrder.LONGEST_IDLE, turn_s=7), Queue(END, longest_s=20)),
    ]


@dataclass
class Person:
    """An agent as they know themselves."""

    agent: Agent
    seat: SeatId
    page: bool = True
    left_at: datetime | None = None
    chose: Availability = Availability.READY

    @property
    def sid(self) -> str:
        return f"page-{self.agent.id}"

    @property
    def id(self) -> AgentId:
        return self.agent.id


class ClaimsWorld(DeskWorld):
    def __init__(self) -> None:
        super().__init__(RULES)
        self.team: dict[AgentId, Person] = {}
        self.seat_up: dict[AgentId, bool] = {}
        self.mute_seats: set[AgentId] = set()
        self.customers: dict[CallId, Wacid] = {}
        self.calls_made = 0
        self.world.reports[AwaitAgentAudio] = self._heard

    def _heard(self, effect: Effect) -> list[CallEvent]:
        assert isinstance(effect, AwaitAgentAudio)
        return [] if effect.agent in self.mute_seats else [AgentAudible(effect.agent, effect.seat)]

    # ---- what happens ------------------------------------------------------------------------------------------------

    async def sits_down(self, number: int, departments: Iterable[DepartmentId]) -> Person:
        agent = Agent(AgentId(number), f"Agent {number}", Role.AGENT, frozenset(departments), True, session_epoch=0)
        person = self.team[agent.id] = Person(agent, await self.ready(agent, f"page-{number}"))
        self.seat_up[agent.id] = True
        return person

    async def call_comes(self, plan: Plan) -> CallId:
        self.calls_made += 1
        wacid = Wacid(f"wacid.{self.calls_made}")
        self.world.numbers.numbers[PNID] = replace(NUMBER, rules=RULES, plan=plan)
        await self.world.exchange.deliver(replace(offered(wacid), at=virtual_now()))
        await self.settle()
        call_id = self.world.only(wacid).id
        self.customers[call_id] = wacid
        return call_id

    async def customer_leaves(self, call_id: CallId) -> None:
        await self.world.exchange.deliver(terminated(self.customers[call_id]))
        await self.settle()

    async def press_at_once(self, people: Iterable[Person], call_id: CallId) -> list[Person]:
        """All in the same turn of the loop. Returns whom the call rang for on their pages until then."""
        rang = [person for person in self.team.values() if call_id in self.ringing(person)]
        await asyncio.gather(
            *(self.desk.command(person.sid, "call.answer", AnswerCall(call_id=call_id)) for person in people)
        )
        await self.settle()
        return rang

    async def declines(self, person: Person, call_id: CallId) -> None:
        if person.page:
            await self.do(person.sid, "call.decline", DeclineCall(call_id=call_id))

    async def hangs_up(self, person: Person) -> None:
        await self._to_own(person, "call.hang_up", lambda call_id: HangUp(call_id=call_id))

    async def transfers(self, person: Person, to_agent: AgentId | None, to_department: DepartmentId | None) -> None:
        await self._to_own(
            person,
            "call.transfer",
            lambda call_id: TransferCall(call_id=call_id, to_agent=to_agent, to_department=to_department),
        )

    async def _to_own(self, person: Person, name: str, message: Callable[[CallId], Message]) -> None:
        own = next((call for call in self.live if owner_of(call) == person.id), None)
        if own is not None and person.page:
            await self.do(person.sid, name, message(own.id))

    async def chooses(self, person: Person, availability: Availability) -> None:
        if person.page:
            await self.do(person.sid, "availability.set", SetAvailability(availability=availability))
            person.chose = availability

    async def loses_seat(self, person: Person) -> None:
        if self.seat_up[person.id]:
            self.seat_up[person.id] = False
            self.desk.seating.down(person.id, person.seat)
            await self.settle()

    async def makes_seat(self, person: Person) -> None:
        if person.page and not self.seat_up[person.id]:
            person.seat = await self.seat(person.agent, person.sid)
            self.seat_up[person.id] = True

    async def leaves(self, person: Person) -> None:
        if person.page:
            person.page, person.left_at = False, virtual_now()
            self.desk.disconnected(person.sid)
            await self.settle()

    async def comes_back(self, person: Person) -> None:
        if not person.page:
            if virtual_now() - (person.left_at or virtual_now()) >= timedelta(seconds=FORGET_AFTER_S):
                person.chose = Availability.OFFLINE
            await asyncio.sleep(LOADING_S)
            person.page = True
            await self.connect(person.agent, person.sid)

    async def pass_s(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.settle()

    # ---- what is seen ------------------------------------------------------------------------------------------------

    @property
    def live(self) -> list[Call]:
        return self.world.exchange.live_calls

    def ringing(self, person: Person) -> list[CallId]:
        """On their page, if they have one."""
        return [CallId(ring.call_id) for ring in self.state(person.sid).ringing] if person.page else []

    def is_free(self, person: Person) -> bool:
        busy = any(owner_of(call) == person.id for call in self.live)
        return person.page and person.chose is Availability.READY and self.seat_up[person.id] and not busy

    def told_of(self, person: Person, call_id: CallId) -> list[RingStopped]:
        return [hint for hint in self.hints(person.sid) if hint.call_id == call_id]

    # ---- what must hold ----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """When everything that can happen now has happened."""
        self._check_claims()
        self._check_rings()
        self._check_ends()

    def _check_claims(self) -> None:
        owners = [owner for call in self.live if (owner := owner_of(call)) is not None]
        assert len(owners) == len(set(owners)), "somebody is in two calls"

    def _check_rings(self) -> None:
        waiting = {call.id: (call, rule) for call in self.live if (rule := ring_rule(call)) is not None}
        rung: dict[CallId, set[AgentId]] = {call_id: set() for call_id in waiting}
        for person in self.team.values():
            rings = self.ringing(person)
            assert not rings or self.is_free(person), f"{person.sid} is rung and is not free"
            by_turns = [call_id for call_id in rings if waiting[call_id][1].one_by_one]
            assert len(by_turns) <= 1, "two turns at once"
            for call_id in rings:
                rung[call_id].add(person.id)
        alone = {
            rule.only for call, rule in waiting.values() if rule.only is not None and rule.only not in call.declined_by
        }
        in_turn = {agent for call_id, agents in rung.items() if waiting[call_id][1].one_by_one for agent in agents}
        for call_id, (call, rule) in waiting.items():
            able = {
                person.id
                for person in self.team.values()
                if self.is_free(person) and concerns(person.agent, call) and person.id not in call.declined_by
            }
            assert rung[call_id] <= able
            if not rule.one_by_one:
                assert rung[call_id] == able, "a call for everybody rings for everybody who can take it"
                continue
            assert len(rung[call_id]) <= 1
            able -= alone
            if not rung[call_id]:
                idle = able - in_turn
                assert not idle or (able - call.passed and not (able - call.passed) & idle), "nobody is rung"

    def _check_ends(self) -> None:
        now = virtual_now()
        for call in self.live:
            if call.accepted_at is None and call.state in (State.RINGING, State.CLAIMED):
                assert call.received_at is not None
                longest_s = RULES.ring_window_s + RULES.claim_lease_s
                assert now - call.received_at <= timedelta(seconds=longest_s), "it rings past the window"
            step = step_of(call)
            if call.state is State.WAITING and isinstance(step, Ring | Queue):
                began = next(entry.at for entry in reversed(call.timeline) if entry.kind == "step")
                longest_s = step.for_s if isinstance(step, Ring) else step.longest_s
                assert now - began <= timedelta(seconds=longest_s + RULES.claim_lease_s), "it rings for ever"

    def check_race(self, call_id: CallId, rang: Iterable[Person], since: int) -> Person | None:
        """One at most has won, and everybody else for whom it rang was told who. `since`: how much had been sent before
        it began. Returns the winner."""
        call = next((call for call in self.live if call.id == call_id), None)
        if call is None or call.claim is None:
            return None
        winner = self.team[call.claim.agent]
        for person in rang:
            told = [message for sid, _, message in self.sent[since:] if sid == person.sid]
            hints = [hint for hint in told if isinstance(hint, RingStopped) and hint.call_id == call_id]
            if person is winner:
                assert not hints, "whoever took it is told nothing else"
            else:
                assert [(hint.why, hint.by) for hint in hints] == [(RingStopReason.TAKEN, winner.agent.name)]
                assert call_id not in self.ringing(person)
        return winner
