"""A page behind another tab, and one that its browser has frozen."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.browser.bare_chromium import BareChromium, BareTab
from tests.browser.listening import write_capture_file
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System
from tests.fakes.push_service import PushService

RINGS_WITHIN_S: Final = 2.0
HIDDEN_FOR_S: Final = 15.0
"""Longer than between two questions of the gateway whether the page is there; `docs/features.md` says so."""

NOTE_RINGS: Final = """
window.rangAt_s = null;
new MutationObserver(() => {
  if (document.querySelector("[data-testid=ring-panel]") !== null) window.rangAt_s ??= Date.now() / 1000;
}).observe(document.body, { childList: true, subtree: true });
"""


ONCE_A_MINUTE: Final = "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1"
"""What Chromium does to a page after five minutes in the background, after a second: its timers go off once a minute.
It spares pages with an open microphone or an RTCPeerConnection, and so a phone that is ready."""

TIMERS_STAND_STILL: Final = """
for (const name of ["setTimeout", "setInterval"]) {
  const real = window[name];
  window[name] = (tick, ms, ...more) => real((...given) => {
    if (!document.hidden) tick(...given);
    else if (name === "setTimeout") real(tick, 60_000, ...given);
  }, ms, ...more);
}
"""
"""The same without that mercy, as another browser may have it: no timer of a hidden page goes off for a minute."""

COUNT_TICKS: Final = """
window.ticks = 0;
setInterval(() => { window.ticks += 1; }, 500);
"""


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[BareChromium]:
    capture = tmp_path / "ana.wav"
    write_capture_file("ana", capture)
    browser = BareChromium(tmp_path / "profile", capture, flags=(ONCE_A_MINUTE,))
    yield browser
    browser.close()


@pytest.fixture
def push_service() -> Iterator[PushService]:
    service = PushService()
    service.start()
    yield service
    service.stop()


def hidden_desk(system: System, chromium: BareChromium, before: str = "") -> tuple[BareTab, BareTab]:
    """An agent's ready page, and the tab that is in front of it. `before`: a script that runs before the page's own."""
    page = chromium.tab("about:blank")
    page.go(f"{system.url}/favicon.svg", before)
    page.until("location.pathname === '/favicon.svg'")
    page.sign_in(system, system.hire("Ana Souza"))
    page.get_ready()
    front = chromium.tab("about:blank")
    front.show()
    page.until("document.hidden")
    return page, front


def ticks_in(tab: BareTab, seconds: float, clock: BareTab) -> int:
    """How many went off; one that is not slowed down has two in a second. `clock`: a tab that is seen."""
    before = tab.evaluate("window.ticks")
    clock.evaluate(f"new Promise((done) => setTimeout(done, {seconds * 1000}))")
    return int(tab.evaluate("window.ticks") - before)


@pytest.mark.parametrize("spared", [True, False], ids=["by Chromium", "by no browser"])
def test_a_hidden_page_rings_within_two_seconds_of_the_webhook_where_timers_go_off_once_a_minute(
    system: System, offices: Offices, chromium: BareChromium, spared: bool
) -> None:
    beside = chromium.tab("about:blank")
    beside.evaluate(COUNT_TICKS)
    page, front = hidden_desk(system, chromium, COUNT_TICKS if spared else TIMERS_STAND_STILL + COUNT_TICKS)
    log_start = system.log_size_bytes()
    ticks_in(page, HIDDEN_FOR_S, front)  # the gateway asks in between whether the page is there
    assert ticks_in(beside, 2, front) == 0, "the browser slows hidden pages down"
    assert (ticks_in(page, 2, front) > 0) is spared
    page.evaluate(NOTE_RINGS)
    called_s = time.time()  # and the webhook is sent after that
    call = system.meta.call("maria")
    page.until("window.rangAt_s !== null")
    took_s = page.evaluate("window.rangAt_s") - called_s
    print(f"a hidden page rings {took_s:.2f} s after the customer has called")
    assert took_s < RINGS_WITHIN_S
    page.press("answer-button")
    call.until_heard(2)
    assert page.evaluate("document.hidden")
    call.hang_up()
    system.until_over(call.wacid)
    assert "page_does_not_answer" not in system.log_since(log_start), "nobody took its agent for absent"


def test_a_frozen_page_is_unreachable_its_call_goes_to_somebody_else_and_it_is_told_when_it_is_back(
    system: System, offices: Offices, chromium: BareChromium
) -> None:
    page, _ = hidden_desk(system, chromium)
    bia = offices.ready_desk(system.hire("Bia Lima"))
    page.freeze()
    log_start = system.log_size_bytes()
    call = system.meta.call("maria")
    call_id = bia.until_ringing()
    eventually(lambda: "page_does_not_answer" in system.log_since(log_start), "the gateway notices")
    bia.answer()
    assert bia.api(f"/calls/{call_id}")["agent_name"] == "Bia Lima"
    bia.press("hangup-button")
    system.until_over(call.wacid)

    page.thaw()
    page.show()
    page.until(page.has("was-unreachable"))
    page.until(page.has("presence", "[data-presence=free]"))
    again = system.meta.call("joao")
    page.until(page.has("ring-panel"))
    again.hang_up()
    system.until_over(again.wacid)


COUNT_ASKED: Final = """
window.asked = 0;
const ask = Notification.requestPermission.bind(Notification);
Notification.requestPermission = () => { window.asked += 1; return ask(); };
"""

PRESS: Final = """(async () => {
  const [notification] = await self.registration.getNotifications({ tag: "%s" });
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action: "%s" }));
})()"""
"""The press itself is simulated: headless Chromium has no system that shows notifications. So whether the tab comes to
the front is not seen here: browsers allow it for real presses only."""


def notified_desk(system: System, chromium: BareChromium) -> BareTab:
    """An agent's page, hidden; its agent has switched notifications on."""
    chromium.send("Browser.grantPermissions", origin=system.url, permissions=["notifications", "audioCapture"])
    page = chromium.tab(f"{system.url}/favicon.svg")
    page.sign_in(system, system.hire("Ana Souza"))
    page.evaluate(COUNT_ASKED)
    page.get_ready()
    page.press("nav-audio")
    page.until(page.has("notification-settings"))
    assert page.evaluate("window.asked") == 0, "nobody is asked who has not pressed"
    page.evaluate("localStorage.setItem('ramal.notifications', 'off')")
    page.press("nav-calls")
    page.press("nav-audio")
    page.press("notifications-button")
    page.until(page.has("notification-settings", "[data-state=on]"))
    assert page.evaluate("window.asked") == 1
    chromium.tab("about:blank").show()
    page.until("document.hidden")
    return page


