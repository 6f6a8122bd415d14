"""Reports by e-mail, through a real SMTP server on this machine. On both databases."""

import asyncio
import csv
import io
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.job_queue import ProcessQueue
from gateway.jobs import Jobs, Pace
from gateway.mail import MailServer, NotSent, Security, SmtpMailer
from gateway.reports import Reports
from gateway.settings import AgentsSee
from signaling.call import Outcome, State
from signaling.events import Direction
from signaling.ids import AgentId, DepartmentId
from signaling.permission_events import Asked, AskedBy, Asker, RequestKind, reference_of
from signaling.ports import Role
from signaling.presence import WrappedUp
from signaling.private import Token
from signaling.report_times import Every, ReportTime
from store.audit import By, SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.figures import SqlAgentWork
from store.jobs import SqlJobs
from store.measures import By as Grouped
from store.people import Grants
from store.permissions import SqlPermissionStore
from store.rate_cards import SqlRateCards
from store.report_models import SendState, Stopped
from store.reports import KIND, ReportForm, Send, SqlReports, Writer
from store.staff import SqlStaff, UserForm
from tests.services.gateways import closed_port, served
from tests.services.samples import PASSWORD, Town, build_town, call_in, customer, new_number, numbers_in, people_in
from tests.services.test_figures import HEARD
from tests.services.test_pages_of_integrators import Office as Signed

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
PAULO = ZoneInfo("America/Sao_Paulo")
MADE = datetime(2026, 3, 3, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 4, 11, 0, 30, tzinfo=UTC)  # half a minute after 8:00 in São Paulo
QUICK = Pace(scan_s=0.05, first_s=0.05, longest_s=0.1)
WHO = By("user:7", MADE)


@dataclass
class MailBox:
    """What the server was given. `replies`: to the next messages; empty: taken. `cut`: it is taken, and the answer is
    lost."""

    got: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    cut: bool = False

    async def handle_RCPT(  # noqa: N802 (the names are aiosmtpd's)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.replies:
            return self.replies.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        self.envelopes.append(list(envelope.rcpt_tos))
        if self.cut:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 taken"


def lets_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"ramal", b"right"), handled=False)


@pytest.fixture
def box() -> Iterator[tuple[MailBox, int]]:
    box, port = MailBox(), closed_port()
    controller = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=lets_in, auth_require_tls=False, auth_required=True
    )
    controller.start()
    yield box, port
    controller.stop()


@dataclass
class Office:
    """A gateway's side: reports that are due, and the queue that has them sent. `now` is the clock's."""

    database: Database
    town: Town
    port: int
    now: datetime = MADE
    password: str = "right"
    sees: AgentsSee = AgentsSee.MISSED
    running: list[Jobs] = field(default_factory=list)

    @property
    def store(self) -> SqlReports:
        return SqlReports(self.database)

    def clock(self) -> datetime:
        return self.now

    async def due(self) -> int:
        self.now = DUE
        return await self.store.put_due(self.now)

    def start(self, port: int | None = None) -> None:
        server = MailServer(
            "127.0.0.1", port or self.port, "ramal@example.com", Security.NONE, "ramal", Token(self.password), 5.0
        )
        began, real = self.now, datetime.now(UTC)

        def running() -> datetime:
            return began + (datetime.now(UTC) - real)

        account = ("https://calls.example.com", lambda: self.now, PAULO)
        reports = Reports(self.database, SmtpMailer(server), server.sender, *account, self.sees)
        jobs = Jobs(SqlJobs(self.database), ProcessQueue(), {}, running, "x", 1, QUICK)
        reports.take_jobs(jobs)
        self.running.append(jobs)

    async def until(self, state: SendState, error: str | None = None) -> Send:
        for jobs in self.running:
            await jobs.start()
        async with asyncio.timeout(20):
            while True:
                (report,) = await self.store.all()
                if report.sends and (report.sends[0].state, report.sends[0].error) == (state, error):
                    return report.sends[0]
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        for jobs in self.running:
            await jobs.stop()
        self.running.clear()


