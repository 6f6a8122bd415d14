"""Writers that wait together are committed together: in order, each with its own fate, and durable when it is said."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from signaling.call import State
from signaling.errors import NeighbourError
from store.calls import SqlCallStore
from store.database import Database
from store.deliveries import SqlDeliveryStore
from store.models import OPEN_CALLS
from tests.services.samples import NOW, build_town, call_in

ROOT = Path(__file__).parents[2]


def commits_of(database: Database) -> list[None]:
    """Grows with every commit."""
    seen: list[None] = []
    event.listen(database.engine, "commit", lambda _: seen.append(None))
    return seen


async def test_writers_that_wait_share_a_sync_and_keep_their_order(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    store, commits = SqlDeliveryStore(database), commits_of(database)
    kept = await asyncio.gather(*(store.keep(bytes([number]), NOW) for number in range(60)))
    assert [delivery.id for delivery in kept] == sorted(delivery.id for delivery in kept)
    assert await store.unhandled() == list(kept)
    assert len(commits) < 30
    await database.close()


async def test_a_work_that_fails_takes_nothing_of_its_neighbours_along(database: Database) -> None:
    town = await build_town(database)
    calls = SqlCallStore(database)
    first = call_in(town, "wacid.one").note(NOW, "offered")
    await calls.save(first)
    same_wacid = call_in(town, "wacid.one").note(NOW, "offered")

    def breaks(session: Session) -> None:
        session.execute(text("UPDATE calls SET muted = NOT muted"))
        raise LookupError

    others = [call_in(town, f"wacid.other.{number}").note(NOW, "offered") for number in range(8)]
    works = [calls.save(call) for call in others]
    works[3:3] = [calls.save(same_wacid), database.run(breaks)]
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [NeighbourError, LookupError]
    stored = await calls.open_calls()
    assert {call.id for call in stored} == {first.id, *(call.id for call in others)}
    assert not any(call.muted for call in stored)


async def test_a_whole_group_that_cannot_be_committed_is_told_to_each_and_leaves_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    deliveries = SqlDeliveryStore(database)
    await deliveries.keep(b"before", NOW)

    def full(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # type: ignore[attr-defined]

    event.listen(database.engine, "checkout", lambda connection, record, _proxy: full(connection, record))
    results = await asyncio.gather(*(deliveries.keep(bytes(20_000), NOW) for _ in range(12)), return_exceptions=True)
    assert {type(result) for result in results} == {NeighbourError}
    await database.close()
    again = Database(sqlite_url)
    assert [delivery.body for delivery in await SqlDeliveryStore(again).unhandled()] == [b"before"]
    await again.close()


async def test_who_gave_up_waiting_hinders_nobody(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    store = SqlDeliveryStore(database)
    tasks = [asyncio.create_task(store.keep(bytes([number]), NOW)) for number in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kept = {result for result in results if not isinstance(result, BaseException)}
    assert kept <= set(await store.unhandled())
    await database.close()


async def test_after_close_nobody_waits_in_vain(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    await database.close()
    with pytest.raises(RuntimeError):
        await SqlDeliveryStore(database).keep(b"late", NOW)


async def test_a_later_save_writes_the_difference_and_the_first_to_save_after_another_process_writes_all(
    database: Database,
) -> None:
    town = await build_town(database)
    mine, theirs = SqlCallStore(database), SqlCallStore(database)
    call = call_in(town, "wacid.one").note(NOW, "offered")
    await mine.save(call)
    ringing = replace(call, state=State.RINGING, rung_at=NOW).note(NOW, "rung")
    await mine.save(ringing)
    assert await mine.get(call.id) == ringing
    muted = replace(ringing, muted=True).note(NOW, "muted")
    await theirs.save(muted)
    talking = replace(muted, state=State.TALKING).note(NOW, "accepted")
    await mine.save(talking)
    assert await theirs.get(call.id) == talking
    await mine.save(ringing)
    assert await mine.get(call.id) == talking, "an older state changes nothing"
    ended = replace(talking, state=State.ENDED, ended_at=NOW, answered_at=NOW).note(NOW, "ended")
    await mine.save(ended)
    assert await mine.get(call.id) == ended
    assert mine._stored == {}, "calls that are over are not remembered"
    assert await mine.open_calls() == []


BUSY = """
import asyncio, sys
from dataclasses import replace
from datetime import UTC, datetime
from signaling.call import Call, State
from signaling.events import Direction
from signaling.ids import new_call_id
from signaling.private import Wacid
from store.calls import SqlCallStore
from store.database import Database
from store.deliveries import SqlDeliveryStore
from tests.services.samples import numbers_in

async def line(database, deliveries, calls, number, name):
    for turn in range(10_000):
        now = datetime.now(UTC)
        delivery = await deliveries.keep(f"{name} {turn}".encode(), now)
        print("kept", delivery.id, flush=True)
        call = Call(
            id=new_call_id(), number=number.id, phone_number_id=number.phone_number_id, department=number.department,
            direction=Direction.INBOUND, wacid=Wacid(f"wacid.{name}.{turn}"), received_at=now,
        ).note(now, "offered")
        for step in range(4):
            call = replace(call, state=State.RINGING, claims=step).note(now, "step", number=step)
            await calls.save(call)
            print("saved", call.id, len(call.timeline), flush=True)
        if turn % 2:
            await deliveries.handled(delivery.id, now)
            print("handled", delivery.id, flush=True)

async def busy(url):
    database = Database(url)
    (number,) = await numbers_in(database).all()
    calls, deliveries = SqlCallStore(database), SqlDeliveryStore(database)
    await asyncio.gather(*(line(database, deliveries, calls, number, name) for name in range(24)))

asyncio.run(busy(sys.argv[1]))
"""


async def test_what_a_killed_process_said_was_done_is_done_though_many_were_at_it(
    database: Database, database_url: str
) -> None:
    await build_town(database)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BUSY, database_url), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout is not None
    said = [(await child.stdout.readline()).decode().split() for _ in range(600)]
    child.kill()
    said += [line.decode().split() for line in (await child.stdout.read()).splitlines(keepends=True) if b"\n" in line]
    await child.wait()

    kept = {int(words[1]) for words in said if words[0] == "kept"}
    handled = {int(words[1]) for words in said if words[0] == "handled"}
    saved = {words[1]: int(words[2]) for words in said if words[0] == "saved"}
    assert kept and handled and saved
    assert handled <= kept

    def is_there(session: Session) -> tuple[set[int], set[int], dict[str, int]]:
        rows = session.execute(text("SELECT id, handled_at IS NOT NULL FROM webhook_deliveries")).all()
        calls = session.execute(text(f"SELECT call_id, timeline_length FROM calls WHERE {OPEN_CALLS}")).all()
        return {row[0] for row in rows}, {row[0] for row in rows if row[1]}, {row[0]: row[1] for row in calls}

    stored, stored_as_handled, calls = await database.read(is_there)
    assert kept <= stored, "every webhook that was acknowledged is there, to be handled"
    assert handled <= stored_as_handled
    assert all(calls[call_id] >= length for call_id, length in saved.items())
    store = SqlCallStore(database)
    assert all(len(call.timeline) == calls[call.id] for call in await store.open_calls()), "a row and its lines are one"
