"""Legs come and go for weeks: what they took is given back."""

import gc
import os
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.media.plane import SILENCE, Address, KeepsIce, Plane
from tests.media.peers import ANY_PORT, CODEC, LOCALHOST, PROMPT, RawPeer, eventually, holds_nothing, ignore_control

pytestmark = pytest.mark.alone

LEGS = 10_000
AT_ONCE = 50
ROUNDS = 5
LEAST_GROWTH_BYTES = 128 * 1024  # an allocator grows now and then; a leak of 64 bytes for each leg does so every round
NOWHERE: Address = (LOCALHOST, 9)


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


async def live_and_die(plane: Plane, legs: int, descriptors: int) -> None:
    """So many legs with a socket, keys, agents and something to hear, `AT_ONCE` at a time; pairs hear each other."""
    keys = RawPeer().keys_for_plane
    for _ in range(legs // AT_ONCE):
        endpoints = [await plane.open_endpoint(LOCALHOST, ANY_PORT, ignore_control) for _ in range(AT_ONCE)]
        keepers = []
        if isinstance(plane, KeepsIce):
            keepers = [
                plane.answer_checks(one, f"ufrag{n}", "p" * 24, lambda *_: None) for n, one in enumerate(endpoints)
            ]
        flows = [plane.add_flow(one, NOWHERE, keys, CODEC, [1, 2], continuous=True) for one in endpoints]
        for keeper, flow in zip(keepers, flows, strict=False):
            keeper.name_peer("theirs", "q" * 24)
            keeper.carry(flow, NOWHERE)
        for n, flow in enumerate(flows):
            plane.expect_from(endpoints[n], (LOCALHOST, 1000 + n), flow)
            plane.open_gate(flow)
            plane.hear(flow, flows[n ^ 1])
            plane.hear(flow, PROMPT if n & 1 else SILENCE, line=1)
        for flow in flows:
            plane.remove_flow(flow)
        for keeper in keepers:
            keeper.close()
        for endpoint in endpoints:
            endpoint.close()
        await eventually(lambda: open_descriptors() <= descriptors)  # others may be closed meanwhile


async def test_ten_thousand_legs_leave_no_memory_and_no_descriptor_behind(plane: Plane) -> None:
    descriptors = open_descriptors()
    await live_and_die(plane, LEGS // 5, descriptors)
    await holds_nothing(plane, endpoints=0)
    sizes = [resident_bytes()]
    for _ in range(ROUNDS):
        await live_and_die(plane, LEGS // ROUNDS, descriptors)
        await holds_nothing(plane, endpoints=0)
        sizes.append(resident_bytes())
    assert min(later - earlier for earlier, later in pairwise(sizes)) < LEAST_GROWTH_BYTES, sizes
    assert open_descriptors() <= descriptors
