"""The other ends of tests: bare SRTP sockets, a simulated Meta relay, browsers, and a wire that can be moved."""

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pylibsrtp

from gateway.media import rtcp, rtp
from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import META_RELAY, WHATSAPP, DtlsRole, Leg, RemoteParameters
from gateway.media.plane import Address, Endpoint, FlowCodec, FlowId, Plane, Prompt, SrtpKeys, SrtpProfile
from gateway.media.ports import MediaPort
from gateway.media.python_plane import PythonPlane
from gateway.media.sdp import read_candidates, read_sdp, read_secured

CODEC = FlowCodec(opus=111, telephone_event=126, level_extension=1)
LOCALHOST = "127.0.0.1"
ANY_PORT = range(0, 1)
PROMPT = Prompt("tone", tuple(bytes([0xF8, 0xE0, n]) for n in range(8)), loop=True)

_PROFILES = {
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
    SrtpProfile.AEAD_AES_128_GCM: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    SrtpProfile.AEAD_AES_256_GCM: (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
}


def ignore_control(data: bytes, address: Address) -> None:
    """A plane without legs has nothing to say to STUN and DTLS."""


async def eventually_free(port: int) -> None:
    """The loop closes a socket in one of its next turns."""
    async with asyncio.timeout(20):
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((LOCALHOST, port))
                except OSError:
                    await asyncio.sleep(0)
                else:
                    return


async def eventually(true: Callable[[], bool]) -> None:
    """What one of the loop's next turns brings."""
    async with asyncio.timeout(20):
        while True:
            if true():
                return
            await asyncio.sleep(0)


async def holds_nothing(plane: Plane, endpoints: int) -> None:
    """No flow, and nothing of one, is left on these endpoints."""
    inside: Any = plane
    if isinstance(plane, PythonPlane):
        assert (inside._flows, inside._paced, len(inside._endpoints)) == ({}, {}, endpoints)
        for endpoint in inside._endpoints:
            assert (endpoint._by_address, endpoint._by_ssrc, endpoint._moved_s) == ({}, {}, {})
        return
    await eventually(lambda: tuple(inside.inventory()) == (endpoints, 0, 0, 0, 0))  # its threads forget in a next round


class Socket(asyncio.DatagramProtocol):
    """A UDP socket that keeps what comes, and can be waited for."""

    def __init__(self) -> None:
        self.datagrams: list[tuple[bytes, Address]] = []
        self._came = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> "Socket":
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOCALHOST, 0))
        return self

    @property
    def address(self) -> Address:
        return cast(Address, self.transport.get_extra_info("sockname"))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.datagrams.append((data, addr))
        self.took(data)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def took(self, data: bytes) -> None:
        """For those who want to read it at once."""

    async def _tell(self) -> None:
        async with self._came:
            self._came.notify_all()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what has come makes this true."""
        async with asyncio.timeout(20), self._came:
            await self._came.wait_for(true)

    def send(self, data: bytes, address: Address) -> None:
        self.transport.sendto(data, address)

    def close(self) -> None:
        self.transport.close()


@dataclass(frozen=True)
class Heard:
    """An RTP packet as it came, its header bytes included."""

    raw: bytes
    packet: rtp.RtpPacket


class RawPeer(Socket):
    """The far end of one flow: SRTP, and nothing else. It decrypts all that comes and sends what it is told to."""

    def __init__(self, profile: SrtpProfile = SrtpProfile.AES_CM_128_HMAC_SHA1_80, ssrc: int = 0x1234) -> None:
        super().__init__()
        srtp_profile, size = _PROFILES[profile]
        ours, theirs = os.urandom(size), os.urandom(size)
        self.keys_for_plane = SrtpKeys(profile, rx=ours, tx=theirs)
        out, back = pylibsrtp.Policy.SSRC_ANY_OUTBOUND, pylibsrtp.Policy.SSRC_ANY_INBOUND
        self._out = pylibsrtp.Session(pylibsrtp.Policy(key=ours, ssrc_type=out, srtp_profile=srtp_profile))
        self._in = pylibsrtp.Session(pylibsrtp.Policy(key=theirs, ssrc_type=back, srtp_profile=srtp_profile))
        self.ssrc = ssrc
        self.sequence, self.ticks = 65_500, 0xFFFF_0000
        self.heard: list[Heard] = []
        self.reports: list[rtcp.Report] = []

    async def join(
        self, plane: Plane, endpoint: Endpoint, *, lines: int = 1, continuous: bool = False, codec: FlowCodec = CODEC
    ) -> FlowId:
        await self.open()
        self.plane_address = endpoint.local_address
        ssrcs = [7000 + n for n in range(lines)]
        return plane.add_flow(endpoint, self.address, self.keys_for_plane, codec, ssrcs, continuous)

    def took(self, data: bytes) -> None:
        if rtp.is_rtcp(data):
            self.reports += rtcp.parse_rtcp(self._in.unprotect_rtcp(data))
        else:
            clear = self._in.unprotect(data)
            self.heard.append(Heard(clear, rtp.parse_rtp(clear)))

    def say(self, payload: bytes = b"\x78voice", *, skip: int = 0, pause: int = 0, payload_type: int = 111) -> bytes:
        """Send the next 20 ms, after losing `skip` frames and being silent for `pause`; returns the datagram."""
        self.sequence = (self.sequence + 1 + skip) & 0xFFFF
        self.ticks = (self.ticks + 960 * (1 + skip + pause)) & 0xFFFF_FFFF
        return self.send_clear(rtp.pack_rtp(payload_type, False, self.sequence, self.ticks, self.ssrc, payload))

    def send_clear(self, packet: bytes) -> bytes:
        data = self._out.protect(packet)
        self.send(data, self.plane_address)
        return data

    def report(self, compound: bytes) -> None:
        self.send(self._out.protect_rtcp(compound), self.plane_address)

    async def hears(self, packets: int) -> None:
        await self.until(lambda: len(self.heard) >= packets)

    @property
    def payloads(self) -> list[bytes]:
        return [heard.packet.payload for heard in self.heard]


class Told:
    """Events of a plane, kept and waited for."""

    def __init__(self, plane: Plane, *names: str) -> None:
        self.events: list[tuple[Any, ...]] = []
        self._news = asyncio.Event()
        for name in names:
            plane.events.on(name, lambda *args, name=name: self._add((name, *args)))

    def _add(self, event: tuple[Any, ...]) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not true():
                self._news.clear()
                await self._news.wait()


# ---- peers with ICE and DTLS -----------------------------------------------------------------------------------------


@dataclass
class FarLeg:
    """A leg on a plane of its own: a customer behind Meta's relay, or a browser."""

    plane: Plane
    port: MediaPort
    leg: Leg
    lost: list[str] = field(default_factory=list)

    async def answered(self, sdp: str) -> FlowId:
        """Start with what the gateway's SDP says, and open the gate."""
        flow = await self.leg.start(remote_of(sdp))
        self.plane.open_gate(flow)
        return flow

    async def close(self) -> None:
        await self.leg.close()
        self.port.close()


