"""A headset's own keys answer, mute and hang up a real call, and its lights follow. The headset is the test's."""

from pathlib import Path
from typing import Final

import pytest

from signaling.call import Outcome, Party
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

pytestmark = pytest.mark.beside

HEADSET: Final = Path(__file__).with_name("headset.js")
HOOK, MUTE = 0b001, 0b100
OFF_HOOK, RING, MUTED = 0b001, 0b010, 0b100


def test_a_call_is_answered_muted_and_ended_by_the_keys_of_a_headset(system: System, offices: Offices) -> None:
    office = offices.open()
    office.add_init_script(path=HEADSET)
    phone = offices.sit_down(office, system.hire("Ana Souza"))
    phone.get_ready()
    call = system.meta.call("maria")
    phone.until_ringing()
    until_lit(phone, RING)
    press(phone, HOOK)
    phone.until_talking()
    until_lit(phone, OFF_HOOK)
    press(phone, HOOK | MUTE)
    press(phone, HOOK)
    until_lit(phone, OFF_HOOK | MUTED)
    phone.page.locator("[data-testid=mute-button][aria-pressed=true]").wait_for()
    press(phone, 0)
    phone.until_gone("call-card")
    until_lit(phone, 0)
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, Party.AGENT)
    assert [entry.kind for entry in record.timeline if "muted" in entry.kind] == ["muted"]


def press(phone: Softphone, keys: int) -> None:
    phone.page.evaluate("(keys) => window.headset.press(keys)", keys)


def until_lit(phone: Softphone, lights: int) -> None:
    eventually(lambda: phone.page.evaluate("() => window.headset.lights.at(-1)") == lights, f"lights {lights:03b}")
