"""Customer and two agents talk: who hears whom, by correlation with what each says."""

from pathlib import Path

from tests.browser.conversation import (
    MUSIC,
    ONE_OF_TWO,
    Hears,
    HearsNot,
    Line,
    assert_hearing,
    assert_they_hear_each_other,
)
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import SECOND_LINE, Offices, Softphone
from tests.browser.system import System


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

    assert_hearing(
        call,
        Hears(Line(first), "maria"),
        Hears(Line(first, SECOND_LINE), "carlos"),
        Hears(Line(second), "maria"),
        Hears(Line(second, SECOND_LINE), "ana"),
        Hears(call, "ana", ONE_OF_TWO),
        Hears(call, "carlos", ONE_OF_TWO),
        HearsNot(call, MUSIC),
        window_s=5,
    )

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
