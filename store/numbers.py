"""A `signaling.ports.NumberStore` in SQL, and what an administrator does with numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import phonenumbers
import structlog
from sqlmodel import Session, col, select

from signaling.call import SETTABLE_RULES, Rules, inside_metas_window
from signaling.ids import DepartmentId, NumberId, PhoneNumberId
from signaling.meta_rules import META_RULES, Limits, Value
from signaling.plan import Plan, can_be_walked
from signaling.ports import Number, Template
from signaling.private import PhoneNumber, Token
from signaling.recording_policy import PolicyRule
from signaling.schedule import Schedule
from signaling.schedule import problems_of as problems_of_schedule
from store.audit import Entry, write
from store.balance_guards import balance_of
from store.columns import Unreadable
from store.database import Database
from store.departments import department_named
from store.models import DepartmentRow, NumberRow
from store.number_models import BalanceGuardRow, PickupGuardRow
from store.number_plans import Writing
from store.number_settings import free_slug, seal
from store.operators import operators_of
from store.permission_templates import asking_of, at_meta_of, choose_anew, usual_template_of
from store.pickup_guards import guard_of, kept_of
from store.refusal import Refusal, Why, plain_name
from store.secrets import SecretBox

log = structlog.get_logger(__name__)

_META_ID: Final = re.compile(r"[0-9]{1,32}", re.ASCII)
_TEMPLATE: Final = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
SETTINGS_WRITTEN: Final = "number.settings_written"

Told = dict[str, str | int | float | bool | None]
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewNumber:
    """A number as an administrator gives it, not yet checked."""

    phone_number_id: str
    waba_id: str
    phone: str  # international, in any spelling: +55 11 5555-0101
    label: str
    department: str | None = None  # the department's name
    inbound_enabled: bool = True
    outbound_enabled: bool = False
    token: Token | None = None
    rules: Rules = Rules()
    limits: Limits = Limits()
    slug: str = ""  # "": made of the label


@dataclass(frozen=True)
class SqlNumberStore:
    """Every method may raise NeighbourError; those that change something raise Refusal for what cannot be."""

    database: Database
    secrets: SecretBox
    _warned: set[tuple[int, str, int]] = field(default_factory=set)  # number, what of it, version

    async def by_phone_number_id(self, phone_number_id: PhoneNumberId) -> Number | None:
        query = select(NumberRow).where(NumberRow.phone_number_id == phone_number_id)
        return await self.database.read(lambda session: self._read(session, session.exec(query).one_or_none()))

    async def by_id(self, number: NumberId) -> Number | None:
        return await self.database.read(lambda session: self._read(session, session.get(NumberRow, number)))

    async def all(self) -> list[Number]:
        """In the order in which they were added."""

        def work(session: Session) -> list[Number]:
            rows = session.exec(select(NumberRow).order_by(col(NumberRow.id))).all()
            return [number for row in rows if (number := self._read(session, row)) is not None]

        return await self.database.read(work)

    async def add(self, new: NewNumber, writing: Writing | None = None) -> Number:
        """`writing`: who adds it, for the audit."""
        phone_number_id = meta_id("phone number id", new.phone_number_id)
        columns: dict[str, Any] = {
            "phone_number_id": phone_number_id,
            "waba_id": meta_id("WhatsApp Business Account id", new.waba_id),
            "phone": international(new.phone),
            "label": plain_name("label", new.label),
            "inbound_enabled": new.inbound_enabled,
            "outbound_enabled": new.outbound_enabled,
            "token_encrypted": None if new.token is None else seal(self.secrets, new.token, phone_number_id),
            "rules": new.rules,
            "limits": new.limits,
        }

        def work(session: Session) -> Number:
            if session.exec(select(NumberRow).where(NumberRow.phone_number_id == phone_number_id)).one_or_none():
                raise Refusal(Why.EXISTS, "phone number id", "This phone number id is in the store already.")
            department = None if new.department is None else department_named(session, new.department).id
            row = NumberRow(**columns, department_id=department, slug=free_slug(session, new.slug, new.label))
            session.add(row)
            session.flush()
            number = self._read(session, row)
            assert number is not None
            if writing is not None:
                what = {"slug": row.slug, "label": row.label}
                write(session, Entry(writing.at, writing.actor, "number.added", f"number:{row.id}", what))
            return number

        return await self.database.run(work, races=True)

    # Of what follows, `writing` says who does it, for the audit; None: nobody does (a demo, a load test).

    async def set_token(self, phone_number_id: str, token: Token | None, writing: Writing | None = None) -> Number:
        """The number's own token; None: RAMAL_META_TOKEN from now on."""
        sealed = None if token is None else seal(self.secrets, token, phone_number_id)
        told: Told = {"own": token is not None}
        change = partial(_put, "token_encrypted", sealed)
        return await self._change(phone_number_id, change, writing, told, "number.token_written")

    async def set_limit(
        self, phone_number_id: str, rule: str, value: str | None, writing: Writing | None = None
    ) -> Number:
        """What Meta allows this number by `rule` (a name of `META_RULES`); None: Meta's default again."""
        limit: dict[str, Any] = {rule: read_limit(rule, value)}
        told: Told = {"changed": "limits", "rule": rule, "value": _plain(limit[rule])}
        return await self._change(
            phone_number_id, lambda row: setattr(row, "limits", replace(row.limits, **limit)), writing, told
        )

    async def set_rule(
        self, phone_number_id: str, rule: str, value: str | None, writing: Writing | None = None
    ) -> Number:
        """One of `SETTABLE_RULES`, in seconds; None: the default again."""
        seconds: dict[str, Any] = {rule: _seconds(rule, value)}
        told: Told = {"changed": "rules", "rule": rule, "value": seconds[rule]}
        return await self._change(
            phone_number_id, lambda row: setattr(row, "rules", replace(row.rules, **seconds)), writing, told
        )

    async def set_outbound(self, phone_number_id: str, enabled: bool, writing: Writing | None = None) -> Number:
        """Whether agents may call customers from this number."""
        told: Told = {"changed": "outbound", "value": enabled}
        return await self._change(phone_number_id, partial(_put, "outbound_enabled", enabled), writing, told)

    async def set_inbound(self, phone_number_id: str, enabled: bool, writing: Writing | None = None) -> Number:
        """Whether the number takes calls of customers; those that come while it does not are rejected at once."""
        told: Told = {"changed": "inbound", "value": enabled}
        return await self._change(phone_number_id, partial(_put, "inbound_enabled", enabled), writing, told)

    async def set_permission_template(
        self, phone_number_id: str, template: Template | None, writing: Writing | None = None
    ) -> Number:
        """The approved template that asks for permission outside the service window; None: there is none."""
        named = template is None or _TEMPLATE.fullmatch(template.name) is not None
        spoken = template is None or _LANGUAGE.fullmatch(template.language) is not None
        if not named or not spoken:
            raise Refusal(Why.INVALID, "template", "A template has a name like ask_to_call and a language like pt_BR.")

        told: Told = {"changed": "template", "value": None if template is None else template.name}
        return await self._change(phone_number_id, lambda row: choose_anew(row, template), writing, told)

    async def reencrypt_tokens(self) -> int:
        """Bring tokens under the newest key, so that the older ones can go; how many were changed."""

        def work(session: Session) -> int:
            changed = 0
            for row in session.exec(select(NumberRow).where(col(NumberRow.token_encrypted).is_not(None))):
                if row.token_encrypted is not None and not self.secrets.is_newest(row.token_encrypted):
                    token = self.secrets.decrypt(row.token_encrypted, row.phone_number_id)
                    row.token_encrypted = self.secrets.encrypt(token, row.phone_number_id)
                    changed += 1
            return changed

        return await self.database.run(work)

    async def _change(
        self,
        phone_number_id: str,
        change: Callable[[NumberRow], None],
        writing: Writing | None,
        told: Told,
        action: str = SETTINGS_WRITTEN,
    ) -> Number:
        def work(session: Session) -> Number:
            row = session.exec(select(NumberRow).where(NumberRow.phone_number_id == phone_number_id)).one_or_none()
            if row is None:
                raise Refusal(Why.UNKNOWN, "phone number id", "There is no number with this phone number id.")
            change(row)
            row.settings_version += 1  # who has the page open is told
            if writing is not None:
                row.settings_changed_at, row.settings_changed_by = writing.at, writing.actor
                what = {"version": row.settings_version, **told}
                write(session, Entry(writing.at, writing.actor, action, f"number:{row.id}", what))
            number = self._read(session, row)
            assert number is not None
            return number

        return await self.database.run(work, races=True)

    def _read(self, session: Session, row: NumberRow | None) -> Number | None:
        if row is None:
            return None
        assert row.id is not None
        department = None if row.department_id is None else session.get_one(DepartmentRow, row.department_id)
        sealed = row.token_encrypted
        guard, balance = balance_of(session.get(BalanceGuardRow, row.id))
        pickup = session.get(PickupGuardRow, row.id)
        return Number(
            id=NumberId(row.id),
            phone_number_id=PhoneNumberId(row.phone_number_id),
            waba_id=row.waba_id,
            phone=row.phone,
            label=row.label,
            department=None if row.department_id is None else DepartmentId(row.department_id),
            department_name=None if department is None else department.name,
            inbound_enabled=row.inbound_enabled and row.disabled_at is None,
            token=None if sealed is None else self.secrets.decrypt(sealed, row.phone_number_id),
            rules=inside_metas_window(row.rules),
            limits=row.limits,
            outbound_enabled=row.outbound_enabled and row.disabled_at is None,
            slug=row.slug,
            is_disabled=row.disabled_at is not None,
            balance_guard=guard,
            balance=balance,
            operators=operators_of(session, row.id),
            department_may_call=department is None or department.outbound_enabled,
            permission_template=usual_template_of(row),
            pickup_guard=guard_of(pickup),
            pickup_kept=kept_of(pickup),
            asking=asking_of(row),
            templates_at_meta=at_meta_of(row),
            recording=_recording_of(row),
            plan=self._plan_of(row),
            schedule=self._schedule_of(row),
        )

    def _plan_of(self, row: NumberRow) -> Plan | None:
        """None also for a plan that no call can be led through: then everybody rings, and nobody is lost."""
        plan = row.plan
        if plan is None or (not isinstance(plan, Unreadable) and can_be_walked(plan)):
            return plan
        self._warn(row, "plan", row.plan_version)
        return None

    def _schedule_of(self, row: NumberRow) -> Schedule | None:
        schedule = row.schedule
        if schedule is None or (not isinstance(schedule, Unreadable) and not problems_of_schedule(schedule)):
            return schedule
        self._warn(row, "schedule", row.schedule_version)
        return None

    def _warn(self, row: NumberRow, what: str, version: int) -> None:
        if row.id is not None and (row.id, what, version) not in self._warned:
            self._warned.add((row.id, what, version))
            log.warning("number_document_unreadable", number=row.id, what=what, version=version)


