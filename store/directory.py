"""The directory of contacts: found by name, username or digits of a number, the newest first. Works with a million.

Pages follow `contact_numbers.last_at` and never count what they skip: a list takes the newest of each visible number
from an index and puts them together; a search starts from the words that were looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Select, union_all
from sqlmodel import Session, and_, col, exists, func, or_, select

from signaling.call import Outcome
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, ContactId, NumberId
from store.after_call_models import CallNoteRow
from store.audit import Entry, write
from store.callback_models import CallbackRow
from store.columns import storable
from store.contacts import customer_of
from store.cursors import Cursor, after
from store.database import Database
from store.directory_index import index_words
from store.directory_models import ContactNumberRow, ContactWordRow
from store.directory_words import Term, terms_of
from store.history_filter import HistoryFilter, conditions_of, handed_on_by
from store.integration_models import ProtocolRow
from store.models import CallRow, ContactRow, NumberRow, UserRow, table_of

PAGE_LIMIT: Final = 100
NOTES_LIMIT: Final = 50
NAME_LIMIT_CHARS: Final = 120
FEW: Final = 20_000  # words that are looked up one by one


@dataclass(frozen=True, slots=True)
class Sight:
    """What of contacts somebody sees: those who had to do with `numbers`, and of their calls those of `calls`.

    `had_by`: only contacts whom this agent has talked with.
    """

    numbers: frozenset[NumberId]
    calls: HistoryFilter
    had_by: AgentId | None = None


@dataclass(frozen=True, slots=True)
class Met:
    """One of our numbers, and when a contact last had to do with it."""

    number: NumberId
    label: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastCall:
    id: CallId
    number: NumberId
    direction: Direction
    outcome: Outcome | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """`given_name`: as somebody of ours calls them; `customer.name` is what their profile says. `met`: newest first."""

    id: ContactId
    customer: Customer
    given_name: str | None
    met: tuple[Met, ...]
    last_call: LastCall | None
    callback: int | None
    protocol: str | None

    @property
    def last_at(self) -> datetime | None:
        return self.met[0].last_at if self.met else None


@dataclass(frozen=True, slots=True)
class ContactPage:
    contacts: tuple[Contact, ...]
    following: Cursor | None


@dataclass(frozen=True, slots=True)
class ContactNote:
    call: CallId
    called_at: datetime | None
    agent_name: str
    text: str
    disposition: str | None
    updated_at: datetime


@dataclass(frozen=True)
class SqlDirectory:
    """Every method may raise NeighbourError. Who is out of sight is as nobody."""

    database: Database

    async def page(self, sight: Sight, text: str | None, limit: int, cursor: Cursor | None = None) -> ContactPage:
        """At most `limit` contacts after `cursor`. A text in which there is too little to look for finds nobody."""
        terms = () if text is None else terms_of(text)
        if not sight.numbers or terms is None:
            return ContactPage((), None)

        def work(session: Session) -> ContactPage:
            query = _query(session, sight, terms, limit + 1, cursor)
            found = [Cursor(_moment(at), contact) for contact, at in session.execute(query)]
            shown = found[:limit]
            contacts = _contacts(session, sight, [each.id for each in shown])
            return ContactPage(contacts, shown[-1] if len(found) > limit else None)

        return await self.database.read(work)

    async def one(self, contact: ContactId, sight: Sight) -> Contact | None:
        def work(session: Session) -> Contact | None:
            return next(iter(_contacts(session, sight, _seen(session, contact, sight))), None)

        return await self.database.read(work)

    async def numbers_for(self, contact: ContactId, sight: Sight) -> tuple[Met, ...]:
        """Every visible number from which they may be called, also those that they never had to do with."""

        def work(session: Session) -> tuple[Met, ...]:
            if not _seen(session, contact, sight):
                return ()
            account = select(ContactRow.waba_id).where(ContactRow.id == contact).scalar_subquery()
            query = (
                select(NumberRow.id, NumberRow.label, ContactNumberRow.last_at)
                .outerjoin(
                    ContactNumberRow,
                    and_(
                        col(ContactNumberRow.number_id) == col(NumberRow.id),
                        col(ContactNumberRow.contact_id) == contact,
                    ),
                )
                .where(NumberRow.waba_id == account, col(NumberRow.id).in_(sight.numbers))
                .order_by(col(NumberRow.label), col(NumberRow.id))
            )
            return tuple(Met(NumberId(number or 0), label, at) for number, label, at in session.exec(query))

        return await self.database.read(work)

    async def notes(self, contact: ContactId, sight: Sight) -> list[ContactNote] | None:
        """What agents wrote of their calls that are visible, the newest first. None: out of sight."""
        query = (
            select(CallNoteRow, CallRow.received_at, UserRow.name)
            .join(CallRow, col(CallRow.call_id) == col(CallNoteRow.call_id))
            .join(UserRow, col(UserRow.id) == col(CallNoteRow.agent_id))
            .where(CallRow.contact_id == contact, CallNoteRow.text != "", *conditions_of(sight.calls))
            .order_by(col(CallRow.id).desc(), col(CallNoteRow.id))
            .limit(NOTES_LIMIT)
        )

        def work(session: Session) -> list[ContactNote] | None:
            if not _seen(session, contact, sight):
                return None
            return [
                ContactNote(CallId(row.call_id), at, name, row.text, row.disposition, row.updated_at)
                for row, at, name in session.exec(query)
            ]

        return await self.database.read(work)

    async def rename(self, contact: ContactId, name: str | None, by: str, at: datetime, sight: Sight) -> Contact | None:
        """As somebody of ours calls them; None: as their profile does. The audit is told that, and not the name."""

        def work(session: Session) -> Contact | None:
            if not _seen(session, contact, sight):
                return None
            row = session.get_one(ContactRow, contact, with_for_update=True)
            given = None if name is None else storable(name)
            if row.given_name != given:
                row.given_name = given
                session.flush()
                index_words(session, row)
                write(session, Entry(at, by, "contact.renamed", f"contact:{contact}"))
            return next(iter(_contacts(session, sight, [contact])), None)

        return await self.database.run(work)


def _query(session: Session, sight: Sight, terms: Sequence[Term], limit: int, cursor: Cursor | None) -> Select[Any]:
    """What few fit is looked up word by word; what many fit is met soon among the newest."""
    counts = {term: session.scalar(_how_many(term)) or 0 for term in terms}
    rarest = min(terms, key=counts.__getitem__, default=None)
    if rarest is None or counts[rarest] > FEW:
        return _listed(sight, terms, limit, cursor)
    return _found(sight, rarest, [term for term in terms if term is not rarest], limit, cursor)


def _how_many(term: Term) -> Select[Any]:
    """Words, as far as it matters."""
    query: Any = select(func.count()).select_from(_with_word(term).limit(FEW + 1).subquery())
    return query  # type: ignore[no-any-return]


def _listed(sight: Sight, terms: Sequence[Term], limit: int, cursor: Cursor | None) -> Select[Any]:
    """The newest of each number, of which each contact stands with the newest of their numbers."""
    parts = []
    for number in sorted(sight.numbers):
        row, other = ContactNumberRow, _other_meeting(sight)
        fits = [_has(term) for term in terms]
        newest = (
            select(col(row.contact_id).label("contact_id"), col(row.last_at).label("last_at"))
            .where(row.number_id == number, *after(row.last_at, row.contact_id, cursor), *fits, ~other, *_had(sight))
            .order_by(col(row.last_at).desc(), col(row.contact_id).desc())
            .limit(limit)
            .subquery()
        )
        parts.append(select(newest.c.contact_id, newest.c.last_at))
    together = union_all(*parts).subquery()
    query: Any = select(together.c.contact_id, together.c.last_at)
    return query.order_by(together.c.last_at.desc(), together.c.contact_id.desc()).limit(limit)  # type: ignore[no-any-return]


def _other_meeting(sight: Sight) -> Any:
    """There is a newer one, with another visible number."""
    mine, other = ContactNumberRow, table_of(ContactNumberRow).alias("other")
    newer = or_(
        other.c.last_at > mine.last_at, and_(other.c.last_at == mine.last_at, other.c.number_id > mine.number_id)
    )
    same = other.c.contact_id == mine.contact_id
    return exists().where(same, other.c.number_id.in_(sight.numbers), newer).correlate(ContactNumberRow)


def _found(sight: Sight, first: Term, others: Sequence[Term], limit: int, cursor: Cursor | None) -> Select[Any]:
    """From the words to the contacts, and not the other way round: `+ 0` keeps SQLite from an index of numbers."""
    row = ContactNumberRow
    visible = (col(row.number_id) + 0).in_(sight.numbers)
    who = _with_word(first).cte("who").prefix_with("MATERIALIZED")
    newest = func.max(col(row.last_at))
    query: Any = (
        select(who.c.contact_id, newest.label("last_at"))
        .select_from(who)
        .join(row, col(row.contact_id) == who.c.contact_id)
        .where(visible, *(_has(term) for term in others), *_had(sight))
        .group_by(who.c.contact_id)
        .having(*after(newest, who.c.contact_id, cursor))
        .order_by(newest.desc(), who.c.contact_id.desc())
    )
    return query.limit(limit)  # type: ignore[no-any-return]


def _with_word(term: Term) -> Any:
    """Contacts, as often as they have such a word. Each range by itself: an index can give it."""
    word, who = col(ContactWordRow.word), col(ContactWordRow.contact_id)
    ranges: list[Any] = [select(who).where(word >= first, word < behind) for first, behind in term.ranges]
    return ranges[0] if len(ranges) == 1 else union_all(*ranges)


def _has(term: Term) -> Any:
    word, theirs = col(ContactWordRow.word), col(ContactWordRow.contact_id) == col(ContactNumberRow.contact_id)
    ranges = [exists().where(theirs, word >= first, word < behind) for first, behind in term.ranges]
    return or_(*(each.correlate(ContactNumberRow) for each in ranges))


def _had(sight: Sight) -> list[Any]:
    if sight.had_by is None:
        return []
    theirs = col(CallRow.contact_id) == col(ContactNumberRow.contact_id)
    mine = or_(col(CallRow.agent_id) == sight.had_by, col(CallRow.id).in_(handed_on_by(sight.had_by)))
    return [exists().where(theirs, mine).correlate(ContactNumberRow)]


def _seen(session: Session, contact: int, sight: Sight) -> list[int]:
    """The contact, if it is in sight."""
    query = select(ContactNumberRow.contact_id).where(
        ContactNumberRow.contact_id == contact, col(ContactNumberRow.number_id).in_(sight.numbers), *_had(sight)
    )
    return [contact] if session.exec(query.limit(1)).first() is not None else []


def _contacts(session: Session, sight: Sight, wanted: Sequence[int]) -> tuple[Contact, ...]:
    """In the order in which they are wanted; all that is told of them, in five statements."""
    rows = {row.id: row for row in session.exec(select(ContactRow).where(col(ContactRow.id).in_(wanted)))}
    met, calls = _met(session, sight, wanted), _last_calls(session, sight, wanted)
    cards, protocols = _open_cards(session, sight, wanted), _open_protocols(session, sight, wanted)
    return tuple(
        Contact(
            id=ContactId(each),
            customer=customer_of(rows[each]),
            given_name=rows[each].given_name,
            met=tuple(met.get(each, ())),
            last_call=calls.get(each),
            callback=cards.get(each),
            protocol=protocols.get(each),
        )
        for each in wanted
    )


def _met(session: Session, sight: Sight, wanted: Sequence[int]) -> dict[int, list[Met]]:
    query = (
        select(ContactNumberRow, NumberRow.label)
        .join(NumberRow, col(NumberRow.id) == col(ContactNumberRow.number_id))
        .where(col(ContactNumberRow.contact_id).in_(wanted), col(ContactNumberRow.number_id).in_(sight.numbers))
        .order_by(col(ContactNumberRow.last_at).desc(), col(ContactNumberRow.number_id).desc())
    )
    found: dict[int, list[Met]] = {}
    for row, label in session.exec(query):
        found.setdefault(row.contact_id, []).append(Met(NumberId(row.number_id), label, row.last_at))
    return found


def _last_calls(session: Session, sight: Sight, wanted: Sequence[int]) -> dict[int, LastCall]:
    newest = (
        select(func.max(col(CallRow.id)))
        .where(col(CallRow.contact_id).in_(wanted), *conditions_of(sight.calls))
        .group_by(col(CallRow.contact_id))
    )
    rows = session.exec(select(CallRow).where(col(CallRow.id).in_(newest))).all()
    return {
        row.contact_id: LastCall(
            CallId(row.call_id), NumberId(row.number_id), row.direction, row.outcome, row.offered_at or row.received_at
        )
        for row in rows
        if row.contact_id is not None
    }


def _open_cards(session: Session, sight: Sight, wanted: Sequence[int]) -> dict[int, int]:
    query = select(CallbackRow.contact_id, CallbackRow.id).where(
        col(CallbackRow.contact_id).in_(wanted),
        col(CallbackRow.closed_at).is_(None),
        col(CallbackRow.number_id).in_(sight.numbers),
    )
    return {contact: card for contact, card in session.exec(query.order_by(col(CallbackRow.id))) if card is not None}


def _open_protocols(session: Session, sight: Sight, wanted: Sequence[int]) -> dict[int, str]:
    """The newest of each."""
    query = select(ProtocolRow.contact_id, ProtocolRow.code).where(
        col(ProtocolRow.contact_id).in_(wanted),
        col(ProtocolRow.closed_at).is_(None),
        col(ProtocolRow.number_id).in_(sight.numbers),
    )
    found = session.exec(query.order_by(col(ProtocolRow.id)))
    return {contact: code for contact, code in found if contact is not None}


def _moment(at: datetime | str) -> datetime:
    """SQLite's `max()` of a column gives its text."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
