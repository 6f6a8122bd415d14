"""Contacts are found by whatever somebody remembers of them, as far as the reader's sight goes. On both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, func, select

from signaling.call import Outcome, State
from signaling.events import Customer, Direction
from signaling.ids import AgentId, ContactId, NumberId
from signaling.ports import Number
from signaling.private import PhoneNumber
from store.calls import SqlCallStore
from store.cursors import Cursor
from store.database import Database
from store.directory import Contact, Sight, SqlDirectory
from store.directory_models import ContactNumberRow, ContactWordRow
from store.erasure import SqlErasure
from store.history_filter import HistoryFilter
from store.permissions import SqlPermissionStore
from tests.services.samples import NOW, Town, build_town, call_in, customer, new_number, numbers_in

JOAO = customer("5511999990101", "BR.1", "João Ávila", "joao.avila")
MARIA = customer("5511999990202", None, "Maria da Silva")
RITA = customer(None, "BR.3", None, "rita_souza")


class Street:
    """A town with a second number. Each call comes a minute after the one before."""

    def __init__(self, database: Database, town: Town, second: Number) -> None:
        self.database, self.town, self.second = database, town, second
        self.directory, self.calls, self.count = SqlDirectory(database), SqlCallStore(database), 0
        self.everything = Sight(frozenset((town.number.id, second.id)), HistoryFilter())

    async def come(self, who: Customer, number: Number | None = None, agent: AgentId | None = None) -> None:
        self.count += 1
        at = NOW + timedelta(minutes=self.count)
        to = number or self.town.number
        call = call_in(self.town, f"wacid.{self.count}", who, received_at=at, number=to.id, agent=agent)
        call = replace(call, phone_number_id=to.phone_number_id, state=State.ENDED, outcome=Outcome.MISSED)
        await self.calls.save(call)

    async def find(self, text: str | None, sight: Sight | None = None) -> list[str | None]:
        page = await self.directory.page(sight or self.everything, text, 50)
        return names(page.contacts)

    async def only(self, text: str) -> Contact:
        (found,) = (await self.directory.page(self.everything, text, 50)).contacts
        return found


def names(contacts: Sequence[Contact]) -> list[str | None]:
    return [contact.customer.name or contact.customer.username for contact in contacts]


async def street_of(database: Database) -> Street:
    town = await build_town(database)
    second = await numbers_in(database).add(new_number("2002", label="Suporte"))
    return Street(database, town, second)


async def test_who_called_is_found_by_words_without_their_accents_and_by_digits_of_their_number(
    database: Database,
) -> None:
    street = await street_of(database)
    for who in (JOAO, MARIA, RITA):
        await street.come(who)
    assert await street.find(None) == ["rita_souza", "Maria da Silva", "João Ávila"], "the newest first"
    for text in ("joao", "JOÃO ávi", "avila", "0101", "5511999990101", "+55 11 99999-0101", "(11) 99999-01", "@joao"):
        assert await street.find(text) == ["João Ávila"], text
    assert await street.find("silva maria") == ["Maria da Silva"]
    assert await street.find("rita") == ["rita_souza"]
    assert await street.find("11 99999") == ["Maria da Silva", "João Ávila"]
    for text in ("ana", "silva joao", "99990", "j", "01", "%", "", " ", "\x00\ud800", "~1010"):
        assert await street.find(text) == [], text


async def test_pages_follow_each_other_and_a_contact_of_two_numbers_stands_once(database: Database) -> None:
    street = await street_of(database)
    people = [customer(f"55119999900{n:02}", None, f"Cliente {n}") for n in range(7)]
    for who in people:
        await street.come(who)
    for who in people[::2]:
        await street.come(who, street.second)
    expected = [f"Cliente {n}" for n in (6, 4, 2, 0, 5, 3, 1)]
    for text in (None, "cliente", "1199999"):
        seen: list[str | None] = []
        cursor: Cursor | None = None
        while True:
            page = await street.directory.page(street.everything, text, 3, cursor)
            seen += names(page.contacts)
            if page.following is None:
                break
            cursor = Cursor.read(str(page.following))
        assert seen == expected, text
    newest = await street.only("cliente 6")
    assert [met.label for met in newest.met] == ["Suporte", "Vendas"]


async def test_a_contact_shows_the_last_call_that_may_be_seen_the_open_card_and_the_protocol(
    database: Database,
) -> None:
    street = await street_of(database)
    await street.come(JOAO, agent=street.town.agents[0])
    found = await street.only("joao")
    assert found.last_call is not None
    assert (found.last_call.direction, found.last_call.outcome) == (Direction.INBOUND, Outcome.MISSED)
    assert found.callback is not None and found.protocol is not None
    nobodys = replace(street.everything, calls=HistoryFilter(visible_in=frozenset()))
    seen = await street.directory.one(found.id, nobodys)
    assert seen is not None and seen.last_call is None


async def test_nobody_sees_contacts_of_other_numbers_nor_others_contacts_where_only_their_own_count(
    database: Database,
) -> None:
    street = await street_of(database)
    ana, bia = street.town.agents
    await street.come(JOAO, street.second, ana)
    await street.come(MARIA, agent=bia)
    first = replace(street.everything, numbers=frozenset((street.town.number.id,)))
    assert await street.find(None, first) == await street.find("551", first) == ["Maria da Silva"]
    assert await street.find("joao", first) == []
    joao = await street.only("joao")
    assert await street.directory.one(joao.id, first) is None
    assert await street.directory.notes(joao.id, first) is None
    assert await street.directory.rename(joao.id, "X", "user:1", NOW, first) is None
    assert await street.find(None, Sight(frozenset(), HistoryFilter())) == []
    own = replace(street.everything, had_by=ana)
    assert await street.find(None, own) == ["João Ávila"]
    assert await street.find("maria", own) == []
    assert await street.directory.one(joao.id, own) is not None


async def test_a_name_of_ours_stands_beside_theirs_and_both_are_found(database: Database) -> None:
    street = await street_of(database)
    await street.come(JOAO)
    joao = await street.only("joao")
    renamed = await street.directory.rename(joao.id, "Padaria Pão Quente", "user:1", NOW, street.everything)
    assert renamed is not None and renamed.given_name == "Padaria Pão Quente"
    assert renamed.customer.name == "João Ávila"
    await street.come(replace(JOAO, name="João A."))
    assert (await street.only("padaria pao")).customer.name == "João A.", "Meta changes its own name only"
    assert await street.find("avila") == ["João A."], "by their username still"
    await street.directory.rename(joao.id, None, "user:1", NOW, street.everything)
    assert await street.find("padaria") == []


async def test_two_contacts_who_are_one_person_are_found_once_by_the_words_of_both(database: Database) -> None:
    street = await street_of(database)
    await street.come(customer("5511999990101", None, "João"))
    await street.come(customer(None, "BR.1", None, "jo.avila"), street.second)
    await street.come(customer("5511999990101", "BR.1"))
    for text in ("joao", "avila", "0101"):
        assert [met.label for met in (await street.only(text)).met] == ["Vendas", "Suporte"], text


async def test_another_spelling_of_a_number_finds_them_too_and_a_number_given_on_only_its_new_owner(
    database: Database,
) -> None:
    street = await street_of(database)
    await street.come(JOAO)
    store = SqlPermissionStore(database)
    await store.same_person(street.town.number, PhoneNumber("551199990101"), JOAO)
    assert await street.find("551199990101") == ["João Ávila"]
    await street.come(customer("5511999990101", "BR.9", "Davi"))
    assert await street.find("5511999990101") == ["Davi"]


async def test_a_forgotten_customer_is_found_by_nothing_and_nothing_to_find_them_by_is_kept(
    database: Database,
) -> None:
    street = await street_of(database)
    await street.come(JOAO)
    joao = await street.only("joao")
    await street.directory.rename(joao.id, "Padaria", "user:1", NOW, street.everything)
    await SqlErasure(database).forget(ContactId(joao.id), "shell", NOW)
    assert await street.find(None) == []

    def left(session: Session) -> list[int]:
        return [session.exec(select(func.count()).select_from(row)).one() for row in (ContactWordRow, ContactNumberRow)]

    assert await database.read(left) == [0, 0]


async def test_numbers_from_which_a_contact_may_be_called_are_those_of_their_account(database: Database) -> None:
    street = await street_of(database)
    other = await numbers_in(database).add(new_number("3003", waba_id="999", label="Fora"))
    await street.come(JOAO)
    joao = await street.only("joao")
    sight = replace(street.everything, numbers=street.everything.numbers | {NumberId(other.id)})
    found = await street.directory.numbers_for(joao.id, sight)
    assert [(met.label, met.last_at is not None) for met in found] == [("Suporte", False), ("Vendas", True)]
