"""The agent's page goes and comes back, or another tab takes its place; the customer stays."""

from typing import Final

import pytest

from signaling.call import Outcome, Party
from tests.browser.conversation import SETTLED_S, assert_they_hear_each_other
from tests.browser.listening import decode, hold_tone, times_of, voice
from tests.browser.meta import CustomerCall
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

BACK_WITHIN_MS: Final = 2_000
AWAY_S: Final = 4.0
TONE_PIECE_S: Final = 0.5
"""Its notes fade within a second. Voices are like it by 0.42 at most."""


def test_a_reload_in_a_call_keeps_the_customer_who_hears_a_tone_and_then_the_agent_again(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = call_in_progress(system, phone)

    phone.page.reload()
    back_after_ms = phone.first_audio_ms()
    print(f"from reload to the customer's voice: {back_after_ms:.0f} ms")
    assert back_after_ms < BACK_WITHIN_MS
    phone.until_talking()
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")

    # A quick page leaves the tone too little time to be recognised: here the agent is away for a while.
    phone.page.goto("about:blank")
    call.until_heard(AWAY_S)
    phone.open()
    phone.until_talking()
    call.until_heard(SETTLED_S)

    heard = decode(call.heard())
    tone, agent = times_of(heard, hold_tone(), TONE_PIECE_S), times_of(heard, voice("ana"))
    assert agent[0] < tone[0] < agent[-1]
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by, record.absences) == (Outcome.ANSWERED, Party.AGENT, 2)


@pytest.mark.beside
def test_a_second_tab_says_where_the_phone_is_and_takes_it_over_when_asked(system: System, offices: Offices) -> None:
    first = offices.ready_desk(system.hire("Ana Souza"))
    second = offices.tab(first.page.context)
    second.open()
    second.element("phone-elsewhere").wait_for()
    assert not second.element("ready-button").is_visible()

    second.press("takeover-button")
    second.until_presence("free")
    first.element("phone-elsewhere").wait_for()
    call = system.meta.call("maria")
    call_id = second.until_ringing()
    call.hang_up()
    second.until_gone("ring-panel")
    second.until_past_call(call_id, "missed")
    assert first.rang() == set()


def test_a_second_tab_that_takes_over_in_a_call_goes_on_with_it(system: System, offices: Offices) -> None:
    first = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = call_in_progress(system, first)
    second = offices.tab(first.page.context)
    second.open()
    second.element("phone-elsewhere").wait_for()

    second.press("takeover-button")
    second.until_talking()
    first.element("phone-elsewhere").wait_for()
    assert not first.element("call-card").is_visible()
    assert_they_hear_each_other(second, call, customer="maria", agent="ana")
    call.hang_up()
    second.element("last-call-note").wait_for()
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by, record.absences) == (Outcome.ANSWERED, Party.CUSTOMER, 1)


def call_in_progress(system: System, phone: Softphone) -> CustomerCall:
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    call.until_heard(SETTLED_S)
    return call
