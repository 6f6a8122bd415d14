"""The table of `docs/call-states.md`, drawn by calling `step` on every pair of state and event.

Write it again after a change: `python -m tests.unit.lifecycle_table > docs/call-states.md`.
"""

from collections.abc import Iterator
from dataclasses import replace

from signaling.call import Call, Claim, Consent, Consult, Outcome, Party, Recording, State
from signaling.effects import Effect
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentDeclined,
    AgentDialed,
    AgentHeld,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    AnswerCreated,
    CallAccepted,
    CallEvent,
    CallPlaced,
    CallStatusChanged,
    ClaimExpired,
    CloseTimedOut,
    ConnectTimedOut,
    ConsentTimedOut,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    ConsultJoined,
    ConsultLeft,
    ConsultTimedOut,
    DigitPressed,
    Direction,
    EffectFailed,
    EndingConfirmed,
    FirstPacket,
    GatewayRestarted,
    LegConnected,
    LegLost,
    OfferCreated,
    OutboundStatus,
    PlacingTimedOut,
    PositionDue,
    PreAccepted,
    PromptEnded,
    ReattachTimedOut,
    RecordingAsked,
    RecordingHeldBack,
    RecordingLost,
    RingTimedOut,
    SoundFound,
    SoundMeasured,
    StepTimedOut,
    StickyAgentBusy,
    StickyAgentKnown,
    StickyLookupTimedOut,
    StickyTimedOut,
    SupervisorCame,
    SupervisorLeft,
    SupervisorTookOver,
    TransferAsked,
    TurnTimedOut,
)
from signaling.ids import CallId
from signaling.lifecycle import step
from signaling.plan import Place
from signaling.recording_moves import CONSENT_PLACE
from signaling.recording_policy import Agreement, RecordingPolicy, When
from signaling.sound import SoundTrouble, Trouble
from signaling.supervision import Supervision, Way
from tests.fakes.virtual_time import START
from tests.fakes.world import (
    ANA,
    ANSWER,
    BIA,
    MARIA,
    NUMBER,
    OFFER,
    PNID,
    SALES,
    SEAT_A,
    SEAT_B,
    WACID,
    answer_received,
    offered,
    status,
    terminated,
)
from tests.scenarios.plan_world import CALLBACK, END, GREETING, MENU, PLAN, QUEUE, RING, VOICEMAIL

FAILURE = Failure("meta.138007", Fault.META)

NEW = Call(CallId("0" * 32), NUMBER.id, PNID, SALES, Direction.INBOUND, WACID)
PREPARING = replace(
    NEW,
    state=State.PREPARING,
    received_at=START,
    offered_at=START,
    customer=MARIA,
    ring_until=START,
    plan=PLAN,
    place=Place(RING),
)
RINGING = replace(PREPARING, state=State.RINGING, answer=ANSWER)
ASKED_FOR = replace(RINGING, asks_for_agent=True, hint_awaited=True)
CLAIMED = replace(
    RINGING, state=State.CLAIMED, claim=Claim(ANA.id, SEAT_A), claims=1, pre_accepted_at=START, leg_connected=True
)
ACCEPTING = replace(CLAIMED, state=State.ACCEPTING, claim=Claim(ANA.id, SEAT_A, audible=True))
TALKING = replace(ACCEPTING, state=State.TALKING, accepted_at=START, agent=ANA.id)
REATTACHING = replace(TALKING, state=State.REATTACHING, absences=1)
HELD = replace(TALKING, held=True)
ASKING = replace(HELD, consult=Consult(BIA.id, 1), consults=1)
CONSULTING = replace(ASKING, consult=Consult(BIA.id, 1, SEAT_B))
THREE = replace(CONSULTING, consult=Consult(BIA.id, 1, SEAT_B, joined=True), held=False)
LISTENED = replace(TALKING, supervision=Supervision(BIA.id, SEAT_B, Way.LISTEN, START))
BARGED = replace(TALKING, supervision=Supervision(BIA.id, SEAT_B, Way.BARGE_IN, START))
BARGED_ALONE = replace(REATTACHING, supervision=BARGED.supervision)
BY_KEY = RecordingPolicy(When.AFTER_CONSENT, Agreement.KEY)
QUESTIONED = replace(TALKING, recording_policy=BY_KEY, consent=Consent.ASKED, consents=1)
RECORDED = replace(TALKING, recording_policy=RecordingPolicy(When.ON_DEMAND), recording_asked=True)
RECORDED = replace(RECORDED, recording=Recording.ON)
PLAN_ACCEPTING = replace(ACCEPTING, claim=None, place=Place(GREETING))
ANNOUNCED = replace(PLAN_ACCEPTING, state=State.WAITING, accepted_at=START, waiting_since=START)
AT_MENU = replace(ANNOUNCED, place=Place(MENU))
QUEUED = replace(ANNOUNCED, place=Place(QUEUE))
AT_OFFER = replace(ANNOUNCED, place=Place(CALLBACK))
AT_VOICEMAIL = replace(ANNOUNCED, place=Place(VOICEMAIL))
AT_FAREWELL = replace(ANNOUNCED, place=Place(END))
TAKEN = replace(QUEUED, state=State.CLAIMED, claim=Claim(ANA.id, SEAT_A), claims=1)
ENDING = replace(TALKING, state=State.ENDING, ended_by=Party.AGENT, ended_at=START)
ENDED = replace(ENDING, state=State.ENDED, outcome=Outcome.ANSWERED, terminated_by_meta=True)

