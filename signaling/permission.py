"""What is known of one pair (our number, customer) and their permission to be called. Pure (reference 1.5, 2.8, 4).

Facts come in any order and more than once: `replay` makes a ledger of all of them, `apply` adds one that is newer than
all others. What Meta answers about a pair (`MetaTold`) wins over what we counted. `signaling.permission_verdicts` says
what follows from a ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from signaling.events import Direction
from signaling.meta_rules import Limits
from signaling.permission_events import (
    Asked,
    AskingRefused,
    CallConnected,
    CallingRefused,
    CallUnanswered,
    Event,
    Granted,
    MetaStatus,
    MetaTold,
    Reference,
    Refusal,
    RequestDelivered,
    RequestFailed,
    RequestKind,
    Source,
    Usage,
    place_of,
)

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
RECHECK: Final = timedelta(minutes=5)
"""How long we believe a refusal of Meta's that names no end. Ours, not Meta's."""

REQUESTS_KEPT: Final = 16
WINDOW_CLOSED: Final = 131047  # "Re-engagement message": the service window was closed, so nothing was delivered


class Loss(StrEnum):
    """Why there is no permission. An expired one is told by its grant, not by this."""

    NEVER = "none"
    DECLINED = "declined"
    REVOKED = "revoked"  # by the customer, from our profile
    UNANSWERED = "revoked_unanswered"  # by Meta, after calls that nobody answered
    META = "withdrawn"  # Meta says it is gone, and not why


@dataclass(frozen=True, slots=True)
class Grant:
    """`expires_at` None: for good, until revoked."""

    since: datetime
    expires_at: datetime | None
    source: Source

    def holds(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Request:
    reference: Reference
    asked_at: datetime
    kind: RequestKind
    delivered_at: datetime | None = None
    answered_at: datetime | None = None
    failed: int | None = None  # Meta's error code


@dataclass(frozen=True, slots=True)
class Ledger:
    """`asked_at` and `calls_at` are what counts against limits, oldest first, as Meta counts it where it has told us.

    `asked_at` starts anew at each connected call. `*_allowed`: Meta's own limits, once told.
    """

    grant: Grant | None = None
    loss: Loss = Loss.NEVER
    requests: tuple[Request, ...] = ()  # oldest first
    asked_at: tuple[datetime, ...] = ()
    calls_at: tuple[datetime, ...] = ()
    unanswered: int = 0  # calls of ours in a row
    last_connected: Reference | None = None
    window_opened_at: datetime | None = None  # the customer wrote or called, or picked up
    window_denied_at: datetime | None = None  # Meta said that the window was closed
    told_at: datetime | None = None
    requests_24h_allowed: int | None = None
    requests_7d_allowed: int | None = None
    calls_24h_allowed: int | None = None
    ask_blocked_until: datetime | None = None
    call_blocked_until: datetime | None = None
    place: tuple[datetime, int, Reference] | None = None  # of the newest event in it


EMPTY: Final = Ledger()


def replay(events: Iterable[Event], limits: Limits, window_opened_at: datetime | None = None) -> Ledger:
    """The ledger of these events, in whatever order they come and however often."""
    ledger = replace(EMPTY, window_opened_at=window_opened_at)
    for event in sorted({(type(event), event.reference): event for event in events}.values(), key=place_of):
        ledger = apply(ledger, event, limits)
    return ledger


def is_newest(ledger: Ledger, event: Event) -> bool:
    """Whether `apply` may be used; otherwise `replay` all."""
    return ledger.place is None or ledger.place < place_of(event)


def window_opened(ledger: Ledger, at: datetime) -> Ledger:
    """The customer wrote or called. Not an event: of ordinary messages only the time of the newest is known."""
    if ledger.window_opened_at is not None and ledger.window_opened_at >= at:
        return ledger
    return replace(ledger, window_opened_at=at)


def apply(ledger: Ledger, event: Event, limits: Limits) -> Ledger:
    """The ledger after `event`, which must be newer than all that is in it."""
    assert is_newest(ledger, event), "an older event: replay"
    return replace(_after(ledger, event, limits), place=place_of(event))


def _after(ledger: Ledger, event: Event, limits: Limits) -> Ledger:
    match event:
        case Asked():
            request = Request(event.reference, event.at, event.kind)
            counted = (*_since(ledger.asked_at, event.at - WEEK), event.at)
            return replace(ledger, requests=(*ledger.requests, request)[-REQUESTS_KEPT:], asked_at=counted)
        case RequestDelivered():
            return _with_request(ledger, event.reference, delivered_at=event.at)
        case RequestFailed(meta_code=code):
            denied = event.at if code == WINDOW_CLOSED else ledger.window_denied_at
            return replace(_with_request(ledger, event.reference, failed=code), window_denied_at=denied)
        case Granted():
            granted = replace(ledger, grant=_grant_of(event, ledger.grant, limits), loss=Loss.NEVER)
            return _with_request(granted, event.request, answered_at=event.at)
        case Refusal(source=source, request=request_reference):
            loss = Loss.DECLINED if request_reference is not None else Loss.REVOKED
            if source is Source.AUTOMATIC:
                loss = Loss.UNANSWERED
            unanswered = 0 if loss is Loss.UNANSWERED else ledger.unanswered
            refused = replace(ledger, grant=None, loss=loss, unanswered=unanswered)
            return _with_request(refused, request_reference, answered_at=event.at)
        case CallConnected(direction=direction):
            return _connected(ledger, event, direction)
        case CallUnanswered():
            return _unanswered(ledger, event, limits)
        case MetaTold():
            return _as_told(ledger, event, limits)
        case AskingRefused():
            return replace(ledger, ask_blocked_until=event.at + RECHECK)
        case CallingRefused(for_want_of_permission=True):
            return replace(ledger, grant=None, loss=_loss_told(ledger, event.at))
        case CallingRefused(until=until):
            return replace(ledger, call_blocked_until=until or event.at + RECHECK)


def _since(times: Sequence[datetime], begin: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in times if at > begin)


def _with_request(ledger: Ledger, reference: Reference | None, **changes: datetime | int) -> Ledger:
    requests = tuple(
        replace(request, **changes) if request.reference == reference else request  # type: ignore[arg-type]
        for request in ledger.requests
    )
    return replace(ledger, requests=requests)


def _grant_of(event: Granted, held: Grant | None, limits: Limits) -> Grant:
    """An automatic permission never shortens one that the customer gave."""
    expires_at = event.expires_at or event.at + timedelta(seconds=limits.temporary_permission_s)
    new = Grant(event.at, None if event.permanent else expires_at, event.source)
    if event.source is not Source.AUTOMATIC or held is None or not held.holds(event.at):
        return new
    if held.expires_at is None or new.expires_at is None:
        return held if held.expires_at is None else new
    return max(held, new, key=lambda grant: grant.expires_at or event.at)


def _connected(ledger: Ledger, event: CallConnected, direction: Direction) -> Ledger:
    """Any connected call resets the count of requests; a call of ours also the count of unanswered ones."""
    begun = event.at.replace(microsecond=0)  # Meta's second may have been counted to its end: not so for the window
    reset = replace(window_opened(ledger, begun), asked_at=(), ask_blocked_until=None)
    if direction is Direction.INBOUND:
        return reset
    calls_at = (*_since(ledger.calls_at, event.at - DAY), event.at)
    return replace(reset, unanswered=0, last_connected=event.reference, calls_at=calls_at)


def _unanswered(ledger: Ledger, event: CallUnanswered, limits: Limits) -> Ledger:
    if event.reference == ledger.last_connected:
        return ledger  # somebody did pick up, in the last moment
    in_a_row = ledger.unanswered + 1
    if in_a_row < limits.unanswered_revokes:
        return replace(ledger, unanswered=in_a_row)
    loss = ledger.loss if ledger.grant is None else Loss.UNANSWERED
    return replace(ledger, unanswered=0, grant=None, loss=loss)


# ---- what Meta told --------------------------------------------------------------------------------------------------


def _as_told(ledger: Ledger, told: MetaTold, limits: Limits) -> Ledger:
    grant, loss = ledger.grant, ledger.loss
    held = grant is not None and grant.holds(told.at)
    match told.status:
        case MetaStatus.NO_PERMISSION:
            grant, loss = (None, _loss_told(ledger, told.at)) if held else (grant, loss)
        case MetaStatus.PERMANENT:
            if grant is None or grant.expires_at is not None:
                grant = Grant(told.at, None, Source.META)
        case MetaStatus.TEMPORARY:
            known_end = grant.expires_at if grant is not None and held else None
            default_end = told.at + timedelta(seconds=limits.temporary_permission_s)
            expires_at = told.expires_at or known_end or default_end
            if grant is None or grant.expires_at != expires_at:
                grant = Grant(told.at, expires_at, Source.META)
    permitted = told.status is not MetaStatus.NO_PERMISSION
    calls_at = _since(ledger.calls_at, told.at - DAY)
    if told.calls_24h is not None:
        calls_at = _fitted(calls_at, told.calls_24h, told.calls_24h.used, told.at, DAY)
    return replace(
        ledger,
        grant=grant,
        loss=loss,
        asked_at=_requests_told(ledger.asked_at, told),
        calls_at=calls_at,
        told_at=told.at,
        requests_24h_allowed=_allowed(told.requests_24h, ledger.requests_24h_allowed),
        requests_7d_allowed=_allowed(told.requests_7d, ledger.requests_7d_allowed),
        calls_24h_allowed=_allowed(told.calls_24h, ledger.calls_24h_allowed),
        ask_blocked_until=None if permitted else _blocked(told.may_ask, (told.requests_24h, told.requests_7d), told.at),
        call_blocked_until=_blocked(told.may_call, (told.calls_24h,), told.at) if permitted else None,
    )


def _loss_told(ledger: Ledger, at: datetime) -> Loss:
    """Meta says that there is no permission: if we thought there was one, we do not know why it went."""
    return Loss.META if ledger.grant is not None and ledger.grant.holds(at) else ledger.loss


def _requests_told(known: Sequence[datetime], told: MetaTold) -> tuple[datetime, ...]:
    """Times of requests that give the counts which Meta told, and that come free when Meta says so."""
    day, week = told.requests_24h, told.requests_7d
    recent = _since(known, told.at - DAY)
    older = tuple(at for at in _since(known, told.at - WEEK) if at not in recent)
    if day is None and week is None:
        return () if told.may_ask else (*older, *recent)
    if day is not None:
        recent = _fitted(recent, day, day.used, told.at, DAY)
    if week is not None:
        older = _fitted(older, week, week.used - len(recent), told.at - DAY, WEEK)
    return tuple(sorted((*older, *recent)))


def _fitted(
    times: Sequence[datetime], usage: Usage, count: int, unknown: datetime, window: timedelta
) -> tuple[datetime, ...]:
    """`count` of these times, the newest; `unknown` stands for those that we never heard of."""
    newest = list(times[-count:]) if count > 0 else []
    newest = sorted([unknown] * (count - len(newest)) + newest)
    if newest and usage.resets_at is not None:
        newest[0] = usage.resets_at - window
    return tuple(sorted(newest))


def _allowed(usage: Usage | None, known: int | None) -> int | None:
    return known if usage is None else usage.allowed


def _blocked(may: bool | None, usages: Iterable[Usage | None], at: datetime) -> datetime | None:
    """Meta says no, and no count of its explains it."""
    explained = any(usage is not None and usage.used >= usage.allowed for usage in usages)
    return at + RECHECK if may is False and not explained else None
