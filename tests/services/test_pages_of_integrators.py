"""What administrators do with keys and subscriptions over REST, and the audit that tells of it. On both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.call import Outcome, State
from signaling.ports import Role
from signaling.private import Token
from store.audit import Entry, SqlAudit
from store.audit_log import AuditFilter, SqlAuditLog
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from tests.services.gateways import served
from tests.services.receivers import CrmReceiver
from tests.services.samples import NOW, PASSWORD, Town, build_town, call_in, people_in


@dataclass
class Office:
    """A gateway with an administrator and a supervisor who are signed in."""

    url: str
    database: Database
    town: Town
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, body: Any = None, who: str = "chefe", token: str | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {"Cookie": await self._cookie(who)}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self.url}/api/v1{path}", headers=headers, json=body) as response,
        ):
            return response.status, {} if response.status == 204 else await response.json()

    async def _cookie(self, login: str) -> str:
        if login not in self.cookies:
            body = {"login": login, "password": PASSWORD}
            async with aiohttp.ClientSession() as http, http.post(f"{self.url}/api/v1/session", json=body) as response:
                self.cookies[login] = response.headers["Set-Cookie"].split(";")[0]
        return self.cookies[login]

    async def actions(self) -> list[str]:
        """Oldest first."""
        return [line.action for line in reversed(await SqlAudit(self.database).newest(500))]

    async def missed_call(self, wacid: str) -> None:
        call = call_in(self.town, wacid, state=State.ENDED, outcome=Outcome.MISSED, ended_at=datetime.now(UTC))
        await SqlCallStore(self.database).save(call)


@pytest.fixture
def address(database_url: str, tmp_path: Path) -> Iterator[str]:
    with served(database_url, tmp_path, integration_loopback="true", events_timeout_s="2") as gateway:
        yield gateway.url


@pytest.fixture
async def office(address: str, database: Database) -> AsyncIterator[Office]:
    town = await build_town(database)
    await SqlDepartmentStore(database).add("Vendas")
    await people_in(database).add_user("chefe", "Rosa Dias", PASSWORD, Role.ADMINISTRATOR)
    await people_in(database).add_user("super", "Sara", PASSWORD, Role.SUPERVISOR)
    yield Office(address, database, town)


@pytest.fixture
async def crm() -> AsyncIterator[CrmReceiver]:
    receiver = CrmReceiver()
    await receiver.start()
    yield receiver
    receiver.gate.set()
    await receiver.stop()


# ---- keys ------------------------------------------------------------------------------------------------------------


async def test_a_key_is_told_once_works_within_its_reach_and_is_revoked_for_good(office: Office) -> None:
    number, department = office.town.number.id, office.town.department
    form = {
        "name": "CRM",
        "scopes": ["numbers:read", "audit:read"],
        "number_ids": [number],
        "department_ids": [department],
        "per_minute": 100,
    }
    status, made = await office.ask("POST", "/api-keys", form)
    assert status == 201
    token, prefix = made["token"], made["key"]["prefix"]
    assert token.startswith(f"ramal_{prefix}_")
    assert (await office.ask("GET", "/numbers", token=token))[1]["numbers"][0]["id"] == number
    status, refused = await office.ask("GET", "/audit", token=token)
    assert (status, refused["error"]["code"]) == (403, "held_to_a_part")
    async with asyncio.timeout(10):
        while (listed := (await office.ask("GET", "/api-keys"))[1])["keys"][0]["last_used_at"] is None:
            pass  # noted beside the request, which nobody waits for
    (line,) = listed["keys"]
    assert (line["number_ids"], line["department_ids"], line["per_minute"]) == ([number], [department], 100)
    assert (line["works"], line["scopes"], listed["usual_per_minute"]) == (True, ["audit:read", "numbers:read"], 600)
    assert token not in str(listed)
    status, revoked = await office.ask("POST", f"/api-keys/{prefix}/revoke")
    assert (status, revoked["works"]) == (200, False)
    assert (await office.ask("POST", f"/api-keys/{prefix}/revoke"))[1] == revoked
    assert (await office.ask("POST", "/api-keys/zzzzzzzz/revoke"))[0] == 404
    assert await office.actions() == ["api_key.added", "api_key.revoked"]


async def test_a_key_that_will_not_do_says_which_field(office: Office) -> None:
    wishes: list[tuple[dict[str, Any], str, str]] = [
        ({"name": "  "}, "name", "invalid"),
        ({"scopes": []}, "scopes", "invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "invalid"),
        ({"number_ids": [404]}, "number_ids", "unknown"),
        ({"department_ids": [404]}, "department_ids", "unknown"),
    ]
    for wrong, field_name, code in wishes:
        status, answer = await office.ask("POST", "/api-keys", {"name": "CRM", "scopes": ["calls:read"], **wrong})
        problems = [(each["field"], each["code"]) for each in answer["error"]["problems"]]
        assert (status, problems) == (422, [(field_name, code)])
    assert (await office.ask("GET", "/api-keys"))[1]["keys"] == []


async def test_only_administrators_who_are_signed_in_make_keys_or_read_the_audit(office: Office) -> None:
    form = {"name": "CRM", "scopes": ["audit:read", "events:manage"]}
    token = (await office.ask("POST", "/api-keys", form))[1]["token"]
    for method, path in (("GET", "/api-keys"), ("POST", "/api-keys"), ("POST", "/api-keys/abcdefgh/revoke")):
        assert (await office.ask(method, path, form, token=token))[0] == 403, path
        assert (await office.ask(method, path, form, who="super"))[0] == 403, path
    assert (await office.ask("GET", "/audit", who="super"))[0] == 403
    status, read = await office.ask("GET", "/audit?action=api_key.added", token=token)
    assert (status, [line["actor_name"] for line in read["lines"]]) == (200, ["Rosa Dias"])


# ---- subscriptions ---------------------------------------------------------------------------------------------------


async def subscribed(office: Office, crm: CrmReceiver) -> str:
    form = {"url": crm.url, "description": "CRM", "types": ["call.ended"]}
    status, made = await office.ask("POST", "/event-subscriptions", form)
    assert status == 201
    crm.secret = Token(made["secret"])
    return f"/event-subscriptions/{made['id']}"


async def test_a_url_that_reaches_our_own_network_is_refused_beside_its_field(office: Office) -> None:
    for url, code in (
        ("https://10.0.0.1/", "private_address"),
        ("http://crm.example.com/", "not_https"),
        ("https://ana:secret@crm.example.com/", "not_plain"),
        ("crm", "not_a_url"),
    ):
        status, answer = await office.ask("POST", "/event-subscriptions", {"url": url})
        problem = {"step": None, "field": "url", "code": code}
        assert (status, answer["error"]["problems"]) == (422, [problem]), url


async def test_a_test_is_signed_told_at_once_and_audited(office: Office, crm: CrmReceiver) -> None:
    path = await subscribed(office, crm)
    status, tested = await office.ask("POST", f"{path}/test")
    assert (status, tested["taken"], tested["result"]) == (200, True, "http.204")
    (told,) = crm.got
    assert (told["type"], told["id"], told["data"]) == ("subscription.test", tested["event_id"], {})
    crm.answer = lambda event: 500
    assert (await office.ask("POST", f"{path}/test"))[1]["result"] == "http.500"
    await crm.stop()
    assert (await office.ask("POST", f"{path}/test"))[1]["result"] == "network.unreachable"
    assert (await office.ask("GET", f"{path}/deliveries"))[1]["deliveries"] == [], "nothing has happened"
    read = (await office.ask("GET", "/audit?area=events"))[1]["lines"]
    assert [(line["action"], line["data"].get("result")) for line in read] == [
        ("events.tested", "network.unreachable"),
        ("events.tested", "http.500"),
        ("events.tested", "http.204"),
        ("events.subscribed", None),
    ]
    assert (await office.ask("POST", "/event-subscriptions/404/test"))[0] == 404


async def test_a_subscription_that_is_held_gets_nothing_and_afterwards_everything_in_order(
    office: Office, crm: CrmReceiver
) -> None:
    path = await subscribed(office, crm)
    status, held = await office.ask("PUT", f"{path}/held", {"held": True})
    assert status == 200 and held["held_at"] is not None
    for wacid in ("wacid.A", "wacid.B"):
        await office.missed_call(wacid)
    assert (await office.ask("PUT", f"{path}/held", {"held": True}))[1]["waiting"] == 2
    assert (await office.ask("POST", f"{path}/test"))[1]["taken"], "a test reaches it all the same"
    assert [event["type"] for event in crm.asked] == ["subscription.test"]
    released = (await office.ask("PUT", f"{path}/held", {"held": False}))[1]
    assert (released["held_at"], released["waiting"]) == (None, 2)
    await crm.until(lambda: len(crm.got) == 3)
    assert [event["type"] for event in crm.got[1:]] == ["call.ended", "call.ended"]
    assert (await office.ask("PUT", "/event-subscriptions/404/held", {"held": True}))[0] == 404
    actions = [action for action in await office.actions() if action.startswith("events.")]
    assert actions == ["events.subscribed", "events.held", "events.tested", "events.let_go"]


async def test_what_was_given_up_is_counted_and_sent_again_one_or_all(office: Office, crm: CrmReceiver) -> None:
    path = await subscribed(office, crm)
    await office.ask("PUT", f"{path}/held", {"held": True})
    for wacid in ("wacid.A", "wacid.B", "wacid.C"):
        await office.missed_call(wacid)
    with office.database.engine.begin() as connection:  # as after 72 hours of failures
        connection.exec_driver_sql("UPDATE event_deliveries SET state = 'dead', last_result = 'http.500', attempts = 9")
    line = (await office.ask("GET", path))[1]
    assert (line["waiting"], line["dead"]) == (0, 3)
    log = (await office.ask("GET", f"{path}/deliveries?state=dead"))[1]["deliveries"]
    assert {(each["last_result"], each["attempts"], each["next_at"]) for each in log} == {("http.500", 9, None)}
    one = {"event_id": log[0]["event_id"]}
    assert (await office.ask("POST", f"{path}/replay", one)) == (202, {"events": 1})
    assert (await office.ask("POST", f"{path}/replay", {})) == (202, {"events": 2})
    await office.ask("PUT", f"{path}/held", {"held": False})
    await crm.until(lambda: len(crm.got) == 3)
    assert {event["id"] for event in crm.got} == {each["event_id"] for each in log}
    replayed = (await office.ask("GET", "/audit?action=events.replayed"))[1]["lines"]
    assert [line["data"]["events"] for line in replayed] == [2, 1]


# ---- the audit -------------------------------------------------------------------------------------------------------


async def test_the_audit_is_read_page_by_page_by_who_what_of_whom_and_when(database: Database) -> None:
    town, audit, log = await build_town(database), SqlAudit(database), SqlAuditLog(database)
    for n in range(25):
        actor, action = (f"user:{town.agents[n % 2]}", ("user.added", "users.odd", "number.plan_written")[n % 3])
        at = NOW + timedelta(minutes=n - n % 2)  # two at the same moment each
        await audit.append(Entry(at, actor, action, f"number:{town.number.id}", {"n": n}))
    seen: list[int] = []
    before: int | None = None
    while True:
        lines, before = await log.page(AuditFilter(), 4, before)
        seen += [line.position for line in lines]
        if before is None:
            break
    assert seen == list(range(25, 0, -1))
    assert await log.page(AuditFilter(), 4, before=10_000) == ([], None)
    (line, *_), _ = await log.page(AuditFilter(actor=f"user:{town.agents[0]}"), 50)
    assert (line.actor_name, line.subject_name, line.data) == ("Ana", "Vendas", {"n": 24})

    async def found(**wanted: Any) -> list[int]:
        lines, following = await log.page(AuditFilter(**wanted), 50)
        assert following is None
        return [int(line.data["n"]) for line in reversed(lines)]

    assert await found(actor=f"user:{town.agents[1]}") == list(range(1, 25, 2))
    assert await found(action="users.odd") == list(range(1, 25, 3))
    assert await found(area="user") == list(range(0, 25, 3)), "and not `users.`"
    assert await found(area="user", actor=f"user:{town.agents[0]}") == list(range(0, 25, 6))
    assert await found(subject="number:404") == []
    assert await found(since=NOW + timedelta(minutes=4), until=NOW + timedelta(minutes=8)) == [4, 5, 6, 7]


async def test_a_filter_of_the_audit_that_is_none_is_refused(office: Office) -> None:
    for query in ("actor=%25", "since=yesterday", "before=-1", "before=99999999999", "limit=0", "who=user:1"):
        assert (await office.ask("GET", f"/audit?{query}"))[0] == 400, query
