"""One call in a real Firefox: who hears what. Firefox speaks to no loopback address, so the gateway's media has this
machine's own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from signaling.call import Outcome, Party
from tests.browser.conversation import RIGHT_VOICE
from tests.browser.firefox import HUM_HZ, Firefox, sound_server
from tests.browser.listening import RATE_HZ, Samples, decode, likeness, voice
from tests.browser.meta import eventually
from tests.browser.system import System

LISTEN_S = 4.0


def own_address() -> str:
    """An IPv4 address of this machine that is not loopback."""
    found = (one for each in psutil.net_if_addrs().values() for one in each if one.family is socket.AF_INET)
    return next(one.address for one in found if not one.address.startswith("127."))


@pytest.fixture
def reachable(tmp_path: Path, artifacts: Path) -> Iterator[System]:
    logs = artifacts / "firefox"
    logs.mkdir(exist_ok=True)
    system = System(tmp_path, logs, RAMAL_MEDIA_ADDRESS=own_address())
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.fixture
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with sound_server(tmp_path_factory.mktemp("sound")) as sound:
        firefox = Firefox(tmp_path_factory.mktemp("firefox"), sound)
        yield firefox
        firefox.close()


def loudest_hz(heard: Samples) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(heard))) * RATE_HZ / len(heard))


def test_a_customer_and_an_agent_in_firefox_hear_each_other(
    reachable: System, firefox: Firefox, artifacts: Path
) -> None:
    firefox.sign_in(reachable.url, reachable.hire("Ana Souza"))
    firefox.press("ready-button")
    firefox.until("presence", "[data-presence=free]")
    call = reachable.meta.call("maria")
    firefox.until("ring-panel")
    firefox.press("answer-button")
    firefox.until("call-card")
    call.until_heard(LISTEN_S)  # its jitter buffer fills

    def like_maria() -> float:
        firefox.hear()
        call.until_heard(LISTEN_S)
        return likeness(firefox.heard(), voice("maria"))

    eventually(lambda: like_maria() >= RIGHT_VOICE, "the agent hears the customer")
    assert abs(loudest_hz(decode(call.heard())[-int(LISTEN_S * RATE_HZ) :]) - HUM_HZ) < 10
    firefox.screenshot(artifacts / "firefox-call.png")
    firefox.press("hangup-button")
    firefox.until("last-call-note")
    record = reachable.until_over(call.wacid)
    assert (record.outcome, record.ended_by, record.failure) == (Outcome.ANSWERED, Party.AGENT, None)
    assert reachable.meta.faults() == []
