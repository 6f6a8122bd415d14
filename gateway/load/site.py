"""The gateway under load: one that the load starts, with a database of its own, or one that is there already."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from gateway.api.session_cookies import COOKIE
from gateway.api.sessions import Sessions
from gateway.clock import utc_now
from signaling.meta_rules import Limits
from signaling.ports import Role
from signaling.private import Token
from store.database import Database
from store.departments import SqlDepartmentStore
from store.migrate import upgrade
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.secrets import SecretBox

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "127.0.0.1"
DEPARTMENT: Final = "Atendimento"
DOWN_WITHIN_S: Final = 15.0
SESSION: Final = timedelta(hours=1)  # longer than any run
LOG_END_BYTES: Final = 2000


class DidNotStart(Exception):
    """The gateway ended before it answered, or there is none; the message says what is known."""


@dataclass(frozen=True, slots=True)
class MetaAccount:
    """What gateway and simulated Meta must both know."""

    app_secret: Token
    verify_token: Token
    access_token: Token
    phone_number_id: str = "306540000000002"
    waba_id: str = "204857600000001"
    business_phone: str = field(default="551133330000", repr=False)

    @classmethod
    def made_up(cls) -> "MetaAccount":
        app_secret, verify_token, access_token = (Token(secrets.token_urlsafe(32)) for _ in range(3))
        return cls(app_secret, verify_token, access_token)


@dataclass(frozen=True, slots=True)
class Site:
    """`pid` of the gateway, where it is known: its CPU and memory are read. `passwords` by login.

    `cookies`: sessions by login, where they were made beforehand; these agents need not sign in."""

    url: str
    pid: int | None
    passwords: Mapping[str, str] = field(repr=False)
    log: Path | None = None
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


@asynccontextmanager
async def started_gateway(
    folder: Path, account: MetaAccount, graph_url: str, logins: Sequence[str], wished: Mapping[str, str]
) -> AsyncIterator[Site]:
    """A gateway of this installation on a free port, with these agents in one department, until the block is left.
    `wished`: settings of the gateway on top of what it needs. Raises NeighbourError, OSError."""
    secret_key, database_url = Token(secrets.token_urlsafe(48)), f"sqlite:///{folder / 'load.db'}"
    password = secrets.token_urlsafe(12)
    port = free_port()
    url = f"http://{HOST}:{port}"
    cookies = await _seed(database_url, secret_key, account, logins, password, url)
    settings = {
        "RAMAL_SECRET_KEY": secret_key.value,
        "RAMAL_DATA_DIR": str(folder),
        "RAMAL_DATABASE_URL": database_url,
        "RAMAL_LISTEN": f"{HOST}:{port}",
        "RAMAL_MEDIA_PORT": "0",
        "RAMAL_META_PORTS": "0-0",
        "RAMAL_GRAPH_URL": graph_url,
        "RAMAL_LOG_FORMAT": "json",
        "RAMAL_META_APP_SECRET": account.app_secret.value,
        "RAMAL_META_VERIFY_TOKEN": account.verify_token.value,
        "RAMAL_META_TOKEN": account.access_token.value,
    }
    log = folder / "gateway.log"
    async with ramal_process(folder, log, ("serve",), {**settings, **wished}) as process:
        yield Site(url, process.pid, dict.fromkeys(logins, password), log, cookies)


def last_words(log: Path) -> str:
    """The end of the gateway's log."""
    return log.read_text(errors="replace")[-LOG_END_BYTES:]


class _OnePassword(Passwords):
    """Hashes once: all agents of a load test have the same password, and a hash takes a core for 50 ms."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, str] = {}

    async def hash(self, password: str) -> str:
        if password not in self._made:
            self._made[password] = await super().hash(password)
        return self._made[password]


async def _seed(
    url: str, secret_key: Token, account: MetaAccount, logins: Sequence[str], password: str, public_url: str
) -> dict[str, str]:
    """Sessions by login, signed with the gateway's key: two thousand sign-ins would take two cores for minutes."""
    await asyncio.to_thread(upgrade, url)
    database, hashing = Database(url), _OnePassword()
    try:
        await SqlDepartmentStore(database).add(DEPARTMENT)
        people = SqlPeopleStore(database, hashing)
        sessions, cookies = Sessions([secret_key], people, utc_now, SESSION, public_url), {}
        for login in logins:
            user = await people.add_user(login, login, password, Role.AGENT, [DEPARTMENT])
            agent = await people.by_id(user.id)
            assert agent is not None
            cookies[login] = f"{COOKIE}={sessions.issue(agent).token.value}"
        numbers = SqlNumberStore(database, SecretBox([secret_key]))
        await numbers.add(
            NewNumber(
                account.phone_number_id,
                account.waba_id,
                account.business_phone,
                "Load",
                DEPARTMENT,
                outbound_enabled=True,
                limits=Limits(permission_reads_per_s=100),  # as Meta allows since 2026 (reference C9)
            )
        )
        return cookies
    finally:
        hashing.close()
        await database.close()


@asynccontextmanager
async def ramal_process(
    folder: Path, log_file: Path, arguments: tuple[str, ...], settings: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`ramal <arguments>` with these settings and none of the caller's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAMAL_")}
    with log_file.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", *arguments),
            cwd=folder,  # no `.env` of the caller's either
            env={**kept, "PYTHONPATH": str(ROOT), **settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    except BaseException:  # Ctrl+C: Meta is gone already, and the gateway would try for seconds to end its calls there
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(DOWN_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def free_port() -> int:
    """A TCP port that nobody has now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
