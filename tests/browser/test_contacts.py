"""Whoever called is a contact by themselves: found by what is remembered of them, and called from the page."""

from pathlib import Path
from typing import Final

from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

PHONE_SIZE: Final = {"width": 390, "height": 844}


def search(phone: Softphone, text: str, name: str) -> None:
    phone.element("contacts-search").fill(text)
    found = phone.page.locator("[data-testid=contact]")
    eventually(lambda: found.count() == 1 and name in found.inner_text(), f"{text} finds {name}")


def test_whoever_called_is_found_without_accents_opened_renamed_and_called_from_their_page(
    system: System, offices: Offices, artifacts: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("lucia")
    phone.until_ringing()
    call.hang_up()
    phone.press("nav-contacts")
    line = phone.page.locator("[data-testid=contact]", has_text="Lucía")
    line.wait_for()
    phone.screenshot(artifacts / "contacts.png")
    with system.meta.dialing(permitted=True):
        search(phone, "lucia", "Lucía")
        line.get_by_test_id("contact-open").press("Enter")
        phone.element("contact-view").wait_for()
        phone.page.locator("#contact-name:focus").wait_for()
        phone.page.locator("[data-testid=contact-calls] [data-outcome=missed]").first.wait_for()
        phone.press("contact-rename")
        phone.element("contact-name-field").fill("Clínica São Lucas")
        phone.press("contact-name-save")
        phone.page.get_by_role("heading", name="Clínica São Lucas").wait_for()
        view = phone.element("contact-view")
        view.locator("[data-outlook=call]").wait_for()
        phone.screenshot(artifacts / "contact.png")
        phone.page.emulate_media(color_scheme="dark")
        phone.screenshot(artifacts / "contact-dark.png")
        size = phone.page.viewport_size
        phone.page.set_viewport_size(PHONE_SIZE)  # type: ignore[arg-type]
        phone.press("phone-toggle")
        phone.screenshot(artifacts / "contact-narrow.png")
        phone.press("phone-toggle")
        assert size is not None
        phone.page.set_viewport_size(size)
        view.get_by_test_id("dial-button").click()
        talk = system.meta.dialed("lucia")
        talk.accept("maria")  # whose voice is unlike the agent's
        phone.until_talking()
        assert_they_hear_each_other(phone, talk, customer="maria", agent="ana")
        phone.press("hangup-button")
    phone.press("contact-back")
    search(phone, "sao lucas", "Clínica São Lucas")
    phone.page.set_viewport_size(PHONE_SIZE)  # type: ignore[arg-type]
    phone.press("phone-toggle")
    phone.screenshot(artifacts / "contacts-narrow.png")