@pytest.fixture
async def office(database: Database, box: tuple[MailBox, int]) -> AsyncIterator[Office]:
    made = Office(database, await build_town(database), box[1])
    yield made
    await made.stop()


def form(**changes: Any) -> ReportForm:
    given: dict[str, Any] = {
        "name": "Resumo <diário>",
        "when": ReportTime(Every.DAY, 8 * 60, PAULO),
        "language": "pt-BR",
        "grouped": Grouped.NUMBER,
        "recipients": ("rosa@example.com", "sara@example.com"),
        **changes,
    }
    return ReportForm(**given)


async def answered_yesterday(office: Office) -> None:
    at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    call = call_in(
        office.town,
        "wacid.A",
        received_at=at,
        offered_at=at,
        accepted_at=at + timedelta(seconds=9),
        ended_at=at + timedelta(seconds=69),
        state=State.ENDED,
        outcome=Outcome.ANSWERED,
        agent=office.town.agents[0],
    )
    await SqlCallStore(office.database).save(call)


async def test_a_report_that_is_due_reaches_everybody_once_with_what_was_measured(
    office: Office, box: tuple[MailBox, int]
) -> None:
    await answered_yesterday(office)
    await office.store.write(None, form(), WHO)
    assert await office.store.put_due(MADE) == 0
    assert sorted(await asyncio.gather(office.due(), office.due(), office.due())) == [0, 0, 1]
    office.start()
    office.start()
    sent = await office.until(SendState.SENT)
    assert (sent.period, sent.attempts, sent.refused) == ("2026-03-03", 1, 0)
    (message,) = box[0].got
    assert box[0].envelopes == [["rosa@example.com", "sara@example.com"]]
    assert (message["Subject"], message["From"]) == ("Resumo <diário>: 03/03/2026", "ramal@example.com")
    text, table = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and table is not None
    said = text.get_content()
    assert "Recebidas: 1, Atendidas: 1, Perdidas: 0, Atendidas (%): 100,0" in said
    assert "Nenhum pedido de permissão neste período." in said
    assert "Tempo médio até atender: 0:09" in said and "https://calls.example.com/measures" in said
    assert "Resumo &lt;diário&gt;" in table.get_content() and "<td" in table.get_content()
    assert await office.due() == 0
    (report,) = await office.store.all()
    assert report.next_at == datetime(2026, 3, 5, 11, tzinfo=UTC)


async def test_what_the_server_refuses_for_now_is_tried_again_and_what_it_refuses_for_good_is_not(
    office: Office, box: tuple[MailBox, int]
) -> None:
    await office.store.write(None, form(), WHO)
    await office.due()
    box[0].replies += ["451 later", "452 full", "554 never"]
    office.start()
    failed = await office.until(SendState.FAILED, "smtp.554")
    assert (failed.attempts, box[0].got) == (3, [])
    (report,) = await office.store.all()
    await office.store.send_again(report.id, failed.period, By("user:7", office.now))
    for jobs in office.running:
        jobs.wake()
    assert (await office.until(SendState.SENT)).attempts == 1
    assert len(box[0].got) == 1


async def test_a_recipient_who_is_unknown_keeps_nobody_else_from_it(office: Office, box: tuple[MailBox, int]) -> None:
    box[0].unknown.add("rosa@example.com")
    await office.store.write(None, form(), WHO)
    await office.due()
    office.start()
    assert (await office.until(SendState.SENT)).refused == 1
    assert box[0].envelopes == [["sara@example.com"]]


async def test_when_nobody_knows_whether_it_was_taken_it_is_not_sent_again_by_itself(
    office: Office, box: tuple[MailBox, int]
) -> None:
    box[0].cut = True
    await office.store.write(None, form(), WHO)
    await office.due()
    office.start()
    await office.until(SendState.UNSURE, "smtp.unsure")
    await office.stop()
    assert len(box[0].got) == 1


