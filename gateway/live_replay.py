"""What is heard so far of a call that is up: its journal, mixed by a child process at the lowest priority, on demand.

Whoever asks within seconds gets the same sound; while one is being made, nobody makes another of the same call. A sound
is a file without a name, which nobody finds and no crash leaves behind; it goes when its tickets have expired.
"""

import asyncio
import base64
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import structlog

from gateway.finishing import JOURNALS, in_child
from gateway.replay_tickets import GOOD_FOR
from recording.finish import NO_JOURNAL
from signaling.ids import CallId
from signaling.ports import Clock

log = structlog.get_logger(__name__)

FRESH_FOR: Final = timedelta(seconds=4)
WAITS_S: Final = 20.0
"""A long call takes longer (some 75 s of CPU for each hour of it): then its sound is there for who asks again."""

AT_ONCE: Final = 2
MOST_KEPT: Final = 50
READ_BYTES: Final = 1 << 16
FOLDER: Final = "live"
LEFT_BEHIND_S: Final = 3_600.0


class NoSound(Exception):
    """`reason` is a word: `nothing_yet`, `making` (ask again), `not_here` (another machine has the call), `busy`,
    `disk`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, eq=False)
class LiveSound:
    """`until`: how far it goes. `handle`: its file, open for reading as long as `readers` or tickets need it."""

    id: str
    call: CallId
    made_at: datetime
    until: datetime
    duration_s: float
    size_bytes: int
    sha256: str
    marks: tuple[dict[str, Any], ...]
    peaks: bytes = field(repr=False)
    handle: int = field(repr=False, default=-1)
    readers: int = 0
    over: bool = False

    async def read(self, first: int, last: int) -> AsyncIterator[bytes]:
        """The bytes `first` to `last` inclusive, in portions. Raises OSError."""
        self.readers += 1
        try:
            while first <= last:
                wanted = min(READ_BYTES, last + 1 - first)
                portion = await asyncio.to_thread(os.pread, self.handle, wanted, first)
                if not portion:
                    raise OSError("it is shorter than was said")
                yield portion
                first += len(portion)
        finally:
            self.readers -= 1
            self._close_if_unused()

    def end(self) -> None:
        """Nobody begins to read it any more."""
        self.over = True
        self._close_if_unused()

    def _close_if_unused(self) -> None:
        if self.over and self.readers == 0 and self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


class LiveReplay:
    """`folder`: data_dir/recordings. Everything is asked on the loop."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._journals, self._folder, self._clock = folder / JOURNALS, folder / FOLDER, clock
        self._sounds: dict[str, LiveSound] = {}
        self._newest: dict[CallId, LiveSound] = {}
        self._making: dict[CallId, asyncio.Task[LiveSound]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        await asyncio.to_thread(_tidied, self._folder)

    async def stop(self) -> None:
        tasks = tuple(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for sound in tuple(self._sounds.values()):
            self._forget(sound)

    async def newest(self, call: CallId) -> LiveSound:
        """Up to a few seconds ago. Raises NoSound."""
        self._sweep()
        known = self._newest.get(call)
        if known is not None and self._clock() - known.made_at < FRESH_FOR:
            return known
        task = self._making.get(call)
        if task is None:
            if len(self._sounds) + len(self._making) >= MOST_KEPT:
                raise NoSound("busy")
            task = self._making[call] = asyncio.create_task(self._make(call), name="live-replay")
            task.add_done_callback(lambda done: self._made(call, done))
        try:
            return await asyncio.wait_for(asyncio.shield(task), WAITS_S)
        except TimeoutError:
            raise NoSound("making") from None

    def sound(self, sound_id: str) -> LiveSound | None:
        """None: it is there no longer."""
        self._sweep()
        return self._sounds.get(sound_id)

    async def _make(self, call: CallId) -> LiveSound:
        journal = self._journals / f"{call}.journal"
        sound_id = uuid4().hex
        target = self._folder / f"{sound_id}.ogg"
        async with self._turns:
            if not await asyncio.to_thread(journal.exists):
                raise NoSound("not_here")
            until = self._clock()
            try:
                command = [sys.executable, "-m", "recording.snapshot", str(journal), str(target)]
                code, said = await in_child(command, lambda done: None)
                if code == NO_JOURNAL:
                    raise NoSound("nothing_yet")
                if code != 0 or said is None:
                    log.warning("live_replay_failed", call_id=call, code=code)
                    raise NoSound("disk")
                handle = await asyncio.to_thread(os.open, target, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                log.warning("live_replay_failed", call_id=call, error=type(error).__name__)
                raise NoSound("disk") from None
            finally:
                with suppress(OSError):
                    target.unlink(missing_ok=True)
        sound = LiveSound(
            id=sound_id,
            call=call,
            made_at=self._clock(),
            until=until,
            duration_s=said["duration_s"],
            size_bytes=said["size_bytes"],
            sha256=said["sha256"],
            marks=tuple(said["marks"]),
            peaks=base64.b64decode(said["peaks"]),
            handle=handle,
        )
        self._sounds[sound.id] = self._newest[call] = sound
        return sound

    def _made(self, call: CallId, task: asyncio.Task[LiveSound]) -> None:
        self._making.pop(call, None)
        if not task.cancelled():
            task.exception()  # whoever waited was told; nobody else needs to know

    def _sweep(self) -> None:
        now = self._clock()
        for sound in tuple(self._sounds.values()):
            if now - sound.made_at > GOOD_FOR + FRESH_FOR:
                self._forget(sound)

    def _forget(self, sound: LiveSound) -> None:
        self._sounds.pop(sound.id, None)
        if self._newest.get(sound.call) is sound:
            del self._newest[sound.call]
        sound.end()


def _tidied(folder: Path) -> None:
    """Another process may be making sounds here: only what no one can be making any more goes. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND_S:
                left.unlink()
