"""The whole system in processes of its own: gateway, simulated Meta, and a database made by the store's own means."""

import asyncio
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError

from sqlmodel import Session, select

from gateway.simulator.customers import CUSTOMERS
from signaling.call import Call, Rules, State
from signaling.ids import NumberId, PhoneNumberId
from signaling.plan import Plan
from signaling.ports import Role
from signaling.private import Token, Wacid
from signaling.recording_policy import PolicyRule, RecordingPolicy
from signaling.recording_record import RecordingState
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history import PastCall, SqlHistory
from store.history_filter import HistoryFilter
from store.messages import SqlMessages, StoredMessage
from store.migrate import upgrade
from store.models import NumberRow
from store.number_plans import SqlNumberPlans, Writing
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.recording_policies import SqlRecordingPolicies
from store.recordings import SqlRecordings, StoredRecording
from store.secrets import SecretBox
from tests.browser.meta import Meta, ask, eventually

PHONE_NUMBER_ID: Final = "306540000000002"
WABA: Final = "204857600000001"
PHONE: Final = "551133330000"
LABEL: Final = "Vendas São Paulo"
DEPARTMENT: Final = "Atendimento"
STARTS_WITHIN_S: Final = 60.0
STOPS_WITHIN_S: Final = 15.0
LATE_AUDIO_S: Final = 5.0
BEFORE_BROWSERS: Final = -10
"""Niceness. In the field agents' browsers run on other machines and take no time from the gateway."""

SDP_SECRET: Final = re.compile(r"a=(?:ice-pwd:|fingerprint:sha-256 )([^\\\s\"]+)")
"""Also where a description stands inside of JSON, with its line ends escaped."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of one system: known to nobody else, so that a test can look for them in logs."""

    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    app_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verify_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def all(self) -> tuple[str, ...]:
        return self.secret_key, self.app_secret, self.verify_token, self.token


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    login: str
    password: str
    name: str


