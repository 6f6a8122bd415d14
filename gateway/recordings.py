"""Recordings of calls: one journal per call with customer and agents apart, and what is told of it.

The lifecycle decides (`signaling.recording_moves`), the store keeps what became of it (`store.recordings`); here the
packets are kept, and nothing of what must not be. `on_journal_closed` takes over what is complete: the journal lies in
`data_dir/recordings/journals`, its row says FINISHING.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from gateway.call_journals import CallJournals, OnClosed
from gateway.media.switchboard import Switchboard
from gateway.media.tapes import EVERYBODY
from recording.journal import Mark, NotAJournal, read_head
from recording.writer import left_behind
from signaling.call import Call, Recording
from signaling.effects import (
    CloseMedia,
    ContinueRecording,
    Effect,
    MarkRecording,
    PauseRecording,
    StartRecording,
    StopRecording,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import RecordingLost
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.runner import Performer, Report
from store.recordings import LeftJournal, SqlRecordings

log = structlog.get_logger()

JOURNALS: Final = "journals"
NO_LEG: Final = Failure("media.leg_lost", Fault.NETWORK)


class Recordings:
    """Performs StartRecording to StopRecording. `folder`: data_dir/recordings; `on_lost(reason)` counts for metrics;
    `monotonic`: the plane's clock."""

    def __init__(
        self,
        switchboard: Switchboard,
        folder: Path,
        clock: Clock,
        on_journal_closed: OnClosed,
        on_lost: Callable[[str], None] = lambda reason: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder / JOURNALS
        self._journals = CallJournals(switchboard, self.folder, clock, self._closed, self._failed, monotonic)
        self._on_journal_closed, self._on_lost, self._clock = on_journal_closed, on_lost, clock
        self._reports: dict[CallId, Report] = {}

    async def start(self, store: SqlRecordings) -> list[CallId]:
        """Before any call is live. What a process that died was recording is to be finished now; returns the calls.

        Raises NeighbourError."""
        taken = await store.take_over(await asyncio.to_thread(_left, self.folder), self._clock())
        if taken:
            log.warning("recordings_left_by_a_crash", recordings=len(taken))
        self._journals.start()
        return taken

    async def close(self) -> None:
        await self._journals.close()

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case StartRecording(call_id=call_id) if call_id not in self._journals:
                self._reports[call_id] = report
                if not self._journals.begin(call_id, EVERYBODY):
                    raise NeighbourError(NO_LEG)
            case PauseRecording(call_id=call_id):
                self._journals.pause(call_id)
            case ContinueRecording(call_id=call_id):
                self._journals.go_on(call_id)
            case MarkRecording(call_id=call_id, mark=mark):
                self._journals.mark(call_id, Mark(mark))
            case StopRecording(call_id=call_id):
                self._end(call_id)

    def saw(self, call: Call) -> None:
        """What must not be kept stops with the decision: its effect waits until the call is saved, and the customer may
        be reading their card's number out by then."""
        if call.recording is Recording.PAUSED:
            self._journals.pause(call.id)

    def closing(self, close_media: Performer) -> Performer:
        """A recording ends with its call, whatever has become of either."""

        async def perform(effect: Effect, report: Report) -> None:
            if isinstance(effect, CloseMedia):
                self._end(effect.call_id)
            await close_media(effect, report)

        return perform

    def _end(self, call_id: CallId) -> None:
        self._reports.pop(call_id, None)
        self._journals.end(call_id)

    def _failed(self, call_id: CallId, reason: str) -> None:
        log.error("recording_lost", call_id=call_id, reason=reason)
        self._on_lost(reason)
        if (report := self._reports.get(call_id)) is not None:
            report(RecordingLost(reason))

    def _closed(self, call_id: CallId, journal: Path, whole: bool) -> None:
        log.info("recording_journal_closed", call_id=call_id, whole=whole)
        self._on_journal_closed(call_id, journal, whole)


def _left(folder: Path) -> list[LeftJournal]:
    """Journals of a process before this one, oldest first. What does not begin as one is left where it lies."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    left = []
    for path in left_behind(folder):
        try:
            with path.open("rb") as file:
                head = read_head(file)
        except NotAJournal:
            log.error("recording_journal_unreadable", call_id=path.stem)
            continue
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        left.append(LeftJournal(head.call_id, head.began_at, written_at))
    return left


def recording_performers(recordings: Recordings) -> dict[type[Effect], Performer]:
    kinds = (StartRecording, PauseRecording, ContinueRecording, MarkRecording, StopRecording)
    return dict.fromkeys(kinds, recordings)
