"""What a number needs, from facts to a list: each precondition missing, unknown and fine, and what it stops."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signaling.balance_guard import Balance, BalanceGuard
from signaling.eligibility import NumberFacts, Restriction
from signaling.hours_at_meta import HoursState
from signaling.ids import DepartmentId
from signaling.pickup_guard import ClosedFrom, Guard, Kept
from signaling.plan import HangUp, Plan, PlanProblem, Queue, StepId, simple_plan
from signaling.readiness import (
    Check,
    Facts,
    HoursFacts,
    Needed,
    PeopleFacts,
    PlanFacts,
    ServerFacts,
    State,
    WebhookFacts,
    readiness_of,
    state_of,
)
from signaling.schedule import ScheduleProblem
from signaling.settings_at_meta import Icon
from tests.unit.test_schedule import OFFICE

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FINE, MISSING, UNKNOWN = State.FINE, State.MISSING, State.UNKNOWN
QUEUE = Plan(
    StepId("queue"),
    {StepId("queue"): Queue(then=StepId("end"), longest_s=60, department=DepartmentId(1)), StepId("end"): HangUp()},
    closed=StepId("end"),
)
ALL_FINE = Facts(
    now=NOW,
    number=NumberFacts(
        outbound_enabled=True,
        country="BR",
        calling_enabled=True,
        sip=False,
        coexistence=False,
        messaging_limit=2_000,
        has_template=True,
    ),
    meta_asked=True,
    meta_failure=None,
    icon_hidden=False,
    inbound_enabled=True,
    department="Vendas",
    department_may_call=True,
    same_label=0,
    webhook=WebhookFacts(True, True, True, NOW - HOUR, accepted=3),
    people=PeopleFacts(take=2, call=2, free=1),
    hours=HoursFacts(OFFICE, True, True, HoursState.SAME, is_open=True),
    plan=PlanFacts(QUEUE, True),
    server=ServerFacts(is_https=True, is_local=False, records=True, has_relays=True),
)
PAUSE = "RESTRICTED_{}_INITIATED_CALLING"
BUTTON = "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN"


def facts(**changes: Any) -> Facts:
    return replace(ALL_FINE, **changes)


def number(**changes: Any) -> Facts:
    return facts(number=replace(ALL_FINE.number, **changes))


def webhook(**changes: Any) -> Facts:
    return facts(webhook=replace(ALL_FINE.webhook, **changes))


def hours(**changes: Any) -> Facts:
    assert ALL_FINE.hours is not None
    return facts(hours=replace(ALL_FINE.hours, **changes))


def server(**changes: Any) -> Facts:
    return facts(server=replace(ALL_FINE.server, **changes))


def restricted(who: str, until: datetime | None = NOW + HOUR) -> Facts:
    return number(restrictions=(Restriction(PAUSE.format(who), until),))


SOFT = BalanceGuard(enabled=True, floor="10.00")
HARD = replace(SOFT, hard=True)
CLOSED = Kept(icon=Icon.HIDDEN, closed=ClosedFrom(NOW.date(), 720))


def balance(amount: str, guard: BalanceGuard, at: datetime = NOW) -> Facts:
    return facts(balance_guard=guard, balance=Balance(amount, "USD", at))


EACH: list[tuple[Facts, str, State, str | None, Needed]] = [
    (facts(meta_failure="graph.no_token"), "token", MISSING, "none", Needed.CALLS),
    (facts(meta_failure="meta.190"), "token", MISSING, "refused", Needed.CALLS),
    (facts(meta_failure="network.unreachable"), "token", UNKNOWN, "away", Needed.CALLS),
    (facts(meta_asked=False), "token", UNKNOWN, None, Needed.CALLS),
    (webhook(has_secret=False), "webhook_settings", MISSING, "no_secret", Needed.CALLS),
    (webhook(has_verify_token=False), "webhook_settings", MISSING, "no_verify_token", Needed.CALLS),
    (webhook(last_at=None), "webhook_delivers", MISSING, "never", Needed.CALLS),
    (webhook(last_at=NOW - 25 * HOUR), "webhook_delivers", UNKNOWN, "quiet", Needed.CALLS),
    (webhook(refused=1, accepted=0), "webhook_delivers", MISSING, "bad_signature", Needed.CALLS),
    (webhook(looked=False), "webhook_delivers", UNKNOWN, "away", Needed.CALLS),
    (number(calling_enabled=False), "calling", MISSING, None, Needed.CALLS),
    (number(calling_enabled=None), "calling", UNKNOWN, None, Needed.CALLS),
    (number(calling_enabled=False, messaging_limit=1_999), "messaging_limit", MISSING, None, Needed.CALLS),
    (number(calling_enabled=False, messaging_limit=None), "messaging_limit", UNKNOWN, None, Needed.CALLS),
    (number(coexistence=True), "coexistence", MISSING, None, Needed.CALLS),
    (number(coexistence=None), "coexistence", UNKNOWN, None, Needed.ADVICE),
    (number(sip=True), "sip", MISSING, None, Needed.CALLS),
    (number(has_template=False, template_refused=True), "template", MISSING, "refused", Needed.ADVICE),
    (facts(pickup_guard=Guard(enabled=True)), "pickup_guard", FINE, "on", Needed.ADVICE),
    (facts(), "pickup_guard", FINE, "off", Needed.ADVICE),
    (
        facts(pickup_guard=Guard(enabled=True), pickup_kept=Kept(low_told=True)),
        *("pickup_guard", MISSING, "low", Needed.ADVICE),
    ),
    (facts(pickup_kept=Kept(icon=Icon.HIDDEN)), "pickup_guard", MISSING, "hidden", Needed.ADVICE),
    (facts(pickup_kept=CLOSED), "pickup_guard", MISSING, "hidden_and_closed", Needed.ADVICE),
    (facts(), "balance_guard", FINE, "off", Needed.ADVICE),
    (balance("10", SOFT), "balance_guard", FINE, "fine", Needed.ADVICE),
    (balance("9.99", SOFT), "balance_guard", MISSING, "low", Needed.ADVICE),
    (balance("9.99", HARD), "balance_guard", MISSING, "refuses", Needed.CALLS),
    (balance("9.99", replace(HARD, inbound=False)), "balance_guard", MISSING, "refuses", Needed.OUT),
    (balance("9.99", HARD, NOW - 7 * HOUR), "balance_guard", UNKNOWN, "unknown", Needed.ADVICE),
    (restricted("BUSINESS"), "restrictions", MISSING, None, Needed.OUT),
    (restricted("USER", None), "restrictions", MISSING, None, Needed.IN),
    (restricted("BIZ_INITIATED_AND_USER"), "restrictions", MISSING, None, Needed.CALLS),
    (number(restrictions=(Restriction(BUTTON),)), "restrictions", MISSING, None, Needed.ADVICE),
    (facts(meta_asked=False), "restrictions", UNKNOWN, None, Needed.CALLS),
    (number(country="US"), "country", MISSING, None, Needed.OUT),
    (number(country=None), "country", UNKNOWN, None, Needed.OUT),
    (facts(inbound_enabled=False), "inbound", MISSING, None, Needed.IN),
    (facts(icon_hidden=True), "icon", MISSING, None, Needed.ADVICE),
    (facts(icon_hidden=None), "icon", UNKNOWN, None, Needed.ADVICE),
    (number(outbound_enabled=False), "outbound", MISSING, None, Needed.OUT),
    (number(has_template=False), "template", MISSING, None, Needed.ADVICE),
    (facts(same_label=1), "label", MISSING, None, Needed.ADVICE),
    (facts(department=None), "department", MISSING, None, Needed.CALLS),
    (facts(department_may_call=False), "department_may_call", MISSING, None, Needed.OUT),
    (facts(people=PeopleFacts(0, 1, 0)), "takers", MISSING, None, Needed.IN),
    (facts(people=PeopleFacts(1, 0, 1)), "callers", MISSING, None, Needed.OUT),
    (facts(people=PeopleFacts(1, 1, 0)), "free", MISSING, None, Needed.ADVICE),
    (facts(people=None), "takers", UNKNOWN, None, Needed.IN),
    (facts(hours=None), "hours", UNKNOWN, None, Needed.IN),
    (hours(readable=False), "hours", MISSING, "unreadable", Needed.IN),
    (hours(problems=(ScheduleProblem("weekly.monday", "overlap"),)), "hours", MISSING, "overlap", Needed.IN),
    (hours(problems=(ScheduleProblem("zone", "unknown_zone"),)), "hours", MISSING, "problems", Needed.IN),
    (hours(schedule=replace(OFFICE, weekly=((),) * 7)), "hours", MISSING, "never_open", Needed.IN),
    (hours(at_meta=HoursState.DIFFERENT), "hours_at_meta", MISSING, "different", Needed.ADVICE),
    (hours(at_meta=HoursState.FAILED), "hours_at_meta", UNKNOWN, "failed", Needed.ADVICE),
    (facts(plan=None), "plan", UNKNOWN, None, Needed.IN),
    (facts(plan=PlanFacts(None, False)), "plan", MISSING, "unreadable", Needed.IN),
    (facts(plan=PlanFacts(QUEUE, True, (PlanProblem(None, "start", "x"),))), "plan", MISSING, "problems", Needed.IN),
    (facts(plan=PlanFacts(None, True)), "plan_waits", MISSING, "usual", Needed.ADVICE),
    (facts(plan=PlanFacts(simple_plan(20), True)), "plan_waits", MISSING, None, Needed.ADVICE),
    (server(is_https=False), "https", MISSING, "plain", Needed.CALLS),
    (server(is_https=False, is_local=True), "https", FINE, "local", Needed.CALLS),
    (server(storage_failure="refused"), "storage", MISSING, "refused", Needed.ADVICE),
    (server(storage_failure=None), "storage", UNKNOWN, None, Needed.ADVICE),
]


def found(facts: Facts, code: str) -> Check | None:
    return next((check for check in readiness_of(facts) if check.code == code), None)


def test_when_all_is_there_every_check_is_fine_and_each_stands_once() -> None:
    checks = readiness_of(ALL_FINE)
    assert {check.state for check in checks} == {FINE}
    assert len({check.code for check in checks}) == len(checks) > 15
    assert (state_of(checks, Needed.IN), state_of(checks, Needed.OUT)) == (FINE, FINE)


@pytest.mark.parametrize(
    ("facts", "code", "state", "why", "needed"), EACH, ids=[f"{code}-{state}-{why}" for _, code, state, why, _ in EACH]
)
def test_each_precondition_says_what_was_found_and_what_it_stops(
    facts: Facts, code: str, state: State, why: str | None, needed: Needed
) -> None:
    check = found(facts, code)
    assert check is not None
    assert (check.state, check.why, check.needed) == (state, why, needed)
    checks = readiness_of(facts)
    for direction, stopped in ((Needed.IN, (Needed.IN, Needed.CALLS)), (Needed.OUT, (Needed.OUT, Needed.CALLS))):
        if check.needed in stopped and state is not FINE:
            assert state_of(checks, direction) is not FINE


def test_a_missing_thing_weighs_more_than_an_unknown_one_and_advice_nothing() -> None:
    both = readiness_of(replace(number(calling_enabled=False), people=None))
    assert state_of(both, Needed.IN) is MISSING
    advice = readiness_of(facts(icon_hidden=True, plan=PlanFacts(None, True), same_label=2))
    assert (state_of(advice, Needed.IN), state_of(advice, Needed.OUT)) == (FINE, FINE)


def test_a_punishment_that_is_over_is_none() -> None:
    check = found(restricted("BUSINESS", NOW), "restrictions")
    assert check is not None and check.state is FINE


def test_what_does_not_concern_a_number_is_not_asked_of_it() -> None:
    codes = {check.code for check in readiness_of(number(outbound_enabled=False, country="US", has_template=False))}
    assert codes.isdisjoint({"country", "template", "callers", "department_may_call"})
    assert found(server(records=False, storage_failure="refused"), "storage") is None
    assert found(hours(is_open=False), "free") is None
    assert found(hours(told=False, at_meta=HoursState.NOT_TOLD), "hours_at_meta") is None


def test_a_plan_that_closed_callers_never_hear_is_not_asked_for_a_closed_step() -> None:
    plan = replace(QUEUE, closed=None)
    assert found(facts(plan=PlanFacts(plan, True)), "plan_closed") is None
    untold = replace(hours(told=False), plan=PlanFacts(plan, True))
    check = found(untold, "plan_closed")
    assert check is not None and check.needed is Needed.ADVICE


def test_nothing_is_fine_that_nobody_could_find_out() -> None:
    blind = facts(
        number=NumberFacts(outbound_enabled=True),
        meta_asked=False,
        meta_failure="network.unreachable",
        icon_hidden=None,
        people=None,
        hours=None,
        plan=None,
    )
    states = {check.code: check.state for check in readiness_of(blind)}
    unknown = {"token", "calling", "coexistence", "sip", "restrictions", "icon", "takers", "callers", "hours", "plan"}
    assert {code for code, state in states.items() if state is UNKNOWN} >= unknown
