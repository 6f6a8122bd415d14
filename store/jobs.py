"""Work that must be done although processes die: who does a job holds it by a lease, and whoever is left takes over.

Every change of a job that is being done names its holder: who has lost the lease changes nothing any more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func
from sqlmodel import Session, and_, col, or_, select, update

from store.database import Database
from store.job_models import JobRow, JobState

PAGE_LIMIT: Final = 100
DIED: Final = "worker_died"


@dataclass(frozen=True, slots=True)
class Job:
    """`subject` names what the kind works on. `attempts`: begun so far, this one included. `last_error`: a word."""

    id: int
    kind: str
    subject: str
    place: str | None
    state: JobState
    attempts: int
    step: str | None
    progress: float | None
    last_error: str | None
    created_at: datetime
    next_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class SqlJobs:
    """Every method may raise NeighbourError."""

    database: Database

    async def put(self, kind: str, subject: str, at: datetime, place: str | None = None) -> None:
        await self.database.run(lambda session: put_job(session, kind, subject, at, place), races=True)

    async def due(
        self, now: datetime, place: str, kinds: Collection[str], queued_until: datetime, limit: int
    ) -> list[Job]:
        """What is to be put on a queue, which has until then to have it done; longest due first."""
        row = JobRow
        query = (
            select(row)
            .where(*_due(now), col(row.kind).in_(kinds), or_(col(row.place).is_(None), col(row.place) == place))
            .where(or_(col(row.queued_until).is_(None), col(row.queued_until) <= now))
            .order_by(col(row.next_at), col(row.id))
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(session: Session) -> list[Job]:
            rows = session.exec(query).all()
            for found in rows:
                found.queued_until = queued_until
            return [_job(found) for found in rows]

        return await self.database.run(work)

    async def not_queued(self, jobs: Sequence[int]) -> None:
        """No queue took these: they are due as before."""
        query = update(JobRow).where(col(JobRow.id).in_(jobs)).values(queued_until=None)
        await self.database.run(lambda session: session.exec(query))

    async def take(self, job: int, holder: str, now: datetime, until: datetime) -> Job | None:
        """Whoever gets it does it, and nobody else until then. None: it is done, not due, or somebody else's."""
        query = select(JobRow).where(JobRow.id == job, *_due(now)).with_for_update()

        def work(session: Session) -> Job | None:
            row = session.exec(query).one_or_none()
            if row is None:
                return None
            if row.state is JobState.RUNNING:
                row.last_error = DIED
            row.state, row.holder, row.held_until = JobState.RUNNING, holder, until
            row.queued_until = None  # no queue has it any more
            row.attempts, row.step, row.progress = row.attempts + 1, None, None
            session.flush()
            return _job(row)

        return await self.database.run(work)

    async def hold(self, job: int, holder: str, until: datetime, step: str | None, progress: float | None) -> bool:
        """Go on holding it, and say how far it is. False: it is somebody else's."""
        return await self._change(job, holder, {"held_until": until, "step": step, "progress": progress})

    async def done(self, job: int, holder: str, at: datetime) -> bool:
        return await self._end(job, holder, {"state": JobState.DONE, "ended_at": at, "last_error": None})

    async def failed(self, job: int, holder: str, at: datetime, error: str) -> bool:
        return await self._end(job, holder, {"state": JobState.FAILED, "ended_at": at, "last_error": error})

    async def again(self, job: int, holder: str, at: datetime, error: str) -> bool:
        """Not before `at`."""
        return await self._end(job, holder, {"state": JobState.WAITING, "next_at": at, "last_error": error})

    async def let_go(self, holder: str) -> None:
        """Whatever `holder` was doing may be taken by others at once."""
        query = update(JobRow).where(col(JobRow.holder) == holder, col(JobRow.state) == JobState.RUNNING)
        freed = query.values(state=JobState.WAITING, holder=None, held_until=None, queued_until=None)
        await self.database.run(lambda session: session.exec(freed))

    async def retry(self, job: int, at: datetime) -> Job | None:
        """Now, and as if for the first time. None: there is no such job, or it is being done or done."""

        def work(session: Session) -> Job | None:
            states = (JobState.WAITING, JobState.FAILED)
            query = select(JobRow).where(JobRow.id == job, col(JobRow.state).in_(states)).with_for_update()
            row = session.exec(query).one_or_none()
            if row is None:
                return None
            _renew(row, at)
            session.flush()
            return _job(row)

        return await self.database.run(work)

    async def page(self, states: Collection[JobState], limit: int = PAGE_LIMIT, before: int | None = None) -> list[Job]:
        """Newest first; those after the job `before`, which is the last of the page before."""
        query = select(JobRow).where(col(JobRow.state).in_(states)).order_by(col(JobRow.id).desc()).limit(limit)
        if before is not None:
            query = query.where(col(JobRow.id) < before)
        return await self.database.read(lambda session: [_job(row) for row in session.exec(query)])

    async def counts(self, states: Collection[JobState]) -> dict[JobState, int]:
        query = select(JobRow.state, func.count()).where(col(JobRow.state).in_(states)).group_by(col(JobRow.state))

        def work(session: Session) -> dict[JobState, int]:
            found = dict(session.exec(query).all())
            return {state: found.get(state, 0) for state in states}

        return await self.database.read(work)

    async def of(self, kind: str, subjects: Sequence[str]) -> dict[str, Job]:
        """By subject."""
        query = select(JobRow).where(JobRow.kind == kind, col(JobRow.subject).in_(subjects))
        return await self.database.read(lambda session: {row.subject: _job(row) for row in session.exec(query)})

    async def prune(self, before: datetime) -> None:
        """Forget what was done before then."""
        old = delete(JobRow).where(col(JobRow.state) == JobState.DONE, col(JobRow.ended_at) < before)
        await self.database.run(lambda session: session.exec(old))

    async def _end(self, job: int, holder: str, values: dict[str, Any]) -> bool:
        free = {"holder": None, "held_until": None, "queued_until": None, "step": None, "progress": None}
        return await self._change(job, holder, free | values)

    async def _change(self, job: int, holder: str, values: dict[str, Any]) -> bool:
        query = update(JobRow).where(
            col(JobRow.id) == job, col(JobRow.holder) == holder, col(JobRow.state) == JobState.RUNNING
        )
        return await self.database.run(lambda session: session.exec(query.values(**values)).rowcount == 1)


