"""`/api/v1/calls/{call_id}/transcript` and `…/summary`: what was said in calls and what they were about, for who may
replay them. Every reading stands in the audit; how far they are is told without a word of them, and is no reading.
"""

from collections.abc import Callable
from typing import Final

from gateway.api.calls import CALL_ID, CallHistory
from gateway.api.door import EVERYBODY, LEADERS, Access
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import Asked, Nothing, Operation
from gateway.api.replayers import Replayers
from gateway.api.transcript_bodies import (
    StateTold,
    SummaryTold,
    TextsTold,
    TranscriptsTold,
    how_far,
    meta_file_told,
    not_yet,
    summary_told,
    transcript_told,
)
from recording.engines import Engines
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.recording_record import RecordingState
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.jobs import SqlJobs
from store.meta_files import SqlMetaFiles
from store.recordings import SqlRecordings, StoredRecording
from store.transcript_models import Source, TextState
from store.transcripts import SUMMARIZE, TRANSCRIBE, SqlTranscripts

READS: Final = Access(Scope.TRANSCRIPTS_READ, EVERYBODY)
ASKS: Final = Access(Scope.TRANSCRIPTS_REQUEST, LEADERS)
COMING: Final = (
    RecordingState.RECORDING,
    RecordingState.FINISHING,
    RecordingState.RECORDED,
    RecordingState.PARTIAL,
)


class TranscriptRoutes:
    def __init__(
        self,
        texts: SqlTranscripts,
        metas: SqlMetaFiles,
        recordings: SqlRecordings,
        history: CallHistory,
        jobs: SqlJobs,
        replayers: Replayers,
        audit: SqlAudit,
        engines: Engines,
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._texts, self._recordings, self._history, self._audit = texts, recordings, history, audit
        self._metas, self._jobs, self._replayers = metas, jobs, replayers
        self._engines, self._on_news, self._clock = engines, on_news, clock

    def operations(self) -> list[Operation]:
        call = {"call_id": CALL_ID}
        return [
            Operation(
                name="getTranscript",
                method="GET",
                path="/calls/{call_id}/transcript",
                path_patterns=call,
                summary="What was said in a call, for who may replay it.",
                access=READS,
                answer=TranscriptsTold,
                handler=self.transcript,
                tag="recordings",
            ),
            Operation(
                name="askTranscript",
                method="POST",
                path="/calls/{call_id}/transcript",
                path_patterns=call,
                summary="Have a recorded call written down, or written down again.",
                access=ASKS,
                answer=StateTold,
                handler=self.ask_transcript,
                status=202,
                errors={409: "There is no recording, or no engine (`no_recording`, `no_engine`)."},
                tag="recordings",
            ),
            Operation(
                name="getSummary",
                method="GET",
                path="/calls/{call_id}/summary",
                path_patterns=call,
                summary="What a call was about, for who may replay it.",
                access=READS,
                answer=SummaryTold,
                handler=self.summary,
                tag="recordings",
            ),
            Operation(
                name="askSummary",
                method="POST",
                path="/calls/{call_id}/summary",
                path_patterns=call,
                summary="Have a call summarised, or summarised again.",
                access=ASKS,
                answer=StateTold,
                handler=self.ask_summary,
                status=202,
                errors={409: "There is no transcript, or summaries are off (`no_transcript`, `no_engine`)."},
                tag="recordings",
            ),
            Operation(
                name="getTexts",
                method="GET",
                path="/calls/{call_id}/texts",
                path_patterns=call,
                summary="How far a call's transcript and summary are, without a word of them: no line in the audit.",
                access=READS,
                answer=TextsTold,
                handler=self.texts,
                tag="recordings",
            ),
        ]

    async def transcript(self, asked: Asked[Nothing, Nothing]) -> TranscriptsTold:
        """404 also for a call that the caller may not replay."""
        call = await self._seen(asked)
        recording, kept = await self._recordings.get(call), await self._texts.transcripts(call)
        told = [transcript_told(one) for one in kept]
        coming = self._before(recording)
        if coming is not None and Source.OURS not in (one.source for one in kept):
            told.insert(0, not_yet(coming))
        files = [meta_file_told(one) for one in await self._metas.of_call(call)]
        await self._note(asked, "transcript.read", call)
        state = None if recording is None else recording.state
        return TranscriptsTold(recording=state, transcripts=told, meta_files=files)

    async def summary(self, asked: Asked[Nothing, Nothing]) -> SummaryTold:
        call = await self._seen(asked)
        kept = await self._texts.summary(call)
        await self._note(asked, "summary.read", call)
        return summary_told(kept)

    async def texts(self, asked: Asked[Nothing, Nothing]) -> TextsTold:
        call = await self._seen(asked)
        recording, summary = await self._recordings.get(call), await self._texts.summary(call)
        ours = [one for one in await self._texts.transcripts(call) if one.source is Source.OURS]
        state = ours[0].state if ours else self._before(recording)
        written = await self._jobs.of(TRANSCRIBE, [call])
        summarised = await self._jobs.of(SUMMARIZE, [call])
        return TextsTold(
            transcript=how_far(state, ours[0].failure if ours else None, written.get(call)),
            summary=how_far(
                None if summary is None else summary.state,
                None if summary is None else summary.failure,
                summarised.get(call),
            ),
        )

    async def ask_transcript(self, asked: Asked[Nothing, Nothing]) -> StateTold:
        call = await self._seen(asked)
        if self._engines.transcriber is None:
            raise _nothing_to("no_engine", "No engine for transcripts is set up (RAMAL_TRANSCRIPTION).")
        if not await self._texts.ask_transcript(call, asked.who.actor, self._clock()):
            raise _nothing_to("no_recording", "There is no finished recording of this call.")
        await self._asked(asked, "transcript.asked", call)
        return StateTold(state=TextState.WAITING)

    async def ask_summary(self, asked: Asked[Nothing, Nothing]) -> StateTold:
        call = await self._seen(asked)
        if not self._engines.summarizes:
            raise _nothing_to("no_engine", "Summaries are switched off (RAMAL_SUMMARY).")
        if not await self._texts.ask_summary(call, asked.who.actor, self._clock()):
            raise _nothing_to("no_transcript", "There is no transcript of this call.")
        await self._asked(asked, "summary.asked", call)
        return StateTold(state=TextState.WAITING)

    def _before(self, recording: StoredRecording | None) -> TextState | None:
        """Of the transcript of a recorded call that has none."""
        if recording is None or recording.state not in COMING:
            return None
        return TextState.WAITING if self._engines.transcriber else TextState.NOT_CONFIGURED

    async def _seen(self, asked: Asked[Nothing, Nothing]) -> CallId:
        call = CallId(asked.path["call_id"])
        if await self._history.call(call, await self._replayers.visible(asked.who)) is None:
            raise not_found()
        return call

    async def _asked(self, asked: Asked[Nothing, Nothing], action: str, call: CallId) -> None:
        await self._note(asked, action, call)
        self._on_news()

    async def _note(self, asked: Asked[Nothing, Nothing], action: str, call: CallId) -> None:
        await self._audit.append(Entry(self._clock(), asked.who.actor, action, call))


def _nothing_to(code: str, message: str) -> ApiError:
    return ApiError(409, code, message)
