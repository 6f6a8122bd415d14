"""How Meta bills calls of ours, as far as we can count it (reference 6). Pure.

Calls of customers are free. A call of ours that was picked up is billed in pulses of six seconds; each that has begun
counts. No webhook carries a price: the duration in Meta's `terminate` is the basis of every estimate.
"""

from datetime import datetime
from typing import Final

from signaling.call import Call
from signaling.events import Direction

PULSE_S: Final = 6
PULSES_PER_MINUTE: Final = 10
LONGEST_S: Final = 366 * 86_400.0
"""No call is longer, whatever somebody's clock says."""


def pulses_of(duration_s: float) -> int:
    """56 s are 10 pulses. A call that was picked up has begun one, however short it was."""
    return max(1, -int(-duration_s // PULSE_S))


def billed_s(
    direction: Direction, accepted_at: datetime | None, ended_at: datetime | None, meta_duration_s: int | None
) -> float | None:
    """What Meta says, else from the pick-up to the end. None: nothing is billed."""
    if direction is not Direction.OUTBOUND or accepted_at is None:
        return None
    if meta_duration_s is not None:
        return min(LONGEST_S, max(0.0, meta_duration_s))
    return 0.0 if ended_at is None else min(LONGEST_S, max(0.0, (ended_at - accepted_at).total_seconds()))


def billed_s_of(call: Call) -> float | None:
    return billed_s(call.direction, call.accepted_at, call.ended_at, call.meta_duration_s)
