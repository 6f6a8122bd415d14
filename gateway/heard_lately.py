"""Who heard what, and when: nobody has to listen to a greeting twice within its interval."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from signaling.call import Call
from signaling.errors import NeighbourError
from signaling.events import Customer
from signaling.ids import NumberId

log = structlog.get_logger(__name__)

CUSTOMERS_REMEMBERED: Final = 50_000
PATIENCE_S: Final = 1.0
"""The customer hears silence while the store is asked; hearing a greeting twice is the lesser evil."""


class HeardStore(Protocol):
    """`store.prompts_heard.SqlPromptsHeard`. May raise NeighbourError."""

    async def begin(
        self, number: NumberId, customer: Customer, sound: str, interval: timedelta, now: datetime
    ) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class HeardLately:
    """The store remembers for good. Beside it stands what this process has seen, for while the store is away."""

    store: HeardStore
    _heard: OrderedDict[tuple[NumberId, Customer, str], datetime] = field(default_factory=OrderedDict)

    async def within(self, call: Call, sound: str, interval: timedelta, now: datetime) -> bool:
        """Whether this customer heard it so lately; if not, they do now."""
        key = (call.number, call.customer, sound)
        heard_at = self._heard.get(key)
        if heard_at is not None and now - heard_at < interval:
            return True
        heard_at = await self._stored(call, sound, interval, now)
        self._heard[key] = now if heard_at is None else heard_at
        self._heard.move_to_end(key)
        while len(self._heard) > CUSTOMERS_REMEMBERED:
            self._heard.popitem(last=False)
        return heard_at is not None

    async def _stored(self, call: Call, sound: str, interval: timedelta, now: datetime) -> datetime | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.store.begin(call.number, call.customer, sound, interval, now)
        except TimeoutError:
            log.warning("heard_not_looked_up", call_id=call.id, code="store.slow")
        except NeighbourError as error:
            log.warning("heard_not_looked_up", call_id=call.id, code=error.failure.code)
        return None
