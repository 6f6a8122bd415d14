"""Where a page of a list ends: by time, and by id among what has the same time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlmodel import or_

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)
PATTERN: Final = r"^[0-9]{1,17}\.[0-9]{1,10}$"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last of a page. As text: `1764111600000000.17`, microseconds since 1970 and the id."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _US}.{self.id}"

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Raises ValueError, OverflowError."""
        at_us, row = text.split(".")
        return cls(_EPOCH + int(at_us) * _US, int(row))


def after(at: Any, row: Any, cursor: Cursor | None) -> list[Any]:
    """What follows in a list whose newest stands first, as conditions on its two columns."""
    if cursor is None:
        return []
    return [at <= cursor.at, or_(at < cursor.at, row < cursor.id)]
