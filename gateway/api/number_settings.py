"""`/api/v1/numbers/{id}/settings`: a number as a whole, what Meta has of it, its token, and its end."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from gateway.api.errors import ApiError, Problem, invalid, not_found, refused
from gateway.api.number_alerts import AlertTold, alerts_told
from gateway.api.number_plans import CHANGES, LOOKS, changed_meanwhile, number_of, of_number
from gateway.api.number_settings_bodies import (
    FindingsAnswer,
    ReachTold,
    SettingsAnswer,
    SettingsForm,
    TemplateTold,
    TokenForm,
    WarningTold,
    findings_told,
    form_of,
    limits_told,
    live_told,
    mirror_told,
    operators_told,
    rules_told,
    wanted_told,
)
from gateway.api.operations import Asked, Nothing, Operation
from gateway.number_probe import NumberProbe
from gateway.settings_keeper import SettingsKeeper
from signaling.eligibility import country_of
from signaling.errors import NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.refusals import meta_code_of, refused_by_meta
from signaling.number_check import Finding, findings_of
from signaling.number_facts import MetaFacts
from signaling.number_form import NumberForm, problems_of
from signaling.number_standing import OpenAlert
from signaling.ports import Clock, Number, NumberStore
from signaling.private import Token
from signaling.readiness import PeopleFacts
from store.number_plans import ChangedMeanwhile, Writing
from store.number_settings import InUse, SqlNumberSettings, StoredSettings
from store.number_warnings import SqlNumberWarnings
from store.refusal import Refusal, Why

COEXISTENCE: Final = Problem(field="at_meta.calling", code="coexistence")

CODES: Final = {Why.EXISTS: "taken", Why.UNKNOWN: "unknown", Why.INVALID: "wrong"}
FIELDS: Final = {
    "slug": "slug",
    "department": "department_id",
    "phone": "phone",
    "label": "label",
    "token": "token",
    "phone number id": "phone_number_id",
    "WhatsApp Business Account id": "waba_id",
}


class Book(NumberStore, Protocol):
    """`gateway.number_book.NumberBook`."""

    def forget(self, number: NumberId) -> None: ...


class Subscriber(Protocol):
    """`signaling.meta.graph_api.GraphApi`."""

    async def subscribe_app(self, via: PhoneNumberId, waba: str) -> None: ...


class NumberSettingsRoutes:
    """`people_of`: who may work with a number; `alerts_of`: what is open of it. Both may raise NeighbourError."""

    def __init__(
        self,
        store: SqlNumberSettings,
        warnings: SqlNumberWarnings,
        numbers: Book,
        meta: MetaFacts,
        keeper: SettingsKeeper,
        probe: NumberProbe,
        subscriber: Subscriber,
        people_of: Callable[[Number], Awaitable[PeopleFacts]],
        alerts_of: Callable[[Number], Awaitable[list[OpenAlert]]],
        clock: Clock,
    ) -> None:
        self._store, self._warnings, self._numbers, self._meta = store, warnings, numbers, meta
        self._keeper, self._probe, self._subscriber = keeper, probe, subscriber
        self._people_of, self._alerts_of, self._clock = people_of, alerts_of, clock

    def operations(self) -> list[Operation]:
        root = "/numbers/{id}"
        wrong = {422: "It cannot be like this; `problems` names every place."}
        return [
            of_number(
                *("getNumberSettings", "GET", f"{root}/settings", "A number as a whole, and what Meta has of it."),
                access=LOOKS,
                answer=SettingsAnswer,
                handler=self.read,
            ),
            of_number(
                *("writeNumberSettings", "PUT", f"{root}/settings", "Write a number's settings, whole, and tell Meta."),
                access=CHANGES,
                body=SettingsForm,
                answer=SettingsAnswer,
                handler=self.write,
                errors={**wrong, 409: "Somebody else has written since: `changed_by`, `changed_at`, `version`."},
            ),
            of_number(
                *("syncNumberSettings", "POST", f"{root}/settings/sync", "Tell Meta our settings again, and compare."),
                access=CHANGES,
                answer=SettingsAnswer,
                handler=self.sync,
            ),
            of_number(
                *("checkNumber", "POST", f"{root}/check", "Ask Meta whether token, account and webhook are right."),
                access=CHANGES,
                answer=FindingsAnswer,
                handler=self.check,
            ),
            of_number(
                *("subscribeNumber", "POST", f"{root}/subscribe", "Have Meta send the account's webhooks to this app."),
                access=CHANGES,
                answer=FindingsAnswer,
                handler=self.subscribe,
                errors={409: "Meta refuses: `meta_code` says why."},
            ),
            of_number(
                *("writeNumberToken", "PUT", f"{root}/token", "Give the number a token that Meta takes."),
                access=CHANGES,
                body=TokenForm,
                answer=FindingsAnswer,
                handler=self.write_token,
                errors=wrong,
            ),
            of_number(
                *("disableNumber", "POST", f"{root}/disable", "No call comes in or goes out any more; those up go on."),
                access=CHANGES,
                answer=SettingsAnswer,
                handler=self.disable,
            ),
            of_number(
                *("enableNumber", "POST", f"{root}/enable", "As it was before it was disabled."),
                access=CHANGES,
                answer=SettingsAnswer,
                handler=self.enable,
            ),
            of_number(
                *("removeNumber", "DELETE", root, "Remove a number that never had a call or a customer."),
                access=CHANGES,
                answer=None,
                status=204,
                handler=self.remove,
                errors={409: "Calls or customers name it: it can be disabled."},
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> SettingsAnswer:
        return await self._answer(await self._number(asked))

    async def write(self, asked: Asked[SettingsForm, Nothing]) -> SettingsAnswer:
        number = await self._number(asked)
        form, unreadable = form_of(asked.body)
        problems = [Problem(field=field, code=code) for field, code in unreadable]
        problems += [Problem(field=found.field, code=found.code) for found in problems_of(form)]
        problems += await self._coexistence(number, form)
        if problems:
            raise invalid(problems)
        try:
            await self._store.write(number.id, form, self._writing(asked, asked.body.version))
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        except Refusal as refusal:
            raise as_problem(refusal) from None
        await self._numbers.by_id(number.id)
        await self._keeper.written(number.id)
        return await self._answer(number)

    async def sync(self, asked: Asked[Nothing, Nothing]) -> SettingsAnswer:
        number = await self._number(asked)
        await self._keeper.tell_again(number.id)
        return await self._answer(number)

    async def check(self, asked: Asked[Nothing, Nothing]) -> FindingsAnswer:
        number = await self._number(asked)
        await self._meta.refresh(number.phone_number_id)
        return findings_told(await self._findings(number, number.token))

    async def subscribe(self, asked: Asked[Nothing, Nothing]) -> FindingsAnswer:
        number = await self._number(asked)
        try:
            await self._subscriber.subscribe_app(number.phone_number_id, number.waba_id)
        except NeighbourError as error:
            if meta_code_of(error.failure) is None:
                raise
            raise refused(refused_by_meta(error.failure, self._clock()), self._clock()) from None
        return findings_told(await self._findings(number, number.token))

    async def write_token(self, asked: Asked[TokenForm, Nothing]) -> FindingsAnswer:
        """A token that Meta refuses is not kept: the one that is there may still work."""
        number = await self._number(asked)
        token = None if asked.body.token is None else Token(asked.body.token.strip())
        findings = await self._findings(number, token)
        stopping = [found for found in findings if found.stops and found.code in ("token", "number", "account")]
        if stopping and token is not None:
            raise invalid([Problem(field="token", code=f"{found.code}_{found.why}") for found in stopping])
        try:
            await self._store.set_token(number.id, token, self._writing(asked))
        except Refusal as refusal:
            raise as_problem(refusal) from None
        self._meta.forget(number.phone_number_id)
        await self._numbers.by_id(number.id)
        return findings_told(findings)

    async def disable(self, asked: Asked[Nothing, Nothing]) -> SettingsAnswer:
        return await self._set_disabled(asked, disabled=True)

    async def enable(self, asked: Asked[Nothing, Nothing]) -> SettingsAnswer:
        return await self._set_disabled(asked, disabled=False)

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        number = await self._number(asked)
        try:
            await self._store.remove(number.id, self._writing(asked))
        except InUse as use:
            raise ApiError(409, "in_use", "It can be disabled.", used_by=list(use.tables)) from None
        self._meta.forget(number.phone_number_id)
        self._numbers.forget(number.id)

    async def _set_disabled(self, asked: Asked[Nothing, Nothing], *, disabled: bool) -> SettingsAnswer:
        number = await self._number(asked)
        await self._store.set_disabled(number.id, disabled, self._writing(asked))
        await self._numbers.by_id(number.id)
        return await self._answer(number)

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    def _writing(self, asked: Asked[Any, Any], seen: int | None = None) -> Writing:
        return Writing(asked.who.actor, self._clock(), seen)

    async def _findings(self, number: Number, token: Token | None) -> list[Finding]:
        checked = await self._probe.ask(number.phone_number_id, number.waba_id, number.phone, number.limits, token)
        return findings_of(checked)

    async def _coexistence(self, number: Number, form: NumberForm) -> list[Problem]:
        """Calls of a number that is also in the WhatsApp Business app stay there (reference 4.8)."""
        if form.wanted.calling is not True:
            return []
        facts = await self._meta.of(number)
        return [COEXISTENCE] if facts.coexistence is True else []

    async def _answer(self, number: Number) -> SettingsAnswer:
        await self._meta.of(number)  # asks Meta, if nobody has for some minutes
        stored = await self._store.of(number.id)
        known = await self._numbers.by_id(number.id)
        if stored is None or known is None:
            raise not_found()
        alerts = alerts_told(await self._alerts_of(known))
        return self._told(known, stored, await self._warned(known), await self._reach(known), alerts)

    async def _warned(self, number: Number) -> list[WarningTold]:
        found = await self._warnings.newest(number.id)
        return [WarningTold(at=each.at, kind=each.kind, type=each.type, until=each.until) for each in found]

    async def _reach(self, number: Number) -> ReachTold | None:
        try:
            people = await self._people_of(number)
        except NeighbourError:
            return None
        return ReachTold(take=people.take, call=people.call, free=people.free)

    def _told(
        self,
        number: Number,
        stored: StoredSettings,
        warnings: list[WarningTold],
        people: ReachTold | None,
        alerts: list[AlertTold],
    ) -> SettingsAnswer:
        form, document, template = stored.form, stored.document, stored.form.template
        looked = self._meta.looked(number.phone_number_id)
        return SettingsAnswer(
            id=number.id,
            version=document.version,
            changed_at=document.changed_at,
            changed_by=document.changed_by,
            phone_number_id=number.phone_number_id,
            waba_id=number.waba_id,
            phone=number.phone.value,
            country=country_of(number.phone),
            disabled_at=stored.disabled_at,
            own_token=number.token is not None,
            label=form.label,
            slug=form.slug,
            department_id=form.department,
            operators=operators_told(form.operators),
            inbound=form.inbound,
            outbound=form.outbound,
            limits=limits_told(form.limits),
            rules=rules_told(form.rules),
            template=None if template is None else TemplateTold(name=template.name, language=template.language),
            wanted=wanted_told(form.wanted),
            at_meta=mirror_told(stored.wanted_now, stored.at_meta, looked),
            live=live_told(looked),
            warnings=warnings,
            alerts=alerts,
            people=people,
        )


def as_problem(refusal: Refusal) -> ApiError:
    """What the store would not take, beside its field."""
    field = FIELDS.get(refusal.field, refusal.field)
    return invalid([Problem(field=field, code=CODES[refusal.why])])
