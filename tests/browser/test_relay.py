"""An agent's network lets no packet through to the gateway: a relay (a real coturn) carries the sound.

A router of the test's own is the firewall: it drops what does not come from the relay's ports.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.network import REROUTE, Router
from tests.browser.softphone import Offices
from tests.browser.system import System, free_tcp_ports

STARTS_WITHIN_S: Final = 10.0
RELAYED: Final = range(52_000, 52_100)
SECRET: Final = "a secret that gateway and relay share"


@dataclass(frozen=True, slots=True)
class Relay:
    """A TURN server that browsers reach by TCP only, and that may send to this machine itself."""

    port: int

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=tcp"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    folder = tmp_path_factory.mktemp("relay")
    [port] = free_tcp_ports(1)
    options = {
        "listening-ip": "127.0.0.1",
        "relay-ip": "127.0.0.1",
        "listening-port": port,
        "min-port": RELAYED.start,
        "max-port": RELAYED.stop - 1,
        "static-auth-secret": SECRET,
        "realm": "ramal.test",
        "userdb": folder / "users.db",
        "pidfile": folder / "relay.pid",
        "log-file": folder / "relay.log",
    }
    flags = ["use-auth-secret", "allow-loopback-peers", "no-udp", "no-tls", "no-dtls", "no-cli"]
    command = ["turnserver", "-n", *[f"--{name}={value}" for name, value in options.items()]]
    process = subprocess.Popen([*command, *[f"--{flag}" for flag in flags]], stdout=subprocess.DEVNULL, cwd=folder)
    try:
        _until_it_listens(port)
        yield Relay(port)
    finally:
        process.terminate()
        process.wait(STARTS_WITHIN_S)


def _until_it_listens(port: int) -> None:
    ends_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < ends_s:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
    pytest.fail("the relay did not start")


@pytest.fixture(scope="module")
def system(relay: Relay, tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[System]:
    """One that knows the relay."""
    logs = artifacts / "relay"
    logs.mkdir(exist_ok=True)
    settings = {"RAMAL_TURN_URLS": relay.url, "RAMAL_TURN_SECRET": SECRET}
    system = System(tmp_path_factory.mktemp("relayed"), logs, **settings)
    try:
        system.start()
        yield system
    finally:
        system.stop()


def test_an_agent_behind_a_closed_firewall_talks_through_the_relay(system: System, offices: Offices) -> None:
    firewall = Router(("127.0.0.1", system.media_port), only_from=RELAYED)
    try:
        context = offices.open(voice="ana")
        context.add_init_script(f"({REROUTE})([{system.media_port}, {firewall.port}])")
        phone = offices.sit_down(context, system.hire("Ana Souza"))
        phone.get_ready()
        call = system.meta.call("maria")
        phone.until_ringing()
        phone.answer()
        assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
        assert firewall.to_gateway_s and firewall.to_browser_s, "the sound went through the firewall"
        phone.press("hangup-button")
        assert system.until_over(call.wacid).failure is None
    finally:
        firewall.close()
