"""The simulator's webhooks have the live shapes of the reference, key for key, and its signature."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from gateway.simulator.customers import CUSTOMERS, Customer, new_wacid
from gateway.simulator.offer import OfferParts, live_offer
from gateway.simulator.webhooks import (
    CallNews,
    Envelope,
    HowItEnded,
    connect_change,
    delivery_body,
    settings_change,
    signature,
    terminate_change,
)
from signaling.private import Token, Wacid
from tests.simulator.payloads import payload

ENVELOPE = Envelope("204857600000001", "306540000000002", "551133330000")
CAPTURED = payload("webhook_calls_connect_uic_bsuid")["entry"][0]["changes"][0]["value"]
WACID = Wacid(CAPTURED["calls"][0]["id"])
MARIA = Customer(
    "maria",
    "Maria Exemplo",
    "5511955550101",
    "BR.10491208655302740001",
    "BR.11815799212886840001",
    "maria.exemplo",
)
PLAIN = Customer("maria", "Maria Exemplo", "5511955550101", None)
USERNAME_ONLY = Customer("maria", "Maria Exemplo", None, "BR.10491208655302740001", None, "maria.exemplo")
WITH_BSUID = Customer("maria", "Maria Exemplo", "5511955550101", "BR.10491208655302740001")
OFFER = payload("sdp_uic_offer_live_shape")["sdp"]


def delivery(*changes: dict[str, object]) -> Any:
    return json.loads(delivery_body(ENVELOPE.waba_id, changes))


@pytest.mark.parametrize(
    ("name", "news"),
    [
        ("webhook_calls_connect_uic", CallNews(WACID, PLAIN)),
        ("webhook_calls_connect_uic_bsuid", CallNews(WACID, MARIA)),
        ("webhook_calls_connect_uic_username_no_phone", CallNews(WACID, USERNAME_ONLY)),
        (
            "webhook_calls_connect_uic_minimal_no_direction",
            CallNews(WACID, PLAIN, with_direction=False, with_contacts=False),
        ),
        (
            "webhook_calls_connect_uic_cta_payload",
            CallNews(WACID, WITH_BSUID, cta_payload="campaign=retencao;ticket=84213"),
        ),
        (
            "webhook_calls_connect_uic_deeplink_payload",
            CallNews(WACID, WITH_BSUID, deeplink_payload="site-contato-vendas"),
        ),
    ],
)
def test_a_connect_is_the_captured_one(name: str, news: CallNews) -> None:
    assert delivery(connect_change(ENVELOPE, news, 1790000000.4, OFFER)) == payload(name)


@pytest.mark.parametrize(
    ("name", "customer", "how"),
    [
        ("webhook_calls_terminate_uic_missed", PLAIN, HowItEnded(1790000046.9, None)),
        ("webhook_calls_terminate_uic_failed_138021", PLAIN, HowItEnded(1790000022, 1790000002, no_media=True)),
    ],
)
def test_a_terminate_is_the_captured_one(name: str, customer: Customer, how: HowItEnded) -> None:
    assert delivery(terminate_change(ENVELOPE, CallNews(WACID, customer), how)) == payload(name)


def test_an_answered_calls_terminate_has_times_as_strings_and_the_duration_as_a_number() -> None:
    how = HowItEnded(1790000190, 1790000012, opaque="tenant=7;call=01JD3Q8Z5V")
    sent = delivery(terminate_change(ENVELOPE, CallNews(WACID, WITH_BSUID), how))
    captured = payload("webhook_calls_terminate_uic_completed")
    captured["entry"][0]["changes"][0]["value"]["calls"][0]["timestamp"] = "1790000190"
    assert sent == captured


def test_a_change_of_settings_is_told_in_the_captured_envelope() -> None:
    captured = payload("webhook_account_settings_update")["entry"][0]["changes"][0]
    value = captured["value"]
    calling = value["phone_number_settings"]["calling"]
    assert settings_change(ENVELOPE, calling, int(value["timestamp"])).keys() == captured.keys()
    assert settings_change(ENVELOPE, calling, int(value["timestamp"]))["value"] == value


def test_the_offer_is_the_live_one_byte_for_byte() -> None:
    parts = OfferParts(
        host="203.0.113.48",
        port=3480,
        ice_ufrag="kQ3vXz81LmPd0RtY",
        ice_password="b7GkQm2Xv9TzLr4NcW8HsA==",
        fingerprint="8E:21:5D:7C:90:3B:A4:F2:6D:18:C7:55:0A:E9:93:4F:B1:2C:68:D0:7A:35:FE:81:4C:B6:09:D2:E3:57:1F:A8",
        ssrc=2764190312,
        stream_id="6f1c2b7e-4a0d-4a53-9f0e-2f0b7c1d9a44",
        session_ms=1790000000762,
        unreachable_ipv6=True,
    )
    assert live_offer(parts) == OFFER


def test_the_signature_is_an_hmac_over_the_bytes_that_re_made_json_would_not_have() -> None:
    body = delivery_body(ENVELOPE.waba_id, [connect_change(ENVELOPE, CallNews(WACID, CUSTOMERS["joao"]), 1.0, OFFER)])
    expected = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert signature(Token("secret"), body) == f"sha256={expected}"
    assert json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode() != body
    assert b"\\u00e3" in body
    assert b"\\/" in body


def test_the_signature_vector_of_the_reference_passes() -> None:
    vector = payload("webhook_signature_vector")
    assert signature(Token(vector["app_secret"]), vector["raw_body"].encode()) == vector["header_value"]


@pytest.mark.parametrize("customer", CUSTOMERS.values(), ids=lambda customer: customer.key)
def test_a_wacid_is_base64_with_both_numbers_in_clear_and_never_the_same(customer: Customer) -> None:
    first, second = (new_wacid(customer, "551133330000") for _ in range(2))
    record = base64.b64decode(first.removeprefix("wacid."))
    assert (customer.phone or "1049").encode() in record
    assert b"551133330000" in record
    assert first != second


def test_a_wacid_is_built_like_the_captured_one() -> None:
    ours = base64.b64decode(new_wacid(PLAIN, "551133330000").removeprefix("wacid."))
    captured = base64.b64decode(WACID.value.removeprefix("wacid."))
    hex_at = captured.index(b"58B2A2055BB55BCBB37D2F2A4276B0BD")
    assert (len(ours), ours[:hex_at], ours[hex_at + 32 :]) == (
        len(captured),
        captured[:hex_at],
        captured[hex_at + 32 :],
    )
