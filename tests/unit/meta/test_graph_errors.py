"""What Meta's refusals mean: every code of the reference, and answers that are no refusals of Meta's at all."""

import json
import re
from datetime import timedelta

import pytest

from signaling.errors import Fault
from signaling.meta.graph_errors import (
    MEANINGS,
    SENTENCES,
    ConnectUnclear,
    GraphUnreachable,
    TellsWhen,
    bad_answer,
    read_error,
    sentence_of,
    success_false,
)
from tests.unit.meta.payloads import INDEX, after, body, content, private_words

NOW = after(0)
ERROR_FILES = [entry for entry in INDEX["files"] if entry["file"].startswith("response_error_")]

# The table of section 5: who has to change something, and whether asking again can help.
SECTION_5 = {
    100: (Fault.OURS, False),
    190: (Fault.CONFIGURATION, False),
    613: (Fault.LIMIT, True),
    130497: (Fault.CONFIGURATION, False),
    131009: (Fault.CONFIGURATION, False),
    131026: (Fault.CUSTOMER, False),
    131030: (Fault.CONFIGURATION, False),
    131044: (Fault.CONFIGURATION, False),
    131055: (Fault.CONFIGURATION, False),
    132001: (Fault.CONFIGURATION, False),
    138000: (Fault.CONFIGURATION, False),
    138001: (Fault.CUSTOMER, False),
    138002: (Fault.LIMIT, True),
    138003: (Fault.LIMIT, True),
    138004: (Fault.META, True),
    138005: (Fault.LIMIT, True),
    138006: (Fault.CUSTOMER, False),
    138007: (Fault.OURS, False),
    138009: (Fault.LIMIT, True),
    138011: (Fault.CUSTOMER, False),
    138012: (Fault.LIMIT, True),
    138013: (Fault.CONFIGURATION, False),
    138014: (Fault.LIMIT, True),
    138015: (Fault.CONFIGURATION, False),
    138017: (Fault.OURS, False),
    138018: (Fault.CONFIGURATION, False),
    138019: (Fault.CUSTOMER, True),
    138020: (Fault.CUSTOMER, True),
    138021: (Fault.OURS, False),
    138022: (Fault.CUSTOMER, True),
    138023: (Fault.OURS, False),
    2494191: (Fault.CONFIGURATION, False),
}

BESIDE_IT = {132015: (Fault.META, False), 132016: (Fault.CONFIGURATION, False)}
"""Not in the reference: what everybody who sends templates by the Cloud API meets."""


def error_body(**error: object) -> bytes:
    return json.dumps({"error": error}).encode()


def test_every_code_of_the_reference_has_a_meaning_and_no_other_code_has_but_those_of_templates() -> None:
    known = {code: (meaning.fault, meaning.retry_after_s is not None) for code, meaning in MEANINGS.items()}
    assert known == SECTION_5 | BESIDE_IT


def test_every_meaning_is_a_sentence_for_a_person() -> None:
    for code in MEANINGS:
        assert re.fullmatch(r"[A-Z].{20,}\.", SENTENCES[f"meta.{code}"])


@pytest.mark.parametrize("entry", ERROR_FILES, ids=lambda entry: str(entry["file"]))
def test_an_error_of_the_catalogue_is_read_with_all_it_says(entry: dict[str, object]) -> None:
    file, status = str(entry["file"]), int(str(entry["http_status"]))
    error = read_error(status, body(file), {}, NOW)
    said = content(file)["error"]
    assert file.startswith(f"response_error_{error.code}_")
    assert error.failure.code == f"meta.{said['code']}"
    assert (error.failure.fault, error.retry_after_s is not None) == SECTION_5[said["code"]]
    assert error.title == said["message"]
    assert (error.fbtrace_id, error.http_status) == (said["fbtrace_id"], status)
    assert error.subcode == said.get("error_subcode")
    assert error.sentence == MEANINGS[said["code"]].sentence
    assert error.fbtrace_id in str(error)


def test_the_details_tell_what_is_wrong_with_a_session_description() -> None:
    error = read_error(400, body("response_error_100_fingerprint_algo.json"), {}, NOW)
    assert (error.subcode, error.details) == (2494010, "Fingerprint algo is not SHA256")


