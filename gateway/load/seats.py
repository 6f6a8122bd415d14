"""A browser's offer of a seat, as a simulated agent writes it: the two lines of `gateway.media.sdp_browser`. Pure."""

from typing import Final

from gateway.media.parameters import LocalParameters
from gateway.media.plane import FlowCodec

OPUS: Final = 111


def codec_of_seat() -> FlowCodec:
    return FlowCodec(OPUS)


def seat_offer(local: LocalParameters) -> str:
    """Microphone and sound first, a second line that only listens: one bundle. No audio-level extension: nobody here
    knows how loud a stamp is."""
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"]
    for mid, direction in (("0", "sendrecv"), ("1", "recvonly")):
        lines += [
            *(f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}", "c=IN IP4 0.0.0.0"),
            f"a=ice-ufrag:{local.ufrag}",
            f"a=ice-pwd:{local.pwd}",
            f"a=fingerprint:sha-256 {local.fingerprint}",
            *("a=setup:actpass", f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux", f"a=rtpmap:{OPUS} opus/48000/2"),
        ]
    return "".join(f"{line}\r\n" for line in lines)
