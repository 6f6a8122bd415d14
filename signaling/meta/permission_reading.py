"""What Meta says of permissions, as events of a ledger. Pure (reference 1.5, 2.8)."""

from datetime import datetime, timedelta

from signaling.events import PermissionReplied
from signaling.meta.graph_answers import CallPermissions, PermissionLimit, PermissionStatus, PermittedAction
from signaling.permission_events import (
    Granted,
    MetaStatus,
    MetaTold,
    Reference,
    Refusal,
    Source,
    Usage,
    reference_of,
)

_STATUS = {
    PermissionStatus.NO_PERMISSION: MetaStatus.NO_PERMISSION,
    PermissionStatus.TEMPORARY: MetaStatus.TEMPORARY,
    PermissionStatus.PERMANENT: MetaStatus.PERMANENT,
}


def reply_of(replied: PermissionReplied) -> Granted | Refusal:
    """A reply to a request names it; an automatic one names the customer's call, which is no request of ours."""
    at, reference = end_of_second(replied.at), reference_of(replied.message_id)
    source = Source.AUTOMATIC if replied.automatic else Source.CUSTOMER
    request = None
    if replied.context_id is not None and not replied.context_id.startswith("wacid."):
        request = reference_of(replied.context_id)
    if not replied.accepted:
        return Refusal(at, reference, source, request)
    return Granted(at, reference, replied.permanent, replied.expires_at, source, request)


def told_of(answer: CallPermissions, at: datetime) -> MetaTold:
    """Meta's answer to what was asked `at`."""
    ask, call = answer.send_request, answer.start_call
    return MetaTold(
        at=at,
        reference=moment_reference(at),
        status=_STATUS[answer.permission.status],
        expires_at=answer.permission.expires_at,
        may_ask=None if ask is None else ask.can_perform,
        may_call=None if call is None else call.can_perform,
        requests_24h=_usage(ask, "PT24H"),
        requests_7d=_usage(ask, "P7D"),
        calls_24h=_usage(call, "PT24H"),
    )


def _usage(action: PermittedAction | None, period: str) -> Usage | None:
    limits: list[PermissionLimit] = [] if action is None else action.limits
    for limit in limits:
        if limit.time_period == period:
            return Usage(max(limit.current_usage, 0), max(limit.max_allowed, 0), limit.resets_at)
    return None


def end_of_second(at: datetime) -> datetime:
    """The latest that a time of Meta's can mean, whose times have whole seconds: what came after it in truth is not
    taken for earlier, and a limit is not thought to have passed before it has."""
    return at + timedelta(microseconds=999_999) if at.microsecond == 0 else at


def moment_reference(at: datetime) -> Reference:
    """For what has no id of Meta's but its time."""
    return Reference(f"{at.timestamp():.6f}")
