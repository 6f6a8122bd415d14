"""Our ledger against the simulated Meta's own machine, in any course of requests, answers, calls and time.

Webhooks come late and in any order; some news never come. Our side may know less than Meta, but it never does what
Meta refuses once it has asked Meta, and never refuses what Meta allows: neither has a rule of the other's.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.simulator import permission_rules as meta
from gateway.simulator.permission_rules import Pair, PermissionLimits
from signaling.events import Customer, Direction, PermissionReplied
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import CallPermissions
from signaling.meta.permission_reading import end_of_second, moment_reference, reply_of, told_of
from signaling.meta_rules import Limits
from signaling.permission import EMPTY, Ledger, apply, is_newest, replay, window_opened
from signaling.permission_events import (
    Asked,
    CallConnected,
    CallingRefused,
    CallUnanswered,
    Event,
    RequestDelivered,
    RequestKind,
    reference_of,
)
from signaling.permission_verdicts import may_ask, may_call, request_kind
from signaling.verdict import Allowed, Refused, Verdict

BEGIN_UNIX_S = 1_790_000_000.0
DAY_S, WEEK_S = 86_400, 604_800
EDGES = (1, 59.25, 3_600, DAY_S - 1, DAY_S, DAY_S + 1, WEEK_S - 1, WEEK_S, WEEK_S + 1)
MOSTLY = st.sampled_from((True, True, True, False))
JUMPS = st.sampled_from(EDGES) | st.integers(64, 640).map(lambda parts: parts / 64)
"""In parts of a second that a float and the microseconds of a datetime both hold: one clock is not before the other."""

RULES, LIMITS = PermissionLimits(calls_a_day=3), Limits(connected_calls_per_24h=3)  # 3 instead of 100: reached sooner
"""The same numbers, written down twice."""


def moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


class PermissionModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = BEGIN_UNIX_S
        self.pair = Pair()
        self.ledger: Ledger = EMPTY
        self.events: list[Event] = []
        self.in_flight: list[Event] = []
        self.silent = False  # Meta knows of something that no webhook will tell us
        self.slow = False  # webhooks stay on the way until a rule delivers one
        self.made = 0

    @property
    def now(self) -> datetime:
        return moment(self.now_s)

    @property
    def whole_second(self) -> datetime:
        """As webhooks write it."""
        return moment(int(self.now_s))

    def new_id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}.{self.made}"

    def know(self, event: Event) -> None:
        """As `store.ledgers` does it."""
        self.events.append(event)
        if is_newest(self.ledger, event):
            self.ledger = apply(self.ledger, event, LIMITS)
        else:
            self.ledger = replay(self.events, LIMITS, self.ledger.window_opened_at)

    def later(self, event: Event) -> None:
        if self.slow:
            self.in_flight.append(event)
        else:
            self.know(event)

    @property
    def knows_all(self) -> bool:
        return not (self.in_flight or self.silent)

    def pass_time(self, seconds: float = 1.0) -> None:
        """Meta's times have whole seconds: what happens within one has no order, so nothing does here."""
        self.now_s += seconds

    def look_up(self) -> None:
        answer = CallPermissions.model_validate(meta.call_permissions(self.pair, self.now_s, RULES))
        self.know(told_of(answer, self.now))
        self.silent = False

    def reply(self, *, accepted: bool, automatic: bool = False, context: str | None = None) -> PermissionReplied:
        expires_at = None if self.pair.until_s is None else moment(self.pair.until_s)
        return PermissionReplied(
            number=PhoneNumberId("1"),
            at=self.whole_second,
            message_id=self.new_id("wamid"),
            customer=Customer(),
            accepted=accepted,
            permanent=accepted and self.pair.permanent,
            expires_at=expires_at if accepted else None,
            automatic=automatic,
            context_id=context,
        )

    # ---- time and webhooks

    @rule(seconds=JUMPS)
    def time_passes(self, seconds: float) -> None:
        self.pass_time(seconds)

    @precondition(lambda self: not self.slow)
    @rule()
    def webhooks_become_slow(self) -> None:
        self.slow = True

    @precondition(lambda self: self.slow)
    @rule()
    def all_webhooks_arrive(self) -> None:
        self.slow = False
        while self.in_flight:
            self.know(self.in_flight.pop())

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def a_webhook_arrives(self, data: st.DataObject) -> None:
        self.know(self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1))))

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def a_webhook_arrives_again(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.events))
        assert replay([*self.events, event], LIMITS, self.ledger.window_opened_at) == self.ledger

    # ---- what the customer does

    @rule()
    def the_customer_writes(self) -> None:
        self.pair = meta.spoke(self.pair, self.now_s)
        self.ledger = window_opened(self.ledger, self.whole_second)
        self.pass_time()

    @precondition(lambda self: self.pair.requests)
    @rule(data=st.data(), answer=st.sampled_from(("allow", "always", "decline")))
    def the_customer_answers_a_request(self, data: st.DataObject, answer: meta.Answer) -> None:
        request = data.draw(st.sampled_from(self.pair.requests))
        pair = meta.act(self.pair, request.wamid, answer, self.now_s, RULES)
        if pair is not None:
            self.pair = pair
            self.later(reply_of(self.reply(accepted=answer != "decline", context=request.wamid)))
            self.pass_time()

    @rule(told=MOSTLY)
    def the_customer_allows_in_the_profile(self, told: bool) -> None:
        self.pair = meta.allow_always(self.pair)
        self.tell_or_not(self.reply(accepted=True), told)

    @rule(told=MOSTLY)
    def the_customer_revokes_in_the_profile(self, told: bool) -> None:
        self.pair = meta.revoke(self.pair)
        self.tell_or_not(self.reply(accepted=False), told)

    def tell_or_not(self, replied: PermissionReplied, told: bool) -> None:
        if told:
            self.later(reply_of(replied))
        else:
            self.silent = True
        self.pass_time()

    @rule(taken=st.booleans(), callback=st.booleans())
    def the_customer_calls(self, taken: bool, callback: bool) -> None:
        wacid = self.new_id("wacid")
        self.pair = meta.spoke(self.pair, self.now_s)
        self.ledger = window_opened(self.ledger, self.whole_second)
        if taken:
            self.pair = meta.connected(self.pair, self.now_s, by_business=False)
            self.later(CallConnected(end_of_second(self.whole_second), reference_of(wacid), Direction.INBOUND))
        if callback:
            before = self.pair
            self.pair = meta.allow_after_call(self.pair, self.now_s, RULES)
            if self.pair != before:
                self.later(reply_of(self.reply(accepted=True, automatic=True, context=wacid)))
        self.pass_time()

    # ---- what we do

    @rule(arrives=MOSTLY, asks_meta=st.booleans())
    def we_ask(self, arrives: bool, asks_meta: bool) -> None:
        if asks_meta:
            self.look_up()
        verdict = self.may_ask()
        refusal = meta.may_send_request(self.pair, self.now_s, RULES)
        knows_all = asks_meta or self.knows_all
        if isinstance(verdict, Refused):
            allowed_already = self.pair.status(self.now_s) != "no_permission"
            assert refusal is not None or allowed_already or not knows_all, verdict
            assert verdict.retry_at is None or verdict.retry_at > self.now
            return
        if knows_all:
            assert refusal is None
        if request_kind(self.ledger, self.now, LIMITS) is RequestKind.FREE_FORM:
            assert self.pair.window_is_open(self.now_s, RULES)
        if refusal is None:
            wamid = self.new_id("wamid")
            self.pair = meta.request_sent(self.pair, wamid, self.now_s)
            self.know(Asked(self.now, reference_of(wamid), RequestKind.TEMPLATE))
            if arrives:
                self.pair = meta.request_arrived(self.pair, wamid, self.now_s)
                self.later(RequestDelivered(end_of_second(self.whole_second), reference_of(wamid)))
            self.pass_time()

    @rule(outcomes=st.lists(st.booleans(), min_size=1, max_size=4), asks_meta=st.booleans())
    def we_call(self, outcomes: list[bool], asks_meta: bool) -> None:
        """Some calls, one after the other, taken or not."""
        for taken in outcomes:
            if asks_meta:
                self.look_up()
            verdict = self.may_call()
            refusal = meta.may_start_call(self.pair, self.now_s, RULES)
            if asks_meta or self.knows_all:
                assert isinstance(verdict, Allowed) == (refusal is None) or self.within_its_second(verdict), refusal
            if isinstance(verdict, Refused):
                return
            if refusal is not None:
                self.know(CallingRefused(self.now, moment_reference(self.now), refusal.code == 138006))
                assert isinstance(self.may_call(), Refused)
                self.pass_time()
                return
            self.the_call_ends(self.new_id("wacid"), taken)

    def the_call_ends(self, wacid: str, taken: bool) -> None:
        if taken:
            self.pair = meta.connected(self.pair, self.now_s, by_business=True)
            self.later(CallConnected(end_of_second(self.whole_second), reference_of(wacid), Direction.OUTBOUND))
            self.pass_time()
            return
        outcome = meta.not_taken(self.pair, RULES)
        self.pair = outcome.pair
        self.later(CallUnanswered(end_of_second(self.whole_second), reference_of(wacid)))
        self.pass_time()
        if outcome.revoked:
            self.later(reply_of(self.reply(accepted=False, automatic=True)))
            self.pass_time()

    @precondition(lambda self: self.knows_all)
    @rule()
    def we_wait_as_long_as_we_are_told(self) -> None:
        """The time in a refusal is the time: a moment before, Meta refuses as well; then both allow."""
        for verdict, of_meta, again in (
            (self.may_ask(), meta.may_send_request, self.may_ask),
            (self.may_call(), meta.may_start_call, self.may_call),
        ):
            if isinstance(verdict, Refused) and verdict.limit is not None and verdict.retry_at is not None:
                self.now_s = max(self.now_s, verdict.retry_at.timestamp() - 1.5)  # our times end with the second
                assert of_meta(self.pair, self.now_s, RULES) is not None or self.within_its_second(again())
                assert isinstance(again(), Refused)
                self.now_s = verdict.retry_at.timestamp()
                assert of_meta(self.pair, self.now_s, RULES) is None or self.pair.status(self.now_s) == "no_permission"
                after = again()
                assert not isinstance(after, Refused) or after.code != verdict.code
                return

    def within_its_second(self, verdict: Verdict) -> bool:
        """We count a call that Meta says was at 12:00:00 as if it had been at the end of that second."""
        if not isinstance(verdict, Refused) or verdict.retry_at is None:
            return False
        return verdict.retry_at - self.now < timedelta(seconds=1)

    def may_ask(self) -> Verdict:
        return may_ask(self.ledger, self.now, LIMITS, has_template=True)

    def may_call(self) -> Verdict:
        return may_call(self.ledger, self.now, LIMITS, risk_accepted=True)

    # ---- always

    @invariant()
    def the_order_of_webhooks_changes_nothing(self) -> None:
        assert replay(reversed(self.events), LIMITS, self.ledger.window_opened_at) == self.ledger

    @invariant()
    def what_we_count_in_a_row_is_what_meta_counts(self) -> None:
        if self.knows_all:
            assert self.ledger.unanswered == self.pair.in_vain


PermissionModel.TestCase.settings = settings(max_examples=120, stateful_step_count=60, deadline=None)
TestPermissionModel = PermissionModel.TestCase
