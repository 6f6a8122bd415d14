"""The figures as a reader sees them, on the terminal and in docs/performance.md. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.bench.bars import judge, number

Result = Mapping[str, Any]
"""The bench's JSON object."""

FORWARDERS: Final = (
    ("bare UDP forwarding", "udp_us_per_packet", "native_calls"),
    ("native plane", "native_us_per_packet", "native_calls"),
    ("native plane", "native_at_rtpengines_calls_us_per_packet", "rtpengine_calls"),
    ("rtpengine, userspace", "rtpengine_us_per_packet", "rtpengine_calls"),
    ("Python plane, uvloop", "python_us_per_packet", "python_calls"),
    ("Janus videocall", "janus_us_per_packet", "janus_calls"),
)
"""Name, key of the cost, key of the number of calls."""


def bars(result: Result) -> list[list[str]]:
    """What, bar, figure, reached or not."""
    head = ["What", "Bar", "Measured", "Reached?"]
    return [head, *([v.bar.what, v.bar.asked, v.said, v.word] for v in judge(result))]


def forwarders(result: Result) -> list[list[str]]:
    """What forwarding a packet costs, by whom, and the range of the runs."""
    rows = [["Forwarder", "Calls", "µs per packet", "Runs", "by bare UDP", "Calls on one core"]]
    udp = result.get("udp_us_per_packet")
    for name, key, calls in FORWARDERS:
        cost = result.get(key)
        if cost is None:
            rows.append([name, "", f"— ({result['unmeasured'].get(key, 'not measured')})", "", "", ""])
            continue
        runs = sorted(result["runs"][key])
        spread = f"{number(runs[0])} to {number(runs[-1])}" if len(runs) > 1 else "one"
        ratio = f"{number(cost / udp)} ×" if udp else "—"
        rows.append([name, number(result[calls]), number(cost), spread, ratio, f"{10_000 / cost:,.0f}"])
    return rows


def told_of_conditions(result: Result) -> list[str]:
    """Sentences."""
    c = result["conditions"]
    libraries = ", ".join(f"{name} {version}" for name, version in c["libraries"].items())
    peers = ", ".join(f"{name} {version}" for name, version in c["peers"].items())
    runs = max((len(values) for values in result["runs"].values()), default=0)
    return [
        f"Measured {c['date']} on {c['cores']} cores of {c['machine']}, {c['system']} {c['kernel']}.",
        f"Python {c['python']}, {c['openssl']}, {c['compiler']}; {libraries}. Peers from Debian: {peers}.",
        f"Load average before it began: {c['load_average']}. Medians of {runs}, {result['seconds']} s each, one "
        f"forwarder after the other in every round; {result['minutes']} minutes in all.",
    ]


def as_text(rows: Sequence[Sequence[str]]) -> str:
    """For a terminal: columns in line."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]]).replace("**", "")


def as_markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page_section(result: Result) -> str:
    """What stands between the marks of docs/performance.md."""
    return "\n\n".join(
        [
            as_markdown(bars(result)),
            "What forwarding one packet costs (unprotect, rewrite, protect, send; CPU of the forwarder's process):",
            "![CPU per forwarded packet](images/performance.svg)",
            as_markdown(forwarders(result)),
            _beside(result),
            "\n".join(told_of_conditions(result)),
        ]
    )


def _beside(result: Result) -> str:
    lost, cost = result.get("setups_lost"), result.get("setup_cpu_ms")
    if lost is None or cost is None:
        return "Set-ups were not measured."
    return (
        f"Beside {result['setups_beside_calls']} calls that are up, a set-up (two legs with ICE and DTLS, made and "
        f"ended) costs the gateway's loop {number(cost)} ms; of the other calls' packets {number(lost)} were lost."
    )


def for_terminal(result: Result) -> str:
    parts = [as_text(forwarders(result)), as_text(bars(result)), _beside(result), "\n".join(told_of_conditions(result))]
    if result["plan"] != "full":
        parts.append("Only a look: with fewer calls a packet costs more, and the bars are meant for a full run.")
    return "\n\n".join(parts)
