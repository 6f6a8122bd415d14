"""Relays for agents' browsers whose network lets no UDP through to us: addresses, and credentials that end.

The relay is somebody else's program (coturn, for instance) that shares a secret with us and asks us nothing: what it
accepts follows from the secret ("A REST API For Access To TURN Services", draft-uberti-behave-turn-rest-00; coturn's
`use-auth-secret`).
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from signaling.agents.page_messages import Relays
from signaling.ids import AgentId
from signaling.private import Token


@dataclass(frozen=True, slots=True)
class TurnRelays:
    """`urls`: `turn:` or `turns:` addresses (RFC 7065)."""

    urls: tuple[str, ...]
    secret: Token

    def __call__(self, agent: AgentId, until: datetime) -> Relays:
        """What this agent's browser may use until their session ends."""
        username = f"{int(until.timestamp())}:{agent}"
        digest = hmac.digest(self.secret.value.encode(), username.encode(), hashlib.sha1)
        return Relays(urls=list(self.urls), username=username, credential=base64.b64encode(digest).decode())
