"""A customer calls, an agent's browser rings, they talk, and either hangs up."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from signaling.call import Call, Outcome, Party
from tests.browser.conversation import WINDOW_S, assert_they_hear_each_other
from tests.browser.meta import CustomerCall
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import DEPARTMENT, LABEL, Person, System

RINGS_WITHIN_S: Final = 2.0

# What must come after what; Meta's own times have whole seconds.
ORDERS: Final = (
    ("offered_at", "received_at", "rung_at", "answered_at", "accepted_at", "agent_audio_at", "ended_at"),
    ("received_at", "pre_accepted_at", "accepted_at", "customer_audio_at", "ended_at"),
)
COURSE: Final = ("offered", "answer_created", "rung", "claimed", "agent_audible", "accepting", "accepted", "ended")


@pytest.mark.parametrize("by", [Party.AGENT, Party.CUSTOMER])
def test_customer_and_agent_hear_each_other_until_one_hangs_up(
    by: Party, system: System, offices: Offices, artifacts: Path
) -> None:
    ana = system.hire("Ana Souza")
    phone = offices.tab(offices.open(voice="ana"))
    phone.open()
    phone.element("login-name").wait_for()
    phone.screenshot(artifacts / "sign-in.png")
    phone.sign_in(ana)
    phone.get_ready()

    call = system.meta.call("maria")
    call_id = phone.until_ringing()
    assert rang_after_s(phone, call) < RINGS_WITHIN_S
    assert phone.element("ring-caller").inner_text() == "Maria Exemplo"
    assert LABEL in phone.element("ring-number").inner_text()
    phone.screenshot(artifacts / "softphone-ring.png")

    phone.answer()
    assert_they_hear_each_other(phone, call, customer="maria", agent="ana")
    phone.screenshot(artifacts / "softphone-call.png")
    if by is Party.AGENT:
        phone.press("hangup-button")
    else:
        call.hang_up()
    phone.element("last-call-note").wait_for()

    record = system.until_over(call.wacid)
    assert record.id == call_id
    assert (record.outcome, record.ended_by, record.failure) == (Outcome.ANSWERED, by, None)
    assert_told_in_order(phone.api(f"/calls/{call_id}"), ana, record)
    phone.until_past_call(call_id, "answered")


def test_a_customer_without_a_phone_number_is_shown_by_name_and_username(system: System, offices: Offices) -> None:
    ana = system.hire("Ana Souza")
    phone = offices.ready_desk(ana)

    call = system.meta.call("ana")
    call_id = phone.until_ringing()
    assert phone.element("ring-caller").inner_text() == "Ana Amostra"
    assert phone.element("ring-panel").get_by_text("@ana.amostra").is_visible()
    phone.answer()
    assert phone.element("call-card").get_by_text("@ana.amostra").is_visible()
    phone.press("hangup-button")

    record = system.until_over(call.wacid)
    assert (record.customer.phone, record.outcome) == (None, Outcome.ANSWERED)
    told = phone.api(f"/calls/{call_id}")
    assert (told["customer_name"], told["customer_label"]) == ("Ana Amostra", "@ana.amostra")


def rang_after_s(phone: Softphone, call: CustomerCall) -> float:
    """From the customer's call to the ring on the page, both on this machine's clock."""
    offered_at = datetime.fromisoformat(call.seen()["offered_at"])
    return phone.moments("ring-panel")[0].at_unix_s - offered_at.timestamp()


def assert_told_in_order(told: dict[str, Any], ana: Person, record: Call) -> None:
    """What the REST API tells of the call, against its row."""
    assert (told["agent_name"], told["outcome"], told["ended_by"]) == (ana.name, record.outcome, record.ended_by)
    assert (told["number_label"], told["department"], told["state"]) == (LABEL, DEPARTMENT, "ended")
    assert (told["customer_name"], told["customer_label"]) == ("Maria Exemplo", "+55 11 ••••• 0101")
    assert told["talk_s"] >= WINDOW_S
    for order in ORDERS:
        times = [datetime.fromisoformat(told["timestamps"][name]) for name in order]
        assert all(before <= after for before, after in pairwise(times)), order
    entries = [(datetime.fromisoformat(entry["at"]), entry["kind"]) for entry in told["timeline"]]
    assert all(before <= after for (before, _), (after, _) in pairwise(entries))
    assert [kind for _, kind in entries if kind in COURSE] == list(COURSE)
    assert [kind for _, kind in entries] == [entry.kind for entry in record.timeline]
