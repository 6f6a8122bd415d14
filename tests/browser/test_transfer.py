"""A customer is given to a colleague, at once or after asking them: who hears whom at every stage, by correlation."""

from pathlib import Path

from tests.browser.conversation import RIGHT_VOICE, WRONG_VOICE, assert_they_hear_each_other, listen
from tests.browser.listening import hold_music, likeness, voice
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

LISTEN_S = 5.0
TAKES = 3


def both_hear(one: Softphone, other: Softphone, voices: tuple[str, str]) -> tuple[float, float]:
    """How much `one` hears of the second voice, and `other` of the first."""
    one.start_recording()
    other.start_recording()
    one.page.wait_for_timeout(LISTEN_S * 1_000)
    return likeness(one.stop_recording(), voice(voices[1])), likeness(other.stop_recording(), voice(voices[0]))


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
    for _ in range(TAKES):
        of_second, of_first = both_hear(first, second, ("ana", "carlos"))
        if min(of_second, of_first) >= RIGHT_VOICE:
            break
    print(f"the two agents hear each other: {of_second:.3f}, {of_first:.3f}")
    assert min(of_second, of_first) >= RIGHT_VOICE
    for _ in range(TAKES):
        heard = listen(first, call, LISTEN_S)
        music = likeness(heard.by_customer, hold_music())
        if music >= RIGHT_VOICE:
            break
    assert music >= RIGHT_VOICE, "the customer hears music"
    assert max(likeness(heard.by_customer, voice("ana")), likeness(heard.by_customer, voice("carlos"))) <= WRONG_VOICE
    assert likeness(heard.by_agent, voice("maria")) <= WRONG_VOICE, "and nobody hears the customer"
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
