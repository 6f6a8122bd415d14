"""An administrator's page of a number's settings: saved and told to Meta, drift shown, refusals beside their field."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from signaling.ports import Role
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import PHONE_NUMBER_ID, System

pytestmark = pytest.mark.beside

NARROW = (390, 800)


@pytest.fixture
def as_before(system: System) -> Iterator[None]:
    """Other tests use the same number: Meta's side is put back."""
    yield
    system.meta.put("/sim/number", {})
    system.meta.post("/sim/number/settings", {"calling": {"status": "ENABLED", "call_icon_visibility": "DEFAULT"}})


def asked_anew(page: Softphone, testid: str) -> Locator:
    """What is shown of Meta is read again whenever Meta is asked."""
    page.press("check-number")
    return page.element(testid)


@pytest.mark.usefixtures("as_before")
def test_settings_are_told_to_meta_a_drift_is_shown_and_what_meta_refuses_stands_beside_its_field(
    system: System, offices: Offices, artifacts: Path
) -> None:
    page = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    page.press("nav-numbers")
    page.element("number-settings").first.click()
    page.element("save-bar").wait_for()
    page.element("wanted-icon").select_option("shown")
    page.press("save")
    page.page.wait_for_selector('[data-testid="number-at-meta"][data-state="same"]')
    page.press("check-number")
    page.page.wait_for_selector('[data-testid="finding"][data-code="subscribed"][data-state="fine"]')
    page.screenshot(artifacts / "number-settings.png")

    system.meta.post("/sim/number/settings", {"calling": {"call_icon_visibility": "DISABLE_ALL"}})
    eventually(lambda: asked_anew(page, "number-at-meta").get_attribute("data-state") == "different", "the drift shows")
    assert "Na Meta: escondido" in page.element("metas-icon").inner_text()
    page.element("metas-icon").scroll_into_view_if_needed()
    page.screenshot(artifacts / "number-settings-drift.png")
    page.press("tell-meta")
    page.page.wait_for_selector('[data-testid="number-at-meta"][data-state="same"]')
    assert system.meta.get("/sim/number")["calling"]["call_icon_visibility"] == "DEFAULT"

    system.meta.post("/sim/number/settings", {"calling": {"status": "DISABLED"}})
    system.meta.put("/sim/number", {"tier": "TIER_1K", "quality": "YELLOW"})
    page.element("wanted-calling").select_option("on")
    page.press("save")
    page.element("refused-calling").wait_for()
    assert "O limite de mensagens do número é baixo demais" in page.element("refused-calling").inner_text()
    system.meta.post("/sim/number/warn", {"violation": "USER_INITIATED_CALLS_LOW_PICKUP_RATE"})
    eventually(
        lambda: "poucas" in (asked_anew(page, "number-warnings").text_content() or ""), "Meta's warning is shown"
    )
    page.element("refused-calling").scroll_into_view_if_needed()
    page.screenshot(artifacts / "number-settings-refused.png")
    system.meta.put("/sim/number", {})
    page.element("wanted-calling").select_option("")
    page.press("save")
    page.page.wait_for_selector('[data-testid="number-at-meta"][data-state="same"]')


def test_the_settings_fit_a_telephones_width_and_a_new_number_is_checked_before_it_is_saved(
    system: System, offices: Offices, artifacts: Path
) -> None:
    page = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    page.press("nav-numbers")
    page.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    page.element("number-settings").first.click()
    page.element("save-bar").wait_for()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    page.screenshot(artifacts / "number-settings-narrow.png")
    page.page.set_viewport_size({"width": 1280, "height": 800})
    page.page.get_by_test_id("nav-numbers").click()
    page.press("add-number")
    page.element("add-number-page").wait_for()
    page.element("add-label").fill("Filial")
    page.element("add-phone").fill("+55 11 3333-0009")
    page.element("add-phone_number_id").fill(PHONE_NUMBER_ID)
    page.element("add-waba_id").fill("204857600000001")
    page.press("add-save")
    page.page.get_by_text("Outro número já tem este.").wait_for()
    page.screenshot(artifacts / "number-new.png")
    assert page.element("add-label").input_value() == "Filial"
