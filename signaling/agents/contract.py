"""Every Socket.IO message between the gateway and a softphone page, typed once; TypeScript is generated from here.

The page sends *commands*; each is answered by an ack that says what was understood. The gateway sends the full
`DeskState` on every connection and after every change: state is truth. `RingStopped` and `SeatMoved` are hints for
what state alone cannot tell (who took the call). Times are Unix seconds (UTC) as floats, `server_unix_s` tells the
page how far its own clock is off. Pages translate codes; the gateway sends no sentences.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StrictBool, ValidationError, model_validator
from pydantic.json_schema import models_json_schema

from signaling.agents.message import CallIdText as CallIdText
from signaling.agents.message import Message as Message
from signaling.agents.page_messages import (
    AreYouThere,
    CallQuality,
    PageHere,
    Relays,
    ReportSound,
    TroubleShown,
    WasUnreachable,
)
from signaling.agents.recording_messages import HoldBackRecording, RecordCall, RecordingNow
from signaling.agents.supervision_messages import (
    BargeIn,
    CallTakenOver,
    LeaveCall,
    ListenIn,
    SupervisorNow,
    TakeOver,
    Whisper,
)
from signaling.agents.wall_messages import CloseWall, OpenWall, Wall, WallChanged, WallClosed, WallSeen
from signaling.errors import Fault
from signaling.events import Direction
from signaling.ports import Role
from signaling.presence import Availability, Microphone, Missing, Presence
from signaling.reasons import REASON_CODE
from signaling.supervision import Way

MESSAGE_LIMIT_BYTES = 32_768
"""A longer message closes the connection (Engine.IO `max_http_buffer_size`). The largest honest one is an SDP offer."""

SDP_LIMIT_CHARS = 16_384


# ---- page → gateway --------------------------------------------------------------------------------------------------


class Hello(Message):
    """The Socket.IO `auth` object. The session itself comes by cookie. `tab_id` survives a reload (sessionStorage)."""

    tab_id: Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{8,64}$")]


class ReportAudio(Message):
    """`audio.report`: what the page found out about microphone and sound. Sent before `seat.offer` and on change."""

    microphone: Microphone
    sound_unlocked: StrictBool


class OfferSeat(Message):
    """`seat.offer`: a new peer connection of this tab (seat.md 2). Answered by SeatAck."""

    sdp: Annotated[str, Field(min_length=10, max_length=SDP_LIMIT_CHARS)]


class TakeSeat(Message):
    """`seat.take_over`: make this tab the agent's phone; the other tab is told and falls silent."""


class SetAvailability(Message):
    """`availability.set`: what the agent chose. Being offered calls needs the audio facts as well. `reason`: why they
    pause, a code of `GET /api/v1/reasons`."""

    availability: Availability
    reason: Annotated[str, Field(pattern=REASON_CODE)] | None = None

    @model_validator(mode="after")
    def _of_a_pause(self) -> "SetAvailability":
        if self.reason is not None and self.availability is not Availability.PAUSED:
            raise ValueError("only a pause has a reason")
        return self


class EndWrapUp(Message):
    """`wrap_up.end`: the agent is done with their last call before its time is over."""


class AnswerCall(Message):
    """`call.answer`."""

    call_id: CallIdText


class PlaceCall(Message):
    """`call.place`: call a customer from one of `DeskState.call_from`. `callee`: a contact's id, or a number as it was
    typed. `confirm_risk`: the warning in a refusal (`next_step` `confirm`) has been read. The same wish, sent
    again because its ack was lost, has the same `key`. `by`: which identity of a contact is called; none: their phone
    number, if they have one. Answered by PlaceAck."""

    number_id: Annotated[int, Field(strict=True, ge=1)]
    callee: Annotated[int, Field(strict=True, ge=1)] | Annotated[str, Field(strict=True, min_length=3, max_length=40)]
    confirm_risk: StrictBool = False
    by: Literal["phone", "bsuid"] | None = None
    key: Annotated[str, Field(pattern=r"^[0-9a-zA-Z-]{8,64}$")]


class DeclineCall(Message):
    """`call.decline`: silences me only."""

    call_id: CallIdText


class HangUp(Message):
    """`call.hang_up`."""

    call_id: CallIdText


