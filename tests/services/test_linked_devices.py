"""Numbers that are connected by QR code, over REST: listed beside the others, and nothing that could call."""

from pathlib import Path
from typing import Any

import aiohttp

from signaling.ports import Role
from store.audit import SqlAudit
from store.database import Database
from tests.services.gateways import served
from tests.services.samples import PASSWORD, build_town, people_in

PHONE = "+55 11 95555-0199"


async def test_a_linked_device_is_listed_without_calls_and_is_none_of_our_numbers(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    town = await build_town(database)
    people = people_in(database)
    await people.add_user("chefe", "Chefe", PASSWORD, Role.ADMINISTRATOR)
    await people.add_user("sofia", "Sofia", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    with served(sqlite_url, tmp_path) as gateway:

        async def ask(login: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                given = {"login": login, "password": PASSWORD}
                async with http.post(f"{gateway.url}/api/v1/session", json=given, raise_for_status=True):
                    pass
                async with http.request(method, f"{gateway.url}/api/v1{path}", json=body) as answer:
                    return answer.status, None if answer.status == 204 else await answer.json()

        form = {"label": "Loja antiga", "phone": PHONE, "note": "Celular aberto em 20/11"}
        assert (await ask("sofia", "POST", "/linked-devices", form))[0] == 403
        status, made = await ask("chefe", "POST", "/linked-devices", form)
        assert (status, made["phone"], made["calls"]) == (201, "5511955550199", "impossible")
        assert made["note"] == form["note"]

        _, seen = await ask("sofia", "GET", "/linked-devices")
        assert [device["label"] for device in seen["devices"]] == ["Loja antiga"]
        assert (await ask("ana", "GET", "/linked-devices"))[0] == 403
        _, numbers = await ask("chefe", "GET", "/numbers")
        assert [number["id"] for number in numbers["numbers"]] == [town.number.id], "nobody can call with it"
        _, load = await ask("chefe", "GET", "/capacity")
        assert [number["number_id"] for number in load["numbers"]] == [town.number.id]

        for wrong, found in (
            (form, (409, "phone", "exists")),
            ({**form, "phone": f"+{town.number.phone.value}"}, (409, "phone", "exists")),
            ({**form, "phone": "12"}, (422, "phone", "invalid")),
            ({**form, "phone": "+55 11 95555-0100", "label": " "}, (422, "label", "invalid")),
        ):
            status, answer = await ask("chefe", "POST", "/linked-devices", wrong)
            (problem,) = answer["error"]["problems"]
            assert (status, problem["field"], problem["code"]) == found

        device = f"/linked-devices/{made['id']}"
        status, changed = await ask("chefe", "PUT", device, {**form, "note": ""})
        assert (status, changed["note"]) == (200, "")
        assert (await ask("chefe", "DELETE", device))[0] == 204
        assert (await ask("chefe", "DELETE", device))[0] == 404
    lines = [line.action for line in await SqlAudit(database).newest(20) if line.action.startswith("number.device")]
    assert lines == ["number.device_removed", "number.device_changed", "number.device_added"]
    await database.close()
