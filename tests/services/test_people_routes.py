"""Users and departments over REST: written by administrators alone, every act audited, nobody locked out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from signaling.ports import Role
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.audit import SqlAudit
from store.database import Database
from store.staff import LETTERS, first_password
from tests.services.gateways import served
from tests.services.samples import PASSWORD, build_town, people_in


@dataclass
class Office:
    url: str
    database_url: str
    department: int
    number: int
    key: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, body: Any = None, who: str | None = "chefe"
    ) -> tuple[int, dict[str, Any]]:
        """As a signed-in user (None: nobody; `key`: a key with every scope)."""
        headers = {}
        if who == "key":
            headers = {"Authorization": f"Bearer {self.key}"}
        elif who is not None:
            if who not in self.cookies:
                await self.sign_in(who, PASSWORD)
            headers = {"Cookie": self.cookies[who]}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self.url}/api/v1{path}", headers=headers, json=body) as response,
        ):
            return response.status, {} if response.status == 204 else await response.json()

    async def sign_in(self, login: str, password: str, **more: str) -> tuple[int, str]:
        body = {"login": login, "password": password, **more}
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/api/v1/session", json=body) as response:
            answer = await response.json()
            if response.status == 200:
                self.cookies[login] = response.headers["Set-Cookie"].split(";")[0]
            return response.status, answer.get("error", {}).get("code", "")

    async def audit(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Oldest first: who, what, of whom, and the rest."""
        database = Database(self.database_url)
        lines = await SqlAudit(database).newest(200)
        await database.close()
        return [(line.actor, line.action, line.subject, dict(line.data)) for line in reversed(lines)]

    def grants(self, **more: bool) -> dict[str, Any]:
        return {"department_id": self.department, **more}


