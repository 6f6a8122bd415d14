import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.parameters import LocalParameters
from gateway.media.plane import FlowCodec
from gateway.media.sdp_browser import read_seat_offer, write_seat_answer
from gateway.media.sdp_meta import LIVE_FMTP, outgoing_faults, read_meta_offer, write_meta_answer
from gateway.media.switchboard import BadOffer
from tests.unit.media.samples import FINGERPRINT, browser_offer, invalid_answers, sdp_of

LIVE = sdp_of("sdp_uic_offer_live_shape")
LOCAL = LocalParameters("ourfrag1", "ourpassword0123456789abc", FINGERPRINT, ("198.51.100.20", 51342), (711574555,))
SEAT_LOCAL = LocalParameters("ourfrag1", "ourpassword0123456789abc", FINGERPRINT, ("198.51.100.20", 40000), (11, 22))


# ---- Meta ------------------------------------------------------------------------------------------------------------


def test_the_live_offer_is_understood_with_its_padded_password_and_both_candidates() -> None:
    offer = read_meta_offer(LIVE)
    assert offer.remote.ufrag == "kQ3vXz81LmPd0RtY"
    assert offer.remote.pwd == "b7GkQm2Xv9TzLr4NcW8HsA=="
    assert offer.remote.candidates == (("2001:db8:f388:131:face:b00c:0:699c", 3480), ("203.0.113.48", 3480))
    assert offer.remote.codec == FlowCodec(opus=111, telephone_event=126)
    assert (offer.mid, offer.opus_fmtp) == ("audio", LIVE_FMTP)


def test_the_offer_documented_in_2024_is_understood() -> None:
    offer = read_meta_offer(sdp_of("sdp_uic_offer_2024_docs_shape"))
    assert (offer.mid, offer.opus_fmtp) == ("audio", "minptime=10;useinbandfec=1")
    assert offer.remote.candidates[1] == ("203.0.113.48", 40012)
    assert offer.remote.codec.telephone_event == 126


def without(line_start: str) -> str:
    return "".join(line for line in LIVE.splitlines(keepends=True) if not line.startswith(line_start))


