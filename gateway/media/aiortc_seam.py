"""The one place that touches private names of aiortc and aioice: DTLS and full ICE over sockets that a plane owns.

`tests/media/test_aiortc_seam.py` names each of them and fails when a release moves one. Both libraries are pinned to a
minor. SRTP is not aiortc's business here: its keys are exported and the plane does the rest.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection
from typing import Any, cast

from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import Connection, StunProtocol
from aioice.utils import random_string
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, RTCIceTransport
from aiortc.rtcdtlstransport import SRTPProtectionProfile, State
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from OpenSSL import SSL

from gateway.media.plane import Address, SrtpKeys, SrtpProfile

Send = Callable[[bytes, Address], None]

_MOST_WAITING = 32  # DTLS records: a handshake has fewer; the rest of a flood is dropped
_PROFILES = {
    b"SRTP_AES128_CM_SHA1_80": SrtpProfile.AES_CM_128_HMAC_SHA1_80,
    b"SRTP_AEAD_AES_128_GCM": SrtpProfile.AEAD_AES_128_GCM,
    b"SRTP_AEAD_AES_256_GCM": SrtpProfile.AEAD_AES_256_GCM,
}
_CIPHERS = b":".join(
    b"ECDHE-%s-%s" % (certificate, cipher)
    for certificate in (b"ECDSA", b"RSA")  # theirs; GStreamer's is RSA, and aiortc would refuse it
    for cipher in (b"AES128-GCM-SHA256", b"CHACHA20-POLY1305", b"AES128-SHA", b"AES256-SHA")
)
"""Forward secrecy always; the first is what every WebRTC endpoint has (RFC 8827 §6.5)."""


class _RtcCertificate(RTCCertificate):
    """aiortc's, with one SSL context for all legs: making one costs as much as a fifth of a handshake."""

    def __init__(self, key: EllipticCurvePrivateKey, cert: x509.Certificate) -> None:
        super().__init__(key, cert)
        self._contexts: dict[tuple[bytes, ...], SSL.Context] = {}

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        names = tuple(profile.openssl_profile for profile in srtp_profiles)
        if names not in self._contexts:
            context = self._contexts[names] = super()._create_ssl_context(srtp_profiles)
            context.set_cipher_list(_CIPHERS)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # every association is new
        return self._contexts[names]


class Certificate:
    """One ECDSA certificate for all legs of a process; peers know it by its fingerprint in the SDP."""

    def __init__(self) -> None:
        self.rtc = _RtcCertificate.generateCertificate()
        self.fingerprint = next(f.value for f in self.rtc.getFingerprints() if f.algorithm == "sha-256")


# ---- DTLS ------------------------------------------------------------------------------------------------------------


class DtlsFailed(Exception):
    """The handshake broke off, the certificate was not the one in the SDP, or no SRTP profile is common."""


class _DatagramPipe:
    """What RTCDtlsTransport needs of an RTCIceTransport."""

    role = "controlling"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_WAITING)

    def feed(self, data: bytes) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._waiting.put_nowait(data)

    def close(self) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._waiting.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class _KeyedDtlsTransport(RTCDtlsTransport):
    keys: SrtpKeys | None = None

    def _setup_srtp(self) -> None:
        assert self._ssl is not None
        chosen = self._ssl.get_selected_srtp_profile()
        for profile in self._srtp_profiles:
            if profile.openssl_profile == chosen:
                break
        else:
            self._set_state(State.FAILED)
            return
        size = 2 * (profile.key_length + profile.salt_length)
        material = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)  # RFC 5764 §4.2
        client, server = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
        rx, tx = (client, server) if self._role == "server" else (server, client)
        self.keys = SrtpKeys(_PROFILES[profile.openssl_profile], rx=rx, tx=tx)


class Dtls:
    """One DTLS association. Feed it records from checked addresses only; `on_closed` is called once when the peer ends
    an association that was up."""

    def __init__(self, certificate: Certificate, role: str, send: Callable[[bytes], None]) -> None:
        """`role` is client (speaks first) or server (waits)."""
        self._pipe = _DatagramPipe(send)
        self._transport = _KeyedDtlsTransport(cast(RTCIceTransport, self._pipe), [certificate.rtc])
        self._transport._set_role(role)

    def feed(self, record: bytes) -> None:
        self._pipe.feed(record)

    def act_as(self, role: str) -> None:
        """Another role than at first, before the handshake. Records that came meanwhile are kept."""
        self._transport._set_role(role)

    async def handshake(self, fingerprint: str, on_closed: Callable[[], None]) -> SrtpKeys:
        """SRTP keys, once the peer has proven to own the certificate with this SHA-256. Raises DtlsFailed."""
        await self._transport.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", fingerprint)]))
        if self._transport.state != "connected" or self._transport.keys is None:
            raise DtlsFailed(self._transport.state)

        def changed() -> None:
            if self._transport.state == "closed":
                on_closed()

        self._transport.on("statechange", changed)
        return self._transport.keys

    async def close(self) -> None:
        """Say close_notify when the association is up. Does not call `on_closed`."""
        self._transport.remove_all_listeners()
        await self._transport.stop()
        self._pipe.close()


