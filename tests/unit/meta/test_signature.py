"""Is a request Meta's: the handshake and the signature (reference 2.1, 2.2)."""

import hashlib
import hmac

import pytest

from signaling.meta.webhook import signature_is_valid, verify_handshake
from signaling.private import Token
from tests.unit.meta.payloads import content

VECTOR = content("webhook_signature_vector.json")
BODY: bytes = VECTOR["raw_body"].encode()
HEADER: str = VECTOR["header_value"]
SECRET = Token(VECTOR["app_secret"])
OTHER = Token("another app's secret")


def test_the_signature_of_the_reference_is_valid() -> None:
    assert signature_is_valid(BODY, HEADER, [SECRET])


def test_one_flipped_bit_anywhere_is_refused() -> None:
    for index in range(len(BODY)):
        flipped = BODY[:index] + bytes([BODY[index] ^ 1]) + BODY[index + 1 :]
        assert not signature_is_valid(flipped, HEADER, [SECRET])


def test_any_of_several_apps_may_have_signed() -> None:
    assert signature_is_valid(BODY, HEADER, [OTHER, SECRET])
    assert signature_is_valid(BODY, HEADER, [SECRET, OTHER])
    assert not signature_is_valid(BODY, HEADER, [OTHER])
    assert not signature_is_valid(BODY, HEADER, [])


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        HEADER.removeprefix("sha256="),
        HEADER.upper(),
        HEADER.replace("sha256", "sha1"),
        HEADER[:-1],
        HEADER + "0",
        HEADER + "\n",
        f" {HEADER}",
        "sha256=" + "é" * 64,
        "sha256=" + "\u0661" * 64,
    ],
)
def test_a_missing_or_garbled_header_is_refused(header: str | None) -> None:
    assert not signature_is_valid(BODY, header, [SECRET])


def test_an_empty_secret_signs_nothing() -> None:
    header = f"sha256={hmac.new(b'', BODY, hashlib.sha256).hexdigest()}"
    assert not signature_is_valid(BODY, header, [Token("")])


HANDSHAKE = content("webhook_verification_handshake.json")
QUERY: dict[str, str] = HANDSHAKE["request"]["query"]
VERIFY_TOKEN = Token(QUERY["hub.verify_token"])


def test_the_handshake_of_the_reference_gets_its_challenge() -> None:
    assert verify_handshake(QUERY, VERIFY_TOKEN) == HANDSHAKE["expected_response"]["body"]


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "\ud800"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "x" * 257},
    ],
)
def test_any_other_handshake_is_refused(changed: dict[str, str]) -> None:
    assert verify_handshake({**QUERY, **changed}, VERIFY_TOKEN) is None
    assert verify_handshake({}, VERIFY_TOKEN) is None


def test_an_empty_verify_token_lets_nobody_in() -> None:
    assert verify_handshake({**QUERY, "hub.verify_token": ""}, Token("")) is None
