"""What pick-up guards may do, what they keep, and what they did: each act in one transaction with its line in the audit
and with what Meta must be told because of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from signaling.hours_at_meta import HoursAtMeta, HoursState
from signaling.ids import NumberId
from signaling.pickup_guard import NOTHING, Act, Guard, Kept
from signaling.settings_at_meta import ICON, MirrorState, SettingsAtMeta
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.guard_events import announce_act
from store.models import NumberRow
from store.number_models import PickupGuardRow
from store.number_plans import ChangedMeanwhile, Document, Writing, named
from store.refusal import Refusal, Why

ACTOR: Final = "pickup_guard"


@dataclass(frozen=True, slots=True)
class StoredGuard:
    document: Document[Guard]
    kept: Kept

    @property
    def guard(self) -> Guard:
        return self.document.value or Guard()


@dataclass(frozen=True)
class SqlPickupGuards:
    """Every method may raise NeighbourError."""

    database: Database

    async def of(self, number: NumberId) -> StoredGuard:
        return await self.database.read(lambda session: _stored(session, session.get(PickupGuardRow, number)))

    async def at_work(self) -> list[NumberId]:
        """Numbers whose guard was ever switched on: one that is off may still have something to undo."""
        query = select(PickupGuardRow.number_id).order_by(col(PickupGuardRow.number_id))
        return await self.database.read(lambda session: [NumberId(number) for number in session.exec(query)])

    async def write(self, number: NumberId, guard: Guard, writing: Writing) -> StoredGuard:
        """Raises ChangedMeanwhile; Refusal for a number that is not there."""

        def work(session: Session) -> StoredGuard:
            if session.get(NumberRow, number, with_for_update=True) is None:
                raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
            row = session.get(PickupGuardRow, number)
            if writing.seen not in (None, 0 if row is None else row.version):
                raise ChangedMeanwhile(_stored(session, row).document)
            if row is None:
                row = PickupGuardRow(
                    number_id=number,
                    guard=guard,
                    kept=NOTHING,
                    version=0,
                    changed_at=writing.at,
                    changed_by=writing.actor,
                )
                session.add(row)
            row.guard, row.version = guard, row.version + 1
            row.changed_at, row.changed_by = writing.at, writing.actor
            session.flush()
            what = {"version": row.version, **asdict(guard)}
            write(session, Entry(writing.at, writing.actor, "number.pickup_guard_written", f"number:{number}", what))
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def note(self, number: NumberId, before: StoredGuard, kept: Kept, acts: Sequence[Act], at: datetime) -> bool:
        """What was done. False: somebody wrote since `before` was read, and nothing was noted."""

        def work(session: Session) -> bool:
            ours = session.get(NumberRow, number, with_for_update=True)
            row = session.get(PickupGuardRow, number)
            if ours is None or row is None or row.version != before.document.version or kept_of(row) != before.kept:
                return False
            row.kept = kept
            if kept.icon != before.kept.icon:
                _tell_icon(ours, at)
            if kept.closed != before.kept.closed and ours.hours_told and ours.schedule_version > 0:
                ours.hours_at_meta = HoursAtMeta(HoursState.WAITING, at, to_write=True)
            for act in acts:
                what = {
                    "cause": act.cause.value,
                    "able": act.able,
                    "offered": act.offered,
                    "picked_up": act.picked_up,
                }
                write(session, Entry(act.at, ACTOR, f"number.{act.did.value}", f"number:{number}", what))
                announce_act(session, number, act, kept)
            return True

        return await self.database.run(work, races=True)


def _tell_icon(row: NumberRow, at: datetime) -> None:
    seen = None if isinstance(row.settings_at_meta, Unreadable) else row.settings_at_meta
    places, waiting = ((), ()) if seen is None else (seen.places, seen.to_write)
    to_write = tuple(dict.fromkeys([*waiting, ICON]))
    row.settings_at_meta = SettingsAtMeta(MirrorState.WAITING, at, places, to_write=to_write)


def _stored(session: Session, row: PickupGuardRow | None) -> StoredGuard:
    if row is None:
        return StoredGuard(Document(Guard(), 0, None, None), NOTHING)
    readable, guard = not isinstance(row.guard, Unreadable), guard_of(row)
    by = named(session, row.changed_by)
    return StoredGuard(Document(guard, row.version, row.changed_at, by, readable), kept_of(row))


def guard_of(row: PickupGuardRow | None) -> Guard:
    """What nobody can read does nothing."""
    return Guard() if row is None or isinstance(row.guard, Unreadable) else row.guard


def kept_of(row: PickupGuardRow | None) -> Kept:
    return NOTHING if row is None or isinstance(row.kept, Unreadable) else row.kept
