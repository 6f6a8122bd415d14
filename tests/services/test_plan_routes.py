"""Plans, hours and sounds over REST: one real gateway for all tests, each with a number of its own."""

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import TypeAdapter

from gateway.media.prompt_library import SHIPPED, UPLOAD_LIMIT_BYTES
from gateway.simulator.app import running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.plan import Plan
from signaling.ports import Role
from signaling.private import Token
from signaling.schedule import Schedule
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.audit import SqlAudit
from store.database import Database
from store.departments import SqlDepartmentStore
from tests.scenarios.plan_world import ALWAYS_CLOSED, MENU, PLAN, QUEUE
from tests.services.gateways import closed_port, served
from tests.services.samples import PASSWORD, build_town, new_number, numbers_in, people_in
from tests.simulator.silent_lines import SilentLines
from tests.unit.test_schedule import OFFICE

PLAN_JSON: dict[str, Any] = TypeAdapter(Plan).dump_python(PLAN, mode="json")
OFFICE_JSON: dict[str, Any] = TypeAdapter(Schedule).dump_python(OFFICE, mode="json")
CLOSED_JSON: dict[str, Any] = TypeAdapter(Schedule).dump_python(ALWAYS_CLOSED, mode="json")
FAREWELL = (SHIPPED / "en" / "farewell.ogg").read_bytes()
NUMBERS = count(5_000)


@dataclass
class Door:
    url: str
    database_url: str
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("plans")
    path = folder / "ramal.db"
    path.write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{path}"

    async def fill() -> dict[str, str]:
        database, now = Database(url), datetime.now(UTC)
        await build_town(database)
        await people_in(database).add_user("chefe", "Chefe", PASSWORD, Role.ADMINISTRATOR)
        await people_in(database).add_user("super", "Super", PASSWORD, Role.SUPERVISOR)
        keys = SqlApiKeyStore(database)
        made = {}
        for name, scopes in (
            ("write", (Scope.NUMBERS_READ, Scope.NUMBERS_WRITE)),
            ("read", (Scope.NUMBERS_READ,)),
            ("none", (Scope.CALLS_READ,)),
        ):
            new = NewKey(name, tuple(scope.value for scope in scopes), per_minute=100_000)
            made[name] = (await keys.add(new, now))[1].value
        first = (await numbers_in(database).all())[0].phone_number_id
        both = (Scope.NUMBERS_READ.value, Scope.NUMBERS_WRITE.value)
        made["held"] = (await keys.add(NewKey("held", both, numbers=(first,)), now))[1].value
        await database.close()
        return made

    tokens = asyncio.run(fill())
    with served(url, folder) as gateway:
        yield Door(gateway.url, url, tokens)


class Client:
    def __init__(self, door: Door, number: int) -> None:
        self.door, self.number = door, number
        self.root = f"/numbers/{number}"

    async def ask(self, method: str, path: str, key: str = "write", **more: Any) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self.door.tokens[key]}"}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, f"{self.door.url}/api/v1{path}", headers=headers, **more) as response,
        ):
            return response.status, {} if response.status == 204 else await response.json()

    async def write_plan(self, plan: Any, version: int, **more: Any) -> tuple[int, dict[str, Any]]:
        return await self.ask("PUT", f"{self.root}/plan", json={"plan": plan, "version": version}, **more)

    async def write_hours(self, schedule: Any, version: int, tell_meta: bool = False) -> tuple[int, dict[str, Any]]:
        body = {"schedule": schedule, "version": version, "tell_meta": tell_meta}
        return await self.ask("PUT", f"{self.root}/schedule", json=body)

    async def upload(self, name: str, sound: bytes, **more: Any) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData()
        form.add_field("name", name)
        form.add_field("file", sound, filename="any.wav", content_type="audio/wav")
        return await self.ask("POST", "/prompts", data=form, **more)


