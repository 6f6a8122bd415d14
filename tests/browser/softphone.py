"""The softphone in a real Chromium, as an agent uses it: offices (a browser profile each), pages, what is on them."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright

from tests.browser.listening import Samples, decode, write_capture_file
from tests.browser.meta import eventually
from tests.browser.system import SDP_SECRET, Person, System

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--disable-quic",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
)
PROBE: Final = Path(__file__).with_name("probe.js")
WIDE: Final = (1280, 800)
MAIN_LINE: Final = "remote-audio"
SECOND_LINE: Final = "remote-audio-second"
"""Where a page plays the customer, and where a colleague or a supervisor."""

# As it comes: processing would make another voice of it (and of the fake device's loop, an echo to be cancelled).
UNPROCESSED: Final = """
{
  const unprocessed = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  try {
    if (location.protocol !== "about:") localStorage.setItem("ramal.audio", JSON.stringify(unprocessed));
  } catch { // the frame of another site is denied its storage
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = function ({ audio, ...more }) {
      return open.call(this, { ...more, audio: { ...audio, ...unprocessed } });
    };
  }
}
"""

EXPECTED_IN_CONSOLE: Final = re.compile(
    r"status of (40[19]|422)|WebSocket connection|ERR_CONNECTION_REFUSED|Failed to fetch"
)
"""Who is not signed in is told 401, who comes second 409, who fills a form wrongly 422; a gateway that was killed is
not there."""


class Browsers:
    """One Chromium for each voice at a microphone, kept from test to test."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self._playwright, self._folder = playwright, folder
        self._by_voice: dict[str, Browser] = {}

    def speaking(self, voice: str) -> Browser:
        """A browser whose microphone hears a committed voice."""
        if voice not in self._by_voice:
            capture = self._folder / f"{voice}.wav"
            write_capture_file(voice, capture)
            self._by_voice[voice] = self._playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={capture}"]
            )
        return self._by_voice[voice]

    def close(self) -> None:
        for browser in self._by_voice.values():
            browser.close()


@dataclass(frozen=True, slots=True)
class Moment:
    """An element came or went, on the machine's clock."""

    at_unix_s: float
    what: str
    there: bool
    call_id: str | None


