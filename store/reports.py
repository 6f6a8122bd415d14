"""Reports by e-mail: which there are, which are due, and what became of each. None is sent twice for one period: it has
one row, and who has begun to give it away says so first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Agent, Role
from signaling.report_times import Due, Every, ReportTime, newest_due, next_due
from store.audit import By, Entry, write
from store.database import Database
from store.jobs import drop_job, hurry_job, put_job
from store.measures import By as Grouped
from store.models import DepartmentRow, NumberRow, UserRow
from store.people import agent_of
from store.reach import EVERYTHING, Reach
from store.refusal import Refusal, Why, plain_name
from store.report_models import ReportRow, ReportSendRow, SendState, Stopped

KIND: Final = "report"
LOG_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class ReportForm:
    """As it is written, whole. `number`, `department` None: all that its maker sees. `held`: it is sent when somebody
    asks, and never by itself."""

    name: str
    when: ReportTime
    language: str
    grouped: Grouped
    recipients: tuple[str, ...]
    number: int | None = None
    department: int | None = None
    csv: bool = False  # the figures as an attachment
    held: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """One report of one period. `refused`: recipients that the server would not take."""

    period: str
    since: datetime
    until: datetime
    due_at: datetime
    state: SendState
    attempts: int
    ended_at: datetime | None
    error: str | None
    refused: int


@dataclass(frozen=True, slots=True)
class Report:
    """`maker`: whose it is, by id and name; None: the administrators'."""

    id: int
    form: ReportForm
    created_at: datetime
    next_at: datetime
    sends: tuple[Send, ...] = ()
    """The newest first."""
    maker: tuple[AgentId, str] | None = None
    stopped: Stopped | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who asks. `user`: whose new reports are; `own`: no others are there for them. `reach`: of which numbers and
    departments they may have one."""

    user: AgentId | None = None
    own: bool = False
    reach: Reach = EVERYTHING


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be sent. `maker`: as they are now, who decides what is counted; None: everything is."""

    form: ReportForm
    send: Send
    maker: Agent | None
    stopped: Stopped | None


OFFICE: Final = Writer()


