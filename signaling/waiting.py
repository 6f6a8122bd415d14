"""A call on its way through its number's plan, until an agent talks to the customer. Pure.

`signaling.plan` says where the call is next; here is what it does there. Before anything can be heard the call must be
accepted, so a step with sound first waits until our leg is up, and accepts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from signaling import plan as plans
from signaling.call import Call, Claim, Party, State
from signaling.effects import (
    AcceptCall,
    AwaitAgentAudio,
    Effect,
    EndVoicemail,
    PlayPrompts,
    RecordVoicemail,
    SayPosition,
    StartTimer,
)
from signaling.events import (
    AgentAnswered,
    AgentDeclined,
    AgentsRung,
    CallEvent,
    ClaimExpired,
    DigitPressed,
    EffectFailed,
    GatewayRestarted,
    LegLost,
    PositionDue,
    PromptEnded,
    StepTimedOut,
    StickyAgentBusy,
    StickyAgentKnown,
    StickyLookupTimedOut,
    StickyTimedOut,
    TurnTimedOut,
)
from signaling.ids import AgentId, CallId, DepartmentId, NumberId
from signaling.moves import RESTARTED, end
from signaling.plan import (
    Announce,
    HangUp,
    HangUpReason,
    Happening,
    Key,
    Menu,
    OfferCallback,
    Place,
    Plan,
    PromptId,
    Queue,
    Ring,
    RingOrder,
    Step,
    Voicemail,
)

RING_MUSIC: Final = PromptId("queue_music")
BEEP: Final = PromptId("beep")


@dataclass(frozen=True, slots=True)
class Operated:
    """The line of a number that names whom it rings for (`signaling.operators`)."""

    number: NumberId


Line = DepartmentId | Operated | None
"""In which line a call waits, and so for whom: of a department, of a number's own operators, or, None, of everybody."""


@dataclass(frozen=True, slots=True)
class RingRule:
    """For whom a waiting call may ring now. `department`: where it waits. `only`: for this agent and nobody else."""

    department: DepartmentId | None
    order: RingOrder
    only: AgentId | None = None
    operated: Operated | None = None

    @property
    def line(self) -> Line:
        return self.operated or self.department

    @property
    def one_by_one(self) -> bool:
        """Whether it rings for one agent after another."""
        return self.only is None and self.order is not RingOrder.ALL


def plan_of(call: Call) -> Plan:
    return call.plan or plans.simple_plan(call.rules.ring_window_s, call.rules.sticky_ring_s)


def step_of(call: Call) -> Step | None:
    """Where the call is in its plan; None: nowhere yet."""
    return None if call.place is None else plan_of(call).steps[call.place.step]


def ring_rule(call: Call) -> RingRule | None:
    """None: the call does not wait for an agent now. A queue rings for nobody before it is heard, which takes a moment:
    the ring would end with `accept`, and begin again."""
    step = step_of(call)
    if call.state not in (State.RINGING, State.WAITING) or not isinstance(step, Ring | Queue) or call.hint_awaited:
        return None
    if isinstance(step, Queue) and call.state is State.RINGING:
        return None
    if isinstance(step, Ring) and step.agent is not None:
        return RingRule(None, RingOrder.ALL, step.agent)
    if isinstance(step, Ring) and step.sticky_s > 0 and call.sticky_agent is not None and not call.sticky_over:
        return RingRule(None, RingOrder.ALL, call.sticky_agent)
    operated = Operated(call.number) if call.has_operators and step.department is None else None
    return RingRule(step.department or call.department, step.order, operated=operated)


Standing = tuple[float, float, CallId]


def waits_unix_s(call: Call) -> float:
    """Since when the customer waits for an agent: since they called, or since they were given on."""
    since = call.given_on_at or call.offered_at or call.received_at
    return 0.0 if since is None else since.timestamp()


def in_line(call: Call) -> Standing:
    """By which calls that wait are sorted, in every line: who waits longest is first. Meta tells when a customer called
    in whole seconds; of those who did in the same one, it is whoever we heard of first."""
    received = 0.0 if call.received_at is None else call.received_at.timestamp()
    return waits_unix_s(call), received, call.id


