"""`/api/v1/contacts`: everybody who called, was called or was asked, as far as the caller may see them."""

from collections.abc import Collection
from typing import Any, Final

from gateway.api.call_filters import visible_to_caller
from gateway.api.callbacks import Standings
from gateway.api.contact_bodies import (
    ContactDetail,
    ContactLine,
    ContactNoteLine,
    ContactNotes,
    ContactPageTold,
    ContactsQuery,
    FromLine,
    IdentityLine,
    LastCallLine,
    MetLine,
    NameForm,
)
from gateway.api.door import EVERYBODY, LEADERS, Access, Caller
from gateway.api.errors import bad_request, not_found
from gateway.api.operations import Asked, Nothing, Operation
from gateway.settings import AgentsSee
from signaling.events import Customer
from signaling.ids import ContactId
from signaling.integrator_contract import CustomerTold
from signaling.labels import customer_label
from signaling.permission_audience import may_know
from signaling.ports import Clock, Number, NumberStore
from store.api_keys import Scope
from store.cursors import Cursor
from store.directory import Contact, Met, Sight, SqlDirectory

READS: Final = Access(Scope.CONTACTS_READ, EVERYBODY)
WRITES: Final = Access(Scope.CONTACTS_WRITE, EVERYBODY)
CONTACT_ID: Final = "[0-9]{1,9}"


class ContactRoutes:
    def __init__(self, directory: SqlDirectory, numbers: NumberStore, standings: Standings, clock: Clock) -> None:
        self._directory, self._numbers = directory, numbers
        self._standings, self._clock = standings, clock

    def operations(self) -> list[Operation]:
        contact = {"id": CONTACT_ID}
        gone = {404: "There is no such contact, or the caller may not know of them."}
        return [
            Operation(
                name="listContacts",
                method="GET",
                path="/contacts",
                summary="Contacts, the newest first, or those who fit a search.",
                access=READS,
                query=ContactsQuery,
                answer=ContactPageTold,
                handler=self.page,
                omit_unset=True,
                tag="contacts",
            ),
            Operation(
                name="getContact",
                method="GET",
                path="/contacts/{id}",
                path_patterns=contact,
                summary="One contact, and how they stand with each of our numbers. Their calls: `/calls?contact_id=`.",
                access=READS,
                answer=ContactDetail,
                handler=self.one,
                errors=gone,
                omit_unset=True,
                tag="contacts",
            ),
            Operation(
                name="nameContact",
                method="PUT",
                path="/contacts/{id}/name",
                path_patterns=contact,
                summary="Call them otherwise than their profile does.",
                access=WRITES,
                body=NameForm,
                answer=ContactLine,
                handler=self.rename,
                errors=gone,
                omit_unset=True,
                tag="contacts",
            ),
            Operation(
                name="listContactNotes",
                method="GET",
                path="/contacts/{id}/notes",
                path_patterns=contact,
                summary="What agents wrote down of their calls.",
                access=READS,
                answer=ContactNotes,
                handler=self.notes,
                errors=gone,
                tag="contacts",
            ),
        ]

    async def page(self, asked: Asked[Nothing, ContactsQuery]) -> ContactPageTold:
        query, who = asked.query, asked.who
        text = None if query.search is None or not query.search.strip() else query.search
        page = await self._directory.page(await self._sight(who), text, query.limit, _cursor(query.after))
        lines = [ContactLine(**_shown(who, contact)) for contact in page.contacts]
        return ContactPageTold(contacts=lines, next=None if page.following is None else str(page.following))

    async def one(self, asked: Asked[Nothing, Nothing]) -> ContactDetail:
        sight = await self._sight(asked.who)
        contact = _found(await self._directory.one(_id(asked), sight))
        call_from = await self._directory.numbers_for(contact.id, sight)
        lines = [await self._from(met, contact.customer) for met in call_from]
        return ContactDetail(**_shown(asked.who, contact), call_from=lines)

    async def rename(self, asked: Asked[NameForm, Nothing]) -> ContactLine:
        sight = await self._sight(asked.who)
        name, who = asked.body.name, asked.who
        renamed = await self._directory.rename(_id(asked), name, who.actor, self._clock(), sight)
        return ContactLine(**_shown(who, _found(renamed)))

    async def notes(self, asked: Asked[Nothing, Nothing]) -> ContactNotes:
        found = await self._directory.notes(_id(asked), await self._sight(asked.who))
        if found is None:
            raise not_found()
        lines = [
            ContactNoteLine(
                call_id=note.call,
                called_at=note.called_at,
                agent_name=note.agent_name,
                text=note.text,
                disposition=note.disposition,
                updated_at=note.updated_at,
            )
            for note in found
        ]
        return ContactNotes(notes=lines)

    async def _sight(self, who: Caller) -> Sight:
        return sight_of(who, await self._numbers.all())

    async def _from(self, met: Met, customer: Customer) -> FromLine:
        number, name = await self._numbers.by_id(met.number), customer.phone or customer.bsuid
        state = None
        if number is not None and name is not None:
            state = (await self._standings.standing(number, name)).state
        return FromLine(number_id=met.number, label=met.label, last_at=met.last_at, permission=state)


