"""How long agents wrapped up, written beside everything else: nobody waits for it."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from signaling.errors import NeighbourError
from signaling.presence import WrappedUp

log = structlog.get_logger(__name__)

AGAIN_AFTER_S: Final = (1.0, 5.0, 30.0)
"""While the database is away. After that it is lost: one wrap-up of one call."""


class WorkStore(Protocol):
    """`store.figures.SqlAgentWork`. May raise NeighbourError."""

    async def wrapped_up(self, wrapped: WrappedUp) -> None: ...


@dataclass(slots=True)
class WorkKept:
    store: WorkStore
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def note(self, wrapped: WrappedUp) -> None:
        """A `signaling.agents.after_call.Note`."""
        task = asyncio.create_task(self._write(wrapped), name="wrap-up-noted")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """What is being written is written to its end; what waits for the database is given up."""
        if self._tasks:
            _, waiting = await asyncio.wait(self._tasks, timeout=AGAIN_AFTER_S[0])
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _write(self, wrapped: WrappedUp) -> None:
        for pause_s in (*AGAIN_AFTER_S, None):
            try:
                await self.store.wrapped_up(wrapped)
            except NeighbourError as error:
                if pause_s is None:
                    log.warning("wrap_up_not_noted", code=error.failure.code)
                    return
                await asyncio.sleep(pause_s)
            else:
                return