def put_job(session: Session, kind: str, subject: str, at: datetime, place: str | None = None) -> None:
    """Part of the caller's transaction: what must be done and why are never without each other. Putting a job that is
    open already changes nothing; one that was done or given up is done again. Run it with `races=True`."""
    row = session.exec(select(JobRow).where(JobRow.kind == kind, JobRow.subject == subject).with_for_update()).first()
    if row is None:
        session.add(JobRow(kind=kind, subject=subject, place=place, created_at=at, next_at=at))
    elif row.state in (JobState.DONE, JobState.FAILED):
        row.place = place
        _renew(row, at)
    session.flush()


def hurry_job(session: Session, kind: str, subject: str, at: datetime) -> None:
    """One that waits to be tried again is due now."""
    mine = and_(col(JobRow.kind) == kind, col(JobRow.subject) == subject, col(JobRow.state) == JobState.WAITING)
    session.execute(update(JobRow).where(mine, col(JobRow.next_at) > at).values(next_at=at, queued_until=None))


def drop_job(session: Session, kind: str, subject: str) -> None:
    """What it was about is gone. Who is doing it finds out when it ends."""
    session.execute(delete(JobRow).where(col(JobRow.kind) == kind, col(JobRow.subject) == subject))


def _renew(row: JobRow, at: datetime) -> None:
    row.state, row.next_at, row.attempts = JobState.WAITING, at, 0
    row.holder = row.held_until = row.queued_until = row.ended_at = row.step = row.progress = None


def _due(now: datetime) -> tuple[Any, ...]:
    row = JobRow
    waits = col(row.state) == JobState.WAITING
    died = and_(col(row.state) == JobState.RUNNING, col(row.held_until) <= now)
    return (or_(waits, died), col(row.next_at) <= now)


def _job(row: JobRow) -> Job:
    assert row.id is not None
    return Job(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        place=row.place,
        state=row.state,
        attempts=row.attempts,
        step=row.step,
        progress=row.progress,
        last_error=row.last_error,
        created_at=row.created_at,
        next_at=row.next_at,
        ended_at=row.ended_at,
    )
