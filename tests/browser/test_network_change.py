"""The agent's computer changes its network in a call: the customer stays, and both hear each other again in time.

A router and a line of the test's own stand between browser and gateway (`tests.browser.network`). What is not real: the
browser is not told of a change by its operating system, which would only help it.
"""

import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from signaling.call import Outcome
from tests.browser.conversation import SETTLED_S, assert_they_hear_each_other
from tests.browser.meta import CustomerCall, eventually
from tests.browser.network import REROUTE, Line, Router, longest_gap_s
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

pytestmark = pytest.mark.alone

SILENT_AT_MOST_S: Final = 3.0
LOOKED_AT_S: Final = 6.0
CALLS: Final = 3


@pytest.fixture
def router(system: System) -> Iterator[Router]:
    router = Router(("127.0.0.1", system.media_port))
    yield router
    router.close()


@pytest.fixture
def line(system: System) -> Iterator[Line]:
    host, _, port = system.url.removeprefix("http://").partition(":")
    line = Line((host, int(port)))
    yield line
    line.close()


def in_a_call(
    system: System, offices: Offices, router: Router, line: Line | None = None
) -> tuple[Softphone, CustomerCall]:
    context = offices.open(voice="ana", bypass_csp=line is not None)
    context.add_init_script(f"({REROUTE})([{system.media_port}, {router.port}])")
    if line is not None:
        context.add_init_script(through(system, line))
    phone = offices.sit_down(context, system.hire("Ana Souza"))
    phone.get_ready()
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    call.until_heard(SETTLED_S)
    return phone, call


def through(system: System, line: Line) -> str:
    """The page's WebSocket goes through the line; the page itself has come directly."""
    port = system.url.rpartition(":")[2]
    return f"""window.WebSocket = class extends WebSocket {{
      constructor(url, ...rest) {{ super(String(url).replace(":{port}/", ":{line.port}/"), ...rest); }}
    }};"""


def silence_after(router: Router, change_s: float) -> tuple[float, float]:
    """The longest silences towards the gateway and towards the browser, once enough time has passed."""
    eventually(lambda: time.monotonic() > change_s + LOOKED_AT_S, "some seconds pass", LOOKED_AT_S + 5)
    end_s = change_s + LOOKED_AT_S
    to_gateway_s, to_browser_s = (
        longest_gap_s(times_s, change_s, end_s) for times_s in (router.to_gateway_s, router.to_browser_s)
    )
    print(f"longest silence: {to_gateway_s:.2f} s to the gateway, {to_browser_s:.2f} s to the browser")
    return to_gateway_s, to_browser_s


def ends_well(system: System, phone: Softphone, call: CustomerCall) -> None:
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    assert record.outcome is Outcome.ANSWERED and record.failure is None


def silent_at_most(limit_s: float, one_call: Callable[[], float]) -> None:
    """A machine with too much to do may spoil a call or two; a page that does not come back spoils all of them."""
    silences_s = []
    for _ in range(CALLS):
        silences_s.append(one_call())
        if silences_s[-1] < limit_s:
            return
    raise AssertionError(f"silent for {silences_s} s")


def test_the_same_path_from_another_address(system: System, offices: Offices, router: Router) -> None:
    def one_call() -> float:
        phone, call = in_a_call(system, offices, router)
        change_s = time.monotonic()
        router.change_address()
        silent_s = max(silence_after(router, change_s))
        ends_well(system, phone, call)
        return silent_s

    silent_at_most(1.0, one_call)


def test_a_path_that_is_dead_while_signalling_lives(system: System, offices: Offices, router: Router) -> None:
    def one_call() -> float:
        phone, call = in_a_call(system, offices, router)
        change_s = time.monotonic()
        router.kill_paths()
        silent_s = max(silence_after(router, change_s))
        ends_well(system, phone, call)
        return silent_s

    silent_at_most(SILENT_AT_MOST_S, one_call)


def test_sound_and_signalling_are_dead_and_nobody_says_so(
    system: System, offices: Offices, router: Router, line: Line
) -> None:
    def one_call() -> float:
        phone, call = in_a_call(system, offices, router, line)
        change_s = time.monotonic()
        router.kill_paths()
        line.fall_silent()
        silent_s = max(silence_after(router, change_s))
        ends_well(system, phone, call)
        return silent_s

    silent_at_most(SILENT_AT_MOST_S, one_call)
