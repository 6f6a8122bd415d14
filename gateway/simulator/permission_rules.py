"""Pure: permission to call one customer, as Meta keeps it for the business number (reference 4.1 to 4.3).

Written from Meta's rules alone: the gateway's own ledger is judged by this. Times are Unix seconds; those that Meta
tells are whole ones.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from gateway.simulator.refusals import (
    CALLS_SPENT,
    NO_PERMISSION,
    PERMANENT_EXISTS,
    REQUEST_LIMIT,
    Refusal,
)

Answer = Literal["allow", "always", "decline"]
Status = Literal["no_permission", "temporary", "permanent"]
Json = dict[str, object]

DAY_S = 24 * 3600.0
WEEK_S = 7 * DAY_S


@dataclass(frozen=True, slots=True)
class PermissionLimits:
    """Meta's numbers as they are since December 2025; test numbers have others (reference 4.4)."""

    requests_a_day: int = 1
    requests_a_week: int = 2
    calls_a_day: int = 100  # connected ones
    suggests_after: int = 2  # calls in a row that nobody answered: the customer is asked to reconsider
    revokes_after: int = 4
    temporary_s: float = WEEK_S
    request_life_s: float = WEEK_S
    service_window_s: float = DAY_S
    lookups_a_second: int = 5


@dataclass(frozen=True, slots=True)
class SentRequest:
    """`arrived_s`: on the customer's phone. `acted_s`: when the customer pressed a button of it, the last time."""

    wamid: str
    sent_s: float
    arrived_s: float | None = None
    acted_s: float | None = None
    acted: Answer | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The business number and one customer."""

    permanent: bool = False
    until_s: float | None = None  # of a temporary permission
    requests: tuple[SentRequest, ...] = ()
    counted_s: tuple[float, ...] = ()  # requests since the last connected call
    connected_s: tuple[float, ...] = ()  # calls of the business that the customer took
    in_vain: int = 0  # calls of the business in a row that the customer did not take
    spoke_s: float | None = None  # wrote, called, or took a call

    def status(self, now_s: float) -> Status:
        if self.permanent:
            return "permanent"
        return "temporary" if self.until_s is not None and now_s < self.until_s else "no_permission"

    def window_is_open(self, now_s: float, limits: PermissionLimits) -> bool:
        return self.spoke_s is not None and now_s < self.spoke_s + limits.service_window_s


# ---- requests


def may_send_request(pair: Pair, now_s: float, limits: PermissionLimits) -> Refusal | None:
    """Free-form and template alike. None: yes."""
    if pair.permanent:
        return PERMANENT_EXISTS
    full = any(room_at is not None for room_at in _request_room(pair, now_s, limits))
    return REQUEST_LIMIT if full else None


def request_sent(pair: Pair, wamid: str, now_s: float) -> Pair:
    return replace(pair, requests=(*pair.requests, SentRequest(wamid, now_s))[-50:], counted_s=(*pair.counted_s, now_s))


def request_arrived(pair: Pair, wamid: str, now_s: float) -> Pair:
    return _with(pair, wamid, arrived_s=now_s)


def is_alive(pair: Pair, wamid: str, now_s: float, limits: PermissionLimits) -> bool:
    """Whether the customer can still press a button of this request: it arrived, no newer one was acted on, and it is
    not seven days since they acted on it, or since it came."""
    order = [request.wamid for request in pair.requests]
    if wamid not in order:
        return False
    index = order.index(wamid)
    request = pair.requests[index]
    if request.arrived_s is None or any(newer.acted_s is not None for newer in pair.requests[index + 1 :]):
        return False
    begin_s = request.arrived_s if request.acted_s is None else request.acted_s
    return now_s < begin_s + limits.request_life_s


def act(pair: Pair, wamid: str, answer: Answer, now_s: float, limits: PermissionLimits) -> Pair | None:
    """The customer presses a button of a request; None: it is dead."""
    if not is_alive(pair, wamid, now_s, limits):
        return None
    pair = _with(pair, wamid, acted_s=now_s, acted=answer)
    match answer:
        case "allow":
            return _allowed_until(pair, now_s, limits)
        case "always":
            return allow_always(pair)
        case "decline":
            return revoke(pair)


# ---- without a request


def allow_always(pair: Pair) -> Pair:
    """Also in the business' profile."""
    return replace(pair, permanent=True, until_s=None)


def revoke(pair: Pair) -> Pair:
    return replace(pair, permanent=False, until_s=None)


def allow_after_call(pair: Pair, now_s: float, limits: PermissionLimits) -> Pair:
    """The customer called, and the number's callback permission is on. A longer permission stays."""
    if pair.permanent or (pair.until_s is not None and pair.until_s >= int(now_s) + limits.temporary_s):
        return pair
    return _allowed_until(pair, now_s, limits)


