"""What `/api/v1/calls/{call_id}/recording` answers: what became of the sound of one call, and how it looks."""

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.operations import Answer, Form
from signaling.call import Consent
from signaling.integrator_contract import Moment
from signaling.recording_policy import Agreement
from signaling.recording_record import RecordingState
from store.jobs import Job
from store.meta_file_models import MetaFileState
from store.meta_files import MetaFile
from store.recordings import StoredRecording


class MarkTold(Answer):
    at_s: Annotated[float, Field(description="Since the recording's beginning.")]
    mark: Annotated[
        str,
        Field(
            description="talking, held, resumed, transferred, paused (nothing is kept: card data), continued, key "
            "(which one is not kept), lost (count packets), playing and played (a sound of ours begins and ends on the "
            "agent's side: greeting, menu, music)."
        ),
    ]
    count: int


class PeaksTold(Answer):
    """Base64 of signed bytes: pairs of minimum and maximum, -128 to 127, one for each equal part of the recording."""

    customer: str
    agent: str


class MetaRecordingTold(Answer):
    """A recording that Meta made, and that we keep beside ours."""

    state: Annotated[MetaFileState, Field(description="done: it can be heard, with the purpose `meta`.")]
    reason: Annotated[str | None, Field(description="Why it could not be fetched.")]
    arrived_at: Annotated[Moment, Field(description="When Meta told us of it.")]
    size_bytes: int | None


class RecordingTold(Answer):
    call_id: str
    state: Annotated[
        RecordingState | Literal["none"],
        Field(
            description="none: nothing was kept, `why` says why. recording: the call is up. finishing: `progress` says "
            "how far. recorded. partial: `missing_s` of it are missing. failed: `reason`. refused: the customer did "
            "not agree, and not one packet was kept. deleted."
        ),
    ]
    why: Annotated[
        str | None,
        Field(
            description="Of none: not_answered, consent_unanswered, not_yet, not_started (the agent may start it), "
            "policy_never, not_begun."
        ),
    ] = None
    reason: Annotated[str | None, Field(description="A word for why it is partial, or failed.")] = None
    consent: Consent | None = None
    consent_at: Moment | None = None
    agreement: Annotated[Agreement | None, Field(description="How the customer could agree.")] = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    duration_s: float | None = None
    missing_s: float | None = None
    size_bytes: int | None = None
    keep_until: Moment | None = None
    legal_hold: bool = False
    progress: Annotated[float | None, Field(description="0 to 1, while it is finished.")] = None
    last_error: Annotated[str | None, Field(description="Why the last attempt to finish it failed; it goes on.")] = None
    marks: tuple[MarkTold, ...] = ()
    peaks: PeaksTold | None = None
    may_replay_live: bool = False
    may_download: bool = False
    meta: Annotated[MetaRecordingTold | None, Field(description="Meta's own recording, where it was asked for.")] = None


class UrlForm(Form):
    purpose: Annotated[
        Literal["replay", "download", "meta"],
        Field(description="Downloads need a grant of their own. meta: Meta's own recording."),
    ]


class LiveTold(Answer):
    """Of a call that is up: the sound goes on, and a new URL has more of it."""

    until: Moment
    duration_s: float
    marks: tuple[MarkTold, ...]
    peaks: PeaksTold | None


class UrlTold(Answer):
    url: Annotated[str, Field(description="For whoever asked, with the same session or key; ranges are answered.")]
    expires_at: Moment
    live: LiveTold | None


def meta_recording_told(file: MetaFile | None) -> MetaRecordingTold | None:
    if file is None:
        return None
    return MetaRecordingTold(
        state=file.state, reason=file.reason, arrived_at=file.arrived_at, size_bytes=file.size_bytes
    )


def recording_told(
    recording: StoredRecording, job: Job | None, meta: MetaFile | None, *, may_replay_live: bool, may_download: bool
) -> RecordingTold:
    finishing = recording.state is RecordingState.FINISHING and job is not None
    return RecordingTold(
        call_id=recording.call,
        state=recording.state,
        reason=recording.reason,
        consent=recording.consent,
        consent_at=recording.consent_at,
        agreement=None if recording.consent is None else recording.policy.agreement,
        started_at=recording.started_at,
        ended_at=recording.ended_at,
        duration_s=recording.duration_s,
        missing_s=recording.missing_s,
        size_bytes=recording.size_bytes,
        keep_until=recording.keep_until,
        legal_hold=recording.legal_hold,
        progress=job.progress if finishing and job is not None else None,
        last_error=job.last_error if finishing and job is not None else None,
        marks=marks_told(recording.marks),
        peaks=peaks_told(recording.peaks),
        may_replay_live=may_replay_live,
        may_download=may_download,
        meta=meta_recording_told(meta),
    )


def marks_told(marks: Sequence[Mapping[str, Any]]) -> tuple[MarkTold, ...]:
    return tuple(MarkTold(at_s=mark["at_s"], mark=mark["mark"], count=mark["count"]) for mark in marks)


def peaks_told(peaks: bytes | None) -> PeaksTold | None:
    if not peaks:
        return None
    half = len(peaks) // 2
    left, right = (base64.b64encode(side).decode() for side in (peaks[:half], peaks[half:]))
    return PeaksTold(customer=left, agent=right)
