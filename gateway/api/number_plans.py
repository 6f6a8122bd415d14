"""`/api/v1/numbers/{id}/plan`: what becomes of a customer who calls, written by administrators and tried before."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final, Protocol

from pydantic import AwareDatetime, Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.door import Caller as Asker
from gateway.api.errors import ApiError, Problem, invalid, not_found
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.plan_problems import of_plan, wrong_shape
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.integrator_contract import Moment as Time
from signaling.integrator_contract import iso
from signaling.plan import KEYS, Plan, PlanProblem, PromptId, StepId, problems_of, simple_plan
from signaling.ports import Clock, Number, NumberStore
from signaling.texts import TextKind
from signaling.trial import Caller, FreeAgent, LengthOf, MomentKind, Press, Tried, Walk, sounds_of_a_trial, try_plan
from store.api_keys import Scope
from store.departments import SqlDepartmentStore
from store.number_plans import ChangedMeanwhile, Document, SqlNumberPlans, Writing
from store.people import SqlPeopleStore

LOOKS: Final = Access(Scope.NUMBERS_READ, ADMINISTRATORS)
CHANGES: Final = Access(Scope.NUMBERS_WRITE, ADMINISTRATORS)
NUMBER: Final = {"id": "[1-9][0-9]{0,8}"}
PLAN_LIMIT_BYTES: Final = 131_072
MOST_AGENTS: Final = 100
MOST_PRESSES: Final = 100
A_DAY_S: Final = 86_400.0

Seconds = Annotated[float, Field(ge=0, le=A_DAY_S)]
Id = Annotated[int, Field(ge=1, le=999_999_999)]


class Sounds(Protocol):
    """All sounds that a plan may name, and how long they are."""

    async def names(self) -> frozenset[PromptId]: ...

    async def lengths(self, names: frozenset[PromptId], language: str) -> LengthOf: ...


class PlanForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    plan: Annotated[Plan | None, Field(description="null: everybody rings, then the call is missed.")]


class PlanToCheck(Form):
    plan: Plan


class ProblemsAnswer(Answer):
    """Empty: it can be saved."""

    problems: list[Problem]


class PlanAnswer(Answer):
    version: Annotated[int, Field(description="0: nobody has written one.")]
    plan: Plan | None
    usual: Annotated[Plan, Field(description="What the number does without a plan of its own.")]
    readable: Annotated[bool, Field(description="false: a plan is stored, no call can follow it, and `usual` is done.")]
    closed_unheard: Annotated[
        bool,
        Field(description="The hours are told to Meta, which refuses calls outside of them: `closed` is never met."),
    ]
    problems: Annotated[list[Problem], Field(description="What has come to be wrong since it was saved.")]
    changed_at: Time | None
    changed_by: str | None


class KeyForm(Form):
    digit: Annotated[str, Field(min_length=1, max_length=1, pattern=f"^[{KEYS}]$")]
    after_s: Seconds
    step: Annotated[
        StepId | None, Field(description="Counted from when the call comes to it; null: from the call's beginning.")
    ] = None


class CallerForm(Form):
    keys: Annotated[tuple[KeyForm, ...], Field(max_length=MOST_PRESSES)] = ()
    hangs_up_after_s: Seconds | None = None
    heard_lately: Annotated[
        tuple[PromptId, ...],
        Field(max_length=100, description="Sounds that are left out for them (`once_in_min`)."),
    ] = ()
    agent_id: Annotated[Id | None, Field(description="Whom they should reach.")] = None


class FreeAgentForm(Form):
    """Whoever is not named is not free. Who has been free for longer stands first."""

    agent_id: Id
    departments: Annotated[list[Id] | None, Field(max_length=100, description="null: the number's.")] = None
    answers_after_s: Annotated[Seconds | None, Field(description="Of ringing; null: lets it ring.")] = None
    talks_s: Seconds = 60.0


class TrialForm(Form):
    plan: Plan
    at: Annotated[AwareDatetime | None, Field(strict=False, description="When they call; null: now.")] = None
    caller: CallerForm = CallerForm()
    agents: Annotated[tuple[FreeAgentForm, ...], Field(max_length=MOST_AGENTS)] = ()


class TrialLine(Answer):
    at_s: Annotated[float, Field(description="After the customer pressed call.")]
    kind: MomentKind
    step: StepId | None
    prompts: list[PromptId]
    agents: list[int]
    key: str | None
    text: TextKind | None


class TrialAnswer(Answer):
    walk: list[TrialLine]
    outcome: Annotated[str, Field(description="As in the history of calls: answered, missed, abandoned …")]
    ended_by: str | None
    reason: Annotated[str | None, Field(description="Of the step that ended it, if one did.")]
    is_open: bool
    accepted_at_s: Annotated[float | None, Field(description="null: the customer heard nothing but ringing.")]
    ended_at_s: float
    complete: Annotated[bool, Field(description="false: it went on for longer than is looked at.")]


of_number: Final = partial(Operation, path_patterns=NUMBER, tag="numbers")
takes_document: Final = partial(of_number, access=CHANGES, body_limit_bytes=PLAN_LIMIT_BYTES, wrong_shape=wrong_shape)
"""An operation whose body is a plan or hours: long, and refused with every place that is wrong."""


class PlanRoutes:
    """`on_change`: a number's documents are others now."""

    def __init__(
        self,
        plans: SqlNumberPlans,
        numbers: NumberStore,
        departments: SqlDepartmentStore,
        people: SqlPeopleStore,
        sounds: Sounds,
        on_change: Callable[[NumberId], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._plans, self._numbers, self._departments, self._people = plans, numbers, departments, people
        self._sounds, self._on_change, self._clock = sounds, on_change, clock

    def operations(self) -> list[Operation]:
        root = "/numbers/{id}/plan"
        unfit = {422: "The plan cannot be saved; `problems` names every place."}
        return [
            of_number(
                *("getPlan", "GET", root, "What becomes of a customer who calls this number."),
                access=LOOKS,
                answer=PlanAnswer,
                handler=self.plan,
            ),
            takes_document(
                *("writePlan", "PUT", root, "Write the number's plan, whole. Calls that come from now on follow it."),
                body=PlanForm,
                answer=PlanAnswer,
                handler=self.write,
                errors={**unfit, 409: "Somebody else has written since: `changed_by`, `changed_at`, `version`."},
            ),
            takes_document(
                *("checkPlan", "POST", f"{root}/check", "Everything that is wrong with a plan; nothing is saved."),
                body=PlanToCheck,
                answer=ProblemsAnswer,
                handler=self.check,
                errors={422: "It is no plan at all; `problems` names every place."},
            ),
            takes_document(
                *("tryPlan", "POST", f"{root}/try", "Lead a simulated caller through a plan; nothing is saved."),
                body=TrialForm,
                answer=TrialAnswer,
                handler=self.attempt,
                errors=unfit,
            ),
        ]

    async def plan(self, asked: Asked[Nothing, Nothing]) -> PlanAnswer:
        number = await self._number(asked)
        document = await self._plans.plan(number.id)
        if document is None:
            raise not_found()
        return await self._answer(number, document)

    async def write(self, asked: Asked[PlanForm, Nothing]) -> PlanAnswer:
        form, number = asked.body, await self._number(asked)
        if form.plan is not None and (problems := await self._problems(number, form.plan)):
            raise invalid(of_plan(problems))
        writing = Writing(asked.who.actor, self._clock(), form.version)
        try:
            document = await self._plans.write_plan(number.id, form.plan, writing)
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._on_change(number.id)
        return await self._answer(number, document)

    async def check(self, asked: Asked[PlanToCheck, Nothing]) -> ProblemsAnswer:
        number = await self._number(asked)
        return ProblemsAnswer(problems=of_plan(await self._problems(number, asked.body.plan)))

    async def attempt(self, asked: Asked[TrialForm, Nothing]) -> TrialAnswer:
        form, number = asked.body, await self._number(asked)
        if problems := await self._problems(number, form.plan):
            raise invalid(of_plan(problems))
        at = self._clock() if form.at is None else form.at
        tried = Tried(form.plan, number.rules, number.department, number.schedule, at)
        agents = tuple({agent.agent_id: _free(agent) for agent in form.agents}.values())
        lengths = await self._sounds.lengths(sounds_of_a_trial(form.plan), form.plan.language)
        walk = await asyncio.to_thread(try_plan, tried, _caller(form.caller), agents, lengths)
        return _told(walk)

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    async def _problems(self, number: Number, plan: Plan) -> list[PlanProblem]:
        departments = frozenset(department.id for department in await self._departments.all())
        agents = frozenset(user.id for user in await self._people.users() if user.disabled_at is None)
        return problems_of(plan, number.rules.ring_window_s, departments, await self._sounds.names(), agents)

    async def _answer(self, number: Number, document: Document[Plan]) -> PlanAnswer:
        hours, plan = await self._plans.hours(number.id), document.value
        told = hours is not None and hours.told and hours.document.value is not None
        return PlanAnswer(
            version=document.version,
            plan=plan,
            usual=simple_plan(number.rules.ring_window_s, number.rules.sticky_ring_s),
            readable=document.readable,
            closed_unheard=told and plan is not None and plan.closed is not None,
            problems=[] if plan is None else of_plan(await self._problems(number, plan)),
            changed_at=document.changed_at,
            changed_by=document.changed_by,
        )


async def number_of(numbers: NumberStore, who: Asker, path: Mapping[str, str]) -> Number:
    """The number that the address names. Raises ApiError 404, also for one of which the caller may not know."""
    number = await numbers.by_id(NumberId(int(path["id"])))
    if number is None or not who.reach.covers(number.id, number.department):
        raise not_found()
    return number


def changed_meanwhile(meanwhile: ChangedMeanwhile) -> ApiError:
    now = meanwhile.now
    return ApiError(
        409,
        "changed_meanwhile",
        "Somebody else has written since: read again, then decide.",
        changed_by=now.changed_by,
        changed_at=None if now.changed_at is None else iso(now.changed_at),
        version=now.version,
    )


def _caller(form: CallerForm) -> Caller:
    return Caller(
        presses=tuple(Press(key.digit, key.after_s, key.step) for key in form.keys),
        hangs_up_after_s=form.hangs_up_after_s,
        heard_lately=frozenset(form.heard_lately),
        agent=None if form.agent_id is None else AgentId(form.agent_id),
    )


def _free(form: FreeAgentForm) -> FreeAgent:
    departments = None if form.departments is None else frozenset(map(DepartmentId, form.departments))
    return FreeAgent(AgentId(form.agent_id), departments, form.answers_after_s, form.talks_s)


def _told(walk: Walk) -> TrialAnswer:
    lines = [
        TrialLine(
            at_s=moment.at_s,
            kind=moment.kind,
            step=moment.step,
            prompts=list(moment.prompts),
            agents=list(moment.agents),
            key=moment.key,
            text=moment.text,
        )
        for moment in walk.moments
    ]
    return TrialAnswer(
        walk=lines,
        outcome=walk.outcome,
        ended_by=None if walk.ended_by is None else walk.ended_by.value,
        reason=walk.reason,
        is_open=walk.is_open,
        accepted_at_s=walk.accepted_at_s,
        ended_at_s=walk.ended_at_s,
        complete=walk.complete,
    )
