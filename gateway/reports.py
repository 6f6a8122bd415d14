"""Reports by e-mail: when one is due it becomes a job, which adds up the measures and gives them to the mail server.

Nobody gets one twice for one period: before the message itself is given away the row says so, and whoever finds that it
was begun and not ended leaves it (`unsure`) until somebody asks for it again (decision 0015).
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from gateway.api.call_filters import visible_to
from gateway.api.operations import Operation
from gateway.api.reports import ReportRoutes
from gateway.jobs import GiveUp, Jobs, Progress, TryAgain
from gateway.mail import Mailer, MailServer, NotSent, SmtpMailer, Unsure
from gateway.report_figures import Measuring
from gateway.report_mail import report_message
from gateway.settings import AgentsSee, Settings
from signaling.errors import NeighbourError
from signaling.ids import DepartmentId, NumberId
from signaling.ports import Clock
from store.database import Database
from store.jobs import Job
from store.measure_groups import ALL_CALLS
from store.measures import MeasuredSpan
from store.report_models import SendState
from store.reports import KIND, SqlReports, read_subject

log = structlog.get_logger(__name__)

AT_ONCE: Final = 2
LOOK_EVERY_S: Final = 20.0
NO_SERVER_S: Final = 600.0
GIVE_UP_AFTER: Final = timedelta(hours=24)


class Reports:
    """`mailer` None: no server is set, and nothing becomes due. `zone`: the account's, whose months costs are of.
    `sees`: what those who are no administrators see of calls that are not theirs."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer | None,
        sender: str,
        public_url: str,
        clock: Clock,
        zone: ZoneInfo,
        sees: AgentsSee = AgentsSee.MISSED,
    ) -> None:
        self.store, self._measuring = SqlReports(database), Measuring(database, zone)
        self.mailer, self._sender, self._public_url, self._clock = mailer, sender, public_url, clock
        self._sees = sees
        self._looking: asyncio.Task[None] | None = None

    def take_jobs(self, jobs: Jobs) -> None:
        """Before jobs start."""
        jobs.handle(KIND, self.send, AT_ONCE)

    def start(self, jobs: Jobs) -> None:
        """Look for what is due, now and then."""
        if self.mailer is not None:
            self._looking = asyncio.create_task(self._look(jobs), name="reports-due")

    def operations(self, wake: Callable[[], None]) -> list[Operation]:
        return ReportRoutes(self.store, self.mailer is not None, wake, self._clock).operations()

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self, jobs: Jobs) -> None:
        while True:
            try:
                if await self.store.put_due(self._clock()):
                    jobs.wake()
            except NeighbourError as error:
                log.warning("reports_not_looked_for", code=error.failure.code)
            except Exception:
                log.exception("reports_not_looked_for")
            await asyncio.sleep(LOOK_EVERY_S)

    async def send(self, job: Job, progress: Progress) -> None:
        """A `gateway.jobs.Handler`."""
        report, period = read_subject(job.subject)
        found = await self.store.to_send(report, period)
        if found is None or found.send.state in (SendState.SENT, SendState.UNSURE, SendState.FAILED):
            return
        form, send = found.form, found.send
        if send.state is SendState.SENDING:  # whoever gave it away died before the server's answer was noted
            await self.store.ended(report, period, SendState.UNSURE, self._clock(), "smtp.unsure")
            raise GiveUp("smtp.unsure")
        if found.stopped is not None:
            await self.store.ended(report, period, SendState.FAILED, self._clock(), found.stopped)
            raise GiveUp(found.stopped)
        if self.mailer is None:
            raise TryAgain("smtp.not_set", NO_SERVER_S)
        number = None if form.number is None else NumberId(form.number)
        department = None if form.department is None else DepartmentId(form.department)
        span = MeasuredSpan(send.since, send.until, form.when.zone, number, department)
        sight = ALL_CALLS if found.maker is None else visible_to(found.maker, self._sees)
        figures = await self._measuring.of(span, form.grouped, sight)
        seen_by = None if found.maker is None or sight == ALL_CALLS else found.maker.name
        message = report_message(form, send, figures, self._sender, self._public_url, f"{report}.{period}", seen_by)
        progress.tell("sending")

        async def before_data() -> bool:
            return await self.store.sending(report, period)

        try:
            refused = await self.mailer.send(message, form.recipients, before_data)
        except Unsure as unsure:
            await self.store.ended(report, period, SendState.UNSURE, self._clock(), unsure.reason)
            raise GiveUp(unsure.reason) from None
        except NotSent as not_sent:
            late = self._clock() - send.due_at >= GIVE_UP_AFTER
            again = not_sent.helps and not late
            state = SendState.WAITING if again else SendState.FAILED
            await self.store.ended(report, period, state, self._clock(), not_sent.reason)
            raise (TryAgain(not_sent.reason) if again else GiveUp(not_sent.reason)) from None
        await self.store.ended(report, period, SendState.SENT, self._clock(), None, refused)


def reports_of(settings: Settings, database: Database, clock: Clock) -> Reports:
    server = mail_server(settings)
    mailer = None if server is None else SmtpMailer(server)
    sender, zone = settings.smtp_from or "", ZoneInfo(settings.time_zone)
    return Reports(database, mailer, sender, settings.public_url, clock, zone, settings.agents_see)


def mail_server(settings: Settings) -> MailServer | None:
    """None: `RAMAL_SMTP_HOST` or `RAMAL_SMTP_FROM` is not set."""
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password,
        timeout_s=settings.smtp_timeout_s,
        ca_file=settings.smtp_ca_file,
    )
