"""`/api/v1/numbers/{id}/balance`: what a number's account holds, told by whoever bills it, and what may be done below a
floor."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from gateway.api.errors import Problem, invalid
from gateway.api.number_plans import CHANGES, LOOKS, changed_meanwhile, number_of, of_number
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.balance_guard import (
    FRESH,
    Balance,
    BalanceGuard,
    Standing,
    is_amount,
    is_currency,
    problems_of,
    standing_of,
)
from signaling.integrator_contract import Moment
from signaling.ports import Clock, Number, NumberStore
from store.balance_guards import SqlBalanceGuards, StoredBalance
from store.number_plans import ChangedMeanwhile, Writing

Amount = Annotated[str, Field(max_length=40, description="An exact decimal, as text: `9.995`.")]


class BalanceForm(Form):
    amount: Amount
    currency: Annotated[str, Field(max_length=8, description="ISO 4217.")]


class BalanceGuardForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    enabled: bool
    floor: Amount
    hard: Annotated[bool, Field(description="Refuse new calls below the floor; calls that are up go on.")]
    inbound: bool
    outbound: bool


class BalanceAnswer(Answer):
    version: int
    changed_at: Moment | None
    changed_by: str | None
    enabled: bool
    floor: str
    hard: bool
    inbound: bool
    outbound: bool
    standing: Standing
    amount: Annotated[str | None, Field(description="As it was told, digit by digit; null: never.")]
    currency: str | None
    told_at: Moment | None
    told_by: str | None
    known_until: Annotated[Moment | None, Field(description="Without news until then it is not known any more.")]


class BalanceGuardRoutes:
    def __init__(self, store: SqlBalanceGuards, numbers: NumberStore, clock: Clock) -> None:
        self._store, self._numbers, self._clock = store, numbers, clock

    def operations(self) -> list[Operation]:
        path = "/numbers/{id}/balance"
        wrong = {422: "It cannot be like this; `problems` names every place."}
        return [
            of_number(
                *("getBalance", "GET", path, "What the number's account holds, and its floor."),
                access=LOOKS,
                answer=BalanceAnswer,
                handler=self.read,
            ),
            of_number(
                *("tellBalance", "PUT", path, "Tell what the number's account holds."),
                access=CHANGES,
                body=BalanceForm,
                answer=BalanceAnswer,
                handler=self.tell,
                errors=wrong,
            ),
            of_number(
                *("writeBalanceGuard", "PUT", f"{path}/guard", "Say what may be done below a floor."),
                access=CHANGES,
                body=BalanceGuardForm,
                answer=BalanceAnswer,
                handler=self.write,
                errors={**wrong, 409: "Somebody else has written since: `changed_by`, `changed_at`, `version`."},
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> BalanceAnswer:
        return self._told(await self._store.of((await self._number(asked)).id))

    async def tell(self, asked: Asked[BalanceForm, Nothing]) -> BalanceAnswer:
        number, form = await self._number(asked), asked.body
        problems = [] if is_amount(form.amount) else [Problem(field="amount", code="bad_amount")]
        problems += [] if is_currency(form.currency) else [Problem(field="currency", code="bad_currency")]
        if problems:
            raise invalid(problems)
        balance = Balance(form.amount, form.currency, self._clock(), asked.who.actor)
        told = self._told(await self._store.tell(number.id, balance))
        await self._numbers.by_id(number.id)  # the wall shows it at once
        return told

    async def write(self, asked: Asked[BalanceGuardForm, Nothing]) -> BalanceAnswer:
        number = await self._number(asked)
        guard = BalanceGuard(**asked.body.model_dump(exclude={"version"}))
        if problems := [Problem(field=field, code=code) for field, code in problems_of(guard)]:
            raise invalid(problems)
        try:
            writing = Writing(asked.who.actor, self._clock(), asked.body.version)
            told = self._told(await self._store.write(number.id, guard, writing))
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._numbers.by_id(number.id)
        return told

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    def _told(self, stored: StoredBalance) -> BalanceAnswer:
        document, balance = stored.document, stored.balance
        return BalanceAnswer(
            version=document.version,
            changed_at=document.changed_at,
            changed_by=document.changed_by,
            **asdict(stored.guard),
            standing=standing_of(stored.guard, balance, self._clock()),
            amount=None if balance is None else balance.amount,
            currency=None if balance is None else balance.currency,
            told_at=None if balance is None else balance.at,
            told_by=stored.told_by,
            known_until=None if balance is None else balance.at + FRESH,
        )
