"""The same routes over the real store: that the two sides mean the same by their common words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from argon2 import PasswordHasher

from gateway.api.attempts import LoginAttempts
from gateway.api.door import Caller
from gateway.api.replayers import Replayers
from gateway.api.routes import ApiParts, add_routes
from gateway.api.sessions import Sessions
from gateway.metrics import Metrics
from gateway.settings import AgentsSee
from signaling.admission import Capacity
from signaling.call import Call, Outcome, Party, State
from signaling.capacity import MemoryLedger
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, DepartmentId
from signaling.ports import Number, Role
from signaling.private import Bsuid, PhoneNumber, Wacid
from store.api_keys import SqlApiKeyStore
from store.audit import SqlAudit
from store.call_grants import SqlCallGrants
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history import SqlHistory
from store.migrate import upgrade
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore, User
from store.reach import Reach
from store.secrets import SecretBox
from tests.unit.api.conftest import Client, Serve
from tests.unit.api.world import KEY, START, JumpingClock

URL = "http://gateway.test"
PASSWORD = "correct horse"


class Records:
    """A database with two departments, a number in each, and an agent in the first."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = SqlPeopleStore(database, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
        self.departments = SqlDepartmentStore(database)
        self.calls = SqlCallStore(database)
        self.numbers = SqlNumberStore(database, SecretBox([KEY]))
        self.clock = JumpingClock()

    async def fill(self) -> None:
        self.sales = (await self.departments.add("Vendas")).id
        self.support = (await self.departments.add("Suporte")).id
        self.ana = await self.people.add_user("ana", "Ana", PASSWORD, Role.AGENT, ["Vendas"])
        self.bia = await self.people.add_user("bia", "Bia", PASSWORD, Role.SUPERVISOR)
        self.rui = await self.people.add_user("rui", "Rui", PASSWORD, Role.SUPERVISOR, ["Suporte"])
        self.eva = await self.people.add_user("eva", "Eva", PASSWORD, Role.ADMINISTRATOR)
        self.number = await self.numbers.add(NewNumber("1001", "1", "+55 11 3333-0001", "Vendas SP", "Vendas"))

    def app(self, sees: AgentsSee = AgentsSee.MISSED) -> web.Application:
        app = web.Application()
        add_routes(app, replace(self.parts(), agents_see=sees))
        return app

    def parts(self) -> ApiParts:
        return ApiParts(
            sessions=Sessions([KEY], self.people, self.clock, timedelta(hours=1), URL),
            keys=SqlApiKeyStore(self.database),
            audit=SqlAudit(self.database),
            passwords=self.people,
            attempts=LoginAttempts(self.clock),
            history=SqlHistory(self.database),
            replayers=Replayers(SqlCallGrants(self.database)),
            numbers=self.numbers,
            capacity=Capacity(MemoryLedger()),
            clock=self.clock,
            metrics=Metrics(),
            public_url=URL,
        )

    async def add_call(
        self, n: int, department: DepartmentId | None, outcome: Outcome, agent: AgentId | None = None
    ) -> CallId:
        call = ended_call(n, self.number, department, outcome)
        await self.calls.save(replace(call, agent=agent))
        return call.id


def ended_call(n: int, number: Number, department: DepartmentId | None, outcome: Outcome) -> Call:
    at = START + timedelta(minutes=n)
    call = Call(
        id=CallId(f"{n:032x}"),
        number=number.id,
        phone_number_id=number.phone_number_id,
        department=department,
        direction=Direction.INBOUND,
        wacid=Wacid(f"wacid.{n}"),
        state=State.ENDED,
        customer=Customer(phone=PhoneNumber("5511955550101"), bsuid=Bsuid("BR.1049"), name="Maria"),
        received_at=at,
        offered_at=at,
        ended_at=at + timedelta(seconds=30),
        outcome=outcome,
        ended_by=Party.CUSTOMER,
    )
    return call.note(at, "offered").note(at + timedelta(seconds=30), "ended", outcome=outcome.value)


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    url = f"sqlite:///{tmp_path / 'ramal.db'}"
    upgrade(url)
    database = Database(url)
    records = Records(database)
    await records.fill()
    yield records
    records.people.passwords.close()
    await database.close()


async def sign_in(client: Client, user: User) -> dict[str, str]:
    response = await client.post("/api/v1/session", json={"login": user.login, "password": PASSWORD})
    assert response.status == 200
    return {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}


