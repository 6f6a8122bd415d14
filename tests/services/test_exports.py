"""Lists of calls carried away: CSV and Parquet of what is filtered, whole, by who may, and gone again."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from arro3.io import read_parquet

from gateway.export_rows import Telling
from gateway.exports import FOLDER, KEPT, CallExports, Export, ExportState, Format, NoExport, Order
from signaling.call import Outcome, State
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ports import Role
from store.api_keys import Scope
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.cursors import Cursor
from store.database import Database
from store.history import HistoryOutline, HistoryPage, SqlHistory
from store.history_filter import HistoryFilter
from tests.services.gateways import ServedGateway, served
from tests.services.samples import NOW, PASSWORD, Town, build_town, call_in, customer, people_in
from tests.services.test_integrators_door import key_with
from tests.unit.api.world import JumpingClock
from tests.unit.test_export_rows import SAO_PAULO


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(sqlite: Database) -> Town:
    return await build_town(sqlite)


async def fill(database: Database, town: Town, count: int) -> None:
    """Every third failed; all of Ana's; customers with names that would like to be formulas."""
    store = SqlCallStore(database)
    for n in range(count):
        failed = n % 3 == 0
        at = NOW + timedelta(minutes=n)
        call = call_in(
            town,
            f"wacid.{n}",
            customer("5511955550101", "BR.1049", name='=HYPERLINK("x";"é, 1")\nRita'),
            state=State.ENDED,
            agent=town.agents[0],
            received_at=at,
            accepted_at=None if failed else at + timedelta(seconds=5),
            ended_at=at + timedelta(seconds=35),
            outcome=Outcome.FAILED if failed else Outcome.ANSWERED,
            failure=Failure("meta.138021", Fault.META) if failed else None,
        )
        await store.save(call)


class Client:
    def __init__(self, http: aiohttp.ClientSession, gateway: ServedGateway, headers: dict[str, str]) -> None:
        self.http, self.gateway, self.headers = http, gateway, headers

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, bytes, Any]:
        url = f"{self.gateway.url}/api/v1{path}"
        async with self.http.request(method, url, headers=self.headers, **more) as answer:
            return answer.status, await answer.read(), answer.headers

    async def export(self, query: str) -> dict[str, Any]:
        """Asked for, and waited for."""
        status, body, _ = await self.ask("POST", f"/calls/exports?{query}")
        told: dict[str, Any] = json.loads(body)
        assert status == 202, told
        while told["state"] == "making":
            await asyncio.sleep(0.02)
            told = json.loads((await self.ask("GET", f"/calls/exports/{told['id']}"))[1])
        return told

    async def file(self, query: str) -> tuple[bytes, Any]:
        told = await self.export(query)
        assert told["state"] == "ready", told
        status, body, headers = await self.ask("GET", f"/calls/exports/{told['id']}/file")
        assert status == 200 and len(body) == told["size_bytes"]
        assert headers["Content-Disposition"] == f'attachment; filename="{told["file_name"]}"'
        assert headers["Cache-Control"] == "private, no-store"
        return body, headers


async def signed_in(gateway: ServedGateway, login: str) -> Client:
    http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    client = Client(http, gateway, {"Origin": gateway.url})
    status, *_ = await client.ask("POST", "/session", json={"login": login, "password": PASSWORD})
    assert status == 200
    return client


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


