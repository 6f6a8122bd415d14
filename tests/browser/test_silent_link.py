"""Sound that stops in one direction: the agent is told which link is broken, and that it is whole again."""

import time
from typing import Final

import pytest

from tests.browser.conversation import SETTLED_S, assert_they_hear_each_other
from tests.browser.meta import CustomerCall
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

pytestmark = pytest.mark.alone

NOTICED_WITHIN_S: Final = 5.0
"""Two seconds of silence, one until the next look, and what a busy machine takes."""

REPORTED_WITHIN_S: Final = 9.0
"""The customer's side reports once a second here."""

# The page's own way to its microphone and its connections, kept so that a test can break them.
KEPT: Final = """
window.kept = { tracks: [], connections: [] };
const devices = navigator.mediaDevices;
if (devices !== undefined) {
  const open = devices.getUserMedia.bind(devices);
  window.kept.open = open;
  devices.getUserMedia = async (wanted) => {
    const stream = await window.kept.open(wanted);
    window.kept.tracks.push(...stream.getAudioTracks());
    return stream;
  };
}
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.kept.connections.push(this); }
};
"""


def desk_of(system: System, offices: Offices) -> Softphone:
    context = offices.open(voice="ana")
    context.add_init_script(KEPT)
    phone = offices.sit_down(context, system.hire("Ana Souza"))
    phone.get_ready()
    return phone


def in_a_call(system: System, phone: Softphone) -> CustomerCall:
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    call.until_heard(SETTLED_S)
    return call


def until_told(phone: Softphone, trouble: str, within_s: float = NOTICED_WITHIN_S) -> float:
    """Seconds until the page says so."""
    began_s = time.monotonic()
    phone.element(f"trouble-{trouble}").wait_for(timeout=within_s * 1000)
    took_s = time.monotonic() - began_s
    print(f"{trouble} is told after {took_s:.1f} s")
    return took_s


def test_a_customer_who_is_not_heard_any_more(system: System, offices: Offices) -> None:
    phone = desk_of(system, offices)
    call = in_a_call(system, phone)
    lights = phone.element("quality-customer")
    assert lights.get_attribute("data-light") == "good"

    call.cut(speech=True)
    until_told(phone, "customer_silent")
    phone.page.locator("[data-testid=quality-customer][data-light=poor]").wait_for()
    call.cut()
    phone.until_gone("trouble-customer_silent")
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")

    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    notes = {entry.kind: entry for entry in record.timeline}
    assert notes["sound_lost"].data["link"] == notes["sound_back"].data["link"] == "customer_silent"
    assert 2 <= float(notes["sound_lost"].data["silent_s"]) < NOTICED_WITHIN_S
    measured = notes["measured"].data
    assert {"customer_to_us_mos", "us_to_customer_mos", "agent_to_us_mos", "us_to_agent_mos"} <= measured.keys()
    assert float(measured["customer_to_us_mos"]) > 4


def test_a_customer_who_hears_nothing_by_what_their_side_reports(system: System, offices: Offices) -> None:
    phone = desk_of(system, offices)
    call = in_a_call(system, phone)
    call.cut(hearing=True)
    until_told(phone, "customer_receives_nothing", REPORTED_WITHIN_S)
    call.cut()
    phone.until_gone("trouble-customer_receives_nothing")
    phone.press("hangup-button")
    system.until_over(call.wacid)


def test_a_microphone_that_goes_silent_and_one_that_sends_nothing(system: System, offices: Offices) -> None:
    """Simulated in the page: the sender is taken the track away; the device itself goes on."""
    phone = desk_of(system, offices)
    call = in_a_call(system, phone)
    phone.page.evaluate("() => window.kept.connections.at(-1).getSenders()[0].replaceTrack(null)")
    until_told(phone, "microphone_sends_nothing")
    phone.page.locator("[data-testid=quality-microphone][data-light=poor]").wait_for()
    phone.page.evaluate("() => window.kept.connections.at(-1).getSenders()[0].replaceTrack(window.kept.tracks.at(-1))")
    phone.until_gone("trouble-microphone_sends_nothing")
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    system.until_over(call.wacid)


def test_mute_and_hold_raise_no_alarm(system: System, offices: Offices) -> None:
    phone = desk_of(system, offices)
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    phone.press("mute-button")
    call.until_heard(6)
    phone.press("hold-button")
    phone.element("held-note").wait_for()
    call.until_heard(6)
    phone.press("hold-button")
    phone.press("mute-button")
    call.until_heard(4)
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    assert [entry for entry in record.timeline if entry.kind == "sound_lost"] == []


def test_a_microphone_that_is_unplugged_in_a_call_is_followed_by_the_default_one(
    system: System, offices: Offices
) -> None:
    """Simulated: the track ends as it does when its device goes. The default device is Chromium's, and real."""
    phone = desk_of(system, offices)
    call = in_a_call(system, phone)
    phone.page.evaluate("() => { const t = window.kept.tracks.at(-1); t.stop(); t.dispatchEvent(new Event('ended')); }")
    phone.element("microphone-switched").wait_for()
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    system.until_over(call.wacid)

    # And between two calls.
    phone.until_presence("free")
    phone.page.evaluate("() => { const t = window.kept.tracks.at(-1); t.stop(); t.dispatchEvent(new Event('ended')); }")
    phone.element("microphone-switched").wait_for()
    phone.until_presence("free")
    again = in_a_call(system, phone)
    assert_they_hear_each_other(phone, again, customer="maria", agent="ana")
    phone.press("hangup-button")
    system.until_over(again.wacid)


def test_no_microphone_is_left_in_a_call_and_then_one_is_plugged_in(system: System, offices: Offices) -> None:
    """Simulated: the track ends, and getUserMedia finds no device until the test says so and `devicechange` comes."""
    phone = desk_of(system, offices)
    call = in_a_call(system, phone)
    phone.page.evaluate(
        """() => {
          window.kept.working = window.kept.open;
          window.kept.open = async () => { throw new DOMException("none", "NotFoundError"); };
          const t = window.kept.tracks.at(-1); t.stop(); t.dispatchEvent(new Event('ended'));
        }"""
    )
    until_told(phone, "microphone_gone")
    assert phone.element("microphone-problem").is_visible()
    phone.start_recording()
    call.until_heard(1)
    assert phone.stop_recording().any(), "the agent hears the customer all the while"
    phone.page.evaluate(
        """() => {
          window.kept.open = window.kept.working;
          navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
        }"""
    )
    phone.until_gone("trouble-microphone_gone")
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    assert record.absences == 0, "the seat stayed"
