"""Whom a call rings for, and how that stops: taken, declined, given up, nobody there, no microphone."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Route

from signaling.call import Outcome, Party, Rules
from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import Person, System

STOPS_WITHIN_S: Final = 0.5
RACES: Final = 3
"""A busy machine may delay one; a gateway that is slow to tell delays all of them."""

SHORT_RING: Final = Rules(ring_window_s=3.0, shortest_ring_s=3.0)

PRESS_AT: Final = """(unix_ms) => setTimeout(
  () => document.querySelector("[data-testid=answer-button]").click(), unix_ms - Date.now())"""


def test_two_agents_race_for_one_call_and_the_loser_sees_who_took_it(system: System, offices: Offices) -> None:
    people = [system.hire("Ana Souza"), system.hire("Bia Lima")]
    phones = [offices.ready_desk(person) for person in people]
    lost_after_s = []
    for _ in range(RACES):
        lost_after_s.append(race(system, people, phones))
        if lost_after_s[-1] < STOPS_WITHIN_S:
            break
    print("from the winner's click to the end of the loser's ring:", [f"{1000 * s:.0f} ms" for s in lost_after_s])
    assert lost_after_s[-1] < STOPS_WITHIN_S, lost_after_s


@pytest.mark.beside
def test_declining_silences_only_me(system: System, offices: Offices) -> None:
    ana, bia = (offices.ready_desk(system.hire(name)) for name in ("Ana Souza", "Bia Lima"))
    call = system.meta.call("joao")
    call_id = ana.until_ringing()
    bia.until_ringing()

    ana.press("decline-button")
    ana.until_gone("ring-panel")
    waits(ana, call_id, why="declined")
    assert bia.element("answer-button").is_visible()
    assert call.seen()["ringing"]

    bia.answer()
    assert call.seen()["accepted"]
    bia.press("hangup-button")
    record = system.until_over(call.wacid)
    assert (record.outcome, len(record.declined_by)) == (Outcome.ANSWERED, 1)


@pytest.mark.beside
def test_a_call_that_nobody_answers_is_rejected_and_stands_among_the_recent_calls_as_missed(
    system: System, offices: Offices
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    with system.rules(SHORT_RING):
        call = system.meta.call("carlos")
        call_id = phone.until_ringing()
        phone.element("ring-stopped-note").wait_for()

    assert was_rejected(call)
    assert phone.element("ring-panel").count() == 0
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.MISSED, Party.GATEWAY)
    phone.until_past_call(call_id, "missed")


@pytest.mark.beside
def test_a_ring_shows_the_callers_last_calls_and_open_protocol_and_its_button_stays_where_it_is(
    system: System, offices: Offices, artifacts: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    missed = system.meta.call("joao")
    missed_id = phone.until_ringing()
    missed.hang_up()
    phone.until_past_call(missed_id, "missed")

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    phone.page.route("**/caller", hold)
    with phone.page.expect_request("**/caller"):
        call = system.meta.call("joao")
        call_id = phone.until_ringing()
    phone.element("caller-loading").wait_for()
    before = phone.element("answer-button").bounding_box()
    held[0].continue_()
    facts = phone.element("ring-panel").get_by_test_id("caller-facts")
    last = facts.get_by_role("listitem").first
    last.wait_for()
    assert "O cliente ligou Perdida" in last.inner_text().replace("\n", " ")
    known = phone.api(f"/calls/{call_id}/caller")
    assert known["calls"][0]["call_id"] == missed_id
    assert known["protocol"]["code"] == phone.api(f"/calls/{missed_id}")["protocol"]
    assert known["protocol"]["code"] in facts.get_by_test_id("caller-protocol").inner_text()
    assert phone.element("answer-button").bounding_box() == before
    phone.screenshot(artifacts / "ring-caller.png")

    phone.answer()
    assert "Perdida" in phone.element("call-card").get_by_test_id("caller-calls").inner_text()
    phone.screenshot(artifacts / "call-caller.png")
    phone.press("hangup-button")
    system.until_over(call.wacid)
    assert len(held) == 1, "it is asked once for the ring and its call"


@pytest.mark.beside
def test_a_caller_looked_up_as_a_colleague_takes_the_call_is_no_error_on_the_page(
    system: System, offices: Offices
) -> None:
    """That the console stays empty is judged after the test, as after each."""
    ana, bia = offices.ready_desk(system.hire("Ana Souza")), offices.ready_desk(system.hire("Bia Lima"))
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bia.page.route("**/caller", hold)
    with bia.page.expect_request("**/caller"):
        call = system.meta.call("joao")
    # It is asked here what the page asks, when it is too late: the page itself gives its question up.
    call_id = bia.until_ringing()
    ana.answer()
    bia.until_gone("ring-panel")
    bia.page.unroute("**/caller")
    late = bia.page.evaluate("(path) => fetch(path).then((answer) => answer.json())", f"/api/v1/calls/{call_id}/caller")
    assert late == {"known": False, "calls": [], "protocol": None, "sticky_agent": None}
    ana.press("hangup-button")
    system.until_over(call.wacid)


def test_a_busy_agent_sees_who_else_calls_cannot_take_them_and_goes_on_talking(
    system: System, offices: Offices
) -> None:
    ana = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
    first = system.meta.call("maria")
    ana.until_ringing()
    ana.answer()

    second = system.meta.call("lucia")
    waits(ana, None, why="in_call")
    assert ana.element("ring-panel").count() == 0
    assert_they_hear_each_other(ana, first, customer="maria", agent="ana")
    ana.press("hangup-button")
    second_id = ana.until_ringing()
    assert ana.rang() == {system.until_over(first.wacid).id, second_id}
    second.hang_up()
    ana.until_gone("ring-panel")


@pytest.mark.beside
def test_a_customer_who_gives_up_stops_the_ring(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("carlos")
    call_id = phone.until_ringing()

    call.hang_up()
    phone.until_gone("ring-panel")
    assert "Carlos Teste" in phone.element("ring-stopped-note").inner_text()
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.MISSED, Party.CUSTOMER)
    phone.until_past_call(call_id, "missed")
    phone.until_presence("free")


@pytest.mark.beside
def test_a_denied_microphone_is_told_in_plain_words_and_never_answers_a_customer(
    system: System, offices: Offices
) -> None:
    phone = offices.desk(system.hire("Ana Souza"), microphone=False)
    phone.press("ready-button")
    phone.element("microphone-problem").wait_for()
    assert "O navegador bloqueou o microfone" in phone.element("microphone-problem").inner_text()
    phone.until_presence("not_ready")

    with system.rules(SHORT_RING):
        call = system.meta.call("maria")
        waits(phone, None, why="not_ready")
        record = system.until_over(call.wacid)

    assert was_rejected(call)
    assert phone.rang() == set()
    assert (record.outcome, record.rung_at, record.answered_at) == (Outcome.MISSED, None, None)


def test_a_call_goes_past_a_denied_microphone_to_an_agent_who_can_talk(system: System, offices: Offices) -> None:
    ana, bia = system.hire("Ana Souza"), system.hire("Bia Lima")
    silent, able = offices.desk(ana, microphone=False), offices.ready_desk(bia)
    silent.press("ready-button")
    silent.until_presence("not_ready")

    call = system.meta.call("maria")
    call_id = able.until_ringing()
    waits(silent, call_id, why="not_ready")
    able.answer()
    assert silent.rang() == set()
    able.press("hangup-button")
    system.until_over(call.wacid)
    assert able.api(f"/calls/{call_id}")["agent_name"] == bia.name


def race(system: System, people: list[Person], phones: list[Softphone]) -> float:
    """Both press answer at the same time, and one wins. Seconds from that click until the other's ring stops."""
    call = system.meta.call("maria")
    call_id = {phone.until_ringing() for phone in phones}.pop()
    at_ms = phones[0].page.evaluate("() => Date.now()") + 300
    for phone in phones:
        phone.page.evaluate(PRESS_AT, at_ms)

    call.until(lambda seen: bool(seen["accepted"]), "the customer is answered")
    eventually(lambda: any(phone.element("call-card").count() for phone in phones), "somebody has the call")
    won = 0 if phones[0].element("call-card").count() else 1
    winner, loser, who_won = phones[won], phones[1 - won], people[won]
    winner.until_talking()
    loser.element("taken-note").wait_for()
    assert who_won.name in loser.element("taken-note").inner_text()
    assert loser.element("ring-panel").count() == 0
    assert call_id not in {moment.call_id for moment in loser.moments("call-card")}

    winner.press("hangup-button")
    record = system.until_over(call.wacid)
    assert (record.id, record.outcome, record.claims) == (call_id, Outcome.ANSWERED, 1)
    assert winner.api(f"/calls/{call_id}")["agent_name"] == who_won.name
    for phone in phones:
        phone.until_presence("free")
    clicked_unix_s = claimed_unix_s(winner, call_id)
    stopped = (moment.at_unix_s for moment in loser.moments("ring-panel") if not moment.there)
    return next(at_unix_s for at_unix_s in stopped if at_unix_s >= clicked_unix_s) - clicked_unix_s


def claimed_unix_s(phone: Softphone, call_id: str) -> float:
    answers = ((at_s, message) for at_s, name, message in phone.frames(sent=True) if name == "call.answer")
    return next(at_s for at_s, message in answers if message["call_id"] == call_id)


def waits(phone: Softphone, call_id: str | None, why: str) -> None:
    """The call is shown as waiting, and why it does not ring here."""
    this_call = "" if call_id is None else f"[data-call-id='{call_id}']"
    phone.page.locator(f"[data-testid=waiting-call][data-why={why}]{this_call}").wait_for()


def was_rejected(call: CustomerCall) -> bool:
    """The business ended it, and the customer never heard it being answered."""
    seen = call.until(lambda seen: bool(seen["ended"]), "the customer's phone stops ringing")
    return seen["ended_by"] == "business" and seen["accepted_at"] is None
