"""Wakes the browser of an agent for whom a call waits and whose page shows it to nobody: by web push, where they said
yes to it. What goes out is the call's id, who calls as agents may see it, and until when it rings.
"""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from gateway.guarded_http import GuardedHttp
from gateway.web_push import PushKey, UnusableSubscription, check, headers, new_private_key, sealed
from signaling.call import Call
from signaling.errors import NeighbourError
from signaling.ids import AgentId, CallId
from signaling.labels import customer_label
from signaling.ports import Clock, NumberStore
from store.push import PushSubscription, SqlPush

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 5.0
SHORTEST_TTL_S: Final = 5
MOST_AT_ONCE: Final = 50
"""A storm of calls must not become a storm of requests; who is not woken in time is rung by their page alone."""

GONE: Final = ("http.404", "http.410")
"""The push service's word for a subscription that will never work again (RFC 8030 §7.3)."""


@dataclass(slots=True)
class PushRinging:
    """`contact`: see `web_push.headers`. `more_hosts`: push services beside the well-known ones."""

    store: SqlPush
    http: GuardedHttp
    numbers: NumberStore
    contact: str
    more_hosts: frozenset[str]
    clock: Clock
    _key: PushKey | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _woken: dict[tuple[AgentId, CallId], None] = field(default_factory=dict)

    async def key(self) -> PushKey:
        """Raises NeighbourError."""
        if self._key is None:
            self._key = PushKey.of(await self.store.key(new_private_key()))
        return self._key

    def knock(self, agent: AgentId, call: Call) -> None:
        """Each browser of this agent once for this call. Returns at once."""
        if (agent, call.id) in self._woken or len(self._tasks) >= MOST_AT_ONCE:
            return
        self._woken[agent, call.id] = None
        if len(self._woken) > 20 * MOST_AT_ONCE:
            del self._woken[next(iter(self._woken))]
        self._spawn(self._wake(agent, call))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wake(self, agent: AgentId, call: Call) -> None:
        try:
            subscriptions = await self.store.of(agent)
            if not subscriptions:
                return
            key = await self.key()
            results = await asyncio.gather(*(self._send(key, one, call) for one in subscriptions))
            log.info("browser_woken", agent=agent, call_id=call.id, results=sorted(results))
        except NeighbourError as error:
            log.warning("browser_not_woken", agent=agent, call_id=call.id, code=error.failure.code)
        except Exception as error:
            log.exception("browser_not_woken", agent=agent, call_id=call.id, error=type(error).__name__)

    async def _send(self, key: PushKey, subscription: PushSubscription, call: Call) -> str:
        now = self.clock()
        until = call.ring_until or now
        ttl_s = max(SHORTEST_TTL_S, int((until - now).total_seconds()))
        message = await self._message(call, subscription.language, until.timestamp())
        try:
            check(subscription, self.more_hosts)  # the list may have become shorter since it was saved
        except UnusableSubscription as error:
            await self.store.forget(subscription.endpoint)
            return error.reason
        answer = await self.http.post(
            subscription.endpoint,
            sealed(message, subscription),
            headers(key, subscription.endpoint, self.contact, ttl_s, call.id, now),
            TIMEOUT_S,
        )
        if answer.result in GONE:
            await self.store.forget(subscription.endpoint)
        return answer.result

    async def _message(self, call: Call, language: str, until_unix_s: float) -> bytes:
        number = await self.numbers.by_phone_number_id(call.phone_number_id)
        told: dict[str, Any] = {
            "kind": "ring",
            "call_id": call.id,
            "label": customer_label(call.customer)[:80],
            "number_label": (number.label if number is not None else "")[:80],
            "until_unix_s": until_unix_s,
            "language": language,
        }
        return json.dumps(told).encode()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
