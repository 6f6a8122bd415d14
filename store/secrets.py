"""Tokens at rest: AES-256-GCM under a key derived from RAMAL_SECRET_KEY (HKDF with SHA-256, RFC 5869)."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signaling.errors import Failure, Fault, NeighbourError
from signaling.private import Token

VERSION: Final = "1"
NONCE_BYTES: Final = 12  # NIST SP 800-38D 8.2.2: random, and far fewer than 2^32 tokens per key
_ENCRYPTION: Final = b"ramal store token encryption 1"
_KEY_ID: Final = b"ramal store token key id 1"
_UNREADABLE: Final = Failure(
    "store.token_unreadable",
    Fault.CONFIGURATION,
    "a number's token cannot be decrypted: RAMAL_SECRET_KEY has changed; add the old key after the new, or set-token",
)


class SecretBox:
    """Encrypts with the first key and reads with any, so that keys can be changed without losing a token."""

    def __init__(self, keys: Sequence[Token]) -> None:
        if not keys:
            raise ValueError("a secret key is needed")
        self._ciphers: Final = {_derive(key, _KEY_ID, 4).hex(): AESGCM(_derive(key, _ENCRYPTION, 32)) for key in keys}
        self._newest: Final = next(iter(self._ciphers))

    def encrypt(self, secret: Token, owner: str) -> str:
        """`version.key id.base64(nonce, ciphertext, tag)`. It can be read only as `owner`'s: rows cannot be swapped."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, secret.value.encode(), owner.encode())
        return ".".join((VERSION, self._newest, urlsafe_b64encode(nonce + sealed).decode()))

    def decrypt(self, text: str, owner: str) -> Token:
        """Raises NeighbourError when no key of ours fits, or when the text was changed."""
        version, _, rest = text.partition(".")
        key_id, _, encoded = rest.partition(".")
        cipher = self._ciphers.get(key_id)
        if version == VERSION and cipher is not None:
            try:
                sealed = urlsafe_b64decode(encoded)
                return Token(cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode()).decode())
            except (ValueError, InvalidTag):
                pass  # raised below, where the original is no context
        raise NeighbourError(_UNREADABLE)

    def is_newest(self, text: str) -> bool:
        """Whether `text` needs no new encryption after a change of keys."""
        return text.startswith(f"{VERSION}.{self._newest}.")


def _derive(key: Token, purpose: bytes, length_bytes: int) -> bytes:
    return HKDF(SHA256(), length_bytes, salt=None, info=purpose).derive(key.value.encode())
