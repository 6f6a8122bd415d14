"""Journals of calls that are up: what the switchboard tapes of a call goes to one file, by a thread that may wait.

Messages of customers (`gateway.voicemails`) and recordings (`gateway.recordings`) are kept this way, each in a folder
of their own. A disk that is full or slow ends that one journal; it is told, and the call goes on.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from gateway.media.switchboard import Switchboard
from gateway.media.tape import HEAD
from gateway.media.tapes import Voice
from recording.journal import Leg, Mark
from recording.writer import Journal, JournalFailed, JournalKeeper
from signaling.ids import CallId
from signaling.ports import Clock

LONGEST_REST_S: Final = 5.0
"""A plane tells the rest of a tape in one of the loop's next turns, and that it was all: unless the loop was so busy
that this word was lost."""

OnClosed = Callable[[CallId, Path, bool], None]
"""A journal is complete on the disk, as far as it goes; `whole`: it was ended in good order."""

OnFailed = Callable[[CallId, str], None]
"""A journal can be written no longer: `disk_full`, `disk_slow`, `disk`."""


@dataclass(slots=True, eq=False)
class IntoJournal:
    """A `gateway.media.tapes.Keeper`. Nothing is told to it in the turn of the loop in which it gets its journal."""

    monotonic: Callable[[], float] = time.monotonic
    journal: Journal = field(init=False)
    has_all: bool = True  # whatever arrived while it kept the call
    on_all: Callable[[], None] = lambda: None

    def keep(self, voice: Voice, piece: bytes) -> None:
        self.journal.tape(Leg(voice), HEAD, piece)

    def lost(self, voice: Voice, packets: int) -> None:
        self.journal.mark(self.monotonic(), Mark.LOST, packets)

    def over(self) -> None:
        self.has_all = True
        self.on_all()


@dataclass(slots=True, eq=False)
class _Open:
    keeper: IntoJournal
    voices: frozenset[Voice]
    running: bool = True
    failed: bool = False


class CallJournals:
    """`monotonic`: the plane's clock. Both callbacks run on the loop; everything here is asked on it and never
    waits."""

    def __init__(
        self,
        switchboard: Switchboard,
        folder: Path,
        clock: Clock,
        on_closed: OnClosed,
        on_failed: OnFailed,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._switchboard, self._clock, self._monotonic = switchboard, clock, monotonic
        self._on_closed, self._on_failed = on_closed, on_failed
        self._loop = asyncio.get_running_loop()
        self._writer = JournalKeeper(folder, self._writing_failed, self._written)
        self._open: dict[CallId, _Open] = {}
        self._ending: dict[IntoJournal, float] = {}  # and when they ended
        self._one_ended = asyncio.Event()

    def __contains__(self, call_id: CallId) -> bool:
        return call_id in self._open

    def start(self) -> None:
        self._writer.start()

    async def close(self) -> None:
        """End what is open, and return when everything is on the disk."""
        for call_id in tuple(self._open):
            self.end(call_id)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * LONGEST_REST_S):
                while self._ending:
                    self._one_ended.clear()
                    await self._one_ended.wait()
        await asyncio.to_thread(self._writer.close)

    def begin(self, call_id: CallId, voices: frozenset[Voice]) -> bool:
        """Keep what these voices say from now on. False: the call is gone, and nothing was begun."""
        assert call_id not in self._open, "a call has one journal"
        keeper = IntoJournal(self._monotonic, has_all=False)
        if not self._switchboard.keep(call_id, keeper, voices):
            return False
        keeper.journal = self._writer.open(call_id, self._clock(), self._monotonic())
        self._open[call_id] = _Open(keeper, voices)
        return True

    def pause(self, call_id: CallId) -> None:
        """Keep nothing that arrives from now on. Pausing twice changes nothing."""
        known = self._open.get(call_id)
        if known is not None and known.running:
            known.running = False
            self._switchboard.stop_keeping(call_id, known.keeper)
            known.keeper.journal.mark(self._monotonic(), Mark.PAUSED)

    def go_on(self, call_id: CallId) -> None:
        known = self._open.get(call_id)
        if known is not None and not known.running and not known.failed:
            known.running = True
            known.keeper.journal.mark(self._monotonic(), Mark.CONTINUED)
            if self._switchboard.keep(call_id, known.keeper, known.voices):
                known.keeper.has_all = False

    def mark(self, call_id: CallId, mark: Mark) -> None:
        if (known := self._open.get(call_id)) is not None:
            known.keeper.journal.mark(self._monotonic(), mark)

    def end(self, call_id: CallId) -> None:
        """The journal is complete, but for the rest of the tape. Ending what is not open changes nothing."""
        if (known := self._open.pop(call_id, None)) is None:
            return
        keeper = known.keeper
        if known.failed:
            self._switchboard.stop_keeping(call_id, keeper)
            self._on_closed(call_id, keeper.journal.path, False)
            return
        self._ending[keeper] = self._monotonic()
        keeper.on_all = partial(self._ended, keeper)
        self._switchboard.stop_keeping(call_id, keeper)
        if keeper.has_all:
            self._ended(keeper)
        else:
            self._loop.call_later(LONGEST_REST_S, self._ended, keeper)

    def _ended(self, keeper: IntoJournal) -> None:
        if (at_s := self._ending.pop(keeper, None)) is not None:
            keeper.journal.end(at_s)
            self._one_ended.set()

    # ---- from the writing thread ------------------------------------------------------------------------------------

    def _writing_failed(self, failed: JournalFailed) -> None:
        self._on_loop(self._failed, failed)

    def _written(self, call_id: CallId, path: Path) -> None:
        self._on_loop(self._on_closed, call_id, path, True)

    def _on_loop(self, told: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: the next start finds the file
            self._loop.call_soon_threadsafe(told, *arguments)

    def _failed(self, failed: JournalFailed) -> None:
        self._on_failed(failed.call_id, failed.reason)
        known = self._open.get(failed.call_id)
        if known is None:  # it failed with its last words: nobody ends it any more
            self._on_closed(failed.call_id, self._writer.path_of(failed.call_id), False)
            return
        known.failed = True
        if known.running:
            known.running = False
            self._switchboard.stop_keeping(failed.call_id, known.keeper)