def sight_of(who: Caller, numbers: Collection[Number]) -> Sight:
    """Of an agent: whoever had to do with a number of their departments, or one for which they may call; whoever they
    talked with; or everybody (`RAMAL_AGENTS_SEE`)."""
    agent, calls = who.agent, visible_to_caller(who)
    if agent is None:
        return Sight(
            frozenset(number.id for number in numbers if who.reach.covers(number.id, number.department)), calls
        )
    if agent.role in LEADERS:
        return Sight(frozenset(number.id for number in numbers), calls)
    anywhere = who.sees in (AgentsSee.OWN, AgentsSee.ALL)
    seen = frozenset(number.id for number in numbers if anywhere or may_know(agent, number))
    return Sight(seen, calls, had_by=agent.id if who.sees is AgentsSee.OWN else None)


def _shown(who: Caller, contact: Contact) -> dict[str, Any]:
    call, customer = contact.last_call, contact.customer
    line: dict[str, Any] = {
        "id": contact.id,
        "given_name": contact.given_name,
        "profile_name": customer.name,
        "customer_label": customer_label(customer),
        "identities": _identities(customer),
        "numbers": [MetLine(number_id=met.number, label=met.label, last_at=met.last_at) for met in contact.met],
        "last_at": contact.last_at,
        "last_call": None
        if call is None
        else LastCallLine(
            call_id=call.id,
            number_id=call.number,
            direction=call.direction.value,
            outcome=None if call.outcome is None else call.outcome.value,
            at=call.at,
        ),
        "callback_id": contact.callback,
        "protocol": contact.protocol,
    }
    return line if who.key is None else {**line, "customer": _told(customer)}


def _identities(customer: Customer) -> list[IdentityLine]:
    lines = []
    if customer.phone is not None:
        lines.append(IdentityLine(kind="phone", label=customer_label(Customer(phone=customer.phone))))
    if customer.bsuid is not None:
        lines.append(IdentityLine(kind="bsuid", label=customer_label(Customer(bsuid=customer.bsuid))))
    if customer.username:
        lines.append(IdentityLine(kind="username", label=customer_label(Customer(username=customer.username))))
    return lines


def _told(customer: Customer) -> CustomerTold:
    return CustomerTold(
        phone=None if customer.phone is None else customer.phone.value,
        bsuid=None if customer.bsuid is None else customer.bsuid.value,
        name=customer.name,
        username=customer.username,
    )


def _cursor(text: str | None) -> Cursor | None:
    try:
        return None if text is None else Cursor.read(text)
    except (ValueError, OverflowError):
        raise bad_request("Missing or wrong: after.") from None


def _found(contact: Contact | None) -> Contact:
    if contact is None:
        raise not_found()
    return contact


def _id(asked: Asked[Any, Nothing]) -> ContactId:
    return ContactId(int(asked.path["id"]))