@pytest.fixture
async def client(door: Door) -> AsyncIterator[Client]:
    database = Database(door.database_url)
    number = await numbers_in(database).add(new_number(str(next(NUMBERS)), department="Atendimento"))
    await database.close()
    yield Client(door, number.id)


def problems(answer: dict[str, Any]) -> set[tuple[str | None, str, str]]:
    found = answer["problems"] if "problems" in answer else answer["error"]["problems"]
    return {(each["step"], each["field"], each["code"]) for each in found}


# ---- plans -----------------------------------------------------------------------------------------------------------


async def test_a_plan_is_written_whole_read_back_and_taken_away(client: Client) -> None:
    status, before = await client.ask("GET", f"{client.root}/plan", key="read")
    assert (status, before["version"], before["plan"]) == (200, 0, None)
    assert before["usual"]["steps"]["ring"]["kind"] == "ring"
    status, written = await client.write_plan(PLAN_JSON, 0)
    assert (status, written["version"], written["plan"], written["problems"]) == (200, 1, PLAN_JSON, [])
    assert (await client.ask("GET", f"{client.root}/plan"))[1] == written
    assert written["changed_by"].startswith("key:") and written["changed_at"].endswith("Z")
    status, cleared = await client.write_plan(None, 1)
    assert (status, cleared["version"], cleared["plan"]) == (200, 2, None)


async def test_whoever_has_not_seen_the_newest_version_overwrites_nothing(client: Client) -> None:
    await client.write_plan(PLAN_JSON, 0)
    status, answer = await client.write_plan(None, 0)
    assert (status, answer["error"]["code"], answer["error"]["version"]) == (409, "changed_meanwhile", 1)
    assert answer["error"]["changed_by"].startswith("key:") and answer["error"]["changed_at"]
    await client.write_hours(OFFICE_JSON, 0)
    assert (await client.write_hours(None, 0))[0] == 409
    assert (await client.ask("GET", f"{client.root}/plan"))[1]["plan"] == PLAN_JSON


async def test_every_problem_of_a_plan_is_named_by_step_and_field(client: Client) -> None:
    plan = json.loads(json.dumps(PLAN_JSON))
    plan["steps"]["ring"]["for_s"] = 0
    plan["steps"]["menu"]["choices"] = {"1": "nowhere", "A": "queue"}
    plan["steps"]["queue"]["department"] = 4_711
    plan["steps"]["greeting"]["prompt"] = "0" * 32
    plan["transfer_prompt"] = "no_such_sound"
    plan["language"] = "fr"
    expected = {
        (None, "language", "unknown_language"),
        (None, "transfer_prompt", "unknown_prompt"),
        ("ring", "for_s", "out_of_range"),
        ("menu", "choices.1", "unknown_step"),
        ("menu", "choices.A", "no_key"),
        ("queue", "department", "unknown_department"),
        ("greeting", "prompt", "unknown_prompt"),
    }
    status, answer = await client.write_plan(plan, 0)
    assert (status, answer["error"]["code"], problems(answer)) == (422, "invalid", expected)
    status, answer = await client.ask("POST", f"{client.root}/plan/check", json={"plan": plan})
    assert (status, problems(answer)) == (200, expected)
    assert (await client.ask("GET", f"{client.root}/plan"))[1]["version"] == 0, "nothing was saved"


async def test_a_plan_that_rings_past_metas_window_or_never_ends_is_refused(client: Client) -> None:
    too_long = json.loads(json.dumps(PLAN_JSON))
    too_long["steps"]["ring"]["for_s"] = 61
    assert problems((await client.write_plan(too_long, 0))[1]) == {("ring", "for_s", "past_the_window")}
    endless = json.loads(json.dumps(PLAN_JSON))
    endless["steps"]["menu"]["otherwise"] = "greeting"
    assert ("menu", "then", "no_end") in problems((await client.write_plan(endless, 0))[1])


