"""The table of `docs/call-states.md`, drawn by calling `step` on every pair of state and event.

Write it again after a change: `python -m tests.unit.lifecycle_table > docs/call-states.md`.
"""

from collections.abc import Iterator
from dataclasses import replace

from signaling.call import Call, Claim, Outcome, Party, State
from signaling.effects import Effect
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentAnswered,
    AgentAudible,
    AgentDeclined,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    AnswerCreated,
    CallAccepted,
    CallEvent,
    ClaimExpired,
    CloseTimedOut,
    ConnectTimedOut,
    Direction,
    EffectFailed,
    EndingConfirmed,
    FirstPacket,
    GatewayRestarted,
    LegConnected,
    LegLost,
    PreAccepted,
    ReattachTimedOut,
    RingTimedOut,
)
from signaling.ids import CallId
from signaling.lifecycle import step
from tests.fakes.virtual_time import START
from tests.fakes.world import ANA, ANSWER, BIA, MARIA, NUMBER, PNID, SALES, SEAT_A, SEAT_B, WACID, offered, terminated

FAILURE = Failure("meta.138007", Fault.META)

NEW = Call(CallId("0" * 32), NUMBER.id, PNID, SALES, Direction.INBOUND, WACID)
PREPARING = replace(NEW, state=State.PREPARING, received_at=START, offered_at=START, customer=MARIA, ring_until=START)
RINGING = replace(PREPARING, state=State.RINGING, answer=ANSWER)
CLAIMED = replace(
    RINGING, state=State.CLAIMED, claim=Claim(ANA.id, SEAT_A), claims=1, pre_accepted_at=START, leg_connected=True
)
ACCEPTING = replace(CLAIMED, state=State.ACCEPTING, claim=Claim(ANA.id, SEAT_A, audible=True))
TALKING = replace(ACCEPTING, state=State.TALKING, accepted_at=START, agent=ANA.id)
REATTACHING = replace(TALKING, state=State.REATTACHING, absences=1)
ENDING = replace(TALKING, state=State.ENDING, ended_by=Party.AGENT, ended_at=START)
ENDED = replace(ENDING, state=State.ENDED, outcome=Outcome.ANSWERED, terminated_by_meta=True)

CALLS = (NEW, PREPARING, RINGING, CLAIMED, ACCEPTING, TALKING, REATTACHING, ENDING, ENDED)

EVENTS: tuple[CallEvent, ...] = (
    offered(),
    terminated(),
    AnswerCreated(ANSWER),
    LegConnected(),
    LegLost(FAILURE),
    FirstPacket("customer"),
    AgentsRung(2),
    AgentAnswered(ANA.id, SEAT_A),
    AgentDeclined(BIA.id),
    AgentAudible(ANA.id, SEAT_A),
    AgentSeatLost(ANA.id, SEAT_A),
    AgentSeatBack(ANA.id, SEAT_B),
    AgentMuted(ANA.id, True),
    AgentHungUp(ANA.id),
    PreAccepted(),
    CallAccepted(),
    EndingConfirmed(),
    EffectFailed("CreateAnswer", FAILURE),
    EffectFailed("PreAcceptCall", FAILURE),
    EffectFailed("AcceptCall", FAILURE),
    EffectFailed("TerminateCall", FAILURE),
    RingTimedOut(),
    ClaimExpired(1),
    ConnectTimedOut(),
    ReattachTimedOut(1),
    CloseTimedOut(),
    GatewayRestarted(),
)


def pairs() -> Iterator[tuple[Call, CallEvent, Call, list[Effect]]]:
    for call in CALLS:
        for event in EVENTS:
            after, effects = step(call, event, START)
            yield call, event, after, effects


def name_of(event: CallEvent) -> str:
    return f"EffectFailed({event.effect})" if isinstance(event, EffectFailed) else type(event).__name__


def render() -> str:
    lines = [
        "# The states of a call",
        "",
        "Drawn by calling `signaling.lifecycle.step` on every pair; a test fails when it is not current. A pair that",
        "is not here changes nothing: Meta repeats and reorders, and timers are never cancelled.",
    ]
    for call in CALLS:
        rows = [
            f"| {name_of(event)} | {after.state.value} | {', '.join(type(effect).__name__ for effect in effects)} |"
            for before, event, after, effects in pairs()
            if before is call and after is not call
        ]
        if rows:
            lines += ["", f"## {call.state.value}", "", "| event | then | effects |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render(), end="")
