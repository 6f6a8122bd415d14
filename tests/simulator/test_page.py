"""The simulated customer's phone in a real Chromium: with a recorded voice, and with this browser's own microphone."""

import re
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from playwright.async_api import Page, async_playwright, expect

from gateway.media.plane import Prompt
from gateway.simulator.clips import voices
from gateway.simulator.faults import FaultKind
from gateway.simulator.settings import MetaRules
from tests.simulator.fake_gateway import Bench, bench, talking_leg
from tests.simulator.sound import Samples, decode_packets, likeness, voice_samples

RULES = MetaRules(late_audio_s=5.0)  # Chromium's start keeps this machine busy
AGENT_VOICE = Prompt("peter", voices()["peter"].packets, loop=True)
SECONDS_BEFORE_JUDGING = 3  # the browser's buffers settle


@asynccontextmanager
async def phone(world: Bench, microphone_wav: Path | None = None) -> AsyncIterator[Page]:
    """The page, open in a Chromium of its own."""
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    flags += ["--allow-loopback-in-peer-connection", "--disable-quic"]
    if microphone_wav is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone_wav}")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = await browser.new_page(locale="pt-BR")
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(world.simulator.url)
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "up")
        yield page
        assert problems == []
        await browser.close()


def write_wav(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        peak = float(np.max(np.abs(samples)))
        wav.writeframes((samples / peak * 20_000).astype("<i2").tobytes())


async def test_a_person_places_a_call_presses_a_key_and_hangs_up() -> None:
    async with bench(RULES) as world, phone(world) as page:
        await page.get_by_test_id("customer-joao").click()
        await page.get_by_test_id("listen").check()
        await page.get_by_test_id("call").click()
        connect = await world.gateway.event("connect")
        assert connect["from"] == "5519955550102"
        await expect(page.get_by_test_id("status")).to_have_text("Chamando…")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await world.act("pre_accept", connect["id"], leg.answer)
            await leg.connect()
            await expect(page.get_by_test_id("status")).to_have_text("Tocando…")
            await world.act("accept", connect["id"], leg.answer)
            leg.speak(AGENT_VOICE)
            await expect(page.get_by_test_id("status")).to_have_text(re.compile(r"Em ligação \d\d:\d\d"))
            await page.get_by_test_id("keys").click()
            await page.get_by_test_id("key-7").click()
            await leg.has_digits("7")
            await page.wait_for_function("document.getElementById('speaker-sound').currentTime > 0.2")
            await page.get_by_test_id("hang-up").click()
            await world.gateway.event("terminate")
            await expect(page.get_by_test_id("detail")).to_have_text("Você desligou.")
        await page.get_by_test_id("language-en").click()
        await expect(page.get_by_test_id("back")).to_have_text("Back to contacts")
        await page.get_by_test_id("back").click()
        await expect(page.get_by_test_id("customer-joao")).to_be_visible()
        assert world.fault_kinds == set()


async def test_the_gateway_hears_this_browsers_microphone(tmp_path: Path) -> None:
    said = voice_samples("ana")
    write_wav(tmp_path / "microphone.wav", said)
    async with bench(RULES) as world, phone(world, tmp_path / "microphone.wav") as page:
        await page.get_by_test_id("speak-microphone").click()
        await page.get_by_test_id("call").click()
        connect = await world.gateway.event("connect")
        async with talking_leg(connect["session"]["sdp"]) as leg:
            await world.act("pre_accept", connect["id"], leg.answer)
            await leg.connect()
            await world.act("accept", connect["id"], leg.answer)
            leg.speak(AGENT_VOICE)
            await leg.has_heard(50 * (SECONDS_BEFORE_JUDGING + 11))
        heard = decode_packets([packet.payload for packet in leg.received])[SECONDS_BEFORE_JUDGING * 48_000 :]
        # The page keeps echo cancellation and noise suppression on, as a person needs them: they change the sound.
        assert likeness(heard, said) > 0.4
        assert likeness(heard, voice_samples("carlos")) < 0.25
        assert world.fault_kinds == set()


async def test_a_fault_is_shown_in_the_readers_language_and_can_be_cleared() -> None:
    async with bench(RULES) as world, phone(world) as page:
        await expect(page.get_by_test_id("no-faults")).to_be_visible()
        await world.graph("GET", "306540000000002", token="wrong")
        await expect(page.get_by_test_id("fault")).to_contain_text("Pedido à Graph sem o token certo")
        await page.get_by_test_id("clear-faults").click()
        await expect(page.get_by_test_id("no-faults")).to_be_visible()
        kinds = await page.evaluate(
            "import('./words.js').then(({ WORDS }) => Object.values(WORDS).map((words) => Object.keys(words.kinds)))"
        )
        assert [set(known) for known in kinds] == [{kind.value for kind in FaultKind}] * 2


async def test_a_chosen_misbehaviour_goes_with_the_call() -> None:
    async with bench(RULES) as world, phone(world) as page:
        await page.get_by_test_id("quirks").locator("summary").click()
        await page.get_by_test_id("quirk-duplicates").check()
        await page.get_by_test_id("call").click()
        await world.gateway.has_calls(2)
        assert [call["event"] for call in world.gateway.calls] == ["connect", "connect"]


async def test_a_request_to_call_is_answered_and_taken_back_on_the_page() -> None:
    async with bench(RULES) as world, phone(world) as page:
        await page.get_by_test_id("language-en").click()
        await page.get_by_test_id("write").click()
        await expect(page.get_by_test_id("permission")).to_have_text("allows no calls")
        request = {
            "messaging_product": "whatsapp",
            "to": "5511955550101",
            "type": "interactive",
            "interactive": {
                "type": "call_permission_request",
                "action": {"name": "call_permission_request"},
                "body": {"text": "May we call you?"},
            },
        }
        status, _ = await world.graph("POST", f"{world.settings.phone_number_id}/messages", request)
        assert status == 200
        message = page.get_by_test_id("message")
        await expect(message).to_contain_text("May we call you?")
        await message.get_by_test_id("answer-allow").click()
        await expect(page.get_by_test_id("permission")).to_contain_text("allows until")
        await expect(message.get_by_test_id("answer-allow")).to_have_attribute("aria-pressed", "true")
        await message.get_by_test_id("answer-always").click()
        await expect(page.get_by_test_id("permission")).to_have_text("always allows")
        await page.get_by_test_id("profile").click()
        await expect(page.get_by_test_id("permission")).to_have_text("allows no calls")
        assert world.fault_kinds == set()
