"""The measurement: one gateway from empty to all calls up, and what each step costs it.

Every figure is the difference between two moments of the same process, so what a gateway costs at rest is in none of
them. docs/performance.md says how to read the figures.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy
import psutil

from gateway.media.aiortc_seam import Certificate
from gateway.simulator.clips import voices
from signaling.agents.contract import CallPhase
from tests.bench.conditions import conditions
from tests.bench.whole.figures import Result, Setups, Spread, Talking, Usage
from tests.bench.whole.meta import MetaCall, SimulatedMeta
from tests.bench.whole.plan import Plan
from tests.bench.whole.site import PLANE, Site, running_site
from tests.fakes.softphone import Refused, Softphone

SIGNING_IN_AT_ONCE = 4
MOST_FAILED = 5


class AllCallsEnded(Exception):
    """Not one of the calls lasted to the end: there is nothing that could be measured."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One call that was set up. Milliseconds."""

    call_id: str
    webhook_to_pre_accept_ms: float
    click_to_first_audio_packet_ms: float
    click_to_customers_voice_ms: float


async def run(plan: Plan) -> Result:
    """Raises DidNotStart, Refused, TimeoutError and the like: a bench that cannot measure says so and stops."""
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as folder:
        async with running_site(Path(folder), plan.calls + 1) as site, AsyncExitStack() as stack:
            return await _measure(plan, site, stack)


async def _measure(plan: Plan, site: Site, stack: AsyncExitStack) -> Result:
    gateway, meta = psutil.Process(site.gateway_pid), site.meta
    customers = Customers(meta)

    async def cores_while(seconds: float) -> float:
        return (await _window(gateway, seconds)).cores

    await asyncio.sleep(plan.settle_s)
    at_rest, rest_cores = Usage.of(gateway), await cores_while(plan.idle_s / 2)

    _say(f"{len(site.gateway.passwords)} agents sign in")
    phones = await _phones(site, stack)
    await asyncio.sleep(plan.settle_s)
    seated, seated_cores = Usage.of(gateway), await cores_while(plan.idle_s)

    *talkers, spare = phones
    _say(f"{plan.setups} calls one after another, no other call")
    alone = await _setups(plan, gateway, seated_cores, customers, spare)

    _say(f"{plan.calls} calls that stay")
    before_calls = Usage.of(gateway)
    up = [await customers.call(phone) for phone in talkers]
    await asyncio.sleep(plan.settle_s)
    with_calls = Usage.of(gateway)
    srtp_profile = (await meta.call(up[0].call_id)).srtp_profile

    _say(f"{plan.calls} calls talk for {plan.talking_s:g} s")
    talking = await _talk(plan, gateway, meta, talkers, [setup.call_id for setup in up])

    _say(f"{plan.setups} calls one after another, beside {plan.calls} others")
    beside = await _setups(plan, gateway, talking.gateway_cpu_cores, customers, spare)

    _say(f"{plan.calls} calls hear the hold tone for {plan.held_s:g} s")
    await asyncio.gather(*(phone.leave_seat() for phone in phones))
    for phone in talkers:
        await phone.until(lambda state: state.call is None or state.call.phase is CallPhase.REATTACHING)
    held_cores = await cores_while(plan.held_s)

    still_up = [setup.call_id for setup in up if not (await meta.call(setup.call_id)).ended]
    if not still_up:
        raise AllCallsEnded
    for call_id in still_up:
        await meta.hang_up(call_id)
    return Result(
        conditions={**conditions(), "plane": PLANE, "srtp_profile_to_meta": srtp_profile},
        calls=plan.calls,
        webhook_to_pre_accept_ms=beside.webhook_to_pre_accept_ms,
        click_to_first_audio_packet_ms=beside.click_to_first_audio_packet_ms,
        click_to_customers_voice_ms=beside.click_to_customers_voice_ms,
        with_no_other_call=alone,
        cpu_per_forwarded_packet_us=round(talking.gateway_cpu_cores / talking.forwarded_packets_per_s * 1e6, 1),
        cpu_per_idle_seat_ms_per_s=round((seated_cores - rest_cores) / len(phones) * 1000, 3),
        cpu_per_held_call_ms_per_s=round((held_cores - rest_cores) / len(still_up) * 1000, 3),
        memory_per_seat_kb=round((seated.resident_bytes - at_rest.resident_bytes) / len(phones) / 1000, 1),
        memory_per_call_kb=round((with_calls.resident_bytes - before_calls.resident_bytes) / plan.calls / 1000, 1),
        gateway_at_rest={
            "cpu_ms_per_s": round(rest_cores * 1000, 2),
            "memory_mb": round(at_rest.resident_bytes / 1e6, 1),
        },
        talking=talking,
        calls_ended_early=len(up) - len(still_up),
        failed_setups=customers.failed,
        lost_seats=sum(phone.lost_seats for phone in phones),
        faults=await meta.faults(),
    )


async def _phones(site: Site, stack: AsyncExitStack) -> list[Softphone]:
    """Every agent, free for calls."""
    packets, certificate = (await asyncio.to_thread(voices))["joao"].packets, Certificate()
    gate = asyncio.Semaphore(SIGNING_IN_AT_ONCE)

    async def sit_down(login: str, password: str) -> Softphone:
        phone = Softphone(site.gateway.url, packets, certificate)
        stack.push_async_callback(phone.close)
        async with gate:
            await phone.sign_in(login, password)
            await phone.connect()
            await phone.sit_down()
        return phone

    return await asyncio.gather(*(sit_down(login, password) for login, password in site.gateway.passwords.items()))


