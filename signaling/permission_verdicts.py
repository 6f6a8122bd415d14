"""What follows from a ledger now: may we call, may we ask, how, and what is worth knowing before. Pure.

A permission holds until the second in which it expires and not in it; a limit of 24 hours has passed after exactly 24
hours. Codes are stable words that pages translate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from signaling.errors import Fault
from signaling.meta_rules import Limits
from signaling.permission import DAY, WEEK, Ledger, Request
from signaling.permission_events import RequestKind, Source
from signaling.verdict import Allowed, Refused, Verdict

SECOND_UNANSWERED: Final = "permission.second_unanswered"
"""If nobody answers this call, WhatsApp suggests to the customer to reconsider the permission."""

APP_TOO_OLD: Final = 131026


# ---- asking ----------------------------------------------------------------------------------------------------------


def request_kind(ledger: Ledger, now: datetime, limits: Limits) -> RequestKind:
    """Free-form inside the service window, which a template does not need."""
    until = window_until(ledger, limits)
    return RequestKind.FREE_FORM if until is not None and now < until else RequestKind.TEMPLATE


def window_until(ledger: Ledger, limits: Limits) -> datetime | None:
    """When the service window closes, or closed; None: it was never open, or Meta says that it is not."""
    opened, denied = ledger.window_opened_at, ledger.window_denied_at
    if opened is None or (denied is not None and denied >= opened):
        return None
    return opened + timedelta(seconds=limits.service_window_s)


def may_ask(ledger: Ledger, now: datetime, limits: Limits, *, has_template: bool) -> Verdict:
    """May a request for permission be sent? Allowed until the service window closes, if it needs to be open."""
    if ledger.grant is not None and ledger.grant.holds(now):
        return Refused(
            "permission.granted_already",
            Fault.LIMIT,
            retry_at=ledger.grant.expires_at,
            rule="temporary_permission_s" if ledger.grant.expires_at is not None else None,
            next_step="call",
        )
    if (refused := _asked_too_often(ledger, now, limits)) is not None:
        return refused
    if ledger.ask_blocked_until is not None and now < ledger.ask_blocked_until:
        return Refused("permission.asking_blocked", Fault.META, ledger.ask_blocked_until, next_step="wait")
    if has_template:
        return Allowed()
    if request_kind(ledger, now, limits) is RequestKind.TEMPLATE:
        return Refused(
            "permission.template_missing", Fault.CONFIGURATION, rule="service_window_s", next_step="set_template"
        )
    return Allowed(until=window_until(ledger, limits))


def _asked_too_often(ledger: Ledger, now: datetime, limits: Limits) -> Refused | None:
    day = ledger.requests_24h_allowed if ledger.requests_24h_allowed is not None else limits.requests_per_24h
    week = ledger.requests_7d_allowed if ledger.requests_7d_allowed is not None else limits.requests_per_7d
    found = [
        _too_many("permission.asked_too_often", "requests_per_24h", ledger.asked_at, DAY, day, now),
        _too_many("permission.asked_too_often", "requests_per_7d", ledger.asked_at, WEEK, week, now),
    ]
    return _latest([refused for refused in found if refused is not None])


def _latest(found: Sequence[Refused]) -> Refused | None:
    """The refusal that ends last; one without an end ends last of all."""
    endless = [refused for refused in found if refused.retry_at is None]
    ends = [(refused.retry_at, refused) for refused in found if refused.retry_at is not None]
    return endless[0] if endless else max(ends, key=lambda end: end[0], default=(None, None))[1]


def _too_many(
    code: str, rule: str, times: Sequence[datetime], window: timedelta, allowed: int, now: datetime
) -> Refused | None:
    recent = sorted(at for at in times if at > now - window)
    if len(recent) < allowed:
        return None
    retry_at = recent[-allowed] + window if allowed > 0 else None
    return Refused(code, Fault.LIMIT, retry_at, rule, allowed, len(recent), next_step="wait")


# ---- calling ---------------------------------------------------------------------------------------------------------


def may_call(
    ledger: Ledger, now: datetime, limits: Limits, *, has_template: bool = True, risk_accepted: bool = False
) -> Verdict:
    """May this customer be called? Allowed until the permission ends.

    `risk_accepted`: somebody has confirmed the call that, unanswered, makes Meta revoke the permission.
    """
    grant = ledger.grant
    if grant is None or not grant.holds(now):
        asking = may_ask(ledger, now, limits, has_template=has_template)
        can_ask = isinstance(asking, Allowed)
        word = "expired" if grant is not None else ledger.loss.value
        if awaited(ledger, now, limits) is not None:
            return Refused("permission.awaited", Fault.CUSTOMER, next_step="wait_for_customer")
        next_step = "ask_permission" if can_ask else asking.next_step if isinstance(asking, Refused) else None
        return Refused(f"permission.{word}", Fault.CUSTOMER, next_step=next_step)
    if (refused := _called_too_often(ledger, now, limits)) is not None:
        return refused
    if ledger.unanswered == limits.unanswered_revokes - 1 and not risk_accepted:
        return Refused(
            "permission.last_unanswered",
            Fault.CUSTOMER,
            rule="unanswered_revokes",
            limit=limits.unanswered_revokes,
            used=ledger.unanswered,
            next_step="confirm",
        )
    caution = SECOND_UNANSWERED if ledger.unanswered == limits.unanswered_warns - 1 else None
    return Allowed(until=grant.expires_at, caution=caution)


def _called_too_often(ledger: Ledger, now: datetime, limits: Limits) -> Refused | None:
    allowed = ledger.calls_24h_allowed if ledger.calls_24h_allowed is not None else limits.connected_calls_per_24h
    too_many = _too_many("permission.called_too_often", "connected_calls_per_24h", ledger.calls_at, DAY, allowed, now)
    if too_many is not None:
        return too_many
    if ledger.call_blocked_until is not None and now < ledger.call_blocked_until:
        return Refused("permission.calling_blocked", Fault.META, ledger.call_blocked_until, next_step="wait")
    return None


# ---- requests under way ----------------------------------------------------------------------------------------------


def dies_at(request: Request, newer: Sequence[Request], limits: Limits) -> datetime:
    """When the customer can act on this request no more: they acted on a newer one, or its life is over.

    Its life counts from the answer, or from the delivery (from the sending, while Meta has not told the delivery).
    """
    begin = request.answered_at or request.delivered_at or request.asked_at
    by_age = begin + timedelta(seconds=limits.request_life_s)
    if request.failed is not None:
        by_age = request.asked_at
    return min([by_age, *(other.answered_at for other in newer if other.answered_at is not None)])


def awaited(ledger: Ledger, now: datetime, limits: Limits) -> Request | None:
    """The newest request that the customer can still answer and has not answered."""
    for index in range(len(ledger.requests) - 1, -1, -1):
        request = ledger.requests[index]
        if request.answered_at is None and now < dies_at(request, ledger.requests[index + 1 :], limits):
            return request
    return None


def next_end(ledger: Ledger, limits: Limits, after: datetime) -> datetime | None:
    """The first moment after `after` at which the pair stands differently though nothing happens: a temporary
    permission ends, or a request that nobody answered dies."""
    ends = [] if ledger.grant is None or ledger.grant.expires_at is None else [ledger.grant.expires_at]
    for index, request in enumerate(ledger.requests):
        if request.answered_at is None:
            ends.append(dies_at(request, ledger.requests[index + 1 :], limits))
    return min((end for end in ends if end > after), default=None)


# ---- for pages and integrators ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A pair at a glance. `state`: temporary, permanent, awaited, expired, or one of `Loss`. Times are UTC."""

    state: str
    until: datetime | None  # of a temporary permission, or of the request that is awaited
    source: Source | None
    call: Verdict
    ask: Verdict
    ask_kind: RequestKind
    window_until: datetime | None
    unanswered: int
    asked_at: datetime | None  # when the request that is awaited was sent
    not_shown: bool  # the newest request failed because the customer's WhatsApp is too old


def standing(ledger: Ledger, now: datetime, limits: Limits, *, has_template: bool) -> Standing:
    grant, waiting = ledger.grant, awaited(ledger, now, limits)
    source = None
    if grant is not None and grant.holds(now):
        state, until, source = "permanent" if grant.expires_at is None else "temporary", grant.expires_at, grant.source
    elif waiting is not None:
        newer = ledger.requests[ledger.requests.index(waiting) + 1 :]
        state, until = "awaited", dies_at(waiting, newer, limits)
    else:
        state, until = ("expired", grant.expires_at) if grant is not None else (ledger.loss.value, None)
    return Standing(
        state=state,
        until=until,
        source=source,
        call=may_call(ledger, now, limits, has_template=has_template),
        ask=may_ask(ledger, now, limits, has_template=has_template),
        ask_kind=request_kind(ledger, now, limits),
        window_until=window_until(ledger, limits),
        unanswered=ledger.unanswered,
        asked_at=None if waiting is None else waiting.asked_at,
        not_shown=bool(ledger.requests) and ledger.requests[-1].failed == APP_TOO_OLD,
    )
