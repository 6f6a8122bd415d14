"""Recordings go when their time is over, and files go with what tells of them (`store.erasure`)."""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from gateway.finishing import erase_files, file_of
from gateway.jobs import Progress, TryAgain
from recording.vault import ObjectVault, VaultError
from signaling.errors import NeighbourError
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.recording_record import RecordingState
from store.erasure import AT_ONCE, RETENTION, SqlErasure
from store.jobs import Job
from store.messages import AT_ONCE as MESSAGES_AT_ONCE
from store.messages import SqlMessages
from store.recordings import SqlRecordings

log = structlog.get_logger(__name__)

SWEEP_EVERY_S: Final = 600.0
NIGHT_UTC: Final = range(5, 8)
"""Hours in which nobody calls in the Americas: what keeps the database busy for seconds is done then."""


class Retention:
    """`run` deletes what is due, messages and files of Meta's among it; `erase_sound` is a handler of jobs."""

    def __init__(
        self,
        erasure: SqlErasure,
        recordings: SqlRecordings,
        messages: SqlMessages,
        vault: ObjectVault,
        data_dir: Path,
        clock: Clock,
    ) -> None:
        self._erasure, self._recordings, self._messages, self._vault = erasure, recordings, messages, vault
        self._data_dir, self._clock = data_dir, clock
        self._words_lie = True  # of what the process before this one erased, for all that is known

    async def run(self) -> None:
        while True:
            try:
                await self.sweep()
                if self._words_lie and self._clock().hour in NIGHT_UTC:
                    self._words_lie = False
                    await self._erasure.words_gone()
            except NeighbourError as error:
                log.warning("recordings_not_swept", code=error.failure.code)
            await asyncio.sleep(SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Delete all that is due: how many that were. Raises NeighbourError."""
        deleted = 0
        while found := await self._erasure.sweep(self._clock()):
            deleted += found
            if found < AT_ONCE:
                break
        while found := await self._messages.sweep(self._clock(), RETENTION):
            deleted += found
            if found < MESSAGES_AT_ONCE:
                break
        while found := await self._erasure.sweep_metas(self._clock()):
            deleted += found
            self._words_lie = True
        if deleted:
            log.info("recordings_deleted", recordings=deleted)
        return deleted

    async def erase_sound(self, job: Job, progress: Progress) -> None:
        call = CallId(job.subject)
        recording = await self._recordings.get(call)
        if recording is None or recording.state is not RecordingState.DELETED:
            return
        try:
            # A worker may just be putting it there; its place is known before it is noted.
            file = recording.file or file_of(recording)
            await erase_files(self._vault, self._data_dir / "recordings", call, file)
        except VaultError as error:
            log.error("recording_not_erased", call_id=call, reason=error.reason)
            raise TryAgain(f"vault_{error.reason}") from None
        await self._erasure.files_gone(call)
        self._words_lie = True