def waits_for_sticky(call: Call, agent: AgentId) -> bool:
    """Whether the call rings for this agent alone because the customer should reach them. A transfer is no such."""
    rule, step = ring_rule(call), step_of(call)
    return rule is not None and rule.only == agent and isinstance(step, Ring) and step.agent is None


def place_in_queue(call_id: CallId, calls: Iterable[Call]) -> int:
    """How many wait in the same line since before this call, and it: 1 is next. Those that ring unaccepted wait
    as well; who waits for one agent alone stands in nobody's way."""
    waiting = [(call, rule) for call in calls if (rule := ring_rule(call)) is not None and rule.only is None]
    mine = next(((call, rule) for call, rule in waiting if call.id == call_id), None)
    if mine is None:
        return 1
    since, line = in_line(mine[0]), mine[1].line
    return 1 + sum(rule.line == line and in_line(call) < since for call, rule in waiting)


def go_to(call: Call, place: Place, at: datetime) -> tuple[Call, list[Effect]]:
    """The call is at `place` of its plan, and begins what is done there."""
    call = replace(call, place=place, places=place.number, step_over=False, sticky_over=False)
    call = replace(call, rung=frozenset(), passed=frozenset(), turns=call.turns + 1)
    call = call.note(at, "step", step=place.step)
    step = step_of(call)
    if call.accepted_at is None:
        if isinstance(step, HangUp):
            return end(call, at, Party.GATEWAY)
        return (call, _ring_timers(call, step)) if isinstance(step, Ring) else accept_to_be_heard(call, at)
    wait_s = step.for_s if isinstance(step, Ring) else step.longest_s if isinstance(step, Queue) else 0.0
    call = replace(call, state=State.WAITING, ring_until=at + timedelta(seconds=wait_s))
    return _begin_heard(call, step, place, at)


