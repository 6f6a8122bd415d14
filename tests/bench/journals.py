"""What recording many calls at once costs, what it adds to forwarding, and how many this machine carries.

    python -m tests.bench.journals [calls …]

One JSON object on the last line. Every call has two legs that speak 50 packets a second; all that arrives goes into one
journal a call, by the parts that gateways record with (the plane's tapes, `gateway.call_journals`, `recording.writer`),
on the disk that TMPDIR names. The gateway has one core, the load another. With more than one number of calls, the first
is also measured without recording, and with tapes that nobody keeps.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, Final

from gateway.media.planes import PlaneChoice
from tests.bench.conditions import conditions
from tests.bench.native.run import Forwarding, Load, Programs, build, forward, recorded

CALLS: Final = (1000, 1400, 1800)
SECONDS: Final = 8
HOUR_S: Final = 3600


def told(calls: int, found: Forwarding) -> dict[str, Any]:
    return {
        "calls": calls,
        "cores": round(found.cores, 3),
        "us_per_packet": round(found.us_per_packet, 2),
        "lost": found.lost,
        "added_latency_ms_p50": found.added_latency_ms_p50,
        "added_latency_ms_p99": found.added_latency_ms_p99,
        "load_late_ms": found.load_late_ms,
    }


def into_journals(programs: Programs, calls: int, seconds: int) -> dict[str, Any]:
    found, kept = recorded(programs, Load(calls, seconds))
    received, journals = kept.pop("received"), kept.pop("journal_bytes")
    return {
        **told(calls, found),
        **kept,
        "packets_not_kept": received - kept["packets_kept"],
        "journal_mib_per_call_hour": round(journals / kept["packets_kept"] * 100 * HOUR_S / 2**20, 1),
        "journal_bytes_per_s": round(journals / seconds),
    }


def run(calls: tuple[int, ...], seconds: int = SECONDS, say: Callable[[str], object] = print) -> dict[str, Any]:
    """Raises BenchFailed."""
    under = conditions()
    with build() as programs:
        first = Load(calls[0], seconds)
        say(f"{calls[0]} calls, not recorded")
        plain = told(calls[0], forward(programs, PlaneChoice.NATIVE, first))
        say(f"{calls[0]} calls, taped for nobody")
        taped = told(calls[0], forward(programs, PlaneChoice.NATIVE, first, tapped=True))
        each = []
        for number in calls:
            say(f"{number} calls, recorded")
            each.append(into_journals(programs, number, seconds))
    return {"seconds": seconds, "plain": plain, "taped": taped, "recorded": each, "conditions": under}


def main() -> None:
    calls = tuple(int(word) for word in sys.argv[1:]) or CALLS
    print(json.dumps(run(calls, say=lambda what: print(what, file=sys.stderr, flush=True))), flush=True)


if __name__ == "__main__":
    main()