async def test_a_process_that_died_while_giving_it_away_leaves_it_unsure(
    office: Office, box: tuple[MailBox, int]
) -> None:
    report = await office.store.write(None, form(), WHO)
    await office.due()
    assert await office.store.sending(report.id, "2026-03-03")
    assert not await office.store.sending(report.id, "2026-03-03"), "one gives it away, and nobody else"
    office.start()
    await office.until(SendState.UNSURE, "smtp.unsure")
    assert box[0].got == []


async def test_a_server_that_is_away_or_refuses_the_login_is_asked_again(
    office: Office, box: tuple[MailBox, int]
) -> None:
    await office.store.write(None, form(), WHO)
    await office.due()
    office.start(closed_port())
    await office.until(SendState.WAITING, "smtp.unreachable")
    await office.stop()
    office.password = "wrong"
    office.start()
    await office.until(SendState.WAITING, "smtp.login_refused")
    await office.stop()
    office.password = "right"
    office.start()
    await office.until(SendState.SENT)
    assert len(box[0].got) == 1


async def test_one_press_sends_the_newest_whole_period_at_once_also_again_and_says_what_became_of_it(
    office: Office, box: tuple[MailBox, int]
) -> None:
    await answered_yesterday(office)
    report = await office.store.write(None, form(csv=True), WHO)
    await office.due()
    office.start()
    await office.until(SendState.SENT)
    for asked in (1, 2):
        (now, *_) = (await office.store.send_now(report.id, By("user:7", office.now + timedelta(seconds=asked)))).sends
        assert (now.period, now.since, now.state) == (
            f"n{asked:09}",
            datetime(2026, 3, 3, 3, tzinfo=UTC),
            SendState.WAITING,
        )
        for jobs in office.running:
            jobs.wake()
        assert (await office.until(SendState.SENT)).period == now.period
    assert [message["Subject"] for message in box[0].got] == ["Resumo <diário>: 03/03/2026"] * 3
    assert len({message["Message-ID"] for message in box[0].got}) == 3, "no mailbox takes it for one that it has"

    office.running[0].wake()
    box[0].replies += ["451 later"]
    await office.store.send_now(report.id, By("user:7", office.now + timedelta(seconds=3)))
    waits = await office.until(SendState.WAITING, "smtp.451")
    again = await office.store.send_now(report.id, By("user:7", office.now + timedelta(seconds=4)))
    assert [send.period for send in again.sends].count(waits.period) == 1 and len(again.sends) == 4, "tried, not added"
    assert (await office.until(SendState.SENT)).period == waits.period
    actions = [entry.action for entry in await SqlAudit(office.database).newest()]
    assert actions.count("report.sent_now") == 4


async def test_the_figures_come_as_an_attachment_where_a_report_wants_them_and_nothing_in_it_runs(
    office: Office, box: tuple[MailBox, int]
) -> None:
    await answered_yesterday(office)
    await people_in(office.database).add_user("zoe", "=1+1", PASSWORD, Role.AGENT, ["Atendimento"])
    zoe = next(user for user in await people_in(office.database).users() if user.login == "zoe")
    at = datetime(2026, 3, 3, 16, tzinfo=UTC)
    talked = call_in(office.town, "wacid.B", received_at=at, offered_at=at, accepted_at=at + timedelta(seconds=30))
    talked = replace(talked, ended_at=at + timedelta(seconds=50), state=State.ENDED, outcome=Outcome.ANSWERED)
    await SqlCallStore(office.database).save(replace(talked, agent=zoe.id))
    await office.store.write(None, form(csv=True, grouped=Grouped.AGENT), WHO)
    await office.due()
    office.start()
    await office.until(SendState.SENT)
    (attached,) = box[0].got[0].iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/csv", "ramal-2026-03-03-2026-03-03.csv")
    payload = attached.get_payload(decode=True)
    assert isinstance(payload, bytes)
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))}
    assert set(rows) == {"Ana", "'=1+1"}
    assert (rows["Ana"]["in_answered"], rows["Ana"]["in_answer_s"], rows["Ana"]["in_talk_s"]) == (
        "1",
        "9.000",
        "60.000",
    )
    assert (rows["'=1+1"]["in_answered"], rows["'=1+1"]["in_answer_s"]) == ("1", "30.000")
    body = box[0].got[0].get_body(("plain",))
    assert body is not None and "Atendidas: 1" in body.get_content()


