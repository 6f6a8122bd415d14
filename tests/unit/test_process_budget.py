"""Ports, descriptors, calls and CPU: what one process takes, and what it says when it takes no more."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.admission import Capacity, as_failure
from signaling.capacity import Lease, MemoryLedger, NumberUse
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import Direction
from signaling.ids import CallId
from signaling.meta_rules import Limits
from signaling.process_budget import (
    DESCRIPTORS_KEPT,
    ProcessLimits,
    Reading,
    Resource,
    cpu_is_spent,
    misfits,
)
from signaling.verdict import Allowed, Refused, Verdict
from tests.fakes.world import NUMBER

NOW = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
INBOUND = Direction.INBOUND


async def ask(capacity: Capacity, call: object, at: datetime = NOW, direction: Direction = INBOUND) -> Verdict:
    return await capacity.admit(NUMBER, direction, CallId(str(call)), at)


async def fill(capacity: Capacity, at: datetime = NOW) -> tuple[int, Refused]:
    """How many calls were taken until the first refusal, and that."""
    for call in range(100_000):
        verdict = await ask(capacity, call, at)
        if isinstance(verdict, Refused):
            return call, verdict
    raise AssertionError("nothing was ever refused")


@pytest.mark.parametrize(
    ("limits", "takes", "code", "rule"),
    [
        (ProcessLimits(calls=3, ports=9), 3, "capacity.calls", "RAMAL_MAX_CALLS"),
        (ProcessLimits(calls=9, ports=3), 3, "capacity.ports", "RAMAL_META_PORTS"),
        (ProcessLimits(calls=9, descriptors=DESCRIPTORS_KEPT + 7), 3, "capacity.descriptors", "RLIMIT_NOFILE"),
        (ProcessLimits(calls=9, descriptors=DESCRIPTORS_KEPT + 8), 4, "capacity.descriptors", "RLIMIT_NOFILE"),
        (ProcessLimits(calls=3, ports=3, descriptors=1_000), 3, "capacity.ports", "RAMAL_META_PORTS"),
        (ProcessLimits(), 1_000, "capacity.inbound_full", "concurrent_inbound"),
    ],
)
async def test_the_smallest_budget_decides_and_names_itself(
    limits: ProcessLimits, takes: int, code: str, rule: str
) -> None:
    capacity = Capacity(MemoryLedger(), limits)
    taken, refused = await fill(capacity)
    assert (taken, refused.code, refused.rule, refused.fault) == (takes, code, rule, Fault.LIMIT)
    assert refused.retry_at is not None and refused.retry_at > NOW
    assert refused.limit is not None and refused.used is not None
    assert capacity.refusals == {code: 1}
    capacity.release(CallId("0"))
    assert await ask(capacity, "next") == Allowed()
    assert isinstance(await ask(capacity, "and one more"), Refused)


async def test_descriptors_are_those_that_are_open_and_those_that_new_calls_will_open() -> None:
    capacity = Capacity(MemoryLedger(), ProcessLimits(descriptors=DESCRIPTORS_KEPT + 100))
    await capacity.read(Reading(NOW, 90, 0.0))
    taken, refused = await fill(capacity, NOW + timedelta(seconds=1))
    assert (taken, refused.used, refused.limit) == (5, 100, 100)
    later = NOW + timedelta(seconds=60)
    await capacity.read(Reading(later, 95, 0.0))  # their sockets are in the reading now
    assert await ask(capacity, "a", later) == Allowed()
    assert await ask(capacity, "b", later) == Allowed()
    assert isinstance(await ask(capacity, "c", later), Refused)


def test_cpu_has_hysteresis_one_below_at_and_above() -> None:
    assert not cpu_is_spent(False, 89.9, 90)
    assert not cpu_is_spent(False, 90.0, 90)
    assert cpu_is_spent(False, 90.1, 90)
    assert cpu_is_spent(True, 80.1, 90)
    assert not cpu_is_spent(True, 80.0, 90)
    assert not cpu_is_spent(False, 100.0, 100), "100: never"


async def test_a_busy_process_takes_no_new_calls_until_it_is_clearly_less_busy() -> None:
    capacity = Capacity(MemoryLedger(), ProcessLimits(cpu_percent=90))
    assert await ask(capacity, "up") == Allowed()
    await capacity.read(Reading(NOW, 10, 94.0))
    refused = await ask(capacity, "refused")
    assert isinstance(refused, Refused)
    assert (refused.code, refused.rule, refused.limit, refused.used) == ("capacity.cpu", "RAMAL_MAX_CPU", 90, 94)
    assert await ask(capacity, "up") == Allowed(), "a call that is up is not asked about again"
    await capacity.read(Reading(NOW, 10, 85.0))
    assert isinstance(await ask(capacity, "still refused"), Refused)
    await capacity.read(Reading(NOW, 10, 79.0))
    assert await ask(capacity, "taken") == Allowed()
    await capacity.read(Reading(NOW, 10, 85.0))
    assert await ask(capacity, "taken too") == Allowed()


async def test_a_call_that_the_process_refuses_is_not_begun_for_its_number() -> None:
    ledger = MemoryLedger()
    capacity = Capacity(ledger, ProcessLimits(calls=1))
    assert await ask(capacity, "a", direction=Direction.OUTBOUND) == Allowed()
    assert isinstance(await ask(capacity, "b", direction=Direction.OUTBOUND), Refused)
    assert ledger.use_of(NUMBER.id, NOW) == NumberUse(outbound=1, initiations=1)


async def test_a_call_that_its_number_refuses_holds_nothing_of_the_process() -> None:
    full = replace(NUMBER, limits=Limits(concurrent_inbound=0))
    capacity = Capacity(MemoryLedger(), ProcessLimits(calls=1))
    assert isinstance(await capacity.admit(full, INBOUND, CallId("a"), NOW), Refused)
    assert capacity.process_budgets(NOW)[Resource.CALLS] == (1, 0)
    assert await ask(capacity, "b") == Allowed()


async def test_calls_that_were_up_before_are_kept_beyond_every_limit() -> None:
    ledger = MemoryLedger()
    capacity = Capacity(ledger, ProcessLimits(calls=1))
    for call in "abc":
        await capacity.keep(NUMBER.id, INBOUND, CallId(call), NOW)
    assert ledger.use_of(NUMBER.id, NOW).inbound == 3
    assert isinstance(await ask(capacity, "new"), Refused)
    for call in "abc":
        capacity.release(CallId(call))
    assert (len(ledger), await ask(capacity, "new")) == (0, Allowed())


class SlowLedger(MemoryLedger):
    """A ledger that others share: it answers later, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer, self.away = asyncio.Event(), False

    async def take(self, lease: Lease, limits: Limits) -> Verdict:
        await self.may_answer.wait()
        if self.away:
            raise NeighbourError(Failure("ledger.away", Fault.NETWORK))
        return await super().take(lease, limits)


