"""By which words a contact is found. Pure: the same on both databases, and no extension of theirs is needed.

Each word of a name or a username is found by its beginning, without regard to case and accents. A phone number is found
by its first digits, with or without the country's, and by its last, for which it also stands there backwards.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import phonenumbers

from store.columns import storable

FEWEST_LETTERS: Final = 2
FEWEST_DIGITS: Final = 3
MOST_WORDS: Final = 12
LONGEST_WORD_CHARS: Final = 40
BACKWARDS: Final = "~"  # in no word of a name
BEHIND_ALL: Final = "\U0010ffff"
_WORD: Final = re.compile(r"[^\W_]+")
_DIGITS_ONLY: Final = re.compile(r"[\d\s()+./-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """What somebody looks for: any word that begins with one of these."""

    beginnings: tuple[str, ...]

    @property
    def ranges(self) -> tuple[tuple[str, str], ...]:
        """From, inclusive, and to, exclusive."""
        return tuple((beginning, beginning + BEHIND_ALL) for beginning in self.beginnings)


def words_of(names: Iterable[str | None], phones: Iterable[str]) -> frozenset[str]:
    """`phones`: digits with country code."""
    words = [word for name in names if name is not None for word in _words(name)]
    for phone in phones:
        words += [phone, BACKWARDS + phone[::-1]]
        if (national := _national(phone)) is not None:
            words.append(national)
    return frozenset(words)


def terms_of(text: str) -> tuple[Term, ...] | None:
    """Every one of them must be found; the longest first, which is found least often. None: too little to look for."""
    if _DIGITS_ONLY.fullmatch(text):
        digits = re.sub(r"\D", "", text).lstrip("0")  # 00 and 0 are dialled, and stand in no number
        return (Term((digits, BACKWARDS + digits[::-1])),) if len(digits) >= FEWEST_DIGITS else None
    words = sorted(set(_words(text)), key=len, reverse=True)
    if not words or len(words[0]) < FEWEST_LETTERS:
        return None
    return tuple(Term((word,)) for word in words)


def _words(text: str) -> list[str]:
    plain = "".join(char for char in unicodedata.normalize("NFKD", storable(text)) if not unicodedata.combining(char))
    return [word[:LONGEST_WORD_CHARS] for word in _WORD.findall(plain.casefold())[:MOST_WORDS]]


def _national(phone: str) -> str | None:
    try:
        parsed = phonenumbers.parse(f"+{phone}")
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(parsed)
    return national if national != phone else None