def user(login: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {"name": "Caio Reis", "role": "agent", "language": "pt-BR", "departments": [], **changes}
    return given if login is None else {"login": login, **given}


@pytest.fixture(scope="module")
def served_office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("people")
    path = folder / "ramal.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"

    async def fill() -> tuple[int, int, str]:
        database = Database(url)
        town = await build_town(database)
        await people_in(database).add_user("chefe", "Chefe", PASSWORD, Role.ADMINISTRATOR)
        await people_in(database).add_user("super", "Super", PASSWORD, Role.SUPERVISOR)
        new = NewKey("all", tuple(scope.value for scope in Scope), per_minute=100_000)
        key = (await SqlApiKeyStore(database).add(new, datetime.now(UTC)))[1].value
        await database.close()
        return town.department, town.number.id, key

    department, number, key = asyncio.run(fill())
    with served(url, folder) as gateway:
        yield Office(gateway.url, url, department, number, key)


@pytest.fixture
async def office(served_office: Office) -> AsyncIterator[Office]:
    yield served_office


async def test_a_new_user_signs_in_once_with_the_first_password_and_chooses_their_own(office: Office) -> None:
    wanted = user(" Caio ", departments=[office.grants(take=True, call=True)])
    status, made = await office.ask("POST", "/users", wanted)
    assert (status, made["user"]["login"], made["user"]["first_password"]) == (201, "caio", True)
    assert made["user"]["departments"] == [
        {
            **office.grants(take=True, call=True),
            "name": "Atendimento",
            "listen": False,
            "replay": False,
            "export": False,
        }
    ]
    first = made["first_password"]
    assert await office.sign_in("caio", "not this one") == (401, "bad_credentials")
    assert await office.sign_in("caio", first) == (409, "new_password")
    assert await office.sign_in("caio", first, new_password=first) == (422, "bad_new_password")
    assert await office.sign_in("caio", first, new_password="short") == (422, "bad_new_password")
    assert await office.sign_in("caio", first, new_password=PASSWORD) == (200, "")
    assert await office.sign_in("caio", first, new_password=PASSWORD + "!") == (401, "bad_credentials")
    assert await office.sign_in("caio", PASSWORD) == (200, "")
    listed = {line["login"]: line for line in (await office.ask("GET", "/users"))[1]["users"]}
    assert listed["caio"]["first_password"] is False
    assert first not in str(await office.audit())

    number = made["user"]["id"]
    status, again = await office.ask("POST", f"/users/{number}/first-password")
    assert status == 200 and again["first_password"] != first
    await asyncio.sleep(0)
    assert (await office.sign_in("caio", PASSWORD))[0] == 401
    assert (await office.sign_in("caio", again["first_password"]))[1] == "new_password"


async def test_grants_are_written_whole_and_each_change_of_one_is_audited(office: Office) -> None:
    _, made = await office.ask("POST", "/users", user("dora", departments=[office.grants(take=True)]))
    number = made["user"]["id"]
    _, place = await office.ask("POST", "/office/departments", {"name": "Cobrança"})
    both = [office.grants(take=True), {"department_id": place["id"], "take": True, "listen": True}]
    status, changed = await office.ask("PUT", f"/users/{number}", user(role="supervisor", departments=both))
    assert (status, changed["role"]) == (200, "supervisor")
    assert {line["name"]: line["listen"] for line in changed["departments"]} == {"Atendimento": False, "Cobrança": True}
    status, changed = await office.ask("PUT", f"/users/{number}", user(departments=both[1:]))
    assert [line["name"] for line in changed["departments"]] == ["Cobrança"]
    lines = [(action, data) for _, action, subject, data in await office.audit() if subject == f"user:{number}"]
    assert [action for action, _ in lines] == [
        *("user.added", "user.granted", "user.changed", "user.granted", "user.changed", "user.left_department")
    ]
    assert lines[3][1] == {
        "department": place["id"],
        "may_take_inbound": True,
        "may_call_outbound": False,
        "may_listen": True,
        "may_replay": False,
        "may_export": False,
    }
    assert lines[2][1] == {"role": "supervisor", "role_before": "agent"}
    database = Database(office.database_url)
    assert (await SqlAudit(database).verify()).broken_at is None
    await database.close()


async def test_with_which_numbers_somebody_works_is_written_whole_and_audited(office: Office) -> None:
    _, made = await office.ask("POST", "/users", user("nina", departments=[office.grants(take=True)]))
    number, path = office.number, f"/users/{made['user']['id']}"
    assert made["user"]["number_ids"] is None
    for numbers in ([number], [number], [], None):
        status, changed = await office.ask("PUT", path, user(number_ids=numbers))
        assert (status, changed["number_ids"]) == (200, numbers)
    status, answer = await office.ask("PUT", path, user(number_ids=[999]))
    assert [(p["field"], p["code"]) for p in answer["error"]["problems"]] == [("number_ids", "invalid")]
    written = [data["numbers"] for _, action, _, data in await office.audit() if action == "user.numbers_written"]
    assert written == [str(number), "", "any"]


async def test_what_will_not_do_is_named_field_by_field(office: Office) -> None:
    async def problem(method: str, path: str, body: Any) -> tuple[int, str, str]:
        status, answer = await office.ask(method, path, body)
        (found,) = answer["error"]["problems"]
        return status, found["field"], found["code"]

    assert await problem("POST", "/users", user("ana")) == (409, "login", "exists")
    assert await problem("POST", "/users", user("joão silva")) == (422, "login", "invalid")
    assert await problem("POST", "/users", user("novo", name=" ")) == (422, "name", "invalid")
    assert await problem("POST", "/users", user("novo", language="tlh")) == (422, "language", "invalid")
    nowhere = user("novo", departments=[{"department_id": 999}])
    assert await problem("POST", "/users", nowhere) == (422, "departments", "invalid")
    assert await problem("POST", "/office/departments", {"name": "Atendimento"}) == (409, "name", "exists")
    assert await problem("POST", "/office/departments", {"name": ""}) == (422, "name", "invalid")
    assert "novo" not in [line["login"] for line in (await office.ask("GET", "/users"))[1]["users"]]


async def test_nobody_takes_the_role_from_the_last_administrator(office: Office) -> None:
    users = {line["login"]: line for line in (await office.ask("GET", "/users"))[1]["users"]}
    chief = users["chefe"]["id"]
    for method, path, body in (
        ("PUT", f"/users/{chief}", user()),
        ("PUT", f"/users/{chief}/disabled", {"disabled": True}),
    ):
        status, answer = await office.ask(method, path, body)
        assert (status, answer["error"]["code"]) == (409, "last_administrator")
    assert (await office.ask("GET", "/users"))[0] == 200
    _, made = await office.ask("POST", "/users", user("eva", role="administrator"))
    # Both at once: each takes the role from the other, and one of them stays.
    answers = await asyncio.gather(
        office.ask("PUT", f"/users/{chief}", user(name="Chefe", role="supervisor")),
        office.ask("PUT", f"/users/{made['user']['id']}", user(role="supervisor")),
    )
    assert sorted(status for status, _ in answers) == [200, 409]
    database = Database(office.database_url)
    roles = {each.login: each.role for each in await people_in(database).users()}
    assert [roles["chefe"], roles["eva"]].count(Role.ADMINISTRATOR) == 1
    await database.close()
    if roles["chefe"] is not Role.ADMINISTRATOR:  # for the tests that follow
        assert (await office.sign_in("eva", made["first_password"], new_password=PASSWORD))[0] == 200
        await office.ask("PUT", f"/users/{chief}", user(name="Chefe", role="administrator"), who="eva")


async def test_a_disabled_user_is_out_at_once_and_may_come_back(office: Office) -> None:
    _, made = await office.ask("POST", "/users", user("fabio"))
    await office.sign_in("fabio", made["first_password"], new_password=PASSWORD)
    path = f"/users/{made['user']['id']}/disabled"
    for _ in range(2):
        status, line = await office.ask("PUT", path, {"disabled": True})
        assert status == 200 and line["disabled_at"] is not None
    assert await office.sign_in("fabio", PASSWORD) == (401, "bad_credentials")
    status, line = await office.ask("PUT", path, {"disabled": False})
    assert (status, line["disabled_at"]) == (200, None)
    assert (await office.sign_in("fabio", PASSWORD))[0] == 200
    subject = f"user:{made['user']['id']}"
    acts = [action for _, action, of, _ in await office.audit() if of == subject]
    assert acts == ["user.added", "user.disabled", "user.enabled"]


async def test_departments_are_added_renamed_and_kept_from_calling(office: Office) -> None:
    status, made = await office.ask("POST", "/office/departments", {"name": " Suporte "})
    assert (status, made["name"], made["outbound_enabled"]) == (201, "Suporte", True)
    path = f"/office/departments/{made['id']}"
    status, changed = await office.ask("PUT", path, {"name": "Suporte 2", "outbound_enabled": False})
    assert (status, changed) == (200, {"id": made["id"], "name": "Suporte 2", "outbound_enabled": False})
    assert changed in (await office.ask("GET", "/office/departments"))[1]["departments"]
    lines = [line for line in await office.audit() if line[2] == f"department:{made['id']}"]
    assert [line[1] for line in lines] == ["department.added", "department.changed"]
    assert lines[1][3] == {"renamed": True, "outbound": False, "outbound_before": True}


ACTS = [
    ("GET", "/users", None),
    ("POST", "/users", user("novo")),
    ("PUT", "/users/1", user()),
    ("POST", "/users/1/first-password", None),
    ("PUT", "/users/1/disabled", {"disabled": True}),
    ("GET", "/office/departments", None),
    ("POST", "/office/departments", {"name": "X"}),
    ("PUT", "/office/departments/1", {"name": "X", "outbound_enabled": True}),
]


@pytest.mark.parametrize(("who", "expected"), [(None, 401), ("ana", 403), ("super", 403), ("key", 403)])
async def test_only_administrators_who_are_signed_in_manage_people(
    office: Office, who: str | None, expected: int
) -> None:
    for method, path, body in ACTS:
        assert (await office.ask(method, path, body, who=who))[0] == expected, (method, path)


async def test_who_is_not_there_is_not_found(office: Office) -> None:
    for method, path, body in ACTS:
        if "/1" in path:
            assert (await office.ask(method, path.replace("/1", "/999"), body))[0] == 404, (method, path)


def test_a_first_password_can_be_read_out_and_not_guessed() -> None:
    made = {first_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(word) == 14 and set(word) <= {*LETTERS, "-"} for word in made)
    assert not {"l", "1", "o", "0", "i"} & set(LETTERS)
