"""Session descriptions of Meta's, of businesses, and of a browser, as tests need them."""

import json
from pathlib import Path
from typing import cast

PAYLOADS = Path(__file__).parents[2] / "data" / "payloads"
FINGERPRINT = ":".join(["AB"] * 32)


def sdp_of(name: str) -> str:
    return cast(str, json.loads((PAYLOADS / f"{name}.json").read_text())["sdp"])


def invalid_answers() -> list[tuple[str, str]]:
    cases = json.loads((PAYLOADS / "sdp_invalid_business_answers.json").read_text())
    return [(case["case"], case["sdp"]) for case in cases]


def browser_offer(opus: int = 111, level: int = 1, fingerprint: str = FINGERPRINT) -> str:
    """What Chromium offers for a seat (seat: max-bundle, microphone, second line), shortened by codecs."""
    head = [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0 1",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS f1",
    ]
    lines = [*head]
    for mid, direction in (("0", "sendrecv"), ("1", "recvonly")):
        lines += [
            f"m=audio 9 UDP/TLS/RTP/SAVPF {opus} 63 9 0 8 13 110 126",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            "a=ice-ufrag:EsAw",
            "a=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y",
            "a=ice-options:trickle",
            f"a=fingerprint:sha-256 {fingerprint}",
            "a=setup:actpass",
            f"a=mid:{mid}",
            f"a=extmap:{level} urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            f"a={direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=rtpmap:{opus} opus/48000/2",
            f"a=fmtp:{opus} minptime=10;useinbandfec=1",
            "a=rtpmap:63 red/48000/2",
            "a=rtpmap:110 telephone-event/48000",
            "a=rtpmap:126 telephone-event/8000",
        ]
    return "".join(f"{line}\r\n" for line in lines)
