"""Summaries by any server that speaks OpenAI's `/chat/completions`."""

from typing import Any, Final, Protocol

import structlog

from recording.engine_http import EngineFailed, EngineHttp
from recording.summary import Summary, as_data, instructions, read_summary, schema
from recording.transcript import Transcript, nonsense
from signaling.errors import NeighbourError

log = structlog.get_logger(__name__)

PATH: Final = "/chat/completions"
TRIES: Final = 3
"""A model that answers nonsense may do better the next time; one that does so three times will not."""

BY_SCHEMA: Final = {
    "type": "json_schema",
    "json_schema": {"name": "call_summary", "strict": True, "schema": schema()},
}
BY_WORD: Final = {"type": "json_object"}
"""For servers that know no schemas: it stands in the instructions as well."""


class Summarizer(Protocol):
    name: str
    model: str

    async def summarize(self, transcript: Transcript) -> Summary:
        """Raises NeighbourError."""
        ...

    async def close(self) -> None: ...


class OpenAiSummarizer:
    """A Summarizer. `most_chars`: of a transcript that the model is told."""

    name = "openai"

    def __init__(self, http: EngineHttp, model: str, most_chars: int) -> None:
        self.model, self._http, self._most_chars = model, http, most_chars
        self._form: dict[str, Any] = BY_SCHEMA

    async def summarize(self, transcript: Transcript) -> Summary:
        data, shortened = as_data(transcript, self._most_chars)
        failed: NeighbourError | None = None
        for attempt in range(1, TRIES + 1):
            answer = await self._ask(instructions(transcript.language), data)
            try:
                return read_summary(_content(answer), transcript, self.model, shortened=shortened)
            except NeighbourError as error:
                failed = error
                log.warning("summary_is_nonsense", detail=error.failure.detail, attempt=attempt)
        assert failed is not None
        raise failed

    async def close(self) -> None:
        await self._http.close()

    async def _ask(self, system: str, data: str) -> object:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": data}]
        body = {"model": self.model, "messages": messages, "temperature": 0}
        try:
            return await self._http.post(PATH, body={**body, "response_format": self._form})
        except EngineFailed as error:
            if error.failure.code != "engine.rejected" or self._form is BY_WORD:
                raise
            answer = await self._http.post(PATH, body={**body, "response_format": BY_WORD})
            self._form = BY_WORD  # it was the schema that was refused
            return answer


def _content(answer: object) -> object:
    match answer:
        case {"choices": [{"message": {"content": content}}, *_]}:
            return content
        case _:
            raise nonsense("no answer of a chat")
