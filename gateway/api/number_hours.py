"""`/api/v1/numbers/{id}/schedule`: when a number takes calls, and what Meta has of it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from gateway.api.errors import Problem, invalid, not_found
from gateway.api.number_plans import (
    CHANGES,
    LOOKS,
    ProblemsAnswer,
    changed_meanwhile,
    number_of,
    of_number,
    takes_document,
)
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.plan_problems import of_schedule
from gateway.hours_keeper import HoursKeeper
from signaling.hours_at_meta import HoursState
from signaling.integrator_contract import Moment
from signaling.meta.call_hours import limits_of_meta
from signaling.ports import Clock, Number, NumberStore
from signaling.schedule import Schedule, ScheduleProblem, is_open, next_opening, problems_of
from store.audit import Entry, SqlAudit
from store.number_plans import ChangedMeanwhile, Hours, SqlNumberPlans, Writing
from store.numbers import SqlNumberStore


class ScheduleForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    schedule: Annotated[Schedule | None, Field(description="null: open at all hours.")]
    tell_meta: Annotated[
        bool,
        Field(
            description="Meta then refuses calls outside the hours, and shows customers when it opens. false: such "
            "calls come to us, and are led to the plan's `closed` step."
        ),
    ] = True


class ScheduleToCheck(Form):
    schedule: Schedule
    tell_meta: bool = True


class HoursDifference(Answer):
    place: str
    ours: str
    metas: str


class AtMeta(Answer):
    state: HoursState
    at: Moment
    differences: list[HoursDifference]
    failure: Annotated[str | None, Field(description="Why Meta could not be asked or told; it is tried again.")]


class ScheduleAnswer(Answer):
    version: Annotated[int, Field(description="0: nobody has written one.")]
    schedule: Schedule | None
    readable: Annotated[bool, Field(description="false: hours are stored, none can be read, and it is always open.")]
    tell_meta: bool
    at_meta: Annotated[AtMeta | None, Field(description="As last seen; null: never looked at.")]
    is_open: Annotated[bool, Field(description="Now.")]
    next_opening: Moment | None
    changed_at: Moment | None
    changed_by: str | None


class InboundForm(Form):
    enabled: Annotated[bool, Field(description="false: calls of customers are rejected at once.")]


class InboundAnswer(Answer):
    enabled: bool


class HoursRoutes:
    def __init__(
        self,
        plans: SqlNumberPlans,
        numbers: NumberStore,
        store: SqlNumberStore,
        audit: SqlAudit,
        keeper: HoursKeeper,
        clock: Clock,
    ) -> None:
        self._plans, self._numbers, self._store, self._audit = plans, numbers, store, audit
        self._keeper, self._clock = keeper, clock

    def operations(self) -> list[Operation]:
        root = "/numbers/{id}/schedule"
        return [
            of_number(
                *("getSchedule", "GET", root, "When the number takes calls, and what Meta has of it."),
                access=LOOKS,
                answer=ScheduleAnswer,
                handler=self.schedule,
            ),
            takes_document(
                *("writeSchedule", "PUT", root, "Write the number's hours, whole, and tell Meta."),
                body=ScheduleForm,
                answer=ScheduleAnswer,
                handler=self.write,
                errors={
                    409: "Somebody else has written since: `changed_by`, `changed_at`, `version`.",
                    422: "The hours cannot be kept; `problems` names every place.",
                },
            ),
            takes_document(
                *("checkSchedule", "POST", f"{root}/check", "Everything that is wrong with hours; nothing is saved."),
                body=ScheduleToCheck,
                answer=ProblemsAnswer,
                handler=self.check,
                errors={422: "These are no hours at all; `problems` names every place."},
            ),
            of_number(
                *("syncSchedule", "POST", f"{root}/sync", "Tell Meta our hours again, and compare."),
                access=CHANGES,
                answer=ScheduleAnswer,
                handler=self.sync,
            ),
            takes_document(
                *("switchInbound", "PUT", "/numbers/{id}/inbound", "Whether the number takes calls of customers."),
                body=InboundForm,
                answer=InboundAnswer,
                handler=self.switch,
            ),
        ]

    async def schedule(self, asked: Asked[Nothing, Nothing]) -> ScheduleAnswer:
        return await self._answer(await self._number(asked))

    async def write(self, asked: Asked[ScheduleForm, Nothing]) -> ScheduleAnswer:
        form, number, now = asked.body, await self._number(asked), self._clock()
        if form.schedule is not None and (problems := self._problems(form.schedule, form.tell_meta)):
            raise invalid(problems)
        try:
            writing = Writing(asked.who.actor, now, form.version)
            await self._plans.write_hours(number.id, form.schedule, form.tell_meta, writing)
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._keeper.written(number.id)
        return await self._answer(number)

    async def check(self, asked: Asked[ScheduleToCheck, Nothing]) -> ProblemsAnswer:
        await self._number(asked)
        return ProblemsAnswer(problems=self._problems(asked.body.schedule, asked.body.tell_meta))

    async def sync(self, asked: Asked[Nothing, Nothing]) -> ScheduleAnswer:
        number = await self._number(asked)
        await self._keeper.tell_again(number.id)
        return await self._answer(number)

    async def switch(self, asked: Asked[InboundForm, Nothing]) -> InboundAnswer:
        number, enabled = await self._number(asked), asked.body.enabled
        await self._store.set_inbound(number.phone_number_id, enabled)
        what = {"enabled": enabled}
        await self._audit.append(
            Entry(self._clock(), asked.who.actor, "number.inbound_switched", f"number:{number.id}", what)
        )
        await self._numbers.by_id(number.id)  # what this process remembers of it
        return InboundAnswer(enabled=enabled)

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    def _problems(self, schedule: Schedule, tell_meta: bool) -> list[Problem]:
        return of_schedule(all_problems(schedule, self._clock(), tell_meta=tell_meta))

    async def _answer(self, number: Number) -> ScheduleAnswer:
        hours = await self._plans.hours(number.id)
        if hours is None:
            raise not_found()
        return _told(hours, self._clock())


def all_problems(schedule: Schedule, now: datetime, *, tell_meta: bool) -> list[ScheduleProblem]:
    """What keeps these hours from being kept, and, if Meta is to be told, what Meta would not take."""
    return problems_of(schedule) or (limits_of_meta(schedule, now) if tell_meta else [])


def _told(hours: Hours, now: datetime) -> ScheduleAnswer:
    document, at_meta = hours.document, hours.at_meta
    schedule = document.value if document.value is not None and not problems_of(document.value) else None
    return ScheduleAnswer(
        version=document.version,
        schedule=document.value,
        readable=document.readable and schedule == document.value,
        tell_meta=hours.told,
        at_meta=None
        if at_meta is None
        else AtMeta(
            state=at_meta.state,
            at=at_meta.at,
            differences=[
                HoursDifference(place=found.place, ours=found.ours, metas=found.metas) for found in at_meta.differences
            ],
            failure=at_meta.failure,
        ),
        is_open=schedule is None or is_open(schedule, now),
        next_opening=None if schedule is None else next_opening(schedule, now),
        changed_at=document.changed_at,
        changed_by=document.changed_by,
    )
