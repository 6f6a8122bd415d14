"""Does what must be done besides calls: each job by one worker at a time, again when it fails, whatever dies.

What must be done stands in SQL. A scan, at the start, now and then and whenever somebody wakes it, puts what is due on
a queue; whoever is told of a job by the queue takes it by a lease and renews that while working. A handler must be
idempotent: a process can die between its last act and the word that it is done.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import uuid4

import structlog

from gateway.job_queue import JobQueue, QueueAway
from signaling.errors import NeighbourError
from signaling.ports import Clock
from store.jobs import Job

log = structlog.get_logger(__name__)

KEEP_DONE: Final = timedelta(days=7)
PRUNE_EVERY: Final = timedelta(hours=1)


class TryAgain(Exception):
    """It cannot be done now; `reason` is a word. `after_s`: not before, whatever the schedule says."""

    def __init__(self, reason: str, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.after_s = reason, after_s


class GiveUp(Exception):
    """Trying again cannot help; `reason` is a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobStore(Protocol):
    """`store.jobs.SqlJobs`. Every method may raise NeighbourError."""

    async def due(
        self, now: datetime, place: str, kinds: frozenset[str], queued_until: datetime, limit: int
    ) -> list[Job]: ...

    async def not_queued(self, jobs: Sequence[int]) -> None: ...

    async def take(self, job: int, holder: str, now: datetime, until: datetime) -> Job | None: ...

    async def hold(self, job: int, holder: str, until: datetime, step: str | None, progress: float | None) -> bool: ...

    async def done(self, job: int, holder: str, at: datetime) -> bool: ...

    async def failed(self, job: int, holder: str, at: datetime, error: str) -> bool: ...

    async def again(self, job: int, holder: str, at: datetime, error: str) -> bool: ...

    async def let_go(self, holder: str) -> None: ...

    async def prune(self, before: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """`first_s` doubles to `longest_s`; each wait is cut by up to half, so that nobody comes back in step. `lease`: how
    long a job stays with a worker that died."""

    scan_s: float = 5.0
    lease: timedelta = timedelta(seconds=30)
    queued: timedelta = timedelta(minutes=1)
    first_s: float = 2.0
    longest_s: float = 600.0

    def wait_s(self, attempts: int, chance: float) -> float:
        """After so many attempts; `chance` is from 0 to 1."""
        longest = min(self.longest_s, self.first_s * 2.0 ** min(attempts - 1, 32))
        return longest * (1.0 - chance / 2)


USUAL: Final = Pace()


@dataclass(slots=True)
class Progress:
    """What a handler says of its work; written with the next renewal of the lease. `done`: 0 to 1."""

    step: str | None = None
    done: float | None = None

    def tell(self, step: str, done: float | None = None) -> None:
        self.step, self.done = step, done


Handler = Callable[[Job, Progress], Awaitable[None]]
"""Raises TryAgain, GiveUp, NeighbourError; anything else is a defect of ours, and is tried again as well."""


class Jobs:
    """`place`: which files this machine sees. `at_once`: jobs done at the same time; 0: others do them all."""

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        handlers: Mapping[str, Handler],
        clock: Clock,
        place: str,
        at_once: int = 1,
        pace: Pace = USUAL,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store, self._queue, self._handlers = store, queue, dict(handlers)
        self._clock, self._place, self._pace, self._chance = clock, place, pace, chance
        self._at_once, self._slots = at_once, asyncio.Semaphore(max(at_once, 1))
        self._beside: dict[str, asyncio.Semaphore] = {}
        self.holder: Final = uuid4().hex
        self._news, self._stopping = asyncio.Event(), False
        self._doing: set[asyncio.Task[None]] = set()
        self._scanner: asyncio.Task[None] | None = None
        self._pruned_at: datetime | None = None

    def handle(self, kind: str, handler: Handler, at_once: int | None = None) -> None:
        """Before `start`. `at_once`: so many of this kind at a time, beside all others, as they mostly wait for
        somebody else; None: in turn with the others."""
        self._handlers[kind] = handler
        if at_once is not None:
            self._beside[kind] = asyncio.Semaphore(at_once)

    async def start(self) -> None:
        await self._queue.start(self._work)
        self._scanner = asyncio.create_task(self._scan(), name="jobs")

    async def stop(self) -> None:
        """What is being done is left; it is done again, here or elsewhere."""
        self._stopping = True
        tasks = [*self._doing, *([self._scanner] if self._scanner else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._queue.stop()
        with suppress(NeighbourError):  # the lease ends by itself
            await self._store.let_go(self.holder)

    def wake(self) -> None:
        """There is something new to do."""
        self._news.set()

    # ---- what is due goes on the queue ------------------------------------------------------------------------------

    async def _scan(self) -> None:
        while not self._stopping:
            self._news.clear()
            try:
                await self._put_due()
                await self._prune()
            except (NeighbourError, QueueAway) as error:
                log.warning("jobs_not_queued", error=str(error) or type(error).__name__)
            except Exception:
                log.exception("job_scan_broke")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.scan_s):  # `wait_for` loses a cancellation that meets news
                    await self._news.wait()

    async def _put_due(self) -> None:
        room = min([await self._queue.room(None), await self._queue.room(self._place)])
        if room <= 0 or not self._handlers:
            return
        now = self._clock()
        kinds = frozenset(
            kind for kind in self._handlers if kind not in self._beside or not self._beside[kind].locked()
        )
        jobs = await self._store.due(now, self._place, kinds, now + self._pace.queued, room)
        for number, job in enumerate(jobs):
            try:
                await self._queue.put(job.id, job.place)
            except QueueAway:
                await self._store.not_queued([left.id for left in jobs[number:]])
                raise

    async def _prune(self) -> None:
        now = self._clock()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = now
            await self._store.prune(now - KEEP_DONE)

    # ---- what the queue says is done --------------------------------------------------------------------------------

    async def _work(self, job: int) -> None:
        """Returns when it was done, left or refused, or is done beside the others; never raises. The library may cancel
        nothing of ours."""
        if self._stopping:
            return
        await asyncio.wait({self._begin(self._do_in_turn(job))})

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="job")
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return task

    async def _do_in_turn(self, number: int) -> None:
        async with self._slots:
            await self._safely(number, self._take_and_do(number))
        self.wake()

    async def _take_and_do(self, number: int) -> None:
        job = await self._take(number)
        if job is not None and job.kind in self._beside:
            self._begin(self._do_beside(job))
        elif job is not None:
            await self._do(job)

    async def _do_beside(self, job: Job) -> None:
        await self._safely(job.id, self._do(job))
        self.wake()

    @staticmethod
    async def _safely(number: int, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except NeighbourError as error:  # the lease ends, and it is done again
            log.warning("job_not_noted", job=number, code=error.failure.code)
        except Exception:
            log.exception("job_not_noted", job=number)

    async def _take(self, number: int) -> Job | None:
        now = self._clock()
        job = await self._store.take(number, self.holder, now, now + self._pace.lease)
        if job is None:
            log.debug("job_is_anothers", job=number)
        return job

    async def _do(self, job: Job) -> None:
        progress = Progress()
        lease = asyncio.create_task(self._keep_lease(job, progress), name=f"job-lease-{job.id}")
        work = asyncio.create_task(self._handled(job, progress), name=f"job-work-{job.id}")
        try:
            await asyncio.wait({lease, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (lease, work):
                task.cancel()
            await asyncio.gather(lease, work, return_exceptions=True)
        if work.cancelled():
            log.warning("job_lost_to_another", job=job.id, kind=job.kind)
            return
        await self._note(job, work.exception())

    async def _handled(self, job: Job, progress: Progress) -> None:
        async with self._beside.get(job.kind) or nullcontext():
            await self._handlers[job.kind](job, progress)

    async def _keep_lease(self, job: Job, progress: Progress) -> None:
        """Returns when the lease is another's, or could not be renewed before it ended."""
        ends = self._clock() + self._pace.lease
        while self._clock() < ends:
            await asyncio.sleep(self._pace.lease.total_seconds() / 4)
            until = self._clock() + self._pace.lease
            try:
                if not await self._store.hold(job.id, self.holder, until, progress.step, progress.done):
                    return
                ends = until
            except NeighbourError as error:
                log.warning("job_lease_not_renewed", job=job.id, code=error.failure.code)

    async def _note(self, job: Job, error: BaseException | None) -> None:
        now = self._clock()
        match error:
            case None:
                await self._store.done(job.id, self.holder, now)
                log.info("job_done", job=job.id, kind=job.kind, subject=job.subject, attempts=job.attempts)
                return
            case GiveUp(reason=reason):
                log.error("job_given_up", job=job.id, kind=job.kind, subject=job.subject, reason=reason)
                await self._store.failed(job.id, self.holder, now, reason)
                return
            case TryAgain(reason=reason, after_s=after_s):
                pass
            case NeighbourError():
                reason, after_s = error.failure.code, error.failure.retry_after_s or 0.0
            case _:
                reason, after_s = "broken", 0.0
                log.error("job_broke", job=job.id, kind=job.kind, exc_info=error)
        wait_s = max(self._pace.wait_s(job.attempts, self._chance()), after_s)
        log.warning("job_again", job=job.id, kind=job.kind, subject=job.subject, reason=reason, wait_s=round(wait_s, 1))
        await self._store.again(job.id, self.holder, now + timedelta(seconds=wait_s), reason)