class System:
    """`start` it, use it, `stop` it. Logs are kept in `artifacts`; everything else lives in `folder`."""

    def __init__(self, folder: Path, artifacts: Path, database_url: str | None = None, **settings: str) -> None:
        """`database_url`: with all tables; None: an SQLite file in the folder. `settings`: of the gateway, as in
        `RAMAL_TURN_URLS`."""
        self._settings = settings
        self.keys = Keys()
        gateway_port, meta_port, self.crm_port = free_tcp_ports(3)
        self.media_port = free_udp_port()
        self.url = f"http://127.0.0.1:{gateway_port}"
        self.meta = Meta(f"http://127.0.0.1:{meta_port}")
        # To browsers another site, which may show our panel; `test_embed.crm` serves it.
        self.crm_url = f"http://localhost:{self.crm_port}"
        self.log = artifacts / "gateway.log"
        self._meta_log = artifacts / "simulator.log"
        self._folder = folder
        self._database_url = database_url or f"sqlite:///{folder / 'ramal.db'}"
        self._numbers = count(1)
        self._passwords: set[str] = set()
        self._gateway: subprocess.Popen[bytes] | None = None
        self._simulator: subprocess.Popen[bytes] | None = None
        # Playwright keeps a loop running in the main thread, where asyncio would refuse another.
        self._aside = ThreadPoolExecutor(1, "tests-store")

    def start(self) -> None:
        for log in (self.log, self._meta_log):
            log.unlink(missing_ok=True)
        upgrade(self._database_url)
        self._await(self._seed())
        self.start_gateway()
        ids = [f"--phone-number-id={PHONE_NUMBER_ID}", f"--waba={WABA}", f"--business-phone={PHONE}"]
        where = [f"--webhook={self.url}/webhooks/meta", f"--listen={self.meta.url.removeprefix('http://')}"]
        # Whether packets come on time is measured by the bench: this machine may be busy with other things.
        patience = [f"--late-audio={LATE_AUDIO_S}"]
        self._simulator = self._run(self._meta_log, ["simulate", *where, *ids, *patience])
        eventually(self.meta.has_verified_the_gateway, "the webhook handshake", STARTS_WITHIN_S)

    def start_gateway(self) -> None:
        """Also again, after it was killed."""
        self._gateway = self._run(self.log, ["serve"])
        eventually(self._is_ready, "the gateway is ready", STARTS_WITHIN_S)

    def kill_gateway(self) -> None:
        """As a crash does: `kill -9`."""
        assert self._gateway is not None
        self._gateway.kill()
        self._gateway.wait(STOPS_WITHIN_S)

    def stop(self) -> None:
        for process in (self._simulator, self._gateway):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOPS_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self._aside.shutdown()

    # ---- people and rules --------------------------------------------------------------------------------------------

    def hire(self, name: str, role: Role = Role.AGENT) -> Person:
        """Somebody new in the department, whom no other test has seen."""
        login = f"{name.split()[0].lower()}-{next(self._numbers)}"
        person = Person(login, secrets.token_urlsafe(12), name)
        self._passwords.add(person.password)

        async def add(database: Database) -> None:
            people = SqlPeopleStore(database, Passwords())
            await people.add_user(person.login, person.name, person.password, role, [DEPARTMENT])

        self._in_store(add)
        return person

    @contextmanager
    def rules(self, rules: Rules) -> Iterator[None]:
        """Other durations for the calls of a while; the gateway reads them at each call."""
        self._set_rules(rules)
        try:
            yield
        finally:
            self._set_rules(Rules())

    @contextmanager
    def recorded(self, policy: RecordingPolicy) -> Iterator[None]:
        """Calls of a while are recorded by this policy; the gateway reads it at each call."""
        self._set_recording((PolicyRule(policy),))
        try:
            yield
        finally:
            self._set_recording(())

    @contextmanager
    def planned(self, plan: Plan) -> Iterator[None]:
        """Calls of a while are led by this plan; the gateway reads it at each call."""
        self._set_plan(plan)
        try:
            yield
        finally:
            self._set_plan(None)

    # ---- what the store says -----------------------------------------------------------------------------------------

    def call_of(self, wacid: str) -> Call:
        found = self.find_call(wacid)
        assert found is not None, "the store has no such call"
        return found

    def find_call(self, wacid: str) -> Call | None:
        async def find(database: Database) -> Call | None:
            return await SqlCallStore(database).find(PhoneNumberId(PHONE_NUMBER_ID), Wacid(wacid))

        return self._in_store(find)

    def until_over(self, wacid: str) -> Call:
        """The call as it stands in the end."""
        eventually(
            lambda: (call := self.find_call(wacid)) is not None and call.state is State.ENDED, "the call is over"
        )
        return self.call_of(wacid)

    def calls_since(self, since: datetime) -> list[PastCall]:
        """Newest first."""

        async def page(database: Database) -> list[PastCall]:
            return list((await SqlHistory(database).page(HistoryFilter(since=since), limit=200)).calls)

        return self._in_store(page)

    def recording_of(self, wacid: str) -> StoredRecording | None:
        call = self.call_of(wacid)

        async def read(database: Database) -> StoredRecording | None:
            return await SqlRecordings(database).get(call.id)

        return self._in_store(read)

    def recording_state(self, wacid: str) -> RecordingState | None:
        row = self.recording_of(wacid)
        return None if row is None else row.state

    def recorded_file(self, wacid: str) -> Path:
        """The finished recording, as a gateway without a bucket and without keys keeps it."""
        row = self.recording_of(wacid)
        assert row is not None and row.file is not None
        return self._folder / "recordings" / "files" / row.file

    def journal_of(self, wacid: str) -> Path:
        return self._folder / "recordings" / "journals" / f"{self.call_of(wacid).id}.journal"

    def keep_sound(self, file: str, sound: Path) -> tuple[str, int, str]:
        """As the vault would keep it at this place: its SHA-256, its size in bytes, the place."""
        place, content = self._folder / "recordings" / "files" / file, sound.read_bytes()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return hashlib.sha256(content).hexdigest(), len(content), file

    def message_journal_of(self, wacid: str) -> Path:
        """What a customer says after the beep, as long as they do."""
        return self._folder / "voicemails" / "journals" / f"{self.call_of(wacid).id}.journal"

    def message_of(self, wacid: str) -> StoredMessage | None:
        call = self.call_of(wacid).id
        return self._in_store(lambda database: SqlMessages(database).get(call))

    def message_file(self, message: StoredMessage) -> Path:
        """As a gateway without a bucket and without keys keeps it."""
        assert message.file is not None
        return self._folder / "recordings" / "files" / message.file

    def in_store(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """What only the store can be told."""
        return self._in_store(work)

    def secrets(self) -> set[str]:
        """What no log may hold: keys, passwords, and who calls."""
        known = {word for person in CUSTOMERS.values() for word in (person.phone, person.bsuid, person.parent_bsuid)}
        return {word for word in known if word is not None} | {PHONE, *self.keys.all(), *self._passwords}

    def secrets_of_calls_since(self, since: datetime) -> set[str]:
        """Meta's ids of the calls, and the secrets of our answers to them."""
        ids = [past.id for past in self.calls_since(since)]

        async def read(database: Database) -> set[str]:
            found: set[str] = set()
            for call in [await SqlCallStore(database).get(call_id) for call_id in ids]:
                assert call is not None
                found |= {
                    *([call.wacid.value] if call.wacid else []),
                    *SDP_SECRET.findall(call.answer.value if call.answer else ""),
                }
            return found

        return self._in_store(read)

    # ---- the gateway's log -------------------------------------------------------------------------------------------

    def log_size_bytes(self) -> int:
        return self.log.stat().st_size

    def log_since(self, start_bytes: int) -> str:
        with self.log.open("rb") as log:
            log.seek(start_bytes)
            return log.read().decode()

    # ---- inside ------------------------------------------------------------------------------------------------------

    async def _seed(self) -> None:
        database = Database(self._database_url)
        try:
            await SqlDepartmentStore(database).add(DEPARTMENT)
            box = SecretBox([Token(self.keys.secret_key)])
            await SqlNumberStore(database, box).add(
                NewNumber(PHONE_NUMBER_ID, WABA, PHONE, LABEL, DEPARTMENT, outbound_enabled=True)
            )
        finally:
            await database.close()

    def _set_rules(self, rules: Rules) -> None:
        def change(session: Session) -> None:
            session.exec(select(NumberRow)).one().rules = rules

        async def run(database: Database) -> None:
            await database.run(change)

        self._in_store(run)

    def _set_recording(self, rules: tuple[PolicyRule, ...]) -> None:
        async def run(database: Database) -> None:
            number = await database.read(lambda session: session.exec(select(NumberRow)).one().id)
            await SqlRecordingPolicies(database).write(NumberId(number or 0), rules, "test", datetime.now(UTC))

        self._in_store(run)

    def _set_plan(self, plan: Plan | None) -> None:
        async def run(database: Database) -> None:
            number = await database.read(lambda session: session.exec(select(NumberRow)).one().id)
            await SqlNumberPlans(database).write_plan(NumberId(number or 0), plan, Writing("test", datetime.now(UTC)))

        self._in_store(run)

    def _in_store(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            database = Database(self._database_url)
            try:
                return await work(database)
            finally:
                await database.close()

        return self._await(run())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return self._aside.submit(asyncio.run, work).result()

    def _run(self, log: Path, command: list[str]) -> subprocess.Popen[bytes]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("RAMAL_")}
        settings = {
            "RAMAL_SECRET_KEY": self.keys.secret_key,
            "RAMAL_DATA_DIR": str(self._folder),
            "RAMAL_DATABASE_URL": self._database_url,
            "RAMAL_LISTEN": self.url.removeprefix("http://"),
            "RAMAL_PUBLIC_URL": self.url,
            "RAMAL_EMBED_ORIGINS": self.crm_url,
            "RAMAL_MEDIA_PORT": str(self.media_port),
            "RAMAL_META_PORTS": "0-0",
            "RAMAL_INTEGRATION_LOOPBACK": "true",
            "RAMAL_PUSH_HOSTS": "127.0.0.1",
            "RAMAL_GRAPH_URL": self.meta.url,
            "RAMAL_META_APP_SECRET": self.keys.app_secret,
            "RAMAL_META_VERIFY_TOKEN": self.keys.verify_token,
            "RAMAL_META_TOKEN": self.keys.token,
            "RAMAL_LOG_LEVEL": "debug",
            "RAMAL_LOG_FORMAT": "json",
        }
        settings |= self._settings
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", *command],
                cwd=self._folder,  # where no .env is
                env=own | settings,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, BEFORE_BROWSERS)
        return process

    def _is_ready(self) -> bool:
        assert self._gateway is not None
        assert self._gateway.poll() is None, "the gateway ended: see " + str(self.log)
        try:
            ask("GET", f"{self.url}/readyz")
        except (HTTPError, URLError, OSError):
            return False
        return True


def free_tcp_ports(how_many: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(how_many)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def log_lines(text: str) -> list[dict[str, Any]]:
    """The JSON lines of a log; other lines as `{"event": line}`."""
    lines = []
    for line in text.splitlines():
        try:
            read = json.loads(line)
        except ValueError:
            read = None
        lines.append(read if isinstance(read, dict) else {"event": line, "level": "error"})
    return lines
