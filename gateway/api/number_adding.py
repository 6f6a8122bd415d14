"""`POST /api/v1/numbers`: a number is added once Meta says that it can be used; `/numbers/check` only asks."""

from typing import Any, Final

from gateway.api.errors import ApiError, Problem, invalid
from gateway.api.number_plans import CHANGES
from gateway.api.number_settings import as_problem
from gateway.api.number_settings_bodies import (
    AddedAnswer,
    AddForm,
    CandidateForm,
    FindingsAnswer,
    findings_told,
)
from gateway.api.operations import Asked, Nothing, Operation
from gateway.number_probe import NumberProbe
from signaling.ids import DepartmentId, PhoneNumberId
from signaling.meta_rules import Limits
from signaling.number_check import Finding, findings_of
from signaling.number_form import NumberForm, problems_of, slug_of
from signaling.ports import Clock, NumberStore
from signaling.private import PhoneNumber, Token
from signaling.readiness import State
from store.departments import SqlDepartmentStore
from store.number_plans import Writing
from store.numbers import NewNumber, SqlNumberStore, international, meta_id
from store.reach import EVERYTHING
from store.refusal import Refusal

UNASKED: Final = Problem(field="token", code="meta_away")


class NumberAddingRoutes:
    def __init__(
        self,
        store: SqlNumberStore,
        numbers: NumberStore,
        departments: SqlDepartmentStore,
        probe: NumberProbe,
        clock: Clock,
    ) -> None:
        self._store, self._numbers, self._departments = store, numbers, departments
        self._probe, self._clock = probe, clock

    def operations(self) -> list[Operation]:
        wrong = {422: "It cannot be added like this; `problems` names every place."}
        return [
            Operation(
                *("checkNewNumber", "POST", "/numbers/check", "Ask Meta whether a number can be added.", CHANGES),
                body=CandidateForm,
                answer=FindingsAnswer,
                handler=self.check,
                errors=wrong,
                tag="numbers",
            ),
            Operation(
                *("addNumber", "POST", "/numbers", "Add a number, after asking Meta.", CHANGES),
                body=AddForm,
                answer=AddedAnswer,
                handler=self.add,
                status=201,
                errors=wrong,
                tag="numbers",
            ),
        ]

    async def check(self, asked: Asked[CandidateForm, Nothing]) -> FindingsAnswer:
        return findings_told(await self._findings(asked))

    async def add(self, asked: Asked[AddForm, Nothing]) -> AddedAnswer:
        form = asked.body
        if asked.who.reach != EVERYTHING:
            raise ApiError(403, "forbidden", "A key that is held to some numbers cannot add others.")
        findings = await self._findings(asked)
        problems = [
            Problem(field=found.field or "", code=f"{found.code}_{found.why}" if found.why else found.code)
            for found in findings
            if found.stops
        ]
        if any(found.code == "token" and found.state is State.UNKNOWN for found in findings) and not form.unchecked:
            problems.append(UNASKED)
        if problems:
            raise invalid(problems)
        new = NewNumber(
            phone_number_id=form.phone_number_id,
            waba_id=form.waba_id,
            phone=form.phone,
            label=form.label,
            department=await self._department(form.department_id),
            inbound_enabled=form.inbound,
            outbound_enabled=form.outbound,
            token=_token(form),
            slug=form.slug.strip(),
        )
        try:
            number = await self._store.add(new, Writing(asked.who.actor, self._clock()))
        except Refusal as refusal:
            raise as_problem(refusal) from None
        await self._numbers.by_id(number.id)
        return AddedAnswer(id=number.id, phone_number_id=number.phone_number_id, label=number.label, slug=number.slug)

    async def _findings(self, asked: Asked[Any, Nothing]) -> list[Finding]:
        """Raises ApiError 422 for what is wrong without asking anybody."""
        form: CandidateForm = asked.body
        problems = [Problem(field=found.field, code=found.code) for found in problems_of(_as_form(form))]
        phone_number_id, waba, phone = "", "", PhoneNumber("")
        try:
            phone_number_id = meta_id("phone number id", form.phone_number_id)
        except Refusal:
            problems.append(Problem(field="phone_number_id", code="wrong"))
        try:
            waba = meta_id("WhatsApp Business Account id", form.waba_id)
        except Refusal:
            problems.append(Problem(field="waba_id", code="wrong"))
        try:
            phone = international(form.phone)
        except Refusal:
            problems.append(Problem(field="phone", code="wrong"))
        if form.department_id is not None and await self._department(form.department_id) is None:
            problems.append(Problem(field="department_id", code="unknown"))
        for known in await self._numbers.all():
            if known.phone_number_id == phone_number_id:
                problems.append(Problem(field="phone_number_id", code="taken"))
            if form.slug.strip() and known.slug == form.slug.strip():
                problems.append(Problem(field="slug", code="taken"))
        if problems:
            raise invalid(problems)
        checked = await self._probe.ask(PhoneNumberId(phone_number_id), waba, phone, Limits(), _token(form))
        return findings_of(checked)

    async def _department(self, department: int | None) -> str | None:
        if department is None:
            return None
        return next((place.name for place in await self._departments.all() if place.id == department), None)


def _token(form: CandidateForm) -> Token | None:
    return None if form.token is None else Token(form.token.strip())


def _as_form(form: CandidateForm) -> NumberForm:
    department = None if form.department_id is None else DepartmentId(form.department_id)
    slug = form.slug.strip() or slug_of(form.label)
    return NumberForm(label=form.label.strip(), slug=slug, department=department, inbound=True, outbound=False)
