"""Calls carried away as a file: made beside everything else, in portions, and gone again after minutes.

Rows are read from the store page by page, as long as calls need it less than half of the time; texts are written by a
thread, and Parquet is made of them by a child process. An export belongs to whoever asked for it.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway.export_rows import Telling, for_machines, for_spreadsheets, header
from signaling.errors import NeighbourError
from signaling.ports import Clock
from store.cursors import Cursor
from store.history import SLICE_LIMIT, HistoryOutline, HistoryPage, PastCall
from store.history_filter import HistoryFilter

log = structlog.get_logger(__name__)

FOLDER: Final = "exports"
KEPT: Final = timedelta(minutes=15)
AT_ONCE: Final = 2
MOST_KEPT: Final = 20
LONGEST_REST_S: Final = 0.2


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class ExportState(StrEnum):
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class Listed(Protocol):
    """`store.history.SqlHistory`. May raise NeighbourError."""

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage: ...

    async def outline(self, wanted: HistoryFilter, step: int) -> HistoryOutline: ...


class NoExport(Exception):
    """`reason` is a word: `too_many` (calls, ask for fewer), `busy` (others are being made, or yours is)."""

    def __init__(self, reason: str, most: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.most = reason, most


@dataclass(slots=True, eq=False)
class Export:
    """`rows` of `of` are written. `reason` of one that failed: `unavailable` (the store), `disk`, `format`."""

    id: str
    actor: str
    format: Format
    of: int
    path: Path = field(repr=False)
    begun_at: datetime
    state: ExportState = ExportState.MAKING
    rows: int = 0
    reason: str | None = None
    size_bytes: int | None = None

    @property
    def file_name(self) -> str:
        return f"ramal-calls-{self.begun_at:%Y%m%d-%H%M%S}.{self.format.value}"


@dataclass(frozen=True, slots=True)
class Order:
    wanted: HistoryFilter
    format: Format
    telling: Telling


Note = Callable[[Export], Awaitable[None]]


class CallExports:
    """Everything is asked on the loop. Call `start` before, and `stop` in the end."""

    def __init__(self, history: Listed, data_dir: Path, clock: Clock) -> None:
        self._history, self._folder, self._clock = history, data_dir / FOLDER, clock
        self._exports: dict[str, Export] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._counting: set[str] = set()

    async def start(self) -> None:
        await asyncio.to_thread(_emptied, self._folder)

    async def stop(self) -> None:
        for export in tuple(self._exports.values()):
            await self._forget(export)
        await asyncio.to_thread(_emptied, self._folder)

    async def begin(self, order: Order, actor: str, before: Note, after: Note) -> Export:
        """`before` is awaited before the first row is read: what it raises is raised here, and nothing was read;
        `after` once it is made, before anybody can take it. Raises NoExport, NeighbourError."""
        await self._tidy()
        making = {export.actor for export in self._exports.values() if export.state is ExportState.MAKING}
        making |= self._counting
        if actor in making or len(making) >= AT_ONCE or len(self._exports) >= MOST_KEPT:
            raise NoExport("busy")
        self._counting.add(actor)
        try:
            outline = await self._history.outline(order.wanted, SLICE_LIMIT)
            if outline.more:
                raise NoExport("too_many", outline.count)
            id_ = secrets.token_hex(16)
            path = self._folder / f"{id_}.{order.format.value}"
            export = Export(id_, actor, order.format, outline.count, path, self._clock())
            await before(export)
            self._exports[id_] = export
            self._tasks[id_] = asyncio.create_task(self._made(export, order, after), name="export-calls")
        finally:
            self._counting.discard(actor)
        return export

    async def get(self, id_: str, actor: str) -> Export | None:
        """None: there is none (any more), or it is another's."""
        await self._tidy()
        export = self._exports.get(id_)
        return export if export is not None and export.actor == actor else None

    async def drop(self, id_: str, actor: str) -> bool:
        """It ends and its file goes. False: there is none."""
        export = await self.get(id_, actor)
        if export is not None:
            await self._forget(export)
        return export is not None

    async def _tidy(self) -> None:
        for export in tuple(self._exports.values()):
            if abs(self._clock() - export.begun_at) > KEPT and export.state is not ExportState.MAKING:
                await self._forget(export)

    async def _forget(self, export: Export) -> None:
        self._exports.pop(export.id, None)
        task = self._tasks.pop(export.id, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await asyncio.to_thread(export.path.unlink, missing_ok=True)

    async def _made(self, export: Export, order: Order, after: Note) -> None:
        try:
            await self._make(export, order)
            export.size_bytes = (await asyncio.to_thread(export.path.stat)).st_size
            await after(export)
            export.state = ExportState.READY
        except NeighbourError as error:
            self._failed(export, "unavailable", error.failure.code)
        except OSError as error:
            self._failed(export, "disk", type(error).__name__)
        except _NotMade as error:
            self._failed(export, "format", str(error))

    @staticmethod
    def _failed(export: Export, reason: str, why: str) -> None:
        log.warning("export_failed", reason=reason, why=why, rows=export.rows)
        export.state, export.reason = ExportState.FAILED, reason

    async def _make(self, export: Export, order: Order) -> None:
        if order.format is Format.CSV:
            await asyncio.to_thread(_append, export.path, header)
            await self._write(export, order, export.path, for_spreadsheets)
            return
        rows = export.path.with_suffix(".rows")
        try:
            await asyncio.to_thread(_append, rows, str)
            await self._write(export, order, rows, for_machines)
            await _as_parquet(rows, export.path)
        finally:
            await asyncio.to_thread(rows.unlink, missing_ok=True)

    async def _write(
        self, export: Export, order: Order, path: Path, text_of: Callable[[tuple[PastCall, ...], Telling], str]
    ) -> None:
        cursor: Cursor | None = None
        while export.rows < export.of:
            begun_s = time.monotonic()
            page = await self._history.page(order.wanted, min(SLICE_LIMIT, export.of - export.rows), cursor)
            calls, cursor = page.calls, page.next_cursor
            await asyncio.to_thread(_append, path, partial(text_of, calls, order.telling))
            export.rows += len(calls)
            if cursor is None:
                export.of = export.rows  # calls went while it was made
            await asyncio.sleep(min(time.monotonic() - begun_s, LONGEST_REST_S))


class _NotMade(Exception):
    """The child did not make a file."""


async def _as_parquet(rows: Path, target: Path) -> None:
    """Raises OSError, _NotMade."""
    command = (sys.executable, "-m", "gateway.parquet_file", str(rows), str(target))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code != 0:
        raise _NotMade(f"exit code {code}")


def _append(path: Path, text: Callable[[], str]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(text())


def _emptied(folder: Path) -> None:
    """What a gateway left that was killed: nobody has an address of it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink(missing_ok=True)
