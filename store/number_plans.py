"""A number's plan and hours: written whole by administrators, each with its version, so that nobody overwrites what
they have not seen."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from sqlmodel import Session, col, select

from signaling.hours_at_meta import HoursAtMeta, HoursState
from signaling.ids import NumberId
from signaling.pickup_guard import ClosedFrom, shortened
from signaling.plan import Plan, PromptId, prompts_of
from signaling.schedule import Schedule
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.models import NumberRow, UserRow
from store.number_models import PickupGuardRow
from store.prompt_models import PromptRow
from store.refusal import Refusal, Why

T = TypeVar("T")

USER: Final = "user:"


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """`version` 0: nobody has written one yet. `changed_by`: a user's name, or the actor as the audit has it.
    `readable` False: there is one that this version of ours cannot read; calls go on without it."""

    value: T | None
    version: int
    changed_at: datetime | None
    changed_by: str | None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Hours:
    """`told`: Meta gets our hours. `at_meta`: what Meta has, as last seen."""

    document: Document[Schedule]
    told: bool
    at_meta: HoursAtMeta | None
    closed: ClosedFrom | None = None  # by the pick-up guard, for today

    @property
    def told_now(self) -> Schedule | None:
        """What Meta is told."""
        schedule = self.document.value
        return schedule if schedule is None or self.closed is None else shortened(schedule, self.closed)


class ChangedMeanwhile(Exception):
    """Somebody else has written since the version that was seen. Nothing was changed."""

    def __init__(self, now: Document[Any]) -> None:
        super().__init__("changed meanwhile")
        self.now = now


@dataclass(frozen=True, slots=True)
class Writing:
    """Who writes, when, and the version that they have seen; None: whatever is there."""

    actor: str
    at: datetime
    seen: int | None = None


@dataclass(frozen=True)
class SqlNumberPlans:
    """Every method may raise NeighbourError. None: there is no such number."""

    database: Database

    async def plan(self, number: NumberId) -> Document[Plan] | None:
        return await self.database.read(lambda session: _read(session, number, _plan_of))

    async def hours(self, number: NumberId) -> Hours | None:
        return await self.database.read(lambda session: _read(session, number, _hours_of))

    async def write_plan(self, number: NumberId, plan: Plan | None, writing: Writing) -> Document[Plan]:
        """Raises ChangedMeanwhile; Refusal for a sound that is gone, or a number that never was."""

        def work(session: Session) -> Document[Plan]:
            row = _row_to_write(session, number)
            if writing.seen not in (None, row.plan_version):
                raise ChangedMeanwhile(_plan_of(session, row))
            _hold_uploads(session, frozenset() if plan is None else prompts_of(plan))
            row.plan, row.plan_version = plan, row.plan_version + 1
            row.plan_changed_at, row.plan_changed_by = writing.at, writing.actor
            steps = 0 if plan is None else len(plan.steps)
            what = {"version": row.plan_version, "steps": steps}
            write(session, Entry(writing.at, writing.actor, "number.plan_written", f"number:{number}", what))
            return _plan_of(session, row)

        return await self.database.run(work, races=True)

    async def write_hours(self, number: NumberId, schedule: Schedule | None, told: bool, writing: Writing) -> Hours:
        """Raises ChangedMeanwhile, Refusal."""

        def work(session: Session) -> Hours:
            row = _row_to_write(session, number)
            if writing.seen not in (None, row.schedule_version):
                raise ChangedMeanwhile(_hours_of(session, row).document)
            had_told = row.hours_told and row.schedule_version > 0
            row.schedule, row.schedule_version, row.hours_told = schedule, row.schedule_version + 1, told
            row.schedule_changed_at, row.schedule_changed_by = writing.at, writing.actor
            # What we told Meta once is ours to take back.
            to_write = told or had_told
            state = HoursState.WAITING if to_write else HoursState.NOT_TOLD
            row.hours_at_meta = HoursAtMeta(state, writing.at, to_write=to_write)
            what = {"version": row.schedule_version, "told_to_meta": told, "always_open": schedule is None}
            write(session, Entry(writing.at, writing.actor, "number.hours_written", f"number:{number}", what))
            return _hours_of(session, row)

        return await self.database.run(work, races=True)

    async def note_at_meta(self, number: NumberId, seen: HoursAtMeta, version: int, before: HoursAtMeta | None) -> bool:
        """What Meta was found to have, compared with this version of our hours. False: ours have changed since
        `before` was read, or the pick-up guard has closed or opened, or somebody else has looked at Meta later."""

        def work(session: Session) -> bool:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None or row.schedule_version != version or _seen(row.hours_at_meta) != before:
                return False
            row.hours_at_meta = seen
            return True

        return await self.database.run(work)

    async def numbers_with_hours(self) -> dict[NumberId, HoursAtMeta | None]:
        """Whose hours were ever written here, and what Meta has of them."""
        query = select(NumberRow).where(col(NumberRow.schedule_version) > 0).order_by(col(NumberRow.id))

        def work(session: Session) -> dict[NumberId, HoursAtMeta | None]:
            return {NumberId(row.id): _seen(row.hours_at_meta) for row in session.exec(query) if row.id is not None}

        return await self.database.read(work)


def _read(session: Session, number: NumberId, read: Callable[[Session, NumberRow], T]) -> T | None:
    row = session.get(NumberRow, number)
    return None if row is None else read(session, row)


def _row_to_write(session: Session, number: NumberId) -> NumberRow:
    row = session.get(NumberRow, number, with_for_update=True)
    if row is None:
        raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
    return row


def _hold_uploads(session: Session, prompts: frozenset[PromptId]) -> None:
    """Uploaded sounds stay there until this transaction is over (`store.prompts` deletes none that a plan names)."""
    uploads = [prompt for prompt in prompts if is_upload(prompt)]
    query = select(PromptRow.id).where(col(PromptRow.id).in_(uploads)).with_for_update(read=True)
    if len(session.exec(query).all()) < len(uploads):
        raise Refusal(Why.UNKNOWN, "prompt", "A sound that the plan names has just been deleted.")


def is_upload(prompt: str) -> bool:
    """Uploads are named by 32 hex digits, those that come with Ramal by words."""
    return len(prompt) == 32 and all(letter in "0123456789abcdef" for letter in prompt)


def _plan_of(session: Session, row: NumberRow) -> Document[Plan]:
    return document_of(session, row.plan, row.plan_version, row.plan_changed_at, row.plan_changed_by)


def _hours_of(session: Session, row: NumberRow) -> Hours:
    schedule: Document[Schedule] = document_of(
        session, row.schedule, row.schedule_version, row.schedule_changed_at, row.schedule_changed_by
    )
    guard = session.get(PickupGuardRow, row.id)
    closed = None if guard is None or isinstance(guard.kept, Unreadable) else guard.kept.closed
    return Hours(schedule, row.hours_told, _seen(row.hours_at_meta), closed)


def _seen(at_meta: HoursAtMeta | Unreadable | None) -> HoursAtMeta | None:
    return None if isinstance(at_meta, Unreadable) else at_meta


def document_of(session: Session, value: Any, version: int, at: datetime | None, actor: str | None) -> Document[Any]:
    document: Document[Any] = Document(None, version, at, named(session, actor))
    return replace(document, readable=False) if isinstance(value, Unreadable) else replace(document, value=value)


def named(session: Session, actor: str | None) -> str | None:
    if actor is None or not actor.startswith(USER):
        return actor
    user = session.get(UserRow, int(actor.removeprefix(USER)))
    return actor if user is None else user.name
