"""A supervisor in a call, with two live pages: who hears whom, by correlation with what each says."""

from pathlib import Path

from signaling.ports import Role
from tests.browser.conversation import ONE_OF_TWO, Hears, HearsNot, Line, assert_hearing
from tests.browser.softphone import SECOND_LINE, Offices
from tests.browser.system import System


def test_a_supervisor_listens_unheard_whispers_barges_in_and_takes_over(
    system: System, offices: Offices, artifacts: Path
) -> None:
    agent = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    agent.until_ringing()
    agent.answer()
    agent.until_talking()
    supervisor = offices.ready_desk(system.hire("Sara Lima", Role.SUPERVISOR), voice="carlos")
    supervisor.page.locator("[data-testid=recent-call][data-outcome=open]").get_by_test_id("listen-in").first.click()
    supervisor.element("supervising").wait_for()
    agent.element("supervisor-seen").wait_for()
    supervisor.screenshot(artifacts / "supervising.png")
    agent.screenshot(artifacts / "supervised.png")

    beside_the_customer = Line(agent, SECOND_LINE)
    assert_hearing(
        call,
        Hears(Line(supervisor), "maria"),
        Hears(Line(supervisor, SECOND_LINE), "ana"),
        HearsNot(beside_the_customer, "carlos"),
        HearsNot(call, "carlos"),
    )

    supervisor.press("supervise-whisper")
    supervisor.element("supervise-listen").wait_for()
    assert_hearing(call, Hears(beside_the_customer, "carlos"), HearsNot(call, "carlos"))

    supervisor.press("supervise-barge_in")
    supervisor.until_gone("supervise-barge_in")
    assert_hearing(call, Hears(call, "ana", ONE_OF_TWO), Hears(call, "carlos", ONE_OF_TWO))

    supervisor.press("supervise-take-over")
    supervisor.element("call-card").wait_for()
    agent.element("call-taken-over").wait_for()
    assert_hearing(call, Hears(call, "carlos"))
    supervisor.press("hangup-button")
    record = system.until_over(call.wacid)
    kinds = [entry.kind for entry in record.timeline]
    assert kinds.count("supervision") == 3 and "taken_over" in kinds
