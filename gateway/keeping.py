"""What is kept of calls: recordings, messages after the beep, what was said in them, and what Meta itself recorded."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from gateway.foundations import Foundations, NotReady
from gateway.media.switchboard import Switchboard
from gateway.message_jobs import VOICEMAILS
from gateway.meta_files import MetaFiles
from gateway.recording_jobs import RecordingJobs
from gateway.recordings import Recordings, recording_performers
from gateway.reports import Reports, reports_of
from gateway.settings import Settings
from gateway.text_engines import Texts, engines_of, follow_ups
from gateway.voicemails import Voicemails, voicemail_performers
from recording.engines import EngineMissing
from signaling.effects import Effect
from signaling.meta.graph_api import GraphApi
from signaling.ports import Clock
from signaling.runner import Performer
from store.database import Database
from store.recordings import SqlRecordings


@dataclass(frozen=True, slots=True)
class Keeping:
    jobs: RecordingJobs
    texts: Texts
    meta_files: MetaFiles
    recordings: Recordings
    voicemails: Voicemails
    reports: Reports

    def performers(self) -> dict[type[Effect], Performer]:
        return {**voicemail_performers(self.voicemails), **recording_performers(self.recordings)}

    def closing(self, close_media: Performer) -> Performer:
        """What is kept of a call ends with it."""
        return self.recordings.closing(self.voicemails.closing(close_media))

    async def start(self) -> None:
        """What is left to do besides calls is begun. Raises NeighbourError."""
        await self.jobs.start()
        self.reports.start(self.jobs.jobs)


async def besides_calls(
    stack: AsyncExitStack, settings: Settings, database: Database, clock: Clock
) -> tuple[RecordingJobs, Texts, Reports]:
    """What must be done besides calls; also all that `ramal work` does. Jobs are not started yet.

    Raises NotReady.
    """
    try:
        engines = await engines_of(settings)
    except EngineMissing as missing:
        raise NotReady(str(missing)) from None
    stack.push_async_callback(engines.close)
    try:
        jobs = RecordingJobs(settings, database, clock, follow_ups(engines))
    except ValueError as error:
        raise NotReady(f"RAMAL_RECORDINGS_BUCKET and its neighbours name no place for recordings: {error}") from None
    stack.push_async_callback(jobs.stop)
    texts = Texts(engines, database, jobs, settings, clock)
    texts.take_jobs()
    reports = reports_of(settings, database, clock)
    stack.push_async_callback(reports.stop)
    if settings.recordings_workers:
        reports.take_jobs(jobs.jobs)
    return jobs, texts, reports


async def start_keeping(
    stack: AsyncExitStack,
    settings: Settings,
    ground: Foundations,
    switchboard: Switchboard,
    graph: GraphApi,
    http: aiohttp.ClientSession,
    clock: Clock,
) -> Keeping:
    """Before any call is live. Jobs are not started yet.

    Raises NotReady, NeighbourError.
    """
    jobs, texts, reports = await besides_calls(stack, settings, ground.database, clock)
    await jobs.messages.take_over()
    voicemails = Voicemails(switchboard, settings.data_dir / VOICEMAILS, clock, jobs.message_closed)
    stack.push_async_callback(voicemails.close)
    voicemails.start()
    recordings = Recordings(
        switchboard,
        settings.data_dir / "recordings",
        clock,
        on_journal_closed=jobs.journal_closed,
        on_lost=lambda reason: ground.metrics.recordings_lost.labels(reason).inc(),
    )
    stack.push_async_callback(recordings.close)
    await recordings.start(SqlRecordings(ground.database))
    metas = texts.metas(graph, ground.numbers.token_of, http)
    return Keeping(jobs, texts, metas, recordings, voicemails, reports)