class MuteCall(Message):
    """`call.mute`: the page has (un)muted its microphone; told for the record and so that the gateway knows why it
    hears nothing."""

    call_id: CallIdText
    muted: StrictBool


class HoldCall(Message):
    """`call.hold`: the customer hears music and nobody hears them, or they are taken back."""

    call_id: CallIdText
    held: StrictBool


class TransferCall(Message):
    """`call.transfer`: give the customer to a colleague who is free, or to whoever of a department answers; exactly one
    of the two. The call is not mine any more; nobody takes it, and it rings for me again."""

    call_id: CallIdText
    to_agent: Annotated[int, Field(strict=True, ge=1)] | None = None
    to_department: Annotated[int, Field(strict=True, ge=1)] | None = None

    @model_validator(mode="after")
    def _to_one(self) -> "TransferCall":
        if (self.to_agent is None) == (self.to_department is None):
            raise ValueError("exactly one of to_agent and to_department")
        return self


class AskColleague(Message):
    """`consult.ask`: speak with a colleague who is free, about my call, while its customer hears music."""

    call_id: CallIdText
    agent_id: Annotated[int, Field(strict=True, ge=1)]


class AnswerConsult(Message):
    """`consult.answer`: speak with the colleague who asks me (`DeskState.asked`)."""

    call_id: CallIdText


class LeaveConsult(Message):
    """`consult.leave`: whoever asked takes the customer back when they wish; whoever was asked is out, or declines."""

    call_id: CallIdText


class HandOver(Message):
    """`consult.hand_over`: the colleague has the customer now, and I am out of the call."""

    call_id: CallIdText


class JoinAll(Message):
    """`consult.join`: the customer, the colleague whom I asked, and I hear each other."""

    call_id: CallIdText


COMMANDS: dict[str, type[Message]] = {
    "audio.report": ReportAudio,
    "seat.offer": OfferSeat,
    "seat.take_over": TakeSeat,
    "availability.set": SetAvailability,
    "wrap_up.end": EndWrapUp,
    "call.answer": AnswerCall,
    "call.place": PlaceCall,
    "call.decline": DeclineCall,
    "call.hang_up": HangUp,
    "call.mute": MuteCall,
    "call.hold": HoldCall,
    "call.transfer": TransferCall,
    "consult.ask": AskColleague,
    "consult.answer": AnswerConsult,
    "consult.leave": LeaveConsult,
    "consult.hand_over": HandOver,
    "consult.join": JoinAll,
    "recording.set": RecordCall,
    "recording.hold_back": HoldBackRecording,
    "supervise.listen": ListenIn,
    "supervise.whisper": Whisper,
    "supervise.barge_in": BargeIn,
    "supervise.take_over": TakeOver,
    "supervise.leave": LeaveCall,
    "sound.report": ReportSound,
    "page.here": PageHere,
    "wall.open": OpenWall,
    "wall.seen": WallSeen,
    "wall.close": CloseWall,
}


# ---- acks ------------------------------------------------------------------------------------------------------------


class Refusal(StrEnum):
    BAD_MESSAGE = "bad_message"
    UNKNOWN_COMMAND = "unknown_command"
    SESSION_EXPIRED = "session_expired"
    FORBIDDEN = "forbidden"
    SEAT_ELSEWHERE = "seat_elsewhere"  # another tab is this agent's phone
    NOT_READY = "not_ready"  # microphone, sound or seat are missing
    BUSY = "busy"  # this agent has a call already
    NOT_RINGING = "not_ringing"  # the call does not ring for this agent (any more)
    NOT_YOUR_CALL = "not_your_call"
    BAD_SDP = "bad_sdp"
    MEDIA_FAILED = "media_failed"
    CALL_REFUSED = "call_refused"  # a rule forbids the call: `PlaceAck.refused` says which
    NOT_ALLOWED = "not_allowed"  # the number's recording policy does not leave this to agents
    NOBODY_THERE = "nobody_there"  # whom the call should go to is not free, or nobody of the department is signed in
    NOT_UP = "not_up"  # no agent has the customer (any more)
    SUPERVISED = "supervised"  # another supervisor is in this call: `Ack.who`
    UNAVAILABLE = "unavailable"  # the gateway cannot decide now: its store or Meta is away


