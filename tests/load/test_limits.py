"""A number at its limit with everything real: webhooks, Graph, seats, a gateway in a process of its own."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.load.site import MetaAccount, free_port, started_gateway
from signaling.private import Token
from store.database import Database
from store.numbers import SqlNumberStore
from store.secrets import SecretBox
from tests.load.test_load import last_line, ramal_load

LIMIT = 2
USED = ("ramal_capacity_used", "inbound")
REFUSED = ("ramal_calls_refused_total", "capacity.inbound_full")


PATIENCE_S = 60.0  # Meta's last word on a call may be missing: then it is closed after Rules.close_s


async def metrics_of(gateway_url: str) -> Mapping[tuple[str, str], float]:
    """Name and label (directions before numbers) → value."""
    async with aiohttp.ClientSession() as http, http.get(f"{gateway_url}/metrics") as response:
        page = await response.text()
    return {
        (sample.name, next((sample.labels[name] for name in sorted(sample.labels)), "")): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def places_come_back(gateway_url: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await metrics_of(gateway_url))[USED] > 0:  # noqa: ASYNC110 (in another process)
            await asyncio.sleep(0.1)


async def allow(folder: Path, account: MetaAccount, calls: int) -> None:
    database = Database(f"sqlite:///{folder / 'load.db'}")
    numbers = SqlNumberStore(database, SecretBox([Token("no token is read: 32 characters.")]))
    await numbers.set_limit(account.phone_number_id, "concurrent_inbound", str(calls))
    await database.close()


async def test_a_number_at_its_limit_rejects_at_meta_holds_the_others_and_gives_all_places_back(tmp_path: Path) -> None:
    account, meta_port = MetaAccount.made_up(), free_port()
    users, agents = tmp_path / "users.json", ["ana", "bia", "caio", "davi"]
    graph_url = f"http://127.0.0.1:{meta_port}"
    async with started_gateway(tmp_path, account, graph_url, agents, {"RAMAL_PLANE": "python"}) as site:
        await allow(tmp_path, account, LIMIT)
        users.write_text(json.dumps(dict(site.passwords)))
        code, out, err = await ramal_load(
            *("--json", "--calls=4", "--rate=4", "--duration=4", "--hold=60", "--no-media"),
            *(f"--gateway={site.url}", f"--users={users}", f"--listen=127.0.0.1:{meta_port}"),
            RAMAL_META_APP_SECRET=account.app_secret.value,
            RAMAL_META_VERIFY_TOKEN=account.verify_token.value,
            RAMAL_META_TOKEN=account.access_token.value,
        )
        assert code == 0, err
        told, shown = last_line(out), await metrics_of(site.url)
        assert told["calls_up"] == LIMIT
        assert told["failures_by_reason"] == {"ended_by_business": shown[REFUSED]}
        assert shown[REFUSED] > 0
        await places_come_back(site.url)
