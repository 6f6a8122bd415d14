"""Searching what was said: by words, whatever their accents and case, alike on SQLite and PostgreSQL.

Both databases are given the same folded words with blanks between them, so that neither's own idea of a word, an
accent or a host name makes a difference. No language is assumed: calls have several, and stems of one spoil another.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, literal_column, text
from sqlmodel import col, select

from store.transcript_models import TranscriptRow

MOST_STORED_CHARS: Final = 600_000
"""Of one transcript: more than a day of talk, and below what PostgreSQL's tsvector can hold."""
MOST_WORDS: Final = 12
LONGEST_WORD_CHARS: Final = 64
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of these words; the last may be the beginning of one, as people type."""

    words: tuple[str, ...]

    def is_one(self, word: str) -> bool:
        """Of a folded word."""
        return word in self.words or word.startswith(self.words[-1])

    def found_in(self, text: str) -> int:
        """How many of them are in it."""
        found = set(folded(text))
        *whole, last = self.words
        return len(found.intersection(whole)) + any(word.startswith(last) for word in found)


def folded(text: str) -> list[str]:
    """Words of letters and digits, without accents and case: `Não` is `nao`, `R$ 4.792` is `r`, `4`, `792`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return [word[:LONGEST_WORD_CHARS] for word in _WORD.findall(bare)]


def words_at(text: str) -> list[tuple[str, int, int]]:
    """What `folded` gives, each word with the place in the text where it begins and the one where it ends: letters of
    the text, some of which are folded into several (`ﬁ`) and some into none (accents that are written apart)."""
    plain, origin = [], []
    for place, char in enumerate(text):
        for folded_char in unicodedata.normalize("NFKD", char.casefold()):
            if not unicodedata.combining(folded_char):
                plain.append(folded_char)
                origin.append(place)
    found = []
    for word in _WORD.finditer("".join(plain)):
        ends = origin[word.end() - 1] + 1
        while ends < len(text) and unicodedata.combining(text[ends]):
            ends += 1
        found.append((word[0][:LONGEST_WORD_CHARS], origin[word.start()], ends))
    return found


def stored_words(texts: Iterable[str]) -> str:
    return " ".join(word for text in texts for word in folded(text))[:MOST_STORED_CHARS]


def wanted(text: str) -> Wanted | None:
    """None: there is no word in it."""
    words = folded(text)[:MOST_WORDS]
    return Wanted(tuple(words)) if words else None


def transcripts_with(search: Wanted, *, is_sqlite: bool) -> Any:
    """A condition on `transcripts`."""
    *whole, last = search.words  # nothing but letters and digits: neither language of queries has a word for them
    if is_sqlite:
        query = " ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
        found = text("SELECT rowid FROM transcript_words WHERE transcript_words MATCH :wanted")
        return col(TranscriptRow.id).in_(found.bindparams(wanted=query))
    query = " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"])
    simple: Any = literal_column("'simple'::regconfig")
    return func.to_tsvector(simple, col(TranscriptRow.words)).op("@@")(func.to_tsquery(simple, query))


def calls_with(search: Wanted, *, is_sqlite: bool) -> Any:
    """The ids of the calls in which these words were said, as a subquery."""
    return select(TranscriptRow.call_id).where(transcripts_with(search, is_sqlite=is_sqlite))
