"""A number's settings over REST: one real gateway with the strict simulated Meta behind it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.number_standing import Standing
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.private import Token
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.audit import SqlAudit
from store.database import Database
from store.departments import SqlDepartmentStore
from tests.services.gateways import closed_port, served
from tests.services.samples import build_town, new_number, numbers_in, people_in
from tests.services.test_plan_routes import Client, Door
from tests.simulator.silent_lines import SilentLines

OURS, WABA, PHONE = "306540000000002", "204857600000001", "+55 11 3333-0000"


@dataclass
class Site:
    door: Door
    meta: RunningSimulator
    loop: asyncio.AbstractEventLoop

    def stand(self, **standing: Any) -> None:
        self.meta.exchange.standing = Standing(**standing)

    def somebody_changes_meta(self, **calling: Any) -> None:
        async def change() -> None:
            assert self.meta.exchange.change_settings({"calling": calling}) is None

        asyncio.run_coroutine_threadsafe(change(), self.loop).result(10)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("settings")
    path = folder / "ramal.db"
    path.write_bytes(sqlite_template.read_bytes())
    url, up, found, stop = f"sqlite:///{path}", Event(), list[Any](), asyncio.Event()

    async def meta() -> None:
        settings = SimulatorSettings(
            webhook_url=f"http://127.0.0.1:{closed_port()}",
            app_secret=Token("app secret"),
            verify_token=Token("verify"),
            access_token=Token("EAAtest"),
            rules=MetaRules(graph_latency_s=0.0),
        )
        async with running(settings, lines=SilentLines()) as simulator:
            found.extend((simulator, asyncio.get_running_loop()))
            up.set()
            await stop.wait()

    async def fill() -> dict[str, str]:
        database, now, tokens = Database(url), datetime.now(UTC), {}
        await build_town(database)
        for name, scopes in (("write", (Scope.NUMBERS_READ, Scope.NUMBERS_WRITE)), ("read", (Scope.NUMBERS_READ,))):
            new = NewKey(name, tuple(scope.value for scope in scopes), per_minute=100_000)
            tokens[name] = (await SqlApiKeyStore(database).add(new, now))[1].value
        held = NewKey("held", (Scope.NUMBERS_WRITE.value,), numbers=("106540352242922",))
        tokens["held"] = (await SqlApiKeyStore(database).add(held, now))[1].value
        await database.close()
        return tokens

    thread = Thread(target=lambda: asyncio.run(meta()))
    thread.start()
    assert up.wait(30)
    simulator, loop = found
    try:
        tokens = asyncio.run(fill())
        with served(url, folder, graph_url=simulator.url, meta_app_secret="app secret") as gateway:
            yield Site(Door(gateway.url, url, tokens), simulator, loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


@pytest.fixture
async def client(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A number of the simulated Meta's, as if it had just been added."""
    monkeypatch.setattr("signaling.number_facts.SOONEST", timedelta(0))
    site.stand()
    site.somebody_changes_meta(status="ENABLED", call_icon_visibility="DEFAULT", callback_permission_status="DISABLED")
    database = Database(site.door.database_url)
    number = await numbers_in(database).add(new_number(OURS, waba_id=WABA, phone=PHONE, label="Loja"))
    client = Client(site.door, number.id)
    yield client
    await database.close()
    await client.ask("DELETE", client.root)


async def settings_of(client: Client) -> dict[str, Any]:
    status, answer = await client.ask("GET", f"{client.root}/settings")
    assert status == 200, answer
    return answer


