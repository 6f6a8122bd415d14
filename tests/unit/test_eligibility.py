"""Everything that must hold before a call, each with its reason, its rule and what would help, in a fixed order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.eligibility import (
    BEFORE_ASKING,
    BEFORE_CALLING,
    AgentFacts,
    CustomerFacts,
    NumberFacts,
    Restriction,
    Situation,
    country_of,
    may_ask,
    may_call,
    messaging_limit_of,
    obstacles,
)
from signaling.meta_rules import META_RULES, TEST_NUMBER, Limits
from signaling.permission import EMPTY, Grant
from signaling.permission_events import Source
from signaling.presence import Presence
from signaling.private import PhoneNumber
from signaling.verdict import Allowed, Refused

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PERMITTED = replace(EMPTY, grant=Grant(NOW, None, Source.CUSTOMER))
FINE = Situation(
    NumberFacts(outbound_enabled=True, country="BR", calling_enabled=True, has_template=True),
    AgentFacts(department_may_call=True, agent_may_call=True, presence=Presence.FREE),
    CustomerFacts(ledger=PERMITTED),
    NOW,
)
PAUSE = "RESTRICTED_BUSINESS_INITIATED_CALLING"


def number(**changes: object) -> Situation:
    return replace(FINE, number=replace(FINE.number, **changes))  # type: ignore[arg-type]


def agent(**changes: object) -> Situation:
    assert FINE.agent is not None
    return replace(FINE, agent=replace(FINE.agent, **changes))  # type: ignore[arg-type]


def customer(**changes: object) -> Situation:
    return replace(FINE, customer=replace(FINE.customer, **changes))  # type: ignore[arg-type]


EACH = [
    (number(outbound_enabled=False), "number.outbound_off", "switch_outbound_on"),
    (agent(department_may_call=False), "department.may_not_call", "grant_department"),
    (agent(agent_may_call=False), "agent.may_not_call", "grant_agent"),
    (number(country="US"), "number.country", "use_another_number"),
    (number(coexistence=True), "number.coexistence", "use_another_number"),
    (number(sip=True), "number.sip", "switch_sip_off"),
    (number(calling_enabled=False), "number.calling_off", "switch_calling_on"),
    (number(calling_enabled=False, messaging_limit=1_999), "number.messaging_limit", "raise_messaging_limit"),
    (number(restrictions=(Restriction(PAUSE, NOW + SECOND),)), "number.restricted", "wait"),
    (number(balance_low=True), "number.balance_low", "top_up"),
    (agent(presence=Presence.PAUSED), "agent.not_ready", "get_ready"),
    (agent(presence=Presence.IN_CALL), "agent.busy", "finish_call"),
    (customer(reachable=False), "customer.unreachable", "add_whatsapp_number"),
    (customer(in_call=True), "customer.in_call", "wait"),
    (customer(ledger=EMPTY), "permission.none", "ask_permission"),
]


def test_when_nothing_stands_in_the_way_the_call_is_allowed() -> None:
    assert may_call(FINE) == Allowed()
    assert may_call(replace(FINE, agent=None)) == Allowed()


@pytest.mark.parametrize(("situation", "code", "next_step"), EACH, ids=[code for _, code, _ in EACH])
def test_each_obstacle_has_a_reason_and_a_next_step(situation: Situation, code: str, next_step: str) -> None:
    verdict = may_call(situation)
    assert isinstance(verdict, Refused)
    assert (verdict.code, verdict.next_step) == (code, next_step)
    known = {*META_RULES, "coexistence", "one_call_per_customer", None}
    assert verdict.rule in known


def test_what_nobody_knows_stands_in_nobodys_way() -> None:
    unknown = NumberFacts(outbound_enabled=True)
    assert may_call(replace(FINE, number=unknown)) == Allowed()


def test_the_most_important_obstacle_is_said_first_and_all_of_them_in_order() -> None:
    everything = Situation(
        NumberFacts(False, "US", False, True, True, 1_000, (Restriction(PAUSE),)),
        AgentFacts(False, False, Presence.OFFLINE),
        CustomerFacts(reachable=False, in_call=True),
        NOW,
    )
    assert [refused.code for refused in obstacles(everything, BEFORE_CALLING)] == [
        "number.outbound_off",
        "department.may_not_call",
        "agent.may_not_call",
        "number.country",
        "number.coexistence",
        "number.sip",
        "number.messaging_limit",
        "number.restricted",
        "agent.not_ready",
        "customer.unreachable",
        "customer.in_call",
        "permission.none",
    ]
    verdict = may_call(everything)
    assert isinstance(verdict, Refused) and verdict.code == "number.outbound_off"


def test_to_ask_an_agent_need_not_be_ready_nor_the_customer_free() -> None:
    busy = replace(customer(in_call=True, ledger=EMPTY), agent=agent(presence=Presence.PAUSED).agent)
    assert may_ask(busy) == Allowed()
    assert obstacles(busy, BEFORE_ASKING) == []


@pytest.mark.parametrize(("least", "code"), [(2_000, "number.calling_off"), (2_001, "number.messaging_limit")])
def test_the_messaging_limit_is_the_reason_only_where_it_is_too_low(least: int, code: str) -> None:
    verdict = may_call(number(calling_enabled=False, messaging_limit=2_000, limits=Limits(messaging_limit_least=least)))
    assert isinstance(verdict, Refused) and verdict.code == code
    assert may_call(number(messaging_limit=250)) == Allowed()  # calling is on: it was high enough once
    assert TEST_NUMBER.messaging_limit_least == 0


@pytest.mark.parametrize(("offset", "restricted"), [(-SECOND, True), (timedelta(), False), (SECOND, False)])
def test_a_restriction_ends_at_its_time(offset: timedelta, restricted: bool) -> None:
    verdict = may_call(number(restrictions=(Restriction(PAUSE, NOW - offset),)))
    assert isinstance(verdict, Refused) is restricted
    if isinstance(verdict, Refused):
        assert verdict.retry_at == NOW + SECOND


def test_a_restriction_of_incoming_calls_does_not_stop_ours() -> None:
    assert may_call(number(restrictions=(Restriction("RESTRICTED_USER_INITIATED_CALLING"),))) == Allowed()


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("551133330000", "BR"),
        ("12125550100", "US"),
        ("14165550100", "CA"),
        ("18005550100", "US"),
        ("905321234567", "TR"),
    ],
)
def test_a_number_is_of_the_country_that_its_digits_say(phone: str, country: str) -> None:
    assert country_of(PhoneNumber(phone)) == country


def test_an_unreadable_number_or_tier_is_unknown() -> None:
    assert country_of(PhoneNumber("0")) is None
    assert (messaging_limit_of("TIER_2K"), messaging_limit_of("TIER_OF_TOMORROW")) == (2_000, None)