class Ack(Message):
    """`understood` names the command; with `ok` the wish was accepted and what comes of it shows in the next state."""

    ok: bool
    understood: str
    why: Refusal | None = None
    who: str | None = None  # who was quicker: with `supervised` the supervisor, with `nobody_there` who asks already


class SeatAck(Ack):
    """Answer to `seat.offer`: the SDP answer, when ok."""

    seat_id: str | None = None
    sdp: str | None = None


class CallRefused(Message):
    """Why a call may not be made (`signaling.verdict.Refused`): pages translate `code` and `next_step`.

    `retry_at_unix_s`: asking again before it is pointless; None: waiting alone does not help. `meta_code`: the error
    that Meta would answer, or has answered."""

    code: str
    fault: Fault
    retry_at_unix_s: float | None = None
    rule: str | None = None
    limit: int | None = None
    used: int | None = None
    next_step: str | None = None
    meta_code: int | None = None


class PlaceAck(Ack):
    """Answer to `call.place`: the call, when ok, which then shows in the state; with `call_refused`, why not."""

    call_id: str | None = None
    refused: CallRefused | None = None


# ---- gateway → page --------------------------------------------------------------------------------------------------


class Me(Message):
    agent_id: int
    name: str
    role: Role


class Phone(StrEnum):
    """Where this agent's phone is, seen from the tab that reads this."""

    NOWHERE = "nowhere"
    HERE = "here"
    ELSEWHERE = "elsewhere"


class CallParty(Message):
    """Who calls, as far as an agent may see: never the full number. `label` is `+55 11 ••••• 0101` or `@username`."""

    name: str | None
    label: str
    number_id: int  # which number of ours was called, or calls
    number_label: str
    department: str | None
    button_payload: str | None = None  # what the call button or the deep link carried


class InLine(Message):
    """Where a call stands among those that wait for the same department. `waiting_since_unix_s`: since the customer
    called, or was given on by an agent. `position`: 1 has waited longest; None: it waits for one agent alone."""

    waiting_since_unix_s: float
    position: int | None
    department: str | None  # where it waits now: the number's own, or where its plan or an agent has sent it


class GivenBy(Message):
    """Who had the customer and gave them on. It may be me: nobody took them, and they come back."""

    agent_id: int
    name: str


class RingingCall(Message):
    """A call that rings for me. `given_by`: a colleague has talked with the customer and transferred them."""

    call_id: str
    party: CallParty
    offered_unix_s: float
    ring_until_unix_s: float
    line: InLine
    given_by: GivenBy | None = None


class WaitingCall(Message):
    """A call that waits, but not for me now; `why` says what keeps it from ringing here. `others_turn`: it rings for
    one agent after another."""

    call_id: str
    party: CallParty
    offered_unix_s: float
    why: Presence | Literal["declined", "others_turn"]
    line: InLine


class CallPhase(StrEnum):
    DIALING = "dialing"  # outbound: Meta is being asked
    RINGING = "ringing"  # outbound: the customer's phone rings
    CHECKING = "checking"  # answered; the gateway waits to hear my microphone
    ACCEPTING = "accepting"  # Meta is being told
    TALKING = "talking"
    REATTACHING = "reattaching"  # my audio is gone; the customer hears a tone


class ConsultNow(Message):
    """A colleague in my call. `asker`: it is I who asked; else they did. `ringing`: they have not answered yet.
    `joined`: the customer hears us both, and we hear them."""

    name: str
    asker: bool
    ringing: bool
    joined: bool = False


class AskedNow(Message):
    """A colleague asks me about a call of theirs: it rings, and I am offered no other."""

    call_id: str
    by: str
    party: CallParty


class CurrentCall(Message):
    call_id: str
    party: CallParty
    phase: CallPhase
    direction: Direction = Direction.INBOUND
    offered_unix_s: float
    talking_since_unix_s: float | None
    muted: bool
    held: bool = False  # the customer hears music, as I wished
    consult: ConsultNow | None = None
    keys: str = ""  # what the customer pressed in this conversation
    customer_heard: bool  # a packet of the customer's voice has come
    reattach_until_unix_s: float | None = None
    ring_until_unix_s: float | None = None  # outbound, not picked up yet: then we give up
    troubles: list[TroubleShown] = []  # with the sound
    recording: RecordingNow | None = None
    supervisor: SupervisorNow | None = None


