"""axe-core on a page of ours: what it calls serious or critical, in lines that name the element."""

from functools import cache
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / "softphone_web" / "node_modules" / "axe-core" / "axe.min.js"

RUN: Final = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`))
"""


@cache
def _source() -> str:
    return AXE.read_text()


def serious_findings(page: Page) -> list[str]:
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(RUN)
    return found
