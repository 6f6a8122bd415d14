"""`python -m tests.bench.whole`: a gateway with 50 calls, with real HTTP, Socket.IO, ICE, DTLS and SRTP, as one JSON
object on the last line: what a seat, a held call and a call's beginning cost. `ramal load` says how many it carries.

BENCH_QUICK=1: six calls, in less than a minute."""

import asyncio
import json
import os

import uvloop

from tests.bench.whole.measure import run
from tests.bench.whole.plan import FULL, QUICK


def main() -> None:
    plan = QUICK if os.environ.get("BENCH_QUICK", "0") not in ("", "0") else FULL
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(run(plan))
    print(json.dumps(result.as_dict()), flush=True)


if __name__ == "__main__":
    main()
