"""What the store keeps of a call's recording: its states, and what follows about it from a call. Pure.

A live call says that it is being recorded, that this is over, or that its customer refused. What becomes of the journal
after that is told by whoever finishes it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signaling.call import Call, Consent, State
from signaling.recording_policy import RecordingPolicy


class RecordingState(StrEnum):
    RECORDING = "recording"  # the call is up; its journal grows
    FINISHING = "finishing"  # the journal is complete, as far as it goes; no file that can be played is made of it yet
    RECORDED = "recorded"
    PARTIAL = "partial"  # it can be played, and some of it is missing: `missing_s`, `reason`
    FAILED = "failed"  # nothing of it can be played: `reason`
    REFUSED = "refused"  # the customer did not agree: not one packet was kept
    DELETED = "deleted"  # by retention, or by hand; that there was a recording stays


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """`reason`: a word for what ended the recording before its call, or kept it from beginning. `consent_at`: when the
    customer answered; how they could is in `policy`."""

    state: RecordingState
    policy: RecordingPolicy
    started_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    consent: Consent | None
    consent_at: datetime | None


def facts_of(call: Call) -> RecordingFacts | None:
    """None: nothing is to be kept, or not yet."""
    if call.consent is Consent.REFUSED:
        state = RecordingState.REFUSED
    elif call.recording_since is None:
        if call.recording_failure is None:
            return None
        state = RecordingState.FAILED
    else:
        over = call.recording_until is not None or call.state is State.ENDED
        state = RecordingState.FINISHING if over else RecordingState.RECORDING
    return RecordingFacts(
        state=state,
        policy=call.recording_policy,
        started_at=call.recording_since,
        ended_at=None if state is RecordingState.RECORDING else call.recording_until or call.ended_at,
        reason=call.recording_failure,
        consent=None if call.consent is Consent.ASKED else call.consent,
        consent_at=call.consent_at,
    )
