"""Meta repeats, reorders and is late; the gateway is killed."""

from datetime import UTC, datetime

import pytest

from signaling.call import Outcome, Party, State
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System


@pytest.mark.beside
def test_webhooks_that_come_twice_make_one_ring_and_one_record(system: System, offices: Offices) -> None:
    began = datetime.now(UTC)
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("maria", duplicates=3)
    call_id = phone.until_ringing()
    phone.answer()
    phone.press("hangup-button")
    record = system.until_over(call.wacid)
    until_all_delivered(call)
    call_again(system, phone)

    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, Party.AGENT)
    assert len([moment for moment in phone.moments("ring-panel") if moment.call_id == call_id]) == 1
    assert len(system.calls_since(began)) == 2, "this one and the next"


@pytest.mark.beside
def test_an_end_that_comes_before_its_beginning_rings_nobody(system: System, offices: Offices) -> None:
    began = datetime.now(UTC)
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("joao", terminate_first=True, duplicates=1)
    until_all_delivered(call)
    next_id = call_again(system, phone)

    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.MISSED, Party.CUSTOMER)
    assert record.offered_at is not None, "the connect has filled in what only it tells"
    assert phone.rang() == {next_id}
    assert len(system.calls_since(began)) == 2


@pytest.mark.beside
def test_a_call_that_is_told_too_late_rings_nobody_and_asks_meta_nothing(system: System, offices: Offices) -> None:
    began = datetime.now(UTC)
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("carlos", late_s=75)
    until_all_delivered(call)
    next_id = call_again(system, phone)

    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by, record.rung_at) == (Outcome.MISSED, Party.CUSTOMER, None)
    assert phone.rang() == {next_id}
    assert call.seen()["pre_accepted_at"] is None
    assert len(system.calls_since(began)) == 2


def test_a_gateway_killed_in_a_call_ends_it_at_meta_when_it_is_back_and_says_why(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("maria")
    call_id = phone.until_ringing()
    phone.answer()
    call.until_heard(1.0)

    system.kill_gateway()
    phone.element("link-problem").wait_for()
    assert not call.seen()["ended"], "Meta knows nothing of it yet"
    system.start_gateway()

    seen = call.until(lambda seen: bool(seen["ended"]), "the customer's call ends")
    assert seen["ended_by"] == "business"
    record = system.until_over(call.wacid)
    assert record.failure is not None
    assert (record.state, record.outcome, record.ended_by) == (State.ENDED, Outcome.FAILED, Party.GATEWAY)
    assert record.failure.code == "gateway.restarted"
    phone.until_gone("link-problem")
    phone.until_gone("call-card")
    phone.until_past_call(call_id, "failed")
    cards = [card for card in phone.api("/callbacks")["callbacks"] if card["call_id"] == call_id]
    assert [card["reason"] for card in cards] == ["interrupted"], "somebody should call them back"
    phone.get_ready()
    call_again(system, phone)


def until_all_delivered(call: CustomerCall) -> None:
    """Every webhook of the call was answered with 200, copies and all."""

    def done() -> bool:
        webhooks = call.seen()["webhooks"]
        return len(webhooks) == 2 and all(webhook["status"] == 200 for webhook in webhooks)

    eventually(done, "all webhooks are delivered")


def call_again(system: System, phone: Softphone) -> str:
    """Whatever came before has been dealt with when a later call has rung and ended; its id."""
    call = system.meta.call("lucia")
    page_call = phone.page.locator("[data-testid=ring-panel]").filter(has_text="Lucía Ejemplo")
    page_call.wait_for()
    call_id = page_call.get_attribute("data-call-id") or ""
    call.hang_up()
    phone.until_gone("ring-panel")
    system.until_over(call.wacid)
    return call_id
