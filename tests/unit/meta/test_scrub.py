"""Sentences of Meta's lose what names a person, and keep what helps support."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.meta.scrub import scrub
from tests.unit.meta.payloads import CUSTOMER_BSUID, INBOUND_WACID


@pytest.mark.parametrize(
    ("sentence", "scrubbed"),
    [
        ("Recipient 5511955550101 not allowed", "Recipient … not allowed"),
        ("Call +55 (11) 95555-0101 now", "Call … now"),
        (f"Unknown call {INBOUND_WACID.value}.", "Unknown call …"),
        ("wamid.HBgNNTUx== failed", "… failed"),
        (f"User {CUSTOMER_BSUID.value} left", "User … left"),
        ("Malformed access token EAAGm0PX4ZCpsBAKZ000000", "Malformed access token …"),
        ("a=ice-pwd:ls9Ww3ma a=ice-ufrag:Xy1 inline:abc", "… … …"),
        ("a=fingerprint:sha-256 AB:CD:EF:01:23", "… …"),
        ("Mail maria@example.com", "Mail …"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
    ],
)
def test_what_names_somebody_is_replaced(sentence: str, scrubbed: str) -> None:
    assert scrub(sentence) == scrubbed


@pytest.mark.parametrize(
    "sentence",
    [
        "(#138012) Business initiated calls limit hit",
        "Fingerprint algo is not SHA256",
        "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING",
        "template name (pedido_ligacao_v1) does not exist in pt",
        "The messaging limit of this number is below 2000",
    ],
)
def test_what_helps_support_stays(sentence: str) -> None:
    assert scrub(sentence) == sentence


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(10**6, 10**14), st.text(max_size=40))
def test_no_run_of_seven_digits_survives(before: str, digits: int, after: str) -> None:
    assert str(digits) not in scrub(f"{before} {digits} {after}")


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "A:", "x@", "-", "1-", "ab1="])
def test_a_long_hostile_sentence_is_cut(piece: str) -> None:
    assert len(scrub(piece * 3_000_000)) <= 300
