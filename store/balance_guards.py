"""Balances of numbers as they were handed in, and what may be done below a floor."""

from dataclasses import asdict, dataclass

from sqlmodel import Session

from signaling.balance_guard import Balance, BalanceGuard
from signaling.ids import NumberId
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.guard_events import announce_balance as announce
from store.models import NumberRow
from store.number_models import BalanceGuardRow
from store.number_plans import ChangedMeanwhile, Document, Writing, named
from store.refusal import Refusal, Why


@dataclass(frozen=True, slots=True)
class StoredBalance:
    """`told_by`: a user's name, or the actor as the audit has it."""

    document: Document[BalanceGuard]
    balance: Balance | None
    told_by: str | None = None

    @property
    def guard(self) -> BalanceGuard:
        return self.document.value or BalanceGuard()


@dataclass(frozen=True)
class SqlBalanceGuards:
    """Every method may raise NeighbourError."""

    database: Database

    async def of(self, number: NumberId) -> StoredBalance:
        return await self.database.read(lambda session: _stored(session, session.get(BalanceGuardRow, number)))

    async def write(self, number: NumberId, guard: BalanceGuard, writing: Writing) -> StoredBalance:
        """Raises ChangedMeanwhile; Refusal for a number that is not there."""

        def work(session: Session) -> StoredBalance:
            row = _row(session, number)
            if writing.seen not in (None, row.version):
                raise ChangedMeanwhile(_stored(session, row).document)
            before = balance_of(row)
            row.guard, row.version = guard, row.version + 1
            row.changed_at, row.changed_by = writing.at, writing.actor
            session.flush()
            what = {"version": row.version, **asdict(guard)}
            write(session, Entry(writing.at, writing.actor, "number.balance_guard_written", f"number:{number}", what))
            announce(session, number, before, balance_of(row), writing.at)
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def tell(self, number: NumberId, balance: Balance) -> StoredBalance:
        """What the account holds, from whoever bills it: a line in the audit where it is another amount than before.
        Raises Refusal."""

        def work(session: Session) -> StoredBalance:
            row = _row(session, number)
            before = balance_of(row)
            row.balance = balance
            session.flush()
            if balance.by is not None and not _same_amount(before[1], balance):
                what = {"amount": balance.amount, "currency": balance.currency}
                write(session, Entry(balance.at, balance.by, "number.balance_told", f"number:{number}", what))
            announce(session, number, before, balance_of(row), balance.at)
            return _stored(session, row)

        return await self.database.run(work, races=True)


def balance_of(row: BalanceGuardRow | None) -> tuple[BalanceGuard, Balance | None]:
    """What nobody can read refuses no call."""
    if row is None:
        return BalanceGuard(), None
    guard = BalanceGuard() if isinstance(row.guard, Unreadable) else row.guard
    return guard, None if isinstance(row.balance, Unreadable) else row.balance


def _same_amount(before: Balance | None, now: Balance) -> bool:
    return before is not None and (before.amount, before.currency) == (now.amount, now.currency)


def _row(session: Session, number: NumberId) -> BalanceGuardRow:
    if session.get(NumberRow, number, with_for_update=True) is None:
        raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
    row = session.get(BalanceGuardRow, number)
    if row is None:
        row = BalanceGuardRow(number_id=number, guard=BalanceGuard(), version=0)
        session.add(row)
        session.flush()
    return row


def _stored(session: Session, row: BalanceGuardRow | None) -> StoredBalance:
    guard, balance = balance_of(row)
    if row is None:
        return StoredBalance(Document(guard, 0, None, None), balance)
    by = named(session, row.changed_by)
    told_by = None if balance is None else named(session, balance.by)
    return StoredBalance(Document(guard, row.version, row.changed_at, by), balance, told_by)