AUDIO = LIVE[LIVE.index("m=audio") :]


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (sdp_of("sdp_uic_offer_sdes"), "sdes"),
        (LIVE[: LIVE.index("m=audio")], "no_audio"),
        (LIVE.replace("m=audio", "m=video"), "no_audio"),
        (LIVE.replace("m=audio 3480", "m=audio 0"), "no_audio"),
        (LIVE + AUDIO, "several_media"),
        (LIVE.replace("opus/48000/2", "PCMU/8000"), "no_opus"),
        (LIVE.replace("m=audio 3480 UDP/TLS/RTP/SAVPF 111 126", "m=audio 3480 UDP/TLS/RTP/SAVPF 126"), "no_opus"),
        (without("a=ice-ufrag"), "no_ice"),
        (without("a=ice-pwd"), "no_ice"),
        (LIVE.replace("a=ice-pwd:", "a=ice-pwd:short\r\na=x:"), "bad_ice"),
        (LIVE.replace("a=ice-ufrag:", "a=ice-ufrag:with space "), "bad_ice"),
        (without("a=fingerprint"), "no_fingerprint"),
        (LIVE.replace("sha-256", "sha-1"), "fingerprint_not_sha256"),
        (LIVE.replace("sha-256 8E:", "sha-256 "), "bad_fingerprint"),
        (without("a=rtcp-mux"), "no_rtcp_mux"),
        (without("a=candidate"), "no_candidate"),
        (without("a=mid"), "bad_mid"),
        (LIVE.replace("setup:actpass", "setup:active"), "bad_setup"),
        (LIVE.replace("a=sendrecv", "a=inactive"), "bad_direction"),
        (LIVE.replace("SAVPF 111", "SAVPF 72").replace("rtpmap:111", "rtpmap:72"), "bad_payload_type"),
        (LIVE.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "bad_protocol"),
        (LIVE.replace("m=audio 3480", "m=audio 99999"), "malformed"),
        (LIVE.replace("a=mid:audio", "a=mid:audio\r\nnonsense"), "malformed"),
        (LIVE.replace("a=mid:audio", "a=mid:au\0dio"), "malformed"),
        ("", "malformed"),
        (LIVE + "a=x:y\r\n" * 3000, "too_long"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_word(offer: str, reason: str) -> None:
    with pytest.raises(BadOffer) as refused:
        read_meta_offer(offer)
    assert refused.value.reason == reason


def test_our_answer_is_written_as_meta_wants_it() -> None:
    answer = write_meta_answer(read_meta_offer(LIVE), LOCAL, 42)
    assert outgoing_faults(answer, "answer") == []
    lines = answer.split("\r\n")
    assert lines[-1] == "" and "\n" not in answer.replace("\r\n", "")
    for line in (
        "a=group:BUNDLE audio",
        "m=audio 51342 UDP/TLS/RTP/SAVPF 111 126",
        "c=IN IP4 198.51.100.20",
        "a=candidate:1 1 udp 2130706431 198.51.100.20 51342 typ host",
        "a=end-of-candidates",
        f"a=fingerprint:sha-256 {FINGERPRINT}",
        "a=setup:active",
        "a=mid:audio",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        f"a=fmtp:111 {LIVE_FMTP}",
        "a=rtpmap:126 telephone-event/8000",
        "a=maxptime:20",
        "a=ptime:20",
        "a=ssrc:711574555 cname:ramal",
    ):
        assert lines.count(line) == 1, line
    for name in ("m=", "a=ssrc:", "a=fingerprint:", "a=candidate:"):
        assert sum(line.startswith(name) for line in lines) == 1
    assert "ice-lite" not in answer


def test_the_answer_mirrors_the_numbers_and_names_of_the_offer() -> None:
    offer = LIVE.replace("111", "96").replace("a=mid:audio", "a=mid:0").replace("SAVPF 96 126", "SAVPF 96")
    answer = write_meta_answer(read_meta_offer(offer), LOCAL, 42)
    assert outgoing_faults(answer, "answer") == []
    assert "m=audio 51342 UDP/TLS/RTP/SAVPF 96\r\n" in answer
    assert "a=group:BUNDLE 0\r\n" in answer and "a=mid:0\r\n" in answer
    assert "telephone-event" not in answer


def test_an_answer_for_ipv6_says_so() -> None:
    local = LocalParameters(LOCAL.ufrag, LOCAL.pwd, FINGERPRINT, ("2001:db8::7", 5000), (1,))
    answer = write_meta_answer(read_meta_offer(LIVE), local, 42)
    assert "c=IN IP6 2001:db8::7\r\n" in answer


@pytest.mark.parametrize(("case", "sdp"), invalid_answers(), ids=lambda value: value if len(value) < 40 else "")
def test_an_answer_that_meta_would_refuse_is_never_sent(case: str, sdp: str) -> None:
    expected = {
        "no_fingerprint": "no_fingerprint",
        "lf_only": "line_ends",
        "ice_lite_in_answer": "ice_lite",
        "two_m_lines": "not_one_audio",
        "two_ssrc": "ssrcs",
        "sha1_fingerprint": "fingerprint_not_sha256",
        "setup_actpass_in_answer": "setup",
        "no_rtcp_mux": "no_rtcp_mux",
    }
    assert outgoing_faults(sdp, "answer") == [expected[case]]


@pytest.mark.parametrize(
    "name",
    ["sdp_uic_answer_aiortc_filtered", "sdp_uic_answer_aiortc_with_dtmf_unverified", "sdp_uic_answer_browser_shape"],
)
def test_answers_that_meta_takes_pass(name: str) -> None:
    assert outgoing_faults(sdp_of(name), "answer") == []


@pytest.mark.parametrize("name", ["sdp_bic_offer_aiortc_recommended", "sdp_bic_offer_browser_docs_shape"])
def test_offers_that_meta_takes_pass(name: str) -> None:
    assert outgoing_faults(sdp_of(name), "offer") == []


def test_what_aiortc_writes_by_itself_is_not_sendable() -> None:
    assert outgoing_faults(sdp_of("sdp_uic_answer_aiortc_raw"), "answer") == ["fingerprints"]
    assert outgoing_faults(sdp_of("sdp_bic_offer_aiortc_raw"), "offer") == ["fingerprints"]


# ---- browsers --------------------------------------------------------------------------------------------------------


def test_the_answer_to_a_browser_is_the_one_that_was_measured() -> None:
    answer = write_seat_answer(read_seat_offer(browser_offer(opus=109, level=4)), SEAT_LOCAL, 7)

    def line(mid: int, direction: str, ssrc: int, candidates: str) -> str:
        return f"""m=audio 40000 UDP/TLS/RTP/SAVPF 109
c=IN IP4 198.51.100.20
a=mid:{mid}
a={direction}
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=fmtp:109 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=20000
a=ptime:20
a=extmap:4 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=msid:ramal line{mid}
a=ssrc:{ssrc} cname:ramal
a=ice-ufrag:ourfrag1
a=ice-pwd:ourpassword0123456789abc
a=fingerprint:sha-256 {FINGERPRINT}
a=setup:active
{candidates}"""

    candidates = "a=candidate:1 1 udp 2130706431 198.51.100.20 40000 typ host\na=end-of-candidates\n"
    expected = f"""v=0
o=- 7 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-lite
a=msid-semantic: WMS *
{line(0, "sendrecv", 11, candidates)}{line(1, "sendonly", 22, "")}"""
    assert answer == expected.replace("\n", "\r\n")


def test_a_browser_that_sends_no_levels_is_not_asked_for_them() -> None:
    offer = re.sub(r"a=extmap:1 [^\r]*\r\n", "", browser_offer())
    answer = write_seat_answer(read_seat_offer(offer), SEAT_LOCAL, 7)
    assert "extmap" not in answer


OFFER = browser_offer()
FIRST_ONLY = OFFER[: OFFER.rindex("m=audio")]


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (FIRST_ONLY, "not_two_audio"),
        (OFFER + OFFER[OFFER.rindex("m=audio") :], "not_two_audio"),
        (OFFER.replace("m=audio", "m=video"), "not_two_audio"),
        (OFFER.replace("a=msid-semantic", "a=ice-lite\r\na=msid-semantic"), "ice_lite"),
        (OFFER.replace("a=recvonly", "a=sendrecv"), "bad_direction"),
        (OFFER.replace("a=sendrecv", "a=recvonly"), "bad_direction"),
        (FIRST_ONLY + OFFER[len(FIRST_ONLY) :].replace("EsAw", "OTHER"), "two_transports"),
        (OFFER.replace("setup:actpass", "setup:active"), "bad_setup"),
        (OFFER.replace("BUNDLE 0 1", "BUNDLE 0"), "not_bundled"),
        (OFFER.replace("a=mid:1", "a=mid:0"), "not_bundled"),
        (OFFER.replace("opus", "speex"), "no_opus"),
        (OFFER.replace("sha-256", "sha-512"), "fingerprint_not_sha256"),
        (OFFER.replace("a=rtcp-mux\r\n", ""), "no_rtcp_mux"),
        (OFFER.replace("extmap:1 ", "extmap:x "), "bad_extension"),
        (OFFER.replace("a=mid:1", "a=mid:1\r\na=crypto:1 AES"), "sdes"),
        (OFFER.replace("ice-ufrag:EsAw", "ice-ufrag:é"), "bad_ice"),
    ],
)
def test_hostile_browser_offers_are_refused_with_a_word(offer: str, reason: str) -> None:
    with pytest.raises(BadOffer) as refused:
        read_seat_offer(offer)
    assert refused.value.reason == reason


@settings(deadline=None)
@given(st.integers(0, len(OFFER) - 1), st.integers(0, 60), st.text(max_size=40))
def test_no_damaged_offer_raises_anything_else(at: int, cut: int, put: str) -> None:
    for read, good in ((read_seat_offer, OFFER), (read_meta_offer, LIVE)):
        try:
            read(good[:at] + put + good[at + cut :])
        except BadOffer as bad:
            assert re.fullmatch(r"[a-z0-9_]+", bad.reason)


def test_no_secret_of_an_sdp_shows_in_what_is_logged_of_it() -> None:
    shown = repr(read_meta_offer(LIVE)) + repr(LOCAL)
    assert "b7GkQm2Xv9TzLr4NcW8HsA" not in shown and "8E:21" not in shown and LOCAL.pwd not in shown