# ---- full ICE --------------------------------------------------------------------------------------------------------


class IceFailed(Exception):
    """No candidate of the peer answered."""


class _Transport:
    """What StunProtocol needs of an asyncio.DatagramTransport."""

    def __init__(self, send: Send, local: Address, protocol: StunProtocol) -> None:
        self._send, self._local, self._protocol = send, local, protocol

    def sendto(self, data: bytes, address: Address) -> None:
        self._send(data, address)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._local if name == "sockname" else default

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


class _Connection(Connection):
    """aioice's agent with one candidate: ours. Nothing is answered to strangers, not even a refusal."""

    def __init__(self, send: Send, local: Address) -> None:
        super().__init__(ice_controlling=True, local_username=random_string(8), local_password=random_string(24))
        self.remote_is_lite = True  # regular nomination: one pair, and no other (reference 3.1)
        self._send_datagram, self._local = send, local
        self.stun_protocol: StunProtocol | None = None

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 (aioice's signature)
    ) -> list[Candidate]:
        protocol = self.stun_protocol = StunProtocol(self)
        transport = _Transport(self._send_datagram, self._local, protocol)
        protocol.connection_made(cast(asyncio.BaseTransport, transport))
        host, port = self._local
        foundation, priority = candidate_foundation("host", "udp", host), candidate_priority(component, "host")
        protocol.local_candidate = Candidate(foundation, component, "udp", priority, host, port, "host")
        self._protocols.append(protocol)
        return [protocol.local_candidate]

    def request_received(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        if "PRIORITY" in message.attributes:  # every check has it (RFC 8445 §7.1.1)
            super().request_received(message, addr, protocol)

    def respond_error(
        self, request: stun.Message, addr: Address, protocol: StunProtocol, error_code: tuple[int, str]
    ) -> None:
        if error_code[0] == 487:  # role conflict: the only one that an authenticated peer gets
            super().respond_error(request, addr, protocol, error_code)


class FullIce:
    """A controlling agent over one plane endpoint: it opens the path outward by its own checks."""

    def __init__(self, send: Send, local: Address) -> None:
        self._connection = _Connection(send, local)
        self._known: set[Address] = set()
        self._watch: asyncio.Task[None] | None = None
        self.ufrag, self.pwd = self._connection.local_username, self._connection.local_password

    async def connect(self, ufrag: str, pwd: str, candidates: Collection[Address]) -> None:
        """Check `candidates` until one is nominated. Raises IceFailed."""
        connection = self._connection
        connection.remote_username, connection.remote_password = ufrag, pwd
        await connection.gather_candidates()
        for priority, (host, port) in enumerate(reversed(list(candidates)), 1):
            foundation = candidate_foundation("host", "udp", host)
            await connection.add_remote_candidate(Candidate(foundation, 1, "udp", priority, host, port, "host"))
            self._known.add((host, port))
        await connection.add_remote_candidate(None)
        try:
            await connection.connect()
        except ConnectionError:
            raise IceFailed from None
        if self.path is None:
            raise IceFailed

    @property
    def path(self) -> Address | None:
        pair = self._connection._nominated.get(1)
        return None if pair is None else pair.remote_addr

    def knows(self, address: Address) -> bool:
        """Whether DTLS from there may be listened to."""
        return address in self._known or address == self.path

    def receive(self, data: bytes, address: Address) -> None:
        """A STUN message, well-formed."""
        if self._connection.stun_protocol is not None:
            self._connection.stun_protocol.datagram_received(data, address)

    def watch(self, on_dead: Callable[[], None]) -> None:
        """Call `on_dead` once when consent expires: six checks, some 30 s, without an answer (RFC 7675)."""

        async def wait() -> None:
            await self._connection.get_event()
            on_dead()

        self._watch = asyncio.create_task(wait())

    def yield_consent(self) -> int:
        """Somebody else asks for consent from now on, with this tie-breaker."""
        if self._connection._query_consent_task is not None:
            self._connection._query_consent_task.cancel()
        return self._connection._tie_breaker

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await self._connection.close()
