"""Whatever a line hears, and from whatever numbers on: one unbroken stream, and nothing twice."""

import pytest

from gateway.media import rtp
from gateway.media.plane import Endpoint, FlowId, Plane
from tests.media.peers import RawPeer
from tests.media.test_plane import VOICE, sequence_steps, tick_steps

pytestmark = pytest.mark.paired

STARTS = [
    (sequence, ticks)
    for sequence in (0, 0x7FFE, 0xFFF8, 0xFFFF)
    for ticks in (0, 0x7FFF_FFFF, 0xFFFF_E000, 0xFFFF_FFFF)
]


async def joined(plane: Plane, endpoint: Endpoint, *speakers: RawPeer) -> tuple[RawPeer, FlowId, list[FlowId]]:
    """A listener, its flow, and those of the speakers."""
    listener = RawPeer()
    target = await listener.join(plane, endpoint)
    plane.open_gate(target)
    return listener, target, [await speaker.join(plane, endpoint) for speaker in speakers]


@pytest.mark.parametrize(("sequence", "ticks"), STARTS)
async def test_sources_are_switched_through_the_wrap_around_of_their_numbers(
    plane: Plane, endpoint: Endpoint, sequence: int, ticks: int
) -> None:
    speakers = [RawPeer(ssrc=0x1111), RawPeer(ssrc=0x2222)]
    listener, target, sources = await joined(plane, endpoint, *speakers)
    speakers[0].sequence, speakers[0].ticks = sequence, ticks
    speakers[1].sequence, speakers[1].ticks = ticks >> 16, sequence << 16
    said: list[bytes] = []
    for turn in range(6):
        plane.hear(target, sources[turn % 2])
        for _ in range(4):
            said.append(bytes([0x78, turn, len(said)]) + VOICE)
            speakers[turn % 2].say(said[-1])
            await listener.hears(len(said))
    assert listener.payloads == said
    assert set(sequence_steps(listener.heard)) == {1}
    assert all(step % 960 == 0 and 0 < step < 48_000 for step in tick_steps(listener.heard))
    assert {heard.packet.ssrc for heard in listener.heard} == {7000}
    for source in sources:
        assert (plane.figures(source).received.packets, plane.figures(source).received.lost) == (12, 0)


@pytest.mark.parametrize("start", [10, 0xFFFC, 0x7FFD])
async def test_late_packets_take_their_own_place_and_duplicates_none(
    plane: Plane, endpoint: Endpoint, start: int
) -> None:
    speaker = RawPeer()
    listener, target, (source,) = await joined(plane, endpoint, speaker)
    plane.hear(target, source)

    def send(n: int) -> bytes:
        packet = rtp.pack_rtp(111, False, (start + n) & 0xFFFF, 960 * n, speaker.ssrc, bytes([0x78, n, *VOICE]))
        return speaker.send_clear(packet)

    datagrams = {n: send(n) for n in (0, 1, 4, 3, 2, 7, 5)}
    for n in (3, 7):
        speaker.send(datagrams[n], speaker.plane_address)  # the network's duplicate
    send(8)
    await listener.hears(8)
    order = [payload[1] for payload in listener.payloads]
    assert order == [0, 1, 4, 3, 2, 7, 5, 8]
    first = listener.heard[0].packet
    places = [
        ((h.packet.sequence - first.sequence) & 0xFFFF, ((h.packet.ticks - first.ticks) & 0xFFFF_FFFF) // 960)
        for h in listener.heard
    ]
    assert places == [(n, n) for n in order]
    figures = plane.figures(source)
    assert figures.dropped == {"replay": 2}
    assert figures.received.lost == 1  # the sixth never came


async def test_what_comes_late_from_before_a_switch_is_not_heard(plane: Plane, endpoint: Endpoint) -> None:
    agent, other = RawPeer(ssrc=0x1111), RawPeer(ssrc=0x2222)
    listener, target, (seat, music) = await joined(plane, endpoint, agent, other)
    plane.hear(target, seat)
    agent.say()
    agent.say(skip=1)
    late = rtp.pack_rtp(111, False, (agent.sequence - 1) & 0xFFFF, (agent.ticks - 960) & 0xFFFF_FFFF, agent.ssrc, VOICE)
    await listener.hears(2)
    plane.hear(target, music)
    other.say()
    await listener.hears(3)
    plane.hear(target, seat)
    agent.say(b"\x78again")
    await listener.hears(4)
    agent.send_clear(late)
    agent.say(b"\x78last")
    await listener.hears(5)
    assert VOICE not in listener.payloads
    assert [payload[1:] for payload in listener.payloads] == [b"voice", b"voice", b"voice", b"again", b"last"]
    assert sequence_steps(listener.heard)[1:] == [1, 1, 1]
