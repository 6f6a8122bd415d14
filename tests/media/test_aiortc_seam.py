"""The private names of aiortc and aioice that audio stands on: a release that moves one is found here first."""

import asyncio
import inspect

import pytest
from aioice.candidate import Candidate
from aioice.ice import Connection, StunProtocol
from aiortc import RTCCertificate, RTCDtlsTransport, rtcdtlstransport

from gateway.media.aiortc_seam import Certificate, Dtls, DtlsFailed, _DatagramPipe
from gateway.media.plane import SrtpKeys, SrtpProfile


def test_every_private_name_of_aiortc_is_where_we_take_it() -> None:
    transport = RTCDtlsTransport(_DatagramPipe(lambda data: None), [RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    for name in ("_set_role", "_set_state", "_setup_srtp", "_recv_next", "_write_ssl", "start", "stop"):
        assert callable(getattr(transport, name)), name
    for name in ("_ssl", "_role", "_state", "_srtp_profiles"):
        assert hasattr(transport, name), name
    assert list(inspect.signature(RTCCertificate._create_ssl_context).parameters) == ["self", "srtp_profiles"]
    source = inspect.getsource(RTCDtlsTransport)
    assert "_create_ssl_context(" in source
    assert "self.transport._recv()" in source and "self.transport._send(data)" in source
    assert source.index("self._setup_srtp()") < source.index("self._set_state(State.CONNECTED)")
    for state in ("CONNECTED", "CLOSED", "FAILED"):
        assert hasattr(rtcdtlstransport.State, state)
    for profile in rtcdtlstransport.SRTP_PROFILES:
        assert profile.get_key_and_salt(bytes(200), 1) == bytes(profile.key_length + profile.salt_length)
    assert {profile.openssl_profile for profile in rtcdtlstransport.SRTP_PROFILES} == {
        b"SRTP_AEAD_AES_256_GCM",
        b"SRTP_AEAD_AES_128_GCM",
        b"SRTP_AES128_CM_SHA1_80",
    }


async def test_every_private_name_of_aioice_is_where_we_take_it() -> None:
    connection = Connection(ice_controlling=True)
    assert connection._protocols == [] and connection._nominated == {}
    assert connection._query_consent_task is None and 0 <= connection._tie_breaker < 2**64
    assert "self._query_consent_task = asyncio.create_task(" in inspect.getsource(Connection.connect)
    assert list(inspect.signature(Connection.get_component_candidates).parameters) == [
        "self",
        "component",
        "addresses",
        "timeout",
    ]
    assert list(inspect.signature(Connection.request_received).parameters) == ["self", "message", "addr", "protocol"]
    assert list(inspect.signature(Connection.respond_error).parameters) == [
        "self",
        "request",
        "addr",
        "protocol",
        "error_code",
    ]
    assert connection.remote_is_lite is False
    protocol = StunProtocol(connection)
    for name in ("connection_made", "connection_lost", "datagram_received", "send_stun"):
        assert callable(getattr(protocol, name)), name
    assert list(inspect.signature(Candidate.__init__).parameters)[1:8] == [
        "foundation",
        "component",
        "transport",
        "priority",
        "host",
        "port",
        "type",
    ]
    await connection.close()


class Pair:
    """Two associations, each one's records fed to the other."""

    def __init__(self, certificate: Certificate) -> None:
        self.client = Dtls(certificate, "client", self._to_server)
        self.server = Dtls(certificate, "server", self.client.feed)
        self.closed: list[str] = []

    def _to_server(self, record: bytes) -> None:
        self.server.feed(record)

    async def handshake(self, seen_by_client: str, seen_by_server: str) -> tuple[SrtpKeys, SrtpKeys]:
        async with asyncio.timeout(20):
            return await asyncio.gather(
                self.client.handshake(seen_by_client, lambda: self.closed.append("client")),
                self.server.handshake(seen_by_server, lambda: self.closed.append("server")),
            )


@pytest.mark.parametrize("profile", rtcdtlstransport.SRTP_PROFILES, ids=lambda p: p.openssl_profile.decode())
async def test_both_ends_get_the_same_keys_crosswise_for_every_profile(
    certificate: Certificate, profile: rtcdtlstransport.SRTPProtectionProfile
) -> None:
    pair = Pair(certificate)
    pair.client._transport._srtp_profiles = [profile]
    client, server = await pair.handshake(certificate.fingerprint, certificate.fingerprint)
    assert (client.rx, client.tx) == (server.tx, server.rx)
    assert client.rx != client.tx
    assert len(client.rx) == profile.key_length + profile.salt_length
    expected = {
        b"SRTP_AEAD_AES_256_GCM": SrtpProfile.AEAD_AES_256_GCM,
        b"SRTP_AEAD_AES_128_GCM": SrtpProfile.AEAD_AES_128_GCM,
        b"SRTP_AES128_CM_SHA1_80": SrtpProfile.AES_CM_128_HMAC_SHA1_80,
    }
    assert client.profile == server.profile == expected[profile.openssl_profile]
    await pair.client.close()
    await pair.server.close()


async def test_a_certificate_that_the_sdp_did_not_promise_is_refused(certificate: Certificate) -> None:
    pair = Pair(certificate)
    with pytest.raises(DtlsFailed):
        await pair.handshake(":".join(["00"] * 32), certificate.fingerprint)
    await pair.client.close()
    await pair.server.close()


async def test_the_end_of_an_association_is_told_to_the_other_side_only(certificate: Certificate) -> None:
    pair = Pair(certificate)
    told = asyncio.Event()
    handshakes = asyncio.gather(
        pair.client.handshake(certificate.fingerprint, lambda: pair.closed.append("client")),
        pair.server.handshake(certificate.fingerprint, told.set),
    )
    await handshakes
    await pair.client.close()
    async with asyncio.timeout(20):
        await told.wait()
    assert pair.closed == []
    await pair.server.close()


async def test_keys_never_show_when_they_are_printed(certificate: Certificate) -> None:
    pair = Pair(certificate)
    client, _ = await pair.handshake(certificate.fingerprint, certificate.fingerprint)
    assert str(client.rx) not in repr(client) and "rx" not in repr(client)
    await pair.client.close()
    await pair.server.close()
