"""The live wall with real calls: from the line to an agent to the end; a supervisor comes in from it, with no phone of
their own until then."""

from pathlib import Path

import pytest

from signaling.ports import Role
from tests.browser.axe import serious_findings
from tests.browser.softphone import Offices
from tests.browser.system import System
from tests.browser.test_access import fits

pytestmark = pytest.mark.beside


def test_a_call_waits_is_answered_supervised_and_ends_on_the_wall(
    system: System, offices: Offices, artifacts: Path
) -> None:
    agent = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    supervisor = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR), voice="carlos", size=(1600, 900))
    supervisor.press("nav-wall")
    supervisor.page.locator("[data-testid=wall-agent][data-presence=free]").filter(has_text="Ana Souza").wait_for()
    call = system.meta.call("maria")
    waiting = supervisor.page.locator("[data-testid=wall-waiting] [data-testid=wall-call][data-state=waiting]")
    waiting.filter(has_text="Maria").wait_for()
    load = supervisor.element("wall-load-inbound")
    load.filter(has_text="1 de 1.000").wait_for()
    supervisor.screenshot(artifacts / "wall-waiting.png")

    agent.until_ringing()
    agent.answer()
    up = supervisor.page.locator("[data-testid=wall-up] [data-testid=wall-call][data-state=talking]")
    up.filter(has_text="Ana Souza").wait_for()
    supervisor.page.locator("[data-testid=wall-agent][data-presence=in_call]").filter(has_text="Ana Souza").wait_for()
    assert waiting.count() == 0
    agent.press("hold-button")
    held = supervisor.page.locator("[data-testid=wall-up] [data-testid=wall-call][data-state=hold]")
    held.wait_for()
    agent.press("hold-button")
    held.wait_for(state="detached")

    supervisor.press("wall-supervise")
    supervisor.press("wall-listen")
    supervisor.page.locator("[data-testid=supervising][data-way=listen]").wait_for()
    supervisor.element("wall-supervisor").wait_for()
    assert supervisor.element("ring-panel").count() == 0
    supervisor.page.locator("[data-light=good]").first.wait_for()
    assert serious_findings(supervisor.page) == []
    supervisor.screenshot(artifacts / "wall.png")
    supervisor.page.emulate_media(color_scheme="dark")
    supervisor.screenshot(artifacts / "wall-dark.png")
    supervisor.page.set_viewport_size({"width": 390, "height": 844})
    supervisor.press("phone-toggle")
    supervisor.element("wall-up").scroll_into_view_if_needed()
    supervisor.screenshot(artifacts / "wall-narrow-dark.png")
    assert serious_findings(supervisor.page) == []
    fits(supervisor.page)

    call.hang_up()
    up.wait_for(state="detached")
    supervisor.element("wall-up").get_by_text("Nenhuma chamada agora").wait_for()
    load.filter(has_text="0 de 1.000").wait_for()
    agent.page.goto(f"{agent.url}/wall")
    agent.element("grant-missing").wait_for()