async def test_what_is_no_plan_at_all_is_refused_with_the_places_and_without_the_values(client: Client) -> None:
    secret = "5511955550101"
    for change, expected in (
        ({"start": 7}, {(None, "start", "wrong_type")}),
        ({"steps": {"a": {"kind": "fly", "to": secret}}}, {("a", "kind", "unknown_kind")}),
        ({"steps": {"a": {"then": "b"}}}, {("a", "kind", "missing")}),
        ({"steps": {"a": {"kind": "ring", "then": "b", "for_s": "ten"}}}, {("a", "for_s", "wrong_type")}),
        ({"steps": {"a": {"kind": "ring", "for_s": 10}}}, {("a", "then", "missing")}),
        ({"steps": {"a": {"kind": "hang_up", "farwell": secret}}}, {("a", "farwell", "unknown_field")}),
        ({"farewell": secret}, {(None, "farewell", "unknown_field")}),
    ):
        status, answer = await client.write_plan({**PLAN_JSON, **change}, 0)
        assert (status, problems(answer)) == (422, expected), answer
        assert secret not in json.dumps(answer)
    assert (await client.write_plan({**PLAN_JSON, "language": "x" * 140_000}, 0))[0] == 413


async def test_a_plan_is_tried_with_a_simulated_caller_and_nothing_is_saved(client: Client) -> None:
    agent = {"agent_id": 1, "answers_after_s": 5}
    form = {"plan": PLAN_JSON, "caller": {"keys": [{"digit": "1", "after_s": 1, "step": MENU}]}, "agents": []}
    status, walked = await client.ask("POST", f"{client.root}/plan/try", json=form)
    assert (status, walked["outcome"], walked["reason"]) == (200, "abandoned", "voicemail_left")
    assert QUEUE in [line["step"] for line in walked["walk"]]
    greeting = next(line for line in walked["walk"] if line["prompts"] == ["greeting"])
    following = next(line for line in walked["walk"] if line["step"] == MENU)
    assert 1 < following["at_s"] - greeting["at_s"] < 10, "as long as the sound itself"
    status, walked = await client.ask("POST", f"{client.root}/plan/try", json=form | {"agents": [agent]})
    assert (walked["outcome"], walked["accepted_at_s"]) == ("answered", 5.0)
    await client.write_hours(CLOSED_JSON, 0)
    status, walked = await client.ask("POST", f"{client.root}/plan/try", json=form)
    assert (status, walked["is_open"]) == (200, False)
    assert (await client.ask("GET", f"{client.root}/plan"))[1]["version"] == 0
    broken = {**PLAN_JSON, "start": "nowhere"}
    assert (await client.ask("POST", f"{client.root}/plan/try", json=form | {"plan": broken}))[0] == 422


# ---- hours -----------------------------------------------------------------------------------------------------------


async def test_hours_are_written_read_back_and_told_whether_it_is_open(client: Client) -> None:
    status, before = await client.ask("GET", f"{client.root}/schedule", key="read")
    assert (status, before["version"], before["schedule"], before["is_open"]) == (200, 0, None, True)
    status, written = await client.write_hours(OFFICE_JSON, 0)
    assert (status, written["version"], written["schedule"]) == (200, 1, OFFICE_JSON)
    assert written["at_meta"]["state"] == "not_told" and written["next_opening"] is not None
    status, closed = await client.write_hours(CLOSED_JSON, 1)
    assert (closed["is_open"], closed["next_opening"]) == (False, None)
    await client.write_plan(PLAN_JSON, 0)
    assert not (await client.ask("GET", f"{client.root}/plan"))[1]["closed_unheard"]


