"""The switchboard's interface. A plane owns UDP sockets and *flows* and says what each flow's lines hear.

Two planes implement it, pure Python (`python_plane`) and C (`native`), and pass the same tests. Nothing here decodes
audio. Everything but `push` runs on the event loop's thread; nothing is awaited once per packet.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType, Protocol, runtime_checkable

from pyee.asyncio import AsyncIOEventEmitter

Address = tuple[str, int]
"""Host and UDP port."""

FlowId = NewType("FlowId", int)

STAMP = struct.Struct("=d")
"""A time inside a packet. In this machine's byte order: both ends of a measurement share its clock."""

OPUS_FRAME_TICKS = 960  # 20 ms at Opus' 48 kHz RTP clock (RFC 7587 §4.1)


class SrtpProfile(StrEnum):
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Keys of one flow: master key followed by master salt, as RFC 5764 §4.2 exports them. Never printed."""

    profile: SrtpProfile
    rx: bytes = field(repr=False)
    tx: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlowCodec:
    """Payload types as this peer numbers them. `level_extension` is the RFC 6464 header extension id, if agreed."""

    opus: int
    telephone_event: int | None = None
    level_extension: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """Prepared 20 ms Opus packets, paced by the plane. A prompt that does not loop ends with event `prompt_ended`.

    `stamp_at`: where each packet gets the moment in which it leaves (STAMP: seconds of the clock of
    `TappedPacket.arrived_s`), for who measures how long sound is on its way. It must fit into every packet.
    """

    name: str
    packets: Sequence[bytes] = field(repr=False)
    loop: bool = False
    stamp_at: int | None = None


class Silence:
    """Opus silence every 20 ms: what a leg to Meta hears when it hears nothing else."""


SILENCE = Silence()

Source = FlowId | Prompt | Silence | None
"""What a line hears. None: nothing on the wire (browsers only)."""


@dataclass(frozen=True, slots=True)
class TappedPacket:
    """One received audio packet: `arrived_s` on the plane's monotonic clock, RTP header fields, Opus payload."""

    flow: FlowId
    arrived_s: float
    ssrc: int
    sequence: int
    ticks: int
    marker: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class PushedPacket:
    """One packet of a source that is made here: RTP header fields, and an Opus payload of 1 to 1,400 bytes."""

    ssrc: int
    sequence: int
    ticks: int
    payload: bytes


Tap = Callable[[TappedPacket], None]
"""Called on the loop for each packet, in order, some milliseconds late at most; it must not block. A tap that raises is
removed and reported as `tap_failed`."""


Recorder = Callable[[bytes], object]
"""Called on the loop with a piece of a flow's tape (`gateway.media.tape`): its latest packets in order, some ten of
them and a second late at most. An empty piece comes once, after the last. It must not block. What it raises is told as
`tap_failed`, and it is called no more."""


class TapOverflow(Exception):
    """The loop was too busy for `lost` packets of a tapped flow. They were forwarded, and the taps go on."""

    def __init__(self, lost: int) -> None:
        super().__init__(f"{lost} packets were not tapped")
        self.lost = lost


@dataclass(frozen=True, slots=True)
class DirectionFigures:
    """One direction of one flow since it began. Loss and jitter by RFC 3550 A.3 and A.8."""

    packets: int = 0
    octets: int = 0
    lost: int = 0
    loss_fraction: float = 0.0  # of the last report interval
    jitter_ms: float = 0.0
    first_packet_s: float | None = None  # monotonic
    last_packet_s: float | None = None
    reported_s: float | None = None  # of `sent`: when the peer last reported on the first line
    acknowledged: int = 0  # of `sent`: the highest sequence it had by then, extended by wraps (RFC 3550 §6.4.1)


@dataclass(frozen=True, slots=True)
class FlowFigures:
    """`received` is what we measured; `sent` holds what we sent, and what the peer reported about it by RTCP."""

    received: DirectionFigures
    sent: DirectionFigures
    round_trip_ms: float | None
    level_dbov: int | None  # last audio level received (0 loud … -127 silent)
    dropped: dict[str, int]  # cause → packets refused (replay, authentication, malformed, unknown_payload …)


@dataclass(frozen=True, slots=True)
class PlaneTotals:
    """All flows since the plane began, those that are gone among them. `received` are authentic media packets;
    `dropped`: cause → packets refused (as in FlowFigures, and `stranger`: of nobody we know)."""

    flows: int = 0  # now
    packets_received: int = 0
    packets_sent: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


class Endpoint(Protocol):
    """One UDP socket of the plane. What is not media of a known flow goes to `on_control(data, address)`."""

    @property
    def local_address(self) -> Address: ...

    def send(self, data: bytes, address: Address) -> None: ...

    def close(self) -> None: ...


ControlHandler = Callable[[bytes, Address], None]


