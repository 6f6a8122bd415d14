"""Numbers whose copy at Meta is kept: looked at when somebody writes or Meta says something, every hour by themselves,
and after a failure soon and then ever later."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from signaling.errors import NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.graph_answers import CallingSettings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3_600.0
SOON_S: Final = 60.0
"""How soon it is noticed that somebody wrote elsewhere (a shell, another process), and how long after a failure Meta is
asked again the first time; each further failure doubles that, up to `LOOK_EVERY_S`."""
WAIT_S: Final = 4.0
"""How long whoever saved waits to hear what Meta said; it goes on behind the scenes."""


class SettingsGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` a keeper needs; it repeats by its own rules."""

    async def settings(self, number: PhoneNumberId) -> CallingSettings: ...

    async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None: ...


Look = Callable[[NumberId], Awaitable[object]]
"""Compares one number, and calls `looked`. Raises NeighbourError when our own database is away."""

Kept = Callable[[], Awaitable[Mapping[NumberId, bool]]]
"""The numbers of which there is something to keep, and whether something written has not been carried to Meta yet."""


@dataclass
class Rounds:
    """`start` and `stop` it. `what`: the first word of its tasks' names and log lines."""

    what: str
    look: Look
    kept: Kept
    look_every_s: float = LOOK_EVERY_S
    soon_s: float = SOON_S
    locks: defaultdict[NumberId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    """One look at a number at a time."""
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _failures: defaultdict[NumberId, int] = field(default_factory=lambda: defaultdict(int))  # in a row
    _due_s: dict[NumberId, float] = field(default_factory=dict)  # of the loop: when a number is looked at again
    _watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_looking(), name=f"{self.what}-at-meta")

    async def stop(self) -> None:
        tasks = [*self._at_work, *([] if self._watch is None else [self._watch])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, look: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
        """Behind the scenes; our own database being away is logged, and seen to by the next round."""

        async def work() -> None:
            try:
                await look()
            except NeighbourError as error:
                log.warning(f"{self.what}_not_looked_at", code=error.failure.code)

        task = asyncio.create_task(work(), name=f"{self.what}-to-meta")
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task

    async def now(self, look: Callable[[], Awaitable[object]]) -> None:
        """The same for somebody who waits for it. Returns when it is done, or after a few seconds."""
        await asyncio.wait([self.begin(look)], timeout=WAIT_S)

    def looked(self, number: NumberId, *, failed: bool) -> None:
        wait_s = self.look_every_s
        if failed:
            wait_s = min(wait_s, self.soon_s * 2.0 ** min(self._failures[number], 30))
            self._failures[number] += 1
        else:
            self._failures.pop(number, None)
        self._due_s[number] = asyncio.get_running_loop().time() + wait_s

    async def _keep_looking(self) -> None:
        while True:
            try:
                for number, is_waiting in (await self.kept()).items():
                    # Of what failed, `_due_s` says when to try again.
                    if is_waiting or asyncio.get_running_loop().time() >= self._due_s.get(number, 0.0):
                        await self.look(number)
            except NeighbourError as error:
                log.warning(f"{self.what}_not_looked_at", code=error.failure.code)
            await asyncio.sleep(self.soon_s)
