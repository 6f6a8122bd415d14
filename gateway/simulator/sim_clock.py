"""The simulated Meta's clock, which can be moved forward: seven days in a moment."""

from collections.abc import Callable


class SimClock:
    """Unix seconds. Between moves it runs as `unix_s` does."""

    def __init__(self, unix_s: Callable[[], float]) -> None:
        self._unix_s = unix_s
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return self._unix_s() + self._ahead_s

    @property
    def ahead_s(self) -> float:
        return self._ahead_s

    def forward(self, seconds: float) -> None:
        """Never back: Meta's counts only know one direction."""
        assert seconds >= 0
        self._ahead_s += seconds
