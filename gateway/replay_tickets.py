"""Leave to hear one recording, for some minutes: what a signed URL of a replay carries. Pure.

A ticket is good for one call, for whoever asked for it, and for one purpose. It is a JWT (HS256, RFC 7519) under a key
of its own, derived from the secret key; a rotated key still opens what it signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signaling.ids import CallId
from signaling.private import Token

GOOD_FOR: Final = timedelta(minutes=10)
AUDIENCE: Final = "ramal-replay"
ALGORITHM: Final = "HS256"
CLAIMS: Final = ("aud", "exp", "jti", "sub", "call", "for")
LONGEST_CHARS: Final = 1_024


class Purpose(StrEnum):
    REPLAY = "replay"
    DOWNLOAD = "download"
    LIVE = "live"  # what is heard so far of a call that is up
    META = "meta"  # what Meta itself recorded of it


class BadTicket(Exception):
    """`reason` is a word: `forged` (no ticket of ours), `expired`, `another` (of another call, or somebody else's)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ticket:
    """`actor` as the audit names them. `id` tells one replay from the next; of a live one it names the sound."""

    id: str
    call: CallId
    actor: str
    purpose: Purpose
    expires_at: datetime


class Tickets:
    """The first secret key signs; every one of them is accepted."""

    def __init__(self, secret_keys: Sequence[Token]) -> None:
        self._keys = [_derived(key) for key in secret_keys]

    def sign(self, ticket: Ticket) -> Token:
        claims = {
            "aud": AUDIENCE,
            "exp": int(ticket.expires_at.timestamp()),
            "jti": ticket.id,
            "sub": ticket.actor,
            "call": ticket.call,
            "for": ticket.purpose.value,
        }
        return Token(jwt.encode(claims, self._keys[0], ALGORITHM))

    def read(self, text: str, call: CallId, actor: str, now: datetime) -> Ticket:
        """Raises BadTicket."""
        ticket = self._read(text)
        if ticket.call != call or ticket.actor != actor:
            raise BadTicket("another")
        if now >= ticket.expires_at:
            raise BadTicket("expired")
        return ticket

    def _read(self, text: str) -> Ticket:
        if len(text) > LONGEST_CHARS:
            raise BadTicket("forged")
        # Of time we are the judge: the library would ask the system's clock.
        options: jwt.types.Options = {"require": list(CLAIMS), "verify_exp": False}
        for key in self._keys:
            try:
                claims = jwt.decode(text, key, [ALGORITHM], options, audience=AUDIENCE)
                return Ticket(
                    id=str(claims["jti"]),
                    call=CallId(str(claims["call"])),
                    actor=str(claims["sub"]),
                    purpose=Purpose(claims["for"]),
                    expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                )
            except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
                continue
        raise BadTicket("forged")


def _derived(secret_key: Token) -> bytes:
    """A key for tickets alone (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=None, info=b"ramal replay v1").derive(secret_key.value.encode())
