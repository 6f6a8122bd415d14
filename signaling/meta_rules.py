"""What Meta allows one of our numbers, as data: each rule with its unit, since when it holds, and who says so.

Meta changes these numbers several times a year. A number of ours may have others than the default (`ramal number
limit`): Meta grants some, and tests some. Sections are those of the Meta reference of this project; `Cn` is a conflict
between sources, in its section 10. Durations that only we choose are `signaling.call.Rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Final

Value = int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetaRule:
    """One line of the table. `since`: in force since; None: since the API began, or the source gives no date."""

    name: str
    default: Value
    unit: str
    source: str
    since: date | None = None


def _rule(default: Value, unit: str, source: str, since: date | None = None) -> Any:
    return field(default=default, metadata={"unit": unit, "source": source, "since": since})


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules as they hold for one number. Counts are per (number, customer) unless they say otherwise."""

    # Permission to call a customer (4.1, 4.2)
    temporary_permission_s: int = _rule(604_800, "s from the approval", "4.1, C15")
    requests_per_24h: int = _rule(1, "requests in a sliding 24 h", "4.2")
    requests_per_7d: int = _rule(2, "requests in sliding 7 days", "4.2")
    request_life_s: int = _rule(604_800, "s from the delivery, or from the customer's answer", "4.2")

    service_window_s: int = _rule(86_400, "s in which free-form requests go, after the customer's last sign", "1.4, 6")

    # Calls to a customer (4.3)
    connected_calls_per_24h: int = _rule(100, "connected calls in a sliding 24 h", "4.3, C6", date(2025, 12, 19))
    unanswered_warns: int = _rule(2, "unanswered calls in a row, then Meta suggests a review", "4.3")
    unanswered_revokes: int = _rule(4, "unanswered calls in a row, then the permission is gone", "4.3")

    # The number as a whole (1.2, 1.5, 4.3, 4.5, 4.6, 4.7)
    initiations_per_24h: int = _rule(10_000, "calls begun by the number in a sliding 24 h", "1.2, 4.3")
    concurrent_inbound: int = _rule(1_000, "calls to the number at a time (5,000 elsewhere)", "4.5, C16")
    concurrent_outbound: int = _rule(1_000, "calls from the number at a time (5,000 elsewhere)", "4.5, C16")
    permission_reads_per_s: int = _rule(5, "reads of call_permissions by the number (100 elsewhere)", "1.5, C9")
    messaging_limit_least: int = _rule(2_000, "customers in 24 h that the number may write to", "4.6, C7")
    quality_pause_s: int = _rule(604_800, "s without calls, after complaints of customers", "4.7", date(2026, 1, 27))
    countries_without_outbound: tuple[str, ...] = _rule(
        ("US", "CA", "EG", "VN", "NG"), "countries of our numbers that may not call (ISO 3166)", "4.6, C17"
    )


META_RULES: Final[Mapping[str, MetaRule]] = {
    rule.name: MetaRule(rule.name, getattr(Limits(), rule.name), **rule.metadata) for rule in fields(Limits)
}

TEST_NUMBER: Final = Limits(
    requests_per_24h=25, requests_per_7d=100, unanswered_warns=5, unanswered_revokes=10, messaging_limit_least=0
)
"""Meta's test numbers (4.4): the rules in which they differ."""
