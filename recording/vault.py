"""Where finished recordings are kept: a folder, or a bucket that speaks S3; sealed when there is a key.

What was put is read back and compared before it counts as kept: nothing is ever skipped silently. Everything that
waits, waits in the client's own threads.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

from recording.sealing import (
    HEAD_BYTES,
    CannotOpen,
    Head,
    MasterKeys,
    Opening,
    decode_head,
    encode_head,
    resealed,
    seal,
    sealed_range,
)

if TYPE_CHECKING:  # the library has it for type checkers alone
    from obstore.store import S3Config

log = structlog.get_logger(__name__)

READ_BYTES: Final = 1 << 18
TRIES: Final = 4
TRY_FOR: Final = timedelta(seconds=30)
TIMEOUT: Final = timedelta(seconds=20)
TRIED_OUT: Final = "tried-out"
NO_ROOM: Final = ("507 Insufficient", "StorageFull", "QuotaExceeded", "os error 27)", "os error 28)", "os error 122)")
"""What servers and systems (EFBIG, ENOSPC, EDQUOT) say when there is no room, in sentences of the library, which has no
class for that. A sentence that changes makes it `unreachable` or `refused`, and is tried again all the same."""


class VaultError(Exception):
    """`reason` is a word: `missing`, `refused` (credentials or rights), `full`, `unreachable`, `changed` (or sealed by
    another key of that name), `key_missing`. `passes`: trying again later may help."""

    def __init__(self, reason: str, *, passes: bool) -> None:
        super().__init__(reason)
        self.reason, self.passes = reason, passes


@dataclass(frozen=True, slots=True)
class Bucket:
    """Keys and secret come from the environment (`AWS_ACCESS_KEY_ID` …) unless they are given."""

    name: str
    endpoint: str | None = None  # None: Amazon's own
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """`sha256` and `size_bytes` are of the plain content, `key_name` of the master key that sealed it, if one did."""

    path: str
    size_bytes: int
    sha256: str
    key_name: str | None


class Vault(Protocol):
    async def keep(self, path: str, content: Path) -> Kept: ...

    def read(self, path: str, first: int, last: int) -> AsyncIterator[bytes]: ...

    async def delete(self, path: str) -> None: ...


class ObjectVault:
    """Every method raises VaultError."""

    def __init__(self, store: LocalStore | S3Store, keys: MasterKeys | None = None) -> None:
        self._store, self._keys = store, keys

    async def keep(self, path: str, content: Path) -> Kept:
        """Put the file there, whole, and make sure that it arrived. Keeping the same again changes nothing."""
        size, digest = await asyncio.to_thread(_fingerprint, content)
        key_name = None if self._keys is None else self._keys.newest
        with _in_words():
            await obstore.put_async(self._store, path, self._portions(content, size))
        if await self._digest(path, size) != digest:
            raise VaultError("changed", passes=True)
        return Kept(path, size, digest, key_name)

    async def read(self, path: str, first: int, last: int) -> AsyncIterator[bytes]:
        """The plain bytes `first` to `last` inclusive, in portions."""
        head = await self._head(path)
        with _in_words():
            if head is None:
                async for portion in self._raw(path, first, last + 1):
                    yield portion
                return
            begins, ends = sealed_range(first, last)
            assert self._keys is not None, "`_head` has seen to it"
            opening = Opening(head, self._keys, first, last)
            async for portion in self._raw(path, begins, ends):
                yield await asyncio.to_thread(opening.feed, portion)
            yield await asyncio.to_thread(opening.end)

    async def size(self, path: str) -> int:
        """Of the plain content."""
        head = await self._head(path)
        if head is not None:
            return head.size_bytes
        with _in_words():
            return int((await obstore.head_async(self._store, path))["size"])

    async def delete(self, path: str) -> None:
        """Gone is gone: deleting what is not there is no error."""
        try:
            with _in_words():
                await obstore.delete_async(self._store, path)
        except VaultError as error:
            if error.reason != "missing":
                raise

    async def try_out(self) -> None:
        """Write something small and take it away again: whether recordings can be kept."""
        with _in_words():
            await obstore.put_async(self._store, TRIED_OUT, b"ramal")
            await obstore.delete_async(self._store, TRIED_OUT)

    async def rotate(self, path: str) -> str | None:
        """Bring a sealed file under the newest key: the name of the key it has now. None: it is not sealed. What was
        put is read back and compared, and put again from memory if it is another."""
        head = await self._head(path)
        if head is None or self._keys is None or head.key_name == self._keys.newest:
            return None if head is None else head.key_name
        renewed = _resealed(head, self._keys)
        with _in_words():
            sealed = encode_head(renewed) + (await self._all_of(path))[HEAD_BYTES:]
            for _ in range(TRIES):
                await obstore.put_async(self._store, path, sealed)
                if await self._all_of(path) == sealed:
                    return renewed.key_name
        raise VaultError("changed", passes=True)

    async def _all_of(self, path: str) -> bytes:
        return bytes(await (await obstore.get_async(self._store, path)).bytes_async())

    def _portions(self, content: Path, size_bytes: int) -> Iterator[bytes]:
        with content.open("rb") as file:
            if self._keys is not None:
                yield from seal(file, size_bytes, self._keys)
                return
            while portion := file.read(READ_BYTES):
                yield portion

    async def _head(self, path: str) -> Head | None:
        """None: it is not sealed."""
        with _in_words():
            data = bytes(await obstore.get_range_async(self._store, path, start=0, end=HEAD_BYTES))
        if not data.startswith(b'{"ramal_sealed"'):
            return None
        if self._keys is None:
            raise VaultError("key_missing", passes=False)
        return decode_head(data)

    async def _raw(self, path: str, begins: int, ends: int) -> AsyncIterator[bytes]:
        options: obstore.GetOptions = {"range": (begins, ends)}
        answer = await obstore.get_async(self._store, path, options=options)
        async for portion in answer.stream(min_chunk_size=READ_BYTES):
            yield bytes(portion)

    async def _digest(self, path: str, size_bytes: int) -> str:
        digest = hashlib.sha256()
        if size_bytes:
            async for portion in self.read(path, 0, size_bytes - 1):
                await asyncio.to_thread(digest.update, portion)
        return digest.hexdigest()


def folder_vault(folder: Path, keys: MasterKeys | None = None) -> ObjectVault:
    """Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ObjectVault(LocalStore(folder, mkdir=True), keys)


