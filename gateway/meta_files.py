"""Meta's own recordings and transcriptions of calls: asked for with each call, told by webhook, fetched and kept.

The address in the webhook lives five minutes, so it is never used: the media id gives a new one whenever the job comes
to it, for seven days (reference 1.7). The address needs the number's token, which goes to Meta's own hosts and to no
others, and follows no redirect.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp
import structlog

from gateway.jobs import GiveUp, Handler, Progress, TryAgain
from recording.meta_transcript import read_meta_transcript
from recording.vault import Kept, VaultError
from signaling.errors import NeighbourError
from signaling.events import MetaFileReady
from signaling.ids import CallId, PhoneNumberId
from signaling.meta.graph_answers import MediaFile
from signaling.meta.graph_requests import NO_OPTIONS, CallOptions, MetaCapture
from signaling.ports import Clock
from signaling.private import Token
from store.jobs import Job
from store.meta_file_models import MetaFileState
from store.meta_files import ERASE_META, FETCH_META, Fetched, MetaFile, SqlMetaFiles
from store.transcripts import SqlTranscripts

log = structlog.get_logger(__name__)

KEPT_BY_META: Final = timedelta(days=7)
LIMIT_BYTES: Final = {"recording": 512 << 20, "transcription": 8 << 20}
FETCH_S: Final = 300.0
STALLED_S: Final = 30.0
HOSTS: Final = ("fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net")
"""Meta's: these, and those below them, by HTTPS."""
ASKED_AGAIN_S: Final = 1.0
"""How long a call waits to know whether Meta is to keep it; then it goes on without."""


class MediaGraph(Protocol):
    """`signaling.meta.graph_api.GraphApi`. May raise NeighbourError."""

    async def media_file(self, number: PhoneNumberId, media_id: str) -> MediaFile: ...


class WritingVault(Protocol):
    """`recording.vault.ObjectVault`. Raises VaultError."""

    async def keep(self, path: str, content: Path) -> Kept: ...

    async def delete(self, path: str) -> None: ...


class MetaFiles:
    """`folder`: where a file is between Meta and the vault; whoever does the job, or does it again, leaves nothing
    there."""

    def __init__(
        self,
        store: SqlMetaFiles,
        texts: SqlTranscripts,
        vault: WritingVault,
        graph: MediaGraph,
        token_of: Callable[[PhoneNumberId], Awaitable[Token]],
        http: aiohttp.ClientSession,
        graph_url: str,
        folder: Path,
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._store, self._texts, self._vault = store, texts, vault
        self._graph, self._token_of, self._http = graph, token_of, http
        self._graph_origin, self._folder = _origin(graph_url), folder
        self._on_news, self._clock = on_news, clock

    @property
    def handlers(self) -> dict[str, Handler]:
        return {FETCH_META: self.fetch, ERASE_META: self.erase}

    async def options(self, number: PhoneNumberId) -> CallOptions:
        """What goes with a call of this number. A store that does not answer costs the recording, never the call."""
        try:
            async with asyncio.timeout(ASKED_AGAIN_S):
                wanted = await self._store.capture(number)
        except (NeighbourError, TimeoutError):
            log.warning("meta_capture_not_asked", phone_number_id=number)
            return NO_OPTIONS
        if wanted is None:
            return NO_OPTIONS
        asked = MetaCapture(wanted.purpose, wanted.language)
        return CallOptions(
            recording=asked if wanted.recording else None, transcription=asked if wanted.transcription else None
        )

    async def heard(self, event: object) -> None:
        """Raises NeighbourError: then the webhook is handled again."""
        if not isinstance(event, MetaFileReady):
            return
        ours = await self._store.arrived(
            event.number, event.wacid, event.kind, event.media_id, event.sha256, self._clock()
        )
        if ours:
            self._on_news()
        else:
            log.warning("meta_file_of_no_call", kind=event.kind)

    async def fetch(self, job: Job, progress: Progress) -> None:
        file = await self._store.get(int(job.subject))
        if file is None or file.state is not MetaFileState.WAITING:
            return
        if self._clock() - file.arrived_at > KEPT_BY_META:
            await self._give_up(file, "expired")
        progress.tell("fetching")
        local = self._folder / f"meta-{file.id}"
        try:
            await self._fetch(file, local)
        except NeighbourError as error:
            if error.failure.retry_after_s is None:
                await self._give_up(file, error.failure.code)
            raise
        except VaultError as error:
            raise TryAgain(f"vault_{error.reason}") from None
        except OSError:
            raise TryAgain("disk") from None
        finally:
            await asyncio.to_thread(local.unlink, missing_ok=True)

    async def erase(self, job: Job, progress: Progress) -> None:
        call = CallId(job.subject)
        try:
            await self._vault.delete(_place(call))
        except VaultError as error:
            raise TryAgain(f"vault_{error.reason}") from None

    async def _fetch(self, file: MetaFile, local: Path) -> None:
        about = await self._graph.media_file(file.phone_number_id, file.media_id)
        if not self._is_metas(about.url):
            await self._give_up(file, "strange_address")
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        digest, size = await self._download(about.url, await self._token_of(file.phone_number_id), file, local)
        if digest not in (_hex(file.told_sha256), _hex(about.sha256)):
            raise TryAgain("changed")  # cut on its way, or somebody else's
        if file.kind == "transcription":
            transcript = read_meta_transcript(await asyncio.to_thread(local.read_bytes))
            await self._texts.imported(file.call, transcript, self._clock(), digest, file.id, size)
            return
        kept = await self._vault.keep(_place(file.call), local)
        fetched = Fetched(kept.sha256, kept.size_bytes, kept.path, kept.key_name)
        if not await self._store.done(file.id, fetched, self._clock()):
            await self._vault.delete(_place(file.call))

    async def _download(self, url: str, token: Token, file: MetaFile, local: Path) -> tuple[str, int]:
        """SHA-256 in hex, and bytes."""
        digest, size = hashlib.sha256(), 0
        timeout = aiohttp.ClientTimeout(total=FETCH_S, sock_read=STALLED_S)
        headers = {"Authorization": f"Bearer {token.value}", "User-Agent": "Ramal"}
        try:
            async with self._http.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
                if answer.status != 200:
                    raise TryAgain(f"meta_http_{answer.status}")  # an address that is over: the next one is new
                with local.open("wb") as target:
                    async for portion in answer.content.iter_chunked(1 << 18):
                        size += len(portion)
                        if size > LIMIT_BYTES[file.kind]:
                            await self._give_up(file, "too_large")
                        digest.update(portion)
                        await asyncio.to_thread(target.write, portion)
        except TimeoutError:
            raise TryAgain("meta_timeout") from None
        except aiohttp.ClientError:
            raise TryAgain("meta_unreachable") from None
        return digest.hexdigest(), size

    def _is_metas(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            if _origin(url) == self._graph_origin:
                return True
        except ValueError:
            return False
        host = parts.hostname or ""
        own = any(host == name or host.endswith(f".{name}") for name in HOSTS)
        return parts.scheme == "https" and own and parts.username is None

    async def _give_up(self, file: MetaFile, reason: str) -> None:
        await self._store.failed(file.id, reason, self._clock())
        raise GiveUp(reason)


def _place(call: CallId) -> str:
    return f"meta/{call}.ogg"


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _hex(told: str) -> str:
    """A digest as Meta writes it: base64 in webhooks, hex elsewhere. Anything else fits nothing."""
    text = told.strip()
    if len(text) == 64:
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except (ValueError, binascii.Error):
        return "none"
