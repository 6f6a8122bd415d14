"""Jobs that write down what was said in recorded calls, and what they were about. Doing one again is the same again.

An engine that fails leaves the recording as usable as it was: the transcript says what failed, whose fault it is, and
whether asking again can help; until then it is tried again by itself.
"""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway.jobs import GiveUp, Handler, Progress, TryAgain
from recording.engines import Engines
from recording.key_sentences import key_sentences
from recording.pieces import cut_recording
from recording.played import told as stretches_told
from recording.summary import Summary
from recording.transcribing import Transcriber, transcribe
from recording.transcript import Transcript
from recording.vault import VaultError
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import CallId
from signaling.ports import Clock
from store.jobs import Job
from store.recordings import SqlRecordings, StoredRecording
from store.transcript_models import Source, TextState
from store.transcripts import HAS_SOUND, SUMMARIZE, TRANSCRIBE, SqlTranscripts

log = structlog.get_logger(__name__)

MOST_ATTEMPTS: Final = 12
"""Some two hours, as jobs wait longer and longer. Then somebody has to ask."""
VAULT_LATER_S: Final = 60.0
NO_RECORDING: Final = "no_recording"
NO_TRANSCRIPT: Final = "no_transcript"


class Vault(Protocol):
    """`recording.vault.ObjectVault`, as far as it is read. Raises VaultError."""

    def read(self, path: str, first: int, last: int) -> AsyncIterator[bytes]: ...


class Transcribing:
    """`folder`: where recordings are while they are heard, each under its call's id; whoever does the job, or does it
    again, leaves nothing there."""

    def __init__(
        self,
        engines: Engines,
        texts: SqlTranscripts,
        recordings: SqlRecordings,
        vault: Vault,
        folder: Path,
        clock: Clock,
    ) -> None:
        self._engines, self._texts, self._recordings = engines, texts, recordings
        self._vault, self._folder, self._clock = vault, folder, clock

    @property
    def handlers(self) -> dict[str, Handler]:
        """By kind of job; the subject of either is a call."""
        return {TRANSCRIBE: self.transcribe, SUMMARIZE: self.summarize}

    async def transcribe(self, job: Job, progress: Progress) -> None:
        call, engine = CallId(job.subject), self._engines.transcriber
        if engine is None:
            await self._sweep(call)
            await self._texts.transcript_state(call, TextState.NOT_CONFIGURED, self._clock())
            return
        recording = await self._recordings.get(call)
        if recording is None or recording.state not in HAS_SOUND:
            raise GiveUp(NO_RECORDING)
        if await self._is_done(recording):
            return
        if not await self._texts.begin(call, self._clock()):
            raise GiveUp(NO_RECORDING)
        try:
            transcript = await self._heard(engine, recording, progress)
        except NeighbourError as error:
            await self._failed(job, error.failure, self._texts.transcript_state)
        else:
            await self._texts.heard(call, transcript, self._clock(), recording.sha256)
            log.info("transcribed", call_id=call, engine=engine.name, segments=len(transcript.segments))

    async def summarize(self, job: Job, progress: Progress) -> None:
        call = CallId(job.subject)
        if not self._engines.summarizes:
            await self._texts.summary_state(call, TextState.NOT_CONFIGURED, self._clock())
            return
        transcript = await self._texts.best(call)
        if transcript is None:
            raise GiveUp(NO_TRANSCRIPT)
        kept = await self._texts.summary(call)
        if kept is None or kept.state is TextState.DONE:
            return  # erased, or done before the process that did it could say so
        progress.tell("summarizing")
        await self._texts.summary_state(call, TextState.RUNNING, self._clock())
        try:
            summary = await self._summarised(transcript)
        except NeighbourError as error:
            await self._failed(job, error.failure, self._texts.summary_state)
        else:
            await self._texts.summarised(call, summary, self._clock())

    async def _is_done(self, recording: StoredRecording) -> bool:
        """By a process that died before it could say so: engines are paid."""
        ours = [one for one in await self._texts.transcripts(recording.call) if one.source is Source.OURS]
        return any(one.state is TextState.DONE and one.sha256 == recording.sha256 for one in ours)

    async def _heard(self, engine: Transcriber, recording: StoredRecording, progress: Progress) -> Transcript:
        """The lease of the job sees to it that nobody else is at the same call."""
        inside = self._folder / recording.call
        await self._sweep(recording.call)  # what a process that died left
        try:
            await asyncio.to_thread(inside.mkdir, mode=0o700, parents=True)
            progress.tell("fetching")
            await self._fetch(recording, inside / "call.ogg")
            progress.tell("transcribing", 0.0)
            return await transcribe(
                engine,
                inside / "call.ogg",
                inside,
                lambda done: progress.tell("transcribing", round(done, 3)),
                partial(cut_recording, played=stretches_told(recording.marks)),
            )
        except VaultError as error:
            later_s = VAULT_LATER_S if error.passes else None
            raise NeighbourError(Failure(f"vault.{error.reason}", Fault.CONFIGURATION, retry_after_s=later_s)) from None
        except OSError as error:
            disk = Failure("recording.disk", Fault.CONFIGURATION, type(error).__name__, VAULT_LATER_S)
            raise NeighbourError(disk) from None
        finally:
            await self._sweep(recording.call)

    async def _sweep(self, call: CallId) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder / call, ignore_errors=True)

    async def _fetch(self, recording: StoredRecording, target: Path) -> None:
        """The very file that was finished."""
        assert recording.file is not None and recording.size_bytes is not None, "it has sound"
        digest = hashlib.sha256()
        with target.open("wb") as file:
            if recording.size_bytes:
                async for portion in self._vault.read(recording.file, 0, recording.size_bytes - 1):
                    digest.update(portion)
                    await asyncio.to_thread(file.write, portion)
        if digest.hexdigest() != recording.sha256:
            raise VaultError("changed", passes=False)

    async def _summarised(self, transcript: Transcript) -> Summary:
        """A model that is not asked about nothing cannot make something up."""
        if self._engines.summarizer is None or not transcript.segments:
            return await asyncio.to_thread(key_sentences, transcript)
        return await self._engines.summarizer.summarize(transcript)

    async def _failed(self, job: Job, failure: Failure, tell: Callable[..., Awaitable[None]]) -> None:
        passes = failure.retry_after_s is not None and job.attempts < MOST_ATTEMPTS
        state = TextState.WAITING if passes else TextState.FAILED
        await tell(CallId(job.subject), state, self._clock(), failure)
        if failure.retry_after_s is not None and passes:
            raise TryAgain(failure.code, failure.retry_after_s)
        raise GiveUp(failure.code)
