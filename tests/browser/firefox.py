"""A real Firefox with an agent's page, driven by WebDriver BiDi, and the sound server it needs to play anything.

Playwright drives only a Firefox of its own make. Firefox's pretended microphone hums at 1 kHz.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.browser.listening import Samples, decode
from tests.browser.meta import eventually
from tests.browser.softphone import MAIN_LINE, PROBE
from tests.browser.system import Person
from tests.browser.wire import PATIENCE_S, Wire

FIREFOX: Final = Path("/usr/bin/firefox-esr")
HUM_HZ: Final = 1_000
PREFERENCES: Final[dict[str, object]] = {
    "browser.shell.checkDefaultBrowser": False,
    "intl.accept_languages": "pt-BR",
    "media.autoplay.default": 0,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,  # nobody here answers mDNS
    "remote.active-protocols": 1,
    "remote.prefs.recommended": True,
}


@contextmanager
def sound_server(folder: Path) -> Iterator[str]:
    """Its address. A Firefox that finds no speaker lets no page play."""
    socket = folder / "pulse.socket"
    process = subprocess.Popen(
        [
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"),
            *("-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1", "-L", "module-null-sink"),
        ],
        env={**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(socket.exists, "the sound server listens")
        yield f"unix:{socket}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


class Firefox:
    """One browser with a profile in `folder`, and one tab."""

    def __init__(self, folder: Path, sound: str) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
        (folder / "user.js").write_text("".join(lines))
        self._log = folder / "firefox.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [FIREFOX, "--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0"],
                env={**os.environ, "HOME": str(folder), "PULSE_SERVER": sound},
                stdout=log,
                stderr=log,
            )
        listens = "WebDriver BiDi listening on "
        eventually(lambda: listens in self._log.read_text(), "Firefox listens")
        address = self._log.read_text().partition(listens)[2].split()[0]
        self._wire = Wire(f"{address}/session")
        self._wire.ask("session.new", {"capabilities": {}})
        self._tab = self._wire.ask("browsingContext.create", {"type": "tab"})["context"]
        view = {"width": 1280, "height": 800}
        self._wire.ask("browsingContext.setViewport", {"context": self._tab, "viewport": view})
        script = f"() => {{ {PROBE.read_text()} }}"
        self._wire.ask("script.addPreloadScript", {"functionDeclaration": script})

    def open(self, url: str) -> None:
        self._wire.ask("browsingContext.navigate", {"context": self._tab, "url": url, "wait": "complete"})

    def evaluate(self, expression: str) -> Any:
        """A JavaScript expression's value (a string, number or truth value), awaited."""
        answer = self._wire.ask(
            "script.evaluate", {"expression": expression, "target": {"context": self._tab}, "awaitPromise": True}
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def until(self, testid: str, more: str = "") -> None:
        there = f"document.querySelector(`[data-testid={testid}]{more}`) !== null"
        eventually(lambda: bool(self.evaluate(there)), testid)

    def press(self, testid: str) -> None:
        """With the mouse: what lets a page play sound."""
        self.until(testid)
        css = {"type": "css", "value": f"[data-testid={testid}]"}
        (node,) = self._wire.ask("browsingContext.locateNodes", {"context": self._tab, "locator": css})["nodes"]
        place = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        moves = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": place},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": moves})

    def type(self, testid: str, text: str) -> None:
        self.press(testid)
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": keys})

    def sign_in(self, url: str, person: Person) -> None:
        self.open(url)
        self.type("login-name", person.login)
        self.type("login-password", person.password)
        self.press("login-submit")

    def hear(self, line: str = MAIN_LINE) -> None:
        self.evaluate(f"window.probe.startRecording('{line}')")

    def heard(self, line: str = MAIN_LINE) -> Samples:
        """What the agent heard since `hear`."""
        return decode(base64.b64decode(self.evaluate(f"window.probe.stopRecording('{line}')")))

    def screenshot(self, path: Path) -> None:
        answer = self._wire.ask("browsingContext.captureScreenshot", {"context": self._tab})
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        self._wire.close()
        self._process.terminate()
        self._process.wait(PATIENCE_S)

    def _act(self, source: dict[str, object]) -> None:
        self._wire.ask("input.performActions", {"context": self._tab, "actions": [source]})
