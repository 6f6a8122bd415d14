"""Messages of customers from their closed journals into the vault: sealed, read back, noted, and gone by schedule as
recordings are. Every step may be done again, and leads to the same bytes."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from gateway.finishing import JOURNALS, WORK, Hopeless, keep_file, mixed
from gateway.jobs import GiveUp, Progress, TryAgain
from recording.journal import SUFFIX
from recording.vault import ObjectVault, VaultError
from recording.writer import left_behind
from signaling.ids import CallId
from signaling.ports import Clock
from store.jobs import Job, SqlJobs
from store.message_models import MessageState
from store.messages import READABLE, KeptMessage, SqlMessages, StoredMessage

log = structlog.get_logger(__name__)

JOURNAL_MISSING: Final = "journal_missing"
VOICEMAILS: Final = "voicemails"
"""The folder of the data directory where messages are until the vault has them."""


class MessageKeeper:
    """`keep` and `erase` are handlers of jobs. `folder`: data_dir/voicemails; `place`: the name of this machine's
    folders. Everything is asked on the loop."""

    def __init__(
        self, messages: SqlMessages, jobs: SqlJobs, vault: ObjectVault, folder: Path, clock: Clock, place: str
    ) -> None:
        self._messages, self._jobs, self._vault = messages, jobs, vault
        self._folder, self._clock, self._place = folder, clock, place
        self._closed: dict[CallId, datetime] = {}  # journals that are complete, of which no job is put yet

    async def take_over(self) -> int:
        """At start, before any call is live: what the process before left, also whole messages of a version that knew
        no vault. How many. Raises OSError."""
        left = await asyncio.to_thread(_left, self._folder)
        self._closed.update(left)
        return len(left)

    def closed(self, call: CallId) -> None:
        """A journal is complete, as far as it goes: `adopt` puts its job."""
        self._closed[call] = self._clock()

    async def adopt(self) -> int:
        """Put the jobs of all that is complete: how many. What the store does not know yet is asked again, and so is
        all of it while the store is away. Raises NeighbourError."""
        put = 0
        for call, at in tuple(self._closed.items()):
            if await self._messages.put(call, at, self._place):
                self._closed.pop(call, None)
                put += 1
        return put

    async def keep(self, job: Job, progress: Progress) -> None:
        call = CallId(job.subject)
        message = await self._messages.get(call)
        if message is None or message.state in (MessageState.DELETED, MessageState.FAILED):
            return
        if message.state is MessageState.FINISHING and not await self._keep(message, job, progress):
            await self._erased(message)
            return
        await asyncio.to_thread(_unlinked, self._local(call))

    async def _keep(self, message: StoredMessage, job: Job, progress: Progress) -> bool:
        """False: somebody deleted it meanwhile."""
        call = message.call
        made = self._folder / WORK / f"{call}.ogg"
        seconds, partial = await self._made(call, made, job, progress)
        progress.tell("keeping")
        file = file_of(message)
        kept = await keep_file(self._vault, file, made)
        found = KeptMessage(file, kept.key_name, kept.sha256, kept.size_bytes, seconds, partial)
        if await self._messages.kept(call, found):
            log.info("message_kept", call_id=call, seconds=seconds, partial=partial)
            return True
        now = await self._messages.get(call)
        return now is not None and now.state in READABLE

    async def _made(self, call: CallId, made: Path, job: Job, progress: Progress) -> tuple[float, bool]:
        """The plain file, how long it is, and whether some of it is missing."""
        journal = self._folder / JOURNALS / f"{call}{SUFFIX}"
        if await asyncio.to_thread(journal.exists):
            try:
                mix = await mixed(journal, made, None, job, progress)
            except Hopeless as hopeless:
                await self._failed(call, hopeless.reason)
                raise GiveUp(hopeless.reason) from None
            return mix.duration_s, not mix.ended or mix.missing_s > 0
        whole = await asyncio.to_thread(_whole_from_before, self._folder, call, made)
        if whole is None:
            await self._failed(call, JOURNAL_MISSING)
            raise GiveUp(JOURNAL_MISSING)
        return whole

    async def _failed(self, call: CallId, reason: str) -> None:
        """The journal stays, for who wants to look."""
        log.error("message_failed", call_id=call, reason=reason)
        await self._messages.failed(call, reason)

    async def erase(self, job: Job, progress: Progress) -> None:
        """A message that is deleted, wherever it lies."""
        call = CallId(job.subject)
        message = await self._messages.get(call)
        if message is not None and message.state is not MessageState.DELETED:
            return
        if message is not None:
            await self._erased(message)
            await self._messages.file_gone(call)
        await asyncio.to_thread(_unlinked, self._local(call))

    async def _erased(self, message: StoredMessage) -> None:
        try:
            await self._vault.delete(message.file or file_of(message))
        except VaultError as error:
            log.error("message_not_erased", call_id=message.call, reason=error.reason)
            raise TryAgain(f"vault_{error.reason}") from None
        await asyncio.to_thread(_unlinked, self._local(message.call))

    def _local(self, call: CallId) -> list[Path]:
        """What may lie on this machine of a message."""
        names = (f"{WORK}/{call}.ogg", f"{JOURNALS}/{call}{SUFFIX}", f"{call}.ogg", f"{call}.json")
        return [self._folder / name for name in names]


def file_of(message: StoredMessage) -> str:
    """Its place in the vault; the same whoever keeps it and however often."""
    return f"messages/{message.left_at:%Y/%m}/{message.call}.ogg"


def _left(folder: Path) -> dict[CallId, datetime]:
    """By call, and when each was last written. Raises OSError."""
    for part in (folder, folder / JOURNALS, folder / WORK):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = [*left_behind(folder / JOURNALS), *folder.glob("*.json")]
    return {CallId(path.stem): datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files}


def _whole_from_before(folder: Path, call: CallId, made: Path) -> tuple[float, bool] | None:
    """A message as versions without a vault kept them, as `made`. Raises OSError."""
    try:
        facts = json.loads((folder / f"{call}.json").read_text())
        sound = (folder / f"{call}.ogg").read_bytes()
    except (FileNotFoundError, ValueError):
        return None
    made.write_bytes(sound)
    return float(facts["seconds"]), facts["state"] != "recorded"


def _unlinked(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
