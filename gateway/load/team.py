"""The agents as one team: who is free looks out for what rings, one at a time, and takes the next call."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import aiohttp

from gateway.load.agents import Agent, Refused
from gateway.load.pages import PageClosed
from gateway.load.site import DidNotStart, Site
from gateway.media.leg import LegFailed
from signaling.agents.contract import DeskState, RingingCall
from signaling.presence import Presence

Rung = Callable[[Agent, RingingCall], bool]
"""An agent sees a call ring; True: it is one of ours, and the agent takes it."""

SIGNING_IN_AT_ONCE: Final = 8
UNFIT_FOR_S: Final = 1.0  # an agent who is not free, though in no call, is looked at again so much later


class Team:
    """`run` until cancelled. Reading one agent's states is enough to see every call: a call rings for all who are free.

    `most_waiting`: how many agents wait for a call at a time; the others sit at their desks and get ready when one of
    these has a call. A call rings for everybody who is free: with two thousand of them every call would be four
    thousand messages, which no company has.
    """

    def __init__(self, agents: list[Agent], on_ring: Rung, most_waiting: int) -> None:
        self.agents = agents
        self._on_ring, self._most_waiting = on_ring, most_waiting
        self._free: deque[Agent] = deque()
        self._bench = deque(agents)
        self._coming: set[asyncio.Task[None]] = set()
        self._somebody_is_free = asyncio.Event()
        self._seen: set[str] = set()

    async def get_ready(self) -> None:
        """As many as are to wait. Raises DidNotStart."""
        first = [self._bench.popleft() for _ in range(min(self._most_waiting, len(self._bench)))]
        with _told_as_not_started():
            async with asyncio.TaskGroup() as group:
                for agent in first:
                    group.create_task(agent.get_ready())
        self._free.extend(first)

    @property
    def free(self) -> int:
        return len(self._free)

    def take(self) -> Agent | None:
        """An agent who is free to call somebody; nobody, when all have something to do."""
        agent = self._free.pop() if self._free else None
        self._fill_up()
        return agent

    def give_back(self, agent: Agent) -> None:
        """This agent's call is over."""
        self._free.append(agent)
        self._somebody_is_free.set()

    async def run(self) -> None:
        while True:
            while not self._free:
                self._somebody_is_free.clear()
                await self._somebody_is_free.wait()
            agent = self._free.popleft()
            try:
                state = await agent.until(self._wakes, patience_s=None)
            except PageClosed:
                continue
            except asyncio.CancelledError:
                self._free.append(agent)
                raise
            ring = self._new_ring(state)
            if ring is None:  # not free any more: by itself, or because its seat was lost
                asyncio.get_running_loop().call_later(UNFIT_FOR_S, self.give_back, agent)
                continue
            self._seen.add(ring.call_id)
            if self._on_ring(agent, ring):
                self._fill_up()
            else:
                self._free.appendleft(agent)

    def _fill_up(self) -> None:
        """Somebody has a call now: the next one gets ready."""
        while self._bench and len(self._free) + len(self._coming) < self._most_waiting:
            task = asyncio.create_task(self._come(self._bench.popleft()))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _come(self, agent: Agent) -> None:
        try:
            await agent.get_ready()
        except (Refused, PageClosed, TimeoutError):
            return  # one agent less: the run says so when calls find nobody
        self.give_back(agent)

    def _wakes(self, state: DeskState) -> bool:
        return state.presence is not Presence.FREE or self._new_ring(state) is not None

    def _new_ring(self, state: DeskState) -> RingingCall | None:
        return next((ring for ring in state.ringing if ring.call_id not in self._seen), None)


async def seat_all(agents: Sequence[Agent], site: Site, seated: Callable[[], None]) -> None:
    """Everybody signed in and at their desk; `seated` is called for each. Raises DidNotStart when somebody cannot."""
    gate = asyncio.Semaphore(SIGNING_IN_AT_ONCE)

    async def sit_down(agent: Agent) -> None:
        async with gate:
            if (cookie := site.cookies.get(agent.login)) is not None:
                agent.has_session(cookie)
            else:
                await agent.sign_in(site.passwords[agent.login])
            await agent.connect()
            await agent.sit_down()
            seated()

    with _told_as_not_started():
        async with asyncio.TaskGroup() as group:
            for agent in agents:
                group.create_task(sit_down(agent))


@contextmanager
def _told_as_not_started() -> Iterator[None]:
    try:
        yield
    except BaseExceptionGroup as failures:
        expected, others = failures.split((Refused, LegFailed, PageClosed, aiohttp.ClientError, TimeoutError))
        if others is not None or expected is None:
            raise
        first = expected.exceptions[0]
        raise DidNotStart(f"An agent could not get ready: {type(first).__name__} {first}".rstrip()) from None
