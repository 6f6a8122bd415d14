"""A customer is led through the number's own plan, written by REST as the page does it: who hears what, by
correlation."""

import io
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import BrowserContext

from gateway.media.prompt_texts import MOST_COUNTED
from signaling.plan import HangUp, Plan, Queue, StepId
from signaling.ports import Role
from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE
from tests.browser.listening import (
    RATE_HZ,
    Samples,
    compare,
    decode,
    hold_music,
    likeness,
    most_like,
    spoken,
    times_of,
    voice,
)
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices
from tests.browser.system import PHONE_NUMBER_ID, System

GREETING_S: Final = 3.0
MUSIC_S: Final = 2.5
SETTLED_S: Final = 3.0
TAKE_S: Final = 3.0
TAKES: Final = 3


SAID_EVERY_S: Final = 3.0
"""More often than forms take it: nobody learns more from waiting."""
QUEUE, END = StepId("queue"), StepId("end")


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
        call.press("2")
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


def said(heard: Samples, place: int) -> float | None:
    """When a customer hears that this is their place, in seconds; None: never."""
    found = most_like(heard, spoken(f"queue_position_{place}"))
    return found.at_s if found.likeness >= RIGHT_VOICE else None


def until_said(call: CustomerCall, place: int, after_s: float = 0.0) -> tuple[float, float]:
    """The customer hears that this is their place; when that begins and ends, in seconds since they hear anything."""
    for _ in range(int(3 * SAID_EVERY_S)):
        call.until_heard(1.0)
        at_s = said(decode(call.heard())[int(after_s * RATE_HZ) :], place)
        if at_s is not None:
            return after_s + at_s, after_s + at_s + len(spoken(f"queue_position_{place}")) / RATE_HZ
    raise AssertionError(f"it is never said that this is place {place}")


def test_customers_who_wait_hear_their_place_in_the_queue_and_move_up(system: System, offices: Offices) -> None:
    plan = Plan(QUEUE, {QUEUE: Queue(END, longest_s=120, position_every_s=SAID_EVERY_S), END: HangUp()})
    with system.planned(plan):
        first = system.meta.call("maria")
        until_step(system, first, QUEUE)
        second = system.meta.call("carlos")
        began_s, over_s = until_said(second, 2)
        until_said(first, 1)
        both = {1: decode(first.heard()), 2: decode(second.heard())}
        first.hang_up()
        next_s, next_over_s = until_said(second, 1, after_s=len(both[2]) / RATE_HZ)
        second.until_heard(MUSIC_S)
        music = times_of(decode(second.heard()), hold_music())
        second.hang_up()
        record = system.until_over(second.wacid)

    print(f"second at {began_s:.1f} s, next at {next_s:.1f} s, music at {music}")
    for place, heard in both.items():
        others = [other for other in range(1, MOST_COUNTED + 1) if other != place and said(heard, other) is not None]
        assert others == [], "and no other place"
    assert [at for at in music if at < began_s], "music until it is said"
    assert [at for at in music if over_s <= at < next_s], "music again"
    assert [at for at in music if at >= next_over_s]
    assert [line.kind for line in record.timeline].count("position_said") >= 2
