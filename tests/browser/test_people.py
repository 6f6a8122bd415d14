"""An administrator adds an agent, gives grants, and finds out what a number needs; the agent signs in and is rung."""

from pathlib import Path
from typing import Final
from uuid import uuid4

from playwright.sync_api import Locator, expect

from signaling.ports import Role
from tests.browser.softphone import WIDE, Offices, Softphone
from tests.browser.system import DEPARTMENT, System
from tests.browser.test_access import fits

PHONE: Final = (390, 844)
OWN_PASSWORD: Final = "uma senha só dele"


def test_an_agent_is_added_signs_in_once_with_the_first_password_and_is_rung(
    system: System, offices: Offices, artifacts: Path
) -> None:
    login = f"caio-{uuid4().hex[:8]}"
    page = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    page.press("nav-people")
    page.press("person-add")
    page.element("person-name").fill("Caio Reis")
    page.element("person-login").fill("joão")
    here = page.page.locator(f"[data-testid=works-in][data-department='{DEPARTMENT}']")
    here.get_by_test_id("works-here").check(force=True)
    page.press("person-save")
    expect(page.element("person-form")).to_contain_text("De 1 a 64 letras")
    expect(page.element("person-name")).to_have_value("Caio Reis")
    page.screenshot(artifacts / "people-form.png")
    page.element("person-login").fill(login)
    page.press("person-save")
    first = page.element("first-password-text").inner_text()
    page.screenshot(artifacts / "people.png")
    page.page.emulate_media(color_scheme="dark")
    page.screenshot(artifacts / "people-dark.png")

    agent = offices.tab(offices.open())
    agent.open()
    agent.element("login-name").fill(login)
    agent.element("login-password").fill(first)
    agent.press("login-submit")
    agent.element("login-new-password").fill(OWN_PASSWORD)
    agent.screenshot(artifacts / "first-password.png")
    agent.press("login-submit")
    agent.element("ready-button").wait_for()
    agent.get_ready()
    call = system.meta.call("maria")
    agent.until_ringing()
    agent.answer()
    call.hang_up()
    agent.until_gone("call-card")

    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.page.emulate_media(color_scheme="light")
    page.page.goto(f"{page.url}/people")
    page.page.locator(f"[data-testid=person][data-login='{login}']").get_by_test_id("person-open").click()
    fits(page.page)
    page.element("person-form").scroll_into_view_if_needed()
    page.screenshot(artifacts / "people-phone.png")

    page.press("disable-person")
    expect(page.element("disable-person")).to_have_text("Reativar")
    page.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.page.emulate_media(color_scheme="dark")

    page.page.goto(f"{page.url}/numbers/{page.api('/numbers')['numbers'][0]['id']}/readiness")
    states = {row.get_attribute("data-code"): row.get_attribute("data-state") for row in _checks(page)}
    assert {states[code] for code in ("token", "webhook_settings", "webhook_delivers", "calling", "takers")} == {"fine"}
    assert states["plan_waits"] == "advice"
    expect(page.element("calls-in")).to_have_attribute("data-state", "fine")
    page.screenshot(artifacts / "readiness-dark.png")
    page.page.emulate_media(color_scheme="light")
    page.screenshot(artifacts / "readiness.png")
    page.press("check-again")
    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(page.page)
    page.screenshot(artifacts / "readiness-phone.png")
    agent.element("login-name").wait_for()  # signed out, within seconds
    assert not agent.page.context.request.post(
        f"{system.url}/api/v1/session", data={"login": login, "password": OWN_PASSWORD}
    ).ok
    sara = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    sara.page.goto(f"{sara.url}/people")
    expect(sara.element("grant-missing")).to_contain_text("Falta o papel de administrador")


def _checks(page: Softphone) -> list[Locator]:
    page.element("check").first.wait_for()
    return page.element("check").all()
