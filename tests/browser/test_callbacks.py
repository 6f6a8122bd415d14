"""Nobody who called is forgotten: a missed call is a card on every page, and calling back from it closes it."""

from pathlib import Path

import pytest

from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.meta import eventually
from tests.browser.softphone import Offices
from tests.browser.system import System


def test_a_missed_call_is_a_card_that_calling_back_closes(system: System, offices: Offices, artifacts: Path) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    phone.press("nav-callbacks")
    phone.element("callbacks").wait_for()
    call = system.meta.call("lucia")
    phone.until_ringing()
    call.hang_up()
    card = phone.page.locator("[data-testid=callback][data-reason=missed]", has_text="Lucía")
    card.wait_for()
    eventually(lambda: phone.element("badge-callbacks").count() == 1, "the navigation says how many there are")
    phone.screenshot(artifacts / "callbacks.png")
    with system.meta.dialing(permitted=True):
        card.get_by_test_id("callback-call").click()
        phone.until_outlook("call")
        phone.press("dial-button")
        talk = system.meta.dialed("lucia")
        talk.accept("maria")  # whose voice is unlike the agent's
        phone.until_talking()
        assert_they_hear_each_other(phone, talk, customer="maria", agent="ana")
        card.wait_for(state="detached")
        phone.press("hangup-button")


@pytest.mark.beside
def test_two_agents_see_who_calls_back(system: System, offices: Offices) -> None:
    first, second = offices.ready_desk(system.hire("Ana Souza")), offices.desk(system.hire("Bia Lima"))
    call = system.meta.call("peter")
    first.until_ringing()
    call.hang_up()
    for page in (first, second):
        page.press("nav-callbacks")
        page.page.locator("[data-testid=callback]", has_text="Peter").wait_for()
    first.page.locator("[data-testid=callback]", has_text="Peter").get_by_test_id("callback-call").click()
    theirs = second.page.locator("[data-testid=callback][data-taken=true]", has_text="Peter")
    theirs.wait_for()
    assert "Com Ana Souza" in theirs.inner_text()
    assert theirs.get_by_test_id("callback-call").is_disabled()
    theirs.get_by_test_id("callback-dismiss").click()
    theirs.wait_for(state="detached")
