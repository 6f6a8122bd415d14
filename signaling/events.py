"""All that can happen to a call: facts, in the past tense. From Meta's webhooks, agents, audio, timers, and effects.

Events of Meta carry `number` and `wacid` and are routed by them; the others are put straight into a call's inbox.
Every time is UTC with zone. Meta's own times (`at`) have whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from signaling.errors import Failure
from signaling.ids import AgentId, DepartmentId, PhoneNumberId, SeatId
from signaling.private import Bsuid, Payload, PhoneNumber, Sdp, Wacid
from signaling.sound import SoundTrouble
from signaling.supervision import Way


class Direction(StrEnum):
    INBOUND = "inbound"  # Meta: USER_INITIATED, "UIC"
    OUTBOUND = "outbound"  # Meta: BUSINESS_INITIATED, "BIC"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is at the other end. A customer with a username may have no phone number; `bsuid` then names them."""

    phone: PhoneNumber | None = None
    bsuid: Bsuid | None = None
    parent_bsuid: Bsuid | None = None
    name: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)

    def completed_by(self, other: "Customer") -> "Customer":
        """This customer, with what only `other` knows. What is known already stays."""
        return Customer(
            phone=self.phone or other.phone,
            bsuid=self.bsuid or other.bsuid,
            parent_bsuid=self.parent_bsuid or other.parent_bsuid,
            name=self.name or other.name,
            username=self.username or other.username,
        )


@dataclass(frozen=True, slots=True)
class MetaError:
    """One entry of an `errors` array. `title` and `details` are Meta's words."""

    code: int
    title: str = ""
    details: str = field(default="", repr=False)


# ---- from Meta's webhooks (signaling/meta/webhook.py makes these, and nothing else does) -----------------------------


@dataclass(frozen=True, slots=True)
class MetaEvent:
    """What every event of a delivery knows: which of our numbers it is for, and when Meta says it happened."""

    number: PhoneNumberId
    at: datetime


@dataclass(frozen=True, slots=True)
class CallOffered(MetaEvent):
    """A customer calls (`connect` with an offer). `offer` may be SDES or have no audio: the media side judges it."""

    wacid: Wacid
    customer: Customer
    offer: Sdp
    button_payload: Payload | None = None  # cta_payload: which call button was pressed
    link_payload: Payload | None = None  # deeplink_payload


@dataclass(frozen=True, slots=True)
class CallAnswerReceived(MetaEvent):
    """Meta's answer to our own `connect` (outbound): the tunnel is ready. It does not mean that anybody picked up."""

    wacid: Wacid
    customer: Customer
    answer: Sdp
    opaque: Payload | None = None  # biz_opaque_callback_data, ours, echoed


class OutboundStatus(StrEnum):
    RINGING = "RINGING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class CallStatusChanged(MetaEvent):
    """An outbound call rings, was picked up or was declined."""

    wacid: Wacid
    status: OutboundStatus
    customer: Customer
    opaque: Payload | None = None


@dataclass(frozen=True, slots=True)
class CallTerminated(MetaEvent):
    """The call is over at Meta. `started_at` is None when nobody picked up, whatever `failed` says (reference 2.6)."""

    wacid: Wacid
    customer: Customer
    direction: Direction | None  # Meta sometimes leaves it out
    failed: bool
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: int | None = None
    errors: tuple[MetaError, ...] = ()
    opaque: Payload | None = None
    button_payload: Payload | None = None
    link_payload: Payload | None = None


@dataclass(frozen=True, slots=True)
class MetaFileReady(MetaEvent):
    """Meta's own recording or transcription of a call can be fetched (URL: five minutes, id: seven days)."""

    wacid: Wacid
    kind: Literal["recording", "transcription"]
    media_id: str
    url: str = field(repr=False)
    sha256: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class PermissionReplied(MetaEvent):
    """A customer allowed or refused calls, or WhatsApp did so for them (reference 2.8)."""

    message_id: str = field(repr=False)
    customer: Customer
    accepted: bool
    permanent: bool
    expires_at: datetime | None
    automatic: bool
    context_id: str | None = field(default=None, repr=False)  # wamid of our request, or a wacid, or nothing


