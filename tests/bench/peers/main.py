"""How a peer's program is run: with the load on the last core, and a result or a reason as one JSON object."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from gateway.media.planes import PlaneMissing
from tests.bench.peers.process import LOADS_CORE, PeerForwarding, PeerUnusable


def run_peer(forward: Callable[[int, float], Awaitable[PeerForwarding]]) -> None:
    """`CALLS SECONDS` from the command line. Prints a PeerForwarding, or `{"unusable": why}`."""
    os.sched_setaffinity(0, {LOADS_CORE})
    calls, seconds = int(sys.argv[1]), float(sys.argv[2])

    async def run() -> dict[str, object]:
        try:
            return asdict(await forward(calls, seconds))
        except (PeerUnusable, PlaneMissing, OSError, TimeoutError) as error:
            return {"unusable": str(error) or type(error).__name__}

    print(json.dumps(asyncio.run(run())), flush=True)