@dataclass(frozen=True)
class SqlReports:
    """Every method may raise NeighbourError; those that write a form raise Refusal."""

    database: Database

    async def all(self, writer: Writer = OFFICE) -> list[Report]:
        query = select(ReportRow).where(col(ReportRow.removed_at).is_(None)).order_by(col(ReportRow.id))
        if writer.own:
            query = query.where(ReportRow.made_by == writer.user)
        return await self.database.read(lambda session: [_report(session, row) for row in session.exec(query).all()])

    async def write(self, report: int | None, form: ReportForm, by: By, writer: Writer = OFFICE) -> Report:
        """None: a new one. The next is sent at the first time from now on. One that was stopped becomes the writer's:
        nobody else's measures would be in it."""
        name = plain_name("name", form.name)

        def work(session: Session) -> Report:
            _seen(session, form, writer.reach)
            values: dict[str, Any] = {
                "name": name,
                "every": form.when.every,
                "minute": form.when.minute,
                "weekday": form.when.weekday,
                "month_day": form.when.month_day,
                "zone": form.when.zone.key,
                "language": form.language,
                "grouped": form.grouped,
                "number_id": form.number,
                "department_id": form.department,
                "recipients": list(form.recipients),
                "csv": form.csv,
                "held": form.held,
                "next_at": next_due(form.when, by.at).at,
            }
            if report is None:
                row = ReportRow(created_at=by.at, made_by=writer.user, **values)
            else:
                row = _present(session, report, writer)
                if _stopped(row, _maker(session, row)) is not None:
                    row.made_by = writer.user
                for column, value in values.items():
                    setattr(row, column, value)
            session.add(row)
            session.flush()
            about = {"every": form.when.every.value, "recipients": len(form.recipients), "held": form.held}
            action = "report.added" if report is None else "report.changed"
            write(session, Entry(by.at, by.actor, action, f"report:{row.id}", about))
            return _report(session, row)

        return await self.database.run(work, races=True)

    async def remove(self, report: int, by: By, writer: Writer = OFFICE) -> None:
        """What waits to be sent is not sent."""

        def work(session: Session) -> None:
            row = _present(session, report, writer)
            row.removed_at = by.at
            waiting = select(ReportSendRow).filter_by(report_id=report, state=SendState.WAITING)
            for send in session.exec(waiting):
                send.state, send.error, send.ended_at = SendState.FAILED, "removed", by.at
                drop_job(session, KIND, subject_of(report, send.period))
            write(session, Entry(by.at, by.actor, "report.removed", f"report:{report}"))

        await self.database.run(work, races=True)

    async def send_again(self, report: int, period: str, by: By, writer: Writer = OFFICE) -> Report:
        """What was given up, or of which nobody knows whether it arrived. Refusal: it waits, or was sent."""

        def work(session: Session) -> Report:
            row = _present(session, report, writer)
            send = session.get(ReportSendRow, (report, period), with_for_update=True)
            if send is None or send.state not in (SendState.FAILED, SendState.UNSURE):
                raise Refusal(Why.UNKNOWN, "period", "There is no such report that was given up.")
            send.state, send.due_at, send.attempts, send.error, send.ended_at = SendState.WAITING, by.at, 0, None, None
            put_job(session, KIND, subject_of(report, period), by.at)
            write(session, Entry(by.at, by.actor, "report.sent_again", f"report:{report}", {"period": period}))
            session.flush()
            return _report(session, row)

        return await self.database.run(work, races=True)

    async def send_now(self, report: int, by: By, writer: Writer = OFFICE) -> Report:
        """The newest whole period, whether it was sent before or not. One that waits to be tried again is tried now
        instead; one that is being given away is left alone. Raises Refusal."""

        def work(session: Session) -> Report:
            row = _present(session, report, writer)
            sends = session.exec(select(ReportSendRow).filter_by(report_id=report)).all()
            waiting = [send for send in sends if send.state in (SendState.WAITING, SendState.SENDING)]
            if waiting:
                for send in waiting:
                    hurry_job(session, KIND, subject_of(report, send.period), by.at)
            else:
                due = newest_due(_when(row), by.at)
                asked = sum(send.period.startswith("n") for send in sends)
                due = replace(due, period=f"n{asked + 1:09}")
                session.add(_send_row(report, due, by.at))
                put_job(session, KIND, subject_of(report, due.period), by.at)
            write(session, Entry(by.at, by.actor, "report.sent_now", f"report:{report}", {"waited": bool(waiting)}))
            session.flush()
            return _report(session, row)

        return await self.database.run(work, races=True)

    # ---- whoever sends them ------------------------------------------------------------------------------------------

    async def put_due(self, now: datetime) -> int:
        """Each report that is due becomes a job, once, whoever asks at the same time. Of several that were missed, as
        nobody was there, only the newest; of one that is stopped, none. How many there are now to send."""
        query = select(ReportRow).where(
            col(ReportRow.removed_at).is_(None), col(ReportRow.held).is_(False), col(ReportRow.next_at) <= now
        )

        def work(session: Session) -> int:
            rows = session.exec(query.with_for_update(skip_locked=True)).all()
            return sum(self._put(session, row, now) for row in rows)

        return await self.database.run(work, races=True)

    @staticmethod
    def _put(session: Session, row: ReportRow, now: datetime) -> bool:
        when = _when(row)
        due, row.next_at = newest_due(when, now), next_due(when, now).at
        assert row.id is not None
        if _stopped(row, _maker(session, row)) is not None:
            return False
        if session.get(ReportSendRow, (row.id, due.period)) is not None:
            return False  # its time of day was changed after it was sent
        session.add(_send_row(row.id, due, now))
        put_job(session, KIND, subject_of(row.id, due.period), now)
        return True

    async def to_send(self, report: int, period: str) -> Wanted | None:
        """None: nobody wants it any more."""

        def work(session: Session) -> Wanted | None:
            row, send = session.get(ReportRow, report), session.get(ReportSendRow, (report, period))
            if row is None or row.removed_at is not None or send is None:
                return None
            maker = _maker(session, row)
            return Wanted(_form(row), _send(send), agent_of(session, maker), _stopped(row, maker))

        return await self.database.read(work)

    async def sending(self, report: int, period: str) -> bool:
        """The server is about to be given it. False: somebody else is giving it, or it is no more to be sent."""

        def work(session: Session) -> bool:
            send = session.get(ReportSendRow, (report, period), with_for_update=True)
            if send is None or send.state is not SendState.WAITING:
                return False
            send.state, send.attempts = SendState.SENDING, send.attempts + 1
            return True

        return await self.database.run(work)

    async def ended(
        self, report: int, period: str, state: SendState, at: datetime, error: str | None = None, refused: int = 0
    ) -> None:
        def work(session: Session) -> None:
            send = session.get(ReportSendRow, (report, period), with_for_update=True)
            if send is not None and send.state is not SendState.SENT:
                if state is SendState.WAITING and send.state is not SendState.SENDING:
                    send.attempts += 1
                send.state, send.error, send.refused = state, error, refused
                send.ended_at = None if state is SendState.WAITING else at

        await self.database.run(work)


