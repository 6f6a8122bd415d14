"""What the customer heard, laid out in time; the keys of a phone; two calls that share a port."""

import struct

from aioice import stun

from gateway.simulator.faults import FaultKind
from gateway.simulator.heard import SILENCE, HeardPacket, timeline, to_ogg
from gateway.simulator.keypad import key_packets
from gateway.simulator.settings import MetaRules
from tests.simulator.fake_gateway import bench, talking_leg
from tests.simulator.sound import decode_ogg


def at(frame: int, payload: bytes = b"x", ticks: int | None = None) -> HeardPacket:
    return HeardPacket(100 + frame * 0.02, (2**32 - 1920 + 960 * frame) % 2**32 if ticks is None else ticks, payload)


def test_gaps_are_silence_also_where_the_clock_wraps() -> None:
    assert timeline([at(0, b"a"), at(1, b"b"), at(4, b"c")]) == [b"a", b"b", SILENCE, SILENCE, b"c"]


def test_a_packet_that_was_overtaken_finds_its_place() -> None:
    assert timeline([at(0, b"a"), at(2, b"c"), at(1, b"b"), at(3, b"d")]) == [b"a", b"b", b"c", b"d"]


def test_where_the_clock_leaps_the_arrival_counts() -> None:
    leap = at(3, b"z", ticks=2**31 - 5000)
    assert timeline([at(0, b"a"), leap]) == [b"a", SILENCE, SILENCE, b"z"]


def test_nothing_heard_is_a_file_all_the_same() -> None:
    assert timeline([]) == []
    assert len(decode_ogg(to_ogg([]))) > 0


def test_a_file_lasts_as_long_as_what_was_heard() -> None:
    packets = [at(frame, SILENCE) for frame in range(50) if frame % 3]
    seconds = len(decode_ogg(to_ogg(packets))) / 48_000
    assert abs(seconds - 0.98) < 0.05


def test_a_key_grows_and_says_its_end_three_times() -> None:
    packets = key_packets("#")
    events = [struct.unpack("!BBH", packet.payload) for packet in packets]
    assert {event for event, _flags, _duration in events} == {11}
    assert [bool(flags & 0x80) for _event, flags, _duration in events] == [False] * 8 + [True] * 3
    assert [duration for _event, _flags, duration in events] == [160 * n for n in range(1, 9)] + [1440] * 3
    assert [packet.marker for packet in packets] == [True] + [False] * 10
    assert [packet.last_of_key for packet in packets] == [False] * 10 + [True]


async def test_two_calls_from_one_port_are_told_apart_by_nobody_and_caught() -> None:
    async with bench(MetaRules(graph_latency_s=0.0)) as world:
        for number in (1, 2):
            await world.call("maria")
            await world.gateway.has_calls(number)
        first, second = (call["session"]["sdp"] for call in world.gateway.calls)
        async with talking_leg(first) as leg:
            await world.act("pre_accept", world.gateway.calls[0]["id"], leg.answer)
            await leg.connect()
            assert leg.leg.path is not None
            leg.port.send(a_check_for(second), leg.leg.path)
            await world.until(lambda: FaultKind.SHARED_PORT.value in world.fault_kinds)


def a_check_for(offer_sdp: str) -> bytes:
    """A binding request for the call of this offer."""
    ufrag, password = (offer_sdp.split(f"a=ice-{name}:")[1].split("\r\n")[0] for name in ("ufrag", "pwd"))
    attributes = {"USERNAME": f"{ufrag}:other", "PRIORITY": 1, "ICE-CONTROLLING": 1}
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"y" * 12, attributes)
    request.add_message_integrity(password.encode())
    return bytes(request)
