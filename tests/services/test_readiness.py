"""Readiness over REST: a real gateway, first with no Meta behind it, then with one that says what it has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.simulator.app import running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.ids import NumberId
from signaling.plan import Plan
from signaling.private import Token
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.database import Database
from store.deliveries import SqlDeliveryStore
from store.number_plans import SqlNumberPlans, Writing
from tests.scenarios.plan_world import PLAN
from tests.services.gateways import closed_port, served
from tests.services.samples import build_town, new_number, numbers_in
from tests.services.test_plan_routes import Client, Door
from tests.simulator.silent_lines import SilentLines

OURS = "306540000000002"


@asynccontextmanager
async def client_of(url: str, folder: Path, **settings: str) -> AsyncIterator[Client]:
    """Of a gateway with a thread and a loop of its own; its start and its end are waited for in threads."""
    database = Database(url)
    await build_town(database)
    number = await numbers_in(database).add(new_number(OURS, label="Loja", outbound_enabled=True))
    tokens = {}
    for name, scope in (("write", Scope.NUMBERS_READ), ("none", Scope.CALLS_READ)):
        tokens[name] = (await SqlApiKeyStore(database).add(NewKey(name, (scope.value,)), datetime.now(UTC)))[1].value
    await database.close()
    gateway = served(url, folder, **settings)
    up = await asyncio.to_thread(gateway.__enter__)
    try:
        yield Client(Door(up.url, url, tokens), number.id)
    finally:
        await asyncio.to_thread(gateway.__exit__, None, None, None)


async def states(client: Client, query: str = "") -> dict[str, tuple[str, str | None]]:
    status, answer = await client.ask("GET", f"{client.root}/readiness{query}")
    assert status == 200, answer
    return {check["code"]: (check["state"], check["why"]) for check in answer["checks"]}


async def test_while_meta_is_away_the_list_says_what_is_not_known_and_the_rest(sqlite_url: str, tmp_path: Path) -> None:
    async with client_of(sqlite_url, tmp_path) as client:
        found = await states(client)
        assert found["token"] == ("unknown", "away")
        assert found["calling"] == ("unknown", None)
        assert found["webhook_settings"] == ("missing", "no_secret")
        assert found["webhook_delivers"] == ("missing", "never")
        assert found["department"] == ("missing", None)
        assert (found["outbound"], found["https"]) == (("fine", None), ("fine", "local"))
        assert found["plan_waits"] == ("missing", "usual")
        assert "takers" not in found, "there is no department in which somebody could"
        first = (await client.ask("GET", "/numbers"))[1]["numbers"][0]["id"]
        status, answer = await client.ask("GET", f"/numbers/{first}/readiness")
        counts = {check["code"]: check["data"].get("count") for check in answer["checks"]}
        assert (status, counts["takers"], counts["free"]) == (200, 2, 0)
        assert (answer["calls_in"], answer["meta_at"]) == ("missing", None)
        assert (await client.ask("GET", f"{client.root}/readiness", key="none"))[0] == 403
        assert (await client.ask("GET", "/numbers/999/readiness"))[0] == 404
        assert (await client.ask("GET", f"{client.root}/readiness?anew=yes"))[0] == 400


async def test_what_meta_says_is_in_the_list_and_asked_again_when_somebody_wants_it(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.number_facts.SOONEST", timedelta(0))
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("EAAtest"),
        rules=MetaRules(graph_latency_s=0.0),
    )
    async with (
        running(settings, lines=SilentLines()) as meta,
        client_of(
            sqlite_url, tmp_path, graph_url=meta.url, meta_app_secret="app secret", meta_verify_token="verify"
        ) as client,
    ):
        database = Database(sqlite_url)
        await SqlDeliveryStore(database).keep(b"{}", datetime.now(UTC))
        await database.close()
        found = await states(client)
        assert found["token"] == found["calling"] == found["sip"] == found["restrictions"] == ("fine", None)
        assert found["webhook_settings"] == found["webhook_delivers"] == ("fine", None)
        assert "icon" not in found
        meta.exchange.change_settings({"calling": {"status": "DISABLED", "call_icon_visibility": "DISABLE_ALL"}})
        assert (await states(client))["calling"] == ("fine", None), "kept for some minutes"
        found = await states(client, "?anew=true")
        assert (found["calling"], found["icon"]) == (("missing", None), ("missing", None))
        plan = replace(PLAN, language="klingon")
        database = Database(sqlite_url)
        await _write(database, client.number, plan)
        await database.close()
        assert (await states(client))["plan"] == ("missing", "problems")


async def test_a_token_that_meta_refuses_is_missing_and_not_unknown(sqlite_url: str, tmp_path: Path) -> None:
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("another"),
        rules=MetaRules(graph_latency_s=0.0),
    )
    async with (
        running(settings, lines=SilentLines()) as meta,
        client_of(sqlite_url, tmp_path, graph_url=meta.url) as client,
    ):
        assert (await states(client))["token"] == ("missing", "refused")


async def _write(database: Database, number: int, plan: Plan) -> None:
    await SqlNumberPlans(database).write_plan(NumberId(number), plan, Writing("shell", datetime.now(UTC)))
