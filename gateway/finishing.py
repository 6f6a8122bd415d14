"""One recording from its closed journal into the vault. Every step may be done again, and leads to the same bytes.

mixing   a child process at the lowest priority makes `work/CALL.ogg` (`recording.finish`)
keeping  it is put into the vault, read back and compared; the journal too, where the policy keeps it
noted    the row says recorded, or partial with what is missing; then the files that are no longer needed go
"""

import asyncio
import base64
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NoReturn

import structlog

from gateway.jobs import GiveUp, Progress, TryAgain
from recording.finish import BUSY, DISK_FAILED, NO_JOURNAL
from recording.vault import Kept, ObjectVault, VaultError
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.recording_record import RecordingState
from store.jobs import Job, SqlJobs
from store.recordings import INTERRUPTED, JOURNAL_MISSING, FinishedFile, SqlRecordings, StoredRecording

log = structlog.get_logger(__name__)

KIND: Final = "recording"
JOURNALS, WORK, FILES = "journals", "work", "files"
JOURNAL_DAMAGED, CANNOT_FINISH = "journal_damaged", "cannot_finish"

MOST_DEATHS: Final = 5
"""A journal that kills its worker so often will kill the next one as well."""

SETTLES: Final = timedelta(seconds=30)
"""A journal is complete on the disk long before, if its gateway lives."""

LINE_LIMIT: Final = 1 << 20  # the last line holds marks and peaks

