"""Promises that hold for every pair of state and event."""

from pathlib import Path

from signaling.call import State
from signaling.effects import CloseMedia, ConnectAudio, OpenAudio, RejectCall, TerminateCall
from signaling.events import CallEvent, Direction
from tests.unit.lifecycle_table import CALLS, EVENTS, name_of, pairs, render

DOCUMENT = Path(__file__).parents[2] / "docs" / "call-states.md"

MEDIA_STATES = (
    *(State.PREPARING, State.RINGING, State.CLAIMED, State.ACCEPTING, State.TALKING, State.REATTACHING),
    *(State.DIALING, State.WAITING),
)


def test_the_document_shows_what_the_code_does() -> None:
    assert DOCUMENT.read_text() == render(), (
        "write it again: python -m tests.unit.lifecycle_table > docs/call-states.md"
    )


def test_every_state_and_every_kind_of_event_is_in_the_table() -> None:
    assert {call.state for call in CALLS} == set(State)
    kinds = {kind.__name__ for kind in CallEvent.__args__}
    assert {type(event).__name__ for event in EVENTS} == kinds


def test_an_event_that_asks_for_something_has_changed_the_call() -> None:
    for call, event, after, effects in pairs():
        assert after is not call or not effects, name_of(event)
        assert all(effect.call_id == call.id for effect in effects)


def test_a_call_that_is_over_stays_over_and_asks_for_nothing() -> None:
    for call, event, after, effects in pairs():
        if call.state is State.ENDED and call.wacid is not None:
            assert (after.state, effects) == (State.ENDED, []), name_of(event)


def test_whoever_leaves_a_state_with_audio_for_the_end_closes_it_and_meta_knows() -> None:
    for call, event, after, effects in pairs():
        if call.state in MEDIA_STATES and after.state in (State.ENDING, State.ENDED):
            assert any(isinstance(effect, CloseMedia) for effect in effects), name_of(event)
            told = any(isinstance(effect, RejectCall | TerminateCall) for effect in effects)
            nothing_to_end = after.wacid is None or after.terminated_by_meta or after.rejected_at is not None
            assert told or nothing_to_end, name_of(event)


def test_a_call_that_was_given_up_before_meta_named_it_is_ended_at_meta_as_soon_as_it_has_a_name() -> None:
    named = 0
    for call, event, after, effects in pairs():
        over = after.state in (State.ENDING, State.ENDED)
        if over and call.wacid is None and after.wacid is not None and not after.terminated_by_meta:
            named += 1
            if after.rejected_at is None:
                assert effects == [TerminateCall(call.id, call.phone_number_id, after.meta_id)], name_of(event)
    assert named >= 8


def test_no_packet_may_leave_and_nobody_is_connected_before_the_leg_of_our_own_call_is_up() -> None:
    for call, event, after, effects in pairs():
        if call.direction is Direction.OUTBOUND and any(isinstance(e, OpenAudio | ConnectAudio) for e in effects):
            assert after.leg_connected, name_of(event)


def test_customer_and_agent_are_brought_together_only_when_the_customer_picked_up() -> None:
    for call, event, after, effects in pairs():
        if call.direction is Direction.OUTBOUND and any(isinstance(effect, ConnectAudio) for effect in effects):
            assert after.accepted_at is not None, name_of(event)


def test_no_event_leads_back_from_the_end() -> None:
    for call, event, after, _ in pairs():
        if call.state is State.ENDING:
            assert after.state in (State.ENDING, State.ENDED), name_of(event)
