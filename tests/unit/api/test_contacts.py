"""`/api/v1/contacts` over the real store: who sees whom, and what of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.api.contacts import ContactRoutes
from gateway.api.routes import add_routes
from gateway.settings import AgentsSee
from signaling.call import Outcome
from signaling.events import Customer
from signaling.ids import AgentId
from signaling.meta_rules import Limits
from signaling.permission import EMPTY
from signaling.permission_verdicts import Standing, standing
from signaling.placing import Callee
from signaling.ports import Number
from signaling.private import Bsuid, PhoneNumber, Token
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.database import Database
from store.directory import SqlDirectory
from store.migrate import upgrade
from store.notes import SqlNotes
from store.numbers import NewNumber
from tests.unit.api.conftest import Client, Serve
from tests.unit.api.test_with_the_store import Records, ended_call, sign_in
from tests.unit.api.world import START

MARIA = Customer(PhoneNumber("5511955550101"), Bsuid("BR.10490001"), name="Maria", username="maria.s")
DAVI = Customer(PhoneNumber("5511955550202"), name="Davi")


@dataclass
class Standings:
    async def standing(self, number: Number, callee: Callee) -> Standing:
        return standing(EMPTY, START, Limits(), has_template=False)


class Directory(Records):
    async def fill(self) -> None:
        await super().fill()
        self.support_number = await self.numbers.add(NewNumber("1002", "1", "+55 11 3333-0002", "Suporte", "Suporte"))
        self.count = 0

    def app(self, agents_see: AgentsSee = AgentsSee.MISSED) -> web.Application:
        routes = ContactRoutes(SqlDirectory(self.database), self.numbers, Standings(), self.clock)
        parts = replace(self.parts(), operations=routes.operations(), agents_see=agents_see)
        app = web.Application()
        add_routes(app, parts)
        return app

    async def come(self, who: Customer, number: Number, agent: AgentId | None = None) -> str:
        self.count += 1
        outcome = Outcome.MISSED if agent is None else Outcome.ANSWERED
        call = ended_call(self.count, number, number.department, outcome)
        await self.calls.save(replace(call, customer=who, agent=agent))
        return call.id

    async def key(self, *scopes: Scope) -> Token:
        new = NewKey("CRM", tuple(scope.value for scope in scopes), numbers=("1001",))
        return (await SqlApiKeyStore(self.database).add(new, START))[1]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Directory]:
    url = f"sqlite:///{tmp_path / 'ramal.db'}"
    upgrade(url)
    database = Database(url)
    town = Directory(database)
    await town.fill()
    yield town
    town.people.passwords.close()
    await database.close()


async def ask(client: Client, headers: dict[str, str], path: str = "") -> Any:
    response = await client.get(f"/api/v1/contacts{path}", headers=headers)
    return await response.json() if response.status == 200 else response.status


async def names(client: Client, headers: dict[str, str], search: str = "") -> list[str]:
    page = await ask(client, headers, f"?search={search}")
    return [contact["profile_name"] for contact in page["contacts"]]


async def test_agents_see_contacts_of_their_departments_and_leaders_all(serve: Serve, town: Directory) -> None:
    client = await serve(town.app())
    await town.come(MARIA, town.number)
    await town.come(DAVI, town.support_number)
    ana, bia = await sign_in(client, town.ana), await sign_in(client, town.bia)
    assert await names(client, ana) == ["Maria"]
    assert await names(client, bia) == ["Davi", "Maria"]
    assert await names(client, ana, "davi") == []
    (davi, maria) = (await ask(client, bia))["contacts"]
    assert await ask(client, ana, f"/{davi['id']}") == await ask(client, ana, f"/{davi['id']}/notes") == 404
    assert (await ask(client, ana, f"/{maria['id']}"))["profile_name"] == "Maria"


@pytest.mark.parametrize(
    ("sees", "contacts", "last_calls"),
    [
        (AgentsSee.OWN, ["Davi"], [True]),
        (AgentsSee.MISSED, ["Maria"], [False]),
        (AgentsSee.DEPARTMENT, ["Maria"], [True]),
        (AgentsSee.ALL, ["Davi", "Maria"], [True, True]),
    ],
)
async def test_a_setting_says_whether_agents_see_their_own_their_departments_or_everything(
    serve: Serve, town: Directory, sees: AgentsSee, contacts: list[str], last_calls: list[bool]
) -> None:
    client = await serve(town.app(sees))
    colleagues = await town.come(MARIA, town.number, town.bia.id)
    own = await town.come(DAVI, town.support_number, town.ana.id)
    ana = await sign_in(client, town.ana)
    page = (await ask(client, ana))["contacts"]
    assert [contact["profile_name"] for contact in page] == contacts
    assert [contact["last_call"] is not None for contact in page] == last_calls
    calls = (await (await client.get("/api/v1/calls", headers=ana)).json())["calls"]
    theirs = [] if sees in (AgentsSee.OWN, AgentsSee.MISSED) else [colleagues]
    assert [call["call_id"] for call in calls] == [own, *theirs]


async def test_users_are_shown_identities_by_label_and_integrators_in_full(serve: Serve, town: Directory) -> None:
    client = await serve(town.app())
    await town.come(MARIA, town.number)
    ana = await sign_in(client, town.ana)
    (maria,) = (await ask(client, ana))["contacts"]
    kinds = [(identity["kind"], identity["label"]) for identity in maria["identities"]]
    assert kinds == [("phone", "+55 11 ••••• 0101"), ("bsuid", "BR ••••• 0001"), ("username", "@maria.s")]
    assert "customer" not in maria and maria["callback_id"] is not None and maria["protocol"] is not None
    shown = await client.get(f"/api/v1/contacts/{maria['id']}", headers=ana)
    for secret in ("5511955550101", "BR.10490001"):
        assert secret not in await shown.text()
    (line,) = (await shown.json())["call_from"]
    assert (line["label"], line["permission"]) == ("Vendas SP", "none")

    token = await town.key(Scope.CONTACTS_READ)
    bearer = {"Authorization": f"Bearer {token.value}"}
    (told,) = (await ask(client, bearer, "?search=0101"))["contacts"]
    assert told["customer"]["phone"] == "5511955550101" and told["customer"]["bsuid"] == "BR.10490001"
    named = await client.put(f"/api/v1/contacts/{maria['id']}/name", headers=bearer, json={"name": "M."})
    assert named.status == 403


async def test_an_agents_name_for_a_contact_stands_beside_the_profiles(serve: Serve, town: Directory) -> None:
    client = await serve(town.app())
    await town.come(MARIA, town.number)
    ana = await sign_in(client, town.ana)
    (maria,) = (await ask(client, ana))["contacts"]
    path = f"/api/v1/contacts/{maria['id']}/name"
    named = await (await client.put(path, headers=ana, json={"name": "  Padaria Pão Quente "})).json()
    assert (named["given_name"], named["profile_name"]) == ("Padaria Pão Quente", "Maria")
    assert await names(client, ana, "pao") == await names(client, ana, "maria") == ["Maria"]
    for bad in ({"name": " "}, {"name": "x" * 121}, {"name": 7}, {}):
        assert (await client.put(path, headers=ana, json=bad)).status == 400
    back = await (await client.put(path, headers=ana, json={"name": None})).json()
    assert back["given_name"] is None


async def test_calls_and_notes_of_a_contact_are_those_that_the_reader_may_see(serve: Serve, town: Directory) -> None:
    client = await serve(town.app())
    own = await town.come(MARIA, town.number, town.ana.id)
    await town.come(MARIA, town.number, town.bia.id)
    await town.come(DAVI, town.number, town.ana.id)
    for agent, text in ((town.ana, "Quer a segunda via"), (town.bia, "Ligou de novo")):
        calls = await client.get("/api/v1/calls", headers=await sign_in(client, agent))
        for call in (await calls.json())["calls"]:
            at = START + timedelta(hours=1)
            await SqlNotes(town.database).save(call["call_id"], agent.id, text, None, finished=False, at=at)
    ana, eva = await sign_in(client, town.ana), await sign_in(client, town.eva)
    maria = (await ask(client, ana, "?search=maria"))["contacts"][0]["id"]
    calls = await (await client.get(f"/api/v1/calls?contact_id={maria}", headers=ana)).json()
    assert [call["call_id"] for call in calls["calls"]] == [own]
    for reader, texts in ((ana, ["Quer a segunda via"]), (eva, ["Ligou de novo", "Quer a segunda via"])):
        notes = (await ask(client, reader, f"/{maria}/notes"))["notes"]
        assert [note["text"] for note in notes] == texts


async def test_pages_and_what_is_no_cursor(serve: Serve, town: Directory) -> None:
    client = await serve(town.app())
    await town.come(MARIA, town.number)
    await town.come(DAVI, town.number)
    bia = await sign_in(client, town.bia)
    first = await ask(client, bia, "?limit=1")
    second = await ask(client, bia, f"?limit=1&after={first['next']}")
    assert [page["contacts"][0]["profile_name"] for page in (first, second)] == ["Davi", "Maria"]
    assert second["next"] is None
    for bad in ("x", "1", "1.2.3", "-1.2", "99999999999999999999.1", "%00"):
        assert await ask(client, bia, f"?after={bad}") == 400
    assert (await ask(client, bia, "?after=99999999999999999.1"))["next"] is None