class Customers:
    """Who calls. `failed`: calls that did not come to a conversation in time, and were made again."""

    def __init__(self, meta: SimulatedMeta) -> None:
        self._meta, self.failed = meta, 0

    async def call(self, phone: Softphone) -> Setup:
        """A customer calls, this agent answers, each hears the other. Raises TimeoutError when too many have failed."""
        while True:
            call_id = None
            try:
                # When nothing rings, what rings next is ours.
                await phone.until(lambda state: state.call is None and not state.ringing)
                call_id = await self._meta.place_call()
                return await self._answered(call_id, phone)
            except (TimeoutError, Refused):
                self.failed += 1
                if self.failed > MOST_FAILED:
                    raise
                phone.be_silent()
                if call_id is not None:
                    await self._meta.hang_up(call_id)

    async def _answered(self, call_id: str, phone: Softphone) -> Setup:
        ringing = (await phone.until(lambda state: state.ringing)).ringing[0]
        clicked_unix_s, clicked_s = time.time(), time.monotonic()
        await phone.answer(ringing.call_id)
        await phone.hears()  # customers speak when they have heard us, so both directions are up
        seen = await self._meta.call(call_id)
        assert seen.pre_accepted_unix_s is not None
        assert seen.first_packet_unix_s is not None
        assert phone.heard.first_s is not None
        return Setup(
            call_id,
            webhook_to_pre_accept_ms=(seen.pre_accepted_unix_s - seen.offered_unix_s) * 1000,
            click_to_first_audio_packet_ms=(seen.first_packet_unix_s - clicked_unix_s) * 1000,
            click_to_customers_voice_ms=(phone.heard.first_s - clicked_s) * 1000,
        )


async def _setups(
    plan: Plan, gateway: psutil.Process, other_work_cores: float, customers: Customers, phone: Softphone
) -> Setups:
    """Calls one after another, from the customer's to the agent's click on red."""
    before, began_s = Usage.of(gateway), time.monotonic()
    done: list[Setup] = []
    for _ in range(plan.setups):
        done.append(await customers.call(phone))
        await phone.hang_up()
        await asyncio.sleep(plan.setup_pause_s)
    cpu_s = Usage.of(gateway).cpu_s - before.cpu_s - other_work_cores * (time.monotonic() - began_s)
    return Setups(
        Spread.of([setup.webhook_to_pre_accept_ms for setup in done]),
        Spread.of([setup.click_to_first_audio_packet_ms for setup in done]),
        Spread.of([setup.click_to_customers_voice_ms for setup in done]),
        round(cpu_s / len(done) * 1000, 1),
    )


async def _talk(
    plan: Plan, gateway: psutil.Process, meta: SimulatedMeta, phones: Sequence[Softphone], calls: Sequence[str]
) -> Talking:
    """The gateway's CPU time in one window, and the packets that came and went per second of it."""
    before_of = [await _seen(meta, call_id) for call_id in calls]
    agents_before = [(phone.sent, phone.heard.packets, phone.lost) for phone in phones]
    for phone in phones:
        phone.heard.longest_gap_s = 0.0
    psutil.cpu_percent()
    window = await _window(gateway, plan.talking_s)
    machine_busy = psutil.cpu_percent() / 100
    agents = [(phone.sent, phone.heard.packets, phone.lost) for phone in phones]
    longest_gap_s = max(phone.heard.longest_gap_s for phone in phones)
    after_of = [await _seen(meta, call_id) for call_id in calls]
    said, heard, lost = numpy.subtract(agents, agents_before).sum(axis=0)
    # Customers are asked one after another: each has a window of its own.
    pairs = [
        (after.call, before.call, after.at_s - before.at_s) for after, before in zip(after_of, before_of, strict=True)
    ]
    said_per_s = said / window.seconds + sum((after.said - before.said) / seconds for after, before, seconds in pairs)
    heard_per_s = heard / window.seconds + sum(
        (after.heard - before.heard) / seconds for after, before, seconds in pairs
    )
    return Talking(
        seconds=round(window.seconds, 1),
        said_packets_per_s=round(float(said_per_s), 1),
        forwarded_packets_per_s=round(float(heard_per_s), 1),
        gateway_cpu_cores=round(window.cores, 4),
        machine_busy=round(machine_busy, 2),
        lost_to_customers=sum(after.lost - before.lost for after, before, _ in pairs),
        lost_to_agents=int(lost),
        longest_gap_to_agents_ms=round(longest_gap_s * 1000, 1),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    at_s: float
    call: MetaCall


async def _seen(meta: SimulatedMeta, call_id: str) -> _Seen:
    return _Seen(time.monotonic(), await meta.call(call_id))


@dataclass(frozen=True, slots=True)
class _Window:
    seconds: float
    cores: float  # 1.0: one core, all the time


async def _window(process: psutil.Process, seconds: float) -> _Window:
    before, began_s = Usage.of(process), time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - began_s
    return _Window(took_s, (Usage.of(process).cpu_s - before.cpu_s) / took_s)


def _say(what: str) -> None:
    """Progress, on stderr: stdout is for the result."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
