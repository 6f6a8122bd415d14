"""The same person, found again by phone or by bsuid, is one contact. On both databases."""

from datetime import timedelta

from sqlmodel import col, select

from signaling.call import Call
from signaling.events import Customer
from store.calls import SqlCallStore
from store.contacts import customer_of
from store.database import Database
from store.models import ContactRow
from tests.services.samples import NOW, Town, build_town, call_in, customer, new_number, numbers_in

PHONE, OTHER_PHONE = "5511955550101", "5511955550102"


async def contacts_in(database: Database) -> list[Customer]:
    query = select(ContactRow).order_by(col(ContactRow.id))
    return await database.read(lambda session: [customer_of(row) for row in session.exec(query)])


class Calls:
    """Each call comes a minute after the one before."""

    def __init__(self, database: Database, town: Town) -> None:
        self.store = SqlCallStore(database)
        self.town = town
        self.count = 0

    async def come(self, who: Customer) -> Call:
        self.count += 1
        at = NOW + timedelta(minutes=self.count)
        call = call_in(self.town, f"wacid.{self.count}", who, received_at=at)
        await self.store.save(call)
        return call

    async def customer_of(self, call: Call) -> Customer:
        found = await self.store.get(call.id)
        assert found is not None
        return found.customer


async def test_a_number_and_a_bsuid_that_turn_out_to_be_one_person_become_one_contact(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    by_phone = await calls.come(customer(PHONE, name="Rita"))
    by_bsuid = await calls.come(customer(bsuid="BR.1", username="rita"))
    assert len(await contacts_in(database)) == 2
    await calls.come(customer(PHONE, "BR.1"))

    rita = customer(PHONE, "BR.1", name="Rita", username="rita")
    assert await contacts_in(database) == [rita]
    assert [await calls.customer_of(call) for call in (by_phone, by_bsuid)] == [rita, rita]


async def test_a_customer_without_a_phone_is_found_by_bsuid_and_gets_one_later(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    await calls.come(customer(bsuid="BR.1"))
    await calls.come(customer(PHONE, "BR.1", name="Rita"))
    await calls.come(customer(bsuid="BR.1"))
    assert await contacts_in(database) == [customer(PHONE, "BR.1", name="Rita")]


async def test_a_number_given_to_somebody_else_takes_no_history_with_it(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    old = await calls.come(customer(PHONE, "BR.1", name="Rita"))
    new = await calls.come(customer(PHONE, "BR.2", name="Davi"))

    assert await contacts_in(database) == [customer(None, "BR.1", name="Rita"), customer(PHONE, "BR.2", name="Davi")]
    assert await calls.customer_of(old) == customer(None, "BR.1", name="Rita")
    assert await calls.customer_of(new) == customer(PHONE, "BR.2", name="Davi")

    await calls.store.save(old)  # a late webhook of the old call does not take the number back
    assert await calls.customer_of(new) == customer(PHONE, "BR.2", name="Davi")


async def test_a_known_person_with_a_new_number_keeps_one_contact(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    await calls.come(customer(PHONE, "BR.1"))
    await calls.come(customer(OTHER_PHONE))
    await calls.come(customer(OTHER_PHONE, "BR.1"))
    assert await contacts_in(database) == [customer(OTHER_PHONE, "BR.1")]


async def test_an_older_call_saved_late_does_not_bring_an_old_name_back(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    old = await calls.come(customer(PHONE, name="Rita"))
    await calls.come(customer(PHONE, name="Rita Souza"))
    await calls.store.save(old.note(NOW, "ended"))
    assert await contacts_in(database) == [customer(PHONE, name="Rita Souza")]


async def test_a_caller_of_whom_only_a_name_is_known_becomes_the_person_found_out_later(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    await calls.come(customer(PHONE, "BR.1"))
    unknown = await calls.come(Customer(name="Rita"))
    assert len(await contacts_in(database)) == 2

    known = call_in(calls.town, "wacid.2", customer(PHONE), id=unknown.id, received_at=unknown.received_at)
    await calls.store.save(known)
    assert await contacts_in(database) == [customer(PHONE, "BR.1", name="Rita")]


async def test_a_call_without_any_customer_makes_no_contact(database: Database) -> None:
    calls = Calls(database, await build_town(database))
    call = await calls.come(Customer())
    assert await contacts_in(database) == []
    assert await calls.customer_of(call) == Customer()


async def test_another_business_account_has_contacts_of_its_own(database: Database) -> None:
    town = await build_town(database)
    other = await numbers_in(database).add(new_number("200", waba_id="300"))
    store = SqlCallStore(database)
    await store.save(call_in(town, "wacid.1", customer(PHONE, "BR.1")))
    await store.save(
        call_in(town, "wacid.2", customer(PHONE, "BR.2"), number=other.id, phone_number_id=other.phone_number_id)
    )
    assert await contacts_in(database) == [customer(PHONE, "BR.1"), customer(PHONE, "BR.2")]
