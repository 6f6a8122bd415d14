"""Ledgers of permission in SQL: appended, merged with their contacts, and the same however late a webhook comes."""

import asyncio
from datetime import datetime, timedelta
from itertools import permutations

from sqlalchemy import text
from sqlmodel import col, select

from signaling.events import Customer, Direction
from signaling.permission import EMPTY, Grant, Ledger, Loss
from signaling.permission_events import (
    Asked,
    CallConnected,
    CallUnanswered,
    Event,
    Granted,
    MetaStatus,
    MetaTold,
    Refusal,
    RequestDelivered,
    RequestFailed,
    RequestKind,
    Source,
    Usage,
    reference_of,
)
from signaling.private import PhoneNumber
from store.calls import SqlCallStore
from store.database import Database
from store.ledgers import event_of
from store.models import ContactRow, PermissionEventRow, PermissionRow
from store.permissions import SqlPermissionStore
from tests.services.samples import NOW, Town, build_town, call_in, customer, new_number, numbers_in

MARIA = customer("5511955550101", "BR.1", "Maria")
BY_PHONE, BY_BSUID = customer("5511955550101"), customer(bsuid="BR.1")
DAY = timedelta(days=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def asked(seconds: float = 0, wamid: str = "wamid.1") -> Asked:
    return Asked(at(seconds), reference_of(wamid), RequestKind.TEMPLATE)


def granted(seconds: float = 60, reply: str = "wamid.reply") -> Granted:
    return Granted(
        at(seconds), reference_of(reply), False, at(seconds) + 7 * DAY, Source.CUSTOMER, reference_of("wamid.1")
    )


EVERY_EVENT: tuple[Event, ...] = (
    asked(0),
    RequestDelivered(at(1), reference_of("wamid.1")),
    RequestFailed(at(2), reference_of("wamid.1"), 131026),
    granted(3),
    MetaTold(
        at(4),
        reference_of("told"),
        MetaStatus.TEMPORARY,
        at(700),
        True,
        False,
        Usage(1, 1, at(86_400)),
        None,
        Usage(3, 100),
    ),
    CallConnected(at(5), reference_of("wacid.1"), Direction.OUTBOUND),
    CallUnanswered(at(6), reference_of("wacid.2")),
    Refusal(at(7), reference_of("wamid.no"), Source.AUTOMATIC),
)


async def town_of(database: Database) -> tuple[Town, SqlPermissionStore]:
    return await build_town(database), SqlPermissionStore(database)


async def ledgers(database: Database) -> list[Ledger]:
    query = select(PermissionRow).order_by(col(PermissionRow.contact_id))
    return await database.read(lambda session: [row.ledger for row in session.exec(query)])


async def test_a_ledger_and_every_kind_of_event_come_back_as_they_were(database: Database) -> None:
    town, store = await town_of(database)
    for event in EVERY_EVENT:
        change = await store.add(town.number, MARIA, event)
    known = await store.find(town.number, MARIA)
    assert (known.ledger, known.customer, known.contact) == (change.after, MARIA, change.contact)
    query = select(PermissionEventRow).order_by(col(PermissionEventRow.id))
    stored = await database.read(lambda session: [event_of(row) for row in session.exec(query)])
    assert stored == list(EVERY_EVENT)


async def test_the_same_event_twice_is_one(database: Database) -> None:
    town, store = await town_of(database)
    first = await store.add(town.number, MARIA, asked())
    again = await store.add(town.number, MARIA, asked())
    assert (again.before, again.after) == (first.after, first.after)
    assert len((await store.find(town.number, MARIA)).ledger.asked_at) == 1


async def test_events_in_any_order_come_to_the_same_ledger(database: Database) -> None:
    town, store = await town_of(database)
    for index, order in enumerate(permutations(range(3))):
        events: tuple[Event, ...] = (
            asked(0, f"wamid.{index}"),
            granted(60, f"wamid.reply.{index}"),
            CallConnected(at(90), reference_of(f"wacid.{index}"), Direction.OUTBOUND),
        )
        for chosen in order:
            await store.add(town.number, customer(f"55119000000{index}"), events[chosen])
    found = [(ledger.grant, ledger.asked_at, ledger.calls_at) for ledger in await ledgers(database)]
    assert found == [found[0]] * 6
    assert found[0] == (Grant(at(60), at(60) + 7 * DAY, Source.CUSTOMER), (), (at(90),))


async def test_a_ledger_is_found_by_phone_and_by_business_scoped_id(database: Database) -> None:
    town, store = await town_of(database)
    await store.add(town.number, MARIA, granted())
    for name in (BY_PHONE, BY_BSUID):
        assert (await store.find(town.number, name)).ledger.grant is not None
    assert (await store.find(town.number, customer("5511000000000"))).ledger == EMPTY


async def test_each_of_our_numbers_has_a_ledger_of_its_own(database: Database) -> None:
    town, store = await town_of(database)
    other = await numbers_in(database).add(new_number("106540352242923"))
    await store.add(town.number, MARIA, granted())
    assert (await store.find(other, MARIA)).ledger == EMPTY


async def test_two_contacts_that_become_one_have_one_ledger(database: Database) -> None:
    town, store = await town_of(database)
    await store.add(town.number, BY_PHONE, asked(0))
    await store.open_window(town.number, BY_PHONE, at(10))
    await store.add(town.number, BY_BSUID, granted(60))
    assert len(await ledgers(database)) == 2
    await SqlCallStore(database).save(call_in(town, customer=MARIA, received_at=at(100)))
    (ledger,) = await ledgers(database)
    assert ledger.asked_at == (at(0),)
    assert ledger.window_opened_at == at(10)
    assert ledger.grant is not None
    assert ledger.requests[0].answered_at == at(60)


async def test_what_became_of_a_request_finds_the_customer_it_was_sent_to(database: Database) -> None:
    town, store = await town_of(database)
    await store.add(town.number, MARIA, asked())
    delivered = RequestDelivered(at(5), reference_of("wamid.1"))
    change = await store.add_to_request(town.number, delivered.reference, delivered)
    assert change is not None and change.after.requests[0].delivered_at == at(5)
    before_it_was_sent = RequestFailed(at(-1), reference_of("wamid.1"), 131026)  # by Meta's clock, in whole seconds
    change = await store.add_to_request(town.number, before_it_was_sent.reference, before_it_was_sent)
    assert change is not None and change.after.requests[0].failed == 131026
    chat = RequestDelivered(at(5), reference_of("wamid.chat"))
    assert await store.add_to_request(town.number, chat.reference, chat) is None


async def test_the_service_window_opens_and_never_closes_by_an_older_message(database: Database) -> None:
    town, store = await town_of(database)
    await store.open_window(town.number, MARIA, at(100))
    change = await store.open_window(town.number, MARIA, at(50))
    assert change.before == change.after
    assert change.after.window_opened_at == at(100)
    events = select(PermissionEventRow)
    assert await database.read(lambda session: list(session.exec(events))) == []


async def test_a_late_event_does_not_close_the_service_window(database: Database) -> None:
    town, store = await town_of(database)
    await store.add(town.number, MARIA, granted(60))
    await store.open_window(town.number, MARIA, at(100))
    change = await store.add(town.number, MARIA, asked(0))
    assert change.after.window_opened_at == at(100)


async def test_a_phone_that_meta_spells_otherwise_leads_to_the_same_ledger(database: Database) -> None:
    town, store = await town_of(database)
    typed = PhoneNumber("551195555010")  # without the ninth digit
    await store.same_person(town.number, typed, MARIA)
    await store.add(town.number, MARIA, granted())
    assert (await store.find(town.number, Customer(phone=typed))).ledger.grant is not None
    await store.add(town.number, Customer(phone=typed), CallUnanswered(at(70), reference_of("wacid.3")))
    assert (await store.find(town.number, MARIA)).ledger.unanswered == 1
    contacts = await database.read(lambda session: [row.phone for row in session.exec(select(ContactRow))])
    assert contacts == [MARIA.phone]


async def test_events_that_come_at_once_are_all_kept(database: Database) -> None:
    town, store = await town_of(database)
    events = [CallUnanswered(at(index), reference_of(f"wacid.{index}")) for index in range(3)]
    await asyncio.gather(*(store.add(town.number, MARIA, event) for event in events))
    assert (await store.find(town.number, MARIA)).ledger.unanswered == 3


async def test_nothing_in_an_event_or_a_ledger_tells_who_the_customer_is(database: Database) -> None:
    town, store = await town_of(database)
    for event in EVERY_EVENT:
        await store.add(town.number, MARIA, event)
    sql = ("SELECT * FROM permission_events", "SELECT * FROM permissions")
    rows = await database.read(
        lambda session: [str(tuple(row)) for one in sql for row in session.connection().execute(text(one))]
    )
    stored = "\n".join(rows)
    assert "Asked" in stored
    for private in ("5511955550101", "BR.1", "Maria", "wamid", "wacid"):
        assert private not in stored


async def test_a_lost_permission_says_why(database: Database) -> None:
    town, store = await town_of(database)
    await store.add(town.number, MARIA, granted(60))
    change = await store.add(town.number, MARIA, Refusal(at(70), reference_of("wamid.no"), Source.AUTOMATIC))
    assert change.after.loss is Loss.UNANSWERED
