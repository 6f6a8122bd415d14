"""What is common to every change of a delivery."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One element of `entry[].changes[]`: its field, its account (`"0"` in several samples), and its value."""

    field: str
    waba: str
    entry_at: datetime | None  # entry.time, where there is one
    value: dict[str, object]