class Softphone:
    """One tab."""

    def __init__(self, page: Page, system: System) -> None:
        self.page, self.url = page, system.url

    # ---- what an agent does ------------------------------------------------------------------------------------------

    def open(self) -> None:
        self.page.goto(self.url)

    def sign_in(self, person: Person) -> None:
        """Through the form."""
        self.page.get_by_test_id("login-name").fill(person.login)
        self.page.get_by_test_id("login-password").fill(person.password)
        self.page.get_by_test_id("login-submit").click()
        self.page.get_by_test_id("ready-button").wait_for()

    def get_ready(self) -> None:
        self.press("ready-button")
        self.until_presence("free")

    def press(self, testid: str) -> None:
        self.page.get_by_test_id(testid).click()

    def dial(self, number: str) -> None:
        """Call a number that is typed."""
        self.element("dial-callee").fill(number)
        self.press("dial-button")

    def until_outlook(self, outlook: str) -> None:
        """What may be done with the customer in question: call, ask or wait."""
        self.page.locator(f"[data-testid=dial-offer][data-outlook={outlook}]").wait_for()

    def focused(self) -> str | None:
        """The test id of what has the focus."""
        testid: str | None = self.page.evaluate("() => document.activeElement?.dataset.testid ?? null")
        return testid

    def until_phase(self, phase: str) -> None:
        self.page.locator(f"[data-testid=call-card][data-phase={phase}]").wait_for()

    def answer(self) -> None:
        """Answer what rings, and return when both can talk."""
        self.press("answer-button")
        self.until_talking()

    # ---- what is on the page -----------------------------------------------------------------------------------------

    def element(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def until_presence(self, presence: str) -> None:
        self.page.locator(f"[data-testid=presence][data-presence={presence}]").wait_for()

    def until_ringing(self) -> str:
        """The id of the call that rings."""
        panel = self.element("ring-panel")
        panel.wait_for()
        return panel.get_attribute("data-call-id") or ""

    def until_talking(self) -> None:
        self.page.locator("[data-testid=call-card][data-phase=talking]").wait_for()

    def until_gone(self, testid: str) -> None:
        self.element(testid).wait_for(state="detached")

    def screenshot(self, path: Path) -> None:
        self.page.screenshot(path=path, animations="disabled")

    def until_past_call(self, call_id: str, outcome: str) -> None:
        """The call stands so in the list of recent calls."""
        self.page.locator(f"[data-testid=recent-call][data-call-id='{call_id}'][data-outcome={outcome}]").wait_for()

    def api(self, path: str) -> Any:
        """What the REST API tells this agent."""
        answer = self.page.context.request.get(f"{self.url}/api/v1{path}")
        assert answer.ok, answer.status
        return answer.json()

    # ---- what the probe noted ----------------------------------------------------------------------------------------

    def moments(self, what: str) -> list[Moment]:
        noted = self.page.evaluate("() => window.probe.moments")
        return [Moment(m["at_s"], m["what"], m["there"], m["call_id"]) for m in noted if m["what"] == what]

    def rang(self) -> set[str]:
        """The calls that this page has ever shown as ringing."""
        return {moment.call_id or "" for moment in self.moments("ring-panel") if moment.there}

    def frames(self, sent: bool) -> Iterator[tuple[float, str, Any]]:
        """Socket.IO events: Unix time, name, message."""
        for frame in self.page.evaluate("() => window.probe.frames"):
            if frame["sent"] is sent and (packet := re.match(r"42\d*(\[.*)", frame["text"], re.DOTALL)):
                name, *messages = json.loads(packet[1])
                yield frame["at_s"], name, messages[0] if messages else None

    def sdp_secrets(self) -> set[str]:
        frames = self.page.evaluate("() => window.probe.frames")
        return {secret for frame in frames for secret in SDP_SECRET.findall(frame["text"])}

    def first_audio_ms(self) -> float:
        """From the start of navigation to the first packet of audio that came in."""
        eventually(lambda: self.page.evaluate("() => window.probe.firstAudio_ms") is not None, "audio comes in")
        return float(self.page.evaluate("() => window.probe.firstAudio_ms"))

    def start_recording(self, line: str = MAIN_LINE) -> None:
        """From when there is anything to be heard on the line."""
        self.page.wait_for_function("(line) => document.querySelector(`[data-testid=${line}]`)?.srcObject", arg=line)
        self.page.evaluate("(line) => window.probe.startRecording(line)", line)

    def recorded_until_now(self, line: str = MAIN_LINE) -> Samples:
        return decode(base64.b64decode(self.page.evaluate("(line) => window.probe.recordedUntilNow(line)", line)))

    def stop_recording(self, line: str = MAIN_LINE) -> Samples:
        """What was heard on this line since `start_recording`."""
        return decode(base64.b64decode(self.page.evaluate("(line) => window.probe.stopRecording(line)", line)))


@dataclass
class Offices:
    """Everything of one test's browsers, and what went wrong in them."""

    browsers: Browsers
    system: System
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    expected_in_log: set[str] = field(default_factory=set)  # errors that a test provokes, by their event

    def open(
        self,
        voice: str = "ana",
        microphone: bool = True,
        language: str = "pt-BR",
        size: tuple[int, int] = WIDE,
        bypass_csp: bool = False,
    ) -> BrowserContext:
        """A browser profile of its own. `voice`: who sits at the microphone. `bypass_csp`: the page may connect to
        what a test has put between it and the gateway."""
        context = self.browsers.speaking(voice).new_context(
            permissions=["microphone"] if microphone else [],
            locale=language,
            bypass_csp=bypass_csp,
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",  # two cores draw every frame of an animation in software
        )
        context.add_init_script(UNPROCESSED)
        context.add_init_script(path=PROBE)
        context.set_default_timeout(30_000)
        context.on("page", self._watch)
        self.contexts.append(context)
        return context

    def tab(self, context: BrowserContext) -> Softphone:
        return Softphone(context.new_page(), self.system)

    def desk(self, person: Person, **office: Any) -> Softphone:
        """A page on which `person` is signed in."""
        return self.sit_down(self.open(**office), person)

    def sit_down(self, context: BrowserContext, person: Person) -> Softphone:
        """A page of this browser on which `person` is signed in."""
        session = {"login": person.login, "password": person.password}
        answer = context.request.post(f"{self.system.url}/api/v1/session", data=session)
        assert answer.ok, answer.status
        phone = self.tab(context)
        phone.open()
        phone.element("ready-button").wait_for()
        return phone

    def customer(self, context: BrowserContext, customer: str) -> Softphone:
        """The page of a simulated customer's phone."""
        theirs = self.tab(context)
        theirs.page.goto(self.system.meta.url)
        theirs.press(f"customer-{customer}")
        return theirs

    def ready_desk(self, person: Person, **office: Any) -> Softphone:
        phone = self.desk(person, **office)
        phone.get_ready()
        return phone

    @property
    def pages(self) -> list[Page]:
        return [page for context in self.contexts for page in context.pages]

    def secrets(self) -> set[str]:
        """Session cookies, and the passwords and fingerprints of the pages' seats."""
        found = {cookie["value"] for context in self.contexts for cookie in context.cookies()}
        return found.union(*(Softphone(page, self.system).sdp_secrets() for page in self.pages))

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", partial(_complain, self.complaints))


def _complain(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type == "error" and not EXPECTED_IN_CONSOLE.search(message.text):
        complaints.append(f"console: {message.text}")
