"""A supervisor listens, whispers, barges in or takes over: what becomes of a call with them in it. Pure.

`lifecycle.step` decides about the call; `supervised` looks at the call before and after, and keeps the supervisor in it
through hold, transfer and an agent's reload. What the others hear never depends on the supervisor's page: audio is told
who may hear that seat (`SuperviseAudio`), and of a listener that is nobody.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from signaling.call import Call, Claim, State
from signaling.effects import ConnectAudio, Effect, PlayHoldTone, SuperviseAudio
from signaling.events import (
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    CallEvent,
    GatewayRestarted,
    ReattachTimedOut,
    SupervisorCame,
    SupervisorLeft,
    SupervisorTookOver,
)
from signaling.supervision import Supervision, Way

Step = Callable[[Call, CallEvent, datetime], tuple[Call, list[Effect]]]

IS_UP: Final = (State.TALKING, State.REATTACHING)
"""An agent has the customer: a supervisor may come in."""

_STAYS: Final = (*IS_UP, State.WAITING, State.CLAIMED)
"""Where a supervisor stays who is there already: the customer may wait for the next agent."""

BEGAN, OVER, TAKEN_OVER = "supervision", "supervision_over", "taken_over"
"""Kinds of lines of the timeline. The first two are written to the audit as well."""


def supervised(step: Step) -> Step:
    """The same step, of a call that a supervisor may be in."""

    def step_and_supervise(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
        own = _own_events(call, event, at)
        known = _without_the_lost(call, at) if isinstance(event, GatewayRestarted) else call
        after, effects = step(known, event, at) if own is None else own
        return (call, effects) if after is known else _followed(call, after, effects, at)

    return step_and_supervise


def audio_of(call: Call) -> SuperviseAudio:
    """Whom the supervisor hears, and who hears them."""
    supervision, claim = call.supervision, call.claim
    if supervision is None:
        return SuperviseAudio(call.id, None)
    seats = []
    if call.state is State.TALKING and claim is not None:
        seats.append(claim.seat)
        if call.consult is not None and call.consult.seat is not None:
            seats.append(call.consult.seat)
    way = supervision.way if call.state in IS_UP else Way.LISTEN
    return SuperviseAudio(call.id, supervision.seat, way, tuple(seats))


def is_supervised_by(call: Call, agent: int) -> bool:
    """Whether this agent is in the call as a supervisor, who steers nothing of it."""
    return call.supervision is not None and call.supervision.agent == agent


def talks_in(call: Call, agent: int) -> bool:
    """Whether this agent has the customer, or is the colleague who is asked about them."""
    return (call.claim is not None and call.claim.agent == agent) or (
        call.consult is not None and call.consult.agent == agent
    )


def _own_events(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]] | None:
    """What is about the supervisor alone; None: it is the call's business."""
    there = call.supervision
    match event:
        case SupervisorCame(agent=agent, seat=seat, way=way):
            if call.state not in IS_UP or talks_in(call, agent) or (there is not None and there.agent != agent):
                return call, []
            if there is not None and there.way is way:
                return call, []
            return _in_way(call, Supervision(agent, seat, way, at), at)
        case SupervisorTookOver(agent=agent):
            is_there = there is not None and there.agent == agent
            return _taken_over(call, at) if is_there and call.state in IS_UP else (call, [])
        case SupervisorLeft(agent=agent):
            return _gone(call, at) if there is not None and there.agent == agent else (call, [])
    if there is None:
        return None
    match event:
        case AgentSeatLost(agent=there.agent, seat=there.seat):
            return _gone(call, at)
        case AgentSeatBack(agent=there.agent, seat=seat):
            call = replace(call, supervision=replace(there, seat=seat)).note(at, "seat_back", agent=there.agent)
            return call, _heard_alone(call)
    if there.way is not Way.BARGE_IN or call.claim is None:
        return None
    match event:  # whoever else talks to the customer goes on with them, as in a conversation of three
        case AgentHungUp(agent=call.claim.agent) if call.consult is None and call.state in IS_UP:
            return _taken_over(call.note(at, "hung_up", agent=call.claim.agent), at)
        case ReattachTimedOut(absence=call.absences) if call.state is State.REATTACHING:
            return _taken_over(call.note(at, "agent_lost", agent=call.claim.agent), at)
    return None


def _without_the_lost(call: Call, at: datetime) -> Call:
    """Who was in the call when its process died hears nothing any more: what the timeline, and so the audit, says
    began, is over."""
    lines = [line for line in call.timeline if line.kind in (BEGAN, OVER)]
    if call.supervision is not None or not lines or lines[-1].kind == OVER:
        return call
    began = lines[-1]
    return call.note(at, OVER, **began.data, since=began.at.isoformat())


def _in_way(call: Call, supervision: Supervision, at: datetime) -> tuple[Call, list[Effect]]:
    before = call.supervision
    if before is not None:
        call = _noted_over(call, before, at)
    call = replace(call, supervision=supervision).note(at, BEGAN, agent=supervision.agent, way=supervision.way.value)
    if before is not None and before.way is Way.BARGE_IN and call.state is State.REATTACHING:
        return call, [PlayHoldTone(call.id)]
    return call, _heard_alone(call)


def _gone(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    there = call.supervision
    assert there is not None
    alone = there.way is Way.BARGE_IN and call.state is State.REATTACHING
    return replace(_noted_over(call, there, at), supervision=None), [PlayHoldTone(call.id)] if alone else []


def _noted_over(call: Call, supervision: Supervision, at: datetime) -> Call:
    return call.note(at, OVER, agent=supervision.agent, way=supervision.way.value, since=supervision.since.isoformat())


def _heard_alone(call: Call) -> list[Effect]:
    """While the agent is away, the customer hears the supervisor who has barged in, and no tone."""
    there = call.supervision
    if there is None or there.way is not Way.BARGE_IN or call.state is not State.REATTACHING:
        return []
    return [ConnectAudio(call.id, there.agent, there.seat)]


def _taken_over(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """The supervisor is the call's agent from now on; who was it, and whom they asked, are out of it."""
    there, claim = call.supervision, call.claim
    assert there is not None and claim is not None
    call = replace(
        _noted_over(call, there, at),
        state=State.TALKING,
        claim=Claim(there.agent, there.seat, audible=True),
        consult=None,
        supervision=None,
        held=False,
        muted=False,
        reattach_until=None,
        agent=there.agent,
    ).note(at, TAKEN_OVER, agent=claim.agent, by=there.agent)
    return call, [ConnectAudio(call.id, there.agent, there.seat)]


def _followed(before: Call, call: Call, effects: list[Effect], at: datetime) -> tuple[Call, list[Effect]]:
    there = call.supervision
    if there is not None and (call.state not in _STAYS or talks_in(call, there.agent)):
        call = replace(_noted_over(call, there, at), supervision=None)
    elif there is not None and there.way is not Way.LISTEN and _owner(call) != _owner(before):
        # The next agent has not been told that somebody speaks to them: speaking is wished anew.
        call = _noted_over(call, there, at).note(at, BEGAN, agent=there.agent, way=Way.LISTEN.value)
        call = replace(call, supervision=replace(there, way=Way.LISTEN, since=at))
    if alone := _heard_alone(call):
        effects = [alone[0] if isinstance(effect, PlayHoldTone) else effect for effect in effects]
    now = audio_of(call)
    return call, effects if now == audio_of(before) else [now, *effects]


def _owner(call: Call) -> int | None:
    return None if call.claim is None else call.claim.agent
