"""What the live wall shows, pure: calls, agents and numbers in, its rows out, and whose business each of them is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from signaling.agents.recording import recording_light
from signaling.agents.views import NameOf, Numbers
from signaling.agents.wall_messages import (
    ColleagueIs,
    Load,
    WallAgent,
    WallCall,
    WallColleague,
    WallNumber,
    WallPhase,
    WallSound,
    WallSupervisor,
)
from signaling.call import Call, State
from signaling.capacity import NumberUse
from signaling.events import Direction
from signaling.ids import DepartmentId
from signaling.labels import customer_label
from signaling.number_alerts import Alert
from signaling.operators import Departments
from signaling.operators import departments_of as operating_departments
from signaling.plan import Queue, Ring
from signaling.ports import Agent, Number, Role
from signaling.presence import AgentFacts, Presence, missing, owner_of
from signaling.sound import Lights
from signaling.waiting import ring_rule, step_of, waits_unix_s

Business = frozenset[DepartmentId | None]
"""The departments that something on the wall concerns. None among them: of a number without a department, which is
everybody's who has one."""

_PHASES: Final = {
    State.CLAIMED: WallPhase.ANSWERING,
    State.ACCEPTING: WallPhase.ANSWERING,
    State.TALKING: WallPhase.TALKING,
    State.REATTACHING: WallPhase.REATTACHING,
    State.ENDING: WallPhase.ENDING,
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see of the wall: their departments, or `everything`."""

    departments: frozenset[DepartmentId]
    everything: bool = False

    def reaches(self, business: Business) -> bool:
        if self.everything:
            return True
        return not self.departments.isdisjoint(business) or (None in business and bool(self.departments))


def may_watch(agent: Agent) -> bool:
    return agent.role is not Role.AGENT


def departments_of(agent: Agent) -> frozenset[DepartmentId]:
    """Those in which somebody may do anything at all."""
    return agent.departments | agent.calls_for | agent.listens_in


def sight_of(agent: Agent) -> Sight:
    return Sight(departments_of(agent), everything=agent.role is Role.ADMINISTRATOR)


def line_of(call: Call) -> DepartmentId | None:
    """Where a call waits, or waited last: where its plan or an agent has sent it, else its number's department."""
    step = step_of(call)
    return (step.department if isinstance(step, Ring | Queue) else None) or call.department


def business_of_call(call: Call, counting: Departments) -> Business:
    """`counting`: the departments whose grants count for it (`signaling.call_grants`); and the one that it waits in."""
    step = step_of(call)
    line = step.department if isinstance(step, Ring | Queue) else None
    return counting if line is None else counting | {line}


def business_of_agent(agent: Agent) -> Business:
    return frozenset(departments_of(agent))


def business_of_number(number: Number) -> Business:
    return operating_departments(number)


def call_row(
    call: Call, numbers: Numbers, name_of: NameOf, lights: Lights | None, listened_in: Departments
) -> WallCall:
    """`lights`: how the conversation sounds, where that is known. `listened_in`: where a grant to listen counts."""
    number, owner, rule = numbers.get(call.number), owner_of(call), ring_rule(call)
    phase = _phase(call)
    talks = phase is WallPhase.TALKING and not call.held
    there = call.supervision
    return WallCall(
        call_id=call.id,
        name=call.customer.name or call.customer.username,
        label=customer_label(call.customer),
        number_id=call.number,
        number_label=number.label if number else "",
        department_id=call.department,
        line_department_id=line_of(call),
        listened_in=None if None in listened_in else sorted(one for one in listened_in if one is not None),
        direction=call.direction,
        phase=phase,
        since_unix_s=_since_unix_s(call),
        rung_for=len(call.rung - call.declined_by) if rule is not None else 0,
        alone=rule is not None and rule.only is not None,
        given_on=rule is not None and call.given_on_at is not None,
        agent_id=owner,
        agent=None if owner is None else name_of(owner),
        held=call.held,
        muted=call.muted,
        colleague=_colleague(call, name_of),
        sound=_sound(lights) if talks and lights is not None else None,
        troubles=sorted(one.trouble for one in call.troubles),
        recording=recording_light(call),
        supervisor=None
        if there is None
        else WallSupervisor(agent_id=there.agent, name=name_of(there.agent), way=there.way),
    )


def agent_row(facts: AgentFacts, stands: Presence, since: datetime | None) -> WallAgent:
    """`stands`: their presence, and since when."""
    return WallAgent(
        agent_id=facts.agent.id,
        name=facts.agent.name,
        presence=stands,
        since_unix_s=None if since is None else since.timestamp(),
        pause_reason=facts.pause_reason if stands is Presence.PAUSED else None,
        missing=list(missing(facts)) if stands is Presence.NOT_READY else [],
        departments=sorted(departments_of(facts.agent)),
    )


def number_row(number: Number, use: NumberUse, alerts: list[Alert]) -> WallNumber:
    return WallNumber(
        number_id=number.id,
        label=number.label,
        department_id=number.department,
        department=number.department_name,
        inbound=Load(used=use.inbound, limit=number.limits.concurrent_inbound),
        outbound=Load(used=use.outbound, limit=number.limits.concurrent_outbound),
        alerts=alerts,
    )


def _phase(call: Call) -> WallPhase:
    if ring_rule(call) is not None:
        return WallPhase.WAITING
    if call.direction is Direction.OUTBOUND and call.state in (State.NEW, State.PREPARING, State.DIALING):
        if call.reattach_until is not None:
            return WallPhase.REATTACHING
        if call.accepted_at is not None:
            return WallPhase.ANSWERING
        return WallPhase.DIALING if call.rung_at is None else WallPhase.RINGING
    return _PHASES.get(call.state, WallPhase.PLAN)


def _since_unix_s(call: Call) -> float:
    if owner_of(call) is None:
        return waits_unix_s(call)
    has = _given_at(call) or call.answered_at or call.accepted_at or call.offered_at or call.received_at
    return 0.0 if has is None else has.timestamp()


def _given_at(call: Call) -> datetime | None:
    """When whoever has a call that another agent gave on answered it."""
    if call.given_on_at is None:
        return None
    return next((entry.at for entry in reversed(call.timeline) if entry.kind == "claimed"), None)


def _colleague(call: Call, name_of: NameOf) -> WallColleague | None:
    consult = call.consult
    if consult is None:
        return None
    now = ColleagueIs.RINGING if consult.seat is None else ColleagueIs.ASIDE
    if consult.joined:
        now = ColleagueIs.JOINED
    return WallColleague(name=name_of(consult.agent), now=now)


def _sound(lights: Lights) -> WallSound:
    return WallSound(microphone=lights.microphone, network=lights.network, customer=lights.customer)
