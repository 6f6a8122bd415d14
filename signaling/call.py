"""A call as data: everything known of it, and the words for its states and ends. `signaling.lifecycle` moves it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from signaling.errors import Failure
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId, RequestKey, SeatId
from signaling.invitations import Invitation
from signaling.plan import Place, Plan
from signaling.private import Payload, Sdp, Wacid
from signaling.recording_policy import NOT_RECORDED, RecordingPolicy
from signaling.sound import SoundTrouble
from signaling.supervision import Supervision


class State(StrEnum):
    NEW = "new"  # nothing has happened yet
    PREPARING = "preparing"  # our leg is being described; outbound: the agent's microphone is waited for before it
    DIALING = "dialing"  # outbound: Meta was asked to connect; the customer's phone may ring, or be picked up already
    RINGING = "ringing"  # the customer hears it ring; free agents are offered the call
    CLAIMED = "claimed"  # an agent pressed answer; we wait to hear their microphone and for our leg to be up
    ACCEPTING = "accepting"  # `accept` is on its way to Meta
    WAITING = "waiting"  # accepted, and nobody talks yet: announcement, menu, queue, voicemail, farewell
    TALKING = "talking"
    REATTACHING = "reattaching"  # the agent's audio is gone; the customer hears the hold tone
    ENDING = "ending"  # we ended it; Meta's `terminate` webhook is awaited
    ENDED = "ended"


class Outcome(StrEnum):
    """What became of the call, for records and reports. Set when we end it or Meta does; later facts may correct it."""

    ANSWERED = "answered"
    MISSED = "missed"  # never accepted, whoever gave up first
    ABANDONED = "abandoned"  # accepted by the plan, and no agent ever talked to the customer
    DECLINED = "declined"  # outbound: the customer pressed the red button
    FAILED = "failed"  # something broke: `failure` says what


class Consent(StrEnum):
    """A customer's answer to whether they may be recorded."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


class Recording(StrEnum):
    """What the recording of a call is doing."""

    OFF = "off"
    ON = "on"
    PAUSED = "paused"
    FAILED = "failed"  # nothing more can be kept of this call


class Party(StrEnum):
    """Who ended the call."""

    CUSTOMER = "customer"
    AGENT = "agent"
    GATEWAY = "gateway"  # the ring window, a failure of ours, a restart


@dataclass(frozen=True, slots=True)
class Rules:
    """Durations of one number, in seconds. Meta's window is 30 to 60 s (reference 3.8): ours ends before it."""

    ring_window_s: float = 25.0
    shortest_ring_s: float = 5.0  # also for an offer that reached us late
    claim_lease_s: float = 4.0
    connect_s: float = 10.0  # ICE and DTLS towards Meta
    reattach_grace_s: float = 20.0
    close_s: float = 30.0  # Meta's terminate webhook after our own terminate
    stale_offer_s: float = 60.0
    sticky_ring_s: float = 8.0  # for an agent whom the customer should reach, alone, before the others
    sticky_lookup_s: float = 1.0  # how long nobody is rung while it is asked who that is
    wrap_up_s: float = 0.0  # after a call its agent is offered no other for so long; 0: at once
    dial_window_s: float = 60.0  # how long a customer's phone rings for us; Meta's own time is not documented (3.8)


META_WINDOW_S: Final = 30.0
"""After so long Meta may give up a call that nobody accepted: 30 to 60 s (reference 3.8), and no number says which."""

SETTABLE_RULES: Final[dict[str, tuple[float, float]]] = {
    # Whoever answers in its last moment still has the claim's lease, and all of it must lie inside Meta's window.
    "ring_window_s": (5.0, META_WINDOW_S - Rules().claim_lease_s),
    "reattach_grace_s": (5.0, 300.0),
    "sticky_ring_s": (0.0, 25.0),
    "wrap_up_s": (0.0, 3_600.0),
    "dial_window_s": (10.0, 120.0),
}
"""Rules that an administrator may set for a number, with the least and the most. The others are the software's own."""


def inside_metas_window(rules: Rules) -> Rules:
    """Rules as they were stored, with a ring window that ends before Meta may give up: older versions took more."""
    return replace(rules, ring_window_s=min(rules.ring_window_s, SETTABLE_RULES["ring_window_s"][1]))


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a call's history: `kind` is a stable word, `data` holds ids, counts and codes, nothing private."""

    at: datetime
    kind: str
    data: dict[str, str | int | float | bool] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Claim:
    agent: AgentId
    seat: SeatId
    audible: bool = False


UNSTORED: Final = {"stored": False}
"""Of fields that only a live call needs: a call does not outlive its process."""