async def test_every_problem_of_hours_is_named_by_its_place(client: Client) -> None:
    nine, noon, six = 9 * 60, 12 * 60, 18 * 60
    weekly: list[Any] = [[] for _ in range(7)]
    weekly[0] = [{"opens_min": nine, "closes_min": six}, {"opens_min": noon, "closes_min": six}]
    weekly[1] = [{"opens_min": six, "closes_min": nine}]
    bad = {"zone": "America/Sao_Paolo", "weekly": weekly, "special_days": []}
    expected = {
        (None, "zone", "unknown_zone"),
        (None, "weekly.monday", "overlap"),
        (None, "weekly.tuesday", "closes_before_it_opens"),
    }
    status, answer = await client.write_hours(bad, 0)
    assert (status, problems(answer)) == (422, expected)
    status, answer = await client.ask("POST", f"{client.root}/schedule/check", json={"schedule": bad})
    assert (status, problems(answer)) == (200, expected)
    weekly[0] = [{"opens_min": "nine", "closes_min": six}]
    status, answer = await client.write_hours({**bad, "weekly": weekly}, 0)
    assert (status, problems(answer)) == (422, {(None, "weekly.monday.0.opens_min", "wrong_type")})


async def test_metas_limits_hold_for_hours_that_meta_is_told_and_for_no_others(client: Client) -> None:
    three = [{"opens_min": at * 60, "closes_min": at * 60 + 30} for at in (8, 12, 16)]
    busy = {**OFFICE_JSON, "weekly": [three, *OFFICE_JSON["weekly"][1:]]}
    status, answer = await client.write_hours(busy, 0, tell_meta=True)
    assert (status, problems(answer)) == (422, {(None, "weekly.monday", "meta_takes_two_spans_a_day")})
    assert (await client.write_hours(busy, 0))[0] == 200


async def test_a_number_is_switched_off_and_on_for_calls_of_customers(client: Client, door: Door) -> None:
    for enabled in (False, True):
        switched = await client.ask("PUT", f"{client.root}/inbound", json={"enabled": enabled})
        assert switched == (200, {"enabled": enabled})
        listed = (await client.ask("GET", "/numbers"))[1]["numbers"]
        assert [line["inbound_enabled"] for line in listed if line["id"] == client.number] == [enabled]
    database = Database(door.database_url)
    actions = [entry.action for entry in await SqlAudit(database).newest(2)]
    await database.close()
    assert actions == ["number.inbound_switched"] * 2


async def test_hours_reach_meta_and_meta_says_what_it_has(sqlite_url: str, tmp_path: Path) -> None:
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("EAAtest"),
        rules=MetaRules(graph_latency_s=0.0),
    )
    database = Database(sqlite_url)
    await SqlDepartmentStore(database).add("Atendimento")  # where the plan rings
    number = await numbers_in(database).add(new_number("306540000000002"))
    new = NewKey("all", (Scope.NUMBERS_READ.value, Scope.NUMBERS_WRITE.value))
    token = (await SqlApiKeyStore(database).add(new, datetime.now(UTC)))[1].value
    hours = TypeAdapter(Schedule).dump_python(replace(OFFICE, special_days=()), mode="json")
    async with running(settings, lines=SilentLines()) as meta:
        # The gateway has a thread and a loop of its own; both its start and its end are waited for in threads.
        gateway = served(sqlite_url, tmp_path, graph_url=meta.url)
        running_gateway = await asyncio.to_thread(gateway.__enter__)
        try:
            client = Client(Door(running_gateway.url, sqlite_url, {"write": token}), number.id)
            status, written = await client.write_hours(hours, 0, tell_meta=True)
            assert (status, written["at_meta"]["state"], written["at_meta"]["differences"]) == (200, "same", [])
            theirs = meta.exchange.number.calling["call_hours"]
            assert isinstance(theirs, dict) and theirs["status"] == "ENABLED"
            _, plan = await client.write_plan(PLAN_JSON, 0)
            assert plan["closed_unheard"], "Meta refuses those calls, so the plan's words for them are never heard"
            meta.exchange.change_settings({"calling": {"call_hours": theirs | {"timezone_id": "UTC"}}})
            status, synced = await client.ask("POST", f"{client.root}/schedule/sync")
            assert (status, synced["at_meta"]["state"]) == (200, "same")
            assert meta.exchange.number.calling["call_hours"] == theirs, "ours were written over what somebody changed"
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)
    await database.close()


# ---- who may ---------------------------------------------------------------------------------------------------------


