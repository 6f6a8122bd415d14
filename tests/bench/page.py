"""docs/performance.md, its plot and the figures behind both, kept current.

`python -m tests.bench.page` draws and writes them again from docs/performance.json, without measuring.
"""

import json
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

from gateway.media.native.build_plane import ROOT
from tests.bench.bars import number
from tests.bench.table import FORWARDERS, Result, page_section

DOCS: Final = Path(ROOT) / "docs"
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
OURS, OTHERS = "#1971c2", "#868e96"


def write(result: Result, docs: Path = DOCS) -> None:
    """Raises ValueError when the page has lost its marks."""
    (docs / "performance.json").write_text(json.dumps(result, indent=1) + "\n")
    page = docs / "performance.md"
    page.write_text(with_section(page.read_text(), page_section(result)))
    draw(result, docs / "images" / "performance.svg")


def with_section(page: str, section: str) -> str:
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise ValueError("docs/performance.md has no place for the figures")
    return f"{head}{BEGIN}\n\n{section}\n\n{END}{tail}"


def draw(result: Result, path: Path) -> None:
    """One bar for each forwarder, and a line from its best to its worst run."""
    matplotlib.rcParams.update({"svg.hashsalt": "ramal", "svg.fonttype": "none", "font.family": "sans-serif"})
    known = [(name, key, calls) for name, key, calls in FORWARDERS if result.get(key) is not None]
    figure, axes = pyplot.subplots(figsize=(8, 0.55 * len(known) + 1.1), layout="constrained")
    for row, (name, key, _) in enumerate(known):
        cost, runs = result[key], result["runs"][key]
        axes.barh(row, cost, height=0.6, color=OURS if "plane" in name else OTHERS)
        axes.plot([min(runs), max(runs)], [row, row], color="black", linewidth=1.2)
        axes.annotate(number(cost), (max(cost, *runs), row), (6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(known)), [f"{name}, {number(result[calls])} calls" for name, _, calls in known])
    axes.invert_yaxis()
    axes.set_xlabel("CPU per forwarded packet, µs (median; the line is the range of the runs)")
    axes.set_title("What does it cost to forward one packet?", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.1)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    write(json.loads((DOCS / "performance.json").read_text()))
