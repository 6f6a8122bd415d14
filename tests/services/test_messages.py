"""What customers said after the beep is heard by who may see the call, and every hearing is in the audit."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlmodel import col, select

from signaling.call import Call, Outcome, State
from signaling.ports import Role
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.integration_models import AuditRow
from store.messages import KeptMessage, SqlMessages
from tests.services.gateways import ServedGateway, served
from tests.services.samples import NOW, PASSWORD, Town, build_town, call_in, customer, people_in
from tests.services.test_jobs import until

SOUND = b"OggS" + bytes(range(256)) * 4


@pytest.fixture
def gateway(sqlite_url: str, tmp_path: Path) -> Iterator[ServedGateway]:
    with served(sqlite_url, tmp_path) as running:
        yield running


@pytest.fixture
async def database(sqlite_url: str, gateway: ServedGateway) -> Database:
    return Database(sqlite_url)


async def left(database: Database, folder: Path, call: Call, seconds: float, state: str = "recorded") -> None:
    """As `gateway.message_jobs` leaves it."""
    messages, file = SqlMessages(database), f"messages/2026/11/{call.id}.ogg"
    await messages.put(call.id, NOW, "elsewhere")
    if state == "failed":
        await messages.failed(call.id, "journal_damaged")
        return
    place = folder / "recordings" / "files" / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(SOUND)
    sha256 = hashlib.sha256(SOUND).hexdigest()
    made = KeptMessage(file, None, sha256, len(SOUND), seconds, state == "partial")
    assert await messages.kept(call.id, made)


async def missed(database: Database, town: Town, wacid: str) -> Call:
    who = customer("5511955550101", name="Maria")
    call = call_in(town, wacid, who, state=State.ENDED, received_at=NOW, ended_at=NOW, outcome=Outcome.ABANDONED)
    call = replace(call, accepted_at=NOW, waiting_since=NOW).note(NOW, "ended")
    await SqlCallStore(database).save(call)
    return call


class Reader:
    """Somebody who is signed in."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url, self._http = f"{url}/api/v1", http

    async def sign_in(self, login: str) -> None:
        headers = {"Origin": self._url.removesuffix("/api/v1")}
        body = {"login": login, "password": PASSWORD}
        async with self._http.post(f"{self._url}/session", json=body, headers=headers) as answer:
            assert answer.status < 300, await answer.text()

    async def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        async with self._http.get(f"{self._url}{path}", headers=headers) as answer:
            return answer.status, await answer.read()

    async def change(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"Origin": self._url.removesuffix("/api/v1")}
        async with self._http.request(method, f"{self._url}{path}", json=body, headers=headers) as answer:
            return answer.status, None if answer.status == 204 else await answer.json()


async def heard(database: Database) -> list[tuple[str, str]]:
    query = select(AuditRow.actor, AuditRow.subject).where(col(AuditRow.action) == "message.heard")
    return await database.read(lambda session: [(actor, about) for actor, about in session.exec(query)])


async def test_a_card_has_every_message_of_its_customer_and_each_is_heard_by_ranges(
    gateway: ServedGateway, database: Database, tmp_path: Path
) -> None:
    town = await build_town(database)
    first, second, third = [await missed(database, town, f"wacid.{n}") for n in range(3)]
    await left(database, tmp_path, first, 12.5)
    await left(database, tmp_path, second, 3.0, "partial")
    await left(database, tmp_path, third, 0.0, "failed")
    jar = aiohttp.CookieJar(unsafe=True)  # 127.0.0.1 is an address
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        ana = Reader(gateway.url, http)
        await ana.sign_in("ana")
        [card] = json.loads((await ana.get("/callbacks"))[1])["callbacks"]
        assert card["messages"] == [
            {"call_id": first.id, "seconds": 12.5, "legal_hold": False, "with_recording": False},
            {"call_id": second.id, "seconds": 3.0, "legal_hold": False, "with_recording": False},
        ]
        told = json.loads((await ana.get(f"/calls/{second.id}/message"))[1])
        assert told == {"call_id": second.id, "state": "partial", "seconds": 3.0}
        assert await ana.get(f"/calls/{first.id}/message/audio") == (200, SOUND)
        assert await ana.get(f"/calls/{first.id}/message/audio", Range="bytes=10-19") == (206, SOUND[10:20])
        assert (await ana.get(f"/calls/{first.id}/message/audio", Range="bytes=99999-"))[0] == 416
        assert await heard(database) == [(f"user:{town.agents[0]}", f"call:{first.id}")], "once, though in pieces"
        assert (await ana.get(f"/calls/{second.id}/message/audio", Range="bytes=10-19"))[0] == 206
        assert len(await heard(database)) == 2, "also who skips the first byte"
        for none in (third.id, "0" * 32):
            assert (await ana.get(f"/calls/{none}/message/audio"))[0] == 404
        await _goes_alone(ana, database, tmp_path, first, second)
    await database.close()