def accept_to_be_heard(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """Accept for the plan, without an agent, as soon as the customer would hear something."""
    heard = isinstance(step_of(call), plans.HEARD)
    if not heard or not call.leg_connected or call.pre_accepted_at is None:
        return call, []
    answer = call.answer
    assert answer is not None
    call = replace(call, state=State.ACCEPTING).note(at, "accepting")
    return call, [AcceptCall(call.id, call.phone_number_id, call.meta_id, answer)]


def accepted(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """`accept` for the plan returned 200: the customer can hear."""
    place = call.place
    assert place is not None
    call = replace(call, accepted_at=at, state=State.WAITING, waiting_since=at).note(at, "accepted")
    return _begin_heard(call, step_of(call), place, at)


def waiting(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """The state WAITING: what the customer does, and what time does."""
    match event:
        case DigitPressed(digit=digit):
            return _moved(call.note(at, "key"), Key(digit), at)
        case PromptEnded(place=place) if _is_at(call, place):
            return _played(call, at)
        case PositionDue(place=place) if _is_at(call, place):
            rule = ring_rule(call)
            if rule is None:
                return call, []
            return call.note(at, "position_said"), [SayPosition(call.id, rule.department, place)]
        case EffectFailed(effect="PlayPrompts" | "SayPosition" as effect, failure=failure):
            # A sound that cannot be played must not keep the customer: what comes after it comes at once.
            return _played(call.note(at, "prompt_failed", effect=effect, code=failure.code), at)
        case EffectFailed(effect="RecordVoicemail", failure=failure):
            return _moved(call.note(at, "voicemail_failed", code=failure.code), Happening.TIME_OVER, at)
        case LegLost(failure=failure):
            return end(call, at, Party.GATEWAY, failure)
        case GatewayRestarted():
            return end(call, at, Party.GATEWAY, RESTARTED)
        case _:
            return rung(call, event, at)


def rung(call: Call, event: CallEvent, at: datetime) -> tuple[Call, list[Effect]]:
    """What a call that is offered to agents has in common, accepted or not."""
    match event:
        case AgentAnswered(agent=agent, seat=seat) if ring_rule(call) is not None:
            claims = call.claims + 1
            call = replace(
                call,
                state=State.CLAIMED,
                claim=Claim(agent, seat),
                claims=claims,
                answered_at=at if call.agent is None else call.answered_at,  # once: whoever is next answers nothing
                rung=frozenset(),
            )
            call = call.note(at, "claimed", agent=agent)
            return call, [
                AwaitAgentAudio(call.id, agent, seat),
                StartTimer(call.id, call.rules.claim_lease_s, ClaimExpired(claims)),
            ]
        case AgentDeclined(agent=agent) if agent not in call.declined_by:
            sticky_over = call.sticky_over or agent == call.sticky_agent
            call = replace(call, declined_by=call.declined_by | {agent}, sticky_over=sticky_over)
            return call.note(at, "declined", agent=agent), []
        case StickyAgentKnown() | StickyLookupTimedOut() if call.hint_awaited:
            call = hinted(call, event, at)
            step = step_of(call)
            return call, _sticky_timer(call, step) if isinstance(step, Ring) else []
        case AgentsRung(agents=agents):
            return _rings_for(call, agents, at)
        case TurnTimedOut(turn=turn) if turn == call.turns and _one_by_one(call):
            return replace(call, passed=call.passed | call.rung, rung=frozenset()), []
        case StickyAgentBusy(agent=call.sticky_agent) if not call.sticky_over:
            return replace(call, sticky_over=True).note(at, "sticky_agent_busy"), []
        case StickyTimedOut(place=place) if _is_at(call, place) and not call.sticky_over:
            return replace(call, sticky_over=True).note(at, "sticky_over"), []
        case StepTimedOut(place=place) if _is_at(call, place):
            return _moved(call, Happening.TIME_OVER, at)
        case _:
            return call, []


def hinted(call: Call, event: StickyAgentKnown | StickyLookupTimedOut, at: datetime) -> Call:
    """Whom the customer should reach is known, or is not waited for any longer: now it may ring."""
    agent = event.agent if isinstance(event, StickyAgentKnown) else None
    if isinstance(event, StickyAgentKnown) and agent is not None and not event.is_free:
        return replace(call, hint_awaited=False).note(at, "sticky_agent", agent=agent, free=False)
    call = replace(call, hint_awaited=False, sticky_agent=agent)
    return call.note(at, "sticky_agent", **({"agent": agent} if agent is not None else {"known": False}))


def claim_lost(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """Whoever pressed answer is not heard: the call waits on where it was, unless its time is over. They had their
    turn."""
    state = State.RINGING if call.accepted_at is None else State.WAITING
    passed = call.passed if call.claim is None else call.passed | {call.claim.agent}
    answered_at = None if call.agent is None else call.answered_at
    call = replace(call, state=state, claim=None, answered_at=answered_at, rung=frozenset(), passed=passed)
    if call.ring_window_over and call.accepted_at is None:
        return past_the_window(call, at)
    return _moved(call, Happening.TIME_OVER, at) if call.step_over else (call, [])


def past_the_window(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """The call may ring unaccepted no longer: on to what is heard, or to the end."""
    call = replace(call, ring_window_over=True).note(at, "ring_window_over")
    if call.place is None:
        return end(call, at, Party.GATEWAY)
    place = plans.past_ringing(plan_of(call), call.place)
    return (call, []) if place is call.place else go_to(call, place, at)


def _begin_heard(call: Call, step: Step | None, place: Place, at: datetime) -> tuple[Call, list[Effect]]:
    match step:
        case Ring():
            return call, [_music(call, place, RING_MUSIC), *_ring_timers(call, step)]
        case Queue(music=music, longest_s=longest_s, position_every_s=every_s):
            timers = [StartTimer(call.id, longest_s, StepTimedOut(place.number))]
            if every_s > 0:
                timers.append(StartTimer(call.id, every_s, PositionDue(place.number)))
            return call, [_music(call, place, music), *timers]
        case Announce(prompt=prompt, once_in_min=minutes):
            return call, [PlayPrompts(call.id, (prompt,), place.number, minutes)]
        case Menu(prompt=prompt) | OfferCallback(prompt=prompt):
            return call, [_play(call, place, prompt)]
        case Voicemail(prompt=prompt):
            return call, [_play(call, place, prompt, BEEP)]
        case HangUp(farewell=farewell):
            return (call, [_play(call, place, farewell)]) if farewell is not None else _over(call, at)
    raise AssertionError("every step is known")


def _played(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    """What was to be heard at this place has been heard."""
    step, place = step_of(call), call.place
    assert place is not None
    match step:
        case Announce():
            return _moved(call, Happening.PLAYED, at)
        case HangUp():
            return _over(call, at)
        case Ring() | None:
            return call, []
    call = call.note(at, "played")
    match step:
        case Menu(wait_s=wait_s) | OfferCallback(wait_s=wait_s):
            return call, [StartTimer(call.id, wait_s, StepTimedOut(place.number))]
        case Voicemail(longest_s=longest_s):
            return call, [
                RecordVoicemail(call.id, place.number),
                StartTimer(call.id, longest_s, StepTimedOut(place.number)),
            ]
        case Queue(music=music, position_every_s=every_s):  # the place in the queue has been said
            again = [StartTimer(call.id, every_s, PositionDue(place.number))] if every_s > 0 else []
            return call, [_music(call, place, music), *again]
    raise AssertionError("every step is known")


def _moved(call: Call, happening: Happening | Key, at: datetime) -> tuple[Call, list[Effect]]:
    assert call.place is not None
    place = plans.after(plan_of(call), call.place, happening)
    if place is call.place:
        return call, []
    match step_of(call), happening:
        case OfferCallback(key=key), Key(digit=digit) if digit == key:
            call = replace(call, callback_promised_at=at).note(at, "callback_promised")
        case Voicemail(), _:
            call, effects = go_to(call, place, at)
            return call, [EndVoicemail(call.id), *effects]
    return go_to(call, place, at)


def _over(call: Call, at: datetime) -> tuple[Call, list[Effect]]:
    step = step_of(call)
    reason = step.reason if isinstance(step, HangUp) else HangUpReason.NOBODY_ANSWERED
    return end(call.note(at, "plan_over", reason=reason.value), at, Party.GATEWAY)


def _rings_for(call: Call, agents: frozenset[AgentId], at: datetime) -> tuple[Call, list[Effect]]:
    step, one_by_one = step_of(call), _one_by_one(call)
    call = replace(call, rung=agents if one_by_one else call.rung | agents, rung_at=call.rung_at or at)
    call = call.note(at, "rung", agents=len(agents))
    if not one_by_one or not isinstance(step, Ring | Queue):
        return call, []
    # Whoever is rung again after a turn begins a new round.
    passed = frozenset[AgentId]() if agents <= call.passed else call.passed
    call = replace(call, turns=call.turns + 1, passed=passed)
    return call, [StartTimer(call.id, step.turn_s, TurnTimedOut(call.turns))]


def _one_by_one(call: Call) -> bool:
    rule = ring_rule(call)
    return rule is not None and rule.one_by_one


def _ring_timers(call: Call, step: Ring) -> list[Effect]:
    assert call.place is not None
    number = call.place.number
    return [StartTimer(call.id, step.for_s, StepTimedOut(number)), *_sticky_timer(call, step)]


def _sticky_timer(call: Call, step: Ring) -> list[Effect]:
    if step.sticky_s <= 0 or call.sticky_agent is None or call.place is None:
        return []
    return [StartTimer(call.id, step.sticky_s, StickyTimedOut(call.place.number))]


def _play(call: Call, place: Place, *prompts: PromptId) -> PlayPrompts:
    return PlayPrompts(call.id, prompts, place.number)


def _music(call: Call, place: Place, music: PromptId) -> PlayPrompts:
    return PlayPrompts(call.id, (music,), place.number, loops=True)


def _is_at(call: Call, number: int) -> bool:
    return call.place is not None and call.place.number == number
