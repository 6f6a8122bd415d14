"""A supervisor in a call, with two live pages: who hears whom, by correlation with what each says."""

from pathlib import Path

from signaling.ports import Role
from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE
from tests.browser.listening import RATE_HZ, Samples, decode, likeness, voice
from tests.browser.meta import CustomerCall
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System
from tests.browser.test_three import MAIN, ONE_OF_TWO, SECOND, best, heard_on

LISTEN_S = 4.0


def take(agent: Softphone, call: CustomerCall) -> tuple[Samples, Samples]:
    """What the agent hears beside the customer, and what the customer hears, in the same seconds."""
    agent.start_recording(SECOND)
    call.until_heard(LISTEN_S)
    by_agent = agent.stop_recording()
    return by_agent, decode(call.heard())[-int(LISTEN_S * RATE_HZ) :]


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

    assert best(lambda: heard_on(supervisor, MAIN), "maria") >= RIGHT_VOICE
    assert best(lambda: heard_on(supervisor, SECOND), "ana") >= RIGHT_VOICE
    by_agent, by_customer = take(agent, call)
    assert max(likeness(heard, voice("carlos")) for heard in (by_agent, by_customer)) <= WRONG_VOICE

    supervisor.press("supervise-whisper")
    supervisor.element("supervise-listen").wait_for()
    whispered: list[Samples] = []

    def on_agents_second_line() -> Samples:
        by_agent, by_customer = take(agent, call)
        whispered.append(by_customer)
        return by_agent

    assert best(on_agents_second_line, "carlos") >= RIGHT_VOICE
    assert max(likeness(heard, voice("carlos")) for heard in whispered) <= WRONG_VOICE

    supervisor.press("supervise-barge_in")
    supervisor.until_gone("supervise-barge_in")
    barged = [take(agent, call)[1]]
    for who in ("ana", "carlos"):
        assert best(lambda: barged.pop() if barged else take(agent, call)[1], who) >= ONE_OF_TWO, who

    supervisor.press("supervise-take-over")
    supervisor.element("call-card").wait_for()
    agent.element("call-taken-over").wait_for()
    assert best(lambda: take(supervisor, call)[1], "carlos") >= RIGHT_VOICE
    supervisor.press("hangup-button")
    record = system.until_over(call.wacid)
    kinds = [entry.kind for entry in record.timeline]
    assert kinds.count("supervision") == 3 and "taken_over" in kinds
