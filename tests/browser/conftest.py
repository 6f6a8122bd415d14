"""One system and one Chromium for all browser tests; each test has agents and pages of its own, and is judged by what
the simulated Meta, the gateway's log and the pages' consoles say."""

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import sync_playwright

from gateway.api.web import BUILT_PAGE
from tests.browser.softphone import CHROMIUM, Browsers, Offices
from tests.browser.system import System, log_lines

ARTIFACTS: Final = Path(__file__).parents[2] / "artifacts" / "browser"
FAILED: Final = pytest.StashKey[bool]()


@pytest.fixture(scope="package")
def artifacts() -> Path:
    """A folder of its own for each process that runs tests: their logs are not to be mixed."""
    folder = ARTIFACTS / os.environ.get("PYTEST_XDIST_WORKER", "")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="package", autouse=True)
def needs() -> None:
    """What `make test` sees to."""
    if not Path(CHROMIUM).exists():
        pytest.fail("These tests need Chromium. Run: apt-get install -y --no-install-recommends chromium", False)
    if not (BUILT_PAGE / "index.html").exists():
        pytest.fail("These tests need the built page. Run: make web", False)


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("system"), artifacts)
    try:
        system.start()
        yield system
    finally:
        system.stop()


@pytest.fixture(scope="package")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with sync_playwright() as playwright:
        browsers = Browsers(playwright, tmp_path_factory.mktemp("voices"))
        yield browsers
        browsers.close()


@pytest.fixture
def offices(browsers: Browsers, system: System, artifacts: Path, request: pytest.FixtureRequest) -> Iterator[Offices]:
    """Closed, and judged, after the test."""
    system.meta.forget_faults()
    log_start_bytes = system.log_size_bytes()
    began = datetime.now(UTC)
    offices = Offices(browsers, system)
    try:
        yield offices
        if request.node.stash.get(FAILED, False):
            for number, page in enumerate(offices.pages):
                page.screenshot(path=artifacts / f"failed-{request.node.name}-{number}.png")
            return
        secrets = offices.secrets() | system.secrets()
    finally:
        offices.close()
        system.meta.end_calls()
    assert offices.complaints == []
    assert system.meta.faults() == []
    secrets |= system.secrets_of_calls_since(began)
    log = system.log_since(log_start_bytes)
    assert [secret for secret in secrets if secret in log] == []
    errors = [line for line in log_lines(log) if line.get("level") in ("error", "critical")]
    assert [line for line in errors if line["event"] not in offices.expected_in_log] == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report
