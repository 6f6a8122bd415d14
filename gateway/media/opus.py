"""What can be read off an Opus packet without decoding it (RFC 6716 §3). Pure."""

SILENCE_PACKET = bytes.fromhex("f8fffe")
"""20 ms of digital silence: TOC 0xF8 (CELT, full band, 20 ms, mono, one frame) and the shortest frame that says so."""

_FRAME_TICKS = (
    *(480, 960, 1920, 2880) * 3,  # configurations 0 to 11: SILK, 10/20/40/60 ms
    *(480, 960) * 2,  # 12 to 15: hybrid, 10/20 ms
    *(120, 240, 480, 960) * 4,  # 16 to 31: CELT, 2.5/5/10/20 ms
)
_LONGEST_TICKS = 5760  # 120 ms


def is_quiet(payload: bytes) -> bool:
    """No speech fits into three bytes: libopus' DTX (one or two), or what it makes of a muted microphone (three)."""
    return len(payload) <= 3


def duration_ticks(payload: bytes) -> int | None:
    """Length of the packet's audio at 48 kHz, or None when the bytes are no Opus packet."""
    if not payload:
        return None
    toc = payload[0]
    frame = _FRAME_TICKS[toc >> 3]
    match toc & 3:
        case 0:
            frames = 1
        case 1 | 2:
            frames = 2
        case _:
            if len(payload) < 2:
                return None
            frames = payload[1] & 0x3F
    ticks = frames * frame
    return ticks if 0 < ticks <= _LONGEST_TICKS else None
