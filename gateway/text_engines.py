"""The engines that the settings name, and what stands on them, put together."""

from gateway.settings import Settings
from recording.engine_choice import SummaryWish, TranscriptionWish
from recording.engines import Engines, chosen


async def engines_of(settings: Settings) -> Engines:
    """Raises EngineMissing, whose message says which setting and why."""
    transcription = TranscriptionWish(
        settings.transcription,
        settings.transcription_url,
        settings.transcription_key,
        settings.transcription_model,
        settings.transcription_folder,
        settings.transcription_language,
        settings.transcription_timeout_s,
        settings.transcription_piece_s,
        settings.transcription_limit_mb,
    )
    summary = SummaryWish(
        settings.summary,
        settings.summary_url,
        settings.summary_key,
        settings.summary_model,
        settings.summary_timeout_s,
        settings.summary_max_chars,
    )
    return await chosen(transcription, summary)
