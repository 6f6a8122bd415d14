"""Customer and two agents talk: who hears whom, by correlation with what each says."""

from collections.abc import Callable
from pathlib import Path

from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE, assert_they_hear_each_other, listen
from tests.browser.listening import Samples, hold_music, likeness, voice
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

LISTEN_S = 5.0
TAKES = 4
ONE_OF_TWO = 0.45
"""Likeness to one voice of a sound that is the sum of two: about 0.7 of what it is alone."""


MAIN, SECOND = "remote-audio", "remote-audio-second"


def heard_on(agent: Softphone, line: str) -> Samples:
    agent.start_recording(line)
    agent.page.wait_for_timeout(LISTEN_S * 1_000)
    return agent.stop_recording()


def best(take: Callable[[], Samples], who: str) -> float:
    """How much of it is this voice; some pieces of a clip are pauses, so the best of a few takes."""
    most = 0.0
    for _ in range(TAKES):
        most = max(most, likeness(take(), voice(who)))
        if most >= RIGHT_VOICE:
            break
    print(f"{who}: {most:.3f}")
    return most


def three_talk(system: System, offices: Offices) -> tuple[Softphone, Softphone, CustomerCall]:
    """Ana has brought Bruno and Maria together."""
    first = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    first.until_ringing()
    first.answer()
    second = offices.ready_desk(system.hire("Bruno Reis"), voice="carlos")
    first.press("transfer-open")
    first.element("transfer-search").fill("bruno")
    first.page.locator("[data-testid=colleague][data-presence=free]").get_by_test_id("consult-ask").click()
    second.element("consult-answer").wait_for()
    second.press("consult-answer")
    first.element("consult-join").wait_for()
    first.press("consult-join")
    first.until_gone("consult-join")
    return first, second, call


def test_customer_and_two_agents_all_hear_each_other(system: System, offices: Offices, artifacts: Path) -> None:
    first, second, call = three_talk(system, offices)
    first.screenshot(artifacts / "three.png")

    for agent, line, who in (
        (first, MAIN, "maria"),
        (first, SECOND, "carlos"),
        (second, MAIN, "maria"),
        (second, SECOND, "ana"),
    ):
        assert best(lambda agent=agent, line=line: heard_on(agent, line), who) >= RIGHT_VOICE, (line, who)  # type: ignore[misc]
    for who in ("ana", "carlos"):
        assert best(lambda: listen(first, call, LISTEN_S).by_customer, who) >= ONE_OF_TWO, who
    assert likeness(listen(first, call, LISTEN_S).by_customer, hold_music()) <= WRONG_VOICE

    second.page.close()  # lost, not gone by a button
    eventually(lambda: first.element("consult").count() == 0, "the colleague is out of the call")
    assert_they_hear_each_other(first, call, customer="maria", agent="ana")
    first.press("hangup-button")
    record = system.until_over(call.wacid)
    assert "three" in [entry.kind for entry in record.timeline]


def test_a_reload_of_whoever_asked_leaves_the_colleague_and_the_customer_talking(
    system: System, offices: Offices
) -> None:
    first, second, call = three_talk(system, offices)
    first.page.reload()
    eventually(lambda: second.element("consult").count() == 0, "two are left")
    assert_they_hear_each_other(second, call, customer="maria", agent="carlos")
    first.until_presence("free")
    assert first.element("call-card").count() == 0, "the customer is the colleague's now"
    second.press("hangup-button")
    record = system.until_over(call.wacid)
    assert "transferred" in [entry.kind for entry in record.timeline]