def _recording_of(row: NumberRow) -> tuple[PolicyRule, ...]:
    """Nothing is recorded by policies that nobody can read; that is loud, each time."""
    if row.recording is None:
        log.error("recording_policies_unreadable", number=row.id)
    return row.recording or ()


def _put(name: str, value: object, row: NumberRow) -> None:
    setattr(row, name, value)


def _plain(value: Value) -> str | int:
    return value if isinstance(value, int) else ", ".join(value)


def _seconds(rule: str, value: str | None) -> float:
    if rule not in SETTABLE_RULES:
        raise Refusal(Why.UNKNOWN, "rule", f"The rule must be one of {', '.join(SETTABLE_RULES)}.")
    if value is None:
        return float(getattr(Rules(), rule))
    least, most = SETTABLE_RULES[rule]
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= most:
        raise Refusal(Why.INVALID, "rule", f"{rule} must be {least:g} to {most:g} seconds.")
    return seconds


def read_limit(rule: str, value: str | None) -> Value:
    """A value for a rule of Meta's as an administrator types it: a whole number, or countries with commas between
    them. None: the default. Raises Refusal."""
    if rule not in META_RULES:
        raise Refusal(Why.UNKNOWN, "rule", f"There is no such rule. These are: {', '.join(META_RULES)}.")
    default = META_RULES[rule].default
    if value is None:
        return default
    if isinstance(default, tuple):
        countries = tuple(item.strip().upper() for item in value.split(",") if item.strip())
        if not all(_COUNTRY.fullmatch(country) for country in countries):
            raise Refusal(Why.INVALID, rule, "Countries are two letters each, with commas between them: US, CA.")
        return countries
    if _COUNT.fullmatch(value) is None:
        raise Refusal(Why.INVALID, rule, "A limit is a whole number from 0 to 999999999.")
    return int(value)


def meta_id(field: str, text: str) -> str:
    """An id of Meta's: digits. Raises Refusal."""
    text = text.strip()
    if _META_ID.fullmatch(text) is None:
        raise Refusal(Why.INVALID, field, f"The {field} must be the digits that Meta's pages show.")
    return text


def international(text: str) -> PhoneNumber:
    """A number of a known country, as Meta writes it: digits, no plus sign. Raises Refusal."""
    text = text.strip()
    try:
        parsed = phonenumbers.parse(text if text.startswith("+") else f"+{text}")
    except phonenumbers.NumberParseException:
        parsed = None
    # Possible is enough: Meta's own test numbers (+1 555 …) are in no country's plan.
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Refusal(Why.INVALID, "phone", "This is no valid phone number; write it as +55 11 95555-0101.")
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+"))
