"""Transcription by any server that speaks OpenAI's `/audio/transcriptions`: a hosted one, or a whisper server of yours.

The pieces of one call are sent one after another, each leg alone; nothing else is said of the call.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import aiohttp

from recording.engine_http import EngineHttp
from recording.pieces import Piece, longest_piece_s
from recording.transcript import Heard, read_heard

PATH: Final = "/audio/transcriptions"


class OpenAiTranscriber:
    """A Transcriber. `language` (ISO 639-1) None: the server finds out."""

    name = "openai"

    def __init__(self, http: EngineHttp, model: str, language: str | None, piece_s: float, limit_bytes: int) -> None:
        self.model, self._http, self._language = model, http, language
        self.longest_piece_s = longest_piece_s(piece_s, limit_bytes)

    async def hear(self, pieces: Sequence[Piece]) -> AsyncIterator[Heard]:
        for piece in pieces:
            content = await asyncio.to_thread(_read, piece.path)
            answer = await self._http.post(PATH, form=lambda content=content: self._form(content))  # type: ignore[misc]
            yield read_heard(answer, piece.span.duration_s)

    async def close(self) -> None:
        await self._http.close()

    def _form(self, content: bytes) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("file", content, filename="leg.ogg", content_type="audio/ogg")  # the name says the format
        form.add_field("model", self.model)
        form.add_field("response_format", "verbose_json")
        form.add_field("timestamp_granularities[]", "segment")
        form.add_field("temperature", "0")
        if self._language is not None:
            form.add_field("language", self._language)
        return form


def _read(path: Path) -> bytes:
    return path.read_bytes()