def until_notified(page: BareTab, worker: BareTab) -> None:
    """The system shows a ring. Else what the page shows instead is in the error."""
    page.until(page.has("ring-panel"))
    try:
        eventually(lambda: bool(worker.notifications()), "the system shows the ring")
    except AssertionError as error:
        seen = page.evaluate("[document.hidden, document.hasFocus(), document.querySelector('aside').innerText]")
        raise AssertionError(f"{error}; hidden, focused, shows: {seen}") from None


def test_a_ring_behind_another_tab_is_a_notification_that_answers_and_closes_itself(
    system: System, offices: Offices, chromium: BareChromium
) -> None:
    page = notified_desk(system, chromium)
    worker = chromium.worker()
    call = system.meta.call("maria")
    until_notified(page, worker)
    (shown,) = worker.notifications()
    assert "Maria" in shown["title"] and shown["actions"] == ["answer", "decline"]
    worker.evaluate(PRESS % (shown["tag"], "answer"))
    page.until(page.has("call-card", "[data-phase=talking]"))
    call.until_heard(1)
    assert worker.notifications() == []
    call.hang_up()
    system.until_over(call.wacid)

    page.until(page.has("presence", "[data-presence=free]"))
    given_up = system.meta.call("joao")
    until_notified(page, worker)
    given_up.hang_up()
    eventually(lambda: worker.notifications() == [], "the notification closes itself")

    page.until(page.has("presence", "[data-presence=free]"))
    declined = system.meta.call("carlos")
    until_notified(page, worker)
    worker.evaluate(PRESS % (worker.notifications()[0]["tag"], "decline"))
    eventually(lambda: worker.notifications() == [], "the notification closes itself")
    page.until(page.has("waiting-call", "[data-why=declined]"))
    declined.hang_up()
    system.until_over(declined.wacid)


def test_a_browser_whose_page_sleeps_is_woken_by_web_push_and_the_press_answers(
    system: System, offices: Offices, chromium: BareChromium, push_service: PushService
) -> None:
    """Chromium's own push service is out of reach here: the message goes to one of the test's, is decrypted as a
    browser would, and given to the real service worker by DevTools."""
    page = notified_desk(system, chromium)
    worker = chromium.worker()
    browser = push_service.subscription()
    body = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth, "language": "pt-BR"}
    wish = f"{{ method: 'PUT', body: {json.dumps(body)!r}, headers: {{ 'Content-Type': 'application/json' }} }}"
    assert page.evaluate(f"fetch('/api/v1/push/subscriptions', {wish}).then((answer) => answer.status)") == 204
    page.freeze()
    call = system.meta.call("maria")
    eventually(lambda: bool(push_service.got), "the gateway wakes the browser")
    told = push_service.got[0].message
    assert "••" in told["label"] and "Maria" not in str(told)

    page.push(json.dumps(told))
    eventually(lambda: told["call_id"] in [one["tag"] for one in worker.notifications()], "the notification is shown")
    worker.evaluate(PRESS % (told["call_id"], "answer"))
    page.thaw()
    page.until(page.has("call-card", "[data-phase=talking]"))
    call.until_heard(1)
    assert worker.notifications() == []
    call.hang_up()
    system.until_over(call.wacid)
