"""An event loop whose clock jumps to the next timer instead of waiting: seven days pass in milliseconds.

A loop that would wait with no timer set is a deadlock, and is reported as one.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
"""What `Clock`s on virtual time show when the loop begins."""


class Deadlock(Exception):
    """Everything waits and no timer is set: nothing can ever happen again."""


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Deadlock
        self.now_s += max(timeout, 0.0)
        return []


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def virtual_now() -> datetime:
    """The wall clock of the running virtual loop."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())


def run_in_virtual_time(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a scenario that uses no threads and no sockets."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario)
