"""A gateway, its database and a simulated Meta: each a process of its own, as in real life, so that what the gateway
costs can be told from what its test costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from gateway.load.site import HOST, DidNotStart, MetaAccount, free_port, last_words, ramal_process, started_gateway
from gateway.load.site import Site as GatewaySite
from tests.bench.whole.meta import SimulatedMeta

PLANE: Final = "python"
UP_WITHIN_S: Final = 60.0
LOOK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Site:
    gateway: GatewaySite
    gateway_pid: int
    meta: SimulatedMeta


@asynccontextmanager
async def running_site(folder: Path, agents: int) -> AsyncIterator[Site]:
    """Everything up, with so many agents in one department, until the block is left. Raises DidNotStart."""
    account, meta_port, log = MetaAccount.made_up(), free_port(), folder / "simulator.log"
    meta_url, logins = f"http://{HOST}:{meta_port}", [f"agent{number}" for number in range(agents)]
    async with (
        started_gateway(folder, account, meta_url, logins, {"RAMAL_PLANE": PLANE}) as gateway,
        ramal_process(folder, log, _simulate(account, gateway.url, meta_port), _secrets_of(account)) as simulator,
        aiohttp.ClientSession() as http,
    ):
        assert gateway.log is not None and gateway.pid is not None
        meta = SimulatedMeta(meta_url, http)
        await _until_up(meta, simulator, (log, gateway.log))
        yield Site(gateway, gateway.pid, meta)


def _simulate(account: MetaAccount, gateway_url: str, port: int) -> tuple[str, ...]:
    return (
        "simulate",
        f"--webhook={gateway_url}/webhooks/meta",
        f"--listen={HOST}:{port}",
        f"--phone-number-id={account.phone_number_id}",
        f"--waba={account.waba_id}",
        f"--business-phone={account.business_phone}",
    )


def _secrets_of(account: MetaAccount) -> dict[str, str]:
    return {
        "RAMAL_META_APP_SECRET": account.app_secret.value,
        "RAMAL_META_VERIFY_TOKEN": account.verify_token.value,
        "RAMAL_META_TOKEN": account.access_token.value,
    }


async def _until_up(meta: SimulatedMeta, simulator: asyncio.subprocess.Process, logs: tuple[Path, ...]) -> None:
    """Meta has shaken hands with the gateway, so both are there. Nothing tells when: it is asked again and again."""
    try:
        async with asyncio.timeout(UP_WITHIN_S):
            while not await meta.is_verified():
                if simulator.returncode is not None:
                    break
                await asyncio.sleep(LOOK_EVERY_S)
            else:
                return
    except TimeoutError:
        pass
    raise DidNotStart("\n".join(f"{log.name}: …{last_words(log)}" for log in logs))
