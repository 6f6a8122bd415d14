"""A customer is given to a colleague, at once or after asking them: who hears whom at every stage, by correlation."""

from pathlib import Path

from tests.browser.conversation import (
    MUSIC,
    Hears,
    HearsNot,
    Line,
    assert_hearing,
    assert_they_hear_each_other,
)
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System


def test_a_customer_is_given_to_a_colleague_at_once(system: System, offices: Offices, artifacts: Path) -> None:
    ana, bruno = system.hire("Ana Souza"), system.hire("Bruno Reis")
    first = offices.ready_desk(ana, voice="ana")
    call = system.meta.call("maria")
    first.until_ringing()
    first.answer()
    first.until_talking()
    second = offices.ready_desk(bruno, voice="carlos")
    first.press("transfer-open")
    first.element("transfer-search").fill("bruno")
    line = first.page.locator("[data-testid=colleague][data-presence=free]")
    line.wait_for()
    first.screenshot(artifacts / "transfer-picker.png")
    line.get_by_test_id("transfer-to-agent").click()
    second.until_ringing()
    first.until_presence("free")
    assert first.element("call-card").count() == 0
    second.answer()
    assert_they_hear_each_other(second, call, customer="maria", agent="carlos")
    second.press("hangup-button")
    record = system.until_over(call.wacid)
    assert "transferred" in [entry.kind for entry in record.timeline]
    for desk in (second, first):
        desk.until_past_call(record.id, "answered")


def test_a_colleague_is_asked_and_then_has_the_customer(system: System, offices: Offices, artifacts: Path) -> None:
    ana, bruno = system.hire("Ana Souza"), system.hire("Bruno Reis")
    first = offices.ready_desk(ana, voice="ana")
    call = system.meta.call("maria")
    first.until_ringing()
    first.answer()
    assert_they_hear_each_other(first, call, customer="maria", agent="ana")

    second = offices.ready_desk(bruno, voice="carlos")
    first.press("transfer-open")
    first.element("transfer-search").fill("bruno")
    first.page.locator("[data-testid=colleague][data-presence=free]").get_by_test_id("consult-ask").click()
    second.element("asked").wait_for()
    second.screenshot(artifacts / "consult-asked.png")
    assert "Maria" in second.element("asked").inner_text()
    second.press("consult-answer")
    first.element("consult-hand-over").wait_for()
    assert_hearing(
        call,
        Hears(Line(first), "carlos"),
        Hears(Line(second), "ana"),
        Hears(call, MUSIC),
        *(HearsNot(call, who) for who in ("ana", "carlos")),
        *(HearsNot(Line(phone), "maria") for phone in (first, second)),
        window_s=5,
    )
    first.screenshot(artifacts / "consult.png")

    first.press("consult-hand-over")
    first.until_presence("free")
    assert_they_hear_each_other(second, call, customer="maria", agent="carlos")
    second.press("hangup-button")
    record = system.until_over(call.wacid)
    kinds = [entry.kind for entry in record.timeline]
    assert kinds.index("consult_asked") < kinds.index("consult_answered") < kinds.index("transferred")


def test_a_reload_in_a_consultation_gives_the_customer_back_to_who_asked(system: System, offices: Offices) -> None:
    first = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    first.until_ringing()
    first.answer()
    first.until_talking()
    second = offices.ready_desk(system.hire("Bruno Reis"), voice="carlos")
    first.press("transfer-open")
    first.element("transfer-search").fill("bruno")
    first.page.locator("[data-testid=colleague][data-presence=free]").get_by_test_id("consult-ask").click()
    second.element("consult-answer").wait_for()
    second.press("consult-answer")
    first.element("consult-hand-over").wait_for()
    second.page.reload()
    first.until_gone("consult")
    first.press("hold-button")
    eventually(lambda: first.element("held-note").count() == 0, "the customer is taken back")
    assert_they_hear_each_other(first, call, customer="maria", agent="ana")
    first.press("hangup-button")
    system.until_over(call.wacid)


def test_a_reload_while_a_given_customer_rings_lets_the_colleague_answer_them(system: System, offices: Offices) -> None:
    first = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    call = system.meta.call("maria")
    first.until_ringing()
    first.answer()
    second = offices.ready_desk(system.hire("Bruno Reis"), voice="carlos")
    first.press("transfer-open")
    first.element("transfer-search").fill("bruno")
    line = first.page.locator("[data-testid=colleague][data-presence=free]")
    line.get_by_test_id("transfer-to-agent").click()
    second.until_ringing()

    second.page.reload()
    second.until_ringing()
    second.answer()
    assert_they_hear_each_other(second, call, customer="maria", agent="carlos")
    assert first.element("call-card").count() == 0
    second.press("hangup-button")
    system.until_over(call.wacid)
