"""Which engines an operator chose. None chosen is no error: calls are recorded and played, and have no transcript."""

from dataclasses import dataclass
from typing import Final

from recording import local_whisper
from recording.engine_choice import SummaryChoice, SummaryWish, TranscriptionChoice, TranscriptionWish
from recording.engine_http import EngineHttp, Server
from recording.local_whisper import LocalWhisper
from recording.openai_summarizer import OpenAiSummarizer, Summarizer
from recording.openai_transcriber import OpenAiTranscriber
from recording.transcribing import Transcriber

MEGABYTE: Final = 1_000_000


class EngineMissing(Exception):
    """What was chosen cannot be used; the message tells an operator why."""


@dataclass(frozen=True, slots=True)
class Engines:
    """`summarizer` None: with `key_sentences` they are picked, else there is no summary."""

    transcriber: Transcriber | None = None
    summarizer: Summarizer | None = None
    key_sentences: bool = True

    @property
    def summarizes(self) -> bool:
        return self.summarizer is not None or self.key_sentences

    async def close(self) -> None:
        for engine in (self.transcriber, self.summarizer):
            if engine is not None:
                await engine.close()


async def chosen(transcription: TranscriptionWish, summary: SummaryWish) -> Engines:
    """Loads a local model once, to see that it can be loaded. Raises EngineMissing."""
    return Engines(
        await _transcriber(transcription),
        _summarizer(summary),
        key_sentences=summary.choice is SummaryChoice.KEY_SENTENCES,
    )


async def _transcriber(wish: TranscriptionWish) -> Transcriber | None:
    match wish.choice:
        case TranscriptionChoice.NONE:
            return None
        case TranscriptionChoice.OPENAI:
            if wish.url is None:
                raise EngineMissing("RAMAL_TRANSCRIPTION=openai needs RAMAL_TRANSCRIPTION_URL")
            http = EngineHttp(Server(wish.url, wish.key, wish.timeout_s))
            limit_bytes = round(wish.limit_mb * MEGABYTE)
            return OpenAiTranscriber(http, wish.model, wish.language, wish.piece_s, limit_bytes)
        case TranscriptionChoice.FASTER_WHISPER:
            if wish.folder is None:
                raise EngineMissing("RAMAL_TRANSCRIPTION=faster-whisper needs RAMAL_TRANSCRIPTION_FOLDER")
            if (problem := local_whisper.problem_with(wish.folder)) is not None:
                raise EngineMissing(f"RAMAL_TRANSCRIPTION=faster-whisper: {problem}")
            if not await local_whisper.loads(wish.folder):
                raise EngineMissing("RAMAL_TRANSCRIPTION=faster-whisper: the model in the folder does not load")
            return LocalWhisper(wish.folder, wish.language, wish.piece_s, wish.timeout_s)


def _summarizer(wish: SummaryWish) -> Summarizer | None:
    if wish.choice is not SummaryChoice.OPENAI:
        return None
    if wish.url is None or wish.model is None:
        raise EngineMissing("RAMAL_SUMMARY=openai needs RAMAL_SUMMARY_URL and RAMAL_SUMMARY_MODEL")
    return OpenAiSummarizer(EngineHttp(Server(wish.url, wish.key, wish.timeout_s)), wish.model, wish.most_chars)
