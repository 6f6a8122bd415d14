"""`/api/v1/reports`: measures that are sent by e-mail. For administrators who are signed in, and supervisors, who have
their own."""

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from gateway.api.door import LEADERS, Access, Caller
from gateway.api.errors import ApiError, Problem, invalid
from gateway.api.number_plans import Id
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.people import beside_the_field
from signaling.errors import Fault
from signaling.integrator_contract import Moment
from signaling.ports import Clock, Role
from signaling.report_times import LAST_MONTH_DAY, Every, ReportTime
from store.audit import By
from store.measures import By as Grouped
from store.people import LANGUAGES
from store.refusal import Refusal
from store.report_models import SendState, Stopped
from store.reports import Report, ReportForm, SqlReports, Writer

MANAGES: Final = Access(roles=LEADERS)
ONE: Final = {"id": "[1-9][0-9]{0,8}"}
MOST_RECIPIENTS: Final = 20
ADDRESS_LIMIT_CHARS: Final = 254
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
"""As browsers read `<input type=email>` (HTML §4.10.5.1.5), with a domain that has a point."""
Text = Annotated[str, Field(max_length=200)]


class ReportBody(Form):
    """A report, whole. `weekday` (Monday is 0) counts for weekly ones, `month_day` for monthly ones."""

    name: Text
    every: Annotated[Every, Field(strict=False)]
    minute: Annotated[int, Field(ge=0, le=1_439, description="Of the day, in `zone`.")]
    weekday: Annotated[int, Field(ge=0, le=6)] = 0
    month_day: Annotated[int, Field(ge=1, le=LAST_MONTH_DAY)] = 1
    zone: Annotated[Text, Field(description="As in the IANA database.")]
    language: Text
    by: Annotated[Grouped, Field(strict=False)]
    number_id: Annotated[Id | None, Field(description="null: all that its maker sees.")] = None
    department_id: Annotated[Id | None, Field(description="null: all that its maker sees.")] = None
    csv: Annotated[bool, Field(description="The figures come as an attachment, too.")] = False
    held: Annotated[bool, Field(description="Sent when somebody asks, never by itself.")] = False
    recipients: Annotated[list[Text], Field(max_length=100, description="E-mail addresses, at most 20.")]


class SendLine(Answer):
    period: Annotated[str, Field(description="The first day; `n…`: somebody asked for it at once.")]
    since: Moment
    until: Moment
    state: Annotated[SendState, Field(description="unsure: the server may have it; it is not sent again by itself.")]
    attempts: int
    ended_at: Moment | None
    error: Annotated[str | None, Field(description="smtp.550, smtp.timeout, smtp.unreachable …, or why it is stopped.")]
    refused: Annotated[int, Field(description="Recipients that the server would not take.")]


class ReportLine(Answer):
    id: int
    name: str
    every: Every
    minute: int
    weekday: int
    month_day: int
    zone: str
    language: str
    by: Grouped
    number_id: int | None
    department_id: int | None
    recipients: list[str]
    csv: bool
    held: bool
    made_by_id: Annotated[int | None, Field(description="Whose history says what it counts; null: administrators.")]
    made_by: str | None
    stopped: Annotated[
        Stopped | None,
        Field(description="Nothing is sent: its maker is disabled, or neither supervisor nor administrator."),
    ]
    next_at: Moment
    sends: Annotated[list[SendLine], Field(description="The newest ten, the newest first.")]


class ReportsAnswer(Answer):
    reports: list[ReportLine]
    mail: Annotated[bool, Field(description="false: RAMAL_SMTP_HOST or RAMAL_SMTP_FROM is not set; nothing is sent.")]


