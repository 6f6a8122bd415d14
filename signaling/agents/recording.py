"""The recording of a call as its agent sees and steers it. The policy is the server's: what it does not leave to agents
is refused.
"""

from collections.abc import Callable

from signaling.agents.contract import Refusal
from signaling.agents.recording_messages import HoldBackRecording, RecordCall, RecordingLight, RecordingNow
from signaling.call import Call, Consent, Recording, State
from signaling.events import CallEvent, RecordingAsked, RecordingHeldBack
from signaling.ids import AgentId, CallId
from signaling.recording_policy import When
from signaling.supervision_moves import is_supervised_by

RecordingWish = RecordCall | HoldBackRecording


def recording_now(call: Call, agent: AgentId) -> RecordingNow:
    return RecordingNow(
        light=recording_light(call),
        mine=call.claim is not None and call.claim.agent == agent,
        on_demand=call.recording_policy.when is When.ON_DEMAND,
        asked=call.recording_asked,
        held_back=call.recording_held_back,
        failure=call.recording_failure,
    )


def act(
    call: Call | None, agent: AgentId, message: RecordingWish, tell: Callable[[CallId, CallEvent], bool]
) -> Refusal | None:
    """Put what this agent wishes into the inbox of their call. What its policy or state does not allow is refused, and
    nothing happens; the lifecycle would not do it either."""
    if call is None or call.id != message.call_id or is_supervised_by(call, agent):
        return Refusal.NOT_YOUR_CALL
    if not _is_allowed(call, message):
        return Refusal.NOT_ALLOWED
    if isinstance(message, RecordCall):
        return None if tell(call.id, RecordingAsked(agent, message.on)) else Refusal.NOT_YOUR_CALL
    return None if tell(call.id, RecordingHeldBack(agent, message.held_back)) else Refusal.NOT_YOUR_CALL


def _is_allowed(call: Call, message: RecordingWish) -> bool:
    if call.state not in (State.TALKING, State.REATTACHING) or call.recording is Recording.FAILED:
        return False
    if isinstance(message, RecordCall):
        return call.recording_policy.when is When.ON_DEMAND
    return call.recording_policy.when is not When.NEVER and call.consent is not Consent.REFUSED


def recording_light(call: Call) -> RecordingLight:
    if call.consent is Consent.REFUSED:
        return RecordingLight.REFUSED
    if call.consent is Consent.ASKED and call.state is State.TALKING:
        return RecordingLight.ASKING
    return RecordingLight(call.recording.value)
