"""A call is heard again in the page: by a supervisor while it is up, and by its agent when it is over."""

import base64
import re
from pathlib import Path
from typing import Final

from playwright.sync_api import ViewportSize, expect

from signaling.ports import Role
from signaling.recording_policy import RecordingPolicy, When
from tests.browser.conversation import WRONG_VOICE
from tests.browser.listening import likeness, voice
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System
from tests.browser.test_recorded import SAME_VOICE, sides

TALKED_S: Final = 4.0
NARROW: Final[ViewportSize] = {"width": 390, "height": 844}


def fetched(phone: Softphone) -> bytes:
    """The bytes that the player has the address of, as the page itself gets them."""
    script = """async () => {
        const audio = document.querySelector("[data-testid=replay-audio]");
        const bytes = new Uint8Array(await (await fetch(audio.src)).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    }"""
    return base64.b64decode(phone.page.evaluate(script))


def until_playing(phone: Softphone) -> None:
    phone.press("replay-play")
    expect(phone.element("replay-clock")).to_have_text(re.compile(r"^0:0[1-9]"), timeout=30_000)


def assert_customer_left_and_agent_right(sound: Path) -> None:
    left, right = sides(sound)
    said = [likeness(side, voice(who)) for side in (left, right) for who in ("maria", "ana")]
    print("customer left, agent right:", [f"{one:.3f}" for one in said])
    assert min(said[0], said[3]) >= SAME_VOICE and max(said[1], said[2]) <= WRONG_VOICE


def test_a_call_is_heard_live_by_a_supervisor_and_afterwards_by_its_agent_customer_left_and_agent_right(
    system: System, offices: Offices, artifacts: Path, tmp_path: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    with system.recorded(RecordingPolicy(When.ALWAYS)):
        call = system.meta.call("maria")
        phone.until_ringing()
        phone.answer()
        call.until_heard(TALKED_S)
        row = f"[data-testid=recent-call][data-call-id='{system.call_of(call.wacid).id}']"

        chief = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
        chief.page.locator(f"{row} [data-testid=replay-open][data-state=recording]").click()
        chief.press("live-fetch")
        chief.element("live-until").wait_for()
        until_playing(chief)
        chief.screenshot(artifacts / "replay-live.png")
        live = tmp_path / "live.ogg"
        live.write_bytes(fetched(chief))
        assert_customer_left_and_agent_right(live)

        phone.press("hold-button")
        phone.element("held-note").wait_for()
        call.until_heard(1)
        phone.press("hold-button")
        phone.until_gone("held-note")
        call.until_heard(1)
        phone.press("hangup-button")
        system.until_over(call.wacid)

    phone.page.locator(f"{row} [data-testid=replay-open][data-state=recorded]").click(timeout=60_000)
    phone.element("replay-marks").wait_for()
    moments = phone.element("replay-marks").get_by_role("button")
    expect(moments).to_have_count(1)
    expect(moments).to_contain_text("Em espera, fora da gravação")
    phone.element("transcript-ours").wait_for()
    until_playing(phone)
    phone.screenshot(artifacts / "replay.png")
    heard = tmp_path / "heard.ogg"
    heard.write_bytes(fetched(phone))
    assert heard.read_bytes() == system.recorded_file(call.wacid).read_bytes()
    assert_customer_left_and_agent_right(heard)
    assert phone.element("replay-download").count() == 0, "agents replay, and take nothing away"

    phone.element("replay-wave").press("End")
    phone.element("replay-wave").press("ArrowLeft")
    at, whole = (int(phone.element("replay-wave").get_attribute(f"aria-value{end}") or 0) for end in ("now", "max"))
    assert abs(whole - 5 - at) <= 1
    phone.page.set_viewport_size(NARROW)
    phone.page.emulate_media(color_scheme="dark")
    phone.screenshot(artifacts / "replay-narrow-dark.png")

    chief.page.locator(f"{row} [data-testid=replay-open][data-state=recorded]").wait_for()
    expect(chief.element("replay")).to_have_attribute("data-state", "recorded")
    with chief.page.expect_download() as saving:
        chief.press("replay-download")
    assert Path(saving.value.path()).read_bytes() == heard.read_bytes()
    assert saving.value.suggested_filename == f"ramal-{system.call_of(call.wacid).id}.ogg"
