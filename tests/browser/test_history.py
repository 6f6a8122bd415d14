"""The history of calls in Chromium: filters that a reload keeps, a hundred thousand lines that scroll, one call beside
the list, and what is filtered as a file."""

import csv
import io
import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import ViewportSize, expect

from signaling.ports import Role
from store.database import Database
from tests.browser.softphone import Offices
from tests.browser.system import System
from tests.services.long_history import add_long_history

pytestmark = pytest.mark.beside

MANY: Final = 100_000
NARROW: Final[ViewportSize] = {"width": 390, "height": 844}
SCROLL: Final = """
() => new Promise((done) => {
  const list = document.querySelector("[data-testid=history-list]");
  let frames = 0;
  const step = () => {
    list.scrollTop += 900;
    frames += 1;
    if (frames < 60) requestAnimationFrame(step); else done(list.scrollTop);
  };
  requestAnimationFrame(step);
})"""


def test_a_hundred_thousand_calls_are_filtered_scrolled_opened_and_carried_away(
    system: System, offices: Offices, artifacts: Path
) -> None:
    async def add(database: Database) -> None:
        await add_long_history(database, MANY)

    system.in_store(add)
    chief = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    chief.press("nav-history")
    chief.element("history-span").select_option("all")
    expect(chief.element("history-count")).to_contain_text("100.0", timeout=20_000)

    page, rows = chief.page, chief.element("history-row")
    assert rows.count() < 60, "only the lines in view exist"
    page.screenshot(path=artifacts / "history.png")
    assert page.evaluate(SCROLL) > 53_000
    in_view = page.locator("[data-testid=history-row][aria-rowindex='935'] button")  # 54,000 px of 58 px each
    expect(in_view).to_be_in_viewport(timeout=20_000)
    assert rows.count() < 60
    rows.locator("button").first.focus()
    page.keyboard.press("End")
    last = page.locator("[data-testid=history-row][aria-rowindex]").last
    expect(last).to_have_attribute("aria-rowindex", re.compile(r"^100\d{3}$"))
    expect(last.locator("button")).to_be_focused(timeout=20_000)

    customer = re.search(r"Cliente \d+", last.inner_text())
    assert customer is not None
    page.keyboard.press("Enter")
    expect(chief.element("history-call").locator("h2")).to_be_focused()
    expect(chief.element("history-call").locator("h2")).to_contain_text(customer[0])
    page.keyboard.press("Escape")
    chief.until_gone("history-call")

    chief.element("history-outcome").select_option("failed")
    chief.press("history-more")
    chief.element("history-reason").select_option("meta")
    chief.element("history-words").fill("segunda via")
    expect(chief.element("history-count")).to_have_text("5 chamadas", timeout=20_000)
    expect(rows).to_have_count(5)
    rows.first.click()
    expect(chief.element("history-call")).to_contain_text("Cliente")
    address = page.url
    page.reload()
    expect(chief.element("history-count")).to_have_text("5 chamadas", timeout=20_000)
    expect(chief.element("history-call")).to_contain_text("Cliente")
    assert page.url == address and "words=segunda+via" in address
    assert chief.element("history-outcome").input_value() == "failed"
    assert chief.element("history-reason").input_value() == "meta"
    page.screenshot(path=artifacts / "history-call.png")
    chief.press("history-call-close")

    chief.press("history-export")
    with page.expect_download(timeout=30_000) as coming:
        chief.press("history-export-csv")
    text = Path(coming.value.path()).read_text(encoding="utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(found) == 5 and {row["outcome"] for row in found} == {"failed"}
    assert {row["customer_phone"][:4] for row in found} == {"5511"}, "she may export in her department"
    assert coming.value.suggested_filename.endswith(".csv")
    expect(chief.element("history-export-ready")).to_contain_text("5 chamadas")

    page.set_viewport_size(NARROW)
    page.emulate_media(color_scheme="dark")
    page.screenshot(path=artifacts / "history-narrow-dark.png")
