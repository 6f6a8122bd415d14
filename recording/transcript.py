"""Who said what and when in a call: the answer that every transcription engine gives, and how it is put together. Pure.

Each leg of a call goes to the engine alone, so speakers are known and never guessed. A long leg goes in pieces; what
was said in a piece is moved to the piece's place in the call.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from signaling.errors import Failure, Fault, NeighbourError

MOST_SEGMENTS: Final = 20_000
"""Of one piece: nobody says more in ten minutes."""
MOST_CHARS_PER_S: Final = 60.0
"""Of text for each second of sound. Fast speech is some 20; an engine that is stuck in a loop repeats itself."""
SPARE_CHARS: Final = 2_000
OVERRUN_S: Final = 30.0
"""Whisper works in windows of 30 s, and may end the last segment at its window's end: that is cut, not refused."""
EARLY_S: Final = 0.5  # what rounding may make of a time
_BLANKS: Final = re.compile(r"\s+")
_INVISIBLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_CODE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")
_NAMED: Final = {
    "portuguese": "pt",
    "spanish": "es",
    "castilian": "es",
    "english": "en",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "dutch": "nl",
    "catalan": "ca",
    "galician": "gl",
    "japanese": "ja",
    "chinese": "zh",
    "russian": "ru",
    "arabic": "ar",
    "hindi": "hi",
}
"""Whisper servers write a language as a word where others write its code (ISO 639-1)."""


class Speaker(StrEnum):
    CUSTOMER = "customer"  # the left side of a recording
    AGENT = "agent"  # the right side: in three, both agents


@dataclass(frozen=True, slots=True)
class Segment:
    """Times in seconds since the recording's beginning."""

    speaker: Speaker
    start_s: float
    end_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """`segments` by the time at which they begin. `language` (ISO 639-1) None: nobody spoke, or the engine does not
    say."""

    segments: tuple[Segment, ...] = field(repr=False)
    language: str | None
    engine: str
    model: str

    @property
    def text(self) -> str:
        return "\n".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Said:
    """Times in seconds since the piece's beginning."""

    start_s: float
    end_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What an engine made of one piece."""

    said: tuple[Said, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Where a piece lies in the call."""

    speaker: Speaker
    start_s: float
    duration_s: float


def nonsense(what: str) -> NeighbourError:
    """An answer that cannot be one. It may be the wrong server, or a model that is stuck; asking the same again rarely
    helps."""
    return NeighbourError(Failure("engine.nonsense", Fault.CONFIGURATION, what))


def read_heard(answer: object, piece_s: float) -> Heard:
    """An answer in the shape of OpenAI's verbose JSON: `text`, `language`, `segments` of `start`, `end` (seconds) and
    `text`. A server that leaves the segments out has said one, as long as the piece. Raises NeighbourError
    (engine.nonsense) for anything else."""
    if not isinstance(answer, dict):
        raise nonsense("not an object")
    text, segments = answer.get("text"), answer.get("segments")
    if segments is None:
        if not isinstance(text, str):
            raise nonsense("neither text nor segments")
        segments = [{"start": 0.0, "end": piece_s, "text": text}]
    if not isinstance(segments, list):
        raise nonsense("segments are no list")
    if len(segments) > MOST_SEGMENTS:
        raise nonsense("too many segments")
    said = tuple(found for segment in segments if (found := _said(segment, piece_s)) is not None)
    if sum(len(one.text) for one in said) > SPARE_CHARS + MOST_CHARS_PER_S * piece_s:
        raise nonsense("more text than anybody can say")
    return Heard(said, read_language(answer.get("language")))


def read_language(value: object) -> str | None:
    """`Portuguese`, `pt-BR` and `pt` are `pt`; whatever is no language is None."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    lower = value.strip().lower()
    if lower in _NAMED:
        return _NAMED[lower]
    return lower.partition("-")[0] if _CODE.fullmatch(lower) else None


def put_together(pieces: Sequence[tuple[Span, Heard]], engine: str, model: str) -> Transcript:
    """One transcript of all pieces. The language is the one in which most was said."""
    segments = [
        Segment(span.speaker, round(span.start_s + said.start_s, 2), round(span.start_s + said.end_s, 2), said.text)
        for span, heard in pieces
        for said in heard.said
    ]
    spoken: Counter[str] = Counter()
    for _, heard in pieces:
        if heard.language is not None:
            spoken[heard.language] += sum(len(said.text) for said in heard.said)
    language = None if not spoken.total() else min(spoken, key=lambda one: (-spoken[one], one))
    return Transcript(in_order(segments), language, engine, model)


def in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """As they were said; of two who begin together the customer is first."""
    order = list(Speaker)
    return tuple(sorted(segments, key=lambda one: (one.start_s, order.index(one.speaker), one.end_s)))


def plain(text: str) -> str:
    """On one line, without what could hide or turn around other text."""
    return _BLANKS.sub(" ", _INVISIBLE.sub(" ", text)).strip()


def _said(segment: object, piece_s: float) -> Said | None:
    """None: there are no words in it."""
    if not isinstance(segment, dict):
        raise nonsense("a segment is no object")
    start_s, end_s, text = _seconds(segment.get("start")), _seconds(segment.get("end")), segment.get("text")
    if not isinstance(text, str):
        raise nonsense("a segment without text")
    if start_s < -EARLY_S or end_s < start_s or start_s > piece_s + EARLY_S or end_s > piece_s + OVERRUN_S:
        raise nonsense("a segment outside of the sound")
    words = plain(text)
    start_s, end_s = min(max(0.0, start_s), piece_s), min(max(0.0, end_s), piece_s)
    return Said(start_s, end_s, words) if words else None


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise nonsense("a time that is no number")
    return float(value)
