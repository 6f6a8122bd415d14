"""A line to Meta on a clock that jumps: what fills a quiet source, and what must not be disturbed."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.media.flow import Flow
from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import Address, FlowCodec, FlowId, SrtpKeys, SrtpProfile
from gateway.media.rtp import RtpPacket, is_rtcp, parse_rtp

HERE: Address = ("192.0.2.1", 1)
KEYS = SrtpKeys(SrtpProfile.AEAD_AES_128_GCM, rx=bytes(28), tx=bytes(28))
VOICE = b"\x78voice"
FRAME_S = 0.02


@dataclass
class Wire:
    """An endpoint that keeps what is sent. GCM leaves RTP headers readable, and its payload 16 bytes longer."""

    sent: list[RtpPacket] = field(default_factory=list)
    local_address: Address = HERE

    def send(self, data: bytes, address: Address) -> None:
        if not is_rtcp(data):
            self.sent.append(parse_rtp(data))

    def close(self) -> None:
        pass

    @property
    def silence(self) -> list[bool]:
        return [len(packet.payload) == len(SILENCE_PACKET) + 16 for packet in self.sent]


def leg_to_meta() -> tuple[Flow, Wire]:
    wire = Wire()
    flow = Flow(FlowId(1), wire, HERE, KEYS, FlowCodec(111), [9], True, lambda *event: None)
    flow.gate_open = True
    flow.lines[0].hear(FlowId(2))
    return flow, wire


def voice(n: int, payload: bytes = VOICE) -> RtpPacket:
    return RtpPacket(111, False, (65_530 + n) & 0xFFFF, (960 * n) & 0xFFFF_FFFF, 77, payload, None)


def unbroken(wire: Wire) -> bool:
    pairs = list(pairwise(wire.sent))
    sequences = {(b.sequence - a.sequence) & 0xFFFF for a, b in pairs}
    return sequences <= {1} and all(0 < (b.ticks - a.ticks) & 0xFFFF_FFFF < 0x8000_0000 for a, b in pairs)


def play(arrivals: list[tuple[float, RtpPacket]], until_s: float) -> Wire:
    """Packets at their times, and the ticker every 20 ms."""
    flow, wire = leg_to_meta()
    (line,) = flow.lines
    ticks = [(0.007 + FRAME_S * n, None) for n in range(int(until_s / FRAME_S))]
    for at_s, packet in sorted([*arrivals, *ticks], key=lambda item: item[0]):
        if packet is None:
            line.tick(1, at_s)
        else:
            line.forward(packet, at_s)
    return wire


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 0.038), min_size=120, max_size=120))
def test_network_jitter_is_left_to_the_listener(delays_s: list[float]) -> None:
    arrivals = [(1.0 + FRAME_S * n + delay_s, voice(n)) for n, delay_s in enumerate(delays_s)]
    wire = play(sorted(arrivals, key=lambda item: item[0]), 1.0 + FRAME_S * 120)
    first = wire.silence.index(False)
    assert all(wire.silence[:first])  # nobody had spoken yet
    assert not any(wire.silence[first:])
    assert 118 <= wire.silence.count(False) <= 120  # none but those that overtook the first


def test_a_pause_is_filled_to_one_packet_every_20_ms() -> None:
    spoken = [(1.0 + FRAME_S * n, voice(n)) for n in range(50)]
    again = [(4.0 + FRAME_S * n, voice(50 + n)) for n in range(50)]
    wire = play([*spoken, *again], 5.0)
    assert unbroken(wire)
    assert wire.silence.count(False) == 100
    assert abs(len(wire.sent) - 250) <= 3
    whole = (wire.sent[-1].ticks - wire.sent[0].ticks) & 0xFFFF_FFFF
    assert abs(whole / 48_000 - 5.0) < 0.05


def test_packets_of_a_muted_browser_do_not_disturb_the_filling() -> None:
    muted = [(1.0 + 0.2 * n, voice(n, (b"\x78", b"\x78\xff\xfe")[n % 2])) for n in range(40)]  # as Chromium does
    wire = play(muted, 9.0)
    steps = {(b.ticks - a.ticks) & 0xFFFF_FFFF for a, b in pairwise(wire.sent)}
    assert all(wire.silence) and unbroken(wire)
    assert steps == {960}
    assert len(wire.sent) == 450


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.0, 0.6), st.booleans()), min_size=1, max_size=20),
)
# The burst and what follows it arrive at one instant, and rounding once put the last of them first.
@example(
    [
        (1, 0.487, False),
        (1, 0.41, False),
        (3, 0.588, False),
        (6, 0.0, False),
        (1, 0.56, False),
        (1, 0.5, False),
        (2, 0.046, False),
        (6, 0.467, False),
        (3, 0.0, True),
        (1, 0.0, False),
    ]
)
@example(
    [
        (1, 0.38, False),
        (1, 0.597, False),
        (3, 0.031, False),
        (4, 0.0, False),
        (1, 0.06, False),
        (1, 0.06, False),
        (1, 0.06, False),
        (4, 0.041, False),
        (7, 0.567, False),
        (4, 0.32, False),
        (7, 0.567, False),
        (3, 0.0, True),
        (5, 0.0, True),
        (1, 0.0, False),
    ]
)
def test_speech_with_pauses_makes_one_unbroken_stream_that_stays_with_the_wall(
    talk: list[tuple[int, float, bool]],
) -> None:
    arrivals: list[tuple[float, RtpPacket]] = []
    at_s, n = 0.5, 0
    held_s = 0.0  # what is behind a burst waits for it, too: nothing overtakes here
    for packets, pause_s, burst in talk:
        if burst and packets < 6:  # some come in a burst
            held_s = at_s + FRAME_S * packets
        for _ in range(packets):
            arrivals.append((max(at_s, held_s), voice(n)))
            at_s, n = at_s + FRAME_S, n + 1
        at_s += pause_s
    wire = play(arrivals, at_s + 1.0)
    assert unbroken(wire)
    assert wire.silence.count(False) == n
    whole_s = ((wire.sent[-1].ticks - wire.sent[0].ticks) & 0xFFFF_FFFF) / 48_000
    assert abs(whole_s - (at_s + 1.0)) < 0.15


def test_nothing_is_sent_while_the_gate_is_closed() -> None:
    flow, wire = leg_to_meta()
    flow.gate_open = False
    flow.lines[0].forward(voice(1), 1.0)
    flow.send_reports(1.0)
    assert wire.sent == [] and not flow.lines[0].paced
