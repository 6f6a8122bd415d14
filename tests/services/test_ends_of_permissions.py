"""A permission that ends by time alone is told to integrators, once. On both databases."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from signaling.announcements import EventKind
from signaling.permission_events import Asked, Granted, RequestKind, Source, reference_of
from signaling.ports import Number
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.permissions import SqlPermissionStore
from tests.services.samples import NOW, build_town, customer

MARIA, JOAO = customer("5511955550101", "BR.1", "Maria"), customer("5511955550102", "BR.2", "João")
WEEK = timedelta(days=7)
END = NOW + WEEK


def granted(reply: str = "wamid.reply", until: datetime = END) -> Granted:
    return Granted(NOW, reference_of(reply), False, until, Source.CUSTOMER, None)


async def news(database: Database) -> list[tuple[str, str]]:
    """Status and time of every `permission.changed`."""
    query = select(OutboxEventRow).where(OutboxEventRow.kind == EventKind.PERMISSION_CHANGED)

    def read(session: Session) -> list[tuple[str, str]]:
        rows = session.exec(query.order_by(col(OutboxEventRow.id)))
        told = [event_told(session, row).model_dump(mode="json") for row in rows]
        return [(event["data"]["permission"]["status"], event["at"]) for event in told]

    return await database.read(read)


@pytest.mark.parametrize(("late_s", "told"), [(-1, 0), (0, 1), (1, 1)])
async def test_it_is_told_in_the_second_in_which_it_ends(database: Database, late_s: int, told: int) -> None:
    number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    await store.add(number, MARIA, granted())
    assert await store.next_end() == END
    ended = await store.tell_ended(END + timedelta(seconds=late_s), 100)
    assert len(ended) == told
    assert len(await news(database)) == 1 + told
    if told:
        assert (await news(database))[-1] == ("expired", news_at(END))
        assert ended[0].customer.name == "Maria"
        assert await store.next_end() is None


def news_at(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_whoever_looks_at_the_same_time_tells_it_once(database: Database) -> None:
    number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    for index in range(20):
        who = customer(f"55119555501{index:02d}", name="somebody")
        await store.add(number, who, granted(f"wamid.{index}"))
    found = await asyncio.gather(*(store.tell_ended(END, 7) for _ in range(6)))
    while rest := await store.tell_ended(END, 7):
        found.append(rest)
    assert sum(map(len, found)) == 20
    assert [status for status, _ in await news(database)].count("expired") == 20


async def test_a_permission_that_was_renewed_in_time_has_not_ended(database: Database) -> None:
    number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    await store.add(number, MARIA, granted())
    later = Granted(NOW + timedelta(days=1), reference_of("again"), False, END + WEEK, Source.CUSTOMER, None)
    await store.add(number, MARIA, later)
    assert await store.next_end() == END + WEEK
    assert await store.tell_ended(END, 100) == []


async def test_one_that_ended_unnoticed_is_still_told_after_something_else_happened(database: Database) -> None:
    number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    await store.add(number, MARIA, granted())
    await store.open_window(number, MARIA, END + timedelta(hours=1))
    assert await store.next_end() == END, "nobody has been told"
    assert len(await store.tell_ended(END + timedelta(hours=2), 100)) == 1
    assert (await news(database))[-1] == ("expired", news_at(END))


async def test_a_request_that_nobody_answers_dies_and_is_told(database: Database) -> None:
    number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    await store.add(number, MARIA, Asked(NOW, reference_of("wamid.1"), RequestKind.TEMPLATE))
    dies = await store.next_end()
    assert dies == NOW + timedelta(seconds=number.limits.request_life_s)
    await store.tell_ended(dies, 100)
    assert [status for status, _ in await news(database)] == ["awaited", "none"]


async def test_two_contacts_who_are_one_person_end_once(database: Database) -> None:
    number: Number = (await build_town(database)).number
    store = SqlPermissionStore(database)
    await store.add(number, customer("5511955550101"), granted("wamid.a"))
    await store.add(number, customer(bsuid="BR.1"), granted("wamid.b", END + timedelta(hours=1)))
    await store.add(number, MARIA, Asked(NOW + timedelta(seconds=1), reference_of("wamid.1"), RequestKind.TEMPLATE))
    assert len(await store.tell_ended(END + WEEK, 100)) == 1
    assert await store.next_end() is None