class CallFrom(Message):
    """One of our numbers that I may call customers from."""

    number_id: int
    label: str
    country: str | None  # two letters: how a number without a country code is read


class SupervisedCall(Message):
    """The call of somebody else that I am in as their supervisor. `agent`: None while the customer waits for the next
    one."""

    call_id: str
    party: CallParty
    agent: str | None
    way: Way
    since_unix_s: float
    talking_since_unix_s: float | None
    held: bool = False


class WrapUpNow(Message):
    """I am writing down what came of this call; no other rings for me before `until_unix_s` unless I say so."""

    call_id: str
    party: CallParty
    until_unix_s: float


class EndedCall(Message):
    """The last call of mine, so that the page can say how it ended."""

    call_id: str
    party: CallParty
    outcome: str  # signaling.call.Outcome
    ended_by: str  # signaling.call.Party
    failure_code: str | None
    failure_detail: str | None = None  # outbound: Meta's own words, for support
    direction: Direction = Direction.INBOUND
    talk_s: float
    ended_unix_s: float


class DeskState(Message):
    """Event `state`: everything a softphone page shows. `revision` grows with each change of this agent's state."""

    revision: int
    server_unix_s: float
    me: Me
    phone: Phone
    phone_since_unix_s: float | None
    availability: Availability
    presence: Presence
    missing: list[Missing]
    ringing: list[RingingCall]
    waiting: list[WaitingCall]  # the first of them
    waiting_total: int = 0
    asked: AskedNow | None = None
    call: CurrentCall | None
    supervising: SupervisedCall | None = None
    last_call: EndedCall | None
    wrap_up: WrapUpNow | None = None
    pause_reason: str | None = None
    paused_since_unix_s: float | None = None
    call_from: list[CallFrom] = []


class RingStopReason(StrEnum):
    TAKEN = "taken"  # `by` says who
    CALLER_GONE = "caller_gone"
    TIMED_OUT = "timed_out"
    NOT_READY = "not_ready"  # I became unable to take it
    DECLINED = "declined"
    PASSED_ON = "passed_on"  # my turn is over: it goes on to the next
    FAILED = "failed"


class RingStopped(Message):
    """Event `ring_stopped`: a call that rang for me does not any more."""

    call_id: str
    party: CallParty
    why: RingStopReason
    by: str | None = None


class SeatMoved(Message):
    """Event `seat_moved`: another tab has become this agent's phone; close the peer connection."""


class PermissionNews(Message):
    """Event `permission_changed`: a customer stands differently with one of our numbers; ask for it again where it is
    shown. `status` as in `/api/v1/permissions`; `until_unix_s`: when that ends by itself."""

    number_id: int
    contact_id: int
    status: str
    until_unix_s: float | None


class SeatLost(Message):
    """Event `seat_lost`: the gateway has not heard this seat's path for seconds; make a new one."""

    seat_id: str


EVENTS: dict[str, type[Message]] = {
    "state": DeskState,
    "ring_stopped": RingStopped,
    "seat_moved": SeatMoved,
    "seat_lost": SeatLost,
    "relays": Relays,
    "permission_changed": PermissionNews,
    "call_quality": CallQuality,
    "are_you_there": AreYouThere,
    "was_unreachable": WasUnreachable,
    "call_taken_over": CallTakenOver,
    "wall": Wall,
    "wall_changed": WallChanged,
    "wall_closed": WallClosed,
}


M = TypeVar("M", bound=Message)


def read_message(kind: type[M], message: object) -> M | None:
    """`message` as a `kind`, or None when it is anything else."""
    try:
        return kind.model_validate(message) if isinstance(message, dict) else None
    except ValidationError:
        return None


def json_schema() -> dict[str, Any]:
    """One JSON schema with a definition for every message, for the TypeScript generator."""
    models: list[type[Message]] = [Hello, Ack, SeatAck, PlaceAck, *COMMANDS.values(), *EVENTS.values()]
    _, schema = models_json_schema([(model, "serialization") for model in models], ref_template="#/$defs/{model}")
    return schema
