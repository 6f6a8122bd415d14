"""Web push, pure: what is sent to a push service so that one browser, and nobody else, can read it.

The message is encrypted for the browser (RFC 8291, by the library of the web push project), the request is signed with
the gateway's own key (VAPID, RFC 8292). A push service learns that a browser is woken, and not why.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from signaling.private import Token
from store.push import PushSubscription

SERVICES: Final = (
    "fcm.googleapis.com",  # Chromium and its kin
    ".push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",  # Edge
)
"""Where browsers may be woken: a host, or with a dot before it what ends so. An address that a page gives leads the
gateway to nowhere else."""

TOKEN_LASTS: Final = timedelta(hours=12)
"""At most 24 hours (RFC 8292 §2)."""

MESSAGE_LIMIT_BYTES: Final = 3_000
"""Push services take 4,096 bytes, encrypted."""


class UnusableSubscription(ValueError):
    """A browser's address or keys cannot be used; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PushKey:
    """The gateway's key pair on P-256. `public` is what browsers want as `applicationServerKey`."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    public: str

    @classmethod
    def of(cls, pem: Token) -> "PushKey":
        private = serialization.load_pem_private_key(pem.value.encode(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        return cls(private, _text(_point(private)))


def new_private_key() -> Token:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Token(pem.decode())


def check(subscription: PushSubscription, more_hosts: frozenset[str] = frozenset()) -> None:
    """Raises UnusableSubscription."""
    parts = urlsplit(subscription.endpoint)
    host = parts.hostname or ""
    is_known = any(host.endswith(name) if name.startswith(".") else host == name for name in SERVICES)
    if not is_known and host not in more_hosts:
        raise UnusableSubscription("unknown_push_service")
    if is_known and (parts.scheme != "https" or parts.port not in (None, 443)):
        raise UnusableSubscription("unknown_push_service")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(subscription.p256dh))
        auth = _bytes(subscription.auth)
    except ValueError:
        raise UnusableSubscription("bad_keys") from None
    if len(auth) != 16:
        raise UnusableSubscription("bad_keys")


def sealed(message: bytes, subscription: PushSubscription) -> bytes:
    """The body of the request. `subscription` was checked."""
    assert len(message) <= MESSAGE_LIMIT_BYTES
    body = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(subscription.p256dh),
        auth_secret=_bytes(subscription.auth),
        version="aes128gcm",
    )
    return cast(bytes, body)


def headers(key: PushKey, endpoint: str, contact: str, ttl_s: int, topic: str, now: datetime) -> dict[str, str]:
    """`contact`: an address of ours that a push service may turn to. `topic`: a later message takes the place of an
    earlier one that was not delivered yet."""
    parts = urlsplit(endpoint)
    claims: dict[str, Any] = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now + TOKEN_LASTS, "sub": contact}
    token = jwt.encode(claims, key.private, algorithm="ES256")
    return {
        "Authorization": f"vapid t={token}, k={key.public}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(ttl_s),
        "Urgency": "high",
        "Topic": topic,
    }


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """Raises ValueError."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
