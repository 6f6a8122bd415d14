"""`/api/v1/calls/{call_id}/transcript`, `…/summary` and `/api/v1/transcripts`: what was said in calls and what they
were about, for who may replay them. Every reading stands in the audit.
"""

from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field

from gateway.api.call_bodies import CallLine
from gateway.api.calls import CALL_ID, CallHistory, shown
from gateway.api.door import EVERYBODY, LEADERS, Access
from gateway.api.errors import ApiError, bad_request, not_found
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from gateway.api.replayers import Replayers
from recording.engines import Engines
from recording.transcript import Segment, Speaker
from signaling.errors import Failure, Fault
from signaling.ids import CallId
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from signaling.recording_record import RecordingState
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.meta_file_models import MetaFileState
from store.meta_files import MetaFile, SqlMetaFiles
from store.recordings import SqlRecordings
from store.transcript_models import Source, TextState
from store.transcripts import MOST_FOUND, SqlTranscripts, StoredSummary, StoredTranscript
from store.word_search import wanted

READS: Final = Access(Scope.TRANSCRIPTS_READ, EVERYBODY)
ASKS: Final = Access(Scope.TRANSCRIPTS_REQUEST, LEADERS)
COMING: Final = (
    RecordingState.RECORDING,
    RecordingState.FINISHING,
    RecordingState.RECORDED,
    RecordingState.PARTIAL,
)


class FailureTold(Answer):
    code: Annotated[str, Field(description="A stable word: `engine.key`, `engine.down`, `engine.nonsense` …")]
    fault: Fault
    detail: str
    asking_again_can_help: bool


class Line(Answer):
    speaker: Speaker
    start_s: Annotated[float, Field(description="Since the recording's beginning.")]
    end_s: float
    text: str


class TranscriptTold(Answer):
    source: Source
    state: Annotated[
        TextState, Field(description="While it is `waiting`, `running` or `failed`, the lines are those of before.")
    ]
    failure: FailureTold | None
    language: Annotated[str | None, Field(description="ISO 639-1.")]
    engine: str | None
    model: str | None
    asked_at: Moment | None
    ended_at: Moment | None
    lines: list[Line]


class MetaFileTold(Answer):
    """A recording or transcription that Meta made, and that we fetch."""

    kind: str
    state: MetaFileState
    reason: Annotated[str | None, Field(description="Why it could not be fetched.")]
    arrived_at: Moment
    size_bytes: int | None
    sha256: str | None


class TranscriptsTold(Answer):
    """Ours first; Meta's own beside it, where it was asked for."""

    recording: Annotated[RecordingState | None, Field(description="null: the call was not recorded.")]
    transcripts: list[TranscriptTold]
    meta_files: Annotated[list[MetaFileTold], Field(description="What Meta itself kept of the call.")]


class PromiseTold(Answer):
    by: Speaker
    what: str


class KeySentenceTold(Answer):
    speaker: Speaker
    start_s: float
    text: str


class SummaryTold(Answer):
    """A machine wrote it, and it may be wrong. Of kind `key_sentences`, nobody understood the call: these are sentences
    of it."""

    state: Annotated[TextState | None, Field(description="null: there is no transcript to summarise.")]
    failure: FailureTold | None
    kind: str | None
    language: str | None
    engine: str | None
    model: str | None
    reason: str
    outcome: str
    promises: list[PromiseTold]
    next_steps: list[str]
    sentences: list[KeySentenceTold]
    shortened: Annotated[bool, Field(description="The call was too long for the model, which was not told its middle.")]
    ended_at: Moment | None


class StateTold(Answer):
    state: TextState


class SearchQuery(Query):
    words: Annotated[str, Field(min_length=1, max_length=200, description="All of them; the last may be a beginning.")]
    limit: Annotated[Digits, Field(ge=1, le=MOST_FOUND)] = 20
    before: Annotated[Digits | None, Field(ge=1, description="`next` of the page before.")] = None


class FoundTold(Answer):
    call: CallLine
    lines: Annotated[list[Line], Field(description="The first in which one of the words was said.")]


class SearchTold(Answer):
    """Newest first."""

    found: list[FoundTold]
    next: str | None


