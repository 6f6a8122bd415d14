"""Customers and agents who set up calls with a gateway process, so many a second.

Each set-up is two legs with real ICE and DTLS: a relay of Meta's and a browser, both on a plane of this process. It
begins with the two offers and is done when both legs are up and wired; then the call is ended.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import Plane
from tests.media.peers import FarLeg, browser, meta_offer, meta_relay, remote_of, seat_offer

LONGEST_S = 20.0
MOST_AT_ONCE = 24
Told = Mapping[str, Any]


@dataclass
class SetUps:
    """Done within one window. `seconds` of each, from the offers to both legs up."""

    window_s: float
    seconds: list[float] = field(default_factory=list)
    failed: int = 0


class Line:
    """To and from the gateway process: JSON lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Queue[Told]] = {}
        self._memory: asyncio.Queue[int] = asyncio.Queue()
        self.lost: list[str] = []

    def begin(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            match json.loads(line):
                case {"memory_kib": int(kib)}:
                    self._memory.put_nowait(kib)
                case {"lost": str(reason)}:
                    self.lost.append(reason)
                case told:
                    self._waiting[told["id"]].put_nowait(told)

    def say(self, **what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    def expect(self, number: int) -> asyncio.Queue[Told]:
        return self._waiting.setdefault(number, asyncio.Queue())

    def forget(self, number: int) -> None:
        self._waiting.pop(number, None)

    async def memory_kib(self) -> int:
        self.say(memory=True)
        return await self._memory.get()


class Callers:
    def __init__(self, plane: Plane, line: Line) -> None:
        self._plane, self._line = plane, line
        self._certificate = Certificate()
        self._numbers = count()

    async def set_up(self) -> tuple[int, list[FarLeg], float]:
        """The number of a call that is up, its far ends, and how long it took. Raises TimeoutError, LegFailed."""
        number = next(self._numbers)
        far: list[FarLeg] = []
        told = self._line.expect(number)
        try:
            async with asyncio.timeout(LONGEST_S):
                relay, page = await meta_relay(self._plane, self._certificate), None
                far.append(relay)
                page = await browser(self._plane, self._certificate)
                far.append(page)
                began_s = time.monotonic()
                self._line.say(id=number, meta=meta_offer(relay), seat=seat_offer(page))
                answers = await told.get()
                await asyncio.gather(
                    relay.leg.start(remote_of(answers["meta"])), page.leg.start(remote_of(answers["seat"]))
                )
                await told.get()  # the gateway says that both are up
                return number, far, time.monotonic() - began_s
        except BaseException:
            await self.end(number, far)
            raise

    async def end(self, number: int, far: list[FarLeg]) -> None:
        self._line.say(id=number, close=True)
        self._line.forget(number)
        for one in far:
            await one.close()

    async def keep(self, calls: int) -> None:
        """Calls that stay up."""
        for _ in range(calls):
            await self.set_up()

    async def for_a_while(self, seconds: float, per_s: float) -> SetUps:
        """Begin so many set-ups a second, evenly, and end each when it is up; with `MOST_AT_ONCE` under way the next
        one waits. Counts those that came to be within the time."""
        found, began_s = SetUps(seconds), time.monotonic()
        gate = asyncio.Semaphore(MOST_AT_ONCE)

        async def one() -> None:
            try:
                number, far, took_s = await self.set_up()
            except Exception:  # whatever it was: it is one that did not come to be
                found.failed += 1
                return
            finally:
                gate.release()
            if time.monotonic() - began_s <= seconds:
                found.seconds.append(took_s)
            await self.end(number, far)

        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * per_s)):
                await asyncio.sleep(began_s + number / per_s - time.monotonic())
                await gate.acquire()
                if time.monotonic() - began_s > seconds:
                    break
                group.create_task(one())
        return found
