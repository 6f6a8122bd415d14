"""What a database does when things go wrong around it: whose fault it was, does asking again help, and what is lost."""

import asyncio
import multiprocessing
import sqlite3
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from signaling.errors import Failure, Fault, NeighbourError
from store.calls import SqlCallStore
from store.database import Database, read_url
from store.deliveries import SqlDeliveryStore
from store.models import WebhookDeliveryRow
from tests.services.postgres import PostgresServer
from tests.services.samples import NOW, Town, build_town, call_in, customer

PHONE = "5511955550101"


async def failure_of_save(database: Database, town: Town) -> Failure:
    """What a store says, after looking that it says nothing of the customer, not even in a traceback."""
    with pytest.raises(NeighbourError) as caught:
        await SqlCallStore(database).save(call_in(town, f"wacid.{PHONE}", customer(PHONE)))
    assert caught.value.__context__ is None
    assert PHONE not in "".join(traceback.format_exception(caught.value))
    return caught.value.failure


def pragma_on_connect(database: Database, pragma: str) -> None:
    def set_pragma(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    database.engine.dispose()
    event.listen(database.engine, "connect", set_pragma)


async def test_a_stopped_postgresql_is_worth_another_try_and_works_again_once_it_is_back(
    own_postgres_server: PostgresServer,
) -> None:
    database = Database(own_postgres_server.new_database())
    town = await build_town(database)
    own_postgres_server.stop()
    failure = await failure_of_save(database, town)
    assert (failure.code, failure.fault, failure.retry_after_s) == ("store.away", Fault.NETWORK, 1.0)

    own_postgres_server.start()
    await SqlCallStore(database).save(call_in(town))
    await database.ping()
    await database.close()


async def test_a_transaction_cut_off_by_a_dying_postgresql_is_the_networks_fault(
    own_postgres_server: PostgresServer,
) -> None:
    database = Database(own_postgres_server.new_database())

    def work(session: Any) -> None:
        session.execute(text("SELECT 1"))
        own_postgres_server.stop()
        session.execute(text("SELECT 1"))

    with pytest.raises(NeighbourError) as caught:
        await database.run(work)
    assert (caught.value.failure.code, caught.value.failure.fault) == ("store.away", Fault.NETWORK)
    await database.close()


async def test_a_missing_database_of_postgresql_is_the_administrators_fault(postgres_server: PostgresServer) -> None:
    database = Database(postgres_server.url("nowhere"))
    with pytest.raises(NeighbourError) as caught:
        await database.ping()
    assert caught.value.failure.code in ("store.away", "store.unknown")  # libpq gives no code before the connection
    assert caught.value.failure.retry_after_s is not None
    await database.close()


async def test_a_read_only_file_is_the_administrators_fault(sqlite_url: str) -> None:
    writable = Database(sqlite_url)
    town = await build_town(writable)
    await writable.close()
    path = sqlite_url.removeprefix("sqlite:///")
    database = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    failure = await failure_of_save(database, town)
    assert (failure.code, failure.fault, failure.retry_after_s) == ("store.read_only", Fault.CONFIGURATION, 10.0)
    assert await SqlCallStore(database).open_calls() == []
    await database.close()


async def test_a_full_disk_is_the_administrators_fault_and_passes_when_there_is_room(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    pragma_on_connect(database, "max_page_count=1")  # SQLite keeps the pages that it has, and takes no more
    with pytest.raises(NeighbourError) as caught:
        await SqlDeliveryStore(database).keep(b"x" * 100_000, NOW)
    failure = caught.value.failure
    assert (failure.code, failure.fault, failure.retry_after_s) == ("store.full", Fault.CONFIGURATION, 10.0)
    await database.close()


async def test_a_file_that_others_hold_too_long_is_busy(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    town = await build_town(database)
    pragma_on_connect(database, "busy_timeout=1")
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failure = await failure_of_save(database, town)
    assert (failure.code, failure.retry_after_s) == ("store.busy", 1.0)
    assert await SqlCallStore(database).open_calls() == []  # readers wait for no writer
    other.execute("ROLLBACK")
    await SqlCallStore(database).save(call_in(town))
    other.close()
    await database.close()


@pytest.mark.parametrize(
    ("content", "code", "retry_after_s"),
    [(None, "store.unreachable", 10.0), (b"no database " * 500, "store.damaged", None)],
)
async def test_a_file_that_cannot_be_opened_is_the_administrators_fault(
    tmp_path: Path, content: bytes | None, code: str, retry_after_s: float | None
) -> None:
    path = tmp_path / "somewhere" / "ramal.db"
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(NeighbourError) as caught:
        await database.ping()
    failure = caught.value.failure
    assert (failure.code, failure.fault, failure.retry_after_s) == (code, Fault.CONFIGURATION, retry_after_s)
    await database.close()


async def test_missing_tables_say_which_command_makes_them(
    database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if database_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.url("postgres")
    database = Database(url)
    with pytest.raises(NeighbourError) as caught:
        await SqlCallStore(database).open_calls()
    failure = caught.value.failure
    assert (failure.code, failure.fault) == ("store.not_migrated", Fault.CONFIGURATION)
    assert "ramal migrate" in failure.detail
    await database.close()


async def test_a_value_no_column_can_hold_is_our_own_fault(database: Database) -> None:
    town = await build_town(database)
    with pytest.raises(NeighbourError) as caught:
        await SqlCallStore(database).save(call_in(town, meta_duration_s=10**30))
    assert (caught.value.failure.code, caught.value.failure.fault) == ("store.refused", Fault.OURS)


async def test_a_text_that_no_driver_takes_is_our_own_fault_and_not_a_lost_connection(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(NeighbourError) as caught:
        await database.run(lambda session: session.execute(text("SELECT :it"), {"it": "NUL \x00"}))
    assert (caught.value.failure.code, caught.value.failure.fault) == ("store.refused", Fault.OURS)
    await database.close()


async def test_a_naive_datetime_is_a_bug_and_not_a_moment(database: Database) -> None:
    with pytest.raises(Exception, match="a naive datetime is no moment"):
        await SqlDeliveryStore(database).keep(b"{}", datetime(2026, 1, 1))  # noqa: DTZ001


async def test_sqlite_keeps_what_it_says_about_power_cuts_and_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)

    def pragmas(session: Any) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [session.execute(text(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await database.run(pragmas) == ["wal", 2, 1, 5000]  # 2 is FULL
    assert await database.read(pragmas) == ["wal", 2, 1, 5000]
    await database.close()


@pytest.mark.parametrize(
    "url", ["", "mysql://root:secret@host/x", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://a:secret@b/c"]
)
def test_other_databases_are_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="a database URL must look like") as caught:
        read_url(url)
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_postgresql_url_gets_our_driver() -> None:
    assert read_url("postgresql://ramal:pass@db/ramal").drivername == "postgresql+psycopg"
    assert read_url("postgres://ramal:pass@db/ramal").drivername == "postgresql+psycopg"


# ---- two processes, and one that dies --------------------------------------------------------------------------------


def save_many(url: str, town: Town, first: int, shared_id: str) -> None:
    """What each of two processes does at the same time as the other."""

    async def save_all() -> None:
        database = Database(url)
        store = SqlCallStore(database)
        shared = call_in(town, "wacid.SHARED", customer(PHONE), id=shared_id)
        for step in range(8):
            await store.save(call_in(town, f"wacid.{first + step}", customer(PHONE)))
            shared = shared.note(NOW, "step", number=step)
            await store.save(shared)
        await database.close()

    asyncio.run(save_all())


async def test_two_processes_write_one_database_without_losing_a_call(database: Database, database_url: str) -> None:
    town = await build_town(database)
    shared_id = "5" * 32
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        work = [processes.submit(save_many, database_url, town, first, shared_id) for first in (0, 100)]
        for done in work:
            await asyncio.wrap_future(done)
    calls = await SqlCallStore(database).open_calls()
    assert len(calls) == 17
    shared = next(call for call in calls if call.id == shared_id)
    assert [entry.data["number"] for entry in shared.timeline] == list(range(8))


KEEPER = """
import asyncio, sys
from datetime import UTC, datetime
from store.database import Database
from store.deliveries import SqlDeliveryStore

async def keep_on() -> None:
    store = SqlDeliveryStore(Database(sys.argv[1]))
    while True:
        kept = await store.keep(b"delivery", datetime.now(UTC))
        print(kept.id, flush=True)

asyncio.run(keep_on())
"""


async def test_a_killed_process_loses_no_webhook_that_it_acknowledged(database: Database, database_url: str) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KEEPER, database_url), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    acknowledged = [int(await child.stdout.readline()) for _ in range(20)]
    child.kill()
    await child.wait()
    stored = {delivery.id for delivery in await SqlDeliveryStore(database).unhandled()}
    assert stored >= set(acknowledged)


async def test_a_handled_webhook_leaves_its_hash_and_no_body(database: Database) -> None:
    store = SqlDeliveryStore(database)
    first = await store.keep(b'{"entry": []}', NOW)
    second = await store.keep(bytes(range(256)), NOW)
    assert await store.unhandled() == [first, second]

    await store.handled(first.id, NOW)
    await store.handled(first.id, NOW)
    assert await store.unhandled() == [second]
    row = await database.read(lambda session: session.get(WebhookDeliveryRow, first.id))
    assert row is not None and row.body is None and row.handled_at == NOW and len(row.sha256) == 32
