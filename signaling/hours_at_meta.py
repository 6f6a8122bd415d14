"""What Meta's `call_hours` of a number are, compared with ours: a state that an administrator reads. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoursState(StrEnum):
    NOT_TOLD = "not_told"  # the number keeps its hours to itself: Meta's own are left alone
    WAITING = "waiting"  # saved here, not yet written there
    SAME = "same"
    DIFFERENT = "different"  # somebody changed them at Meta; `differences` says what
    FAILED = "failed"  # Meta was away or refused; `failure` says which, and it is tried again


@dataclass(frozen=True, slots=True)
class Difference:
    """`place` is `status`, `zone`, `weekly.monday` or `special_days.2026-12-25`; `ours` and `metas` as Meta would write
    them."""

    place: str
    ours: str
    metas: str


@dataclass(frozen=True, slots=True)
class HoursAtMeta:
    """As of `at`. `to_write`: Meta still has to be told what was saved here. `failure`: a stable code, such as
    `network.unreachable`."""

    state: HoursState
    at: datetime
    differences: tuple[Difference, ...] = ()
    failure: str | None = None
    to_write: bool = False
