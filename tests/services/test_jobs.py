"""Work that must be done is done once at a time and never forgotten: real SQL, real queues, workers that die."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.job_queue import JobQueue, ProcessQueue, RedisQueue
from gateway.jobs import GiveUp, Handler, Jobs, Pace, Progress, TryAgain
from store.database import Database
from store.job_models import JobState
from store.jobs import DIED, Job, SqlJobs
from tests.services.redis_server import RedisServer, redis_server
from tests.services.samples import NOW

__all__ = ["redis_server"]

KIND, PLACE = "paint", "here"
QUICK = Pace(scan_s=0.02, lease=timedelta(seconds=0.4), first_s=0.02, longest_s=0.05)
SOON = timedelta(seconds=60)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def due(jobs: SqlJobs, now: datetime, place: str = PLACE) -> list[str]:
    return [job.subject for job in await jobs.due(now, place, frozenset({KIND}), now + SOON, 10)]


async def only(jobs: SqlJobs) -> Job:
    (job,) = await jobs.page(list(JobState))
    return job


# ---- the rows --------------------------------------------------------------------------------------------------------


async def test_a_job_is_one_workers_until_the_lease_ends(database: Database) -> None:
    jobs = SqlJobs(database)
    await jobs.put(KIND, "a", NOW)
    await jobs.put(KIND, "a", NOW)
    number = (await only(jobs)).id
    takes = await asyncio.gather(*(jobs.take(number, f"w{n}", NOW, at(10)) for n in range(4)))
    (winner,) = [n for n, taken in enumerate(takes) if taken is not None]
    assert await jobs.hold(number, f"w{winner}", at(20), "mixing", 0.5)
    assert not await jobs.hold(number, f"w{(winner + 1) % 4}", at(20), None, None)
    assert await jobs.take(number, "later", at(19), at(30)) is None
    second = await jobs.take(number, "later", at(21), at(30))
    assert second is not None and (second.attempts, second.last_error) == (2, DIED)
    assert not await jobs.done(number, f"w{winner}", at(22)), "who lost it changes nothing any more"
    assert await jobs.done(number, "later", at(22))
    assert await jobs.take(number, "again", at(99), at(100)) is None


async def test_a_queue_is_told_once_and_again_when_it_lost_it(database: Database) -> None:
    jobs = SqlJobs(database)
    await jobs.put(KIND, "anywhere", NOW)
    await jobs.put(KIND, "elsewhere", NOW, "there")
    await jobs.put(KIND, "later", at(30), PLACE)
    assert await due(jobs, NOW) == ["anywhere"]
    assert await due(jobs, at(1)) == []
    assert await due(jobs, at(61)) == ["anywhere", "later"]
    assert await due(jobs, at(1), "there") == ["elsewhere"]


async def test_what_failed_waits_and_what_was_given_up_can_be_asked_for_again(database: Database) -> None:
    jobs = SqlJobs(database)
    await jobs.put(KIND, "a", NOW)
    number = (await only(jobs)).id
    assert await jobs.take(number, "w", NOW, at(10))
    assert await jobs.again(number, "w", at(5), "disk_full")
    assert await jobs.take(number, "w", at(4), at(10)) is None
    assert await jobs.take(number, "w", at(5), at(15))
    assert await jobs.failed(number, "w", at(6), "no_journal")
    assert ((await only(jobs)).state, (await only(jobs)).last_error) == (JobState.FAILED, "no_journal")
    assert await due(jobs, at(99)) == []
    again = await jobs.retry(number, at(99))
    assert again is not None and again.attempts == 0
    assert await due(jobs, at(99)) == ["a"]
    assert await jobs.take(number, "w", at(99), at(200))
    assert await jobs.retry(number, at(99)) is None, "it is being done"
    await jobs.let_go("w")
    assert await jobs.take(number, "v", at(99), at(200))
    assert await jobs.done(number, "v", at(100))
    assert await jobs.retry(number, at(101)) is None
    await jobs.prune(at(100))
    await only(jobs)
    await jobs.prune(at(101))
    assert await jobs.page(list(JobState)) == []


# ---- workers ---------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["process", "redis"])
def queues(request: pytest.FixtureRequest) -> Callable[[], JobQueue]:
    if request.param == "process":
        return ProcessQueue
    server: RedisServer = request.getfixturevalue("redis_server")
    return lambda: RedisQueue(server.url, PLACE, at_once=2)


@asynccontextmanager
async def worker(
    database: Database, queue: JobQueue, handler: Handler, place: str = PLACE, **how: Any
) -> AsyncIterator[Jobs]:
    jobs = Jobs(SqlJobs(database), queue, {KIND: handler}, lambda: datetime.now(UTC), place, pace=QUICK, **how)
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop()


async def until(true: Callable[[], Awaitable[bool]], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110 (it asks a database)
            await asyncio.sleep(0.01)


async def put(database: Database, *subjects: str) -> None:
    for subject in subjects:
        await SqlJobs(database).put(KIND, subject, datetime.now(UTC), PLACE)


async def all_ended(database: Database) -> bool:
    return not await SqlJobs(database).page((JobState.WAITING, JobState.RUNNING))


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


async def test_every_job_is_done_once_by_two_workers(sqlite: Database, queues: Callable[[], JobQueue]) -> None:
    done: list[str] = []
    now_doing: set[str] = set()

    async def paint(job: Job, progress: Progress) -> None:
        assert job.subject not in now_doing
        now_doing.add(job.subject)
        await asyncio.sleep(0.01)
        now_doing.remove(job.subject)
        done.append(job.subject)

    names = [f"wall {n}" for n in range(12)]
    await put(sqlite, *names[:6])
    async with worker(sqlite, queues(), paint) as first, worker(sqlite, queues(), paint):
        await put(sqlite, *names[6:])
        first.wake()
        await until(lambda: all_ended(sqlite))
    assert sorted(done) == sorted(names)


async def test_machines_that_share_a_redis_do_what_needs_their_own_files_and_share_the_rest(
    sqlite: Database, redis_server: RedisServer
) -> None:
    done: list[tuple[str, str]] = []

    def painter(place: str) -> Handler:
        async def paint(job: Job, progress: Progress) -> None:
            assert job.place in (None, place)
            done.append((place, job.subject))

        return paint

    places = ("here", "there")
    walls = [(place, f"{place} {n}") for n in range(4) for place in (*places, None)]
    for place, wall in walls[:6]:
        await SqlJobs(sqlite).put(KIND, wall, datetime.now(UTC), place)
    queues = {place: RedisQueue(redis_server.url, place, at_once=1) for place in places}
    async with (
        worker(sqlite, queues["here"], painter("here"), "here") as here,
        worker(sqlite, queues["there"], painter("there"), "there"),
    ):
        for place, wall in walls[6:]:
            await SqlJobs(sqlite).put(KIND, wall, datetime.now(UTC), place)
        here.wake()
        await until(lambda: all_ended(sqlite))
    assert sorted(wall for _, wall in done) == sorted(wall for _, wall in walls), "each once"
    own = {(place, wall) for place, wall in walls if place is not None}
    assert own <= set(done), "by who has its files"


async def test_a_kind_that_waits_for_others_keeps_nobody_from_working(
    sqlite: Database, queues: Callable[[], JobQueue]
) -> None:
    """One at a time of that kind, and the one slot of all others stays free."""
    waiting, most, done = 0, 0, asyncio.Event()

    async def paint(job: Job, progress: Progress) -> None:
        done.set()

    async def wait(job: Job, progress: Progress) -> None:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await done.wait()
        waiting -= 1

    for name in ("a", "b", "c"):
        await SqlJobs(sqlite).put("waits", name, datetime.now(UTC), PLACE)
    jobs = Jobs(SqlJobs(sqlite), queues(), {KIND: paint}, lambda: datetime.now(UTC), PLACE, at_once=1, pace=QUICK)
    jobs.handle("waits", wait, at_once=1)
    await jobs.start()

    async def is_waiting() -> bool:
        return waiting == 1

    await until(is_waiting)
    await put(sqlite, "wall")
    jobs.wake()
    await until(lambda: all_ended(sqlite))
    await jobs.stop()
    assert most == 1


async def test_what_fails_is_tried_again_later_and_what_cannot_work_is_given_up(
    sqlite: Database, queues: Callable[[], JobQueue]
) -> None:
    tries: list[str] = []

    async def paint(job: Job, progress: Progress) -> None:
        tries.append(job.subject)
        if job.subject == "never":
            raise GiveUp("no_wall")
        if job.attempts < 3:
            raise TryAgain("no_paint") if job.attempts == 1 else ZeroDivisionError

    await put(sqlite, "never", "thrice")
    async with worker(sqlite, queues(), paint):
        await until(lambda: all_ended(sqlite))
    ended = {job.subject: (job.state, job.last_error) for job in await SqlJobs(sqlite).page(list(JobState))}
    assert ended == {"never": (JobState.FAILED, "no_wall"), "thrice": (JobState.DONE, None)}
    assert sorted(tries) == ["never", "thrice", "thrice", "thrice"]


async def test_progress_can_be_read_and_a_worker_that_stops_leaves_the_job_to_another(
    sqlite: Database, queues: Callable[[], JobQueue]
) -> None:
    begun, stays = asyncio.Event(), asyncio.Event()

    async def slowly(job: Job, progress: Progress) -> None:
        progress.tell("second coat", 0.5)
        begun.set()
        await stays.wait()

    async def quickly(job: Job, progress: Progress) -> None:
        stays.set()

    async def half() -> bool:
        job = await only(SqlJobs(sqlite))
        return (job.state, job.step, job.progress) == (JobState.RUNNING, "second coat", 0.5)

    await put(sqlite, "wall")
    async with worker(sqlite, queues(), slowly):
        await begun.wait()
        await until(half)
    assert (await only(SqlJobs(sqlite))).state is JobState.WAITING
    async with worker(sqlite, queues(), quickly):
        await until(lambda: all_ended(sqlite))
    assert stays.is_set()


async def test_what_a_dead_worker_held_is_done_by_another_after_the_lease(
    sqlite: Database, queues: Callable[[], JobQueue]
) -> None:
    await put(sqlite, "wall")
    now, jobs = datetime.now(UTC), SqlJobs(sqlite)
    assert await jobs.take((await only(jobs)).id, "who was killed", now, now + timedelta(seconds=0.3))
    found: list[Job] = []

    async def paint(job: Job, progress: Progress) -> None:
        found.append(job)

    async with worker(sqlite, queues(), paint):
        await until(lambda: all_ended(sqlite))
    (job,) = found
    assert (job.attempts, job.last_error) == (2, DIED)


async def test_who_lost_the_lease_stops(sqlite: Database) -> None:
    stopped, begun = asyncio.Event(), asyncio.Event()

    async def paint(job: Job, progress: Progress) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    await put(sqlite, "wall")
    jobs = SqlJobs(sqlite)
    async with worker(sqlite, ProcessQueue(), paint) as slow:
        await begun.wait()
        await jobs.let_go(slow.holder)
        now = datetime.now(UTC)
        while await jobs.take((await only(jobs)).id, "another", now, now + SOON) is None:
            await jobs.let_go(slow.holder)
        await asyncio.wait_for(stopped.wait(), 5)
    assert (await only(jobs)).state is JobState.RUNNING, "it is another's"


async def test_a_redis_that_forgets_everything_and_is_away_costs_no_job(
    sqlite: Database, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.job_queue.AWAY_S", 0.05)
    done: list[str] = []

    async def paint(job: Job, progress: Progress) -> None:
        done.append(job.subject)

    async def has(subject: str) -> bool:
        return subject in done

    async with worker(sqlite, RedisQueue(redis_server.url, PLACE, at_once=1), paint):
        await put(sqlite, "before")
        await until(lambda: has("before"))
        redis_server.stop()
        await put(sqlite, "while it is away")
        await asyncio.sleep(0.1)
        redis_server.start()
        await until(lambda: has("while it is away"))
