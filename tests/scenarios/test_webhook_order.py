"""Any order and any repetition of a call's webhooks, on any course of the call, ends in one right record."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.call import Call, Outcome, Party, State
from signaling.effects import AcceptCall, CloseMedia, CreateAnswer
from signaling.events import AgentAnswered, AgentHungUp, AgentSeatLost, CallEvent, CallOffered, CallTerminated
from signaling.private import Payload
from tests.fakes.virtual_time import START, run_in_virtual_time
from tests.fakes.world import ANA, MARIA, SEAT_A, FakeWorld, offered, terminated
from tests.scenarios.test_inbound_call import settle

Webhook = CallOffered | CallTerminated

PAYLOAD = Payload("ticket=7")  # only the offer tells it


def the_offer() -> CallOffered:
    return replace(offered(), button_payload=PAYLOAD)


ENDS = [
    terminated(),
    terminated(talked_s=31),
    terminated(failed=True),
    terminated(talked_s=20, failed=True),
]


@st.composite
def webhook_orders(draw: st.DrawFn) -> list[Webhook]:
    """One offer and one end of a call, each once or several times, in any order."""
    offer = the_offer()
    end = draw(st.sampled_from(ENDS))
    copies: list[Webhook] = [offer] * draw(st.integers(1, 4)) + [end] * draw(st.integers(1, 4))
    return draw(st.permutations(copies))


async def run(webhooks: list[Webhook], gaps_s: list[float], actions: list[CallEvent | None]) -> FakeWorld:
    """Deliver the webhooks with gaps of virtual time, agents acting in between; some deliveries at the same moment."""
    world = FakeWorld()
    deliveries = []
    for index, webhook in enumerate(webhooks):
        deliveries.append(asyncio.create_task(world.exchange.deliver(webhook)))
        await asyncio.sleep(gaps_s[index % len(gaps_s)])
        action = actions[index % len(actions)] if actions else None
        if action is not None and world.store.rows:
            world.exchange.tell(world.call.id, action)
            await settle()
    await asyncio.gather(*deliveries)
    await asyncio.sleep(200)
    return world


AGENT_ACTIONS = st.lists(
    st.sampled_from([None, AgentAnswered(ANA.id, SEAT_A), AgentHungUp(ANA.id), AgentSeatLost(ANA.id, SEAT_A)]),
    max_size=6,
)
GAPS = st.lists(st.sampled_from([0.0, 0.0, 0.5, 3.0, 40.0]), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(webhooks=webhook_orders(), gaps_s=GAPS, actions=AGENT_ACTIONS)
def test_every_course_ends_closed_with_one_row_and_all_that_meta_told(
    webhooks: list[Webhook], gaps_s: list[float], actions: list[CallEvent | None]
) -> None:
    world = run_in_virtual_time(run(webhooks, gaps_s, actions))
    call = world.call  # exactly one row
    end = next(webhook for webhook in webhooks if isinstance(webhook, CallTerminated))
    assert call.state is State.ENDED
    assert world.exchange.live_calls == []
    assert (call.offered_at, call.customer, call.button_payload) == (START, MARIA, PAYLOAD)
    assert (call.meta_started_at, call.meta_ended_at, call.meta_duration_s) == (
        end.started_at,
        end.ended_at,
        end.duration_s,
    )
    assert call.outcome is call.outcome_now()
    assert call.ended_by is not None
    assert [entry.kind for entry in call.timeline].count("terminated_by_meta") == 1
    assert [entry.kind for entry in call.timeline].count("ended") == 1
    opened, closed = world.names().count(CreateAnswer.__name__), world.names().count(CloseMedia.__name__)
    assert opened <= 1
    assert closed >= opened, "a leg that was opened is closed"
    assert world.names().count(AcceptCall.__name__) <= 1


@settings(max_examples=100, deadline=None)
@given(webhooks=webhook_orders())
def test_when_nobody_acts_the_record_does_not_depend_on_order_or_repetition(webhooks: list[Webhook]) -> None:
    def facts(call: Call) -> tuple[object, ...]:
        failure = call.failure.code if call.failure else None
        return call.outcome, call.ended_by, failure, call.customer, call.offered_at, call.meta_duration_s

    end = next(webhook for webhook in webhooks if isinstance(webhook, CallTerminated))
    in_order: list[Webhook] = [the_offer(), end]
    assert facts(run_in_virtual_time(run(webhooks, [0.0], [])).call) == facts(
        run_in_virtual_time(run(in_order, [0.0], [])).call
    )


def test_the_record_of_a_missed_call_says_that_the_customer_gave_up() -> None:
    orders: list[list[Webhook]] = [[offered(), terminated()], [terminated(), offered()]]
    for webhooks in orders:
        call = run_in_virtual_time(run(webhooks, [1.0], [])).call
        assert (call.outcome, call.ended_by, call.failure) == (Outcome.MISSED, Party.CUSTOMER, None)
