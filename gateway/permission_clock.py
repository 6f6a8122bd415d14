"""Permissions that end by time alone are told when they end: one look at the next end, however many there are."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from signaling.errors import NeighbourError
from signaling.ports import Clock

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 30.0
"""Another process may have been told of a nearer end."""

AT_ONCE: Final = 100
AGAIN_AFTER_S: Final = 5.0  # when the store is away


class Ends(Protocol):
    """`signaling.permissions.Permissions`. Both may raise NeighbourError."""

    async def next_end(self) -> datetime | None: ...

    async def tell_ended(self, limit: int) -> int: ...


class PermissionClock:
    """`run` until cancelled. `on_told`: integrators have news."""

    def __init__(self, ends: Ends, clock: Clock, on_told: Callable[[], None]) -> None:
        self._ends, self._clock, self._on_told = ends, clock, on_told
        self._changed = asyncio.Event()

    def look(self) -> None:
        """A permission has changed: the next end may be another."""
        self._changed.set()

    async def run(self) -> None:
        while True:
            try:
                wait_s = await self._tell_and_look()
            except NeighbourError as error:
                log.warning("ends_of_permissions_not_read", code=error.failure.code)
                wait_s = AGAIN_AFTER_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _tell_and_look(self) -> float:
        """Seconds until the next look is due."""
        while told := await self._ends.tell_ended(AT_ONCE):
            log.info("permissions_ended", pairs=told)
            self._on_told()
        self._changed.clear()
        following = await self._ends.next_end()
        if following is None:
            return LOOK_EVERY_S
        return max(0.0, min((following - self._clock()).total_seconds(), LOOK_EVERY_S))
