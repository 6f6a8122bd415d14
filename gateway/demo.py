"""`ramal demo`: a gateway, a simulated Meta, a number and users on this machine, from nothing, and again in a moment.

What must stay the same between two starts (keys, passwords) is made once, at random, and kept in a file that only its
owner can read.
"""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import typer

from gateway.app import running, spare_the_collector
from gateway.foundations import NotReady
from gateway.settings import Listen, Settings
from signaling.private import Token
from store.demo import DEMO_LOGINS, seed
from store.migrate import upgrade

PHONE_NUMBER_ID: Final = "306540000000002"
WABA: Final = "204857600000001"
PHONE: Final = "551133330000"
READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else
PASSWORD_CHARS: Final = 10
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """One demo's keys and passwords. Passwords by login."""

    secret_key: str
    app_secret: str
    verify_token: str
    meta_token: str
    passwords: dict[str, str]

    @classmethod
    def kept_in(cls, file: Path) -> "DemoSecrets":
        """Those of `file`, which is made when it is not there."""
        if file.exists():
            return cls(**json.loads(file.read_text()))
        made = cls(
            secret_key=secrets.token_urlsafe(48),
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_urlsafe(16),
            meta_token=f"demo-{secrets.token_urlsafe(24)}",
            passwords={login: _password() for login in DEMO_LOGINS},
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            json.dump(asdict(made), out, indent=2)
        return made


def _password() -> str:
    return "".join(secrets.choice(READABLE) for _ in range(PASSWORD_CHARS))


def demo_settings(folder: Path, demo: DemoSecrets, listen: Listen, meta: Listen, media_port: int) -> Settings:
    """Settings of the demo; a `.env` of the real gateway is not read."""
    return Settings.load(
        env_file=None,
        secret_key=demo.secret_key,
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'ramal.db'}",
        listen=listen,
        public_url=f"http://{listen.host}:{listen.port}",
        media_port=media_port,
        graph_url=f"http://{meta.host}:{meta.port}",
        meta_app_secret=demo.app_secret,
        meta_verify_token=demo.verify_token,
        meta_token=demo.meta_token,
        log_level="warning",
    )


async def run(folder: Path, listen: Listen, meta: Listen, media_port: int) -> None:
    """Run until cancelled. Prints where everything is as soon as it is there."""
    demo = await asyncio.to_thread(DemoSecrets.kept_in, folder / "demo.json")
    settings = demo_settings(folder, demo, listen, meta, media_port)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(_simulator(listen, meta, demo))  # it starts while we do
        await asyncio.to_thread(upgrade, settings.database_url.value)
        await seed(settings.database_url.value, Token(demo.secret_key), PHONE_NUMBER_ID, WABA, PHONE, demo.passwords)
        await stack.enter_async_context(running(settings))
        await _first_line(simulator)
        spare_the_collector()
        _show(listen, meta, demo)
        code = await simulator.wait()
        raise typer.Exit(code or 1)  # it never ends by itself


@asynccontextmanager
async def _simulator(listen: Listen, meta: Listen, demo: DemoSecrets) -> AsyncIterator[asyncio.subprocess.Process]:
    """Meta runs in a process of its own, as the real one does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.simulator",
        f"--webhook=http://{listen.host}:{listen.port}/webhooks/meta",
        f"--listen={meta.host}:{meta.port}",
        f"--phone-number-id={PHONE_NUMBER_ID}",
        f"--waba={WABA}",
        f"--business-phone={PHONE}",
        env={
            **os.environ,
            "RAMAL_META_APP_SECRET": demo.app_secret,
            "RAMAL_META_VERIFY_TOKEN": demo.verify_token,
            "RAMAL_META_TOKEN": demo.meta_token,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _first_line(simulator: asyncio.subprocess.Process) -> None:
    """Its first line says that it answers. Raises NotReady."""
    assert simulator.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            line = await simulator.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        raise NotReady("the simulated Meta did not start; what it said is above")


def _show(listen: Listen, meta: Listen, demo: DemoSecrets) -> None:
    logins = "\n".join(
        f"    {login:<8} {demo.passwords[login]:<14} {role} · {papel}" for login, (role, papel) in DEMO_LOGINS.items()
    )
    typer.echo(
        f"""
  Ramal is ready · O Ramal está pronto

    Softphone               http://{listen.host}:{listen.port}/
    WhatsApp (simulated)    http://{meta.host}:{meta.port}/

{logins}

  Sign in as ana, press "Get ready", then press call on the simulated customer's page.
  Entre como ana, clique em "Ficar disponível" e depois em ligar na página do cliente simulado.
  Ctrl+C stops everything · Ctrl+C encerra tudo.
"""
    )