class TranscriptRoutes:
    def __init__(
        self,
        texts: SqlTranscripts,
        metas: SqlMetaFiles,
        recordings: SqlRecordings,
        history: CallHistory,
        replayers: Replayers,
        audit: SqlAudit,
        engines: Engines,
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._texts, self._recordings, self._history, self._audit = texts, recordings, history, audit
        self._metas, self._replayers = metas, replayers
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
                name="searchTranscripts",
                method="GET",
                path="/transcripts",
                summary="Calls in which words were said, of those that the caller may replay.",
                access=READS,
                query=SearchQuery,
                answer=SearchTold,
                handler=self.search,
                omit_unset=True,
                tag="recordings",
            ),
        ]

    async def transcript(self, asked: Asked[Nothing, Nothing]) -> TranscriptsTold:
        """404 also for a call that the caller may not replay."""
        call = await self._seen(asked)
        recording, kept = await self._recordings.get(call), await self._texts.transcripts(call)
        told = [_transcript(one) for one in kept]
        if recording is not None and recording.state in COMING and Source.OURS not in (one.source for one in kept):
            told.insert(0, _not_yet(TextState.WAITING if self._engines.transcriber else TextState.NOT_CONFIGURED))
        files = [_meta_file(one) for one in await self._metas.of_call(call)]
        await self._note(asked, "transcript.read", call)
        state = None if recording is None else recording.state
        return TranscriptsTold(recording=state, transcripts=told, meta_files=files)

    async def summary(self, asked: Asked[Nothing, Nothing]) -> SummaryTold:
        call = await self._seen(asked)
        kept = await self._texts.summary(call)
        await self._note(asked, "summary.read", call)
        return _summary(kept)

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

    async def search(self, asked: Asked[Nothing, SearchQuery]) -> SearchTold:
        query = asked.query
        if (words := wanted(query.words)) is None:
            raise bad_request("There is no word in `words`.")
        page = await self._texts.search(words, await self._replayers.visible(asked.who), query.limit, query.before)
        # What was searched for may name a person: it is not written down.
        about = {"words": len(words.words), "found": len(page.found)}
        await self._audit.append(Entry(self._clock(), asked.who.actor, "transcripts.searched", "", about))
        following = None if page.next_cursor is None else str(page.next_cursor)
        found = [
            FoundTold(call=CallLine(**shown(asked.who, one.call)), lines=[_line(line) for line in one.lines])
            for one in page.found
        ]
        return SearchTold(found=found, next=following)

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


def _failure(failure: Failure | None) -> FailureTold | None:
    if failure is None:
        return None
    return FailureTold(
        code=failure.code,
        fault=failure.fault,
        detail=failure.detail,
        asking_again_can_help=failure.retry_after_s is not None,
    )


def _line(one: Segment) -> Line:
    return Line(speaker=one.speaker, start_s=one.start_s, end_s=one.end_s, text=one.text)


def _transcript(kept: StoredTranscript) -> TranscriptTold:
    found = kept.transcript
    return TranscriptTold(
        source=kept.source,
        state=kept.state,
        failure=_failure(kept.failure),
        language=None if found is None else found.language,
        engine=None if found is None else found.engine,
        model=None if found is None else found.model,
        asked_at=kept.asked_at,
        ended_at=kept.ended_at,
        lines=[] if found is None else [_line(one) for one in found.segments],
    )


def _meta_file(file: MetaFile) -> MetaFileTold:
    return MetaFileTold(
        kind=file.kind,
        state=file.state,
        reason=file.reason,
        arrived_at=file.arrived_at,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )


def _not_yet(state: TextState) -> TranscriptTold:
    return TranscriptTold(
        source=Source.OURS,
        state=state,
        failure=None,
        language=None,
        engine=None,
        model=None,
        asked_at=None,
        ended_at=None,
        lines=[],
    )


def _summary(kept: StoredSummary | None) -> SummaryTold:
    found = None if kept is None else kept.summary
    return SummaryTold(
        state=None if kept is None else kept.state,
        failure=None if kept is None else _failure(kept.failure),
        kind=None if found is None else found.kind.value,
        language=None if found is None else found.language,
        engine=None if found is None else found.engine,
        model=None if found is None else found.model,
        reason="" if found is None else found.reason,
        outcome="" if found is None else found.outcome,
        promises=[] if found is None else [PromiseTold(by=one.by, what=one.what) for one in found.promises],
        next_steps=[] if found is None else list(found.next_steps),
        sentences=[]
        if found is None
        else [KeySentenceTold(speaker=one.speaker, start_s=one.start_s, text=one.text) for one in found.sentences],
        shortened=found is not None and found.shortened,
        ended_at=None if kept is None else kept.ended_at,
    )