async def test_calls_that_ask_while_the_ledger_thinks_are_counted_already() -> None:
    ledger = SlowLedger()
    capacity = Capacity(ledger, ProcessLimits(calls=2))
    asked = [asyncio.create_task(ask(capacity, call)) for call in range(3)]
    await asyncio.sleep(0)
    ledger.may_answer.set()
    verdicts = await asyncio.gather(*asked)
    assert [isinstance(verdict, Allowed) for verdict in verdicts] == [True, True, False]


async def test_a_ledger_that_is_away_leaves_no_place_taken() -> None:
    ledger = SlowLedger()
    ledger.may_answer.set()
    ledger.away = True
    capacity = Capacity(ledger, ProcessLimits(calls=1))
    with pytest.raises(NeighbourError):
        await ask(capacity, "a")
    ledger.away = False
    assert await ask(capacity, "b") == Allowed()


def test_budgets_that_do_not_fit_are_told_to_the_operator() -> None:
    assert misfits(ProcessLimits(ports=5_000, descriptors=20_000), 2_000) == []
    assert misfits(ProcessLimits(), 2_000) == []
    (ports,) = misfits(ProcessLimits(ports=1_999, descriptors=20_000), 2_000)
    assert "RAMAL_META_PORTS has 1999 ports" in ports and "2000 calls" in ports
    (files,) = misfits(ProcessLimits(ports=5_000, descriptors=1_024), 2_000)
    assert "1024" in files and "480 calls" in files
    (calls,) = misfits(ProcessLimits(calls=6_000, ports=5_000, descriptors=20_000), 2_000)
    assert "RAMAL_MAX_CALLS is 6000" in calls and "5000 calls" in calls


def test_a_record_keeps_which_budget_it_was_and_when_to_try_again() -> None:
    refused = Refused(
        "capacity.inbound_full",
        Fault.LIMIT,
        retry_at=NOW + timedelta(seconds=5),
        rule="concurrent_inbound",
        limit=1_000,
        used=1_000,
    )
    assert as_failure(refused, NOW) == Failure(
        "capacity.inbound_full", Fault.LIMIT, "concurrent_inbound: 1000 of 1000", retry_after_s=5.0
    )
    assert as_failure(Refused("capacity.inbound_full", Fault.LIMIT), NOW).retry_after_s is None
