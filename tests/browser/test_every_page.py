"""Every page of every role, in both colours and on a phone: axe-core finds nothing serious, and nothing is cut off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, Route, expect

from signaling.ports import Role
from tests.browser.axe import serious_findings
from tests.browser.softphone import WIDE, Offices, Softphone
from tests.browser.system import System
from tests.browser.test_access import PHONE, fits

pytestmark = pytest.mark.beside

OF_A_NUMBER: Final = ("settings", "readiness", "plan", "hours", "templates", "recording")
INNER: Final = ("/check", "/numbers/new", *(f"/numbers/{{number}}/{name}" for name in OF_A_NUMBER))
"""Pages that are opened from others; those of the navigation are found there."""

STILL: Final = """() => Promise.allSettled(document.getAnimations()
  .filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished))"""
"""A colour on its way to another one is neither."""


@pytest.mark.parametrize("role", Role)
def test_axe_finds_nothing_serious_on_any_page(system: System, offices: Offices, artifacts: Path, role: Role) -> None:
    phone = offices.desk(system.hire("Rosa Dias", role))
    page = phone.page
    found = []
    for path in paths_of(phone):
        page.goto(f"{phone.url}{path}")
        settled(page)
        if role is not Role.ADMINISTRATOR:  # who sees all pages: the others see parts of them
            found += [f"{path}: {finding}" for finding in serious_findings(page)]
            continue
        for look in looks(page):
            found += [f"{path} ({look}): {finding}" for finding in serious_findings(page)]
            page.screenshot(path=artifacts / f"every{path.replace('/', '-')}-{look}.png", animations="disabled")
        fits(page)
    assert found == [], "\n".join(found)


def test_a_page_says_so_when_the_gateway_does_not_answer_and_comes_when_it_does(
    system: System, offices: Offices, artifacts: Path
) -> None:
    """Two of them in a browser; all of them in the page's own tests."""
    phone = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    page, trouble = phone.page, phone.page.locator("#page [role=alert]").first

    def refuse(route: Route) -> None:
        if "/session" in route.request.url:
            route.continue_()
        else:
            route.abort("connectionrefused")

    page.route("**/api/v1/**", refuse)
    for path in ("/people", "/history"):
        page.goto(f"{phone.url}{path}")
        trouble.wait_for()
        page.screenshot(path=artifacts / f"away{path.replace('/', '-')}.png", animations="disabled")
    assert serious_findings(page) == []
    page.unroute("**/api/v1/**")
    trouble.get_by_role("button").click()
    trouble.wait_for(state="detached")


def test_a_page_that_cannot_be_loaded_leaves_the_call_and_its_buttons_where_they_are(
    system: System, offices: Offices, artifacts: Path
) -> None:
    """As after an update of the gateway, when what an open page has not loaded yet is there no more."""
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.answer()
    phone.page.route("**/assets/ContactsPage*.js", lambda route: route.abort("connectionrefused"))
    phone.press("nav-contacts")
    phone.element("broken-page").wait_for()
    expect(phone.element("hangup-button")).to_be_enabled()
    phone.screenshot(artifacts / "broken-page.png")
    assert serious_findings(phone.page) == []
    phone.page.unroute("**/assets/ContactsPage*.js")
    phone.press("broken-reload")
    phone.page.get_by_role("heading", name="Contatos").wait_for()
    phone.until_talking()
    call.hang_up()
    phone.until_gone("call-card")


def test_axe_finds_nothing_serious_in_a_call(system: System, offices: Offices) -> None:
    phone = offices.tab(offices.open())
    phone.open()
    phone.element("login-submit").wait_for()
    found = serious_findings(phone.page)
    phone.sign_in(system.hire("Ana Souza"))
    phone.get_ready()
    call = system.meta.call("maria")
    phone.until_ringing()
    found += serious_findings(phone.page)
    phone.answer()
    for look in looks(phone.page):
        found += [f"{look}: {finding}" for finding in serious_findings(phone.page)]
    call.hang_up()
    phone.until_gone("call-card")
    found += serious_findings(phone.page)
    assert found == [], "\n".join(found)


def test_on_a_phone_every_page_is_reached_through_a_menu(system: System, offices: Offices, artifacts: Path) -> None:
    phone = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR), size=PHONE)
    menu, people = phone.element("menu"), phone.element("nav-people")
    expect(people).to_be_hidden()
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    fits(phone.page)
    assert serious_findings(phone.page) == []
    phone.screenshot(artifacts / "menu-phone.png")
    people.click()
    phone.page.get_by_role("heading", name="Pessoas").wait_for()
    expect(people).to_be_hidden()
    menu.click()
    people.focus()
    phone.page.keyboard.press("Escape")
    expect(people).to_be_hidden()
    expect(menu).to_be_focused()


def paths_of(phone: Softphone) -> list[str]:
    links = phone.page.locator("[data-testid^=nav-]")
    paths = [link.get_attribute("href") or "" for link in links.all()]
    if "/people" in paths:
        number = phone.api("/numbers")["numbers"][0]["id"]
        paths += [path.format(number=number) for path in INNER]
    return paths


def looks(page: Page) -> Iterator[str]:
    """Both colours and both widths. It stays dark and narrow."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.evaluate(STILL)
    yield "light"
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.evaluate(STILL)
    yield "phone"


def settled(page: Page) -> None:
    """Whatever the page asks the gateway for is there."""
    page.locator("#page h1").first.wait_for()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#page .mantine-Loader-root")).to_have_count(0)
