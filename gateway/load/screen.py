"""What a person sees of a run, on stderr: a line that changes in a terminal, a line now and then elsewhere; at the end
a table."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from rich.console import Console
from rich.status import Status
from rich.table import Table

from gateway.load.tally import Progress

REFRESH_S: Final = 0.5
LINE_EVERY_S: Final = 5.0  # without a terminal


def line_of(progress: Progress) -> str:
    words = [progress.stage, f"{progress.agents} agents"]
    if progress.setups or progress.up or progress.failures:
        words += [f"{progress.up} up", f"{progress.setups} set up", f"{progress.failures} failed"]
    if progress.seconds_left is not None:
        words.append(f"{max(0.0, progress.seconds_left):.0f} s left")
    return " · ".join(words)


@asynccontextmanager
async def shown(progress: Callable[[], Progress | None], console: Console) -> AsyncIterator[None]:
    """Show how far it is until the block is left."""
    status = Status("", console=console) if console.is_terminal else None

    async def refresh() -> None:
        said_s, said = 0.0, ""
        while True:
            if (now := progress()) is not None:
                line = line_of(now)
                if status is not None:
                    status.update(line)
                elif line != said and (time.monotonic() - said_s > LINE_EVERY_S):
                    said_s, said = time.monotonic(), line
                    console.print(line, highlight=False, soft_wrap=True)
            await asyncio.sleep(REFRESH_S)

    showing = asyncio.create_task(refresh())
    if status is not None:
        status.start()
    try:
        yield
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
        if status is not None:
            status.stop()


def table_of(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in rows:
        table.add_row(name, value)
    return table
