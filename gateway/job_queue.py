"""Whose turn it is to look at a job: a queue in this process, or one in Redis that several machines share (taskiq).

A queue may lose what it holds, or say it twice: what must be done stands in SQL (`store.jobs`), and is put on a queue
again. A queue of a place serves the machines that see its files; the other serves them all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq import InMemoryBroker
from taskiq.abc.broker import AsyncBroker
from taskiq.exceptions import TaskiqError
from taskiq.receiver import Receiver
from taskiq_redis import ListQueueBroker

log = structlog.get_logger(__name__)

TASK: Final = "ramal.job"
QUEUE: Final = "ramal.jobs"
LONGEST: Final = 32
"""So many at most wait on a queue: more would only be said twice while they wait."""

AWAY_S: Final = 2.0
CANCEL_AGAIN_S: Final = 0.5
CONNECT_S: Final = 5.0

Work = Callable[[int], Awaitable[None]]


class QueueAway(Exception):
    """It takes nothing now; what was to be put there is still due."""


class JobQueue(Protocol):
    """`start` and `room` before `put`. Whatever is put leads to a call of `work`, here or on another machine, unless
    it is lost."""

    async def start(self, work: Work) -> None: ...

    async def stop(self) -> None: ...

    async def room(self, place: str | None) -> int: ...

    async def put(self, job: int, place: str | None) -> None: ...


class ProcessQueue:
    """A queue in this process: nothing to install."""

    def __init__(self) -> None:
        self._broker = InMemoryBroker(max_stored_results=1)
        self._waiting: set[int] = set()
        self._task: Any = None

    async def start(self, work: Work) -> None:
        async def look(job: int) -> None:
            self._waiting.discard(job)
            await work(job)

        self._task = self._broker.register_task(look, task_name=TASK)
        await self._broker.startup()

    async def stop(self) -> None:
        await self._broker.wait_all()
        await self._broker.shutdown()

    async def room(self, place: str | None) -> int:
        return LONGEST - len(self._waiting)

    async def put(self, job: int, place: str | None) -> None:
        if job not in self._waiting:
            self._waiting.add(job)
            await self._task.kiq(job)


class RedisQueue:
    """Lists in Redis. `place` is ours; `at_once`: how many jobs this process takes from each list before it has done
    them."""

    def __init__(self, url: str, place: str, at_once: int) -> None:
        self._at_once = at_once
        self._redis = Redis.from_url(url, socket_connect_timeout=CONNECT_S)
        waiting: dict[str, Any] = {"socket_timeout": None}  # whoever waits for a job waits as long as it takes
        if not url.startswith("unix:"):
            waiting["socket_keepalive"] = True
        self._brokers: dict[str | None, AsyncBroker] = {
            where: ListQueueBroker(url, queue_name=_name(where), socket_connect_timeout=CONNECT_S, **waiting)
            for where in (None, place)
        }
        self._tasks: dict[str | None, Any] = {}
        self._listeners: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self, work: Work) -> None:
        async def look(job: int) -> None:
            await work(job)

        for place, broker in self._brokers.items():
            self._tasks[place] = broker.register_task(look, task_name=TASK)
            await broker.startup()
            if self._at_once:
                self._listeners.add(asyncio.create_task(self._listen(broker), name="job-queue"))

    async def stop(self) -> None:
        self._stopping = True
        waiting = self._listeners
        while waiting:  # a cancellation that meets an error of Redis is lost inside the library
            for listener in waiting:
                listener.cancel()
            _, waiting = await asyncio.wait(waiting, timeout=CANCEL_AGAIN_S)
        for broker in self._brokers.values():
            await broker.shutdown()
        await self._redis.aclose()

    async def room(self, place: str | None) -> int:
        try:
            waiting: Any = await self._redis.llen(_name(place))
        except (RedisError, OSError) as error:
            raise QueueAway(type(error).__name__) from None
        return LONGEST - int(waiting)

    async def put(self, job: int, place: str | None) -> None:
        try:
            await self._tasks[place].kiq(job)
        except (TaskiqError, RedisError, OSError) as error:
            raise QueueAway(type(error).__name__) from None

    async def _listen(self, broker: AsyncBroker) -> None:
        """Whatever happens to Redis, go on when it is back."""
        with ThreadPoolExecutor(1, "job-queue") as threads:  # the library asks for one; our work needs none
            while not self._stopping:
                receiver = Receiver(broker, threads, max_async_tasks=self._at_once, run_startup=False)
                try:
                    await receiver.listen(asyncio.Event())
                except Exception as error:  # the library's groups of whatever Redis and sockets raise
                    log.warning("job_queue_away", error=type(error).__name__)
                await asyncio.sleep(AWAY_S)


def _name(place: str | None) -> str:
    return QUEUE if place is None else f"{QUEUE}.{place}"
