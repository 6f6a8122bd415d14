"""The simulator's error bodies are Meta's: compared with the reference's captures."""

import pytest

from gateway.simulator import refusals
from gateway.simulator.refusals import Refusal
from tests.simulator.payloads import payload

SAME = {
    "response_error_100_fingerprint_algo": refusals.FINGERPRINT_ALGORITHM,
    "response_error_100_fingerprint_missing": refusals.FINGERPRINT_MISSING,
    "response_error_100_sdp_invalid": refusals.SDP_INVALID,
    "response_error_131055_sip_number": refusals.SIP_NUMBER,
    "response_error_138000_not_enabled": refusals.CALLING_DISABLED,
    "response_error_138004_connection_error": refusals.CONNECTION_ERROR,
    "response_error_138006_no_permission": refusals.NO_PERMISSION,
    "response_error_138007_connect_timeout": refusals.TOO_LATE,
    "response_error_138018_technical_prerequisites": refusals.CANNOT_ENABLE,
    "response_error_190_token_expired": refusals.TOKEN_INVALID,
}
STATUS = {file["file"].removesuffix(".json"): file.get("http_status") for file in payload("index")["files"]}


@pytest.mark.parametrize("name", SAME)
def test_a_refusal_is_the_captured_body_but_for_its_trace_id(name: str) -> None:
    body, captured = SAME[name].body(), payload(name)
    ours, theirs = body["error"], captured["error"]
    assert isinstance(ours, dict)
    assert ours.pop("fbtrace_id") != theirs.pop("fbtrace_id")
    assert ours == theirs
    assert list(body) == list(captured)


@pytest.mark.parametrize("name", SAME)
def test_a_refusal_has_the_documented_status(name: str) -> None:
    assert SAME[name].status == STATUS[name]


def test_every_error_that_a_scenario_may_ask_for_has_that_code() -> None:
    assert {code: refusal.code for code, refusal in refusals.ON_DEMAND.items()} == {
        code: int(code) for code in refusals.ON_DEMAND
    }


def test_a_refusal_without_details_has_no_error_data() -> None:
    assert set(Refusal(400, 1, "x").body()["error"]) == {"message", "type", "code", "fbtrace_id"}  # type: ignore[call-overload]
