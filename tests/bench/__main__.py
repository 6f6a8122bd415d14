"""`make bench`: our planes beside bare UDP, rtpengine and Janus, as a table and as one JSON object on the last line.

A full run takes some four minutes and brings docs/performance.md up to date; BENCH_QUICK=1 takes less than one, is only
a look, and leaves the page alone.
"""

import json
import os
import sys
import time

from tests.bench.page import write
from tests.bench.plan import FULL, QUICK
from tests.bench.run import run
from tests.bench.table import for_terminal


def main() -> None:
    plan = QUICK if os.environ.get("BENCH_QUICK", "0") not in ("", "0") else FULL
    result = run(plan, _say).as_dict()
    if plan is FULL:
        write(result)
    print(f"\n{for_terminal(result)}\n")
    print(json.dumps(result), flush=True)


def _say(what: str) -> None:
    """Progress, on stderr: stdout is for the result."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
