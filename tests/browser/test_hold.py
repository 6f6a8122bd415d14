"""An agent puts a customer on hold and takes them back: who hears what, by correlation."""

from typing import Final

from tests.browser.conversation import (
    MUSIC,
    RIGHT_VOICE,
    Hears,
    HearsNot,
    Line,
    assert_hearing,
    assert_they_hear_each_other,
)
from tests.browser.listening import compare, voice
from tests.browser.softphone import Offices
from tests.browser.system import System

MUSIC_S: Final = 6.0


def test_on_hold_the_customer_hears_music_and_the_agent_nothing_and_then_both_again(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")

    phone.press("hold-button")
    phone.element("held-note").wait_for()
    sounds = assert_hearing(
        call, Hears(call, MUSIC), HearsNot(call, "ana"), HearsNot(Line(phone), "maria"), window_s=MUSIC_S
    )
    assert not [piece for piece in compare(sounds[Line(phone)], voice("maria")) if piece.likeness >= RIGHT_VOICE]

    phone.press("hold-button")
    phone.until_gone("held-note")
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    kinds = [entry.kind for entry in record.timeline]
    assert kinds.index("held") < kinds.index("resumed") < kinds.index("hung_up")
    assert record.absences == 0, "silence on hold is no broken path"


def test_a_reload_on_hold_keeps_the_customer_on_hold_until_the_agent_takes_them_back(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    phone.press("hold-button")
    phone.element("held-note").wait_for()

    phone.page.reload()
    phone.until_talking()
    phone.element("held-note").wait_for()
    assert_hearing(call, Hears(call, MUSIC), HearsNot(call, "ana"), window_s=MUSIC_S)

    phone.press("hold-button")
    phone.until_gone("held-note")
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    assert system.until_over(call.wacid).absences == 1
