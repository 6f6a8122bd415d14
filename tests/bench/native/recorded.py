"""Calls of a plane that are recorded as a gateway records them, and how the disk keeps up with them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from gateway.call_journals import IntoJournal
from gateway.media.plane import FlowId, Plane
from gateway.media.tapes import Tapes, Voice
from recording.journal import Packet, read_records
from recording.writer import JournalFailed, JournalKeeper
from signaling.ids import CallId, new_call_id
from tests.bench.whole.figures import Spread

LOOK_EVERY_S: Final = 0.02
LONGEST_END_S: Final = 60.0
TALKING: Final = frozenset({Voice.CUSTOMER, Voice.SEAT})


class TimedKeeper(JournalKeeper):
    """The very keeper, which also notes how late it writes and syncs, and what that costs."""

    def __init__(self, folder: Path, failed: list[str], closed: list[CallId]) -> None:
        super().__init__(folder, lambda one: _note(failed, one), lambda call, path: closed.append(call))
        self.forget()

    def forget(self) -> None:
        """What was noted until now."""
        self.writes: list[tuple[float, float]] = []  # monotonic seconds: from, to
        self.syncs: list[tuple[float, float]] = []
        self.cpu_s = 0.0

    def _write_all(self) -> None:
        self._timed(super()._write_all, self.writes)

    def _sync_all(self) -> None:
        self._timed(super()._sync_all, self.syncs)

    def _timed(self, work: Callable[[], None], notes: list[tuple[float, float]]) -> None:
        begun_s, cpu_s = time.monotonic(), time.thread_time()
        work()
        notes.append((begun_s, time.monotonic()))
        self.cpu_s += time.thread_time() - cpu_s


def _note(failed: list[str], one: JournalFailed) -> None:
    failed.append(one.reason)


class Recorded:
    """Two flows a call, the browser's first. Everything is asked on the loop."""

    def __init__(self, plane: Plane, folder: Path) -> None:
        self.failed: list[str] = []
        self._closed: list[CallId] = []
        self._plane, self._keeper = plane, TimedKeeper(folder, self.failed, self._closed)
        self._calls: list[tuple[Tapes, IntoJournal]] = []
        self._late_ms: list[float] = []
        self._waiting_bytes: list[int] = []
        self._watching: asyncio.Task[None] | None = None
        self._began: tuple[float, float, int] = (0.0, 0.0, 0)

    def begin(self, flows: Sequence[FlowId]) -> None:
        self._keeper.start()
        for agent, customer in zip(flows[::2], flows[1::2], strict=True):
            tapes, into = Tapes(self._plane), IntoJournal(has_all=False)
            into.journal = self._keeper.open(new_call_id(), datetime.now(UTC), time.monotonic())
            tapes.follow({agent: Voice.SEAT, customer: Voice.CUSTOMER})
            tapes.add(into, TALKING)
            self._calls.append((tapes, into))

    def measure(self) -> None:
        """From now on."""
        self._keeper.forget()
        self._began = time.monotonic(), time.thread_time(), _disk_bytes()
        self._watching = asyncio.create_task(self._watch())

    def figures(self) -> dict[str, Any]:
        """Of the time since `measure`; `end` says what became of it."""
        assert self._watching is not None
        self._watching.cancel()
        began_s, loop_s, disk_bytes = self._began
        seconds = time.monotonic() - began_s
        keeper = self._keeper
        return {
            "loop_cpu_cores": round((time.thread_time() - loop_s) / seconds, 3),
            "writer_cpu_cores": round(keeper.cpu_s / seconds, 3),
            "loop_late_ms": _spread(self._late_ms),
            "written_after_ms": _spread([1e3 * (b[1] - a[0]) for a, b in pairwise(keeper.writes)]),
            "sync_ms": _spread([1e3 * (to_s - from_s) for from_s, to_s in keeper.syncs]),
            "synced_after_s": _spread([b[1] - a[0] for a, b in pairwise(keeper.syncs)]),
            "waiting_kib": _spread([one / 1024 for one in self._waiting_bytes]),
            "disk_bytes_per_s": round((_disk_bytes() - disk_bytes) / seconds),
        }

    async def end(self) -> dict[str, Any]:
        """End all journals and read them again. Raises TimeoutError."""
        async with asyncio.timeout(LONGEST_END_S):
            for tapes, into in self._calls:
                tapes.remove(into)
            await _until(lambda: all(into.has_all for _, into in self._calls))
            for _, into in self._calls:
                into.journal.end(time.monotonic())
            await _until(lambda: len(self._closed) + len(self.failed) >= len(self._calls))
        await asyncio.to_thread(self._keeper.close)
        paths = [into.journal.path for _, into in self._calls]
        return {"failed": len(self.failed), **await asyncio.to_thread(_kept, paths)}

    async def _watch(self) -> None:
        while True:
            asked_s = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
            self._late_ms.append(1e3 * (time.monotonic() - asked_s - LOOK_EVERY_S))
            self._waiting_bytes.append(sum(len(into.journal.waiting) for _, into in self._calls))


async def _until(condition: Callable[[], bool]) -> None:
    """What other threads bring about."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY_S)


def _kept(paths: Sequence[Path]) -> dict[str, int]:
    packets = sum(isinstance(record, Packet) for path in paths for record in read_records(path))
    return {"packets_kept": packets, "journal_bytes": sum(path.stat().st_size for path in paths)}


def _spread(values: Sequence[float]) -> dict[str, float]:
    spread = Spread.of(list(values) or [0.0])
    return {"p50": spread.p50, "p95": spread.p95, "max": round(max(values, default=0.0), 1)}


def _disk_bytes() -> int:
    """What this process had sent to the disk; pages that others have to write on its behalf are in it."""
    words = Path("/proc/self/io").read_text().split()
    return int(words[words.index("write_bytes:") + 1])
