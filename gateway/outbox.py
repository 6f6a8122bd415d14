"""Carries events to integrators: signed, repeated until they arrive, in order per call, and nobody waits for another.

Each receiver has a task of its own. Of several processes on one database one delivers to a receiver, by a lease, and
another takes over when it dies. Deliveries carry the headers of Standard Webhooks (standardwebhooks.com, v1):
`webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64 of HMAC-SHA256 over "id.timestamp.body">`.
"""

import asyncio
import base64
import hashlib
import hmac
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import uuid4

import structlog

from gateway.guarded_http import HttpAnswer
from signaling.errors import NeighbourError
from signaling.ports import Clock
from signaling.private import Token
from store.event_queue import Attempt, Parcel, Receiver
from store.subscriptions import SECRET_PREFIX

log = structlog.get_logger(__name__)

AT_A_TIME: Final = 16
"""Streams that one receiver is told of at once."""

PROBES: Final = 4
"""While nothing arrives, so few are tried: several, so that one event that a receiver cannot take holds up no other."""

IDLE_S: Final = 5.0
"""Whoever was not woken looks by himself: another process may have written."""

REREAD_S: Final = 30.0
PRUNE_EVERY: Final = timedelta(hours=1)


class Queue(Protocol):
    """`store.event_queue.SqlEventQueue`. Every method may raise NeighbourError."""

    async def receivers(self) -> list[Receiver]: ...

    async def hold(self, subscription: int, carrier: str, now: datetime, until: datetime) -> bool: ...

    async def let_go(self, carrier: str) -> None: ...

    async def due(self, subscription: int, now: datetime, limit: int) -> list[Parcel]: ...

    async def next_due_at(self, subscription: int) -> datetime | None: ...

    async def record(
        self, subscription: int, attempts: Sequence[Attempt], failures: int, paused_until: datetime | None
    ) -> None: ...

    async def prune(self, before: datetime) -> int: ...


