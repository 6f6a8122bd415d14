"""Passwords: argon2id (RFC 9106, second recommended choice: 64 MiB) in threads of their own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from store.refusal import Refusal, Why

MIN_CHARS: Final = 8
MAX_CHARS: Final = 256  # a longer one is not a password but an attempt to keep us busy
AT_ONCE: Final = 2  # each takes 64 MiB and a core for some 50 ms


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher: Final = hasher or PasswordHasher()
        self._threads: Final = ThreadPoolExecutor(AT_ONCE, "argon2")
        self._nobodys_hash: Final = self._hasher.hash("nobody has this password")

    async def hash_new(self, password: str) -> str:
        """The hash of a password that somebody chose. Raises Refusal when it is too short, too long, or no text."""
        if not MIN_CHARS <= len(password) <= MAX_CHARS or not _is_text(password):
            raise Refusal(Why.INVALID, "password", f"A password must have {MIN_CHARS} to {MAX_CHARS} characters.")
        return await self.hash(password)

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password. Without a hash (nobody has this login) it takes as long and is False."""
        if len(password) > MAX_CHARS or not _is_text(password):
            password, password_hash = "", None
        loop = asyncio.get_running_loop()
        verified = await loop.run_in_executor(self._threads, self._verify, password_hash, password)
        return verified and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash or self._nobodys_hash, password)
        except (Argon2Error, InvalidHashError):
            return False


def _is_text(password: str) -> bool:
    """JSON may smuggle in lone surrogates, which no UTF-8 can hold."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
