"""Processes that write calls down and stop for good, each at a step: `transcribing_process.py FOLDER ENGINE_URL`.

Each works in `FOLDER/STEP`, where its database is `ramal.db`, and says `AT STEP PID` when it is there. They are forks
of one, which has imported everything once.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gateway.transcribing
from gateway.recording_jobs import RecordingJobs
from gateway.text_engines import Texts, engines_of, follow_ups
from gateway.transcribing import Transcribing
from recording.pieces import Piece, cut_now
from recording.played import Stretch
from store.database import Database
from store.transcripts import SqlTranscripts
from tests.services.finishing_process import end_with_parent
from tests.services.recorded import QUICK, now, settings_of

STEPS = ("fetching", "cut", "heard", "noted")
SUMMARY_STEPS = ("summarized", "summary_noted")


def engine_settings(url: str) -> dict[str, Any]:
    return {
        "transcription": "openai",
        "transcription_url": url,
        "transcription_key": "sk-heard",
        "summary": "openai",
        "summary_url": url,
        "summary_model": "small",
    }


@asynccontextmanager
async def at_work(database: Database, url: str, folder: Path, **given: Any) -> AsyncIterator[Texts]:
    """Recordings are finished, written down and summarised, as in a gateway."""
    settings = settings_of(url, folder, **given)
    engines = await engines_of(settings)
    jobs = RecordingJobs(settings, database, now, follow_ups(engines), pace=QUICK)
    texts = Texts(engines, database, jobs, settings, now)
    texts.take_jobs()
    await jobs.start()
    try:
        yield texts
    finally:
        await jobs.stop()
        await engines.close()


async def cut_here(recording: Path, folder: Path, longest_s: float, played: Sequence[Stretch] = ()) -> list[Piece]:
    """`recording.pieces.cut_recording` without its process, which has the lowest priority and would keep a test waiting
    on a busy machine; what becomes of a call whose process is killed is in tests/unit/recording/test_cutting.py."""
    return await asyncio.to_thread(lambda: list(cut_now(recording, folder, longest_s, played)))


def stop_at(step: str) -> None:
    before = {
        "fetching": (Transcribing, "_fetch"),
        "heard": (SqlTranscripts, "heard"),
        "summarized": (SqlTranscripts, "summarised"),
    }
    after = {
        "cut": (gateway.transcribing, "cut_recording"),
        "noted": (SqlTranscripts, "heard"),
        "summary_noted": (SqlTranscripts, "summarised"),
    }
    owner, name = before.get(step) or after[step]
    real = getattr(owner, name)

    async def stop(*given: Any, **more: Any) -> Any:
        if step in after:
            await real(*given, **more)
        print("AT", step, os.getpid(), flush=True)
        await asyncio.Event().wait()

    setattr(owner, name, stop)


async def run(folder: Path, engine_url: str) -> None:
    url = f"sqlite:///{folder}/ramal.db"
    async with at_work(Database(url), url, folder, **engine_settings(engine_url)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    end_with_parent()
    gateway.transcribing.cut_recording = cut_here  # type: ignore[attr-defined]
    for step in (*STEPS, *SUMMARY_STEPS):
        if os.fork() == 0:
            end_with_parent()
            stop_at(step)
            asyncio.run(run(Path(sys.argv[1]) / step, sys.argv[2]))
    for _ in (*STEPS, *SUMMARY_STEPS):
        os.wait()
