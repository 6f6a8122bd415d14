"""`ramal work`: a process that does what must be done besides calls, and takes none.

It stands where it sees what gateways see: the same database, the same data directory, the same settings. Gateways that
leave everything to such processes have `RAMAL_RECORDINGS_WORKERS=0`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import structlog

from gateway.app import NOT_MIGRATED, NotReady
from gateway.clock import utc_now
from gateway.number_book import NumberBook
from gateway.recording_jobs import RecordingJobs
from gateway.settings import Settings
from gateway.text_engines import Texts, engines_of, follow_ups
from recording.engines import EngineMissing
from signaling.meta.graph_api import GraphApi
from signaling.ports import Clock
from store.database import Database
from store.migrate import is_current
from store.numbers import SqlNumberStore
from store.secrets import SecretBox

log = structlog.get_logger(__name__)


@asynccontextmanager
async def working(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[RecordingJobs]:
    """Until the block is left. Raises NotReady, NeighbourError (no database), OSError (no data directory)."""
    if not settings.recordings_workers:
        raise NotReady("RAMAL_RECORDINGS_WORKERS=0: this process would do nothing.")
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url.value)
        stack.push_async_callback(database.close)
        await database.ping()
        if not await asyncio.to_thread(is_current, database.engine):
            raise NotReady(NOT_MIGRATED)
        try:
            engines = await engines_of(settings)
        except EngineMissing as missing:
            raise NotReady(str(missing)) from None
        stack.push_async_callback(engines.close)
        try:
            jobs = RecordingJobs(settings, database, clock, follow_ups(engines))
        except ValueError as error:
            raise NotReady(f"There is no such place for recordings: {error}") from None
        stack.push_async_callback(jobs.stop)
        texts = Texts(engines, database, jobs, settings, clock)
        texts.take_jobs()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        numbers = NumberBook(SqlNumberStore(database, SecretBox(settings.secret_key)), settings.meta_token)
        graph = GraphApi(http, settings.graph_url, settings.graph_version, numbers.token_of, clock)
        texts.metas(graph, numbers.token_of, http)
        await jobs.start()
        log.info("worker_is_up", at_once=settings.recordings_workers)
        yield jobs


async def work(settings: Settings) -> None:
    """Run until cancelled."""
    async with working(settings):
        await asyncio.Event().wait()
