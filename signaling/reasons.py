"""Why an agent pauses, and what came of a call: the words agents choose from. Pure.

A company may have its own (`store.reasons`); these are what there is before it says so. Pages translate their codes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REASON_CODE: Final = "^[a-z0-9_]{1,32}$"
LABEL_LIMIT_CHARS: Final = 60
MOST_REASONS: Final = 50


class ReasonKind(StrEnum):
    PAUSE = "pause"
    DISPOSITION = "disposition"  # what came of a call


@dataclass(frozen=True, slots=True)
class Reason:
    """`label` None: pages have a word for the code in every language."""

    code: str
    label: str | None = None


DEFAULT_REASONS: Final[dict[ReasonKind, tuple[Reason, ...]]] = {
    ReasonKind.PAUSE: tuple(map(Reason, ("break", "lunch", "meeting", "training", "other"))),
    ReasonKind.DISPOSITION: tuple(
        map(Reason, ("resolved", "follow_up", "sale", "no_sale", "complaint", "wrong_number", "no_answer", "other"))
    ),
}