def form(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    kept = ("version", "label", "slug", "department_id", "inbound", "outbound", "template")
    limits = {limit["name"]: limit["value"] for limit in answer["limits"]}
    rules = {rule["name"]: rule["value"] for rule in answer["rules"]}
    return {name: answer[name] for name in kept} | {"limits": limits, "rules": rules, "at_meta": {}} | changes


def places(answer: dict[str, Any]) -> dict[str, tuple[Any, Any, Any]]:
    return {p["place"]: (p["ours"], p["metas"], p["failure"]) for p in answer["at_meta"]["places"]}


async def test_a_number_is_shown_with_what_meta_has_and_says_of_it(client: Client) -> None:
    answer = await settings_of(client)
    assert (answer["label"], answer["slug"], answer["country"], answer["own_token"]) == ("Loja", "loja", "BR", False)
    assert answer["at_meta"]["state"] == "left_alone"
    assert places(answer) == {
        "calling": (None, "on", None),
        "icon": (None, "shown", None),
        "callback": (None, "off", None),
        "countries": (None, "all", None),
    }
    live = answer["live"]
    assert (live["tier"], live["messaging_limit"], live["quality"]) == ("TIER_100K", 100_000, "GREEN")
    assert live["health"] == [{"entity": "PHONE_NUMBER", "can_send": "AVAILABLE", "errors": []}]
    limit = next(limit for limit in answer["limits"] if limit["name"] == "connected_calls_per_24h")
    assert (limit["value"], limit["metas"], limit["since"]) == (100, 100, "2025-12-19")


async def test_the_list_of_numbers_says_how_each_stands_as_far_as_somebody_may_know_of_it(
    client: Client, site: Site
) -> None:
    site.stand(quality="YELLOW", health="LIMITED")
    site.somebody_changes_meta(status="DISABLED")
    wanted = form(await settings_of(client), at_meta={"icon": "shown"})
    assert (await client.ask("PUT", f"{client.root}/settings", json=wanted))[0] == 200
    site.somebody_changes_meta(call_icon_visibility="DISABLE_ALL")
    assert (await client.ask("POST", f"{client.root}/check"))[0] == 200
    alerts = (await settings_of(client))["alerts"]
    assert alerts == [{"code": "webhook_no_verify_token", "place": "readiness", "kind": None, "until": None}]
    status, answer = await client.ask("GET", "/numbers/standing")
    assert status == 200, answer
    line = next(line for line in answer["numbers"] if line["id"] == client.number)
    assert (line["label"], line["department"], line["disabled"], line["alerts"]) == ("Loja", None, False, alerts)
    calling, health = line["calling"], line["health"]
    assert (calling["at_meta"], calling["ours"], calling["differing"]) == ("disabled", None, ["icon"])
    assert (health["state"], health["can_send"], health["quality"]) == ("fresh", "LIMITED", "YELLOW")
    assert health["at"] is not None and health["failure"] is None
    await client.ask("POST", f"{client.root}/disable")
    listed = (await client.ask("GET", "/numbers/standing"))[1]["numbers"]
    assert [line["disabled"] for line in listed if line["id"] == client.number] == [True]


async def test_it_is_written_whole_told_to_meta_and_a_drift_is_shown(client: Client, site: Site) -> None:
    before = await settings_of(client)
    wanted = {"calling": True, "icon": "hidden", "callback": True}
    body = form(before, label="Loja Nova", slug="loja-nova", outbound=True, at_meta=wanted)
    body["limits"]["concurrent_inbound"] = 5_000
    body["rules"]["wrap_up_s"] = 30.0
    status, after = await client.ask("PUT", f"{client.root}/settings", json=body)
    assert status == 200, after
    assert (after["label"], after["outbound"], after["at_meta"]["state"]) == ("Loja Nova", True, "same")
    assert places(after)["icon"] == ("hidden", "hidden", None)
    assert site.meta.exchange.number.calling["callback_permission_status"] == "ENABLED"
    status, refused = await client.ask("PUT", f"{client.root}/settings", json=body)
    assert (status, refused["error"]["code"], refused["error"]["version"]) == (409, "changed_meanwhile", 1)
    site.somebody_changes_meta(call_icon_visibility="DEFAULT")
    assert (await client.ask("POST", f"{client.root}/check"))[0] == 200
    drifted = await settings_of(client)
    assert (drifted["at_meta"]["state"], places(drifted)["icon"]) == ("different", ("hidden", "shown", None))
    status, synced = await client.ask("POST", f"{client.root}/settings/sync")
    assert (status, synced["at_meta"]["state"]) == (200, "same")
    assert site.meta.exchange.number.calling["call_icon_visibility"] == "DISABLE_ALL"


async def test_operators_are_departments_and_users_who_count_among_the_people_of_the_number(client: Client) -> None:
    before = await settings_of(client)
    assert (before["department_id"], before["operators"], before["people"]["take"]) == (None, None, 0)
    database = Database(client.door.database_url)
    (place,), (ana, *_) = await SqlDepartmentStore(database).all(), await people_in(database).users()
    ana_alone = {"department_ids": [], "agent_ids": [ana.id]}
    status, after = await client.ask("PUT", f"{client.root}/settings", json=form(before, operators=ana_alone))
    assert (status, after["operators"], after["people"]["take"]) == (200, ana_alone, 1), after
    everybody = {"department_ids": [place.id], "agent_ids": [ana.id]}
    status, after = await client.ask("PUT", f"{client.root}/settings", json=form(after, operators=everybody))
    assert (status, after["operators"]) == (200, everybody), after
    assert (after["people"]["take"], after["people"]["call"]) == (2, 2), "Ana, who is of the department too, once"
    for wrong, code in (
        ({"department_ids": [], "agent_ids": []}, "nobody"),
        ({"department_ids": [999], "agent_ids": []}, "unknown"),
        ({"department_ids": [], "agent_ids": [999]}, "unknown"),
    ):
        status, answer = await client.ask("PUT", f"{client.root}/settings", json=form(after, operators=wrong))
        assert (status, [(p["field"], p["code"]) for p in answer["error"]["problems"]]) == (422, [("operators", code)])
    assert (await settings_of(client))["operators"] == everybody
    lines = [line for line in await SqlAudit(database).newest(5) if line.action == "number.settings_written"]
    assert [line.data["changed"] for line in lines[:2]] == ["operators"] * 2
    await database.close()
    status, again = await client.ask("PUT", f"{client.root}/settings", json=form(after))
    assert (status, again["operators"]) == (200, None)


async def test_what_is_wrong_is_said_by_its_field_and_nothing_is_kept(client: Client, site: Site) -> None:
    before = await settings_of(client)
    body = form(before, label=" ", slug="Não", department_id=999, at_meta={"countries": ["Brazil"]})
    body["limits"] |= {"concurrent_inbound": [], "gravity": 1}
    status, answer = await client.ask("PUT", f"{client.root}/settings", json=body)
    assert status == 422
    assert {(problem["field"], problem["code"]) for problem in answer["error"]["problems"]} == {
        ("label", "missing"),
        ("slug", "bad_slug"),
        ("limits.concurrent_inbound", "wrong_type"),
        ("limits.gravity", "unknown_field"),
        ("at_meta.countries", "bad_country"),
    }
    status, answer = await client.ask("PUT", f"{client.root}/settings", json=form(before, department_id=999))
    assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [("department_id", "unknown")]
    status, answer = await client.ask("PUT", f"{client.root}/settings", json=form(before, slug="vendas"))
    assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [("slug", "taken")]
    site.stand(on_biz_app=True)
    await client.ask("POST", f"{client.root}/check")
    wanted = form(before, at_meta={"calling": True})
    status, answer = await client.ask("PUT", f"{client.root}/settings", json=wanted)
    assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [("at_meta.calling", "coexistence")]
    assert (await settings_of(client))["version"] == before["version"]
    assert (await client.ask("PUT", f"{client.root}/settings", key="read", json=wanted))[0] == 403


async def test_the_check_asks_meta_and_subscribing_mends_what_it_finds(client: Client, site: Site) -> None:
    site.meta.exchange.subscribe_app(subscribed=False)
    status, answer = await client.ask("POST", f"{client.root}/check")
    found = {each["code"]: (each["state"], each["why"]) for each in answer["findings"]}
    assert (status, found["token"], found["subscribed"]) == (200, ("fine", None), ("missing", None))
    assert found["webhook"] == ("missing", "no_verify_token")
    status, answer = await client.ask("POST", f"{client.root}/subscribe")
    mended = {each["code"]: each["state"] for each in answer["findings"]}
    assert (status, mended["subscribed"], site.meta.exchange.number.subscribed) == (200, "fine", True)


async def test_a_token_that_meta_refuses_is_not_kept(client: Client) -> None:
    status, answer = await client.ask("PUT", f"{client.root}/token", json={"token": "EAAwrong"})
    assert (status, answer["error"]["problems"][0]["code"]) == (422, "token_refused")
    assert (await settings_of(client))["own_token"] is False
    status, answer = await client.ask("PUT", f"{client.root}/token", json={"token": "EAAtest"})
    assert status == 200
    assert (await settings_of(client))["own_token"] is True
    assert (await client.ask("PUT", f"{client.root}/token", json={"token": None}))[0] == 200
    assert "EAAtest" not in str(await settings_of(client))


async def test_a_number_is_disabled_enabled_and_removed(client: Client) -> None:
    status, answer = await client.ask("POST", f"{client.root}/disable")
    assert (status, answer["disabled_at"] is not None, answer["inbound"]) == (200, True, True)
    listed = {n["id"]: n for n in (await client.ask("GET", "/numbers"))[1]["numbers"]}
    assert (listed[client.number]["inbound_enabled"], listed[client.number]["disabled"]) == (False, True)
    status, answer = await client.ask("POST", f"{client.root}/enable")
    assert (status, answer["disabled_at"]) == (200, None)
    assert (await client.ask("DELETE", client.root))[0] == 204
    assert (await client.ask("GET", f"{client.root}/settings"))[0] == 404


async def test_a_number_is_added_only_when_meta_says_that_it_can_be(client: Client, site: Site) -> None:
    await client.ask("DELETE", client.root)
    new = {"phone_number_id": OURS, "waba_id": WABA, "phone": PHONE, "label": "Filial", "outbound": True}
    asked = {name: value for name, value in new.items() if name != "outbound"}
    status, answer = await client.ask("POST", "/numbers/check", json=asked)
    assert (status, [f["code"] for f in answer["findings"] if f["stops"]]) == (200, [])
    for wrong, problem in (
        ({"phone_number_id": "12"}, ("phone_number_id", "number_unknown")),
        ({"phone": "+55 11 99999-9999"}, ("phone", "number_other_phone")),
        ({"waba_id": "12"}, ("waba_id", "account_unknown")),
        ({"token": "EAAwrong"}, ("token", "token_refused")),
        ({"phone": "agora"}, ("phone", "wrong")),
        ({"slug": "vendas"}, ("slug", "taken")),
        ({"department_id": 999}, ("department_id", "unknown")),
        ({"label": ""}, ("label", "missing")),
    ):
        status, answer = await client.ask("POST", "/numbers", json=new | wrong)
        assert status == 422, (wrong, answer)
        assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [problem]
    site.stand(on_biz_app=True)
    status, answer = await client.ask("POST", "/numbers", json=new)
    assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [("phone_number_id", "coexistence")]
    site.stand()
    assert (await client.ask("POST", "/numbers", key="held", json=new))[0] == 403
    status, answer = await client.ask("POST", "/numbers", json=new)
    assert (status, answer["slug"]) == (201, "filial")
    again = await client.ask("POST", "/numbers", json=new)
    assert [(p["field"], p["code"]) for p in again[1]["error"]["problems"]] == [("phone_number_id", "taken")]
    await client.ask("DELETE", f"/numbers/{answer['id']}")