@dataclass(frozen=True, slots=True)
class Consult:
    """A second agent in the call: asked by its agent while the customer hears music, or, once `joined`, the third in a
    conversation of three. `seat` None: it rings for them."""

    agent: AgentId
    number: int  # grows with every consultation of the call, so that a timer that comes late is told apart
    seat: SeatId | None = None
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Everything known of one call. Times are UTC; None means: has not happened."""

    id: CallId
    number: NumberId
    phone_number_id: PhoneNumberId
    department: DepartmentId | None
    direction: Direction
    wacid: Wacid | None  # Meta's name of it; an outbound call has none before Meta's first word
    rules: Rules = Rules()
    state: State = State.NEW
    customer: Customer = Customer()
    button_payload: Payload | None = None
    link_payload: Payload | None = None
    reference: Payload | None = None  # outbound: what the integrator who asked for the call names it by
    refusal: Failure | None = None  # decided before it rings: the number takes no calls
    answer: Sdp | None = None  # ours: the very bytes of pre_accept, for accept; outbound: Meta's
    request_key: RequestKey | None = None  # outbound: whoever asks again with the same key gets this very call

    received_at: datetime | None = None  # first heard of, by us; outbound: when the agent asked
    offered_at: datetime | None = None  # Meta's time of the connect; outbound: of its answer
    pre_accepted_at: datetime | None = None
    rung_at: datetime | None = None
    answered_at: datetime | None = None  # the first agent who talked pressed answer (their claim held)
    accepted_at: datetime | None = None  # Meta answered 200 to accept; outbound: the customer picked up
    rejected_at: datetime | None = None  # outbound: the customer declined
    customer_audio_at: datetime | None = None  # first packet from Meta
    agent_audio_at: datetime | None = None  # first packet to Meta; outbound: silence, before anybody picks up
    ended_at: datetime | None = None
    meta_started_at: datetime | None = None  # Meta's own idea of the conversation, for invoices
    meta_ended_at: datetime | None = None
    meta_duration_s: int | None = None

    leg_connected: bool = False
    ring_window_over: bool = False
    waiting_since: datetime | None = None  # accepted without an agent: since when
    callback_promised_at: datetime | None = None

    # Where it is in its number's plan
    plan: Plan | None = field(default=None, metadata=UNSTORED)
    place: Place | None = field(default=None, metadata=UNSTORED)
    places: int = field(default=0, metadata=UNSTORED)  # the number of its latest place, in whatever plan
    is_open: bool = field(default=True, metadata=UNSTORED)  # the number's hours, when it called
    has_operators: bool = field(default=False, metadata=UNSTORED)  # the number names whom it rings for
    step_over: bool = field(default=False, metadata=UNSTORED)  # the step's time ended while an agent was answering
    asks_for_agent: bool = field(default=False, metadata=UNSTORED)  # somebody knows whom this customer should reach
    invitation: Invitation | None = field(default=None, metadata=UNSTORED)  # the button they pressed names an agent
    hint_awaited: bool = field(default=False, metadata=UNSTORED)  # they are being asked: nobody is rung yet
    sticky_agent: AgentId | None = field(default=None, metadata=UNSTORED)  # whom the customer should reach
    sticky_over: bool = field(default=False, metadata=UNSTORED)
    rung: frozenset[AgentId] = field(default=frozenset(), metadata=UNSTORED)  # for whom it rings now
    passed: frozenset[AgentId] = field(default=frozenset(), metadata=UNSTORED)  # had a turn here, in this round
    turns: int = field(default=0, metadata=UNSTORED)  # one by one: how many there were; a late timer names its own
    given_on_at: datetime | None = field(default=None, metadata=UNSTORED)  # an agent was there: waits again since then

    claim: Claim | None = None
    claims: int = 0  # how many claims there were; a late ClaimExpired names its own
    absences: int = 0
    reattach_until: datetime | None = None
    ring_until: datetime | None = None
    declined_by: frozenset[AgentId] = frozenset()
    muted: bool = False
    held: bool = field(default=False, metadata=UNSTORED)  # the customer hears music because the agent wished so
    consult: Consult | None = field(default=None, metadata=UNSTORED)
    consults: int = field(default=0, metadata=UNSTORED)
    supervision: Supervision | None = field(default=None, metadata=UNSTORED)  # the timeline keeps it
    keys: str = field(default="", repr=False, metadata=UNSTORED)  # what the customer pressed while an agent was there
    recording_policy: RecordingPolicy = field(default=NOT_RECORDED, metadata=UNSTORED)
    recording: Recording = field(default=Recording.OFF, metadata=UNSTORED)
    recording_asked: bool = field(default=False, metadata=UNSTORED)  # on demand: the agent wants it
    recording_held_back: bool = field(default=False, metadata=UNSTORED)  # card data
    consent: Consent | None = field(default=None, metadata=UNSTORED)  # the timeline keeps it
    consent_at: datetime | None = field(default=None, metadata=UNSTORED)
    consents: int = field(default=0, metadata=UNSTORED)  # how often the customer was asked
    # Of the recording itself (`signaling.recording_record`), which has a row of its own
    recording_since: datetime | None = field(default=None, metadata=UNSTORED)
    recording_until: datetime | None = field(default=None, metadata=UNSTORED)  # nothing is added any more
    recording_failure: str | None = field(default=None, metadata=UNSTORED)  # a word
    troubles: tuple[SoundTrouble, ...] = field(default=(), metadata=UNSTORED)  # with the sound, now
    agent: AgentId | None = None  # who talked (or talks) to the customer; outbound: who called
    outcome: Outcome | None = None
    ended_by: Party | None = None
    failure: Failure | None = None
    terminated_by_meta: bool = False  # its terminate webhook has come
    timeline: tuple[TimelineEntry, ...] = ()

    def outcome_now(self) -> Outcome:
        """What became of the call, from its facts, in whatever order they came."""
        if self.failure is not None:
            return Outcome.FAILED
        if self.accepted_at is not None or self.meta_started_at is not None:
            return Outcome.ABANDONED if self.waiting_since is not None and self.agent is None else Outcome.ANSWERED
        return Outcome.MISSED if self.rejected_at is None else Outcome.DECLINED

    @property
    def meta_id(self) -> Wacid:
        """Meta's name of a call that has one, as every inbound call does."""
        assert self.wacid is not None
        return self.wacid

    def note(self, at: datetime, kind: str, **data: str | int | float | bool) -> "Call":
        return replace(self, timeline=(*self.timeline, TimelineEntry(at, kind, data)))
