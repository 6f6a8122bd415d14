"""A push service and the browser behind it, on this machine: it checks VAPID, and reads what only it can read.

Written from RFC 8291 §3 and RFC 8188 §2, and shares no code with what sends.
"""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from store.push import PushSubscription

AUTH = b"0123456789abcdef"


@dataclass(frozen=True)
class Delivered:
    """One request, as the browser would read it; `claims` of its VAPID token, `key` it was signed with."""

    message: dict[str, Any]
    claims: dict[str, Any]
    key: str
    headers: Mapping[str, str]


@dataclass
class PushService:
    status: int = 201
    got: list[Delivered] = field(default_factory=list)
    browser: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def start(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.got.append(service.read(dict(self.headers.items()), body))
                self.send_response(service.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (named so by its base)
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def subscription(self, name: str = "one", language: str = "pt-BR") -> PushSubscription:
        return PushSubscription(f"{self.origin}/push/{name}", text_of(self._point), text_of(AUTH), language)

    @property
    def _point(self) -> bytes:
        return self.browser.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def read(self, headers: Mapping[str, str], body: bytes) -> Delivered:
        scheme, _, rest = headers["Authorization"].partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(parts["k"]))
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.origin)
        return Delivered(json.loads(self._decrypt(body)), claims, parts["k"], headers)

    def _decrypt(self, body: bytes) -> bytes:
        salt, length, rest = body[:16], body[20], body[21:]
        sender, sealed = rest[:length], rest[length:]
        shared = self.browser.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        ikm = _hkdf(shared, AUTH, b"WebPush: info\0" + self._point + sender, 32)
        key = _hkdf(ikm, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(ikm, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded[-1] == 2, "the delimiter of the last record"
        return padded[:-1]


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def text_of(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
