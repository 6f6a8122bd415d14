"""Keeps us below a rate limit of Meta's, and remembers an answer for some seconds. Times are the event loop's."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from signaling.errors import Failure, Fault, NeighbourError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass
class Pacer(Generic[Key]):
    """A turn for each key every so many seconds. Who would wait longer than `longest_wait_s` is refused as by Meta."""

    longest_wait_s: float
    sleep: Callable[[float], Awaitable[None]]
    _next_turn_s: dict[Key, float] = field(default_factory=dict)

    async def turn(self, key: Key, interval_s: float) -> None:
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_turn_s.get(key, now_s))
        if turn_s - now_s > self.longest_wait_s:
            raise NeighbourError(Failure("meta.613", Fault.LIMIT, "held back by the gateway", turn_s - now_s))
        self._next_turn_s[key] = turn_s + interval_s
        if turn_s > now_s:
            await self.sleep(turn_s - now_s)


@dataclass
class ShortMemory(Generic[Key, Value]):
    """The latest `capacity` answers, each for `keep_s`."""

    keep_s: float
    capacity: int
    _kept: OrderedDict[Key, tuple[float, Value]] = field(default_factory=OrderedDict)

    def recall(self, key: Key) -> Value | None:
        until_s, value = self._kept.get(key, (0.0, None))
        return value if asyncio.get_running_loop().time() < until_s else None

    def keep(self, key: Key, value: Value) -> None:
        self._kept[key] = asyncio.get_running_loop().time() + self.keep_s, value
        self._kept.move_to_end(key)
        if len(self._kept) > self.capacity:
            self._kept.popitem(last=False)
