"""A run: everything up, calls at their pace, everything counted."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import psutil

from gateway.load.agents import Agent
from gateway.load.beyond import Beyond, places_held, try_one
from gateway.load.conversation import (
    SETUP_WITHIN_S,
    Conversation,
    Inbound,
    Outbound,
    SetUpFailed,
    Times,
    at_rest,
    end,
)
from gateway.load.ears import DirectPath, Ear, Ears
from gateway.load.figures import Result, Spread
from gateway.load.pages import PageClosed
from gateway.load.people import customer_of
from gateway.load.plan import Plan
from gateway.load.site import DidNotStart, Site, last_words
from gateway.load.stamps import Side
from gateway.load.tally import Progress, Tally
from gateway.load.team import Team, seat_all
from gateway.load.usage import Usage, process_of
from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import Plane
from gateway.simulator.app import RunningSimulator
from gateway.simulator.dialing import Dialing
from signaling.agents.contract import RingingCall

WIND_DOWN_PER_S: Final = 25.0
SAMPLE_EVERY_S: Final = 0.5
KEPT_FREE_S: Final = 25.0  # of a run's longest time: to end the calls and leave
LEAVING_S: Final = 5.0
PICK_UP_AFTER_S: Final = 0.5  # of ringing


@dataclass(frozen=True, slots=True)
class Limits:
    """`over_at_s` on the monotonic clock: by then all is over, whatever has not come about."""

    over_at_s: float
    gateway_up_within_s: float = 60.0


class Run:
    """One gateway, one simulated Meta, one team. `go` once."""

    def __init__(
        self,
        plan: Plan,
        site: Site,
        meta: RunningSimulator,
        plane: Plane,
        certificate: Certificate,
        host: str,
        limits: Limits,
    ) -> None:
        self.progress = Progress()
        self._plan, self._site, self._meta, self._plane = plan, site, meta, plane
        self._certificate, self._host, self._limits = certificate, host, limits
        self._gateway = process_of(site.pid)
        self._team: Team | None = None
        self._tally = Tally()
        self._up: deque[Conversation] = deque()
        self._by_name: dict[str, Inbound] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._customers = deque(range(2 * plan.at_once + 1))
        self._in_progress = self._begun = self._begun_out = 0
        self._ended = 0

    async def go(self) -> Result:
        """Raises DidNotStart when it cannot begin."""
        plan, progress = self._plan, self.progress
        await self._until_verified()
        if plan.outbound:
            await self._let_customers_pick_up()
        agents: list[Agent] = []
        direct, ears = DirectPath(self._plane), Ears(self._plane, self._listeners)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
            try:
                if plan.media:
                    await direct.open(self._host, self._certificate)
                progress.stage = "agents sign in"
                await self._seat(http, agents)
                team = self._team = Team(agents, self._on_ring, plan.most_waiting)
                await team.get_ready()
                progress.stage = "the gateway comes to rest"
                await asyncio.sleep(plan.rest_s)
                helpers = [asyncio.create_task(team.run()), asyncio.create_task(self._watch())]
                if plan.media:
                    helpers.append(asyncio.create_task(ears.run()))
                try:
                    return await self._measure(agents, ears, direct)
                finally:
                    for helper in helpers:
                        helper.cancel()
                    await asyncio.wait(helpers)
            finally:
                progress.stage = "leaving"
                await self._cancel_calls()
                await direct.close()
                await asyncio.gather(*(agent.close() for agent in agents), return_exceptions=True)

    # ---- before -----------------------------------------------------------------------------------------------------

    async def _until_verified(self) -> None:
        """Meta has shaken hands with the gateway."""
        try:
            async with asyncio.timeout(self._limits.gateway_up_within_s):
                while not self._meta.verified.is_set():
                    if self._gateway is not None and not _is_alive(self._gateway):
                        break
                    try:
                        async with asyncio.timeout(SAMPLE_EVERY_S):
                            await self._meta.verified.wait()
                    except TimeoutError:
                        continue
        except TimeoutError:
            pass
        if not self._meta.verified.is_set():
            log = (
                ""
                if self._site.log is None
                else f" Its log ends:\n{await asyncio.to_thread(last_words, self._site.log)}"
            )
            raise DidNotStart(f"The gateway did not answer the webhook's challenge.{log}")

    async def _let_customers_pick_up(self) -> None:
        """Who is called has allowed it for good, and picks up by themselves."""
        dialing = Dialing(customer_does="accept", after_s=PICK_UP_AFTER_S, permitted=True)
        async with (
            aiohttp.ClientSession() as http,
            http.put(f"{self._meta.url}/sim/dialing", data=dialing.model_dump_json(), raise_for_status=True),
        ):
            pass

    async def _seat(self, http: aiohttp.ClientSession, agents: list[Agent]) -> None:
        site = self._site
        for number, login in enumerate(site.passwords):
            agents.append(Agent(number, login, site.url, http, self._plane, self._host, self._certificate))

        def seated() -> None:
            self.progress.agents += 1

        await seat_all(agents, site, seated)

    # ---- the run ----------------------------------------------------------------------------------------------------

    async def _measure(self, agents: Sequence[Agent], ears: Ears, direct: DirectPath) -> Result:
        plan, progress, tally = self._plan, self.progress, self._tally
        states = sum(agent.states for agent in agents)
        lost_seats = sum(agent.lost_seats for agent in agents)
        gateway_0, load_0, began_s = self._usage(), Usage.of(psutil.Process()), time.monotonic()
        limit_s = self._limits.over_at_s - KEPT_FREE_S
        progress.stage = "calls come"
        ramp_s = plan.calls / plan.rate
        cut_short = began_s + ramp_s + plan.duration_s > limit_s
        await self._pace(min(began_s + ramp_s, limit_s))
        progress.stage = "all calls up"
        psutil.cpu_percent()
        gateway_1, load_1, full_s = self._usage(), Usage.of(psutil.Process()), time.monotonic()
        setups_1 = len(tally.times)
        ends_s = min(full_s + plan.duration_s, limit_s)
        await self._pace(ends_s)
        busy, now_s = psutil.cpu_percent() / 100, time.monotonic()
        gateway_2, load_2 = self._usage(), Usage.of(psutil.Process())
        setups_2, states = len(tally.times), sum(agent.states for agent in agents) - states
        progress.stage = "calls beyond the limit"
        refused = await self._try_beyond()
        progress.stage = "calls end"
        await self._wind_down()
        again = await self._once_more() if plan.beyond else None
        held = await places_held(self._site.url) if plan.beyond else None
        for agent in agents:
            tally.lost += agent.lost
            tally.heard += agent.heard
        took_s = max(now_s - full_s, 1e-3)
        return Result(
            calls_up=tally.most_up,
            setups=len(tally.times),
            setups_per_s=round((setups_2 - setups_1) / took_s, 2),
            failures=tally.failed.total(),
            failures_by_reason=dict(tally.failed),
            beyond=Beyond(plan.beyond * (bool(plan.inbound) + bool(plan.outbound)), refused, again, held),
            packets_heard=tally.heard,
            packets_lost=tally.lost,
            mouth_to_ear=Spread.of_ms(ears.delays_ms),
            direct_path=Spread.of_ms(direct.delays_ms),
            webhook_to_pre_accept=_spread(tally.times, lambda times: times.webhook_to_pre_accept),
            offer_to_ring=_spread(tally.times, lambda times: times.offer_to_ring),
            answer_to_first_packet=_spread(tally.times, lambda times: times.answer_to_first_packet),
            answer_to_customers_voice=_spread(tally.times, lambda times: times.answer_to_customers_voice),
            place_to_first_packet=_spread(tally.times, lambda times: times.place_to_first_packet),
            pick_up_to_customers_voice=_spread(tally.times, lambda times: times.pick_up_to_customers_voice),
            wrong_voices=ears.wrong_voices,
            lost_seats=sum(agent.lost_seats for agent in agents) - lost_seats,
            meta_faults=self._faults(),
            states_per_setup=round(states / max(1, setups_2), 1),
            gateway_cpu_s=_difference(gateway_0, gateway_2),
            gateway_cpu_cores=_cores(gateway_1, gateway_2, took_s),
            gateway_rss_mib=round(tally.most_resident_bytes / 2**20, 1) if tally.most_resident_bytes else None,
            load_cpu_s=round(load_2.cpu_s - load_0.cpu_s, 2),
            load_cpu_cores=round((load_2.cpu_s - load_1.cpu_s) / took_s, 3),
            machine_busy=round(busy, 3),
            seconds=round(now_s - began_s, 1),
            cut_short=cut_short,
            conditions={},
        )

    async def _pace(self, until_s: float) -> None:
        """A call each 1/rate seconds, as long as there is somebody to take it and room under the plan."""
        every_s, due_s = 1 / self._plan.rate, time.monotonic()
        while (now_s := time.monotonic()) < until_s:
            if now_s >= due_s:
                due_s = max(due_s + every_s, now_s - 1.0)  # a stall is made up for, but not all at once
                if self._in_progress < self._plan.at_once:
                    self._start(self._one_call())
            self.progress.seconds_left = until_s - now_s
            await asyncio.sleep(max(0.0, min(due_s, until_s) - time.monotonic()))

    async def _one_call(self) -> None:
        """A call of its whole life."""
        self._in_progress += 1
        customer = self._customers.popleft()
        conversation: Conversation | None = None
        try:
            conversation = await self._set_up(str(customer))
            if conversation is None:
                return
            self._up.append(conversation)
            self._tally.most_up = max(self._tally.most_up, len(self._up))
            if self._plan.hold_s is None and len(self._up) > self._plan.calls:
                self._start(self._end_oldest())
            await self._hold(conversation)
        finally:
            self._in_progress -= 1
            self._customers.append(customer)

    async def _set_up(self, customer: str) -> Conversation | None:
        """A call in or out, in the proportion of the plan."""
        self._begun += 1
        if self._begun_out * self._plan.calls >= self._begun * self._plan.outbound:
            return await self._set_up_in(customer)
        self._begun_out += 1
        return await self._set_up_out(customer)

    async def _set_up_out(self, customer: str) -> Conversation | None:
        assert self._team is not None
        agent = self._team.take()
        if agent is None:
            self._fail("no_agent_free")
            return None
        call = Outbound(self._meta.exchange, agent, customer_of(int(customer)), self._plan.media)
        try:
            conversation = await call.set_up()
        except SetUpFailed as failed:
            self._fail(failed.reason)
            if call.live is not None:
                self._meta.exchange.hang_up(call.live)
            self._start(self._give_back(agent))
            return None
        return self._came_up(conversation)

    def _came_up(self, conversation: Conversation) -> Conversation:
        self._tally.times.append(conversation.times)
        self.progress.setups += 1
        return conversation

    async def _set_up_in(self, customer: str) -> Conversation | None:
        call: Inbound | None = None
        try:
            call = Inbound(self._meta.exchange, customer, self._plan.media)
            self._by_name[call.name] = call
            conversation = await call.set_up()
        except SetUpFailed as failed:
            self._fail(failed.reason)
            if call is not None:
                self._meta.exchange.hang_up(call.live)
                if call.agent is not None:
                    self._start(self._give_back(call.agent))
            return None
        finally:
            if call is not None:
                del self._by_name[call.name]
        return self._came_up(conversation)

    async def _hold(self, conversation: Conversation) -> None:
        """Until it is over, whoever ends it."""
        try:
            async with asyncio.timeout(self._plan.hold_s):
                await conversation.phone.ended.wait()
        except TimeoutError:
            await self._end(conversation)
        if not conversation.ends_by_us:
            self._up.remove(conversation)
            self._fail(f"dropped_by_{conversation.live.call.ended_by}")
            self._count(conversation)
            await self._give_back(conversation.agent)
            return
        await conversation.over.wait()

    async def _end_oldest(self) -> None:
        oldest = next((conversation for conversation in self._up if not conversation.ends_by_us), None)
        if oldest is not None:
            await self._end(oldest)

    async def _end(self, conversation: Conversation) -> None:
        """Customers and agents hang up in turn."""
        if conversation.ends_by_us:
            return
        self._ended += 1
        self._up.remove(conversation)
        try:
            await end(conversation, self._meta.exchange, by_agent=self._ended % 2 == 0)
        except SetUpFailed as failed:
            self._fail(failed.reason)
            self._meta.exchange.hang_up(conversation.live)
            self._start(self._give_back(conversation.agent))
        else:
            assert self._team is not None
            self._team.give_back(conversation.agent)
        finally:
            self._count(conversation)
            conversation.over.set()

    async def _give_back(self, agent: Agent) -> None:
        """An agent whose call came to nothing; one who does not get free any more stays away."""
        assert self._team is not None
        try:
            await at_rest(agent)
        except (TimeoutError, PageClosed):
            self._fail("agent_not_free_again")
        else:
            self._team.give_back(agent)

    async def _try_beyond(self) -> int:
        """How many of the calls past the limit were refused: some in, and as many out, as far as the plan has them."""
        refused = 0
        for _ in range(self._plan.beyond):
            if self._plan.inbound:
                refused += await try_one(self._meta.exchange, str(self._next_idle()))
            if self._plan.outbound:
                refused += await self._is_refused_out(str(self._next_idle()))
        return refused

    def _next_idle(self) -> int:
        """Another customer each time: of one whose last try is not over yet the gateway says that, not its limit."""
        self._customers.rotate(-1)
        return self._customers[-1]

    async def _is_refused_out(self, customer: str) -> bool:
        assert self._team is not None
        agent = self._team.take()
        if agent is None:
            return False
        call = Outbound(self._meta.exchange, agent, customer_of(int(customer)), media=False)
        try:
            await call.set_up()
        except SetUpFailed as failed:
            return failed.reason.startswith("place_capacity.")
        finally:
            if call.live is not None:
                self._meta.exchange.hang_up(call.live)
            await self._give_back(agent)  # the next try needs somebody free
        return False

    async def _once_more(self) -> bool:
        """One call after all the others; it is among the set-ups and failures, too. A call has its place until the
        gateway has heard from Meta that it is over, which is a moment after both sides have hung up."""
        await places_held(self._site.url)
        conversation = await self._set_up(str(self._customers[0]))
        if conversation is not None:
            self._up.append(conversation)
            await self._end(conversation)
        return conversation is not None

    async def _wind_down(self) -> None:
        """End what is up, at a pace that the machine can bear."""
        patience_s = len(self._up) / WIND_DOWN_PER_S + SETUP_WITHIN_S
        left_s = self._limits.over_at_s - LEAVING_S - time.monotonic()
        try:
            async with asyncio.timeout(min(patience_s, left_s)):
                while self._tasks:  # whoever is still being set up ends, too
                    if self._up:
                        self._start(self._end(self._up[0]))
                    await asyncio.wait(tuple(self._tasks), timeout=1 / WIND_DOWN_PER_S)
        except TimeoutError:
            self._fail("never_ended")

    async def _cancel_calls(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # ---- what is seen -----------------------------------------------------------------------------------------------

    def _on_ring(self, agent: Agent, ring: RingingCall) -> bool:
        call = self._by_name.get(ring.party.name or "")
        return call is not None and call.ring(agent, ring)

    def _listeners(self) -> Iterable[Ear]:
        for conversation in self._up:
            phone, agent = conversation.phone, conversation.agent
            if phone.flow is not None and agent.flow is not None and not phone.ended.is_set():
                yield Ear(phone.flow, Side.AGENT, agent.number)
                yield Ear(agent.flow, Side.CUSTOMER, phone.number)

    async def _watch(self) -> None:
        """The gateway's memory, and whether it is there at all."""
        while True:
            self.progress.up, self.progress.failures = len(self._up), self._tally.failed.total()
            if (usage := self._usage()) is not None:
                self._tally.most_resident_bytes = max(self._tally.most_resident_bytes, usage.resident_bytes)
            await asyncio.sleep(SAMPLE_EVERY_S)

    def _count(self, conversation: Conversation) -> None:
        if (traffic := conversation.phone.traffic) is not None:
            self._tally.heard += traffic.received.packets
            self._tally.lost += traffic.received.lost

    def _fail(self, reason: str) -> None:
        self._tally.failed[reason] += 1

    def _faults(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for fault in self._meta.faults.all():
            found[fault.kind.value] += fault.times
        return dict(found)

    def _usage(self) -> Usage | None:
        try:
            return None if self._gateway is None else Usage.of(self._gateway)
        except psutil.Error:
            return None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(f"load_{type(error).__name__}")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _spread(times: Sequence[Times], of: Callable[[Times], float | None]) -> Spread:
    return Spread.of_ms([value for each in times if (value := of(each)) is not None])


def _difference(before: Usage | None, after: Usage | None) -> float | None:
    return None if before is None or after is None else round(after.cpu_s - before.cpu_s, 2)


def _cores(before: Usage | None, after: Usage | None, seconds: float) -> float | None:
    return None if before is None or after is None else round((after.cpu_s - before.cpu_s) / seconds, 3)
