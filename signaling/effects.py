"""All that a call can ask of the world: commands. Each is performed by an adapter and reports back as an event."""

from dataclasses import dataclass

from signaling.events import Customer, TimerEvent
from signaling.ids import AgentId, CallId, DepartmentId, PhoneNumberId, SeatId
from signaling.plan import PromptId
from signaling.private import Sdp, Wacid
from signaling.supervision import Way


@dataclass(frozen=True, slots=True)
class CreateAnswer:
    """Open a leg towards Meta's offer. Reports AnswerCreated, LegConnected, FirstPacket, LegLost as they come."""

    call_id: CallId
    offer: Sdp


@dataclass(frozen=True, slots=True)
class CreateOffer:
    """Open a leg for a call of ours. Reports OfferCreated."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class ApplyAnswer:
    """Connect that leg with Meta's answer. Reports LegConnected, FirstPacket, LegLost as they come."""

    call_id: CallId
    answer: Sdp


@dataclass(frozen=True, slots=True)
class ConnectCall:
    """Graph `connect`, once: asking again could make a second call. Our call id goes along, and comes back in the
    call's webhooks. Reports CallPlaced."""

    call_id: CallId
    number: PhoneNumberId
    callee: Customer
    offer: Sdp


@dataclass(frozen=True, slots=True)
class PreAcceptCall:
    """Graph `pre_accept`. Reports PreAccepted."""

    call_id: CallId
    number: PhoneNumberId
    wacid: Wacid
    answer: Sdp


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Graph `accept` with the very bytes of `pre_accept`. Reports CallAccepted."""

    call_id: CallId
    number: PhoneNumberId
    wacid: Wacid
    answer: Sdp


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Graph `reject`: an inbound call that was not accepted. Reports EndingConfirmed."""

    call_id: CallId
    number: PhoneNumberId
    wacid: Wacid


@dataclass(frozen=True, slots=True)
class TerminateCall:
    """Graph `terminate`: safe to repeat. Reports EndingConfirmed."""

    call_id: CallId
    number: PhoneNumberId
    wacid: Wacid


@dataclass(frozen=True, slots=True)
class AwaitAgentAudio:
    """Tell when the next packet of this seat's microphone arrives. Reports AgentAudible."""

    call_id: CallId
    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class OpenAudio:
    """The customer's leg sends a packet every 20 ms from now on, silence included: `accept` returned 200, or an
    outbound call's leg is connected (reference 3.7)."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class ConnectAudio:
    """Customer and agent hear each other."""

    call_id: CallId
    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class PlayRingback:
    """The agent hears that it rings at the customer's; the customer hears nothing of it."""

    call_id: CallId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class PlayHoldTone:
    """The customer hears that somebody is coming back; the agent hears nothing."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class HoldCustomer:
    """The customer hears music; the agent hears silence, which shows that their path is whole."""

    call_id: CallId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ConnectConsult:
    """The two agents hear each other; the customer hears music."""

    call_id: CallId
    asker: SeatId
    asked: SeatId


@dataclass(frozen=True, slots=True)
class ConnectThree:
    """Customer and both agents hear each other."""

    call_id: CallId
    first: SeatId
    second: SeatId


@dataclass(frozen=True, slots=True)
class SuperviseAudio:
    """From now on, whatever else is heard in this call: the supervisor's `seat` hears the customer on its main line
    and `agents` on its second one, and is heard as `way` says. None: there is no supervisor (any more)."""

    call_id: CallId
    seat: SeatId | None
    way: Way = Way.LISTEN
    agents: tuple[SeatId, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayPrompts:
    """The customer hears these sounds one after another. Reports PromptEnded for `place` at the end; one that loops
    has none. `once_in_min`: nothing is played to a customer who heard it within so many minutes (0: always).
    `loops`: over and over, as music to wait with, whatever the sound is."""

    call_id: CallId
    prompts: tuple[PromptId, ...]
    place: int
    once_in_min: int = 0
    loops: bool = False


@dataclass(frozen=True, slots=True)
class SayPosition:
    """The customer hears where they stand in the queue of `department`. Reports PromptEnded for `place`."""

    call_id: CallId
    department: DepartmentId | None
    place: int


@dataclass(frozen=True, slots=True)
class RecordVoicemail:
    """Keep what the customer says from now on."""

    call_id: CallId
    place: int


@dataclass(frozen=True, slots=True)
class EndVoicemail:
    """The message is complete. `CloseMedia` ends one as well."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Keep what customer and agent say from now on, apart. Reports RecordingLost when that is possible no longer."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """Keep nothing until ContinueRecording; the recording shows a silence of that length, and a mark."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class ContinueRecording:
    call_id: CallId


@dataclass(frozen=True, slots=True)
class MarkRecording:
    """Something happened that a listener should see on the timeline: a word of `recording.journal.Mark`."""

    call_id: CallId
    mark: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The recording is complete, and may be finished. It comes before what tears the call's audio down."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class FindStickyAgent:
    """Ask who this customer should reach. Always reports StickyAgentKnown, soon."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class CloseMedia:
    """The customer's leg and its port are given back; the agent's seat stays."""

    call_id: CallId


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Report `event` after `after_s` seconds. Timers are never cancelled: an event that is too late changes nothing."""

    call_id: CallId
    after_s: float
    event: TimerEvent


Effect = (
    CreateAnswer
    | CreateOffer
    | ApplyAnswer
    | ConnectCall
    | PreAcceptCall
    | AcceptCall
    | RejectCall
    | TerminateCall
    | AwaitAgentAudio
    | OpenAudio
    | ConnectAudio
    | PlayRingback
    | PlayHoldTone
    | HoldCustomer
    | ConnectConsult
    | ConnectThree
    | SuperviseAudio
    | PlayPrompts
    | SayPosition
    | RecordVoicemail
    | EndVoicemail
    | StartRecording
    | PauseRecording
    | ContinueRecording
    | MarkRecording
    | StopRecording
    | FindStickyAgent
    | CloseMedia
    | StartTimer
)