async def test_a_key_without_the_scope_writes_nothing(client: Client) -> None:
    for method, path in (
        ("PUT", f"{client.root}/plan"),
        ("POST", f"{client.root}/plan/check"),
        ("POST", f"{client.root}/plan/try"),
        ("PUT", f"{client.root}/schedule"),
        ("POST", f"{client.root}/schedule/check"),
        ("POST", f"{client.root}/schedule/sync"),
        ("PUT", f"{client.root}/inbound"),
        ("POST", "/prompts"),
        ("DELETE", f"/prompts/{'0' * 32}"),
    ):
        for key in ("read", "none"):
            status, answer = await client.ask(method, path, key=key, json={})
            assert (status, answer["error"]["code"]) == (403, "forbidden"), (method, path, key)
    for path in (f"{client.root}/plan", f"{client.root}/schedule", "/prompts", "/prompts/greeting/audio"):
        assert (await client.ask("GET", path, key="none"))[0] == 403


async def test_a_key_that_is_held_to_another_number_does_not_know_of_this_one(client: Client) -> None:
    for path in ("plan", "schedule"):
        assert (await client.ask("GET", f"{client.root}/{path}", key="held"))[0] == 404
    assert (await client.write_plan(PLAN_JSON, 0, key="held"))[0] == 404
    assert (await client.ask("GET", "/numbers/1/plan", key="held"))[0] == 200
    assert (await client.ask("GET", "/prompts", key="held"))[0] == 403
    assert (await client.ask("GET", "/numbers/999999/plan"))[0] == 404


async def test_of_users_only_administrators_see_and_write_plans(door: Door, client: Client) -> None:
    for login, status in (("chefe", 200), ("super", 403), ("ana", 403)):
        async with aiohttp.ClientSession(f"{door.url}/api/v1/", cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
            await http.post("session", json={"login": login, "password": PASSWORD})
            root = f"numbers/{client.number}"
            assert (await http.get(f"{root}/plan")).status == status
            written = await http.put(f"{root}/plan", json={"plan": PLAN_JSON, "version": 0})
            assert written.status == status
            if status == 200:
                assert (await written.json())["changed_by"] == "Chefe"


# ---- sounds ----------------------------------------------------------------------------------------------------------


async def test_a_sound_is_uploaded_listened_to_used_and_deleted(client: Client, door: Door) -> None:
    status, made = await client.upload("Despedida", FAREWELL)
    assert (status, made["name"], made["used_by"]) == (201, "Despedida", [])
    assert 1_000 < made["duration_ms"] < 10_000
    headers = {"Authorization": f"Bearer {door.tokens['read']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{door.url}/api/v1/prompts/{made['id']}/audio") as heard,
    ):
        assert (heard.status, heard.content_type) == (200, "audio/ogg")
        assert (await heard.read())[:4] == b"OggS"
    own = json.loads(json.dumps(PLAN_JSON))
    own["steps"]["greeting"]["prompt"] = made["id"]
    assert (await client.write_plan(own, 0))[0] == 200
    listed = (await client.ask("GET", "/prompts"))[1]
    assert [line["used_by"] for line in listed["uploaded"] if line["id"] == made["id"]] == [["Vendas"]]
    assert {"greeting", "queue_music", "beep"} <= {line["id"] for line in listed["shipped"]}
    status, answer = await client.ask("DELETE", f"/prompts/{made['id']}")
    assert (status, answer["error"]["code"], answer["error"]["used_by"]) == (409, "in_use", ["Vendas"])
    await client.write_plan(None, 1)
    assert (await client.ask("DELETE", f"/prompts/{made['id']}"))[0] == 204
    assert (await client.ask("DELETE", f"/prompts/{made['id']}"))[0] == 404
    assert (await client.ask("GET", f"/prompts/{made['id']}/audio"))[0] == 404
    assert (await client.ask("DELETE", "/prompts/greeting"))[0] == 404, "what comes with Ramal stays"


