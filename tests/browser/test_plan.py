"""A customer is led through the number's own plan, written by REST as the page does it: who hears what, by
correlation."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import BrowserContext

from signaling.ports import Role
from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE
from tests.browser.listening import RATE_HZ, Samples, compare, decode, hold_music, likeness, times_of, voice
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices
from tests.browser.system import PHONE_NUMBER_ID, System

GREETING_S: Final = 3.0
MUSIC_S: Final = 2.5
SETTLED_S: Final = 3.0
TAKE_S: Final = 3.0
TAKES: Final = 3


def wav_of(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


@contextmanager
def planned(context: BrowserContext, system: System, plan: dict[str, Any]) -> Iterator[None]:
    """The number has this plan for a while."""
    api = f"{system.url}/api/v1"
    numbers = context.request.get(f"{api}/numbers").json()["numbers"]
    (number,) = [line["id"] for line in numbers if line["phone_number_id"] == PHONE_NUMBER_ID]
    address = f"{api}/numbers/{number}/plan"
    version = context.request.get(address).json()["version"]
    written = context.request.put(address, data={"plan": plan, "version": version})
    assert written.ok, written.text()
    try:
        yield
    finally:
        context.request.put(address, data={"plan": None, "version": version + 1})


def until_step(system: System, call: CustomerCall, step: str) -> None:
    def is_there() -> bool:
        known = system.find_call(call.wacid)
        return known is not None and any(entry.data.get("step") == step for entry in known.timeline)

    eventually(is_there, f"the call is at {step}")


def test_a_customer_hears_the_uploaded_greeting_presses_a_key_waits_with_music_and_is_answered(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza", Role.ADMINISTRATOR), voice="ana")
    context = phone.page.context
    greeting = voice("joao")[: int(GREETING_S * RATE_HZ)]
    upload: dict[str, Any] = {
        "name": "Saudação",
        "file": {"name": "saudacao.wav", "mimeType": "audio/wav", "buffer": wav_of(greeting)},
    }
    made = context.request.post(f"{system.url}/api/v1/prompts", multipart=upload)
    assert made.status == 201, made.text()
    assert abs(made.json()["duration_ms"] - GREETING_S * 1_000) <= 40
    plan = {
        "start": "greeting",
        "steps": {
            "greeting": {"kind": "announce", "prompt": made.json()["id"], "then": "menu"},
            "menu": {"kind": "menu", "prompt": "menu_default", "choices": {"2": "queue"}, "otherwise": "end"},
            "queue": {"kind": "queue", "longest_s": 60, "then": "end"},
            "end": {"kind": "hang_up"},
        },
    }
    with planned(context, system, plan):
        call = system.meta.call("maria")
        until_step(system, call, "menu")
        system.meta.post(f"/sim/calls/{call.id}/digit", {"digit": "2"})
        phone.until_ringing()
        call.until_heard(MUSIC_S)
        waited = decode(call.heard())
        phone.answer()
        phone.until_talking()
        call.until_heard(SETTLED_S)
        for _ in range(TAKES):
            call.until_heard(TAKE_S)
            talked = decode(call.heard())[-int(TAKE_S * RATE_HZ) :]
            if (heard := likeness(talked, voice("ana"))) >= RIGHT_VOICE:
                break
        phone.press("hangup-button")
        record = system.until_over(call.wacid)

    greeted, music = times_of(waited, greeting), times_of(waited, hold_music())
    print(f"greeting at {greeted} s, music at {music} s, Ana {heard:.3f}")
    assert greeted and min(greeted) < 1.0, "the uploaded greeting is the first that the customer hears"
    assert music and min(music) > max(greeted)
    assert not [piece for piece in compare(waited, voice("ana")) if piece.likeness >= RIGHT_VOICE]
    assert heard >= RIGHT_VOICE
    assert likeness(talked, hold_music()) <= WRONG_VOICE
    steps = [entry.data["step"] for entry in record.timeline if entry.kind == "step"]
    assert steps == ["greeting", "menu", "queue"]