def remote_of(sdp: str, codec: FlowCodec = CODEC) -> RemoteParameters:
    description = read_sdp(sdp)
    section = description.media[0]
    secured = read_secured(description, section)
    return RemoteParameters(secured.ufrag, secured.pwd, secured.fingerprint, codec, read_candidates(section))


async def meta_relay(plane: Plane, certificate: Certificate) -> FarLeg:
    """Meta's side: lite, controlled, never starts DTLS."""
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=False)
    lost: list[str] = []
    return FarLeg(plane, port, Leg(plane, port, certificate, META_RELAY, lost.append), lost)


async def browser(plane: Plane, certificate: Certificate) -> FarLeg:
    """A browser's side: full ICE, controlling, DTLS server (we answer `active`)."""
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=True)
    lost: list[str] = []
    kind = replace(WHATSAPP, dtls=DtlsRole.SERVER, continuous=False)
    return FarLeg(plane, port, Leg(plane, port, certificate, kind, lost.append), lost)


def meta_offer(far: FarLeg) -> str:
    """The live shape (reference 3.2) with this relay's numbers."""
    local = far.leg.local
    host, port = local.address
    lines = [
        *("v=0", "o=- 1790000000762 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE audio", "a=ice-lite"),
        f"m=audio {port} UDP/TLS/RTP/SAVPF 111 126",
        f"c=IN IP4 {host}",
        f"a=candidate:1779462145 1 udp 2122260223 {host} {port} typ host generation 0 network-cost 50",
        f"a=candidate:2909847136 1 udp 2122262783 2001:db8::1 {port} typ host generation 0 network-cost 50",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        *("a=setup:actpass", "a=mid:audio", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2"),
        *("a=rtpmap:126 telephone-event/8000", "a=maxptime:20", "a=ptime:20"),
        f"a=ssrc:{local.ssrcs[0]} cname:WhatsAppAudioStream1",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def seat_offer(far: FarLeg) -> str:
    """A seat's two lines with this browser's numbers."""
    local = far.leg.local
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    for mid, direction in (("0", "sendrecv"), ("1", "recvonly")):
        lines += [
            *("m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0"),
            f"a=ice-ufrag:{local.ufrag}",
            f"a=ice-pwd:{local.pwd}",
            f"a=fingerprint:sha-256 {local.fingerprint}",
            *("a=setup:actpass", f"a=mid:{mid}", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
            *(f"a={direction}", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2"),
        ]
    return "".join(f"{line}\r\n" for line in lines)


class MovableWire(asyncio.DatagramProtocol):
    """A NAT between a client and the gateway: the client talks to `address`; `move` gives it another outside."""

    async def open(self, gateway: Address) -> "MovableWire":
        self._gateway = gateway
        loop = asyncio.get_running_loop()
        self._inside, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(LOCALHOST, 0))
        self._client: Address | None = None
        self.outside: list[Socket] = []
        await self.move()
        return self

    @property
    def address(self) -> Address:
        return cast(Address, self._inside.get_extra_info("sockname"))

    async def move(self) -> Address:
        """From now on the gateway sees the client at another address; the old one is a dead end."""
        for old in self.outside:
            old.took = lambda data: None  # type: ignore[method-assign]
        fresh = await Socket().open()
        fresh.took = self._from_gateway  # type: ignore[method-assign]
        self.outside.append(fresh)
        return fresh.address

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._client = addr
        self.outside[-1].send(data, self._gateway)

    def _from_gateway(self, data: bytes) -> None:
        if self._client is not None:
            self._inside.sendto(data, self._client)

    def close(self) -> None:
        for sock in self.outside:
            sock.close()
        self._inside.close()
