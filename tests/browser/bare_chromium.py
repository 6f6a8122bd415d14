"""A Chromium that nobody keeps awake. Playwright makes every page believe that it is seen and has the focus; what a
browser does to hidden pages (slow timers, freezing) shows only without it, so this speaks DevTools by itself."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.meta import eventually
from tests.browser.softphone import CHROMIUM, FLAGS
from tests.browser.system import Person, System
from tests.browser.wire import PATIENCE_S, Wire


class BareChromium:
    """One browser with a profile in `folder`."""

    def __init__(self, folder: Path, capture: Path, *, asks: bool = False, flags: tuple[str, ...] = ()) -> None:
        """`asks`: the microphone is given as `microphone` says, and not whatever happens."""
        self._process = subprocess.Popen(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={folder}"),
                *(
                    *FLAGS,
                    *flags,
                    *([] if asks else ["--use-fake-ui-for-media-stream"]),
                    f"--use-file-for-fake-audio-capture={capture}",
                ),
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert self._process.stderr is not None
        address = next(line for line in self._process.stderr if b"DevTools listening on" in line).decode().split()[-1]
        self._wire = Wire(address)

    @property
    def events(self) -> list[dict[str, Any]]:
        return self._wire.events

    def tab(self, url: str) -> "BareTab":
        """A new tab, in front of the others."""
        target = self.send("Target.createTarget", url=url)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return BareTab(self, target, session)

    def send(self, method: str, session: str | None = None, **params: object) -> Any:
        """One DevTools command and its result. Raises AssertionError."""
        return self._wire.ask(method, params, **({} if session is None else {"sessionId": session}))

    def microphone(self, setting: str) -> None:
        """`granted`, or `denied` by whoever sits there."""
        self.send("Browser.setPermission", permission={"name": "microphone"}, setting=setting)

    def worker(self) -> "BareTab":
        """The service worker of the page."""

        def found() -> list[str]:
            targets = self.send("Target.getTargets")["targetInfos"]
            return [one["targetId"] for one in targets if one["type"] == "service_worker"]

        eventually(lambda: bool(found()), "the service worker runs")
        target = found()[0]
        return BareTab(self, target, self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)
        self._wire.close()


@dataclass(frozen=True, slots=True)
class BareTab:
    browser: BareChromium
    target: str
    session: str

    def evaluate(self, expression: str, *, presses: bool = True) -> Any:
        """The value of a JavaScript expression, awaited. `presses`: the browser takes it for somebody at the page, and
        lets sound play."""
        answer = self.browser.send(
            "Runtime.evaluate",
            self.session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=presses,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str, within_s: float = PATIENCE_S, *, presses: bool = True) -> None:
        eventually(lambda: bool(self.evaluate(expression, presses=presses)), expression, within_s)

    def has(self, testid: str, more: str = "") -> str:
        """The expression that says whether something is on the page."""
        return f"document.querySelector(`[data-testid={testid}]{more}`) !== null"

    def press(self, testid: str) -> None:
        self.until(self.has(testid))
        self.evaluate(f"document.querySelector('[data-testid={testid}]').click()")

    def sign_in(self, system: System, person: Person) -> None:
        self.until("document.readyState === 'complete'")
        body = json.dumps({"login": person.login, "password": person.password})
        wish = f"{{ method: 'POST', body: {body!r}, headers: {{ 'Content-Type': 'application/json' }} }}"
        assert self.evaluate(f"fetch('/api/v1/session', {wish}).then((answer) => answer.status)") in (200, 201, 204)
        self.browser.send("Page.navigate", self.session, url=system.url)
        self.until(self.has("ready-button"))

    def get_ready(self) -> None:
        self.press("ready-button")
        self.until(self.has("presence", "[data-presence=free]"))

    def push(self, message: str) -> None:
        """What a push service delivers to this page's browser, decrypted."""
        self.browser.send("ServiceWorker.enable", self.session)

        def registrations() -> list[dict[str, Any]]:
            self.evaluate("1")  # events come with answers
            told = [event for event in self.browser.events if event["method"].endswith("workerRegistrationUpdated")]
            return [one for event in told for one in event["params"]["registrations"]]

        eventually(lambda: bool(registrations()), "the service worker is registered")
        origin = self.evaluate("location.origin")
        self.browser.send(
            "ServiceWorker.deliverPushMessage",
            self.session,
            origin=origin,
            registrationId=registrations()[-1]["registrationId"],
            data=message,
        )

    def notifications(self) -> Any:
        """Of a service worker: what the system shows for it now."""
        return self.evaluate(
            """self.registration.getNotifications().then((all) => all.map(({ title, body, tag, actions }) => (
              { title, body, tag, actions: actions.map(({ action }) => action) })))"""
        )

    def go(self, url: str, before: str = "") -> None:
        """There, as by a link; `before`: a script that runs before the page's own, here and on every later page."""
        self.browser.send("Page.enable", self.session)
        self.browser.send("Page.addScriptToEvaluateOnNewDocument", self.session, source=before)
        self.browser.send("Page.navigate", self.session, url=url)

    def close(self) -> None:
        self.browser.send("Target.closeTarget", targetId=self.target)

    def show(self) -> None:
        self.browser.send("Target.activateTarget", targetId=self.target)

    def freeze(self) -> None:
        """As Chromium does with hidden tabs to save energy: no task of the page runs any more."""
        self.browser.send("Page.setWebLifecycleState", self.session, state="frozen")

    def thaw(self) -> None:
        self.browser.send("Page.setWebLifecycleState", self.session, state="active")
