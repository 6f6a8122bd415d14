"""Where in a call words were said: the lines that say most of them, cut and marked for a reader. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from recording.transcript import Segment
from store.word_search import Wanted, words_at

MOST_CHARS: Final = 240
"""Of a line that is shown: somebody who talks without a pause says more."""
BEFORE_CHARS: Final = 80
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """`found`: it is one of the words that were looked for."""

    text: str = field(repr=False)
    found: bool


@dataclass(frozen=True, slots=True)
class FoundLine:
    """`pieces` put together are the line's text, or the part of it around the first word, with `…` where it is cut."""

    line: Segment
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FoundLines:
    """`shown` in the order of the call; `in_all`: lines with any of the words."""

    shown: tuple[FoundLine, ...] = ()
    in_all: int = 0


def lines_with(segments: Iterable[Segment], wanted: Wanted, most: int) -> FoundLines:
    """Where there are more than are shown, those with most of the words: a `no` beside a rare word is in every line."""
    saying = [(found, line) for line in segments if (found := wanted.found_in(line.text))]
    best = sorted(saying, key=lambda one: -one[0])[:most]
    lines = sorted((line for _, line in best), key=lambda line: line.start_s)
    return FoundLines(tuple(FoundLine(line, pieces_of(line.text, wanted)) for line in lines), len(saying))


def pieces_of(text: str, wanted: Wanted) -> tuple[Piece, ...]:
    places = [(start, end) for word, start, end in words_at(text) if wanted.is_one(word)]
    first, last = _window(text, places[0][0] if places else 0)
    pieces = [Piece(ELLIPSIS, False)] if first > 0 else []
    at = first
    for start, ends in places:
        end = min(ends, last)
        if start < at or start >= end:
            continue  # outside of what is shown, or two words of one sign, as in `½`
        if start > at:
            pieces.append(Piece(text[at:start], False))
        pieces.append(Piece(text[start:end], True))
        at = end
    rest = text[at:last] + (ELLIPSIS if last < len(text) else "")
    return tuple([*pieces, Piece(rest, False)] if rest else pieces)


def _window(text: str, place: int) -> tuple[int, int]:
    """What is shown of a text around a place: whole words, if there are any."""
    if len(text) <= MOST_CHARS:
        return 0, len(text)
    first = max(0, min(place - BEFORE_CHARS, len(text) - MOST_CHARS))
    if first > 0:
        blank = text.find(" ", first, place)
        first = first if blank < 0 else blank + 1
    last = min(len(text), first + MOST_CHARS)
    if last < len(text):
        blank = text.rfind(" ", place + BEFORE_CHARS, last)
        last = last if blank < 0 else blank
    return first, last
