"""Keys, scopes, limits, and the audit, over the real store. On both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from signaling.private import Token
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.audit import Entry, SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.idempotency import Begun, Different, Done, SqlIdempotency
from store.refusal import Refusal
from tests.services.gateways import ServedGateway, served
from tests.services.samples import NOW, PASSWORD, build_town, call_in, customer


@pytest.fixture
def gateway(database_url: str, tmp_path: Path) -> Iterator[ServedGateway]:
    with served(database_url, tmp_path, integration_loopback="true") as running:
        yield running


async def key_with(database: Database, *scopes: Scope, **more: Any) -> Token:
    new = NewKey("CRM", tuple(scope.value for scope in scopes), **more)
    return (await SqlApiKeyStore(database).add(new, datetime.now(UTC)))[1]


async def ask(
    gateway: ServedGateway, token: Token | None, method: str, path: str, **more: Any
) -> tuple[int, dict[str, Any], Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token.value}"}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"{gateway.url}/api/v1{path}", headers=headers, **more) as response,
    ):
        return response.status, {} if response.status == 204 else await response.json(), response.headers


async def test_each_route_opens_to_its_scope_and_to_no_other(gateway: ServedGateway, database: Database) -> None:
    """The matrix is read from the description: every route with a scope, every scope."""
    await build_town(database)
    described = (await ask(gateway, None, "GET", "/openapi.json"))[1]
    keys = {scope: await key_with(database, scope, per_minute=100_000) for scope in Scope}
    routes = [
        (method.upper(), path.removeprefix("/api/v1"), operation["x-scope"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if "x-scope" in operation
    ]
    beside_another = {Scope.RECORDINGS_DOWNLOAD}  # opens no route by itself (tests of replaying show what it adds)
    assert {scope for _, _, scope in routes} == set(Scope) - beside_another
    refused = 0
    for method, path, needed in routes:
        address = path.replace("{call_id}", "0" * 32).replace("{code}", "2026000001").replace("{id}", "1")
        address = address.replace("{export_id}", "0" * 32)
        for scope, token in keys.items():
            status, answer, _ = await ask(gateway, token, method, address)
            if scope.value == needed:
                said = answer.get("error", {}).get("code")  # 403 `bad_ticket` comes from behind the door
                assert status != 401 and said != "forbidden", (method, path, answer)
            else:
                assert (status, answer["error"]["code"]) == (403, "forbidden"), (method, path, scope)
                refused += 1
    lines = [entry for entry in await SqlAudit(database).newest(10_000) if entry.action == "api.refused"]
    assert len(lines) == refused
    assert (await SqlAudit(database).verify()).broken_at is None


async def test_a_key_that_is_wrong_expired_or_revoked_opens_nothing(gateway: ServedGateway, database: Database) -> None:
    token = await key_with(database, Scope.CALLS_READ)
    assert (await ask(gateway, token, "GET", "/calls"))[0] == 200
    for wrong in ("", "ramal", token.value[:-1], token.value[:-1] + ("A" if token.value[-1] != "A" else "B")):
        status, answer, headers = await ask(gateway, Token(wrong), "GET", "/calls")
        assert (status, answer["error"]["code"], headers["WWW-Authenticate"]) == (401, "bad_key", "Bearer")
    other = await key_with(database, Scope.CALLS_READ)
    store = SqlApiKeyStore(database)
    (_, second) = await store.all()
    await store.revoke(second.prefix, datetime.now(UTC))
    assert (await ask(gateway, other, "GET", "/calls"))[0] == 401
    expired = await SqlApiKeyStore(database).add(NewKey("old", ("calls:read",), expires_at=NOW), NOW - timedelta(1))
    assert (await ask(gateway, expired[1], "GET", "/calls"))[0] == 401


async def test_a_key_has_its_own_limit_and_is_told_when_to_go_on(gateway: ServedGateway, database: Database) -> None:
    token, other = [await key_with(database, Scope.CALLS_READ, per_minute=3) for _ in range(2)]
    answers = [await ask(gateway, token, "GET", "/calls") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1][2]["Retry-After"]) <= 60
    assert answers[-1][1]["error"]["code"] == "too_many_requests"
    assert (await ask(gateway, other, "GET", "/calls"))[0] == 200


async def test_a_key_of_one_department_sees_nothing_of_others(gateway: ServedGateway, database: Database) -> None:
    town = await build_town(database)
    scopes = (Scope.NUMBERS_READ, Scope.PROTOCOLS_WRITE, Scope.PROTOCOLS_READ)
    whole = await key_with(database, *scopes)
    await SqlDepartmentStore(database).add("Outro")
    part = await key_with(database, *scopes, departments=("Outro",))
    form = {"number_id": town.number.id, "customer": {"phone": "5511955550101"}, "note": "liga de volta"}
    assert (await ask(gateway, part, "POST", "/protocols", json=form))[0] == 404
    status, made, _ = await ask(gateway, whole, "POST", "/protocols", json=form)
    assert (status, made["customer"]["phone"], made["reason"]) == (201, "5511955550101", "requested")
    assert (await ask(gateway, whole, "GET", f"/protocols/{made['code']}"))[0] == 200
    assert (await ask(gateway, part, "GET", f"/protocols/{made['code']}"))[0] == 404
    assert (await ask(gateway, part, "GET", "/numbers"))[1] == {"numbers": []}
    (number,) = (await ask(gateway, whole, "GET", "/numbers"))[1]["numbers"]
    assert "token" not in str(number)
    closed = (await ask(gateway, whole, "POST", f"/protocols/{made['code']}/close"))[1]
    assert closed["closed_by"] == "key:1"


async def test_a_deep_link_carries_its_payload_and_permission_says_why_not(
    gateway: ServedGateway, database: Database
) -> None:
    town = await build_town(database)
    token = await key_with(database, Scope.INVITES_SEND, Scope.PERMISSION_READ, Scope.PERMISSION_REQUEST)
    query = f"number_id={town.number.id}"
    link = (await ask(gateway, token, "GET", f"/call-links?{query}&payload=pedido%2017%26x"))[1]["url"]
    assert link == "https://wa.me/call/5511955550100?biz_payload=pedido%2017%26x"
    status, state, _ = await ask(gateway, token, "GET", f"/permissions?{query}&phone=5511955550101")
    assert (status, state["call"]["allowed"], state["call"]["code"]) == (200, False, "number.outbound_off")
    wish = {"number_id": town.number.id, "customer": {"phone": "5511955550101"}}
    status, answer, _ = await ask(gateway, token, "POST", "/permission-requests", json=wish)
    assert (status, answer["error"]["code"]) == (409, "number.outbound_off")
    assert answer["error"]["next_step"] == "switch_outbound_on"


async def test_a_page_asks_of_a_contact_whose_number_it_is_not_shown(
    gateway: ServedGateway, database: Database
) -> None:
    town = await build_town(database)
    call = call_in(town, customer=customer("5511955550101", name="Maria"), agent=town.agents[0])
    await SqlCallStore(database).save(call)
    async with aiohttp.ClientSession(f"{gateway.url}/api/v1/", cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await http.post("session", json={"login": "ana", "password": PASSWORD})
        (line,) = (await (await http.get("calls")).json())["calls"]
        assert "5511955550101" not in str(line)
        assert line["number_id"] == town.number.id
        query = {"number_id": line["number_id"], "contact_id": line["contact_id"]}
        state = await (await http.get("permissions", params=query)).json()
        assert (state["status"], state["asked_at"], state["call"]["code"]) == ("none", None, "number.outbound_off")
        assert state["request"]["next_step"] == "switch_outbound_on"
        wish = {"number_id": line["number_id"], "customer": {"contact_id": line["contact_id"]}}
        refused = await http.post("permission-requests", json=wish)
        assert (refused.status, (await refused.json())["error"]["code"]) == (409, "number.outbound_off")
        for query_of, status in (
            ({"contact_id": 404}, 404),
            ({"contact_id": line["contact_id"], "phone": "5511955550101"}, 400),
            ({}, 400),
            ({"contact_id": "0"}, 400),
        ):
            answer = await http.get("permissions", params={"number_id": line["number_id"], **query_of})
            assert answer.status == status, query_of


@pytest.mark.parametrize("path", ["/permission-requests", "/calls", "/call-invites"])
async def test_a_conversation_that_runs_elsewhere_is_refused(
    path: str, gateway: ServedGateway, database: Database
) -> None:
    town = await build_town(database)
    token = await key_with(database, Scope.CALLS_PLACE, Scope.PERMISSION_REQUEST, Scope.INVITES_SEND)
    who: dict[str, Any] = {"customer": {"phone": "5511955550101"}}
    if path == "/calls":
        who = {"agent_id": town.agents[0], "phone": "5511955550101"}
    wish = {"number_id": town.number.id, "channel": "telegram", **who}
    if path == "/call-invites":
        wish["text"] = "Ligue"
    more = {"headers": {"Authorization": f"Bearer {token.value}", "Idempotency-Key": "order-18"}}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.url}/api/v1{path}", json=wish, **more) as response,  # type: ignore[arg-type]
    ):
        answer = await response.json()
    assert (response.status, answer["error"]["code"]) == (400, "bad_request")
    assert "channel" in answer["error"]["message"]


async def test_no_call_is_placed_for_an_agent_who_is_not_there(gateway: ServedGateway, database: Database) -> None:
    town = await build_town(database)
    token = await key_with(database, Scope.CALLS_PLACE)
    wish = {"number_id": town.number.id, "agent_id": town.agents[0], "phone": "5511955550101"}
    assert (await ask(gateway, token, "POST", "/calls", json=wish))[0] == 400  # without an Idempotency-Key
    headers = {"Authorization": f"Bearer {token.value}", "Idempotency-Key": "order-17"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.url}/api/v1/calls", json=wish, headers=headers) as response,
    ):
        answer = await response.json()
    assert (response.status, answer["error"]["code"]) == (409, "agent.not_ready")
    assert answer["error"]["next_step"] == "get_ready"


async def test_a_subscription_is_guarded_shown_without_its_secret_and_audited(
    gateway: ServedGateway, database: Database
) -> None:
    token = await key_with(database, Scope.EVENTS_MANAGE)
    for url in ("http://crm.example.com/", "https://10.0.0.1/", "https://169.254.169.254/latest", "ftp://x/"):
        status, answer, _ = await ask(gateway, token, "POST", "/event-subscriptions", json={"url": url})
        assert (status, answer["error"]["problems"][0]["field"]) == (422, "url")
    form = {"url": "http://127.0.0.1:9/events", "types": ["call.ended"]}
    status, made, _ = await ask(gateway, token, "POST", "/event-subscriptions", json=form)
    assert status == 201 and made["secret"].startswith("whsec_")
    (line,) = (await ask(gateway, token, "GET", "/event-subscriptions"))[1]["subscriptions"]
    assert "secret" not in line and line["types"] == ["call.ended"]
    path = f"/event-subscriptions/{made['id']}"
    assert (await ask(gateway, token, "GET", f"{path}/deliveries"))[1] == {"deliveries": [], "next": None}
    assert (await ask(gateway, token, "POST", f"{path}/replay", json={}))[:2] == (202, {"events": 0})
    assert (await ask(gateway, token, "DELETE", path))[0] == 204
    assert (await ask(gateway, token, "GET", path))[0] == 404
    actions = [entry.action for entry in await SqlAudit(database).newest()]
    assert actions == ["events.unsubscribed", "events.subscribed", "api_key.added"]


async def test_a_changed_or_cut_audit_is_found_out_and_no_line_can_be_changed(database: Database) -> None:
    audit = SqlAudit(database)
    for n in range(5):
        await audit.append(Entry(NOW, "shell", "test", f"subject:{n}", {"count": n}))
    whole = await audit.verify()
    assert (whole.lines, whole.broken_at) == (5, None)
    for statement in ("UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(text(statement))
    with database.engine.begin() as connection:  # whoever owns the database can; the hashes show it
        for statement in without_triggers(database):
            connection.execute(text(statement))
        connection.execute(text("DELETE FROM audit WHERE position = 5"))
    assert (await audit.verify()).broken_at == 5
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'somebody' WHERE position = 3"))
    assert (await audit.verify()).broken_at == 3


def without_triggers(database: Database) -> list[str]:
    if database.is_sqlite:
        return ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    return ["ALTER TABLE audit DISABLE TRIGGER ALL"]


async def test_a_request_with_the_same_key_is_done_once_and_another_body_is_refused(database: Database) -> None:
    memory = SqlIdempotency(database)
    assert await memory.begin("key:1", "a", b"body", NOW) == Begun()
    assert await memory.begin("key:1", "a", b"body", NOW) == Begun()  # its first process died: it is asked again
    assert await memory.begin("key:1", "a", b"other", NOW) == Different()
    await memory.finish("key:1", "a", Done(201, {"call_id": "1"}))
    assert await memory.begin("key:1", "a", b"body", NOW) == Done(201, {"call_id": "1"})
    assert await memory.begin("key:2", "a", b"other", NOW) == Begun()
    assert await memory.begin("key:1", "a", b"other", NOW + timedelta(hours=24)) == Begun()


@pytest.mark.parametrize("scopes", [(), ("calls:reed",), ("calls:read", "all")])
async def test_a_key_without_good_scopes_is_not_made(database: Database, scopes: tuple[str, ...]) -> None:
    with pytest.raises(Refusal):
        await SqlApiKeyStore(database).add(NewKey("CRM", scopes), NOW)
    assert await SqlApiKeyStore(database).all() == []
