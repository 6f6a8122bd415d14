"""Messages of customers: packets into a journal while they speak, an Ogg/Opus file after it, whatever happens between.

A message is `voicemails/CALL.ogg` with `CALL.json` beside it (`Kept`). While it is recorded, and until it is finished,
it is a journal (`recording.journal`) in `voicemails/journals`; what a process that died left there is finished at the
next start. Finishing is decoding and encoding: it runs in a process of its own at the lowest priority, one at a time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from gateway.call_journals import CallJournals
from gateway.media.switchboard import Switchboard
from gateway.media.tapes import Voice
from recording.writer import left_behind
from signaling.effects import CloseMedia, Effect, EndVoicemail, RecordVoicemail
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.runner import Performer, Report

log = structlog.get_logger()

JOURNALS: Final = "journals"
NO_LEG: Final = Failure("media.leg_lost", Fault.NETWORK)


class MessageState(StrEnum):
    RECORDED = "recorded"
    PARTIAL = "partial"  # something is missing: the process died, or the disk lost some of it
    FAILED = "failed"  # nothing of it can be played; the journal stays for who wants to look


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a message. `sha256`: of the Ogg file, in hex; "" where there is none."""

    state: MessageState
    seconds: float
    sha256: str


def _told_to_nobody(call_id: CallId, kept: Kept) -> None:
    """Its file says it."""


class Voicemails:
    """Performs RecordVoicemail and EndVoicemail. `monotonic`: the plane's clock. `on_kept` is called when a message is
    finished, or cannot be."""

    def __init__(
        self,
        switchboard: Switchboard,
        folder: Path,
        clock: Clock,
        on_kept: Callable[[CallId, Kept], None] = _told_to_nobody,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_kept, self._folder = on_kept, folder
        self._journals = CallJournals(switchboard, folder / JOURNALS, clock, self._closed, self._failed, monotonic)
        self._to_finish: asyncio.Queue[tuple[Path, bool]] = asyncio.Queue()
        self._finisher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Messages that the process before left are finished first."""
        for journal in await asyncio.to_thread(_prepared, self._folder):
            self._to_finish.put_nowait((journal, False))
        self._journals.start()
        self._finisher = asyncio.create_task(self._finish_all(), name="voicemails")

    async def close(self) -> None:
        """What is not finished by now is at the next start."""
        await self._journals.close()
        if self._finisher is not None:
            self._finisher.cancel()
            await asyncio.gather(self._finisher, return_exceptions=True)

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case RecordVoicemail(call_id=call_id) if call_id not in self._journals:
                if not self._journals.begin(call_id, frozenset({Voice.CUSTOMER})):
                    raise NeighbourError(NO_LEG)
            case EndVoicemail(call_id=call_id):
                self._journals.end(call_id)

    def closing(self, close_media: Performer) -> Performer:
        """A message ends with its call."""

        async def perform(effect: Effect, report: Report) -> None:
            if isinstance(effect, CloseMedia):
                self._journals.end(effect.call_id)
            await close_media(effect, report)

        return perform

    def _failed(self, call_id: CallId, reason: str) -> None:
        log.error("voicemail_failed", call_id=call_id, reason=reason)

    def _closed(self, call_id: CallId, journal: Path, whole: bool) -> None:
        self._to_finish.put_nowait((journal, whole))

    # ---- finishing --------------------------------------------------------------------------------------------------

    async def _finish_all(self) -> None:
        while True:
            journal, whole = await self._to_finish.get()
            try:
                await self._finish(journal, whole)
            except OSError as error:  # the disk is full, or no process can be started: the next start tries again
                log.error("voicemail_not_finished", call_id=journal.stem, error=type(error).__name__)
            finally:
                self._to_finish.task_done()

    async def _finish(self, journal: Path, whole: bool) -> None:
        target = self._folder / f"{journal.stem}.ogg"
        command = (sys.executable, "-m", "recording.finish", str(journal), str(target))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        if process.returncode == DISK_FAILED:
            raise OSError
        kept = _kept(process.returncode, said, whole)
        await asyncio.to_thread(_put_down, self._folder / f"{journal.stem}.json", kept)
        if kept.state is not MessageState.FAILED:
            await asyncio.to_thread(journal.unlink, missing_ok=True)
        self._on_kept(CallId(journal.stem), kept)
        log.info("voicemail", call_id=journal.stem, state=kept.state.value, seconds=kept.seconds)


DISK_FAILED: Final = 3


def _kept(returncode: int | None, said: bytes, whole: bool) -> Kept:
    if returncode != 0:
        return Kept(MessageState.FAILED, 0.0, "")
    finished = json.loads(said.splitlines()[-1])
    state = MessageState.RECORDED if whole and not finished["missing_s"] else MessageState.PARTIAL
    return Kept(state, finished["duration_s"], finished["sha256"])


def _prepared(folder: Path) -> list[Path]:
    """A folder that only we read, and the journals that are there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return left_behind(folder / JOURNALS)


def _put_down(path: Path, kept: Kept) -> None:
    coming = path.with_suffix(".json.coming")
    coming.write_text(json.dumps(asdict(kept)))
    coming.replace(path)


def voicemail_performers(voicemails: Voicemails) -> dict[type[Effect], Performer]:
    return dict.fromkeys((RecordVoicemail, EndVoicemail), voicemails)