def spoke(pair: Pair, now_s: float) -> Pair:
    """The customer wrote or called: the service window opens."""
    return replace(pair, spoke_s=now_s)


# ---- calls


def may_start_call(pair: Pair, now_s: float, limits: PermissionLimits) -> Refusal | None:
    """`connect` of the business. None: yes."""
    if pair.status(now_s) == "no_permission":
        return NO_PERMISSION
    room_at = _room(pair.connected_s, DAY_S, limits.calls_a_day, now_s)
    if room_at is not None:
        return replace(CALLS_SPENT, details=f"{CALLS_SPENT.details} in 24 hours. Next call allowed at {ceil(room_at)}")
    return None


def connected(pair: Pair, now_s: float, *, by_business: bool) -> Pair:
    """A call of either side was taken."""
    pair = replace(pair, counted_s=())
    if not by_business:
        return pair
    recent_s = tuple(at for at in pair.connected_s if at > now_s - DAY_S)
    return replace(spoke(pair, now_s), in_vain=0, connected_s=(*recent_s, now_s))


@dataclass(frozen=True, slots=True)
class InVain:
    """What follows from a call of the business that nobody took."""

    pair: Pair
    suggested: bool = False  # the customer is shown a message that suggests to reconsider
    revoked: bool = False


def not_taken(pair: Pair, limits: PermissionLimits) -> InVain:
    """Declined, or rung out, or given up by the business."""
    in_vain = pair.in_vain + 1
    if in_vain >= limits.revokes_after:
        return InVain(replace(revoke(pair), in_vain=0), revoked=True)
    return InVain(replace(pair, in_vain=in_vain), suggested=in_vain == limits.suggests_after)


# ---- what Meta tells


def call_permissions(pair: Pair, now_s: float, limits: PermissionLimits) -> Json:
    """The body of `GET /{PNID}/call_permissions` (reference 1.5)."""
    permission: Json = {"status": pair.status(now_s)}
    if permission["status"] == "temporary" and pair.until_s is not None:
        permission["expiration_time"] = int(pair.until_s)
    day_at, week_at = _request_room(pair, now_s, limits)
    call_at = _room(pair.connected_s, DAY_S, limits.calls_a_day, now_s)
    requests = [
        _limit("PT24H", limits.requests_a_day, _recent(pair.counted_s, DAY_S, now_s), day_at),
        _limit("P7D", limits.requests_a_week, _recent(pair.counted_s, WEEK_S, now_s), week_at),
    ]
    calls = [_limit("PT24H", limits.calls_a_day, _recent(pair.connected_s, DAY_S, now_s), call_at)]
    return {
        "messaging_product": "whatsapp",
        "permission": permission,
        "actions": [
            _action("send_call_permission_request", may_send_request(pair, now_s, limits), requests),
            _action("start_call", may_start_call(pair, now_s, limits), calls),
        ],
    }


def _action(name: str, refusal: Refusal | None, limits: list[Json]) -> Json:
    return {"action_name": name, "can_perform_action": refusal is None, "limits": limits}


def _limit(period: str, allowed: int, used: int, room_at_s: float | None) -> Json:
    limit: Json = {"time_period": period, "max_allowed": allowed, "current_usage": used}
    return limit if room_at_s is None else limit | {"limit_expiration_time": ceil(room_at_s)}


def _recent(times_s: tuple[float, ...], window_s: float, now_s: float) -> int:
    return sum(at > now_s - window_s for at in times_s)


def _room(times_s: tuple[float, ...], window_s: float, allowed: int, now_s: float) -> float | None:
    """When one more fits into the sliding window; None: now."""
    recent = sorted(at for at in times_s if at > now_s - window_s)
    return recent[len(recent) - allowed] + window_s if len(recent) >= allowed else None


def _request_room(pair: Pair, now_s: float, limits: PermissionLimits) -> tuple[float | None, float | None]:
    return (
        _room(pair.counted_s, DAY_S, limits.requests_a_day, now_s),
        _room(pair.counted_s, WEEK_S, limits.requests_a_week, now_s),
    )


def _allowed_until(pair: Pair, now_s: float, limits: PermissionLimits) -> Pair:
    return replace(pair, permanent=False, until_s=int(now_s) + limits.temporary_s)


def _with(pair: Pair, wamid: str, **changes: object) -> Pair:
    requests = tuple(
        replace(request, **changes) if request.wamid == wamid else request  # type: ignore[arg-type]
        for request in pair.requests
    )
    return replace(pair, requests=requests)
