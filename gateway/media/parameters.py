"""What two peers tell each other in SDP, as values. Pure."""

from dataclasses import dataclass, field

from gateway.media.plane import Address, FlowCodec

CNAME = "ramal"
"""The canonical name of all our streams: in SDP and in RTCP descriptions."""


@dataclass(frozen=True, slots=True)
class LocalParameters:
    """What our SDP says. `address` is the one host candidate; `fingerprint` a SHA-256 as `AB:CD:…`."""

    ufrag: str = field(repr=False)
    pwd: str = field(repr=False)
    fingerprint: str = field(repr=False)
    address: Address
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RemoteParameters:
    """What the peer's SDP says. `candidates` are needed by a full leg only, the most wanted first."""

    ufrag: str = field(repr=False)
    pwd: str = field(repr=False)
    fingerprint: str = field(repr=False)
    codec: FlowCodec
    candidates: tuple[Address, ...] = ()
