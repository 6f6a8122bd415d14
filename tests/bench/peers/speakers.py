"""Both ends of many calls through somebody else's forwarder: the native plane, which speaks, listens and authenticates.

Each leg says an 80-byte packet every 20 ms, the legs spread over the 20 ms; that is what load.c says, too.
"""

import asyncio
import time
from collections.abc import Sequence

import psutil

from gateway.media.plane import FlowId, Plane, Prompt
from tests.bench.peers.process import PeerForwarding, PeerUnusable, cpu_s

VOICE = Prompt("voice", tuple(bytes([0x78, *((7 * at + n) % 256 for at in range(79))]) for n in range(50)), loop=True)
SETTLE_S = 1.0
MOST_LOST = 0.02
"""More, and the peer did not do the work that it is measured by."""


async def measure(
    plane: Plane, flows: Sequence[FlowId], process: psutil.Process, seconds: float, version: str
) -> PeerForwarding:
    """Let all flows speak, and count what the peer used meanwhile and what came. Raises PeerUnusable."""
    for flow in flows:
        plane.hear(flow, VOICE)
        plane.open_gate(flow)
    await asyncio.sleep(SETTLE_S)
    before, began_s = _packets(plane, flows), time.monotonic()
    cpu_before_s = cpu_s(process)
    await asyncio.sleep(seconds)
    used_s = cpu_s(process) - cpu_before_s
    after = _packets(plane, flows)
    said, heard = (late - early for late, early in zip(after, before, strict=True))
    # What is on its way at either end of the window is a few packets.
    lost = max(0, said - heard)
    if heard <= 0 or lost > MOST_LOST * said:
        raise PeerUnusable(f"of {said} packets {heard} came in {time.monotonic() - began_s:.1f} s")
    return PeerForwarding(used_s * 1e6 / heard, len(flows) // 2, heard, lost, version)


def _packets(plane: Plane, flows: Sequence[FlowId]) -> tuple[int, int]:
    """Said and heard so far, by all."""
    figures = [plane.figures(flow) for flow in flows]
    return sum(f.sent.packets for f in figures), sum(f.received.packets for f in figures)
