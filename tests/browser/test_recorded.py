"""A customer is asked, agrees or refuses by a real key, and is recorded or not; the agent sees it and pauses it for
card data. What was kept is read back from the finished recording."""

from pathlib import Path
from typing import Final

import av
import numpy as np

from signaling.call import Consent
from signaling.recording_policy import Agreement, RecordingPolicy, When
from signaling.recording_record import RecordingState
from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE
from tests.browser.listening import RATE_HZ, SHIPPED, Samples, decode, likeness, voice
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

BY_KEY: Final = RecordingPolicy(When.AFTER_CONSENT, Agreement.KEY)
ASKED_FOR_S, TALKED_S = 3.0, 4.0
SAME_VOICE: Final = 0.9


def light(phone: Softphone, shows: str) -> None:
    phone.page.locator(f"[data-testid=recording-light][data-light={shows}]").wait_for()


def takes_a_call(phone: Softphone, system: System, customer: str) -> CustomerCall:
    """Up to the question, which the customer hears in place of the agent."""
    call = system.meta.call(customer)
    phone.until_ringing()
    phone.answer()
    light(phone, "asking")
    return call


def sides(recording: Path) -> tuple[Samples, Samples]:
    """Left and right of a finished recording."""
    resampler = av.AudioResampler(format="s16p", layout="stereo", rate=RATE_HZ)
    with av.open(str(recording)) as container:
        frames = [out.to_ndarray() for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    left, right = np.concatenate(frames, axis=1).astype(np.float64)
    return left, right


def test_who_agrees_is_recorded_from_then_on_but_for_their_card_and_who_refuses_is_not(
    system: System, offices: Offices, artifacts: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    with system.recorded(BY_KEY):
        call = takes_a_call(phone, system, "maria")
        call.until_heard(ASKED_FOR_S)
        asked = likeness(decode(call.heard()), decode((SHIPPED / "pt-BR" / "consent_question.ogg").read_bytes()))
        assert asked >= RIGHT_VOICE, "they hear the question"
        assert not system.journal_of(call.wacid).exists()
        call.press("1")
        light(phone, "on")
        call.until_heard(TALKED_S)
        phone.press("hold-back-button")
        light(phone, "paused")
        phone.element("held-back-note").wait_for()
        phone.screenshot(artifacts / "recording-paused.png")
        phone.press("hold-back-button")
        light(phone, "on")
        phone.press("hangup-button")
        record = system.until_over(call.wacid)
        assert "consent_agreed" in [entry.kind for entry in record.timeline]
        row = system.recording_of(call.wacid)
        assert row is not None and row.consent is Consent.AGREED and row.consent_at is not None
        assert row.policy == BY_KEY
        phone.until_presence("free")
        agreed = call

        call = takes_a_call(phone, system, "joao")
        call.until_heard(1)
        call.press("2")
        light(phone, "refused")
        call.until_heard(1)
        phone.press("hangup-button")
        system.until_over(call.wacid)
        row = system.recording_of(call.wacid)
        assert row is not None and (row.state, row.journal) == (RecordingState.REFUSED, None)
        assert not system.journal_of(call.wacid).exists(), "not one packet"

    eventually(lambda: system.recording_state(agreed.wacid) is RecordingState.RECORDED, "it can be played")
    left, right = sides(system.recorded_file(agreed.wacid))
    said = [likeness(side, voice(who)) for side in (left, right) for who in ("maria", "ana")]
    print("customer left, agent right:", [f"{one:.3f}" for one in said])
    assert min(said[0], said[3]) >= SAME_VOICE and max(said[1], said[2]) <= WRONG_VOICE
