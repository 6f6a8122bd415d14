"""`/api/v1/recordings`: what became of each call's recording, in plain words; how far it is while it is finished."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.call_filters import visible_to_caller
from gateway.api.door import LEADERS, Access
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from gateway.finishing import KIND
from signaling.call import Consent
from signaling.ids import CallId
from signaling.integrator_contract import Moment
from signaling.recording_record import RecordingState
from store.api_keys import Scope
from store.jobs import Job, SqlJobs
from store.recordings import PAGE_LIMIT, SqlRecordings, StoredRecording

READS: Final = Access(Scope.CALLS_READ, LEADERS)
CALL_ID: Final = "[0-9a-f]{32}"


class RecordingLine(Answer):
    call_id: str
    number_id: int
    department_id: int | None
    state: Annotated[
        RecordingState,
        Field(
            description="recording: the call is up. finishing: no file yet; step, progress and last_error say how it "
            "goes. recorded. partial: missing_s of it are missing. failed: nothing can be played, reason says why. "
            "refused: the customer did not agree, and not one packet was kept. deleted."
        ),
    ]
    reason: Annotated[str | None, Field(description="A word for why it is partial, or failed.")]
    consent: Consent | None
    consent_at: Moment | None
    started_at: Moment | None
    ended_at: Moment | None
    duration_s: float | None
    missing_s: float | None
    size_bytes: int | None
    sha256: Annotated[str | None, Field(description="Of the plain file, in hex.")]
    keep_until: Annotated[Moment | None, Field(description="It is erased then; null: never by itself.")]
    legal_hold: bool
    step: str | None
    progress: Annotated[float | None, Field(description="0 to 1, of this step.")]
    attempts: int
    last_error: Annotated[str | None, Field(description="A word: why the last attempt to finish it failed.")]


class RecordingList(Answer):
    """The newest first. `next_cursor` null: this is the last page."""

    recordings: list[RecordingLine]
    next_cursor: int | None


class RecordingsQuery(Query):
    cursor: Annotated[Digits | None, Field(ge=1, le=2**31 - 1)] = None
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = 50
    state: RecordingState | None = None


class RecordingListRoutes:
    def __init__(self, recordings: SqlRecordings, jobs: SqlJobs) -> None:
        self._recordings, self._jobs = recordings, jobs

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listRecordings",
                method="GET",
                path="/recordings",
                summary="What became of each call's recording.",
                access=READS,
                query=RecordingsQuery,
                answer=RecordingList,
                handler=self.all,
                tag="recordings",
            ),
            Operation(
                name="getRecording",
                method="GET",
                path="/recordings/{call_id}",
                path_patterns={"call_id": CALL_ID},
                summary="What became of one call's recording.",
                access=READS,
                answer=RecordingLine,
                handler=self.one,
                errors={404: "This call was not recorded, or you may not know of it."},
                tag="recordings",
            ),
        ]

    async def all(self, asked: Asked[Nothing, RecordingsQuery]) -> RecordingList:
        query = asked.query
        states = None if query.state is None else (query.state,)
        page, cursor = await self._recordings.page(query.limit, query.cursor, states, visible_to_caller(asked.who))
        jobs = await self._jobs.of(KIND, [recording.call for recording in page])
        lines = [_line(recording, jobs.get(recording.call)) for recording in page]
        return RecordingList(recordings=lines, next_cursor=cursor)

    async def one(self, asked: Asked[Nothing, Nothing]) -> RecordingLine:
        call = CallId(asked.path["call_id"])
        recording = await self._recordings.get(call, visible_to_caller(asked.who))
        if recording is None:
            raise not_found()
        return _line(recording, (await self._jobs.of(KIND, [call])).get(call))


def _line(recording: StoredRecording, job: Job | None) -> RecordingLine:
    return RecordingLine(
        call_id=recording.call,
        number_id=recording.number,
        department_id=recording.department,
        state=recording.state,
        reason=recording.reason,
        consent=recording.consent,
        consent_at=recording.consent_at,
        started_at=recording.started_at,
        ended_at=recording.ended_at,
        duration_s=recording.duration_s,
        missing_s=recording.missing_s,
        size_bytes=recording.size_bytes,
        sha256=recording.sha256,
        keep_until=recording.keep_until,
        legal_hold=recording.legal_hold,
        step=None if job is None else job.step,
        progress=None if job is None else job.progress,
        attempts=0 if job is None else job.attempts,
        last_error=None if job is None else job.last_error,
    )
