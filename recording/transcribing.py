"""A recording becomes a transcript: cut, heard piece by piece by whichever engine was chosen, put together."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from recording.pieces import Piece, cut_recording
from recording.transcript import Heard, Transcript, nonsense, put_together

Told = Callable[[float], None]
Cutting = Callable[[Path, Path, float], Awaitable[list[Piece]]]


class Transcriber(Protocol):
    """One engine. `longest_piece_s`: what it takes at once."""

    name: str
    model: str
    longest_piece_s: float

    def hear(self, pieces: Sequence[Piece]) -> AsyncIterator[Heard]:
        """What was said in each piece, in their order. Raises NeighbourError."""
        ...

    async def close(self) -> None: ...


def _tell_nobody(_: float) -> None: ...


async def transcribe(
    engine: Transcriber, recording: Path, folder: Path, told: Told = _tell_nobody, cut: Cutting = cut_recording
) -> Transcript:
    """`folder`: where the pieces are while the engine hears them; nothing of them stays. `told`: how much of the sound
    was heard, 0 to 1. Doing it again is the same again. Raises NeighbourError, OSError (the folder)."""
    with tempfile.TemporaryDirectory(prefix="pieces-", dir=folder) as inside:
        pieces = await cut(recording, Path(inside), engine.longest_piece_s)
        heard: list[Heard] = []
        whole_s, done_s = sum(piece.span.duration_s for piece in pieces), 0.0
        if pieces:  # nobody spoke: nobody is asked
            async for one in engine.hear(pieces):
                heard.append(one)
                done_s += pieces[len(heard) - 1].span.duration_s
                told(done_s / whole_s)
    if len(heard) != len(pieces):
        raise nonsense("not an answer for each piece")
    spans = [piece.span for piece in pieces]
    return put_together(list(zip(spans, heard, strict=True)), engine.name, engine.model)
