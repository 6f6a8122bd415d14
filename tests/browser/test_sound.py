"""Does the first ring of the day sound? What Chromium really plays, and what it refuses to play."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from tests.browser.bare_chromium import BareChromium, BareTab
from tests.browser.listening import RATE_HZ, Samples, decode, write_capture_file
from tests.browser.softphone import PROBE, Offices
from tests.browser.system import System

CHIME_HZ: Final = (659.25, 880.0, 2 * 659.25, 2 * 880.0)
NEAR_HZ: Final = 25.0
TURN_MS: Final = 3_500
MOST: Final = 0.9


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[BareChromium]:
    """Playwright acts as if somebody pressed something all the time, and so unlocks sound."""
    capture = tmp_path / "ana.wav"
    write_capture_file("ana", capture)
    browser = BareChromium(tmp_path / "profile", capture, asks=True)
    browser.microphone("granted")
    yield browser
    browser.close()


def rings_aloud(page: BareTab) -> float:
    """How much of what the page plays is the chime of a ring, from 0 (also of silence) to 1."""
    page.until(page.has("ring-panel"), presses=False)
    page.evaluate("window.probe.startRecording('speaker')", presses=False)
    page.evaluate(f"new Promise((done) => setTimeout(done, {TURN_MS}))", presses=False)  # a turn, with its pause
    return chime(decode(base64.b64decode(page.evaluate("window.probe.stopRecording('speaker')", presses=False))))


def chime(heard: Samples) -> float:
    power = np.abs(np.fft.rfft(heard)) ** 2
    hertz = np.fft.rfftfreq(len(heard), 1 / RATE_HZ)
    near = np.any([np.abs(hertz - note) <= NEAR_HZ for note in CHIME_HZ], axis=0)
    return float(power[near].sum() / power.sum()) if np.sqrt(np.mean(heard**2)) > 1 else 0.0


def test_the_first_ring_of_the_day_sounds_and_locked_sound_keeps_calls_away_until_it_is_turned_on(
    system: System, offices: Offices, chromium: BareChromium
) -> None:
    page = chromium.tab(f"{system.url}/favicon.svg")
    page.go(f"{system.url}/favicon.svg", PROBE.read_text())
    page.sign_in(system, system.hire("Ana Souza"))
    page.get_ready()
    call = system.meta.call("maria")
    first = rings_aloud(page)
    call.hang_up()
    system.until_over(call.wacid)

    # The browser is closed and comes back with the page, on which nobody presses anything; the microphone is not given.
    page.close()
    chromium.microphone("denied")
    back = chromium.tab("about:blank")
    back.go(system.url, PROBE.read_text())
    back.until(back.has("sound-problem"), presses=False)
    back.until(back.has("microphone-problem"), presses=False)
    back.until(back.has("presence", "[data-presence=not_ready]"), presses=False)
    call = system.meta.call("joao")
    back.until(back.has("waiting-call"), presses=False)
    assert not back.evaluate(back.has("ring-panel"), presses=False), "a ring that nobody would hear"
    call.hang_up()

    back.press("sound-unlock")
    back.until(f"!({back.has('sound-problem')})")
    chromium.microphone("granted")
    back.until(back.has("presence", "[data-presence=free]"), presses=False)
    call = system.meta.call("joao")
    again = rings_aloud(back)
    call.hang_up()
    system.until_over(call.wacid)
    print(f"the ring is {first:.2f} and {again:.2f} of what is played")
    assert min(first, again) >= MOST


def test_a_page_that_comes_back_with_its_microphone_rings_aloud_without_a_press(
    system: System, offices: Offices, chromium: BareChromium
) -> None:
    page = chromium.tab(f"{system.url}/favicon.svg")
    page.sign_in(system, system.hire("Ana Souza"))
    page.get_ready()
    page.close()
    back = chromium.tab("about:blank")
    back.go(system.url, PROBE.read_text())
    back.until(back.has("presence", "[data-presence=free]"), presses=False)
    call = system.meta.call("maria")
    share = rings_aloud(back)
    call.hang_up()
    system.until_over(call.wacid)
    print(f"the ring is {share:.2f} of what is played")
    assert share >= MOST
