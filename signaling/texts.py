"""What a number says in writing beside what its customers hear, as data: a greeting, words for a transfer, words for a
call outside the hours. Pure.

Ramal writes nothing into anybody's chat. It tells integrators that a text is due, whom it is for and in which words;
whoever keeps the chat sends it (`docs/plans.md` says exactly when each is due).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from unicodedata import category

TEXT_LIMIT_CHARS: Final = 1_024
"""What the body of an interactive message holds; a plain message of WhatsApp holds more."""
LONGEST_ONCE_IN_MIN: Final = 7 * 24 * 60


class TextKind(StrEnum):
    GREETING = "greeting"  # a customer calls within the hours
    TRANSFER = "transfer"  # an agent gives the customer on
    OUT_OF_HOURS = "out_of_hours"  # a customer calls outside the hours


ByLanguage = Mapping[str, str]
"""Languages as plans name them, and the words in each."""


@dataclass(frozen=True, slots=True)
class Texts:
    """`once_in_min`: greeting and out of hours are not due again to a customer to whom they were within so many
    minutes (0: with every call). A kind without words is never due."""

    greeting: ByLanguage = field(default_factory=dict)
    transfer: ByLanguage = field(default_factory=dict)
    out_of_hours: ByLanguage = field(default_factory=dict)
    once_in_min: int = 0

    def of(self, kind: TextKind) -> ByLanguage:
        match kind:
            case TextKind.GREETING:
                return self.greeting
            case TextKind.TRANSFER:
                return self.transfer
            case TextKind.OUT_OF_HOURS:
                return self.out_of_hours


NO_TEXTS: Final = Texts()


@dataclass(frozen=True, slots=True)
class Written:
    language: str
    text: str


def in_language(texts: ByLanguage, wanted: Sequence[str | None]) -> Written | None:
    """The words in the first language of `wanted` that there are any in, else in whichever there are; None: there are
    none. `pt` is as good as `pt-BR`."""
    for language in wanted:
        for known, text in texts.items():
            if language is not None and _tongue(known) == _tongue(language):
                return Written(known, text)
    return next((Written(known, text) for known, text in texts.items()), None)


def problems_of(texts: Texts, languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Fields and codes, in the order of the fields."""
    for kind in TextKind:
        for language, text in texts.of(kind).items():
            field_name = f"texts.{kind.value}.{language}"
            if language not in languages:
                yield f"texts.{kind.value}", "unknown_language"
            elif not text.strip():
                yield field_name, "empty_text"
            elif len(text) > TEXT_LIMIT_CHARS:
                yield field_name, "text_too_long"
            elif any(category(char) in ("Cc", "Cs") and char != "\n" for char in text):
                yield field_name, "unprintable_text"
    if not 0 <= texts.once_in_min <= LONGEST_ONCE_IN_MIN:
        yield "texts.once_in_min", "out_of_range"


def _tongue(language: str) -> str:
    return language.partition("-")[0]
