"""A gateway, its database and a simulated Meta: each a process of its own, as in real life, so that what the gateway
costs can be told from what its test costs."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from signaling.ports import Role
from signaling.private import Token
from store.database import Database
from store.departments import SqlDepartmentStore
from store.migrate import upgrade
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.secrets import SecretBox
from tests.bench.whole.meta import SimulatedMeta

ROOT: Final = Path(__file__).parents[3]
PLANE: Final = "python"
HOST: Final = "127.0.0.1"
PHONE_NUMBER_ID: Final = "306540000000002"
WABA: Final = "204857600000001"
PHONE: Final = "551133330000"
DEPARTMENT: Final = "Atendimento"
UP_WITHIN_S: Final = 60.0
DOWN_WITHIN_S: Final = 15.0
LOOK_EVERY_S: Final = 0.1


class DidNotStart(Exception):
    """A process of the bench ended or never answered; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Site:
    """`passwords` by login."""

    gateway_url: str
    gateway_pid: int
    meta: SimulatedMeta
    passwords: Mapping[str, str] = field(repr=False)


@asynccontextmanager
async def running_site(folder: Path, agents: int) -> AsyncIterator[Site]:
    """Everything up, with so many agents in one department, until the block is left. Raises DidNotStart."""
    secret_key, app_secret, verify_token, token = (secrets.token_urlsafe(48) for _ in range(4))
    database_url = f"sqlite:///{folder / 'bench.db'}"
    passwords = {f"agent{number}": secrets.token_urlsafe(12) for number in range(agents)}
    await _seed(database_url, Token(secret_key), passwords)
    gateway_port, meta_port = _free_ports(2)
    gateway_url, meta_url = f"http://{HOST}:{gateway_port}", f"http://{HOST}:{meta_port}"
    shared = {
        "RAMAL_META_APP_SECRET": app_secret,
        "RAMAL_META_VERIFY_TOKEN": verify_token,
        "RAMAL_META_TOKEN": token,
    }
    settings = {
        "RAMAL_SECRET_KEY": secret_key,
        "RAMAL_DATA_DIR": str(folder),
        "RAMAL_DATABASE_URL": database_url,
        "RAMAL_LISTEN": f"{HOST}:{gateway_port}",
        "RAMAL_MEDIA_PORT": "0",
        "RAMAL_META_PORTS": "0-0",
        "RAMAL_GRAPH_URL": meta_url,
        "RAMAL_PLANE": PLANE,
        "RAMAL_LOG_FORMAT": "json",
    }
    simulate = (
        "simulate",
        f"--webhook={gateway_url}/webhooks/meta",
        f"--listen={HOST}:{meta_port}",
        f"--phone-number-id={PHONE_NUMBER_ID}",
        f"--waba={WABA}",
        f"--business-phone={PHONE}",
    )
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(_process(folder, "gateway", ("serve",), shared | settings))
        simulator = await stack.enter_async_context(_process(folder, "simulator", simulate, shared))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        meta = SimulatedMeta(meta_url, http)
        await _until_up(meta, {folder / "gateway.log": gateway, folder / "simulator.log": simulator})
        yield Site(gateway_url, gateway.pid, meta, passwords)


async def _seed(database_url: str, secret_key: Token, passwords: Mapping[str, str]) -> None:
    await asyncio.to_thread(upgrade, database_url)
    database = Database(database_url)
    try:
        await SqlDepartmentStore(database).add(DEPARTMENT)
        people = SqlPeopleStore(database, Passwords())
        for login, password in passwords.items():
            await people.add_user(login, login, password, Role.AGENT, [DEPARTMENT])
        numbers = SqlNumberStore(database, SecretBox([secret_key]))
        await numbers.add(NewNumber(PHONE_NUMBER_ID, WABA, PHONE, "Bench", DEPARTMENT))
    finally:
        await database.close()


def _free_ports(count: int) -> list[int]:
    """TCP ports that nobody has now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@asynccontextmanager
async def _process(
    folder: Path, name: str, arguments: tuple[str, ...], settings: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`ramal <arguments>` with these settings and none of the caller's; what it prints goes to `<name>.log`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAMAL_")}
    with (folder / f"{name}.log").open("wb") as log:
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
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(DOWN_WITHIN_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _until_up(meta: SimulatedMeta, processes: Mapping[Path, asyncio.subprocess.Process]) -> None:
    """Meta has shaken hands with the gateway, so both are there. Nothing tells when: it is asked again and again."""
    try:
        async with asyncio.timeout(UP_WITHIN_S):
            while not await meta.is_verified():
                for log, process in processes.items():
                    if process.returncode is not None:
                        raise DidNotStart(_last_lines(log))
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise DidNotStart("\n".join(_last_lines(log) for log in processes)) from None


def _last_lines(log: Path) -> str:
    return f"{log.name}: …{log.read_text(errors='replace')[-2000:]}"
