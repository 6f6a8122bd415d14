"""What an operator may choose for transcripts and summaries, as data."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from signaling.private import Token


class TranscriptionChoice(StrEnum):
    NONE = "none"
    OPENAI = "openai"
    FASTER_WHISPER = "faster-whisper"


class SummaryChoice(StrEnum):
    NONE = "none"
    KEY_SENTENCES = "key-sentences"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class TranscriptionWish:
    """`language` None: the engine finds out. `limit_mb`: what the server takes at once, in 10⁶ bytes."""

    choice: TranscriptionChoice = TranscriptionChoice.NONE
    url: str | None = None
    key: Token | None = field(default=None, repr=False)
    model: str = "whisper-1"
    folder: Path | None = None
    language: str | None = None
    timeout_s: float = 300.0
    piece_s: float = 600.0
    limit_mb: float = 25.0


@dataclass(frozen=True, slots=True)
class SummaryWish:
    choice: SummaryChoice = SummaryChoice.KEY_SENTENCES
    url: str | None = None
    key: Token | None = field(default=None, repr=False)
    model: str | None = None
    timeout_s: float = 120.0
    most_chars: int = 60_000
