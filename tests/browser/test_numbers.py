"""Supervisors see the load of their numbers against Meta's limits, live; administrators how each stands, and what is
open of it; agents have no such page."""

from pathlib import Path

import pytest

from signaling.ports import Role
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System

pytestmark = pytest.mark.beside


def test_a_supervisor_sees_a_call_come_and_go_in_the_load_of_its_number(
    system: System, offices: Offices, artifacts: Path
) -> None:
    page = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    page.press("nav-numbers")
    load = page.element("meter-inbound")
    load.wait_for()
    eventually(lambda: "0 de 1.000" in load.inner_text(), "no call is left of what was before")
    call = system.meta.call("maria")
    eventually(lambda: "1 de 1.000" in load.inner_text(), "the call counts")
    page.screenshot(artifacts / "numbers.png")
    assert page.element("process").count() == 0, "the server is the administrators' business"
    call.hang_up()
    eventually(lambda: "0 de 1.000" in load.inner_text(), "its place is given back")


def test_an_administrator_sees_the_server_and_an_agent_no_such_page(
    system: System, offices: Offices, artifacts: Path
) -> None:
    page = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    page.press("nav-numbers")
    page.element("process").wait_for()
    assert page.element("meter-cpu").inner_text().startswith("Processador")
    page.element("number-settings").first.click()
    page.press("check-number")  # the gateway was there before its Meta, and asks again by itself after a minute
    page.element("finding").first.wait_for()
    page.press("nav-numbers")
    line = page.element("number-line").first
    health = line.get_by_test_id("line-health")
    eventually(lambda: health.get_attribute("data-state") == "fresh", "the list knows what Meta said last")
    assert line.get_by_test_id("line-calling").get_attribute("data-state") == "enabled"
    system.meta.post("/sim/number/warn", {"violation": "LOW_CALLING_QUALITY"})
    warned = page.page.locator("[data-testid=number-alert][data-alert=meta_warned] a").first
    warned.wait_for()
    page.screenshot(artifacts / "numbers-and-server.png")
    warned.click()
    page.element("number-standing").wait_for()
    eventually(lambda: page.page.evaluate("document.activeElement.id") == "number-standing", "it leads to its place")
    page.element("number-alerts").locator("[data-alert=meta_warned]").wait_for()  # on its own page, too
    page.screenshot(artifacts / "number-alerts.png")
    section = page.page.get_by_role("group", name="Administração das ligações")
    assert section.get_by_role("link").all_inner_texts() == ["Números", "Pessoas", "Sons", "Sistema"]
    section.get_by_role("link", name="Pessoas").press("Enter")
    page.element("person-add").wait_for()
    agent = offices.desk(system.hire("Ana Souza"))
    assert agent.element("nav-numbers").count() == 0 and agent.element("nav-administration").count() == 0
