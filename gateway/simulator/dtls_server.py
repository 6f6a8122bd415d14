"""DTLS-SRTP (RFC 5764) as Meta does it: a server that waits for the other side's ClientHello, or on a call of the
business a client, if its answer says `active`. No I/O, no timers.

OpenSSL's own bindings and libsrtp, not the gateway's transport: a fault shared by both ends would go unseen.
"""

import contextlib
import datetime
import secrets
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, Session

MAX_FLIGHT_BYTES = 1200  # a datagram that passes every path
RECORD_HEADER_BYTES = 13
REPLAY_WINDOW = 1024


@dataclass(frozen=True, slots=True)
class _Profile:
    srtp: int
    key_bytes: int
    salt_bytes: int


PROFILES = {
    b"SRTP_AES128_CM_SHA1_80": _Profile(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
    b"SRTP_AEAD_AES_128_GCM": _Profile(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AEAD_AES_256_GCM": _Profile(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
}


class Certificate:
    """One ECDSA certificate for every call of a simulator."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(16))])
        now = datetime.datetime.now(datetime.UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .sign(self._key, hashes.SHA256())
        )
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_options(SSL.OP_NO_TICKET)
        # Certificates are self-signed: the fingerprint in the SDP vouches for them.
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.context.use_certificate(self._certificate)
        self.context.use_privatekey(self._key)
        self.context.set_tlsext_use_srtp(b":".join(PROFILES))

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self._certificate)


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256, upper-case hex with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


class DtlsServer:
    """Feed it datagrams, send what it returns. `state`: new, connected, closed or failed. A `client` speaks first, when
    `begin` is called, and again at each `retry` until it is answered."""

    def __init__(self, certificate: Certificate, client: bool = False) -> None:
        self._connection = SSL.Connection(certificate.context, None)
        self._client = client
        self._begun = False
        if client:
            self._connection.set_connect_state()
        else:
            self._connection.set_accept_state()
        self.state = "new"
        self.profile = ""
        self.peer_fingerprint: str | None = None
        self.receiving: Session | None = None
        self.sending: Session | None = None

    def begin(self) -> list[bytes]:
        """A path is there: a client's first flight; once."""
        if not self._client or self._begun:
            return []
        self._begun = True
        with contextlib.suppress(SSL.WantReadError):
            self._connection.do_handshake()
        return self._flights()

    def retry(self) -> list[bytes]:
        """A flight again that was not answered for a second, two, four … (RFC 6347 §4.2.4.1)."""
        if not self._begun or self.state != "new":
            return []
        with contextlib.suppress(SSL.Error):
            self._connection.DTLSv1_handle_timeout()
        return self._flights()

    def feed(self, datagram: bytes) -> list[bytes]:
        """Datagrams to send back."""
        if self.state in ("closed", "failed"):
            return []
        self._connection.bio_write(datagram)
        try:
            if self.state == "new":
                self._connection.do_handshake()
                self._finish()
            else:
                self._connection.recv(2048)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.state = "closed"
        except SSL.Error:
            self.state = "failed"
        return self._flights()

    def _finish(self) -> None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        name = self._connection.get_selected_srtp_profile()
        profile = PROFILES.get(name)
        if certificate is None or profile is None:
            self.state = "failed"
            return
        self.peer_fingerprint = fingerprint_of(certificate)
        key, salt = profile.key_bytes, profile.salt_bytes
        material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (key + salt))
        # RFC 5764 §4.2: client key, server key, client salt, server salt.
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt :]
        ours, theirs = (client, server) if self._client else (server, client)
        self.receiving = _session(theirs, Policy.SSRC_ANY_INBOUND, profile)
        self.sending = _session(ours, Policy.SSRC_ANY_OUTBOUND, profile)
        self.profile, self.state = name.decode(), "connected"

    def _flights(self) -> list[bytes]:
        """OpenSSL's records, as few datagrams as fit; a record is never cut."""
        out = b""
        try:
            while True:
                out += self._connection.bio_read(65_536)
        except SSL.WantReadError:
            pass
        flights: list[bytes] = []
        at = 0
        while at + RECORD_HEADER_BYTES <= len(out):
            end = at + RECORD_HEADER_BYTES + int.from_bytes(out[at + 11 : at + 13], "big")
            if flights and len(flights[-1]) + end - at <= MAX_FLIGHT_BYTES:
                flights[-1] += out[at:end]
            else:
                flights.append(out[at:end])
            at = end
        return flights


def _session(key: bytes, direction: int, profile: _Profile) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.srtp)
    policy.window_size = REPLAY_WINDOW
    return Session(policy)
