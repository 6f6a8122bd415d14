"""The engines that the settings name, and the jobs and routes that stand on them, put together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from gateway.api.operations import Operation
from gateway.api.replayers import Replayers
from gateway.api.transcript_search import TranscriptSearchRoutes
from gateway.api.transcripts import TranscriptRoutes
from gateway.meta_files import MediaGraph, MetaFiles
from gateway.recording_jobs import RecordingJobs
from gateway.settings import Settings
from gateway.transcribing import Transcribing
from recording.engine_choice import SummaryWish, TranscriptionWish
from recording.engines import Engines, chosen
from signaling.ids import PhoneNumberId
from signaling.ports import Clock
from signaling.private import Token
from store.audit import SqlAudit
from store.call_grants import SqlCallGrants
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history import SqlHistory
from store.jobs import SqlJobs
from store.meta_files import SqlMetaFiles
from store.transcripts import TRANSCRIBE, SqlTranscripts

AT_ONCE: Final = 2
"""Of either kind: they wait for engines, and must not keep recordings from being finished."""


def follow_ups(engines: Engines) -> tuple[str, ...]:
    """Kinds of jobs that each finished recording leads to."""
    return () if engines.transcriber is None else (TRANSCRIBE,)


@dataclass(frozen=True, slots=True)
class Texts:
    """What was said in calls, and what they were about."""

    engines: Engines
    database: Database
    jobs: RecordingJobs
    settings: Settings
    clock: Clock

    @property
    def store(self) -> SqlTranscripts:
        return SqlTranscripts(self.database, self.jobs.reads_at)

    def take_jobs(self) -> None:
        """Before jobs start."""
        if not self.settings.recordings_workers:
            return
        folder = self.settings.data_dir / "recordings" / "heard"
        work = Transcribing(self.engines, self.store, self.jobs.recordings, self.jobs.vault, folder, self.clock)
        for kind, handler in work.handlers.items():
            self.jobs.jobs.handle(kind, handler, AT_ONCE)

    def metas(
        self, graph: MediaGraph, token_of: Callable[[PhoneNumberId], Awaitable[Token]], http: aiohttp.ClientSession
    ) -> MetaFiles:
        """What Meta itself keeps of calls. Before jobs start."""
        work = MetaFiles(
            SqlMetaFiles(self.database, self.jobs.reads_at),
            self.store,
            self.jobs.vault,
            graph,
            token_of,
            http,
            self.settings.graph_url,
            self.settings.data_dir / "recordings" / "heard",
            self.jobs.jobs.wake,
            self.clock,
        )
        if self.settings.recordings_workers:
            for kind, handler in work.handlers.items():
                self.jobs.jobs.handle(kind, handler, AT_ONCE)
        return work

    def operations(self) -> list[Operation]:
        history, audit, jobs = SqlHistory(self.database), SqlAudit(self.database), SqlJobs(self.database)
        metas, replayers = SqlMetaFiles(self.database), Replayers(SqlCallGrants(self.database))
        told = TranscriptRoutes(
            self.store,
            metas,
            self.jobs.recordings,
            history,
            jobs,
            replayers,
            audit,
            self.engines,
            self.jobs.jobs.wake,
            self.clock,
        )
        departments = SqlDepartmentStore(self.database)
        search = TranscriptSearchRoutes(self.store, departments, replayers, audit, self.engines, self.clock)
        return [*told.operations(), *search.operations()]


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