async def ids(client: Client, headers: dict[str, str]) -> list[str]:
    page = await (await client.get("/api/v1/calls", headers=headers)).json()
    return [call["call_id"] for call in page["calls"]]


async def test_a_user_of_the_store_signs_in_and_a_disabled_one_is_out(serve: Serve, records: Records) -> None:
    client = await serve(records.app())
    headers = await sign_in(client, records.ana)
    me = (await (await client.get("/api/v1/session", headers=headers)).json())["me"]
    assert me == {"agent_id": records.ana.id, "name": "Ana", "role": "agent"}
    await records.people.disable("ana", START)
    records.clock.jump(5)
    assert (await client.get("/api/v1/session", headers=headers)).status == 401
    refused = await client.post("/api/v1/session", json={"login": "ana", "password": PASSWORD})
    assert refused.status == 401


async def test_a_new_password_ends_the_sessions_of_the_old_one(serve: Serve, records: Records) -> None:
    client = await serve(records.app())
    headers = await sign_in(client, records.ana)
    await records.people.set_password("ana", "battery staple")
    records.clock.jump(5)
    assert (await client.get("/api/v1/session", headers=headers)).status == 401


async def test_agents_see_their_own_calls_and_those_their_departments_missed_and_no_others(
    serve: Serve, records: Records
) -> None:
    client = await serve(records.app())
    own = await records.add_call(1, records.support, Outcome.ANSWERED, records.ana.id)
    missed = await records.add_call(2, records.sales, Outcome.MISSED)
    others = [
        await records.add_call(3, records.sales, Outcome.ANSWERED, records.bia.id),
        await records.add_call(4, records.support, Outcome.MISSED),
        await records.add_call(5, None, Outcome.MISSED),
    ]
    ana = await sign_in(client, records.ana)
    assert await ids(client, ana) == [missed, own]
    assert (await client.get(f"/api/v1/calls/{missed}", headers=ana)).status == 200
    for call_id in others:
        assert (await client.get(f"/api/v1/calls/{call_id}", headers=ana)).status == 404


async def test_supervisors_see_their_departments_and_their_own_calls_and_administrators_all(
    serve: Serve, records: Records
) -> None:
    client = await serve(records.app())
    sales = await records.add_call(1, records.sales, Outcome.ANSWERED, records.bia.id)
    support = await records.add_call(2, records.support, Outcome.ANSWERED, records.ana.id)
    nowhere = await records.add_call(3, None, Outcome.MISSED)
    for reader, seen, departments in (
        (records.bia, [sales], 0),  # in no department: those in which she talked
        (records.rui, [support], 1),
        (records.eva, [nowhere, support, sales], None),
    ):
        headers = await sign_in(client, reader)
        assert await ids(client, headers) == seen
        outline = await (await client.get("/api/v1/calls/outline", headers=headers)).json()
        told = {"count": len(seen), "more": False, "step": 100, "marks": [], "departments": departments}
        assert outline == told
        for call in (sales, support, nowhere):
            assert (await client.get(f"/api/v1/calls/{call}", headers=headers)).status == (200 if call in seen else 404)


@pytest.mark.parametrize(
    ("sees", "seen"),
    [
        (AgentsSee.OWN, {"own", "own, of another department"}),
        (AgentsSee.MISSED, {"own", "own, of another department", "missed"}),
        (AgentsSee.DEPARTMENT, {"own", "own, of another department", "missed", "of a colleague"}),
        (AgentsSee.ALL, None),
    ],
)
async def test_what_agents_see_is_the_same_in_the_list_and_by_its_name_and_administrators_see_all(
    serve: Serve, records: Records, sees: AgentsSee, seen: set[str] | None
) -> None:
    client = await serve(records.app(sees))
    ana, bia = records.ana.id, records.bia.id
    chief = await records.people.add_user("chefe", "Chefe", PASSWORD, Role.ADMINISTRATOR)
    calls = {
        "own": await records.add_call(1, records.sales, Outcome.ANSWERED, ana),
        "own, of another department": await records.add_call(2, records.support, Outcome.ANSWERED, ana),
        "missed": await records.add_call(3, records.sales, Outcome.MISSED),
        "of a colleague": await records.add_call(4, records.sales, Outcome.ANSWERED, bia),
        "of others": await records.add_call(5, records.support, Outcome.ANSWERED, bia),
        "missed by others": await records.add_call(6, records.support, Outcome.MISSED),
        "missed by nobody": await records.add_call(7, None, Outcome.MISSED),
    }
    names = {call_id: name for name, call_id in calls.items()}
    hers = None if sees is AgentsSee.ALL else {"of a colleague", "of others"}  # she supervises no department
    for user, visible in ((records.ana, seen), (records.bia, hers), (chief, None)):
        headers = await sign_in(client, user)
        expected = set(calls) if visible is None else visible
        assert {names[CallId(call_id)] for call_id in await ids(client, headers)} == expected
        for name, call_id in calls.items():
            answer = await client.get(f"/api/v1/calls/{call_id}", headers=headers)
            assert answer.status == (200 if name in expected else 404), name