async def test_holds_wrap_ups_permissions_quality_and_costs_are_in_the_mail_and_in_its_attachment(
    office: Office, box: tuple[MailBox, int]
) -> None:
    ana, at = office.town.agents[0], datetime(2026, 3, 3, 15, tzinfo=UTC)
    call = call_in(
        office.town,
        "wacid.OUR",
        customer("5511955550101"),
        direction=Direction.OUTBOUND,
        received_at=at,
        accepted_at=at + timedelta(seconds=9),
        ended_at=at + timedelta(seconds=70),
        agent=ana,
        outcome=Outcome.ANSWERED,
        state=State.ENDED,
    )
    call = call.note(at, "dialed", agent=ana).note(at + timedelta(seconds=20), "held")
    call = call.note(at + timedelta(seconds=32), "resumed").note(at + timedelta(seconds=70), "measured", **HEARD)
    await SqlCallStore(office.database).save(call)
    wrapped = WrappedUp(call.id, ana, call.ended_at or at, at + timedelta(seconds=100))
    await SqlAgentWork(office.database).wrapped_up(wrapped)
    asked = Asked(at, reference_of("wamid.1"), RequestKind.TEMPLATE, Asker(AskedBy.AGENT, ana))
    await SqlPermissionStore(office.database).add(office.town.number, customer("5511955550101"), asked)
    card = "destination,currency,valid_from,above_minutes,per_minute\nBR,USD,2025-08-01,0,0.0108\n"
    await SqlRateCards(office.database).write(card, 0, WHO)
    await office.store.write(None, form(csv=True, grouped=Grouped.AGENT), WHO)
    await office.due()
    office.start()
    await office.until(SendState.SENT)
    (message,) = box[0].got
    text = message.get_body(("plain",))
    assert text is not None
    for told in (
        "Conversa média: –, Conversa média em feitas: 1:01, Em espera, média: 0:12, Em espera, total: 0:12, "
        "Pós-atendimento médio: 0:30",
        "Pedidos: 1, Entregues: 0, Concedidas: 0, Recusadas: 0, Sem resposta: 1",
        "Medidas: 1, Cliente: boa (%): 0,0, Cliente: MOS: 3,10, Cliente: perda (%): 4,5, Atendente: boa (%): 100,0",
        "Atendidas pelo cliente: 1, Minutos: 1,1, Custo (USD): 0,0119, Minutos sem tarifa: 0,0",
        "Cada chamada conta uma vez",
    ):
        assert told in text.get_content()
    (attached,) = message.iter_attachments()
    payload = attached.get_payload(decode=True)
    assert isinstance(payload, bytes)
    (row,) = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))
    expected = {
        **{"name": "Ana", "work_out_talk_s": "61.000", "work_held_s": "12.000", "work_wrap_up_s": "30.000"},
        **{"permission_asked": "1", "quality_calls": "1", "quality_customer_mos": "3.100"},
        **{"cost_minutes": "1.1", "cost_USD": "0.01188", "quality_agent_loss_percent": ""},
    }
    assert {name: row[name] for name in expected} == expected


