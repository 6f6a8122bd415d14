"""The first hour at a new computer: microphone, speaker and network are checked, with a real path to the gateway."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System
from tests.browser.test_access import PHONE, fits

pytestmark = pytest.mark.beside


def test_a_new_computer_is_checked_and_then_ready(system: System, offices: Offices, artifacts: Path) -> None:
    phone = offices.desk(system.hire("Ana Souza"))
    phone.element("first-check").get_by_role("link").click()
    phone.press("check-start")
    until(phone, "microphone", "good")  # the voice at this computer's microphone
    phone.press("tone-play")
    phone.press("tone-heard")
    until(phone, "network", "good|poor")  # a test machine may be busy, and its path is a path
    assert phone.element("check-network").locator("[data-finding=no_path], [data-finding=not_reported]").count() == 0
    phone.element("check-done").wait_for()
    phone.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(phone.page)
    phone.screenshot(artifacts / "first-check.png")
    expect(phone.element("first-check")).to_have_count(0)

    phone.get_ready()
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    call.hang_up()
    phone.until_gone("call-card")


def test_what_is_wrong_with_a_microphone_is_said_with_what_to_do(system: System, offices: Offices) -> None:
    phone = offices.desk(system.hire("Ana Souza"), microphone=False)
    phone.page.goto(f"{phone.url}/check")
    phone.press("check-start")
    until(phone, "microphone", "bad")
    expect(phone.element("check-microphone")).to_contain_text("permita o microfone")
    until(phone, "network", "waiting")


def test_the_page_can_be_installed_as_a_program(system: System, offices: Offices) -> None:
    phone = offices.desk(system.hire("Ana Souza"))
    devtools = phone.page.context.new_cdp_session(phone.page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == [] and manifest["url"] == f"{phone.url}/manifest.json"
    errors = {error["errorId"] for error in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert errors <= {"in-incognito"}  # as every page of these tests is


def until(phone: Softphone, what: str, states: str) -> None:
    wanted = ", ".join(f"[data-testid=check-{what}][data-state={state}]" for state in states.split("|"))
    phone.page.locator(wanted).wait_for()