async def test_a_sound_is_spoken_by_the_server_where_it_can(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"name": "Feriado", "text": "Hoje é feriado. Voltamos amanhã às oito.", "language": "pt-BR"}
    assert (await client.ask("GET", "/prompts"))[1]["speaks"] is True
    status, made = await client.ask("POST", "/prompts/spoken", json=words)
    assert (status, made["name"]) == (201, "Feriado") and 2_000 < made["duration_ms"] < 8_000
    assert (await client.ask("POST", "/prompts/spoken", json=words))[0] == 409
    for wrong in ({"text": ""}, {"text": "a" * 1_001}, {"language": "de"}, {"name": ""}):
        assert (await client.ask("POST", "/prompts/spoken", json=words | {"name": "Outro"} | wrong))[0] in (400, 422)
    status, answer = await client.ask("POST", "/prompts/spoken", json=words | {"name": "Calado", "text": "  "})
    assert (status, problems(answer)) == (422, {(None, "text", "empty")})
    assert (await client.ask("POST", "/prompts/spoken", key="read", json=words))[0] == 403
    monkeypatch.setattr("gateway.speech.shutil.which", lambda _: None)
    assert (await client.ask("GET", "/prompts"))[1]["speaks"] is False
    status, answer = await client.ask("POST", "/prompts/spoken", json=words | {"name": "Outro"})
    assert (status, answer["error"]["code"]) == (503, "no_speech")


def silence(seconds: float, rate_hz: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(rate_hz)
        out.writeframes(b"\x80" * int(seconds * rate_hz))
    return file.getvalue()


@pytest.mark.parametrize(
    ("sound", "status", "code"),
    [
        (b"", 422, "no_sound"),
        (b"%PDF-1.7 no sound at all" * 50, 422, "no_sound"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret.wav\n", 422, "no_sound"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", 422, "no_sound"),
        (FAREWELL[: len(FAREWELL) // 40], 422, "no_sound"),
        (silence(0), 422, "empty"),
        (silence(601), 422, "too_long"),
        (b"RIFF" + bytes(UPLOAD_LIMIT_BYTES), 413, "too_large"),
    ],
    ids=["nothing", "pdf", "playlist", "list of files", "cut", "no samples", "eleven minutes", "over 20 MiB"],
)
async def test_what_is_no_sound_or_over_a_limit_is_refused_with_the_reason(
    client: Client, sound: bytes, status: int, code: str
) -> None:
    got, answer = await client.upload("Natal", sound)
    assert got == status, answer
    if status == 422:
        assert problems(answer) == {(None, "file", code)}
    else:
        assert answer["error"]["code"] == code
    assert "Natal" not in [line["name"] for line in (await client.ask("GET", "/prompts"))[1]["uploaded"]]


async def test_raw_bodies_and_names_are_read_as_strictly(client: Client) -> None:
    audio = {"Content-Type": "audio/ogg"}

    async def post(path: str, headers: dict[str, str], data: bytes = FAREWELL) -> int:
        given = {"Authorization": f"Bearer {client.door.tokens['write']}", **headers}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{client.door.url}/api/v1{path}", headers=given, data=data) as response,
        ):
            return response.status

    assert await post("/prompts?name=Roh", audio) == 201
    assert await post("/prompts?name=Roh", audio) == 409
    assert await post("/prompts", audio) == 422
    assert await post("/prompts?name=Text", {"Content-Type": "text/plain"}) == 415
    assert await post("/prompts?name=Form", {"Content-Type": "multipart/form-data"}) == 400
    assert await post("/prompts?name=Form", {"Content-Type": "multipart/form-data; boundary=x"}) in (400, 422)
    control_character = b'--x\r\nContent-Disposition: form-data; name="4\x12hq"\r\n\r\nx\r\n--x--\r\n'
    assert await post("/prompts", {"Content-Type": "multipart/form-data; boundary=x"}, control_character) == 400
    assert await post("/prompts?name=two%0Alines", audio) in (400, 422)
