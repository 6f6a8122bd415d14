"""The judge of the gateway's SDP, over the reference's good and bad answers."""

import re

import pytest

from gateway.simulator.refusals import FINGERPRINT_ALGORITHM, FINGERPRINT_MISSING, SDP_INVALID, Refusal
from gateway.simulator.sdp_rules import BadAnswer, BusinessAnswer, judge_answer
from tests.simulator.payloads import GOOD_ANSWER, payload, sdp

INVALID = {case["case"]: case["sdp"] for case in payload("sdp_invalid_business_answers")}
EXPECTED = {"no_fingerprint": FINGERPRINT_MISSING, "sha1_fingerprint": FINGERPRINT_ALGORITHM}


def refusal_of(text: str) -> Refusal | None:
    judged = judge_answer(text)
    return judged.refusal if isinstance(judged, BadAnswer) else None


@pytest.mark.parametrize("case", INVALID)
def test_every_invalid_answer_of_the_reference_is_refused_with_its_error(case: str) -> None:
    assert refusal_of(INVALID[case]) == EXPECTED.get(case, SDP_INVALID)


@pytest.mark.parametrize(
    "name",
    ["sdp_uic_answer_aiortc_filtered", "sdp_uic_answer_aiortc_with_dtmf_unverified", "sdp_uic_answer_browser_shape"],
)
def test_good_answers_of_the_reference_pass(name: str) -> None:
    assert isinstance(judge_answer(sdp(name)), BusinessAnswer)


def test_aiortcs_three_fingerprints_get_metas_own_words() -> None:
    assert refusal_of(sdp("sdp_uic_answer_aiortc_raw")) == FINGERPRINT_ALGORITHM


def test_a_good_answer_is_read() -> None:
    answer = judge_answer(GOOD_ANSWER)
    assert isinstance(answer, BusinessAnswer)
    assert answer.ssrc == 711574555
    assert answer.telephone_event
    assert answer.dtls_active
    assert answer.ice_ufrag == "wAY8"
    assert answer.fingerprint.startswith("F6:BC:9F")


def test_an_answer_without_telephone_event_passes_and_says_so() -> None:
    answer = judge_answer(sdp("sdp_uic_answer_aiortc_filtered"))
    assert isinstance(answer, BusinessAnswer)
    assert not answer.telephone_event


def test_no_candidate_is_fine_because_checks_reveal_the_address() -> None:
    assert refusal_of(re.sub(r"a=candidate.*\r\n", "", GOOD_ANSWER)) is None


def test_a_passive_answer_is_taken_and_marked() -> None:
    answer = judge_answer(GOOD_ANSWER.replace("a=setup:active", "a=setup:passive"))
    assert isinstance(answer, BusinessAnswer)
    assert not answer.dtls_active


def test_the_fingerprint_algorithm_may_be_written_in_capitals() -> None:
    assert refusal_of(GOOD_ANSWER.replace("sha-256", "SHA-256")) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SAVPF 111 126", "SAVPF 111 126 0"),
        ("SAVPF 111 126", "SAVPF 126"),
        ("SAVPF 111 126", "SAVPF 111 111"),
        ("SAVPF 111 126", "SAVPF x"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/16000"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:96 opus/48000/2"),
        ("a=mid:audio", "a=mid:0"),
        ("a=group:BUNDLE audio", "a=group:BUNDLE 0"),
        ("a=sendrecv", "a=recvonly"),
        ("a=sendrecv", "a=inactive"),
        ("a=setup:active\r\n", ""),
        ("a=ptime:20", "a=ptime:40"),
        ("a=rtcp-mux", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=rtcp-mux"),
        ("a=rtcp-mux", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\na=rtcp-mux"),
        ("m=audio 51342", "m=audio 0"),
        ("m=audio 51342 UDP/TLS/RTP/SAVPF", "m=audio 51342 RTP/SAVP"),
        ("a=ice-ufrag:wAY8", "a=ice-ufrag:wA"),
        ("a=ice-ufrag:wAY8\r\n", ""),
        ("a=ice-pwd:YG3nHAjU1GeXw6JqTP8LNY", "a=ice-pwd:short"),
        ("F6:BC:9F", "F6:BC"),
        ("v=0\r\n", ""),
        ("s=-\r\n", ""),
        ("s=-\r\n", "s=-\r\nnonsense\r\n"),
        ("a=ssrc:711574555", "a=ssrc:99999999999"),
        ("198.51.100.20 51342 typ host", "198.51.100.20 51342"),
        ("198.51.100.20 51342 typ host", "somewhere 51342 typ host"),
        ("198.51.100.20 51342 typ host", "198.51.100.20 70000 typ host"),
        ("2130706431 198", "99999999999999 198"),
        (" 1 udp ", " 7 udp "),
    ],
)
def test_one_broken_line_is_enough(old: str, new: str) -> None:
    assert old in GOOD_ANSWER
    assert refusal_of(GOOD_ANSWER.replace(old, new, 1)) == SDP_INVALID


def test_a_second_sha256_fingerprint_is_refused() -> None:
    line = re.search(r"a=fingerprint.*\r\n", GOOD_ANSWER)
    assert line is not None
    assert refusal_of(GOOD_ANSWER.replace(line[0], line[0] * 2)) == SDP_INVALID


def test_an_answer_that_does_not_end_its_last_line_is_refused() -> None:
    assert refusal_of(GOOD_ANSWER.removesuffix("\r\n")) == SDP_INVALID


def test_an_endless_answer_is_refused() -> None:
    assert refusal_of(GOOD_ANSWER + "a=x:" + "y" * 30_000 + "\r\n") == SDP_INVALID