# ---- over TLS --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates, and whom only those trust who are told to."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def ca_file(self) -> Path:
        path = self.folder / "ca.pem"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def server(self, address: str, until: timedelta = timedelta(days=1)) -> ssl.SSLContext:
        """A server's context, with a certificate for this IP address."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + until)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        path = self.folder / f"server-{made.serial_number}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + made.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the company's own")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(tmp_path, key, made)


@contextmanager
def secured(box: MailBox, security: Security, context: ssl.SSLContext) -> Iterator[int]:
    """A mail server that takes a login and messages over TLS only. Its port."""
    port = closed_port()
    login: dict[str, Any] = {"authenticator": lets_in, "auth_required": True}
    if security is Security.TLS:
        server = Controller(box, hostname="127.0.0.1", port=port, ssl_context=context, auth_require_tls=False, **login)
    else:
        login |= {"tls_context": context, "require_starttls": True}
        server = Controller(box, hostname="127.0.0.1", port=port, **login)
    server.start()
    try:
        yield port
    finally:
        server.stop()


async def sends(port: int, security: Security, ca_file: Path | None) -> int:
    login = ("ramal", Token("right"), 5.0)
    mailer = SmtpMailer(MailServer("127.0.0.1", port, "ramal@example.com", security, *login, ca_file))
    message = EmailMessage()
    message["Subject"] = "Olá"
    message.set_content("Bom dia")

    async def go_on() -> bool:
        return True

    return await mailer.send(message, ["rosa@example.com"], go_on)


OVER_TLS = pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])


@OVER_TLS
async def test_a_server_whose_certificate_is_signed_by_whom_we_trust_gets_login_and_message_over_tls(
    authority: Authority, security: Security
) -> None:
    box = MailBox()
    with secured(box, security, authority.server("127.0.0.1")) as port:
        assert await sends(port, security, authority.ca_file) == 0
    assert [message["Subject"] for message in box.got] == ["Olá"]


@OVER_TLS
@pytest.mark.parametrize(
    ("address", "until", "trusted", "reason"),
    [
        ("127.0.0.1", timedelta(days=1), False, "smtp.certificate_untrusted"),
        ("127.0.0.2", timedelta(days=1), True, "smtp.certificate_name"),
        ("127.0.0.1", timedelta(days=-1), True, "smtp.certificate_expired"),
    ],
)
async def test_a_wrong_certificate_is_told_by_what_is_wrong_with_it_and_the_server_hears_nothing_of_ours(
    authority: Authority, security: Security, address: str, until: timedelta, trusted: bool, reason: str
) -> None:
    box = MailBox()
    with secured(box, security, authority.server(address, until)) as port, pytest.raises(NotSent) as caught:
        await sends(port, security, authority.ca_file if trusted else None)
    assert (caught.value.reason, caught.value.helps) == (reason, True), "somebody mends it, and it is tried again"
    assert box.got == []


async def test_a_server_that_speaks_no_tls_gets_nothing(box: tuple[MailBox, int]) -> None:
    for security in (Security.TLS, Security.STARTTLS):
        with pytest.raises(NotSent) as caught:
            await sends(box[1], security, None)
        assert caught.value.reason == "smtp.no_tls"
    assert box[0].got == []


async def test_of_many_that_were_missed_only_the_newest_is_sent_and_a_removed_one_never(
    office: Office, box: tuple[MailBox, int]
) -> None:
    report = await office.store.write(None, form(), WHO)
    office.now = DUE + timedelta(days=30)
    assert await office.store.put_due(office.now) == 1
    (report,) = await office.store.all()
    assert [send.period for send in report.sends] == ["2026-04-02"]
    await office.store.remove(report.id, By("user:7", office.now))
    assert await office.store.all() == []
    assert await SqlJobs(office.database).of(KIND, [f"{report.id}:2026-04-02"]) == {}
    assert await office.store.put_due(office.now + timedelta(days=30)) == 0
    actions = [entry.action for entry in await SqlAudit(office.database).newest()]
    assert actions[:2] == ["report.removed", "report.added"]


# ---- whose they are --------------------------------------------------------------------------------------------------


async def led(office: Office) -> tuple[AgentId, DepartmentId]:
    """A supervisor of one department, and another in which they are not; each had calls yesterday."""
    await people_in(office.database).add_user("sara", "Sara", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    other = (await SqlDepartmentStore(office.database).add("Cobrança")).id
    at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    for wacid, department in (("wacid.A", office.town.department), ("wacid.B", other), ("wacid.C", other)):
        call = call_in(office.town, wacid, received_at=at, offered_at=at, ended_at=at + timedelta(seconds=9))
        missed = replace(call, department=department, agent=None, state=State.ENDED, outcome=Outcome.MISSED)
        await SqlCallStore(office.database).save(missed)
    return next(user.id for user in await people_in(office.database).users() if user.login == "sara"), other


async def test_a_supervisors_report_counts_what_their_history_shows_when_it_is_sent(
    office: Office, box: tuple[MailBox, int]
) -> None:
    sara, _ = await led(office)
    hers = await office.store.write(None, form(grouped=Grouped.DEPARTMENT, csv=True), WHO, Writer(sara, own=True))
    await office.due()
    office.start()
    await office.until(SendState.SENT)

    async def sent_now() -> None:
        await office.store.send_now(hers.id, By("user:7", office.now))
        for jobs in office.running:
            jobs.wake()
        await office.until(SendState.SENT)

    people = people_in(office.database)
    await people.grant("sara", "Cobrança", Grants())
    await sent_now()
    staff, user = SqlStaff(office.database, people.passwords), UserForm("Sara", Role.SUPERVISOR, "pt-BR")
    await staff.change_user(sara, user, WHO)
    await sent_now()
    await staff.change_user(sara, replace(user, role=Role.ADMINISTRATOR), WHO)
    await sent_now()
    await people.add_user("chefe", "Rosa Dias", PASSWORD, Role.ADMINISTRATOR)
    await staff.change_user(sara, user, WHO)
    await office.stop()
    office.sees = AgentsSee.ALL
    office.start()
    await sent_now()

    bodies = [mail.get_body(("plain",)) for mail in box[0].got]
    told = ["" if body is None else "\n".join(body.get_content().splitlines()) for body in bodies]
    one, both, none, every, where_all_is_seen = told
    assert "Atendimento\n  Recebidas: 1," in one and "Cobrança" not in one
    assert "Só das chamadas que o histórico de Sara mostra." in one
    assert "Atendimento\n  Recebidas: 1," in both and "Cobrança\n  Recebidas: 2," in both
    assert "Recebidas" not in none, "the grants were taken away"
    for mail in (every, where_all_is_seen):
        assert "Cobrança\n  Recebidas: 2," in mail and "histórico de" not in mail
    for sent, seen in zip(box[0].got, ({"Atendimento"}, {"Atendimento", "Cobrança"}, set[str]()), strict=False):
        (attached,) = sent.iter_attachments()
        payload = attached.get_payload(decode=True)
        assert isinstance(payload, bytes)
        rows = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""))
        assert {row["name"] for row in rows} == seen


async def test_who_may_not_see_measures_any_more_stops_their_report_until_an_administrator_takes_it_over(
    office: Office, box: tuple[MailBox, int]
) -> None:
    sara, _ = await led(office)
    made = await office.store.write(None, form(), WHO, Writer(sara, own=True))
    assert await office.due() == 1
    staff = SqlStaff(office.database, people_in(office.database).passwords)
    await staff.change_user(sara, UserForm("Sara", Role.AGENT, "pt-BR"), WHO)
    office.start()
    await office.until(SendState.FAILED, "maker.role")
    await staff.change_user(sara, UserForm("Sara", Role.SUPERVISOR, "pt-BR"), WHO)
    await staff.set_disabled(sara, True, WHO)
    (stopped,) = await office.store.all()
    assert (stopped.maker, stopped.stopped) == ((sara, "Sara"), Stopped.DISABLED)
    assert await office.store.put_due(office.now + timedelta(days=1)) == 0
    (stopped,) = await office.store.all()
    assert (len(stopped.sends), stopped.next_at) == (1, datetime(2026, 3, 6, 11, tzinfo=UTC)), "it goes on by itself"
    taken = await office.store.write(made.id, form(), By("user:7", office.now), Writer(office.town.agents[1]))
    assert taken.maker == (office.town.agents[1], "Bia")
    assert box[0].got == []


async def test_a_report_that_is_held_is_sent_only_when_somebody_asks(office: Office, box: tuple[MailBox, int]) -> None:
    report = await office.store.write(None, form(held=True), WHO)
    assert await office.due() == 0
    await office.store.send_now(report.id, By("user:7", office.now))
    office.start()
    assert (await office.until(SendState.SENT)).period == "n000000001"
    resumed = await office.store.write(report.id, form(), By("user:7", office.now))
    assert resumed.next_at == datetime(2026, 3, 5, 11, tzinfo=UTC), "what was missed meanwhile is not sent"
    assert await office.store.put_due(office.now) == 0


def test_supervisors_have_reports_of_their_own_over_rest_and_administrators_all(
    sqlite_url: str, tmp_path: Path, box: tuple[MailBox, int]
) -> None:
    async def work() -> None:
        database = Database(sqlite_url)
        town = await build_town(database)
        people, departments = people_in(database), SqlDepartmentStore(database)
        other = (await departments.add("Cobrança")).id
        theirs = await numbers_in(database).add(
            new_number("206540352242922", phone="+55 11 95555-0200", label="Cobrança", department="Cobrança")
        )
        await people.add_user("chefe", "Rosa Dias", PASSWORD, Role.ADMINISTRATOR)
        await people.add_user("super", "Sara", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
        await people.add_user("tom", "Tom", PASSWORD, Role.SUPERVISOR, ["Cobrança"])
        office = Signed(gateway.url, database, town)
        body = {
            **{"name": "Semana", "every": "week", "minute": 480, "zone": "America/Sao_Paulo", "language": "es"},
            **{"by": "agent", "recipients": ["rosa@example.com"], "held": True},
        }
        own = {"number_id": town.number.id, "department_id": town.department}
        status, made = await office.ask("POST", "/reports", {**body, **own}, who="super")
        assert (status, made["made_by"], made["held"], made["stopped"]) == (201, "Sara", True, None)
        path = f"/reports/{made['id']}"
        for wrong, where in (
            ({"department_id": other}, "department_id"),
            ({"number_id": theirs.id}, "number_id"),
            ({"recipients": ["rosa@"]}, "recipients.0"),
        ):
            for method, to in (("POST", "/reports"), ("PUT", path)):
                status, answer = await office.ask(method, to, {**body, **wrong}, who="super")
                assert (status, [each["field"] for each in answer["error"]["problems"]]) == (422, [where])
        assert (await office.ask("GET", "/reports", who="tom"))[1]["reports"] == []
        for method, to in (("PUT", path), ("DELETE", path), ("POST", f"{path}/send")):
            assert (await office.ask(method, to, body if method == "PUT" else None, who="tom"))[0] == 404
        assert (await office.ask("POST", f"{path}/sends/2026-01-01/again", who="tom"))[0] == 404
        assert (await office.ask("GET", "/reports", who="ana"))[0] == 403
        assert (await office.ask("POST", "/reports", body, who="ana"))[0] == 403

        everything = (await office.ask("POST", "/reports", body))[1]
        assert everything["made_by"] == "Rosa Dias"
        assert (await office.ask("PUT", f"/reports/{everything['id']}", body, who="super"))[0] == 404
        listed = (await office.ask("GET", "/reports"))[1]["reports"]
        assert [line["made_by"] for line in listed] == ["Sara", "Rosa Dias"]
        changed = (await office.ask("PUT", path, {**body, "held": False}))[1]
        assert (changed["made_by"], changed["held"]) == ("Sara", False), "it stays hers"
        seen = (await office.ask("GET", "/reports", who="super"))[1]["reports"]
        assert [line["id"] for line in seen] == [made["id"]]
        assert (await office.ask("POST", f"{path}/send", who="super"))[0] == 202
        assert (await office.ask("DELETE", path, who="super"))[0] == 204
        assert [action for action in await office.actions() if action.startswith("report.")] == [
            *("report.added", "report.added", "report.changed", "report.sent_now", "report.removed"),
        ]
        await database.close()

    settings = {"smtp_host": "127.0.0.1", "smtp_port": str(box[1]), "smtp_from": "ramal@example.com"}
    with served(sqlite_url, tmp_path, **settings) as gateway:
        asyncio.run(work())


def test_administrators_write_reports_over_rest_and_wrong_fields_are_named(
    sqlite_url: str, tmp_path: Path, box: tuple[MailBox, int]
) -> None:
    async def work() -> None:
        database = Database(sqlite_url)
        town = await build_town(database)
        await people_in(database).add_user("chefe", "Rosa Dias", PASSWORD, Role.ADMINISTRATOR)
        office = Signed(gateway.url, database, town)
        body = {
            "name": "Semana",
            "every": "week",
            "minute": 480,
            "weekday": 0,
            "zone": "America/Sao_Paulo",
            "language": "es",
            "by": "day",
            "recipients": ["rosa@example.com", " rosa@example.com "],
        }
        status, made = await office.ask("POST", "/reports", body)
        assert (status, made["recipients"], made["sends"]) == (201, ["rosa@example.com"], [])
        assert datetime.fromisoformat(made["next_at"]).astimezone(PAULO).strftime("%a %H:%M") == "Mon 08:00"
        for wrong, where in (
            ({"recipients": ["rosa@example.com", "rosa@", "a@b.c\r\nBcc: x@y.z"]}, ["recipients.1", "recipients.2"]),
            ({"recipients": []}, ["recipients"]),
            ({"zone": "../etc/passwd"}, ["zone"]),
            ({"language": "tlh"}, ["language"]),
            ({"name": "a\nb"}, ["name"]),
            ({"number_id": 404}, ["number_id"]),
        ):
            status, answer = await office.ask("PUT", f"/reports/{made['id']}", {**body, **wrong})
            assert (status, [each["field"] for each in answer["error"]["problems"]]) == (422, where)
        status, changed = await office.ask("PUT", f"/reports/{made['id']}", {**body, "every": "month", "month_day": 5})
        assert (status, changed["every"], changed["month_day"]) == (200, "month", 5)
        listed = (await office.ask("GET", "/reports"))[1]
        assert (listed["mail"], [line["id"] for line in listed["reports"]]) == (True, [made["id"]])
        assert (await office.ask("POST", f"/reports/{made['id']}/sends/2026-01-01/again"))[0] == 404
        status, sent = await office.ask("POST", f"/reports/{made['id']}/send")
        assert (status, [send["period"] for send in sent["sends"]]) == (202, ["n000000001"])
        assert (await office.ask("POST", f"/reports/{made['id']}/send", who="ana"))[0] == 403
        assert (await office.ask("GET", "/reports", who="ana"))[0] == 403
        assert (await office.ask("DELETE", f"/reports/{made['id']}"))[0] == 204
        assert (await office.ask("DELETE", f"/reports/{made['id']}"))[0] == 404
        assert await office.actions() == [
            *("report.added", "report.changed", "report.sent_now"),
            *("api.refused", "api.refused", "report.removed"),
        ]
        await database.close()

    settings = {"smtp_host": "127.0.0.1", "smtp_port": str(box[1]), "smtp_from": "ramal@example.com"}
    with served(sqlite_url, tmp_path, **settings) as gateway:
        asyncio.run(work())