INBOUND: dict[str, Call] = {
    "new": NEW,
    "preparing": PREPARING,
    "ringing": RINGING,
    "ringing, it is asked for whom": ASKED_FOR,
    "claimed": CLAIMED,
    "accepting": ACCEPTING,
    "accepting, for the plan": PLAN_ACCEPTING,
    "waiting, an announcement is played": ANNOUNCED,
    "waiting, at a menu": AT_MENU,
    "waiting, in a queue": QUEUED,
    "waiting, offered a call back": AT_OFFER,
    "waiting, a voicemail": AT_VOICEMAIL,
    "waiting, a farewell is played": AT_FAREWELL,
    "claimed, from a queue": TAKEN,
    "talking": TALKING,
    "talking, the customer is asked whether they may be recorded": QUESTIONED,
    "talking, recorded as the agent wished": RECORDED,
    "talking, on hold": HELD,
    "talking, another agent is asked": ASKING,
    "talking, in a consultation": CONSULTING,
    "talking, three": THREE,
    "talking, a supervisor listens": LISTENED,
    "talking, a supervisor has barged in": BARGED,
    "reattaching": REATTACHING,
    "reattaching, a supervisor has barged in": BARGED_ALONE,
    "ending": ENDING,
    "ended": ENDED,
}

ASKED = replace(NEW, direction=Direction.OUTBOUND, wacid=None, customer=MARIA, claim=Claim(ANA.id, SEAT_A))
UNHEARD = replace(ASKED, state=State.PREPARING, received_at=START, claims=1, agent=ANA.id)
OFFERING = replace(UNHEARD, claim=Claim(ANA.id, SEAT_A, audible=True))
CONNECTING = replace(OFFERING, state=State.DIALING, ring_until=START)
DIALING = replace(CONNECTING, wacid=WACID, answer=ANSWER, offered_at=START)
TUNNELLED = replace(DIALING, leg_connected=True, rung_at=START)
ALONE = replace(TUNNELLED, claim=Claim(ANA.id, SEAT_A), absences=1)
PICKED_UP = replace(DIALING, accepted_at=START)
CALLING = replace(TUNNELLED, state=State.TALKING, accepted_at=START)
CALL_HELD = replace(CALLING, state=State.REATTACHING, absences=1)
HUNG_UP = replace(CALLING, state=State.ENDING, ended_by=Party.AGENT, ended_at=START)
CANCELLED = replace(CONNECTING, state=State.ENDING, ended_by=Party.AGENT, ended_at=START)
CALLED = replace(HUNG_UP, state=State.ENDED, outcome=Outcome.ANSWERED, terminated_by_meta=True)
UNCLEAR = replace(CANCELLED, state=State.ENDED, outcome=Outcome.MISSED)

OUTBOUND: dict[str, Call] = {
    "new": ASKED,
    "preparing, the agent not heard yet": UNHEARD,
    "preparing": OFFERING,
    "dialing, not named by Meta yet": CONNECTING,
    "dialing, Meta has answered": DIALING,
    "dialing, the leg is connected": TUNNELLED,
    "dialing, the agent is away": ALONE,
    "dialing, picked up before the leg is connected": PICKED_UP,
    "talking": CALLING,
    "reattaching": CALL_HELD,
    "ending": HUNG_UP,
    "ending, not named by Meta yet": CANCELLED,
    "ended": CALLED,
    "ended, never named by Meta": UNCLEAR,
}

CALLS = (*INBOUND.values(), *OUTBOUND.values())