class Plane(Protocol):
    """See the module. Events on `events` (pyee): `first_packet(flow)` (received), `first_sent(flow)`,
    `digit(flow, character, duration_ms)`, `moved(flow, address)` (authentic media from a new address), `bye(flow)`,
    `prompt_ended(flow, line, prompt)`, `tap_failed(flow, error)`."""

    events: AsyncIOEventEmitter

    async def open_endpoint(self, host: str, ports: range, on_control: ControlHandler) -> Endpoint:
        """A UDP socket on a free port of `ports` (range(0, 1): any). Raises NoPortFree."""
        ...

    def add_flow(
        self,
        endpoint: Endpoint,
        remote: Address,
        keys: SrtpKeys,
        codec: FlowCodec,
        out_ssrcs: Sequence[int],
        continuous: bool = False,
    ) -> FlowId:
        """A secured leg. It sends one line per SSRC in `out_ssrcs`, and nothing at all before `open_gate`.

        A `continuous` flow's lines have a packet every 20 ms from then on, for ever: Opus silence when they hear
        nothing, and while what they hear is quiet for more than 60 ms (Meta ends a call after 30 s without packets).
        """
        ...

    def set_remote(self, flow: FlowId, remote: Address) -> None:
        """Send there from now on (a checked path)."""
        ...

    def expect_from(self, endpoint: Endpoint, address: Address, flow: FlowId) -> None:
        """Media from `address` on `endpoint` belongs to `flow` (several checked paths may exist)."""
        ...

    def open_gate(self, flow: FlowId) -> None:
        """Packets may leave now. Before it nothing does, RTCP included (Meta takes the first packet as pick-up)."""
        ...

    def hear(self, flow: FlowId, source: Source, line: int = 0) -> None:
        """From now on this line hears `source`: one SSRC, one unbroken sequence and clock across all changes."""
        ...

    def add_source(self, endpoint: Endpoint) -> FlowId:
        """A flow without a peer, whose sound is made here and pushed. It can be heard, tapped and recorded like any
        other, sends nothing, and is counted among the flows. `endpoint`: of whoever will hear it, for one thread does
        both; the source is removed before that is closed."""
        ...

    def push(self, source: FlowId, packet: PushedPacket) -> None:
        """Whoever hears this source hears this packet now. From any thread; for a source that is gone it does
        nothing."""
        ...

    def tap(self, flow: FlowId, tap: Tap) -> None: ...

    def untap(self, flow: FlowId, tap: Tap) -> None: ...

    def record(self, flow: FlowId, recorder: Recorder, played: bool = False) -> None:
        """A tap for those who keep everything: it costs a packet a small part of what `tap` does. One for each flow.

        `played`: of the prompts that its first line hears, as they leave, and not of the peer; one for each flow, too.
        Each `hear` is an SSRC of its own whose clock begins with the prompt, and runs on when it begins anew.
        """
        ...

    def stop_recording(self, flow: FlowId, played: bool = False) -> None:
        """The recorder is given what it has not had, and nothing more after that. So it is when the flow is removed."""
        ...

    def figures(self, flow: FlowId) -> FlowFigures: ...

    def totals(self) -> PlaneTotals:
        """Never less than before, but for `flows`."""
        ...

    def remove_flow(self, flow: FlowId) -> None:
        """Forget keys, addresses and listeners. Whoever heard this flow hears nothing now."""
        ...

    def close(self) -> None: ...


class IceKeeper(Protocol):
    """The ICE of one peer, kept by the plane until `close`."""

    @property
    def last_check_s(self) -> float | None:
        """When the peer's last valid check came (monotonic)."""
        ...

    def name_peer(self, ufrag: str, pwd: str) -> None: ...

    def carry(self, flow: FlowId, path: Address) -> None:
        """This flow sends where the peer is nominated, at first to `path`, and gets what comes from checked paths."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class KeepsIce(Protocol):
    """What a plane may offer besides: ICE that costs the loop nothing while nothing happens.

    On an endpoint whose checks are answered here, strangers' datagrams never reach `on_control`.
    """

    def answer_checks(
        self, endpoint: Endpoint, ufrag: str, pwd: str, on_checked: Callable[[Address, bool], None]
    ) -> IceKeeper:
        """A lite agent (RFC 8445 §2.5). `on_checked(address, is_path)`: an address is new, or it is the path now."""
        ...

    def keep_consent(
        self, endpoint: Endpoint, ufrag: str, pwd: str, tie_breaker: int, on_expired: Callable[[], None]
    ) -> IceKeeper:
        """For a full, controlling agent that has nominated: consent to send (RFC 7675) is asked for from `carry` on.
        `on_expired` is called once, after 30 s without an answer."""
        ...


class NoPortFree(OSError):
    """Every port of the range is taken: a limit of configuration, and it passes when calls end."""
