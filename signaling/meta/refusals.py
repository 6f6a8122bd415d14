"""Meta's errors on calls and requests, as refusals in the words of our own verdicts. Pure (reference 4.10, 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from signaling.errors import Failure
from signaling.meta.graph_errors import GraphError
from signaling.verdict import Refused

_SAID: Final[Mapping[int, tuple[str, str | None, str | None]]] = {
    613: ("meta.busy", "permission_reads_per_s", "wait"),
    131009: ("number.country", "countries_without_outbound", "use_another_number"),
    131026: ("permission.app_too_old", None, "tell_customer"),
    131030: ("customer.not_on_test_list", None, "add_recipient"),
    131047: ("permission.window_closed", "service_window_s", "use_template"),
    131055: ("number.sip", None, "switch_sip_off"),
    132001: ("permission.template_unknown", None, "mend_template"),
    132015: ("permission.template_paused", None, "mend_template"),
    132016: ("permission.template_disabled", None, "mend_template"),
    138000: ("number.calling_off", None, "switch_calling_on"),
    138001: ("customer.cannot_be_called", None, None),
    138002: ("capacity.outbound_full", "concurrent_outbound", "wait"),
    138003: ("customer.in_call", "one_call_per_customer", "wait"),
    138005: ("capacity.initiations_used", "initiations_per_24h", "wait"),
    138006: ("permission.withdrawn", None, "ask_permission"),
    138009: ("permission.asked_too_often", "requests_per_24h", "wait"),
    138011: ("permission.conversation_first", None, "send_message"),
    138012: ("permission.called_too_often", "connected_calls_per_24h", "wait"),
    138013: ("number.country", "countries_without_outbound", "use_another_number"),
    138014: ("number.restricted", "quality_pause_s", "wait"),
    138017: ("permission.granted_already", None, "call"),
}
"""Error code → our code, the rule behind it, and what helps. Any other keeps its own code (`meta.190`)."""


def refused_by_meta(failure: Failure, now: datetime, allowed_at: datetime | None = None) -> Refused:
    """`allowed_at`: the time that Meta itself named, if it did."""
    meta_code = meta_code_of(failure)
    code, rule, next_step = _SAID.get(meta_code or 0, (failure.code, None, None))
    retry_at = allowed_at
    if retry_at is None and failure.retry_after_s is not None:
        retry_at = now + timedelta(seconds=failure.retry_after_s)
    return Refused(code, failure.fault, retry_at, rule, next_step=next_step, meta_code=meta_code)


def is_about_template(failure: Failure) -> bool:
    """Meta does not send this template now."""
    return meta_code_of(failure) in (132001, 132015, 132016)


def meta_code_of(failure: Failure) -> int | None:
    """138006 of `meta.138006`; None for a failure that is no refusal of Meta's."""
    origin, _, code = failure.code.partition(".")
    return int(code) if origin == "meta" and code.isdecimal() else None


def allowed_at_of(error: Exception) -> datetime | None:
    return error.allowed_at if isinstance(error, GraphError) else None
