"""A process at its budgets, with a real switchboard, real ports and real descriptors: calls that are up go on."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.admission import (
    CPU_WINDOW_S,
    CpuMeter,
    open_descriptors,
    raise_descriptor_limit,
    usable_cores,
    watch_process,
)
from gateway.audio import AudioPerformer
from gateway.clock import utc_now
from gateway.media.plane import Plane
from signaling.admission import Capacity
from signaling.capacity import MemoryLedger
from signaling.effects import CreateAnswer
from signaling.errors import Fault, NeighbourError
from signaling.events import Direction
from signaling.ids import CallId, new_call_id
from signaling.private import Sdp
from signaling.process_budget import DESCRIPTORS_KEPT, DESCRIPTORS_PER_CALL, ProcessLimits, Reading
from signaling.verdict import Allowed, Refused, Verdict
from tests.fakes.virtual_time import run_in_virtual_time, virtual_now
from tests.fakes.world import NUMBER
from tests.media.office import Ear, Office
from tests.media.peers import LOCALHOST, PROMPT

pytestmark = pytest.mark.paired

CALLS = 3


async def ask(capacity: Capacity) -> tuple[CallId, Verdict]:
    call_id = new_call_id()
    return call_id, await capacity.admit(NUMBER, Direction.INBOUND, call_id, utc_now())


async def waiting_customer(office: Office) -> tuple[CallId, Ear]:
    """Accepted, and hearing the hold tone."""
    call_id, ear = await office.customer()
    office.board.open_audio(call_id)
    office.board.hold_tone(call_id)
    await ear.hears(PROMPT.packets[-1], times=1)
    return call_id, ear


def free_ports() -> range:
    """So many free UDP ports in a row."""
    for first in range(20_000, 32_000, CALLS):  # below those that a machine gives to whoever asks for any
        with ExitStack() as probes:
            try:
                for port in range(first, first + CALLS):
                    probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind((LOCALHOST, port))
            except OSError:
                continue
            return range(first, first + CALLS)
    raise AssertionError("no free ports in a row on this machine")


@pytest.fixture
async def narrow_office(plane: Plane, far_plane: Plane) -> AsyncIterator[Office]:
    """It has so many ports for WhatsApp legs."""
    office = Office(plane, far_plane, ports=free_ports())
    await office.board.start()
    yield office
    await office.board.close()
    for far in office.far:
        await far.close()


async def test_past_the_last_port_a_call_is_refused_and_a_port_that_is_given_back_is_enough_for_one(
    narrow_office: Office,
) -> None:
    office, capacity = narrow_office, Capacity(MemoryLedger(), ProcessLimits(ports=CALLS))
    up: list[tuple[CallId, CallId, Ear]] = []
    for _ in range(CALLS):
        admitted, verdict = await ask(capacity)
        assert verdict == Allowed()
        up.append((admitted, *await waiting_customer(office)))
    _, refused = await ask(capacity)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.used, refused.limit) == ("capacity.ports", CALLS, CALLS)
    for _, _, ear in up:
        await ear.hears(PROMPT.packets[-1], times=1)  # all who are up hear on

    admitted, call_id, _ = up.pop()
    await office.board.close_call(call_id)
    capacity.release(admitted)
    assert (await ask(capacity))[1] == Allowed()
    await waiting_customer(office)
    assert isinstance((await ask(capacity))[1], Refused)


@pytest.fixture
def few_descriptors(narrow_office: Office) -> Iterator[int]:
    """The process may open as many files as `CALLS` calls need, and those that are kept back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = open_descriptors() + DESCRIPTORS_KEPT + CALLS * DESCRIPTORS_PER_CALL
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
    yield few
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_before_the_last_descriptor_a_call_is_refused_and_those_that_are_kept_back_can_be_opened(
    narrow_office: Office, few_descriptors: int
) -> None:
    """Each call opens two sockets here: its leg's, and that of its far end."""
    office, capacity = narrow_office, Capacity(MemoryLedger(), ProcessLimits(descriptors=few_descriptors))
    await capacity.read(Reading(utc_now(), open_descriptors(), 0.0))
    ears = []
    for _ in range(CALLS):
        assert (await ask(capacity))[1] == Allowed()
        _, ear = await waiting_customer(office)
        ears.append(ear)
    _, refused = await ask(capacity)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.limit) == ("capacity.descriptors", few_descriptors - DESCRIPTORS_KEPT)
    with ExitStack() as files:
        for _ in range(DESCRIPTORS_KEPT - 2):
            files.callback(os.close, os.open("/dev/null", os.O_RDONLY))
        for ear in ears:
            await ear.hears(PROMPT.packets[-1], times=1)


