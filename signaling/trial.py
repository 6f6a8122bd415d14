"""A plan tried with a simulated caller, before it is saved: what they hear, for whom it rings, where it ends. Pure.

It is no second idea of what a plan does: the call goes through `signaling.lifecycle.step` and `signaling.routing`, as
real ones do, and only the world around it is pretended: Meta, audio and agents answer at once, and time is a number.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Final, NamedTuple

from signaling.call import Call, Party, Rules, State
from signaling.effects import (
    AcceptCall,
    AwaitAgentAudio,
    ConnectAudio,
    CreateAnswer,
    Effect,
    FindStickyAgent,
    PlayPrompts,
    PreAcceptCall,
    RecordVoicemail,
    RejectCall,
    SayPosition,
    StartTimer,
    TerminateCall,
)
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentHungUp,
    AgentsRung,
    AnswerCreated,
    CallAccepted,
    CallEvent,
    CallOffered,
    CallTerminated,
    Customer,
    DigitPressed,
    Direction,
    LegConnected,
    PreAccepted,
    PromptEnded,
    StickyAgentKnown,
)
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId, SeatId
from signaling.lifecycle import step
from signaling.plan import HangUp, Plan, PromptId, StepId, prompts_of
from signaling.private import Sdp, Wacid
from signaling.routing import Candidate, next_to_ring
from signaling.schedule import Schedule, is_open
from signaling.texts import TextKind
from signaling.texts_due import TEXT_DUE
from signaling.waiting import BEEP, RING_MUSIC, RingRule, ring_rule, step_of

MOST_EVENTS: Final = 2_000
LONGEST_S: Final = 4 * 3_600.0
_WACID: Final = Wacid("trial")
_SEAT: Final = SeatId("trial")
FIRST_IN_QUEUE: Final = PromptId("queue_position_1")


class MomentKind(StrEnum):
    STEP = "step"  # the call comes to `step`
    RINGS = "rings"  # for `agents`
    ACCEPTED = "accepted"  # from here on the customer can hear, and pays attention
    HEARS = "hears"  # the beginning of `prompts`
    LEFT_OUT = "left_out"  # `prompts`: this customer has heard them lately
    KEY = "key"  # the customer presses `key`
    ANSWERED = "answered"  # by the one of `agents`
    TALKING = "talking"
    AGENT_HUNG_UP = "agent_hung_up"
    MESSAGE = "message"  # the customer speaks onto the voicemail
    CALLBACK_PROMISED = "callback_promised"
    TEXT = "text"  # integrators are told that `text` is due, unless this customer had it lately
    CUSTOMER_HUNG_UP = "customer_hung_up"
    REJECTED = "rejected"  # nobody heard anything, and the call costs nothing
    ENDED = "ended"  # by us, after it was accepted


@dataclass(frozen=True, slots=True)
class Moment:
    """`at_s`: after the customer pressed call."""

    at_s: float
    kind: MomentKind
    step: StepId | None = None
    prompts: tuple[PromptId, ...] = ()
    agents: tuple[AgentId, ...] = ()
    key: str | None = None
    text: TextKind | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """A key, `after_s` after the call comes to `step`, once; None: after the call's beginning."""

    digit: str
    after_s: float
    step: StepId | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """`heard_lately`: sounds that are left out for them (`Announce.once_in_min`). `agent`: whom they should reach."""

    presses: tuple[Press, ...] = ()
    hangs_up_after_s: float | None = None
    heard_lately: frozenset[PromptId] = frozenset()
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class FreeAgent:
    """`departments` None: the number's. `answers_after_s`: of ringing; None: lets it ring. Who has been free for
    longer stands first."""

    id: AgentId
    departments: frozenset[DepartmentId] | None = None
    answers_after_s: float | None = None
    talks_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Walk:
    """`complete` False: it went on for longer than is looked at. `reason`: of the plan's last step, if it ended
    there."""

    moments: tuple[Moment, ...]
    outcome: str
    ended_by: Party | None
    reason: str | None
    is_open: bool
    accepted_at_s: float | None
    ended_at_s: float
    complete: bool = True


LengthOf = Callable[[PromptId], float | None]
"""Of a sound, in seconds; None: it loops."""


def sounds_of_a_trial(plan: Plan) -> frozenset[PromptId]:
    """Whose length a trial of this plan asks for."""
    return prompts_of(plan) | {BEEP, RING_MUSIC, FIRST_IN_QUEUE}


@dataclass(frozen=True, slots=True)
class Tried:
    """What is tried: the number's rules, department and hours, and the plan instead of its own."""

    plan: Plan
    rules: Rules
    department: DepartmentId | None
    schedule: Schedule | None
    at: datetime


