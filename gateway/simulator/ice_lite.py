"""Meta's side of ICE: lite and controlled (RFC 8445 §2.5, reference 3.1). It answers checks and starts none. No I/O."""

from dataclasses import dataclass, field

from aioice import stun

from gateway.simulator.faults import FaultKind

Address = tuple[str, int]
USERNAME = 6  # attribute type, RFC 8489 §18.3


def requested_ufrag(data: bytes) -> str | None:
    """Our ufrag in the USERNAME of a binding request, read without a full parse; None when it is not one."""
    if len(data) < 20 or data[:2] != b"\x00\x01":
        return None
    at = 20
    while at + 4 <= len(data):
        kind, length = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4], "big")
        if kind == USERNAME:
            return data[at + 4 : at + 4 + length].split(b":")[0].decode("ascii", "replace")
        at += 4 + (length + 3 & ~3)
    return None


@dataclass(slots=True)
class IceLite:
    """`path`: where to send. A path is checked when a check on it was answered, nominated by USE-CANDIDATE."""

    ufrag: str
    password: str = field(repr=False)
    path: Address | None = None
    nominated: bool = False
    checked: set[Address] = field(default_factory=set)
    findings: list[tuple[FaultKind, str]] = field(default_factory=list)

    def answer(self, data: bytes, address: Address) -> bytes | None:
        """What to send back to a STUN message from `address`, if anything. Broken rules go to `findings`."""
        try:
            request = stun.parse_message(data)
        except ValueError:
            return None
        if request.message_class is not stun.Class.REQUEST or request.message_method is not stun.Method.BINDING:
            return None
        if not request.check_message_integrity(self.password.encode()):
            return None
        if "ICE-CONTROLLED" in request.attributes:
            self.findings.append((FaultKind.ICE_ROLE, "a check in the controlled role: Meta answers 487"))
            return self._signed(request, stun.Class.ERROR, {"ERROR-CODE": (487, "Role Conflict")})
        if "USE-CANDIDATE" in request.attributes:
            self._nominate(address)
        self.checked.add(address)
        if self.path is None:
            self.path = address
        return self._signed(request, stun.Class.RESPONSE, {"XOR-MAPPED-ADDRESS": address})

    def _nominate(self, address: Address) -> None:
        if address not in self.checked:
            self.findings.append((FaultKind.AGGRESSIVE_NOMINATION, "USE-CANDIDATE on a path that was not yet checked"))
        if self.nominated and self.path != address:
            self.findings.append((FaultKind.NOMINATED_TWICE, "another path was nominated in the call"))
        self.path, self.nominated = address, True

    def _signed(self, request: stun.Message, kind: stun.Class, attributes: dict[str, object]) -> bytes:
        answer = stun.Message(stun.Method.BINDING, kind, request.transaction_id, attributes)
        answer.add_message_integrity(self.password.encode())
        return bytes(answer)
