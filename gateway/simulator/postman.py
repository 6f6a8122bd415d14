"""Brings webhooks to the gateway as Meta does: signed, repeated until answered 200, and badly when told to."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.settings import MetaRules
from gateway.simulator.webhooks import Json, delivery_body, signature
from signaling.private import Token

Post = Callable[[bytes, str], Awaitable[int]]
"""POSTs a body with its signature; the HTTP status. Raises TimeoutError when unanswered, OSError when unreachable."""


@dataclass(slots=True)
class Parcel:
    """One update on its way. `delivered_at_s`: Unix seconds of the first 200, None before."""

    change: Json = field(repr=False)
    event: str
    call: str | None = None
    on_delivered: Callable[[], None] = lambda: None
    attempts: int = 0
    last_status: int | None = None
    delivered_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a parcel is to be delivered."""

    duplicates: int = 0
    delay_s: float = 0.0
    batch_s: float = 0.0


class Postman:
    """Every delivery is a task of its own, as order is not promised: a refused connect holds up no terminate."""

    def __init__(
        self,
        post: Post,
        app_secret: Token,
        waba_id: str,
        rules: MetaRules,
        faults: FaultLog,
        unix_s: Callable[[], float],
    ) -> None:
        self._post, self._app_secret, self._waba_id = post, app_secret, waba_id
        self._rules, self._faults, self._unix_s = rules, faults, unix_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[Parcel] = []

    def send(self, parcel: Parcel, manner: Manner) -> None:
        if manner.batch_s > 0:
            self._waiting.append(parcel)
            if len(self._waiting) == 1:
                self._start(self._deliver_batch(manner))
            return
        for _ in range(1 + manner.duplicates):
            self._start(self._deliver([parcel], manner.delay_s))

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver_batch(self, manner: Manner) -> None:
        await asyncio.sleep(manner.batch_s)
        parcels, self._waiting = self._waiting, []
        for _ in range(1 + manner.duplicates):
            self._start(self._deliver(parcels, manner.delay_s))

    async def _deliver(self, parcels: Sequence[Parcel], delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        body = delivery_body(self._waba_id, [parcel.change for parcel in parcels])
        signed = signature(self._app_secret, body)
        give_up_s = self._unix_s() + self._rules.webhook_retry_for_s
        for attempt in count():
            if await self._try_once(parcels, body, signed):
                return
            pauses = self._rules.webhook_retry_s
            pause_s = pauses[min(attempt, len(pauses) - 1)]
            if self._unix_s() + pause_s > give_up_s:
                return
            await asyncio.sleep(pause_s)

    async def _try_once(self, parcels: Sequence[Parcel], body: bytes, signed: str) -> bool:
        call = parcels[0].call
        for parcel in parcels:
            parcel.attempts += 1
        try:
            status: int | None = await self._post(body, signed)
        except TimeoutError:
            status = None
            self._faults.note(
                FaultKind.WEBHOOK_SLOW, call, f"no answer to a webhook within {self._rules.webhook_timeout_s:g} s"
            )
        except OSError:
            status = None  # the gateway is being started, or restarted: Meta simply tries again
        for parcel in parcels:
            parcel.last_status = status
        if status == 200:
            for parcel in parcels:
                if parcel.delivered_at_s is None:
                    parcel.delivered_at_s = self._unix_s()
                    parcel.on_delivered()
            return True
        if status is not None:
            self._faults.note(FaultKind.WEBHOOK_REFUSED, call, f"a signed webhook was answered {status}")
        return False