class _Agenda(NamedTuple):
    at_s: float
    order: int
    event: "CallEvent | _Answers"


@dataclass(frozen=True, slots=True)
class _Answers:
    """An agent presses answer, if it has rung for them since `ring`."""

    agent: AgentId
    ring: int


def try_plan(
    tried: Tried,
    caller: Caller,
    agents: tuple[FreeAgent, ...],
    length_of: LengthOf,
    position_prompt: PromptId = FIRST_IN_QUEUE,
) -> Walk:
    """`position_prompt`: what says that the customer is the first who waits."""
    return _World(tried, caller, {agent.id: agent for agent in agents}, length_of, position_prompt).run()


@dataclass
class _World:
    tried: Tried
    caller: Caller
    agents: Mapping[AgentId, FreeAgent]
    length_of: LengthOf
    position_prompt: PromptId
    now_s: float = 0.0
    moments: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        tried, self._order, self._rings = self.tried, count(), count(1)
        self._agenda: list[_Agenda] = []
        self._ringing: dict[AgentId, int] = {}
        self._rung_at: dict[AgentId, datetime] = {}
        self._presses = list(self.caller.presses)
        self._heard = set(self.caller.heard_lately)
        self._over = False
        self._call = Call(
            id=CallId("trial"),
            number=NumberId(0),
            phone_number_id=PhoneNumberId("0"),
            department=tried.department,
            direction=Direction.INBOUND,
            wacid=_WACID,
            rules=tried.rules,
            plan=tried.plan,
            is_open=tried.schedule is None or is_open(tried.schedule, tried.at),
            asks_for_agent=self.caller.agent is not None,
        )

    def run(self) -> Walk:
        number, at = self._call.phone_number_id, self.tried.at.astimezone(UTC)
        self._later(0, CallOffered(number, at, _WACID, Customer(), Sdp("")))
        for press in [press for press in self._presses if press.step is None]:
            self._later(press.after_s, DigitPressed(press.digit))
        if self.caller.hangs_up_after_s is not None:
            self._later(self.caller.hangs_up_after_s, _hung_up(number, at))
        seen = 0
        while self._agenda and not self._over and seen < MOST_EVENTS and self._agenda[0].at_s <= LONGEST_S:
            self.now_s, _, event = heapq.heappop(self._agenda)
            seen += 1
            if isinstance(event, _Answers):
                if self._ringing.get(event.agent) != event.ring:
                    continue
                event = AgentAnswered(event.agent, _SEAT)
            self._happens(event)
        return self._walk()

    def _happens(self, event: CallEvent) -> None:
        before, at = self._call, self._now()
        self._tell_of(event)
        self._call, effects = step(before, event, at)
        for entry in self._call.timeline[len(before.timeline) :]:
            if entry.kind == "step":
                self._comes_to(StepId(str(entry.data["step"])))
            elif entry.kind == "callback_promised":
                self._note(MomentKind.CALLBACK_PROMISED)
            elif entry.kind == TEXT_DUE:
                self._note(MomentKind.TEXT, text=TextKind(str(entry.data["text"])))
        if before.accepted_at is None and self._call.accepted_at is not None:
            self._note(MomentKind.ACCEPTED)
        for effect in effects:
            self._perform(effect)
        self._route()
        if self._call.state is State.ENDED:
            self._over = True

    def _tell_of(self, event: CallEvent) -> None:
        match event:
            case DigitPressed(digit=digit):
                self._note(MomentKind.KEY, key=digit)
            case AgentAnswered(agent=agent):
                self._note(MomentKind.ANSWERED, agents=(agent,))
            case AgentHungUp(agent=agent):
                self._note(MomentKind.AGENT_HUNG_UP, agents=(agent,))
            case CallTerminated() if self._call.state is not State.ENDING:
                self._note(MomentKind.CUSTOMER_HUNG_UP)

    def _comes_to(self, step_id: StepId) -> None:
        self._note(MomentKind.STEP, step=step_id)
        self._ringing.clear()
        press = next((press for press in self._presses if press.step == step_id), None)
        if press is not None:
            self._presses.remove(press)
            self._later(press.after_s, DigitPressed(press.digit))

    def _perform(self, effect: Effect) -> None:
        match effect:
            case CreateAnswer():
                self._later(0, AnswerCreated(Sdp("")))
                self._later(0, LegConnected())
            case PreAcceptCall():
                self._later(0, PreAccepted())
            case AcceptCall():
                self._later(0, CallAccepted())
            case FindStickyAgent():
                self._later(0, StickyAgentKnown(self.caller.agent))
            case StartTimer(after_s=after_s, event=event):
                self._later(after_s, event)
            case PlayPrompts(prompts=prompts, loops=True):
                self._note(MomentKind.HEARS, prompts=prompts)
            case PlayPrompts(prompts=prompts, place=place, once_in_min=minutes):
                if minutes and self._heard.issuperset(prompts):
                    self._note(MomentKind.LEFT_OUT, prompts=prompts)
                    self._later(0, PromptEnded(place))
                    return
                if minutes:
                    self._heard.update(prompts)
                self._plays(prompts, place)
            case SayPosition(place=place):
                self._plays((self.position_prompt,), place)
            case RecordVoicemail():
                self._note(MomentKind.MESSAGE)
            case AwaitAgentAudio(agent=agent, seat=seat):
                self._later(0, AgentAudible(agent, seat))
            case ConnectAudio(agent=agent):
                self._note(MomentKind.TALKING, agents=(agent,))
                self._later(self.agents[agent].talks_s, AgentHungUp(agent))
            case RejectCall() | TerminateCall():
                self._note(MomentKind.REJECTED if isinstance(effect, RejectCall) else MomentKind.ENDED)
                self._over = True

    def _plays(self, prompts: tuple[PromptId, ...], place: int) -> None:
        self._note(MomentKind.HEARS, prompts=prompts)
        lengths = [self.length_of(prompt) for prompt in prompts]
        if all(length is not None for length in lengths):
            self._later(sum(length for length in lengths if length is not None), PromptEnded(place))

    def _route(self) -> None:
        """For whom it rings now, as the agents' desk finds out."""
        rule = ring_rule(self._call)
        if rule is None:
            self._ringing.clear()
            return
        free = self._free(rule)
        if rule.one_by_one:
            rung = self._call.rung or self._next(rule, free)  # a turn goes on until its call ends it
        else:
            rung = frozenset(candidate.agent for candidate in free)
        for agent in self._ringing.keys() - rung:
            del self._ringing[agent]
        new = [agent for agent in self.agents if agent in rung - self._call.rung]
        if not new:
            return
        self._note(MomentKind.RINGS, agents=tuple(new))
        for agent in new:
            self._ringing[agent], self._rung_at[agent] = next(self._rings), self._now()
            answers_after_s = self.agents[agent].answers_after_s
            if answers_after_s is not None:
                self._later(answers_after_s, _Answers(agent, self._ringing[agent]))
        self._happens(AgentsRung(frozenset(new)))

    def _free(self, rule: RingRule) -> list[Candidate]:
        """Who is free since when only has an order: it is that in which they were given."""
        an_hour_ago = self.tried.at - timedelta(hours=1)
        return [
            Candidate(agent.id, an_hour_ago + timedelta(seconds=position), self._rung_at.get(agent.id))
            for position, agent in enumerate(self.agents.values())
            if (rule.only == agent.id if rule.only is not None else self._works_in(agent, rule.department))
        ]

    def _next(self, rule: RingRule, free: list[Candidate]) -> frozenset[AgentId]:
        agent = next_to_ring(rule.order, free, self._call.passed, taken=())
        return frozenset() if agent is None else frozenset({agent})

    def _works_in(self, agent: FreeAgent, department: DepartmentId | None) -> bool:
        if department is None:
            return True
        return department == self.tried.department if agent.departments is None else department in agent.departments

    def _walk(self) -> Walk:
        call, last = self._call, step_of(self._call)
        accepted = call.accepted_at
        return Walk(
            moments=tuple(self.moments),
            outcome=call.outcome_now().value,
            ended_by=call.ended_by,
            reason=last.reason.value if isinstance(last, HangUp) else None,
            is_open=call.is_open,
            accepted_at_s=None if accepted is None else _seconds(accepted, self.tried.at),
            ended_at_s=round(self.now_s, 3),
            complete=self._over,
        )

    def _note(
        self,
        kind: MomentKind,
        *,
        step: StepId | None = None,
        prompts: tuple[PromptId, ...] = (),
        agents: tuple[AgentId, ...] = (),
        key: str | None = None,
        text: TextKind | None = None,
    ) -> None:
        self.moments.append(Moment(round(self.now_s, 3), kind, step, prompts, agents, key, text))

    def _later(self, after_s: float, event: "CallEvent | _Answers") -> None:
        heapq.heappush(self._agenda, _Agenda(self.now_s + after_s, next(self._order), event))

    def _now(self) -> datetime:
        return self.tried.at + timedelta(seconds=self.now_s)


def _hung_up(number: PhoneNumberId, at: datetime) -> CallTerminated:
    return CallTerminated(number, at, _WACID, Customer(), Direction.INBOUND, failed=False)


def _seconds(moment: datetime, since: datetime) -> float:
    return round((moment - since).total_seconds(), 3)
