"""May this be done now? An answer that says why not, by which rule, until when, and what would help. Pure data.

A refusal is no failure: nothing broke, a rule holds. `signaling.errors.Failure` is for what went wrong.
"""

from dataclasses import dataclass
from datetime import datetime

from signaling.errors import Fault


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead. `until`: when that ends by itself; None: no end is known.

    `caution`: a stable word for what may follow that the agent should know before (`permission.second_unanswered`).
    """

    until: datetime | None = None
    caution: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not now. `code` is a stable word that pages translate (`permission.none`, `capacity.outbound_full`).

    `fault`: who would have to change something. `retry_at`: the first moment at which asking again can help; None:
    waiting alone does not help. `rule` names the limit (`signaling.meta_rules` has its date and source), `limit` and
    `used` are its numbers. `next_step` is a stable word for what would help (`ask_permission`, `wait`, …).
    `meta_code`: Meta's own error, where it was Meta that refused.
    """

    code: str
    fault: Fault
    retry_at: datetime | None = None
    rule: str | None = None
    limit: int | None = None
    used: int | None = None
    next_step: str | None = None
    meta_code: int | None = None


Verdict = Allowed | Refused
