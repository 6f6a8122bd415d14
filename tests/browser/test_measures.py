"""Supervisors see how well calls are answered, as figures, as a chart and as a table for their spreadsheet."""

from pathlib import Path

import pytest

from signaling.ports import Role
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System

pytestmark = pytest.mark.beside


def test_a_missed_call_is_counted_shown_and_downloaded(system: System, offices: Offices, artifacts: Path) -> None:
    call = system.meta.call("maria")
    call.hang_up()
    system.until_over(call.wacid)
    page = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    page.press("nav-measures")
    offered = page.element("tile-offered")
    offered.wait_for()
    page.page.locator(".recharts-bar-rectangle path").first.wait_for()
    counted = int(offered.locator("dd").inner_text())
    assert counted >= 1
    page.screenshot(artifacts / "measures.png")
    page.element("measures-by").select_option("number")
    row = page.element("measured")
    eventually(lambda: row.count() == 1 and "Vendas São Paulo" in row.inner_text(), "the table is by number")
    assert "days=7&by=number" in page.page.url
    page.page.reload()
    eventually(lambda: row.count() == 1, "the reload shows the same")
    with page.page.expect_download() as coming:
        page.press("measures-csv")
    text = Path(coming.value.path()).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("Por número,Recebidas,Atendidas,Perdidas")
    assert text.splitlines()[1].startswith("Vendas São Paulo,")
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.emulate_media(color_scheme="dark")
    page.screenshot(artifacts / "measures-narrow-dark.png")
