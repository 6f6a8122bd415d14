"""A newcomer tries the readme: a fresh clone, `make demo`, the first-run check, and the demo's call, in Chromium.

    .venv/bin/python -m tests.newcomer [--pictures FOLDER]

It takes some minutes (packages are downloaded and the page is built), so it is run by hand and not in CI. Nothing of
this checkout is borrowed but the browser and the test's own libraries. It reads what a newcomer reads: the readme for
the commands, the terminal for addresses and passwords. What is not committed is not tried.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.listening import write_capture_file
from tests.browser.softphone import CHROMIUM, FLAGS

HERE: Final = Path(__file__).parents[1]
README: Final = HERE / "README.md"
BUILDING_S: Final = 900.0
GROUPS: Final = ("department", "number", "user")
SIZE: Final = {"width": 1280, "height": 800}


@dataclass(frozen=True, slots=True)
class Printed:
    """What `make demo` said. Passwords by login."""

    softphone: str
    customer: str
    passwords: dict[str, str]


def commands_of(readme: str) -> list[str]:
    """The first block of commands: what `two commands` are."""
    block = re.search(r"^## Try it.*?^```\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert block is not None, "the readme has no block of commands under `Try it`"
    return block[1].strip().splitlines()


def clone(folder: Path, command: str) -> Path:
    """By the readme's own line, from this checkout instead of a server."""
    assert command.startswith("git clone <this repository> ramal"), command
    said = command.replace("<this repository>", f"file://{HERE}")
    run(said.replace("git clone", "git clone --quiet"), folder)
    return folder / "ramal"


def run(command: str, folder: Path) -> None:
    print(f"$ {command}", flush=True)
    subprocess.run(["bash", "-c", command], cwd=folder, check=True)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def demo(checkout: Path, command: str, log: IO[str]) -> Iterator[Printed]:
    """`make demo` on ports that are free here, until the block is left. Raises AssertionError when it does not come."""
    tcp, udp = [f"127.0.0.1:{free_port()}" for _ in range(2)], free_port(socket.SOCK_DGRAM)
    ports = f"--listen {tcp[0]} --meta {tcp[1]} --media-port {udp}"
    print(f"$ {command} DEMO_ARGS='{ports}'", flush=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RAMAL_", "VIRTUAL_ENV"))}
    process = subprocess.Popen(
        [*command.split(), f"DEMO_ARGS={ports}"],
        cwd=checkout,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield until_printed(process, Path(log.name))
    finally:
        os.killpg(process.pid, signal.SIGINT)  # Ctrl+C, as the demo says
        process.wait(30)


def until_printed(process: "subprocess.Popen[bytes]", log: Path) -> Printed:
    ends = time.monotonic() + BUILDING_S
    while time.monotonic() < ends:
        said = log.read_text(errors="replace")
        if "Ctrl+C" in said:
            return read_printed(said)
        assert process.poll() is None, f"make demo ended:\n{said[-3_000:]}"
        time.sleep(0.2)
    raise AssertionError(f"make demo said nothing for {BUILDING_S:.0f} s:\n{said[-3_000:]}")


def read_printed(said: str) -> Printed:
    softphone = re.search(r"Softphone +(http\S+)", said)
    customer = re.search(r"WhatsApp \(simulated\) +(http\S+)", said)
    passwords = dict(re.findall(r"^ +([a-z]+) +([a-z0-9]{10}) ", said, re.MULTILINE))
    assert softphone and customer and "ana" in passwords, said
    return Printed(softphone[1], customer[1], passwords)


def named_commands(readme: str) -> list[str]:
    """Each `ramal …` of the readme, without what differs from company to company."""
    lines = re.findall(r"\.venv/bin/ramal ((?:[a-z]+ ?)+)", readme)
    return sorted({" ".join(line.split()[: 2 if line.split()[0] in GROUPS else 1]) for line in lines})


def sign_in(page: Page, printed: Printed) -> None:
    page.goto(printed.softphone)
    page.get_by_label("Usuário").fill("ana")
    page.get_by_label("Senha", exact=True).fill(printed.passwords["ana"])
    page.get_by_role("button", name="Entrar").click()


def check(page: Page, printed: Printed, pictures: Path) -> None:
    """The first-run check, reached by the link that the phone shows to newcomers."""
    page.get_by_test_id("first-check").get_by_role("link").click()
    expect(page).to_have_url(f"{printed.softphone}check")
    page.get_by_test_id("check-start").click()
    page.locator("[data-testid=check-microphone][data-state=good]").wait_for()
    page.get_by_test_id("tone-play").click()
    page.get_by_test_id("tone-heard").click()
    page.locator(
        "[data-testid=check-network][data-state=good], [data-testid=check-network][data-state=poor]"
    ).wait_for()
    page.get_by_test_id("check-done").wait_for()
    page.screenshot(path=pictures / "newcomer-check.png", animations="disabled")


def call(browser: Browser, page: Page, printed: Printed, pictures: Path) -> None:
    """What the readme says word by word: get ready, press call on the customer's page, answer, and talk."""
    page.get_by_role("button", name="Ficar disponível").click()
    page.locator("[data-testid=presence][data-presence=free]").wait_for()
    customer = browser.new_page(locale="pt-BR")
    customer.goto(printed.customer)
    customer.get_by_role("button", name="Ligar").click()
    page.get_by_role("button", name="Atender").click()
    page.locator("[data-testid=call-card][data-phase=talking]").wait_for()
    expect(customer.get_by_test_id("status")).to_have_text(re.compile(r"Em ligação \d\d:\d\d"))
    page.wait_for_timeout(4_000)  # long enough for a picture with a running clock, and to be heard
    expect(page.get_by_text("O cliente não ouve você")).to_have_count(0)
    page.screenshot(path=pictures / "newcomer-call.png", animations="disabled")
    page.get_by_role("button", name="Desligar").click()
    page.get_by_test_id("last-call-note").wait_for()
    page.get_by_test_id("nav-calls").click()
    page.locator("[data-testid=recent-call][data-outcome=answered]").wait_for()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pictures", type=Path, default=HERE / "artifacts" / "newcomer")
    given = asked.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ramal-newcomer-") as directory:
        folder = Path(directory)
        first, second = commands_of(README.read_text())
        checkout = clone(folder, first.split("&&", 1)[0].strip())
        with (folder / "demo.log").open("w") as log, demo(checkout, second, log) as printed:
            print(f"the demo is up after {time.monotonic() - begun_s:.0f} s", flush=True)
            voice = folder / "voice.wav"
            write_capture_file("ana", voice)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=[*FLAGS, f"--use-file-for-fake-audio-capture={voice}"]
                )
                context = browser.new_context(locale="pt-BR", viewport=SIZE, permissions=["microphone"])  # type: ignore[arg-type]
                page = context.new_page()
                sign_in(page, printed)
                page.get_by_test_id("first-check").wait_for()
                page.screenshot(path=given.pictures / "newcomer-first.png", animations="disabled")
                check(page, printed, given.pictures)
                call(browser, page, printed, given.pictures)
                browser.close()
        for command in named_commands(README.read_text()):
            run(f".venv/bin/ramal {command} --help > /dev/null", checkout)
    print(f"the readme holds: demo, check and call after {time.monotonic() - begun_s:.0f} s", flush=True)


if __name__ == "__main__":
    main()
