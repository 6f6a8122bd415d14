"""Packets placed a part at a time stand where they stand when all are placed at once."""

from pathlib import Path

import numpy as np

from recording.journal import Leg, Packet
from recording.sides import Part, Side
from recording.timeline import RATE_HZ

SPOKEN = 3_000  # packets: a minute


def spoken(seed: int) -> list[Packet]:
    """With loss, jitter, a packet that is two seconds late, and a new SSRC in the middle of a part."""
    chance = np.random.default_rng(seed)
    packets = []
    for number in range(SPOKEN):
        if chance.random() < 0.05:
            continue
        late_s = 2.0 if number == 1_190 else chance.exponential(0.03)
        ssrc, ticks = (7, 4_294_000_000 + number * 960) if number < 1_500 else (9, number * 960)
        at_s = number * 0.02 + 0.05 + late_s
        packets.append(Packet(Leg.CUSTOMER, at_s, ssrc, number, ticks % 2**32, False, bytes(number % 50)))
    return sorted(packets, key=lambda packet: packet.at_s)


def placed(folder: Path, packets: list[Packet], at_once: int) -> list[Part]:
    side = Side(folder)
    for number, packet in enumerate(packets):
        side.add(packet, number)
    parts = list(side.parts(at_once))
    side.close()
    return parts


def test_every_packet_is_placed_once_and_in_order_across_the_borders_of_parts(tmp_path: Path) -> None:
    packets = spoken(3)
    whole, parts = placed(tmp_path, packets, 10_000), placed(tmp_path, packets, 600)
    assert len(whole) == 1 and len(parts) > 4
    offsets = np.concatenate([part.offset for part in parts])
    places = np.concatenate([part.place for part in parts])
    assert sorted(offsets.tolist()) == list(range(len(packets)))
    assert offsets.tolist() == whole[0].offset.tolist(), "also the one that was two seconds late"
    assert np.abs(places - whole[0].place).max() < 0.005 * RATE_HZ
    assert [int(length) for part in parts for length in part.length] == [len(packets[n].payload) for n in offsets]


def test_a_voice_that_was_never_heard_has_no_parts(tmp_path: Path) -> None:
    assert placed(tmp_path, [], 600) == []


def test_a_voice_as_long_as_a_part_is_whole(tmp_path: Path) -> None:
    packets = spoken(4)[:600]
    assert sum(len(part.place) for part in placed(tmp_path, packets, 600)) == 600
