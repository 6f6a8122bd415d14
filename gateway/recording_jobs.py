"""What finishes recordings, put together: where they are kept, the queue, the workers, and their routes."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from gateway.api.erasure import ErasureRoutes
from gateway.api.jobs import JobRoutes
from gateway.api.operations import Operation
from gateway.api.recordings import RecordingListRoutes
from gateway.api.replay import ReplayParts, ReplayRoutes
from gateway.api.replayers import Replayers
from gateway.api.retention import RetentionRoutes
from gateway.finishing import FILES, JOURNALS, KIND, WORK, Finisher
from gateway.job_queue import JobQueue, ProcessQueue, RedisQueue
from gateway.jobs import USUAL, Handler, Jobs, Pace
from gateway.live_replay import LiveReplay
from gateway.message_jobs import VOICEMAILS, MessageKeeper
from gateway.replay_tickets import Tickets
from gateway.retention import Retention
from gateway.settings import Settings
from recording.sealing import read_master_keys
from recording.vault import Bucket, ObjectVault, bucket_vault, folder_vault
from signaling.errors import NeighbourError
from signaling.ids import CallId
from signaling.ports import Clock, NumberStore
from store.audit import SqlAudit
from store.call_grants import SqlCallGrants
from store.database import Database
from store.erasure import ERASE_SOUND, SqlErasure
from store.history import SqlHistory
from store.jobs import SqlJobs
from store.messages import ERASE_MESSAGE, KEEP_MESSAGE, SqlMessages
from store.meta_files import SqlMetaFiles
from store.recordings import SqlRecordings
from store.retention import SqlRetention

log = structlog.get_logger(__name__)

ADOPT_EVERY_S: Final = 30.0


class RecordingJobs:
    """`jobs` takes further kinds (`Jobs.handle`) before `start`. `then`: kinds that follow each finished recording."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, then: tuple[str, ...] = (), pace: Pace = USUAL
    ) -> None:
        """Raises OSError (no folder), ValueError (what is set can be no bucket)."""
        folder = settings.data_dir / "recordings"
        place = prepared(folder)
        self.vault = open_vault(settings)
        self.recordings, self._store = SqlRecordings(database), SqlJobs(database)
        self.reads_at = place if settings.recordings_bucket is None else None  # who can read what is kept
        self._finisher = Finisher(self.recordings, self._store, self.vault, folder, clock, place, then, self.reads_at)
        self.live = LiveReplay(folder, clock)
        self.erasure = SqlErasure(database)
        self.stored_messages = SqlMessages(database)
        voicemails = settings.data_dir / VOICEMAILS
        self.messages = MessageKeeper(self.stored_messages, self._store, self.vault, voicemails, clock, place)
        self.retention = Retention(
            self.erasure, self.recordings, self.stored_messages, self.vault, settings.data_dir, clock
        )
        handlers: dict[str, Handler] = {
            KIND: self._finisher,
            ERASE_SOUND: self.retention.erase_sound,
            KEEP_MESSAGE: self.messages.keep,
            ERASE_MESSAGE: self.messages.erase,
        }
        self.jobs = Jobs(
            self._store,
            open_queue(settings, place),
            handlers if settings.recordings_workers else {},
            clock,
            place,
            settings.recordings_workers,
            pace,
        )
        self._clock, self._database, self._tickets = clock, database, Tickets(settings.secret_key)
        self._telling: set[asyncio.Task[None]] = set()
        self._minding: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """After `SqlRecordings.take_over`."""
        await self.live.start()
        await self.jobs.start()
        self._minding = [
            asyncio.create_task(self._adopt(), name="recordings-adopted"),
            asyncio.create_task(self.retention.run(), name="retention"),
        ]

    async def stop(self) -> None:
        """What is being finished is done again at the next start."""
        tasks = [*self._telling, *self._minding]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.live.stop()
        await self.jobs.stop()

    def journal_closed(self, call: CallId, journal: Path, whole: bool) -> None:
        """A `gateway.call_journals.OnClosed`. A store that is away now is asked again by `adopt`."""
        self._tell(self._closed(call))

    def message_closed(self, call: CallId) -> None:
        """The journal of a message is complete. A store that is away now is asked again by `adopt`."""
        self.messages.closed(call)
        self._tell(self._message_closed())

    def _tell(self, telling: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(telling, name="journal-closed")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _message_closed(self) -> None:
        with suppress(NeighbourError):
            if await self.messages.adopt():
                self.jobs.wake()

    async def _closed(self, call: CallId) -> None:
        with suppress(NeighbourError):
            await self._finisher.put(call)
            self.jobs.wake()

    async def _adopt(self) -> None:
        while True:
            try:
                if await self._finisher.adopt() + await self.messages.adopt():
                    self.jobs.wake()
            except (NeighbourError, OSError) as error:
                log.warning("recordings_not_adopted", error=type(error).__name__)
            await asyncio.sleep(ADOPT_EVERY_S)

    def operations(self, numbers: NumberStore) -> list[Operation]:
        replay = ReplayParts(
            recordings=self.recordings,
            metas=SqlMetaFiles(self._database),
            jobs=self._store,
            history=SqlHistory(self._database),
            numbers=numbers,
            vault=self.vault,
            live=self.live,
            replayers=Replayers(SqlCallGrants(self._database)),
            audit=SqlAudit(self._database),
            tickets=self._tickets,
            clock=self._clock,
        )
        return [
            *JobRoutes(self._store, SqlAudit(self._database), self.jobs.wake, self._clock).operations(),
            *ErasureRoutes(self.erasure, self.stored_messages, self._clock).operations(),
            *RetentionRoutes(SqlRetention(self._database), self._clock).operations(),
            *RecordingListRoutes(self.recordings, self._store).operations(),
            *ReplayRoutes(replay).operations(),
        ]


def prepared(folder: Path) -> str:
    """Folders that only we read, and the name of this place: machines that share the folder share its work.

    Raises OSError."""
    for part in (folder, folder / JOURNALS, folder / WORK):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = folder / "place"
    with suppress(FileExistsError):
        coming = folder / f"place.{uuid4().hex}"
        coming.write_text(uuid4().hex)
        try:
            os.link(coming, name)  # it appears whole, and once
        finally:
            coming.unlink()
    return name.read_text().strip()[:32]


def open_vault(settings: Settings) -> ObjectVault:
    keys = None if settings.recordings_keys is None else read_master_keys(settings.recordings_keys.value)
    if settings.recordings_bucket is None:
        return folder_vault(settings.recordings_folder or settings.data_dir / "recordings" / FILES, keys)
    access, secret = settings.recordings_access_key, settings.recordings_secret_key
    bucket = Bucket(
        name=settings.recordings_bucket,
        endpoint=settings.recordings_endpoint,
        region=settings.recordings_region,
        access_key_id=None if access is None else access.value,
        secret_access_key=None if secret is None else secret.value,
        prefix=settings.recordings_prefix,
    )
    return bucket_vault(bucket, keys)


def open_queue(settings: Settings, place: str) -> JobQueue:
    if settings.redis_url is None:
        return ProcessQueue()
    return RedisQueue(settings.redis_url.value, place, settings.recordings_workers)