EVENTS: tuple[CallEvent, ...] = (
    offered(),
    answer_received(),
    status(OutboundStatus.RINGING),
    status(OutboundStatus.ACCEPTED),
    status(OutboundStatus.REJECTED),
    terminated(),
    AnswerCreated(ANSWER),
    OfferCreated(OFFER),
    LegConnected(),
    LegLost(FAILURE),
    FirstPacket("customer"),
    SoundFound((SoundTrouble(Trouble.CUSTOMER_SILENT, START),)),
    SoundMeasured({"customer_to_us_mos": 4.3}),
    AgentDialed(ANA.id, SEAT_A),
    AgentsRung(frozenset({ANA.id, BIA.id})),
    AgentAnswered(ANA.id, SEAT_A),
    AgentDeclined(BIA.id),
    AgentAudible(ANA.id, SEAT_A),
    AgentSeatLost(ANA.id, SEAT_A),
    AgentSeatBack(ANA.id, SEAT_B),
    AgentMuted(ANA.id, True),
    AgentHungUp(ANA.id),
    AgentHeld(ANA.id, True),
    AgentHeld(ANA.id, False),
    RecordingAsked(ANA.id, True),
    RecordingAsked(ANA.id, False),
    RecordingHeldBack(ANA.id, True),
    RecordingLost("disk_full"),
    TransferAsked(ANA.id, to_agent=BIA.id),
    TransferAsked(ANA.id, to_department=SALES),
    ConsultAsked(ANA.id, BIA.id),
    ConsultAnswered(BIA.id, SEAT_B),
    ConsultLeft(BIA.id),
    ConsultJoined(ANA.id),
    ConsultHandedOver(ANA.id),
    SupervisorCame(BIA.id, SEAT_B, Way.LISTEN),
    SupervisorCame(BIA.id, SEAT_B, Way.WHISPER),
    SupervisorCame(BIA.id, SEAT_B, Way.BARGE_IN),
    SupervisorTookOver(BIA.id),
    SupervisorLeft(BIA.id),
    DigitPressed("1"),
    DigitPressed("#"),
    PromptEnded(1),
    PromptEnded(CONSENT_PLACE),
    PreAccepted(),
    CallAccepted(),
    CallPlaced(WACID),
    EndingConfirmed(),
    EffectFailed("CreateAnswer", FAILURE),
    EffectFailed("CreateOffer", FAILURE),
    EffectFailed("ConnectCall", FAILURE),
    EffectFailed("ApplyAnswer", FAILURE),
    EffectFailed("PreAcceptCall", FAILURE),
    EffectFailed("AcceptCall", FAILURE),
    EffectFailed("TerminateCall", FAILURE),
    EffectFailed("PlayPrompts", FAILURE),
    RingTimedOut(),
    StepTimedOut(1),
    StickyAgentKnown(ANA.id),
    StickyAgentBusy(ANA.id),
    StickyLookupTimedOut(),
    StickyTimedOut(1),
    TurnTimedOut(1),
    PositionDue(1),
    ConsultTimedOut(1),
    ClaimExpired(1),
    ConnectTimedOut(),
    PlacingTimedOut(),
    ReattachTimedOut(1),
    ConsentTimedOut(1),
    CloseTimedOut(),
    GatewayRestarted(),
)


def pairs() -> Iterator[tuple[Call, CallEvent, Call, list[Effect]]]:
    for call in CALLS:
        for event in EVENTS:
            after, effects = step(call, event, START)
            yield call, event, after, effects


def name_of(event: CallEvent) -> str:
    match event:
        case EffectFailed(effect=effect):
            return f"EffectFailed({effect})"
        case CallStatusChanged(status=what):
            return f"CallStatusChanged({what.value})"
        case DigitPressed(digit=digit):
            return f"DigitPressed({digit})"
        case AgentHeld(held=held):
            return "AgentHeld" if held else "AgentHeld(back)"
        case RecordingAsked(on=on):
            return "RecordingAsked" if on else "RecordingAsked(no more)"
        case PromptEnded(place=place) if place == CONSENT_PLACE:
            return "PromptEnded(question)"
        case TransferAsked(to_agent=to_agent):
            return f"TransferAsked({'department' if to_agent is None else 'agent'})"
        case _:
            return type(event).__name__


def render() -> str:
    lines = [
        "# The states of a call",
        "",
        "Drawn by calling `signaling.lifecycle.step` on every pair; a test fails when it is not current. A pair that",
        "is not here changes nothing: Meta repeats and reorders, and timers are never cancelled.",
    ]
    lines += ["", "# Calls that come in"]
    for title, call in INBOUND.items():
        lines += _section(title, call)
    lines += ["", "# Calls that we make"]
    for title, call in OUTBOUND.items():
        lines += _section(title, call)
    return "\n".join(lines) + "\n"


def _section(title: str, call: Call) -> list[str]:
    rows = [
        f"| {name_of(event)} | {after.state.value} | {', '.join(type(effect).__name__ for effect in effects)} |"
        for before, event, after, effects in pairs()
        if before is call and after is not call
    ]
    return ["", f"## {title}", "", "| event | then | effects |", "|---|---|---|", *rows] if rows else []


if __name__ == "__main__":
    print(render(), end="")