def subject_of(report: int, period: str) -> str:
    return f"{report}:{period}"


def read_subject(subject: str) -> tuple[int, str]:
    report, _, period = subject.partition(":")
    return int(report), period


def _present(session: Session, report: int, writer: Writer) -> ReportRow:
    row = session.get(ReportRow, report, with_for_update=True)
    if row is None or row.removed_at is not None or (writer.own and row.made_by != writer.user):
        raise Refusal(Why.UNKNOWN, "report", "There is no such report.")
    return row


def _seen(session: Session, form: ReportForm, reach: Reach) -> None:
    """Raises Refusal for a number or department that is none, or none of the writer's."""
    if form.number is not None:
        number = session.get(NumberRow, form.number)
        home = None if number is None or number.department_id is None else DepartmentId(number.department_id)
        if number is None or not reach.covers(NumberId(form.number), home):
            raise Refusal(Why.INVALID, "number_id", "There is no such number among yours.")
    if form.department is not None:
        known = session.get(DepartmentRow, form.department) is not None
        if not known or (reach.departments is not None and form.department not in reach.departments):
            raise Refusal(Why.INVALID, "department_id", "There is no such department among yours.")


def _maker(session: Session, row: ReportRow) -> UserRow | None:
    return None if row.made_by is None else session.get(UserRow, row.made_by)


def _stopped(row: ReportRow, maker: UserRow | None) -> Stopped | None:
    if row.made_by is None:
        return None
    if maker is None or maker.disabled_at is not None:
        return Stopped.DISABLED
    return Stopped.ROLE if maker.role is Role.AGENT else None


def _send_row(report: int, due: Due, now: datetime) -> ReportSendRow:
    return ReportSendRow(
        report_id=report,
        period=due.period,
        since=due.since,
        until=due.until,
        due_at=now,
        state=SendState.WAITING,
    )


def _when(row: ReportRow) -> ReportTime:
    return ReportTime(Every(row.every), row.minute, ZoneInfo(row.zone), row.weekday, row.month_day)


def _form(row: ReportRow) -> ReportForm:
    recipients = tuple(row.recipients)
    where = (row.number_id, row.department_id)
    return ReportForm(row.name, _when(row), row.language, row.grouped, recipients, *where, csv=row.csv, held=row.held)


def _report(session: Session, row: ReportRow) -> Report:
    assert row.id is not None
    sends = (
        select(ReportSendRow)
        .filter_by(report_id=row.id)
        .order_by(col(ReportSendRow.due_at).desc(), col(ReportSendRow.period).desc())
    )
    found: Sequence[ReportSendRow] = session.exec(sends.limit(LOG_LIMIT)).all()
    maker = _maker(session, row)
    return Report(
        row.id,
        _form(row),
        row.created_at,
        row.next_at,
        tuple(_send(send) for send in found),
        None if maker is None or maker.id is None else (AgentId(maker.id), maker.name),
        _stopped(row, maker),
    )


def _send(row: ReportSendRow) -> Send:
    return Send(
        period=row.period,
        since=row.since,
        until=row.until,
        due_at=row.due_at,
        state=row.state,
        attempts=row.attempts,
        ended_at=row.ended_at,
        error=row.error,
        refused=row.refused,
    )
