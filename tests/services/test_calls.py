"""Calls in SQL: what goes in comes out, however often and in whatever order it goes in. On both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, func, select

from signaling.call import Call, Outcome, State
from signaling.errors import Fault, NeighbourError
from signaling.events import Direction
from signaling.ids import CallId
from signaling.private import Payload, Wacid
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.models import CallEventRow, CallRow, ContactRow
from tests.services.samples import NOW, build_town, call_in, calls, customer

ANY_CALL = settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def test_any_call_comes_back_exactly_as_it_was_saved(database_url: str) -> None:
    database = Database(database_url)
    town = asyncio.run(build_town(database))
    store = SqlCallStore(database)

    @ANY_CALL
    @given(calls(town))
    def comes_back(call: Call) -> None:
        async def there_and_back() -> None:
            await store.save(call)
            await store.save(call)
            assert await store.get(call.id) == call
            if call.wacid is not None:
                assert await store.find(call.phone_number_id, call.wacid) == call
            if call.request_key is not None:
                assert await store.find_request(call.request_key) == call

        asyncio.run(there_and_back())

    comes_back()
    database.close_now()


def test_any_order_and_repetition_of_saves_ends_in_the_newest_call(database_url: str) -> None:
    database = Database(database_url)
    town = asyncio.run(build_town(database))
    store = SqlCallStore(database)

    @settings(ANY_CALL, max_examples=15)
    @given(calls(town), calls(town), st.lists(st.integers(0, 4), max_size=6))
    def converges(call: Call, other: Call, order: list[int]) -> None:
        versions = [replace(call, timeline=())]
        for kind in ("offered", "rung", "answered", "ended"):
            last, looks = versions[-1], other if len(versions) % 2 else call
            same = replace(looks, id=last.id, wacid=last.wacid, customer=last.customer, timeline=last.timeline)
            versions.append(same.note(NOW, kind))

        async def save_all() -> None:
            for index in (*order, 4, *order):
                await store.save(versions[index])
            assert await store.get(call.id) == versions[4]

        asyncio.run(save_all())

    converges()
    database.close_now()


async def test_a_timeline_only_grows(database: Database) -> None:
    store, call = SqlCallStore(database), call_in(await build_town(database)).note(NOW, "offered", agents=2)
    await store.save(call)
    longer = call.note(NOW + timedelta(seconds=1), "rung", agents=3)
    await store.save(longer)
    await store.save(call)

    assert await store.get(call.id) == longer
    events = await database.read(lambda session: session.exec(select(func.count()).select_from(CallEventRow)).one())
    assert events == 2


async def test_one_call_saved_many_times_at_once_is_one_row_in_its_newest_state(database: Database) -> None:
    store = SqlCallStore(database)
    versions = [call_in(await build_town(database), customer=customer("5511955550101", name="Rita"))]
    for step in range(11):
        versions.append(replace(versions[-1], claims=step).note(NOW + timedelta(seconds=step), "step", number=step))
    await asyncio.gather(*(store.save(call) for call in versions[::-1] + versions))

    assert await store.get(versions[0].id) == versions[-1]
    rows = await database.read(lambda session: session.exec(select(func.count()).select_from(CallRow)).one())
    contacts = await database.read(lambda session: session.exec(select(func.count()).select_from(ContactRow)).one())
    assert (rows, contacts) == (1, 1)


async def test_many_first_calls_of_one_customer_at_once_make_one_contact(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    rita = customer("5511955550101", "BR.1", name="Rita")
    several = [call_in(town, f"wacid.{index}", rita) for index in range(12)]
    await asyncio.gather(*(store.save(call) for call in several))

    contacts = await database.read(lambda session: session.exec(select(ContactRow)).all())
    assert len(contacts) == 1
    assert sorted(call.id for call in await store.open_calls()) == sorted(call.id for call in several)


async def test_open_calls_are_those_not_ended_oldest_first(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    saved = [call_in(town, f"wacid.{index}", state=state) for index, state in enumerate(State)]
    for call in saved:
        await store.save(call)
    assert await store.open_calls() == [call for call in saved if call.state is not State.ENDED]


async def test_an_unknown_call_is_none(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    assert await store.get(CallId("0" * 32)) is None
    assert await store.find(town.number.phone_number_id, Wacid("wacid.NEVER")) is None


async def test_a_second_call_with_the_same_wacid_is_refused_and_changes_nothing(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    first = call_in(town)
    await store.save(first)
    failure = None
    try:
        await store.save(call_in(town))
    except NeighbourError as error:
        failure = error.failure
    assert failure is not None and (failure.code, failure.fault, failure.retry_after_s) == (
        "store.conflict",
        Fault.OURS,
        None,
    )
    assert await store.find(first.phone_number_id, first.meta_id) == first


async def test_hostile_text_is_stored_readable_and_found_again(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    hostile = "'; DROP TABLE calls;--\x00\ud800\u202e🙂"
    call = call_in(
        town, hostile, customer("5511955550101", name=hostile, username="%_\\"), button_payload=Payload(hostile)
    )
    await store.save(call)

    found = await store.find(town.number.phone_number_id, Wacid(hostile))
    assert found is not None
    cleaned = "'; DROP TABLE calls;--\ufffd\ufffd\u202e🙂"
    assert (found.meta_id.value, found.customer.name, found.customer.username) == (cleaned, cleaned, "%_\\")
    assert found.button_payload == Payload(cleaned)
    await store.save(call)
    assert len(await store.open_calls()) == 1


async def test_words_of_ours_stand_in_the_table_as_words(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    await store.save(call_in(town, state=State.ENDED, outcome=Outcome.MISSED))
    stored = await database.read(
        lambda session: session.connection().exec_driver_sql("SELECT direction, state, outcome FROM calls").one()
    )
    assert tuple(stored) == ("inbound", "ended", "missed")


async def test_a_row_prints_nothing_of_a_person(database: Database) -> None:
    store, town = SqlCallStore(database), await build_town(database)
    await store.save(call_in(town, "wacid.SECRET", customer("5511955550101", "BR.77", name="Rita")))
    rows = await database.read(
        lambda session: [*session.exec(select(CallRow)), *session.exec(select(ContactRow).order_by(col(ContactRow.id)))]
    )
    assert [repr(row) for row in rows] == ["CallRow(…)", "ContactRow(…)"]
    assert [str(row) for row in rows] == ["CallRow(…)", "ContactRow(…)"]


async def test_the_calls_that_a_number_began_in_the_last_day_are_counted_again_after_a_restart(
    database: Database,
) -> None:
    town, store = await build_town(database), SqlCallStore(database)
    since = NOW - timedelta(hours=24)
    moments = [since - timedelta(seconds=1), since, since + timedelta(seconds=1), NOW, None]
    for direction in Direction:
        for index, moment in enumerate(moments):
            await store.save(call_in(town, f"wacid.{direction}.{index}", direction=direction, received_at=moment))
    begun = await store.begun_since(since)
    assert {number: sorted(times) for number, times in begun.items()} == {town.number.id: moments[2:4]}


async def test_who_was_in_a_call_is_audited_once_whatever_is_saved_how_often(database: Database) -> None:
    town, store, audit = await build_town(database), SqlCallStore(database), SqlAudit(database)
    until = NOW + timedelta(seconds=40)
    call = replace(call_in(town), state=State.TALKING)
    await store.save(call)
    began = call.note(NOW, "supervision", agent=7, way="listen")
    over = began.note(until, "supervision_over", agent=7, way="listen", since=NOW.isoformat())
    taken = over.note(until, "taken_over", agent=3, by=7)
    for version in (began, began, over, taken, over, taken):
        await store.save(version)
    entries = [(entry.at, entry.actor, entry.action, entry.subject, dict(entry.data)) for entry in await audit.newest()]
    assert entries[::-1] == [
        (NOW, "user:7", "call.supervision_began", f"call:{call.id}", {"way": "listen"}),
        (until, "user:7", "call.supervision_over", f"call:{call.id}", {"way": "listen", "since": NOW.isoformat()}),
        (until, "user:7", "call.taken_over", f"call:{call.id}", {"from": "user:3"}),
    ]
    assert (await audit.verify()).broken_at is None