class ReportRoutes:
    def __init__(self, reports: SqlReports, mail: bool, wake: Callable[[], None], clock: Clock) -> None:
        """`wake` whoever does jobs."""
        self._reports, self._mail, self._wake, self._clock = reports, mail, wake, clock

    def operations(self) -> list[Operation]:
        of_all = partial(Operation, access=MANAGES, tag="reports")
        of_one = partial(Operation, access=MANAGES, tag="reports", path_patterns=ONE)
        wrong = {422: "`problems` names the fields that will not do."}
        return [
            of_all(
                *("listReports", "GET", "/reports", "Measures by e-mail: when, to whom, and what became of them."),
                answer=ReportsAnswer,
                handler=self.all,
            ),
            of_all(
                *("addReport", "POST", "/reports", "Have measures sent."),
                body=ReportBody,
                answer=ReportLine,
                handler=self.add,
                status=201,
                errors=wrong,
            ),
            of_one(
                *("changeReport", "PUT", "/reports/{id}", "Write a report, whole."),
                body=ReportBody,
                answer=ReportLine,
                handler=self.change,
                errors=wrong,
            ),
            of_one(
                *("removeReport", "DELETE", "/reports/{id}", "Send it no more."),
                answer=None,
                handler=self.remove,
                status=204,
            ),
            Operation(
                *("sendReportAgain", "POST", "/reports/{id}/sends/{period}/again", "Send what was given up or unsure."),
                access=MANAGES,
                tag="reports",
                path_patterns={**ONE, "period": "([0-9]{4}-[0-9]{2}-[0-9]{2}|n[0-9]{9})"},
                answer=ReportLine,
                handler=self.again,
                status=202,
            ),
            of_one(
                *("sendReportNow", "POST", "/reports/{id}/send", "Send the newest whole period now."),
                answer=ReportLine,
                handler=self.send,
                status=202,
                errors={409: "No mail server is set (`no_mail`)."},
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> ReportsAnswer:
        found = await self._reports.all(_writer(asked.who))
        return ReportsAnswer(reports=[_line(report) for report in found], mail=self._mail)

    async def add(self, asked: Asked[ReportBody, Nothing]) -> ReportLine:
        return await self._write(None, asked)

    async def change(self, asked: Asked[ReportBody, Nothing]) -> ReportLine:
        return await self._write(int(asked.path["id"]), asked)

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        await self._reports.remove(int(asked.path["id"]), self._by(asked), _writer(asked.who))

    async def again(self, asked: Asked[Nothing, Nothing]) -> ReportLine:
        which, writer = (int(asked.path["id"]), asked.path["period"]), _writer(asked.who)
        report = await self._reports.send_again(*which, self._by(asked), writer)
        self._wake()
        return _line(report)

    async def send(self, asked: Asked[Nothing, Nothing]) -> ReportLine:
        if not self._mail:
            raise ApiError(409, "no_mail", "RAMAL_SMTP_HOST or RAMAL_SMTP_FROM is not set.", fault=Fault.CONFIGURATION)
        report = await self._reports.send_now(int(asked.path["id"]), self._by(asked), _writer(asked.who))
        self._wake()
        return _line(report)

    async def _write(self, report: int | None, asked: Asked[ReportBody, Nothing]) -> ReportLine:
        form = _read(asked.body)
        try:
            return _line(await self._reports.write(report, form, self._by(asked), _writer(asked.who)))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None

    def _by(self, asked: Asked[Any, Any]) -> By:
        return By(asked.who.actor, self._clock())


def _writer(who: Caller) -> Writer:
    """Administrators have every report, supervisors their own."""
    assert who.agent is not None, "no key may"
    return Writer(who.agent.id, who.agent.role is not Role.ADMINISTRATOR, who.reach)


def _read(body: ReportBody) -> ReportForm:
    """Raises ApiError 422."""
    recipients = tuple(dict.fromkeys(each.strip() for each in body.recipients))
    problems = [
        Problem(field=f"recipients.{at}", code="invalid") for at, each in enumerate(recipients) if not _is(each)
    ]
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        problems.append(Problem(field="recipients", code="none" if not recipients else "too_many"))
    zone = _zone(body.zone)
    if zone is None:
        problems.append(Problem(field="zone", code="invalid"))
    if body.language not in LANGUAGES:
        problems.append(Problem(field="language", code="invalid"))
    if problems or zone is None:
        raise invalid(problems)
    when = ReportTime(body.every, body.minute, zone, body.weekday, body.month_day)
    where = (body.number_id, body.department_id)
    return ReportForm(body.name, when, body.language, body.by, recipients, *where, csv=body.csv, held=body.held)


def _is(address: str) -> bool:
    return len(address) <= ADDRESS_LIMIT_CHARS and _ADDRESS.fullmatch(address) is not None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _line(report: Report) -> ReportLine:
    form, when = report.form, report.form.when
    return ReportLine(
        id=report.id,
        name=form.name,
        every=when.every,
        minute=when.minute,
        weekday=when.weekday,
        month_day=when.month_day,
        zone=when.zone.key,
        language=form.language,
        by=form.grouped,
        number_id=form.number,
        department_id=form.department,
        recipients=list(form.recipients),
        csv=form.csv,
        held=form.held,
        made_by_id=None if report.maker is None else report.maker[0],
        made_by=None if report.maker is None else report.maker[1],
        stopped=report.stopped,
        next_at=report.next_at,
        sends=[
            SendLine(
                period=send.period,
                since=send.since,
                until=send.until,
                state=send.state,
                attempts=send.attempts,
                ended_at=send.ended_at,
                error=send.error,
                refused=send.refused,
            )
            for send in report.sends
        ],
    )
