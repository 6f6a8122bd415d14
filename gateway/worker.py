"""`ramal work`: a process that does what must be done besides calls, and takes none.

It stands where it sees what gateways see: the same database, the same data directory, the same settings. Gateways that
leave everything to such processes have `RAMAL_RECORDINGS_WORKERS=0`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import structlog

from gateway.clock import utc_now
from gateway.foundations import DatabaseChecks, NotReady
from gateway.keeping import besides_calls
from gateway.number_book import NumberBook
from gateway.recording_jobs import RecordingJobs
from gateway.settings import Settings
from signaling.meta.graph_api import GraphApi
from signaling.ports import Clock
from store.database import Database
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
        await DatabaseChecks(database).hold()
        jobs, texts, _ = await besides_calls(stack, settings, database, clock)
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
