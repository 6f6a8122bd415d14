"""An agent calls a customer from the softphone: they talk, and either hangs up; or nobody picks up, or declines."""

import pytest

from signaling.call import Outcome, Party, Rules
from signaling.events import Direction
from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.softphone import Offices
from tests.browser.system import System

MARIA = "+55 11 95555-0101"
JOAO = "+55 19 95555-0102"  # nobody calls him in vain: after three such calls the next wants a confirmation


@pytest.mark.parametrize(
    ("by", "dialing"),
    [
        (Party.AGENT, {"setup": "passive"}),  # the connect webhook comes after the HTTP response
        (Party.CUSTOMER, {"setup": "active", "response_s": 1.5}),  # and before it
        (Party.CUSTOMER, {"setup": "actpass", "answer_after_accept": True, "no_ringing": True}),  # and after pick-up
    ],
)
def test_an_agent_calls_and_both_hear_each_other_until_one_hangs_up(
    by: Party, dialing: dict[str, object], system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.meta.dialing(**dialing):
        phone.dial(MARIA)
        call = system.meta.dialed("maria")
        if "no_ringing" not in dialing:
            phone.until_phase("ringing")
        else:
            call.until(lambda seen: bool(seen["ringing"]), "the customer's phone rings")
        call.accept("maria")
        phone.until_talking()
        assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
        if by is Party.AGENT:
            phone.press("hangup-button")
        else:
            call.hang_up()
        phone.element("last-call-note").wait_for()
    record = system.until_over(call.wacid)
    assert (record.direction, record.outcome, record.ended_by, record.failure) == (
        Direction.OUTBOUND,
        Outcome.ANSWERED,
        by,
        None,
    )
    phone.until_past_call(record.id, "answered")
    phone.until_presence("free")


def test_the_agent_hears_ringback_and_the_customer_nothing_before_the_pick_up(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.meta.dialing():
        phone.dial(MARIA)
        call = system.meta.dialed("maria")
        phone.until_phase("ringing")
        phone.start_recording()
        call.until(lambda seen: seen["media"]["packets_in"] >= 50 * 6, "silence on the wire, six seconds long")
        heard = phone.stop_recording()
        assert abs(heard).max() > 0.02, "a ringback tone"
        assert system.meta.faults() == [], "nothing but silence before anybody picked up"
        phone.press("hangup-button")
        phone.element("last-call-note").wait_for()
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.MISSED, Party.AGENT)


@pytest.mark.beside
def test_a_customer_declines(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.meta.dialing():
        phone.dial(MARIA)
        call = system.meta.dialed("maria")
        phone.until_phase("ringing")
        call.decline()
        phone.page.get_by_text("recusou a chamada").wait_for()
    assert system.until_over(call.wacid).outcome is Outcome.DECLINED


@pytest.mark.beside
def test_nobody_picks_up(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.rules(Rules(dial_window_s=3.0)), system.meta.dialing():
        phone.dial(MARIA)
        call = system.meta.dialed("maria")
        phone.page.get_by_text("não atendeu").wait_for()
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.MISSED, Party.GATEWAY)


@pytest.mark.beside
def test_metas_refusal_is_told_in_the_agents_language_and_in_metas_words(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.meta.dialing(refuse=["138012"]):
        phone.dial(JOAO)
        note = phone.element("last-call-note")
        note.wait_for()
        assert "máximo de chamadas em 24 horas" in note.inner_text()
        assert "Business initiated calls limit hit" in note.inner_text()


def test_a_reload_while_it_rings_keeps_the_call(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.meta.dialing():
        phone.dial(JOAO)
        call = system.meta.dialed("joao")
        phone.until_phase("ringing")
        phone.page.reload()
        phone.until_phase("ringing")
        call.accept("joao")
        phone.until_talking()
        assert_they_hear_each_other(phone, call, customer="joao", agent="ana")
        call.hang_up()
    assert system.until_over(call.wacid).outcome is Outcome.ANSWERED
