"""ICE-lite (RFC 8445 §2.5): an agent that only answers checks, and sends one of its own when the peer has moved.

Pure: messages and the time come in, answers go out. Strangers get nothing, so nothing can be amplified. Addresses are
learnt from authenticated checks only: we receive on every checked path and send on the nominated one.
"""

import struct
from collections import OrderedDict
from dataclasses import dataclass, field

from aioice import stun
from aioice.utils import random_string

from gateway.media.plane import Address

_MOST_PATHS = 8
_PROBE_PRIORITY = 1
_ROLE_CONFLICT = (487, "Role Conflict")


def parse_stun(data: bytes) -> stun.Message | None:
    """A well-formed STUN message, or None."""
    try:
        return stun.parse_message(data)
    except (ValueError, struct.error):
        return None


def is_stun(data: bytes) -> bool:
    """By the first byte and the cookie (RFC 7983 §7, RFC 8489 §5)."""
    return len(data) >= 20 and data[0] <= 3 and data[4:8] == b"\x21\x12\xa4\x42"


def called_ufrag(message: stun.Message) -> str | None:
    """Whom a check is for: the first half of its USERNAME."""
    username = message.attributes.get("USERNAME")
    return username.partition(":")[0] if isinstance(username, str) else None


@dataclass(slots=True)
class LiteAgent:
    """One peer. `path` is where to send, None until a check has come; `last_check_s` when the last valid one came."""

    ufrag: str = field(default_factory=lambda: random_string(8), repr=False)
    pwd: str = field(default_factory=lambda: random_string(24), repr=False)
    remote_ufrag: str | None = field(default=None, repr=False)  # unknown until the peer's SDP is
    remote_pwd: str | None = field(default=None, repr=False)
    path: Address | None = None
    last_check_s: float | None = None
    _paths: "OrderedDict[Address, None]" = field(default_factory=OrderedDict)
    _probe: tuple[bytes, Address] | None = None  # transaction and address of our own check

    @property
    def paths(self) -> tuple[Address, ...]:
        """Every address with an authenticated check, oldest first."""
        return tuple(self._paths)

    def knows(self, address: Address) -> bool:
        return address in self._paths

    def receive(self, message: stun.Message, address: Address, now_s: float) -> bytes | None:
        """What to answer to `message` at `address`, if anything."""
        if message.message_method != stun.Method.BINDING:
            return None
        if message.message_class == stun.Class.RESPONSE:
            self._probe_answered(message, address, now_s)
            return None
        if message.message_class != stun.Class.REQUEST or not self._authentic(message):
            return None
        if "ICE-CONTROLLED" in message.attributes:  # we never control (RFC 8445 §6.1.1)
            return self._answer(message, stun.Class.ERROR, {"ERROR-CODE": _ROLE_CONFLICT})
        self.checked(address, "USE-CANDIDATE" in message.attributes, now_s)
        return self._answer(message, stun.Class.RESPONSE, {"XOR-MAPPED-ADDRESS": address})

    def checked(self, address: Address, nominated: bool, now_s: float) -> None:
        """A valid check came from there."""
        self._learn(address, now_s)
        if self.path is None or nominated:
            self.path = address

    def probe(self, address: Address) -> bytes | None:
        """A check of ours for a new address; its valid answer moves the path there. None before the peer is known."""
        if self.remote_ufrag is None or self.remote_pwd is None:
            return None
        username = f"{self.remote_ufrag}:{self.ufrag}"
        attributes = {"USERNAME": username, "PRIORITY": _PROBE_PRIORITY, "ICE-CONTROLLED": 1}
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        request.add_message_integrity(self.remote_pwd.encode())
        self._probe = request.transaction_id, address
        return bytes(request)

    @property
    def probing(self) -> bytes | None:
        """The transaction of our own check that has no answer yet."""
        return self._probe[0] if self._probe else None

    def _authentic(self, message: stun.Message) -> bool:
        username = message.attributes.get("USERNAME")
        if not isinstance(username, str) or not message.check_message_integrity(self.pwd.encode()):
            return False
        local, _, remote = username.partition(":")
        return local == self.ufrag and self.remote_ufrag in (None, remote)

    def _probe_answered(self, message: stun.Message, address: Address, now_s: float) -> None:
        if self._probe != (message.transaction_id, address) or self.remote_pwd is None:
            return
        if message.check_message_integrity(self.remote_pwd.encode()):
            self._probe = None
            self.checked(address, True, now_s)

    def _learn(self, address: Address, now_s: float) -> None:
        self.last_check_s = now_s
        self._paths[address] = None
        if len(self._paths) > _MOST_PATHS:
            oldest = next(path for path in self._paths if path not in (self.path, address))
            del self._paths[oldest]

    def _answer(self, request: stun.Message, kind: stun.Class, attributes: dict[str, object]) -> bytes:
        answer = stun.Message(stun.Method.BINDING, kind, request.transaction_id, attributes)
        answer.add_message_integrity(self.pwd.encode())
        return bytes(answer)