async def test_a_call_that_was_handed_on_is_in_both_agents_lists_and_replayed_by_the_rules_of_before(
    serve: Serve, records: Records
) -> None:
    client = await serve(records.app(AgentsSee.OWN))
    ana = records.ana
    leo = await records.people.add_user("leo", "Leo", PASSWORD, Role.AGENT, ["Suporte"])
    stranger = await records.people.add_user("lia", "Lia", PASSWORD, Role.AGENT, ["Vendas"])
    call = ended_call(1, records.number, records.sales, Outcome.ANSWERED)
    begun = call.received_at
    assert begun is not None
    call = replace(call, agent=leo.id, accepted_at=begun, answered_at=begun)
    call = call.note(begun, "talking", agent=ana.id)
    call = call.note(begun + timedelta(seconds=9), "transferred", agent=ana.id, to_agent=leo.id)
    await records.calls.save(call.note(begun + timedelta(seconds=12), "talking", agent=leo.id))
    for user, seen, replays in ((ana, [call.id], False), (leo, [call.id], True), (stranger, [], False)):
        headers = await sign_in(client, user)
        assert await ids(client, headers) == seen
        outline = await (await client.get("/api/v1/calls/outline", headers=headers)).json()
        assert outline["count"] == len(seen)
        assert (await client.get(f"/api/v1/calls/{call.id}", headers=headers)).status == (200 if seen else 404)
        grants = await records.parts().replayers.visible(
            Caller(f"user:{user.id}", Reach(), agent=await records.people.by_id(user.id), sees=AgentsSee.OWN)
        )
        assert (await SqlHistory(records.database).call(call.id, grants) is not None) == replays
    chief = await sign_in(client, records.eva)
    for user, found in ((ana, [call.id]), (leo, [call.id]), (stranger, [])):
        page = await (await client.get(f"/api/v1/calls?agent_id={user.id}", headers=chief)).json()
        assert [each["call_id"] for each in page["calls"]] == found


async def test_pages_follow_each_other_without_gaps(serve: Serve, records: Records) -> None:
    client = await serve(records.app())
    added = [await records.add_call(n, records.sales, Outcome.MISSED) for n in range(1, 6)]
    headers = await sign_in(client, records.eva)
    seen: list[str] = []
    query: str | None = "?limit=2"
    while query is not None:
        page = await (await client.get(f"/api/v1/calls{query}", headers=headers)).json()
        seen += [call["call_id"] for call in page["calls"]]
        query = f"?limit=2&before={page['next']}" if page["next"] else None
    assert seen == list(reversed(added))


async def test_a_stored_call_is_told_with_its_timeline_and_without_the_number(serve: Serve, records: Records) -> None:
    client = await serve(records.app())
    call_id = await records.add_call(1, records.sales, Outcome.MISSED)
    response = await client.get(f"/api/v1/calls/{call_id}", headers=await sign_in(client, records.eva))
    call = await response.json()
    assert (call["number_label"], call["customer_label"]) == ("Vendas SP", "+55 11 ••••• 0101")
    assert [entry["kind"] for entry in call["timeline"]] == ["offered", "ended"]
    assert call["timeline"][1]["data"] == {"outcome": "missed"}
    assert call["timestamps"]["accepted_at"] is None
    for secret in ("5511955550101", "wacid", "BR.1049"):
        assert secret not in await response.text()


async def test_a_number_shows_its_budget_to_its_department(serve: Serve, records: Records) -> None:
    await records.numbers.set_limit("1001", "concurrent_inbound", "5000")
    client = await serve(records.app())
    for user, seen in ((records.ana, [("Vendas SP", {"limit": 5_000, "used": 0})]), (records.bia, [])):
        shown = await (await client.get("/api/v1/capacity", headers=await sign_in(client, user))).json()
        assert [(number["label"], number["inbound"]) for number in shown["numbers"]] == seen
