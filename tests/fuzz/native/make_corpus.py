"""Writes the seeds of the corpus: what calls look like, in the fuzz target's own words (see wire.c)."""

import struct
from pathlib import Path

from aioice import stun

from gateway.media import rtcp, rtp
from gateway.media.dtmf import event_payload

CORPUS = Path(__file__).parent.parent / "corpus" / "wire"
RAW, RTP, RTCP, SIGNED, SIGNED_BY_PEER, ANSWER, TIME, HEAR, EXPECT = range(9)


def say(what: int, source: int, wait_ms: int, body: bytes) -> bytes:
    return bytes([what, source, wait_ms]) + struct.pack("!H", len(body)) + body


def check(username: str, role: str, nominate: bool) -> bytes:
    attributes: dict[str, object] = {"USERNAME": username, "PRIORITY": 1, role: 2}
    if nominate:
        attributes["USE-CANDIDATE"] = None
    return bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST, bytes(12), attributes))


def voice(n: int, payload: bytes = b"\x78voice") -> bytes:
    return rtp.pack_rtp(111, n == 0, (65_533 + n) & 0xFFFF, n * 960, 5, payload)


def seeds() -> dict[str, bytes]:
    level = struct.pack("!HHI", 0xBEDE, 1, 0x10_A5_00_00)
    two_byte = struct.pack("!HH", 0x1000, 2) + bytes([1, 1, 0xA5, 0, 9, 1, 2, 3])
    extended = bytes([0xB0]) + voice(9)[1:12] + level + b"\x78voice\0\0\3"
    extended_2 = bytes([0x91]) + voice(10)[1:12] + b"csrc" + two_byte + b"\x78voice"
    block = rtcp.ReportBlock(7000, 0.25, 5, 99, 480, 77, 88)
    report = rtcp.build_compound(5, "peer", [rtcp.SenderReport(5, 1 << 40, 2, 3, 4)], [block], bye=True)
    keys = [rtp.pack_rtp(126, False, 100 + n, 9600, 5, event_payload("5", 40 * n, n > 2)) for n in range(5)]
    calls = b"".join(say(RTP, n & 1, 20, voice(n)) for n in range(12))
    return {
        "voices": calls,
        "extensions": say(RTP, 0, 20, extended) + say(RTP, 1, 20, extended_2),
        "reports": calls + say(RTCP, 0, 9, report) + say(RTCP, 1, 9, report) + bytes([TIME, 0, 0, 200]) * 12,
        "keys": b"".join(say(RTP, 0, 20, key) for key in keys) + bytes([TIME, 0, 0, 30]) * 12,
        "checks": say(SIGNED, 3, 9, check("ourufrag:peer", "ICE-CONTROLLING", True))
        + say(SIGNED, 0x84, 9, check("ourufrag:peer", "ICE-CONTROLLING", False))
        + say(SIGNED, 5, 9, check("ourufrag:peer", "ICE-CONTROLLED", False))
        + say(SIGNED, 1, 9, check("fullfrag:peer", "ICE-CONTROLLED", False))
        + say(RAW, 3, 9, b"\x16\xfe\xffdtls"),
        "moved": calls + say(RTP, 6, 200, voice(20)) + say(RTP, 6, 250, voice(21)) + bytes([ANSWER, 6, 1]) + calls,
        "many_paths": b"".join(
            say(SIGNED, n, 9, check("ourufrag:peer", "ICE-CONTROLLING", n % 3 == 0)) for n in range(12)
        ),
        "consent": bytes([TIME, 0, 0, 60]) * 6 + bytes([ANSWER, 1, 1]) + bytes([TIME, 0, 0, 250]) * 4,
        "prompts": bytes([HEAR, 8, 1])
        + bytes([TIME, 0, 20, 0]) * 6
        + bytes([HEAR, 1, 1])
        + bytes([TIME, 0, 20, 0]) * 6,
        "strangers": say(RAW, 9, 9, bytes(range(128, 255))) + say(RAW, 9, 9, b"\x80") + say(RAW, 9, 9, b""),
        "expected": bytes([EXPECT, 0, 1, 7]) + bytes([EXPECT, 3, 1, 8]) + calls,
    }


if __name__ == "__main__":
    for name, seed in seeds().items():
        for profile in range(3):
            (CORPUS / f"{name}-{profile}").write_bytes(bytes([profile, 1, profile & 1]) + seed)
