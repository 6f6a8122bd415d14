"""What `/api/v1/calls/{call_id}/transcript`, `…/summary` and `…/texts` answer."""

from typing import Annotated

from pydantic import Field

from gateway.api.operations import Answer
from recording.transcript import Segment, Speaker
from signaling.errors import Failure, Fault
from signaling.integrator_contract import Moment
from signaling.recording_record import RecordingState
from store.job_models import JobState
from store.jobs import Job
from store.meta_file_models import MetaFileState
from store.meta_files import MetaFile
from store.transcript_models import Source, TextState
from store.transcripts import StoredSummary, StoredTranscript


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


class HowFarTold(Answer):
    """Of a transcript, or of a summary."""

    state: Annotated[TextState | None, Field(description="null: nobody asked for one, or there is nothing to read.")]
    failure: Annotated[FailureTold | None, Field(description="While it waits: why the last attempt failed.")]
    progress: Annotated[float | None, Field(description="0 to 1, while it is being made, where that is known.")]
    next_try_at: Annotated[Moment | None, Field(description="After an attempt that failed.")]


class TextsTold(Answer):
    transcript: HowFarTold
    summary: HowFarTold


def failure_told(failure: Failure | None) -> FailureTold | None:
    if failure is None:
        return None
    return FailureTold(
        code=failure.code,
        fault=failure.fault,
        detail=failure.detail,
        asking_again_can_help=failure.retry_after_s is not None,
    )


def line_told(one: Segment) -> Line:
    return Line(speaker=one.speaker, start_s=one.start_s, end_s=one.end_s, text=one.text)


def transcript_told(kept: StoredTranscript) -> TranscriptTold:
    found = kept.transcript
    return TranscriptTold(
        source=kept.source,
        state=kept.state,
        failure=failure_told(kept.failure),
        language=None if found is None else found.language,
        engine=None if found is None else found.engine,
        model=None if found is None else found.model,
        asked_at=kept.asked_at,
        ended_at=kept.ended_at,
        lines=[] if found is None else [line_told(one) for one in found.segments],
    )


def meta_file_told(file: MetaFile) -> MetaFileTold:
    return MetaFileTold(
        kind=file.kind,
        state=file.state,
        reason=file.reason,
        arrived_at=file.arrived_at,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )


def not_yet(state: TextState) -> TranscriptTold:
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


def summary_told(kept: StoredSummary | None) -> SummaryTold:
    found = None if kept is None else kept.summary
    return SummaryTold(
        state=None if kept is None else kept.state,
        failure=None if kept is None else failure_told(kept.failure),
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


def how_far(state: TextState | None, failure: Failure | None, job: Job | None) -> HowFarTold:
    running = job is not None and job.state is JobState.RUNNING
    again = job is not None and job.state is JobState.WAITING and failure is not None
    return HowFarTold(
        state=state,
        failure=failure_told(failure),
        progress=job.progress if job is not None and running else None,
        next_try_at=job.next_at if job is not None and again else None,
    )
