"""Promises that hold for every pair of state and event."""

from pathlib import Path

from signaling.call import State
from signaling.effects import CloseMedia, RejectCall, TerminateCall
from signaling.events import CallEvent
from tests.unit.lifecycle_table import CALLS, EVENTS, name_of, pairs, render

DOCUMENT = Path(__file__).parents[2] / "docs" / "call-states.md"

MEDIA_STATES = (State.PREPARING, State.RINGING, State.CLAIMED, State.ACCEPTING, State.TALKING, State.REATTACHING)


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
        if call.state is State.ENDED:
            assert (after.state, effects) == (State.ENDED, []), name_of(event)


def test_whoever_leaves_a_state_with_audio_for_the_end_closes_it_and_meta_knows() -> None:
    for call, event, after, effects in pairs():
        if call.state in MEDIA_STATES and after.state in (State.ENDING, State.ENDED):
            assert any(isinstance(effect, CloseMedia) for effect in effects), name_of(event)
            told = any(isinstance(effect, RejectCall | TerminateCall) for effect in effects)
            assert told or after.terminated_by_meta, name_of(event)


def test_no_event_leads_back_from_the_end() -> None:
    for call, event, after, _ in pairs():
        if call.state is State.ENDING:
            assert after.state in (State.ENDING, State.ENDED), name_of(event)
