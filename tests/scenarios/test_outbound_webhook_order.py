"""Any order and any repetition of the webhooks of a call that we make, and of the answer to `connect`, on any course of
the call, ends in one right record."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.call import Call, Outcome, Party, State
from signaling.effects import ConnectCall
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    CallAnswerReceived,
    CallEvent,
    CallPlaced,
    CallStatusChanged,
    CallTerminated,
    EffectFailed,
    OutboundStatus,
)
from signaling.ids import CallId
from tests.fakes.virtual_time import run_in_virtual_time
from tests.fakes.world import ANA, MARIA, SEAT_A, SEAT_B, WACID, FakeWorld, answer_received, over_at_meta, status
from tests.scenarios.test_inbound_call import settle
from tests.scenarios.test_outbound_call import WISH, dial

RINGING, ACCEPTED, REJECTED = OutboundStatus.RINGING, OutboundStatus.ACCEPTED, OutboundStatus.REJECTED
UNCLEAR = EffectFailed("ConnectCall", Failure("network.connect_unclear", Fault.NETWORK))

Item = str
"""What Meta sends, by a word: the call's id is known only when it lives."""

COURSES: list[tuple[list[Item], Outcome]] = [
    (["answer", "ringing", "accepted", "ended, talked"], Outcome.ANSWERED),
    (["answer", "accepted", "ended, talked"], Outcome.ANSWERED),  # no RINGING
    (["answer", "ringing", "ended, talked"], Outcome.ANSWERED),  # the acceptance was lost
    (["answer", "ringing", "rejected", "ended"], Outcome.DECLINED),
    (["ringing", "rejected", "ended"], Outcome.DECLINED),
    (["answer", "ringing", "ended"], Outcome.MISSED),
    (["ended"], Outcome.MISSED),
    (["answer", "ringing", "ended, failed"], Outcome.FAILED),
    (["answer", "rejected", "ended, failed"], Outcome.FAILED),
]


def event_of(item: Item, our: CallId) -> CallAnswerReceived | CallStatusChanged | CallTerminated:
    match item:
        case "answer":
            return answer_received(our)
        case "ringing":
            return status(RINGING, our)
        case "accepted":
            return status(ACCEPTED, our)
        case "rejected":
            return status(REJECTED, our)
        case _:
            return over_at_meta(our, talked_s=20 if "talked" in item else None, failed="failed" in item)


@st.composite
def courses(draw: st.DrawFn) -> tuple[list[Item], Outcome]:
    """What Meta tells of one call, each once or several times, in any order."""
    items, outcome = draw(st.sampled_from(COURSES))
    copies = [item for item in items for _ in range(draw(st.integers(1, 3)))]
    return draw(st.permutations(copies)), outcome


async def run(
    items: list[Item], response_at: int | None, gaps_s: list[float], actions: list[CallEvent | None]
) -> FakeWorld:
    """Deliver with gaps of virtual time, the agent acting in between. `response_at`: before which webhook the answer to
    `connect` comes; None: it is lost, and only webhooks tell of the call."""
    world = FakeWorld()
    world.silent(ConnectCall)
    call_id = await dial(world, WISH)
    if response_at is None:
        world.exchange.tell(call_id, UNCLEAR)
    deliveries = []
    for index, item in enumerate(items):
        if index == response_at:
            world.exchange.tell(call_id, CallPlaced(WACID))
        deliveries.append(asyncio.create_task(world.exchange.deliver(event_of(item, call_id))))
        await asyncio.sleep(gaps_s[index % len(gaps_s)])
        action = actions[index % len(actions)] if actions else None
        if action is not None:
            world.exchange.tell(call_id, action)
            await settle()
    if response_at is not None and response_at >= len(items):
        world.exchange.tell(call_id, CallPlaced(WACID))
    await asyncio.gather(*deliveries)
    await asyncio.sleep(200)
    return world


RESPONSES = st.one_of(st.none(), st.integers(0, 12))
GAPS = st.lists(st.sampled_from([0.0, 0.0, 0.5, 3.0, 40.0]), min_size=1, max_size=6)
ACTIONS = st.lists(
    st.sampled_from(
        [None, AgentHungUp(ANA.id), AgentSeatLost(ANA.id, SEAT_A), AgentSeatBack(ANA.id, SEAT_B)],
    ),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(course=courses(), response_at=RESPONSES, gaps_s=GAPS, actions=ACTIONS)
def test_every_course_ends_closed_with_one_row_and_all_that_meta_told(
    course: tuple[list[Item], Outcome],
    response_at: int | None,
    gaps_s: list[float],
    actions: list[CallEvent | None],
) -> None:
    items, _ = course
    world = run_in_virtual_time(run(items, response_at, gaps_s, actions))
    call, names = world.call, world.names()  # exactly one row
    assert (call.state, call.wacid, call.customer) == (State.ENDED, WACID, MARIA)
    assert world.exchange.live_calls == []
    assert call.outcome is call.outcome_now()
    assert call.ended_by is not None
    kinds = [entry.kind for entry in call.timeline]
    assert kinds.count("terminated_by_meta") == kinds.count("ended") == 1
    assert kinds.count("placed") <= 1
    assert (call.accepted_at is not None) == ("accepted" in items)
    assert (call.rejected_at is not None) == ("rejected" in items)
    assert (call.meta_duration_s == 20) == ("ended, talked" in items)
    assert names.count("ConnectCall") == 1, "never blindly again"
    assert names.count("ApplyAnswer") <= 1
    assert names.count("CloseMedia") >= 1
    if "ConnectAudio" in names:
        assert call.accepted_at is not None
    if call.accepted_at is not None and call.ended_at is not None:
        assert call.accepted_at <= call.ended_at


@settings(max_examples=200, deadline=None)
@given(course=courses(), response_at=RESPONSES)
def test_when_nobody_acts_the_record_does_not_depend_on_order_or_repetition(
    course: tuple[list[Item], Outcome], response_at: int | None
) -> None:
    def facts(call: Call) -> tuple[object, ...]:
        failure = call.failure.code if call.failure else None
        return call.outcome, call.ended_by, failure, call.customer, call.offered_at is None, call.meta_duration_s

    items, outcome = course
    call = run_in_virtual_time(run(items, response_at, [0.0], [])).call
    in_order = next(known for known, _ in COURSES if set(known) == set(items))
    assert facts(call) == facts(run_in_virtual_time(run(in_order, 0, [0.0], [])).call)
    assert (call.outcome, call.ended_by) == (outcome, Party.CUSTOMER)