async def test_what_is_filtered_comes_whole_as_csv_and_as_parquet_to_who_may_and_stands_in_the_audit(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    await fill(sqlite, town, 12)
    people = people_in(sqlite)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])  # may export there
    await people.add_user("sara", "Sara", PASSWORD, Role.SUPERVISOR, [])
    key = await key_with(sqlite, Scope.CALLS_READ)
    with served(sqlite_url, tmp_path, time_zone="America/Manaus") as gateway:
        ana, rita, sara = [await signed_in(gateway, login) for login in ("ana", "rita", "sara")]
        async with ana.http, rita.http, sara.http, aiohttp.ClientSession() as http:
            body, headers = await rita.file("outcome=failed")
            assert headers["Content-Type"] == "text/csv; charset=utf-8"
            failed = rows_of(body)
            assert [row["received_at"] for row in failed] == [f"2026-03-04 08:{n:02}:00" for n in (9, 6, 3, 0)]
            assert {row["reason"] for row in failed} == {"meta.138021"}
            assert {row["customer_name"] for row in failed} == {'\'=HYPERLINK("x";"é, 1")\nRita'}
            assert {row["customer_phone"] for row in failed} == {"5511955550101"}

            own = rows_of((await ana.file("format=csv"))[0])
            assert len(own) == 12, "agents carry away what they see"
            assert {(row["customer_phone"], row["customer"]) for row in own} == {("", "55 11 ••••• 0101")}
            assert b"5511955550101" not in (await ana.file("format=csv"))[0]
            assert rows_of((await sara.file(""))[0]) == []

            integrator = Client(http, gateway, {"Authorization": f"Bearer {key.value}"})
            body, headers = await integrator.file("format=parquet&outcome=answered")
            assert headers["Content-Type"] == "application/vnd.apache.parquet"
            table = read_parquet(io.BytesIO(body)).read_all()
            assert table.num_rows == 8
            first = {name: table.column(name)[0].as_py() for name in table.column_names}
            assert first["customer_name"] == '=HYPERLINK("x";"é, 1")\nRita'
            assert first["customer_phone"] == "5511955550101" and first["reason"] is None
            assert (first["talk_s"], first["number_id"]) == (30.0, town.number.id)
            assert first["received_at"] == NOW + timedelta(minutes=11)

            told = await rita.export("words=nada")
            for who in (ana, integrator):
                for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
                    assert (await who.ask(method, f"/calls/exports/{told['id']}{path}"))[0] == 404
            assert (await rita.ask("DELETE", f"/calls/exports/{told['id']}"))[0] == 204
            assert (await rita.ask("GET", f"/calls/exports/{told['id']}/file"))[0] == 404
            assert (await integrator.ask("POST", "/calls/exports?words=nada"))[0] == 403
            assert (await rita.ask("POST", "/calls/exports?zone=Mars/Base"))[0] == 400
    lines = [line for line in reversed(await SqlAudit(sqlite).newest(100)) if line.action.startswith("calls.export")]
    asked = [line.data for line in lines if line.action == "calls.exported"]
    assert asked[0] == {"outcome": "failed", "format": "csv", "rows": 4, "numbers": "some", "by": "outcome"}
    assert [data["numbers"] for data in asked] == ["some", "none", "none", "none", "all", "some"]
    assert [line.action for line in lines].count("calls.export_taken") == 5
    assert [(line.action, line.data["rows"]) for line in lines if line.subject == lines[0].subject] == [
        *(("calls.exported", 4), ("calls.export_made", 4), ("calls.export_taken", 4))
    ]
    assert "nada" not in str(lines) and asked[-1]["by"] == "words"
    assert list((tmp_path / FOLDER).iterdir()) == [], "nothing stays when the gateway stops"


# ---- over a store that can be held and broken -----------------------------------------------------------------------


async def unnoted(export: Export) -> None: ...


class SlowHistory:
    def __init__(self, history: SqlHistory) -> None:
        self.history, self.go, self.failing = history, asyncio.Event(), False
        self.more = False

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage:
        await self.go.wait()
        if self.failing:
            raise NeighbourError(Failure("store.unreachable", Fault.OURS, retry_after_s=1.0))
        return await self.history.page(wanted, 2, cursor)

    async def outline(self, wanted: HistoryFilter, step: int) -> HistoryOutline:
        outline = await self.history.outline(wanted, step)
        return replace(outline, more=self.more)


ORDER = Order(HistoryFilter(), Format.CSV, Telling(SAO_PAULO))


@pytest.fixture
async def slow(sqlite: Database, town: Town) -> SlowHistory:
    await fill(sqlite, town, 5)
    return SlowHistory(SqlHistory(sqlite))


async def until_over(exports: CallExports, id_: str) -> ExportState:
    while True:
        export = await exports.get(id_, "user:1")
        assert export is not None
        if export.state is not ExportState.MAKING:
            return export.state
        await asyncio.sleep(0.01)