_READABLE: Final = (RecordingState.RECORDED, RecordingState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Mixed:
    """What the child said of the file that it made (`recording.finish`)."""

    ended: bool
    missing_s: float
    duration_s: float
    sha256: str
    marks: tuple[dict[str, Any], ...]
    peaks: bytes


class Finisher:
    """A `gateway.jobs.Handler` for jobs of kind `KIND`, whose subject is a call. `folder`: data_dir/recordings."""

    def __init__(
        self,
        recordings: SqlRecordings,
        jobs: SqlJobs,
        vault: ObjectVault,
        folder: Path,
        clock: Clock,
        place: str,
        then: tuple[str, ...] = (),
        then_at: str | None = None,
    ) -> None:
        """`then`: kinds of jobs that each finished recording leads to; `then_at`: the place where what is kept can be
        read, None: everywhere."""
        self._recordings, self._jobs, self._vault = recordings, jobs, vault
        self._folder, self._clock, self._place = folder, clock, place
        self._then, self._then_at = then, then_at

    async def adopt(self) -> int:
        """Put a job for every recording that is to be finished and whose journal is here: whatever was forgotten."""
        now, found = self._clock(), 0
        for recording in await self._recordings.to_finish():
            settled = recording.ended_at is None or now - recording.ended_at > SETTLES
            if not settled and recording.reason != INTERRUPTED:
                continue
            if await asyncio.to_thread(self._journal_of(recording).exists):
                await self.put(recording.call)
                found += 1
        return found

    async def put(self, call: CallId) -> None:
        """Its journal is complete. Raises NeighbourError."""
        await self._jobs.put(KIND, call, self._clock(), self._place)

    async def __call__(self, job: Job, progress: Progress) -> None:
        call = CallId(job.subject)
        recording = await self._recordings.get(call)
        if recording is None or recording.state is RecordingState.RECORDING:
            raise TryAgain("call_not_saved")  # the store was away when it ended
        if recording.state is RecordingState.FINISHING:
            await self._finish(recording, job, progress)
        elif recording.state in _READABLE:
            await self._tidy(recording)

    async def _finish(self, recording: StoredRecording, job: Job, progress: Progress) -> None:
        call, journal = recording.call, self._journal_of(recording)
        made = self._folder / WORK / f"{call}.ogg"
        if not await asyncio.to_thread(journal.exists):
            await self._fail(call, JOURNAL_MISSING)
        mix = await self._mix(recording, job, made, progress)
        progress.tell("keeping")
        file = file_of(recording)
        kept = await keep_file(self._vault, file, made)
        if kept.sha256 != mix.sha256:
            raise TryAgain("changed")  # somebody wrote into it between the two
        if recording.policy.keep_journal:
            await keep_file(self._vault, journal_of(file), journal)
        finished = FinishedFile(
            file=file,
            key_name=kept.key_name,
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            duration_s=mix.duration_s,
            missing_s=mix.missing_s,
            partial=not mix.ended or mix.missing_s > 0 or recording.reason is not None,
            peaks=mix.peaks,
            marks=mix.marks,
        )
        if not await self._recordings.finished(call, finished, self._clock()):
            await self._gone_meanwhile(call, file)
            return
        log.info("recording_finished", call_id=call, seconds=mix.duration_s, missing_s=mix.missing_s)
        await self._tidy(recording)

    async def _mix(self, recording: StoredRecording, job: Job, made: Path, progress: Progress) -> Mixed:
        lasted_s = None
        if recording.started_at is not None and recording.ended_at is not None:
            lasted_s = (recording.ended_at - recording.started_at).total_seconds()
        try:
            return await mixed(self._journal_of(recording), made, lasted_s, job, progress)
        except Hopeless as hopeless:
            await self._fail(recording.call, hopeless.reason)

    async def _fail(self, call: CallId, reason: str) -> NoReturn:
        """The journal stays, for who wants to look."""
        await self._recordings.failed(call, reason, self._clock())
        raise GiveUp(reason)

    async def _tidy(self, recording: StoredRecording) -> None:
        """It is in the vault, and its row says so: what led there goes, and what follows is put."""
        await asyncio.to_thread((self._folder / WORK / f"{recording.call}.ogg").unlink, missing_ok=True)
        if recording.journal is not None:
            await asyncio.to_thread(self._journal_of(recording).unlink, missing_ok=True)
            await self._recordings.journal_gone(recording.call)
        for kind in self._then:
            await self._jobs.put(kind, recording.call, self._clock(), self._then_at)

    async def _gone_meanwhile(self, call: CallId, file: str) -> None:
        """Somebody else finished it, or it was deleted while we worked: then nothing of it may stay."""
        now = await self._recordings.get(call)
        log.warning("recording_gone_meanwhile", call_id=call, state=None if now is None else now.state.value)
        if now is None or now.state is RecordingState.DELETED:
            await erase_files(self._vault, self._folder, call, file)

    def _journal_of(self, recording: StoredRecording) -> Path:
        return self._folder / JOURNALS / (recording.journal or f"{recording.call}.journal")


def file_of(recording: StoredRecording) -> str:
    """Its place in the vault; the same whoever finishes it and however often."""
    month = "undated" if recording.started_at is None else f"{recording.started_at:%Y/%m}"
    return f"{month}/{recording.call}.ogg"


def journal_of(file: str) -> str:
    """Where a journal lies that the policy keeps: sealed as the recording is."""
    return f"{file}.journal"


async def erase_files(vault: ObjectVault, folder: Path, call: CallId, file: str) -> None:
    """Every file of a recording, wherever it lies. What is not there is no error. Raises VaultError, OSError."""
    for path in (file, journal_of(file)):
        await vault.delete(path)
    for local in (folder / WORK / f"{call}.ogg", folder / JOURNALS / f"{call}.journal"):
        await asyncio.to_thread(local.unlink, missing_ok=True)


class Hopeless(Exception):
    """Nothing can be made of a journal, ever. `reason` is a word: `journal_damaged`, `cannot_finish`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def mixed(journal: Path, made: Path, lasted_s: float | None, job: Job, progress: Progress) -> Mixed:
    """`made` is written from the journal. `lasted_s`: the length of a call whose journal may have no end of its own.
    Raises Hopeless, TryAgain, OSError."""
    await asyncio.to_thread(made.parent.mkdir, parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "recording.finish", str(journal), str(made)]
    if lasted_s is not None:
        command.append(str(lasted_s))
    progress.tell("mixing", 0.0)
    code, said = await in_child(command, lambda done: progress.tell("mixing", done))
    if code == NO_JOURNAL:
        raise Hopeless(JOURNAL_DAMAGED)
    if code == DISK_FAILED:
        raise TryAgain("disk")
    if code == BUSY:
        raise TryAgain("busy")
    if code != 0 or said is None:
        if job.attempts >= MOST_DEATHS:
            raise Hopeless(CANNOT_FINISH)
        raise TryAgain("worker_died")
    return Mixed(
        ended=said["ended"],
        missing_s=said["missing_s"],
        duration_s=said["duration_s"],
        sha256=said["sha256"],
        marks=tuple(said["marks"]),
        peaks=base64.b64decode(said["peaks"]),
    )


async def keep_file(vault: ObjectVault, path: str, content: Path) -> Kept:
    """Put it into the vault. Raises TryAgain."""
    try:
        return await vault.keep(path, content)
    except VaultError as error:  # a bucket that is not there may be made, and rights may be given
        log.error("recording_not_kept", reason=error.reason, passes=error.passes)
        raise TryAgain(f"vault_{error.reason}") from None
    except FileNotFoundError:
        raise TryAgain("changed") from None


async def in_child(
    command: list[str], on_progress: Callable[[float], None]
) -> tuple[int | None, dict[str, Any] | None]:
    """Run `recording.finish`: its exit code and its last word. Cancelling it kills the child. Raises OSError."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, limit=LINE_LIMIT)
    assert process.stdout is not None
    last: dict[str, Any] | None = None
    try:
        async for line in process.stdout:
            last = json.loads(line)
            if last is not None and "done" in last:
                on_progress(last["done"])
        return await process.wait(), last
    except ValueError:  # it was killed in the middle of a word
        return await process.wait(), None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