class NoDescriptorLeft:
    """A switchboard on a machine whose every file is open."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def answer_call(self, call_id: CallId, offer: str) -> str:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
async def test_a_leg_that_finds_no_descriptor_although_it_was_admitted_says_so(number: int) -> None:
    board: Any = NoDescriptorLeft(number)
    with pytest.raises(NeighbourError) as caught:
        await AudioPerformer(board)(CreateAnswer(new_call_id(), Sdp("v=0")), lambda _: None)
    failure = caught.value.failure
    assert (failure.code, failure.fault) == ("capacity.descriptors", Fault.LIMIT)
    assert failure.retry_after_s is not None


def test_open_descriptors_are_counted_as_they_are_opened_and_closed() -> None:
    before = open_descriptors()
    with ExitStack() as files:
        for _ in range(20):
            files.callback(os.close, os.open("/dev/null", os.O_RDONLY))
        assert open_descriptors() == before + 20
    assert open_descriptors() == before


def test_the_soft_limit_of_descriptors_becomes_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(256, soft // 2), hard))
    try:
        assert raise_descriptor_limit() == (None if hard == resource.RLIM_INFINITY else hard)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Clocks:
    """Wall, process and thread, in seconds; a test moves them."""

    def __init__(self) -> None:
        self.wall_s = self.process_s = self.thread_s = 0.0

    def meter(self, cores: int) -> CpuMeter:
        return CpuMeter(cores, lambda: self.wall_s, lambda: self.process_s, lambda: self.thread_s)

    def passes(self, wall_s: float, process_s: float, thread_s: float) -> None:
        self.wall_s += wall_s
        self.process_s += process_s
        self.thread_s += thread_s


def test_cpu_is_the_share_of_all_cores_or_of_the_loops_one_whichever_is_more() -> None:
    clocks = Clocks()
    meter = clocks.meter(cores=4)
    assert meter.percent() == 0.0
    clocks.passes(1.0, process_s=2.0, thread_s=0.25)
    assert meter.percent() == pytest.approx(50.0), "two of four cores"
    clocks.passes(1.0, process_s=1.0, thread_s=0.95)
    assert meter.percent() == pytest.approx(60.0), "3 of 8 core seconds, but the loop had 1.2 of its 2"
    clocks.passes(0.0, 0.0, 0.0)
    assert meter.percent() <= 100.0


def test_cpu_of_longer_ago_is_forgotten() -> None:
    clocks = Clocks()
    meter = clocks.meter(cores=1)
    meter.percent()
    for _ in range(5):
        clocks.passes(1.0, process_s=1.0, thread_s=1.0)
        busy = meter.percent()
    assert busy == pytest.approx(100.0)
    for second in range(1, int(CPU_WINDOW_S) + 1):
        clocks.passes(1.0, process_s=0.0, thread_s=0.0)
        assert meter.percent() == pytest.approx(100.0 * (CPU_WINDOW_S - second) / CPU_WINDOW_S)


def test_a_busy_second_or_two_is_no_overload_and_five_are() -> None:
    async def scenario() -> None:
        clocks, capacity = Clocks(), Capacity(MemoryLedger(), ProcessLimits(cpu_percent=90))
        watch = asyncio.create_task(watch_process(capacity, clocks.meter(cores=1), virtual_now))
        spent = []
        for share in (0.2,) * 5 + (1.0,) * 6 + (0.2,) * 5:
            clocks.passes(1.0, process_s=share, thread_s=share)
            await asyncio.sleep(1.0)
            spent.append(capacity.cpu_is_spent)
        watch.cancel()
        assert spent == [False] * 9 + [True] * 3 + [False] * 4

    run_in_virtual_time(scenario())


async def test_a_loop_that_only_works_is_busy_and_one_that_waits_is_not() -> None:
    meter = CpuMeter(usable_cores())
    meter.percent()
    end = meter.thread_cpu() + 0.2
    while meter.thread_cpu() < end:
        pass
    busy = meter.percent()
    await asyncio.sleep(0.2)
    assert 0.0 < meter.percent() < busy <= 100.0
