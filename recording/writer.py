"""Journals being written: the event loop only appends to memory, one thread does everything that may wait for a disk.

What was handed over is written within about `WRITE_EVERY_S` and synced within about `SYNC_EVERY_S`: killing the process
loses nothing that was written, a power cut at most about a second. A disk that is full or broken ends that recording,
with an alarm, and never a call.
"""

import ctypes
import errno
import os
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from recording.journal import SUFFIX, Head, Leg, Mark, encode_end, encode_head, encode_mark, encode_packet, encode_tape
from signaling.ids import CallId

WRITE_EVERY_S: Final = 0.1
SYNC_EVERY_S: Final = 1.0
FEW: Final = 8
"""Journals are synced one by one up to here. A thousand syncs keep a disk, and everybody beside it, busier than one of
the whole file system."""
MOST_WAITING_BYTES: Final = 4 << 20
"""Of one journal, while its disk does not answer: some six minutes of a call. Then its recording has failed."""


_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class JournalFailed:
    """A journal can be written no longer; what is on the disk stays. `reason` is a word: `disk_full`, `disk_slow` (it
    did not answer for minutes), `disk`."""

    call_id: CallId
    reason: str


@dataclass(slots=True, eq=False)
class Journal:
    """One call's journal. Its methods are for the event loop's thread: they pack and append, and never wait."""

    call_id: CallId
    path: Path
    began_s: float
    waiting: bytearray
    lock: threading.Lock = field(default_factory=threading.Lock)
    handle: int = -1
    ended: bool = False
    failed: str | None = None
    written_bytes: int = 0  # on the disk, or in its cache: a killed process loses nothing of it
    synced_bytes: int = 0  # a power cut loses nothing of it

    def packet(self, leg: Leg, at_s: float, ssrc: int, sequence: int, ticks: int, marker: bool, payload: bytes) -> None:
        """Keep one packet that arrived at `at_s` of the plane's monotonic clock."""
        if not self.ended:
            self._append(encode_packet(leg, max(0.0, at_s - self.began_s), ssrc, sequence, ticks, marker, payload))

    def tape(self, leg: Leg, head: struct.Struct, tape: bytes) -> None:
        """Keep packets that lie one behind the other, as `encode_tape` reads them."""
        if not self.ended:
            self._append(encode_tape(leg, self.began_s, head, tape))

    def mark(self, at_s: float, mark: Mark, count: int = 0) -> None:
        if not self.ended:
            self._append(encode_mark(max(0.0, at_s - self.began_s), mark, count))

    def end(self, at_s: float) -> None:
        """Nothing comes after this. Ending twice changes nothing."""
        if not self.ended:
            self._append(encode_end(max(0.0, at_s - self.began_s)))
            self.ended = True

    def _append(self, record: bytes) -> None:
        with self.lock:  # held by the other thread for the length of an assignment
            if self.failed is not None:
                return
            if len(self.waiting) > MOST_WAITING_BYTES:
                self.failed, self.waiting = "disk_slow", bytearray()
            else:
                self.waiting += record


class JournalKeeper:
    """All journals of a process. `on_failed` and `on_closed` are called on the writing thread: post them to the loop.

    `on_closed` tells that an ended journal is complete, synced and closed.
    """

    def __init__(
        self, folder: Path, on_failed: Callable[[JournalFailed], None], on_closed: Callable[[CallId, Path], None]
    ) -> None:
        self.folder = folder
        self._on_failed, self._on_closed = on_failed, on_closed
        self._journals: set[Journal] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="journals", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def open(self, call_id: CallId, began_at: datetime, began_s: float) -> Journal:
        """A new journal; the file is made by the writing thread. `began_s`: the same moment on the plane's clock."""
        journal = Journal(call_id, self.path_of(call_id), began_s, bytearray(encode_head(Head(call_id, began_at))))
        with self._lock:
            self._journals.add(journal)
        return journal

    def path_of(self, call_id: CallId) -> Path:
        return self.folder / f"{call_id}{SUFFIX}"

    def close(self) -> None:
        """Write and sync everything that was handed over. Journals that have not ended stay open-ended, as after a
        crash."""
        self._stopping.set()
        self._thread.join()

    def _live(self) -> None:
        due_s = time.monotonic() + SYNC_EVERY_S
        while not self._stopping.wait(WRITE_EVERY_S):
            self._write_all()
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + SYNC_EVERY_S
                self._sync_all()
        self._write_all()
        self._sync_all()
        with self._lock:
            for journal in self._journals:
                _close(journal)

    def _write_all(self) -> None:
        for journal in self._all():
            if journal.failed is not None:
                self._give_up(journal, journal.failed)
                continue
            over = journal.ended  # read before the bytes are taken: nothing is appended after an end
            if not self._does(journal, self._write) or (over and not self._does(journal, self._sync)):
                continue
            if over:
                self._forget(journal)
                self._on_closed(journal.call_id, journal.path)

    def _sync_all(self) -> None:
        due = [journal for journal in self._all() if journal.synced_bytes < journal.written_bytes]
        if len(due) > FEW and sync_file_system(due[0].handle):
            for journal in due:
                journal.synced_bytes = journal.written_bytes
            return
        for journal in due:
            self._does(journal, self._sync)

    def _all(self) -> list[Journal]:
        with self._lock:
            return list(self._journals)

    def _does(self, journal: Journal, deed: Callable[[Journal], None]) -> bool:
        """False: the disk could not, and that was told."""
        try:
            deed(journal)
        except OSError as error:
            self._give_up(journal, "disk_full" if error.errno in _FULL else "disk")
            return False
        return True

    def _write(self, journal: Journal) -> None:
        with journal.lock:
            taken, journal.waiting = journal.waiting, bytearray()
        if journal.handle < 0:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            journal.handle = os.open(journal.path, flags, 0o600)
        view = memoryview(taken)
        while view:
            done = os.write(journal.handle, view)
            journal.written_bytes += done
            view = view[done:]

    def _sync(self, journal: Journal) -> None:
        os.fsync(journal.handle)
        journal.synced_bytes = journal.written_bytes

    def _give_up(self, journal: Journal, reason: str) -> None:
        with journal.lock:
            journal.failed, journal.waiting = reason, bytearray()
        self._forget(journal)
        self._on_failed(JournalFailed(journal.call_id, reason))

    def _forget(self, journal: Journal) -> None:
        _close(journal)
        with self._lock:
            self._journals.discard(journal)


def sync_file_system(handle: int) -> bool:
    """Everything that was written to the file system on which this file lies, by anybody, is on the disk. False: that
    failed for one of its files, or this system cannot: sync each, which tells whose fault it is."""
    if _syncfs is None:
        return False
    done: int = _syncfs(handle)
    return done == 0


_syncfs: Final = getattr(ctypes.CDLL(None), "syncfs", None)  # Linux; it tells of failures since 5.8


def _close(journal: Journal) -> None:
    if journal.handle >= 0:
        os.close(journal.handle)
        journal.handle = -1


def left_behind(folder: Path) -> list[Path]:
    """Journals that a process before this one left, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