def test_the_next_allowed_call_is_found_wherever_138012_says_it() -> None:
    error = read_error(400, body("response_error_138012_bic_limit.json"), {}, NOW)
    assert error.allowed_at == after(3_600)
    assert error.retry_after_s == 3_600
    as_number = error_body(code=138012, error_data={"next_allowed_time": 1790000060})
    assert read_error(400, as_number, {}, NOW).retry_after_s == 60
    silent = read_error(400, error_body(code=138012, error_data={"details": "Limit of 100 reached"}), {}, NOW)
    assert (silent.allowed_at, silent.retry_after_s) == (None, 86_400)
    assert MEANINGS[138012].tells_when is TellsWhen.CALL_PERMISSIONS


@pytest.mark.parametrize("at_s", [-50, 0, 10**9])
def test_a_next_call_in_the_past_or_in_the_far_future_gives_a_sane_wait(at_s: int) -> None:
    body = error_body(code=138012, error_data={"details": f"Next call at {1790000000 + at_s}"})
    retry_after_s = read_error(400, body, {}, NOW).retry_after_s
    assert retry_after_s is not None
    assert 0 <= retry_after_s <= timedelta(days=7).total_seconds()


def test_an_undocumented_code_is_permanent_and_shows_metas_text() -> None:
    error = read_error(
        400, error_body(code=138016, message="Something new", error_data={"details": "Read on"}), {}, NOW
    )
    assert (error.failure.fault, error.retry_after_s, error.repeats) == (Fault.META, None, 0)
    assert error.sentence == "WhatsApp refused: Something new: Read on (HTTP 400)"


def test_an_undocumented_code_with_a_server_error_may_be_repeated() -> None:
    error = read_error(503, error_body(code=2, message="Service temporarily unavailable"), {}, NOW)
    assert error.repeats > 1
    assert error.retry_after_s is not None


def test_the_server_errors_of_the_reference_are_repeated_once_and_never() -> None:
    assert read_error(500, body("response_error_138004_connection_error.json"), {}, NOW).repeats == 1
    assert read_error(500, body("response_error_138007_connect_timeout.json"), {}, NOW).repeats == 0


def test_the_code_decides_and_not_the_http_status() -> None:
    for status in (400, 401):
        assert read_error(status, body("response_error_138006_no_permission.json"), {}, NOW).code == 138006


def test_a_retry_after_header_wins_within_a_week() -> None:
    raw = body("response_error_138005_rate_limit.json")
    assert read_error(429, raw, {"Retry-After": "7"}, NOW).retry_after_s == 7
    assert read_error(429, raw, {"Retry-After": "99999999"}, NOW).retry_after_s == 7 * 86_400
    assert read_error(429, raw, {"Retry-After": "soon"}, NOW).retry_after_s == 60


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b"17",
        b'{"error": 7}',
        b'{"error": {"code": "x"}}',
        b"\xff",
        b"[" * 90_000,
    ],
)
def test_an_answer_without_a_graph_error_is_known_by_its_status(raw: bytes) -> None:
    error = read_error(502, raw, {}, NOW)
    assert (error.code, error.failure.code, error.failure.fault) == (None, "meta.http_502", Fault.META)
    assert error.perhaps_done
    assert error.repeats > 1
    refusal = read_error(404, raw, {}, NOW)
    assert (refusal.failure.code, refusal.perhaps_done, refusal.repeats) == ("meta.http_404", False, 0)
    assert read_error(429, raw, {}, NOW).failure.fault is Fault.LIMIT


def test_nothing_private_in_an_answer_gets_into_the_error() -> None:
    quoting = " ".join(
        private_words() | {"+55 (11) 95555-0101", "EAAGm0PX4ZCpsBA0000000000000000", "maria@example.com"}
    )
    error = read_error(
        400,
        error_body(
            code=100,
            message=quoting,
            error_data={"details": quoting},
            error_user_msg=quoting,
            fbtrace_id="5511955550101 is the caller",
        ),
        {},
        NOW,
    )
    printed = f"{error} {error!r} {error.failure} {error.title} {error.details} {error.fbtrace_id} {error.sentence}"
    secrets = {"wacid", "5511955550101", "55555", "95555-0101", "EAAG", "example.com", "BR.1049", "551133330000"}
    assert not {secret for secret in secrets if secret in printed}


def test_failures_of_the_line_have_sentences_too() -> None:
    for failure in (
        GraphUnreachable("network.timeout", perhaps_done=True).failure,
        GraphUnreachable("network.unreachable", perhaps_done=False).failure,
        GraphUnreachable("network.broken", perhaps_done=True).failure,
        ConnectUnclear().failure,
        bad_answer(200).failure,
        success_false().failure,
    ):
        assert not sentence_of(failure).startswith("WhatsApp refused")