def bucket_vault(bucket: Bucket, keys: MasterKeys | None = None) -> ObjectVault:
    """Plain HTTP only where the endpoint says so. Raises ValueError for what cannot be a bucket."""
    config: S3Config = {}
    if bucket.endpoint is not None:
        config["endpoint"] = bucket.endpoint
    if bucket.region is not None:
        config["region"] = bucket.region
    if bucket.access_key_id is not None and bucket.secret_access_key is not None:
        config["access_key_id"] = bucket.access_key_id
        config["secret_access_key"] = bucket.secret_access_key
    store = S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,
        client_options={"allow_http": (bucket.endpoint or "").startswith("http:"), "timeout": TIMEOUT},
        retry_config={"max_retries": TRIES, "retry_timeout": TRY_FOR},
    )
    return ObjectVault(store, keys)


def _resealed(head: Head, keys: MasterKeys) -> Head:
    try:
        return resealed(head, keys)
    except CannotOpen as error:
        raise VaultError(error.reason, passes=False) from None


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _in_words() -> Iterator[None]:
    """Whatever goes wrong is a VaultError."""
    try:
        yield
    except CannotOpen as error:
        raise VaultError(error.reason, passes=False) from None
    except (FileNotFoundError, NotFoundError):
        raise VaultError("missing", passes=False) from None
    except (BaseError, OSError) as error:
        reason = _reason_of(error)
        log.warning("vault_failed", reason=reason, error=type(error).__name__)
        raise VaultError(reason, passes=True) from None


def _reason_of(error: Exception) -> str:
    if any(words in str(error) for words in NO_ROOM):
        return "full"
    is_refusal = isinstance(error, PermissionError | PermissionDeniedError | UnauthenticatedError)
    return "refused" if is_refusal else "unreachable"