async def _goes_alone(reader: Reader, database: Database, folder: Path, first: Call, second: Call) -> None:
    """An administrator, and nobody else, deletes one, which is audited; one that is held stays."""
    assert (await reader.change("DELETE", f"/calls/{first.id}/message"))[0] == 403
    people = people_in(database)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, [])
    await reader.sign_in("rita")
    assert (await reader.change("DELETE", f"/calls/{first.id}/message"))[0] == 403
    assert (await reader.change("PUT", f"/calls/{first.id}/message/hold", {"on": True}))[0] == 403
    await people.add_user("ada", "Ada", PASSWORD, Role.ADMINISTRATOR, [])
    await reader.sign_in("ada")
    status, held = await reader.change("PUT", f"/calls/{first.id}/message/hold", {"on": True})
    assert (status, held["thing"], held["legal_hold"], held["with_recording"]) == (200, "message", True, False)
    assert json.loads((await reader.get("/retention/schedule"))[1])["lines"] == [held]
    [card] = json.loads((await reader.get("/callbacks"))[1])["callbacks"]
    assert [each["legal_hold"] for each in card["messages"]] == [True, False]
    (shelf, *_) = [each for each in json.loads((await reader.get("/retention"))[1])["shelves"] if each["department_id"]]
    assert shelf["messages"] == {"kept": 3, "day": 0, "week": 0, "month": 0, "held": 1, "for_good": 2}
    status, told = await reader.change("DELETE", f"/calls/{first.id}/message")
    assert (status, told["error"]["code"]) == (409, "on_hold")
    assert (await reader.change("DELETE", f"/calls/{'0' * 32}/message"))[0] == 404
    assert (await reader.change("PUT", f"/calls/{'0' * 32}/message/hold", {"on": True}))[0] == 404
    assert (await reader.change("PUT", f"/calls/{first.id}/message/hold", {"on": False}))[0] == 200
    assert (await reader.change("DELETE", f"/calls/{first.id}/message"))[0] == 204
    assert (await reader.get(f"/calls/{first.id}/message/audio"))[0] == 404
    [card] = json.loads((await reader.get("/callbacks"))[1])["callbacks"]
    assert [each["call_id"] for each in card["messages"]] == [second.id], "the other stays"
    files = folder / "recordings" / "files" / "messages" / "2026" / "11"

    async def is_gone() -> bool:
        return [file.name for file in files.iterdir()] == [f"{second.id}.ogg"]

    await until(is_gone)
    lines = [(line.action, line.subject) for line in await SqlAudit(database).newest()]
    assert lines.count(("message.deleted", f"call:{first.id}")) == 1
    assert {("message.held", f"call:{first.id}"), ("message.let_go", f"call:{first.id}")} <= set(lines)


async def test_who_may_not_see_the_call_hears_nothing_of_it(
    gateway: ServedGateway, database: Database, tmp_path: Path
) -> None:
    town = await build_town(database)
    call = await missed(database, town, "wacid.1")
    await left(database, tmp_path, call, 12.5)
    caio = await people_in(database).add_user("caio", "Caio", PASSWORD, Role.AGENT, [])
    handed_on = call_in(
        town,
        "wacid.2",
        state=State.ENDED,
        outcome=Outcome.ANSWERED,
        received_at=NOW,
        accepted_at=NOW,
        answered_at=NOW,
        ended_at=NOW + timedelta(seconds=60),
        agent=town.agents[0],
    )
    handed_on = handed_on.note(NOW, "talking", agent=caio.id)
    handed_on = handed_on.note(NOW + timedelta(seconds=9), "transferred", agent=caio.id, to_agent=town.agents[0])
    await SqlCallStore(database).save(handed_on)
    await left(database, tmp_path, handed_on, 12.5)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        stranger = Reader(gateway.url, http)
        assert (await stranger.get(f"/calls/{call.id}/message/audio"))[0] == 401
        await stranger.sign_in("caio")
        for path in ("message", "message/audio"):
            assert (await stranger.get(f"/calls/{call.id}/{path}"))[0] == 404
            assert (await stranger.get(f"/calls/{handed_on.id}/{path}"))[0] == 404, "they see it, and no more"
        assert (await stranger.get(f"/calls/{handed_on.id}"))[0] == 200
    assert await heard(database) == []
    await database.close()