class Post(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> HttpAnswer: ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """`first_s` doubles to `longest_s`; each wait is cut by up to half, so that nobody comes back in step."""

    timeout_s: float = 10.0
    first_s: float = 2.0
    longest_s: float = 600.0
    give_up_after: timedelta = timedelta(hours=72)
    keep: timedelta = timedelta(days=30)

    @property
    def lease(self) -> timedelta:
        """How long a process that died keeps a receiver waiting: longer than any delivery takes."""
        return timedelta(seconds=2 * self.timeout_s + 20.0)

    def wait_s(self, failures: int, chance: float) -> float:
        """After so many failures in a row; `chance` is from 0 to 1."""
        longest = min(self.longest_s, self.first_s * 2.0 ** min(failures - 1, 32))
        return longest * (1.0 - chance / 2)


class Courier:
    def __init__(
        self,
        queue: Queue,
        http: Post,
        clock: Clock,
        schedule: Schedule = Schedule(),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue, self._http, self._clock = queue, http, clock
        self._schedule, self._chance = schedule, chance
        self._carrier = uuid4().hex
        self._lanes: dict[int, _Lane] = {}
        self._reread = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._pruned_at: datetime | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._supervise(), name="event-courier")

    async def stop(self) -> None:
        """What is on its way is dropped: it is still in the queue, and is sent again with the same id."""
        tasks = [lane.task for lane in self._lanes.values()] + ([self._task] if self._task else [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._lanes.clear()
        with suppress(NeighbourError):  # the lease ends by itself
            await self._queue.let_go(self._carrier)

    def wake(self) -> None:
        """There is something new to deliver."""
        for lane in self._lanes.values():
            lane.news.set()

    def reread(self) -> None:
        """A subscription was added, removed or replayed."""
        self._reread.set()

    async def _supervise(self) -> None:
        while True:
            try:
                self._reread.clear()
                self._settle(await self._queue.receivers())
                await self._prune()
            except NeighbourError as error:
                log.warning("event_receivers_not_read", code=error.failure.code)
            with suppress(TimeoutError):
                async with asyncio.timeout(REREAD_S):  # `wait_for` loses a cancellation that meets news
                    await self._reread.wait()

    def _settle(self, receivers: Sequence[Receiver]) -> None:
        """One lane for each receiver, and none for those that are gone."""
        for gone in self._lanes.keys() - {receiver.id for receiver in receivers}:
            self._lanes.pop(gone).task.cancel()
        for receiver in receivers:
            lane = self._lanes.get(receiver.id)
            if lane is None:
                lane = self._lanes[receiver.id] = _Lane(receiver)
                lane.task = asyncio.create_task(self._run(lane), name=f"events-{receiver.id}")
            elif receiver.failures == 0 and lane.failures:  # somebody asked for everything again
                lane.failures, lane.paused_until = 0, None
            lane.news.set()

    async def _prune(self) -> None:
        now = self._clock()
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            self._pruned_at = now
            while await self._queue.prune(now - self._schedule.keep):
                pass

    async def _run(self, lane: "_Lane") -> None:
        while True:
            lane.news.clear()
            try:
                worked = await self._round(lane)
            except NeighbourError as error:
                log.warning("events_not_read", subscription=lane.receiver.id, code=error.failure.code)
                worked = False
            except Exception:
                log.exception("event_round_broke", subscription=lane.receiver.id)
                worked = False
            if not worked:
                idle_s = await self._idle_s(lane)
                with suppress(TimeoutError):
                    async with asyncio.timeout(idle_s):
                        await lane.news.wait()

    async def _round(self, lane: "_Lane") -> bool:
        """Deliver what is due. False: nothing was, or the receiver is paused."""
        now, receiver = self._clock(), lane.receiver
        if lane.paused_until is not None and now < lane.paused_until:
            return False
        if not await self._holds(lane, now):
            return False
        parcels = await self._queue.due(receiver.id, now, PROBES if lane.failures else AT_A_TIME)
        if not parcels:
            return False
        results = await asyncio.gather(*(self._deliver(receiver, parcel) for parcel in parcels))
        now, any_fine = self._clock(), any(answer.is_fine for answer, _ in results)
        lane.failures = 0 if any_fine else lane.failures + 1
        lane.paused_until = None
        if not any_fine:
            asked_s = max((answer.retry_after_s or 0.0 for answer, _ in results), default=0.0)
            wait_s = max(self._schedule.wait_s(lane.failures, self._chance()), min(asked_s, self._schedule.longest_s))
            lane.paused_until = now + timedelta(seconds=wait_s)
        attempts = [
            self._judge(lane, parcel, answer, took_ms, now)
            for parcel, (answer, took_ms) in zip(parcels, results, strict=True)
        ]
        await self._queue.record(receiver.id, attempts, lane.failures, lane.paused_until)
        return True

    async def _holds(self, lane: "_Lane", now: datetime) -> bool:
        """Whether this process delivers to the receiver, and nobody else does."""
        if lane.held_until is not None and lane.held_until - now > self._schedule.lease / 2:
            return True
        until = now + self._schedule.lease
        held = await self._queue.hold(lane.receiver.id, self._carrier, now, until)
        lane.held_until = until if held else None
        return held

    async def _deliver(self, receiver: Receiver, parcel: Parcel) -> tuple[HttpAnswer, int]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        headers = signed_headers(receiver.secret, parcel.event_id, self._clock(), parcel.body)
        answer = await self._http.post(receiver.url, parcel.body, headers, self._schedule.timeout_s)
        return answer, round((loop.time() - begun) * 1_000)

    def _judge(self, lane: "_Lane", parcel: Parcel, answer: HttpAnswer, took_ms: int, now: datetime) -> Attempt:
        subscription = lane.receiver.id
        if answer.is_fine:
            log.debug("event_delivered", subscription=subscription, event_kind=parcel.kind)
            return Attempt(parcel.outbox_id, now, answer.result, took_ms, "delivered")
        if now - parcel.queued_at >= self._schedule.give_up_after:
            log.error("event_given_up", subscription=subscription, event_kind=parcel.kind, result=answer.result)
            return Attempt(parcel.outbox_id, now, answer.result, took_ms, "dead")
        log.warning("event_not_delivered", subscription=subscription, event_kind=parcel.kind, result=answer.result)
        own_wait = timedelta(seconds=self._schedule.wait_s(parcel.attempts + 1, self._chance()))
        return Attempt(parcel.outbox_id, now, answer.result, took_ms, "pending", lane.paused_until or now + own_wait)

    async def _idle_s(self, lane: "_Lane") -> float:
        """Until something may be due."""
        try:
            due = await self._queue.next_due_at(lane.receiver.id)
        except NeighbourError:
            return 1.0
        if due is None:
            return IDLE_S
        at = due if lane.paused_until is None else max(due, lane.paused_until)
        return min(IDLE_S, max(0.05, (at - self._clock()).total_seconds()))


class _Lane:
    """One receiver and how it does."""

    task: asyncio.Task[None]

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.failures, self.paused_until = receiver.failures, receiver.paused_until
        self.held_until: datetime | None = None
        self.news = asyncio.Event()


def signed_headers(secret: Token, event_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Receivers compute the signature again over the bytes as they came, and refuse times that are minutes off."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature(secret, event_id, timestamp, body)}",
    }


def signature(secret: Token, event_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.value.removeprefix(SECRET_PREFIX))
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
