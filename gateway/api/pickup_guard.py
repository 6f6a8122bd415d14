"""`/api/v1/numbers/{id}/pickup-guard`: what may be done before Meta punishes a number whose calls nobody takes, and
what was done."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from gateway.api.errors import Problem, invalid
from gateway.api.number_plans import CHANGES, LOOKS, changed_meanwhile, number_of, of_number
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.pickup_keeper import PickupKeeper
from signaling.integrator_contract import Moment
from signaling.pickup_guard import Cause, Did, Guard, percent, problems_of
from signaling.ports import Clock, Number, NumberStore
from store.number_plans import ChangedMeanwhile, Writing

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class GuardForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    enabled: bool
    hide_icon: Annotated[bool, Field(description="Hide the call button, and show it again.")]
    shorten_hours: Annotated[bool, Field(description="Close for today at Meta, and open again.")]
    warn_below_percent: Annotated[Count, Field(description="Of the calls that came, those that were accepted.")]
    hide_below_percent: Count
    least_calls: Annotated[Count, Field(description="Fewer say nothing.")]
    look_back_h: Count
    nobody_for_s: Annotated[Count, Field(description="How long nobody can answer before it acts.")]
    back_for_s: Annotated[Count, Field(description="How long somebody can answer before it undoes.")]


class ActTold(Answer):
    at: Moment
    did: Did
    cause: Cause
    able: Annotated[int, Field(description="Agents who could answer then.")]
    offered: int
    picked_up: int


class GuardAnswer(Answer):
    version: Annotated[int, Field(description="0: nobody has written one, and it is off.")]
    changed_at: Moment | None
    changed_by: str | None
    enabled: bool
    hide_icon: bool
    shorten_hours: bool
    warn_below_percent: int
    hide_below_percent: int
    least_calls: int
    look_back_h: int
    nobody_for_s: int
    back_for_s: int
    able: Annotated[int, Field(description="Agents who could answer now.")]
    offered: Annotated[int, Field(description="Calls of customers in the time that is looked at.")]
    picked_up: Annotated[int, Field(description="Those that were accepted, by whom or what ever.")]
    percent: float | None
    is_open: bool
    can_shorten: Annotated[bool, Field(description="The number has hours that are told to Meta.")]
    acting: Annotated[Cause | None, Field(description="Why something is hidden or closed now.")]
    icon_hidden: bool
    closed_today: bool
    acts: Annotated[list[ActTold], Field(description="Newest first; the audit has all.")]


class PickupGuardRoutes:
    def __init__(self, keeper: PickupKeeper, numbers: NumberStore, clock: Clock) -> None:
        self._keeper, self._numbers, self._clock = keeper, numbers, clock

    def operations(self) -> list[Operation]:
        path = "/numbers/{id}/pickup-guard"
        return [
            of_number(
                *("getPickupGuard", "GET", path, "What keeps Meta from punishing the number, and what it did."),
                access=LOOKS,
                answer=GuardAnswer,
                handler=self.read,
            ),
            of_number(
                *("writePickupGuard", "PUT", path, "Say what may be done when calls are not picked up."),
                access=CHANGES,
                body=GuardForm,
                answer=GuardAnswer,
                handler=self.write,
                errors={
                    409: "Somebody else has written since: `changed_by`, `changed_at`, `version`.",
                    422: "It cannot be like this; `problems` names every place.",
                },
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> GuardAnswer:
        return await self._answer(await self._number(asked))

    async def write(self, asked: Asked[GuardForm, Nothing]) -> GuardAnswer:
        number = await self._number(asked)
        guard = Guard(**asked.body.model_dump(exclude={"version"}))
        if problems := [Problem(field=field, code=code) for field, code in problems_of(guard)]:
            raise invalid(problems)
        writing = Writing(asked.who.actor, self._clock(), asked.body.version)
        try:
            await self._keeper.guards.write(number.id, guard, writing)
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._keeper.look(number.id)
        return await self._answer(number)

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    async def _answer(self, number: Number) -> GuardAnswer:
        stored = await self._keeper.guards.of(number.id)
        seen = await self._keeper.seen(number, stored.guard)
        document, kept = stored.document, stored.kept
        return GuardAnswer(
            version=document.version,
            changed_at=document.changed_at,
            changed_by=document.changed_by,
            **asdict(stored.guard),
            able=seen.able,
            offered=seen.offered,
            picked_up=seen.picked_up,
            percent=percent(seen.picked_up, seen.offered),
            is_open=seen.is_open,
            can_shorten=seen.now_here is not None or kept.closed is not None,
            acting=kept.acting,
            icon_hidden=kept.icon == "hidden",
            closed_today=kept.closed is not None,
            acts=[ActTold(**asdict(act)) for act in reversed(kept.acts)],
        )