@dataclass(frozen=True, slots=True)
class MessageFailed(MetaEvent):
    """A message of ours (permission request, call button) could not be delivered or shown."""

    message_id: str = field(repr=False)
    customer: Customer
    errors: tuple[MetaError, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageDelivered(MetaEvent):
    """A message of ours reached the customer's phone."""

    message_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CustomerWrote(MetaEvent):
    """A customer sent a message, which opens the service window. What they wrote is none of our business."""

    customer: Customer


@dataclass(frozen=True, slots=True)
class VoicemailLeft(MetaEvent):
    """The customer left a voicemail at Meta; its message id is the call's wacid."""

    wacid: Wacid
    customer: Customer
    media_id: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class NumberErrorReported:
    """Errors that belong to a number and to no call, such as 131044: no payment method. Meta gives them no time."""

    number: PhoneNumberId
    at: datetime | None
    errors: tuple[MetaError, ...]


@dataclass(frozen=True, slots=True)
class SettingsChanged(MetaEvent):
    """Calling settings of a number changed at Meta, also by ourselves. `calling` is Meta's object as it came."""

    calling: dict[str, object] = field(hash=False)


class AccountWarning(StrEnum):
    VIOLATION = "ACCOUNT_VIOLATION"
    RESTRICTION = "ACCOUNT_RESTRICTION"


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """A warning or a restriction of the WhatsApp Business Account `waba` (which is "0" in several samples)."""

    waba: str
    at: datetime | None
    warning: AccountWarning
    types: tuple[str, ...]  # violation_type or restriction_type values
    expires_at: datetime | None = None
    phone: PhoneNumber | None = None  # our number that it is about: the only name when `waba` is "0"


@dataclass(frozen=True, slots=True)
class VolumeTierChanged:
    waba: str
    at: datetime | None
    category: str
    tier: str
    effective_month: str
    region: str


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """Something of Meta's that we do not know. It stands beside its neighbours and crashes nothing."""

    field_name: str
    what: str = ""  # the event or type word, never content


WebhookEvent = (
    CallOffered
    | CallAnswerReceived
    | CallStatusChanged
    | CallTerminated
    | MetaFileReady
    | PermissionReplied
    | MessageFailed
    | MessageDelivered
    | CustomerWrote
    | VoicemailLeft
    | NumberErrorReported
    | SettingsChanged
    | AccountUpdated
    | VolumeTierChanged
    | Unrecognised
)


# ---- from audio ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerCreated:
    """Our leg is listening and has described itself. The same bytes go into `pre_accept` and into `accept`."""

    answer: Sdp


@dataclass(frozen=True, slots=True)
class OfferCreated:
    """Our leg for an outbound call is listening and has described itself, for `connect`."""

    offer: Sdp


@dataclass(frozen=True, slots=True)
class LegConnected:
    """ICE and DTLS towards Meta are done: audio could flow."""


@dataclass(frozen=True, slots=True)
class LegLost:
    """Our leg to Meta could not be connected or died."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """What the customer heard at place `place` of the plan has been played to its end."""

    place: int


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The customer pressed a key (RFC 4733)."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FirstPacket:
    """The first audio packet of a direction: `customer` is what came from Meta, `agent` what we sent to Meta."""

    speaker: Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class SoundFound:
    """Everything that is wrong with the sound of the conversation now; empty: nothing is."""

    troubles: tuple[SoundTrouble, ...] = ()


@dataclass(frozen=True, slots=True)
class SoundMeasured:
    """How the conversation sounded, told once, when its audio is closed: `gateway.sound_meter` names the figures."""

    figures: Mapping[str, float]


# ---- from agents -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgentsRung:
    """The call has begun to ring for these agents: their browsers were told. In a one-by-one order it is one agent, and
    a turn of its own each time."""

    agents: frozenset[AgentId]


@dataclass(frozen=True, slots=True)
class AgentDialed:
    """An agent calls a customer; nothing forbids it."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentDeclined:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentAudible:
    """A packet of the agent's microphone reached us on this seat after the claim: the caller will hear somebody."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentSeatLost:
    """The agent's page was reloaded, closed, or lost its network."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentSeatBack:
    """The same agent has a new seat while the call goes on."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class AgentMuted:
    agent: AgentId
    muted: bool


@dataclass(frozen=True, slots=True)
class AgentHungUp:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class AgentHeld:
    """The agent puts the customer on hold, or takes them back."""

    agent: AgentId
    held: bool


@dataclass(frozen=True, slots=True)
class RecordingAsked:
    """The agent starts or stops the recording, where the number's policy leaves that to them."""

    agent: AgentId
    on: bool


@dataclass(frozen=True, slots=True)
class RecordingHeldBack:
    """The agent keeps out of the recording what comes now, such as card data; or lets it go on."""

    agent: AgentId
    held_back: bool


@dataclass(frozen=True, slots=True)
class RecordingLost:
    """Nothing more can be kept of this call: `reason` is a word such as `disk_full`. The call goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A blind transfer: the agent gives the customer away without asking. Exactly one of the two says to whom."""

    agent: AgentId
    to_agent: AgentId | None = None
    to_department: DepartmentId | None = None


@dataclass(frozen=True, slots=True)
class ConsultAsked:
    """The agent wants to talk to another one first; the customer hears music."""

    agent: AgentId
    of: AgentId


@dataclass(frozen=True, slots=True)
class ConsultAnswered:
    """The agent who was asked is there, on this seat."""

    agent: AgentId
    seat: SeatId


@dataclass(frozen=True, slots=True)
class ConsultLeft:
    """Either agent ends the consultation, declines it, or leaves the conversation of three."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultJoined:
    """The agent takes the customer into the consultation: three who hear each other."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConsultHandedOver:
    """The agent leaves the customer to the one who was asked: an attended transfer."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class SupervisorCame:
    """A supervisor comes into the call of somebody else, or goes on in it in another way."""

    agent: AgentId
    seat: SeatId
    way: Way


@dataclass(frozen=True, slots=True)
class SupervisorLeft:
    agent: AgentId


@dataclass(frozen=True, slots=True)
class SupervisorTookOver:
    """A supervisor who is in the call wants to be its agent."""

    agent: AgentId


# ---- from effects and timers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreAccepted:
    """Meta answered 200 to `pre_accept`."""


@dataclass(frozen=True, slots=True)
class CallAccepted:
    """Meta answered 200 to `accept`: from now on, and not before, audio may flow."""


@dataclass(frozen=True, slots=True)
class CallPlaced:
    """Meta answered 200 to `connect`, and named the call. Webhooks with our opaque data may have named it before."""

    wacid: Wacid


@dataclass(frozen=True, slots=True)
class EndingConfirmed:
    """Meta answered 200 to `reject` or `terminate`, or said that the call was over already."""


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """What was asked for was not done. `effect` is the effect's class name."""

    effect: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class RingTimedOut:
    """Nobody answered inside our ring window, which closes before Meta's; outbound: the customer did not pick up."""


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """The time of place `place` in the plan is over."""

    place: int


@dataclass(frozen=True, slots=True)
class StickyAgentKnown:
    """Whom this customer should reach; None: nobody in particular. They are rung alone only if they are free."""

    agent: AgentId | None
    is_free: bool = True


@dataclass(frozen=True, slots=True)
class StickyLookupTimedOut:
    """Nobody has said in time whom this customer should reach."""


@dataclass(frozen=True, slots=True)
class StickyAgentBusy:
    """The agent whom this customer should reach cannot take the call any more: the others need not wait for them."""

    agent: AgentId


@dataclass(frozen=True, slots=True)
class StickyTimedOut:
    """At place `place`, the agent of the open protocol had the call alone for long enough."""

    place: int


@dataclass(frozen=True, slots=True)
class TurnTimedOut:
    """In a one-by-one order, the time of this turn (`Call.turns`) is over."""

    turn: int


@dataclass(frozen=True, slots=True)
class PositionDue:
    """At place `place`, the customer should hear again where they stand in the queue."""

    place: int


@dataclass(frozen=True, slots=True)
class ClaimExpired:
    """The agent of claim number `claim` has not been heard in time."""

    claim: int


@dataclass(frozen=True, slots=True)
class ConsultTimedOut:
    """Consultation number `consult` has not been answered."""

    consult: int


@dataclass(frozen=True, slots=True)
class ConnectTimedOut:
    """ICE and DTLS towards Meta took too long."""


@dataclass(frozen=True, slots=True)
class PlacingTimedOut:
    """No answer to `connect` came, and no webhook told that there is a call all the same."""


@dataclass(frozen=True, slots=True)
class ReattachTimedOut:
    """The agent did not come back within the grace after absence number `absence`."""

    absence: int


@dataclass(frozen=True, slots=True)
class ConsentTimedOut:
    """The customer pressed no key after question number `question`."""

    question: int


@dataclass(frozen=True, slots=True)
class CloseTimedOut:
    """Meta sent no `terminate` webhook for a call that we ended."""


@dataclass(frozen=True, slots=True)
class GatewayRestarted:
    """The process that carried this call is gone, and its audio with it."""


TimerEvent = (
    RingTimedOut
    | StepTimedOut
    | StickyLookupTimedOut
    | StickyTimedOut
    | TurnTimedOut
    | PositionDue
    | ClaimExpired
    | ConsultTimedOut
    | ConnectTimedOut
    | PlacingTimedOut
    | ReattachTimedOut
    | ConsentTimedOut
    | CloseTimedOut
)

CallEvent = (
    CallOffered
    | CallAnswerReceived
    | CallStatusChanged
    | CallTerminated
    | AnswerCreated
    | OfferCreated
    | LegConnected
    | LegLost
    | StickyAgentKnown
    | StickyAgentBusy
    | PromptEnded
    | DigitPressed
    | FirstPacket
    | SoundFound
    | SoundMeasured
    | AgentsRung
    | AgentDialed
    | AgentAnswered
    | AgentDeclined
    | AgentAudible
    | AgentSeatLost
    | AgentSeatBack
    | AgentMuted
    | AgentHungUp
    | AgentHeld
    | RecordingAsked
    | RecordingHeldBack
    | RecordingLost
    | TransferAsked
    | ConsultAsked
    | ConsultAnswered
    | ConsultLeft
    | ConsultJoined
    | ConsultHandedOver
    | SupervisorCame
    | SupervisorLeft
    | SupervisorTookOver
    | PreAccepted
    | CallAccepted
    | CallPlaced
    | EndingConfirmed
    | EffectFailed
    | TimerEvent
    | GatewayRestarted
)
"""What `signaling.lifecycle.step` takes."""