async def test_one_export_of_a_person_is_made_at_a_time_and_few_of_all(slow: SlowHistory, tmp_path: Path) -> None:
    exports = CallExports(slow, tmp_path, JumpingClock())
    await exports.start()
    first = await exports.begin(ORDER, "user:1", unnoted, unnoted)
    for actor in ("user:1", "user:2", "user:3"):
        if actor == "user:2":
            await exports.begin(ORDER, actor, unnoted, unnoted)
            continue
        with pytest.raises(NoExport, match="busy"):
            await exports.begin(ORDER, actor, unnoted, unnoted)
    slow.go.set()
    assert await until_over(exports, first.id) is ExportState.READY
    assert (first.rows, first.of) == (5, 5)
    assert len(rows_of(first.path.read_bytes())) == 5
    await exports.begin(ORDER, "user:1", unnoted, unnoted)
    await exports.stop()
    assert list((tmp_path / FOLDER).iterdir()) == []


async def test_a_list_that_is_too_long_is_refused_before_anything_is_written(slow: SlowHistory, tmp_path: Path) -> None:
    exports = CallExports(slow, tmp_path, JumpingClock())
    await exports.start()
    slow.more = True
    with pytest.raises(NoExport, match="too_many"):
        await exports.begin(ORDER, "user:1", unnoted, unnoted)
    slow.more = False
    await exports.begin(ORDER, "user:1", unnoted, unnoted)  # and the next may be asked for at once
    await exports.stop()


async def test_an_export_whose_store_went_away_says_so_and_leaves_nothing_to_take(
    slow: SlowHistory, tmp_path: Path
) -> None:
    exports = CallExports(slow, tmp_path, JumpingClock())
    await exports.start()
    slow.failing = True
    slow.go.set()
    export = await exports.begin(replace(ORDER, format=Format.PARQUET), "user:1", unnoted, unnoted)
    assert await until_over(exports, export.id) is ExportState.FAILED
    assert export.reason == "unavailable"
    assert list((tmp_path / FOLDER).iterdir()) == []
    await exports.stop()


async def test_a_file_goes_after_its_time_and_what_a_killed_gateway_left_goes_at_the_start(
    slow: SlowHistory, tmp_path: Path
) -> None:
    clock = JumpingClock()
    exports = CallExports(slow, tmp_path, clock)
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "left.csv").touch()
    await exports.start()
    assert list((tmp_path / FOLDER).iterdir()) == []
    slow.go.set()
    export = await exports.begin(ORDER, "user:1", unnoted, unnoted)
    assert await until_over(exports, export.id) is ExportState.READY
    clock.jump(KEPT.total_seconds() + 1)
    assert await exports.get(export.id, "user:1") is None
    assert not export.path.exists()
    await exports.stop()


async def test_not_a_row_is_read_before_the_audit_knows_of_it_and_none_when_it_cannot_be_told(
    sqlite: Database, town: Town, tmp_path: Path
) -> None:
    await fill(sqlite, town, 3)
    slow, happened = SlowHistory(SqlHistory(sqlite)), list[str]()
    slow.go.set()
    read = slow.page

    async def page(wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage:
        happened.append("read")
        return await read(wanted, limit, cursor)

    slow.page = page  # type: ignore[method-assign]

    async def asked(export: Export) -> None:
        happened.append(f"asked {export.of}")

    async def made(export: Export) -> None:
        happened.append(f"made {export.rows} {export.state.value}")

    async def away(export: Export) -> None:
        raise NeighbourError(Failure("store.unreachable", Fault.OURS, retry_after_s=1.0))

    exports = CallExports(slow, tmp_path, JumpingClock())
    await exports.start()
    with pytest.raises(NeighbourError):
        await exports.begin(ORDER, "user:1", away, unnoted)
    assert happened == [] and list((tmp_path / FOLDER).iterdir()) == []
    export = await exports.begin(ORDER, "user:1", asked, made)
    assert await until_over(exports, export.id) is ExportState.READY
    assert happened == ["asked 3", "read", "read", "made 3 making"], "who has it can be told before it is taken"
    await exports.stop()
