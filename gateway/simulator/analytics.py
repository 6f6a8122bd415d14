"""Call analytics as Meta gives them (reference 1.9): counts of a while, never single calls."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from gateway.simulator.call_rules import Phase, SimCall

SPAN_S: Final = {"HALF_HOUR": 1_800, "DAILY": 86_400}
_ASKED: Final = re.compile(
    r"call_analytics\.start\((\d{1,12})\)\.end\((\d{1,12})\)\.granularity\((HALF_HOUR|DAILY)\)"
    r"(?:\.phone_numbers\(\[(\d{1,20})\]\))?"
    r"(?:\.directions\(\[(USER_INITIATED|BUSINESS_INITIATED)\]\))?"
    r"(?:\.metric_types\(\[COUNT\]\))?"
)


def analytics(fields: str, business_phone: str, calls: Iterable[SimCall]) -> dict[str, object] | None:
    """The answer to `GET /{WABA}?fields=…`; None: it asks for something else."""
    asked = _ASKED.fullmatch(fields)
    if asked is None:
        return None
    start, end, granularity, phone, direction = asked.groups()
    span_s, counted = SPAN_S[granularity], Counter[int]()
    for call in calls:
        theirs = "BUSINESS_INITIATED" if call.outbound else "USER_INITIATED"
        inside = call.phase is Phase.ENDED and int(start) <= call.offered_at_s < int(end)
        if inside and phone in (None, business_phone) and direction in (None, theirs):
            counted[int(call.offered_at_s) // span_s * span_s] += 1
    points = [{"start": at, "end": at + span_s, "count": count} for at, count in sorted(counted.items())]
    return {"call_analytics": {"granularity": granularity, "data_points": points}}
