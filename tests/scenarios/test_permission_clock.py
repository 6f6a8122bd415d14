"""Permissions that end by time alone are told at that moment, also when it was missed; on virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from gateway.permission_clock import AGAIN_AFTER_S, AT_ONCE, LOOK_EVERY_S, PermissionClock
from signaling.errors import Failure, Fault, NeighbourError
from tests.fakes.virtual_time import START, run_in_virtual_time, virtual_now


class FakeEnds:
    def __init__(self, *ends_s: float) -> None:
        self.ends = sorted(START + timedelta(seconds=end_s) for end_s in ends_s)
        self.told_s: list[float] = []
        self.away = False
        self.looks = 0

    async def next_end(self) -> datetime | None:
        self.looks += 1
        return self.ends[0] if self.ends else None

    async def tell_ended(self, limit: int) -> int:
        if self.away:
            raise NeighbourError(Failure("store.away", Fault.NETWORK))
        due = [end for end in self.ends if end <= virtual_now()][:limit]
        self.ends = self.ends[len(due) :]
        self.told_s += [(virtual_now() - START).total_seconds()] * len(due)
        return len(due)


def plays(ends: FakeEnds, scenario: Callable[[PermissionClock], Awaitable[None]]) -> list[str]:
    news: list[str] = []

    async def run() -> None:
        clock = PermissionClock(ends, virtual_now, lambda: news.append("told"))
        task = asyncio.create_task(clock.run())
        await scenario(clock)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    run_in_virtual_time(run())
    return news


async def pass_s(seconds: float) -> None:
    await asyncio.sleep(seconds)
    for _ in range(5):
        await asyncio.sleep(0)


def test_each_end_is_told_in_its_second() -> None:
    ends = FakeEnds(10, 20, 3_600)

    async def scenario(_: PermissionClock) -> None:
        await pass_s(9)
        assert ends.told_s == []
        await pass_s(1)
        assert ends.told_s == [10]
        await pass_s(3_590)

    assert plays(ends, scenario) == ["told"] * 3
    assert ends.told_s == [10, 20, 3_600]


def test_what_was_missed_while_nothing_ran_is_told_at_the_start_in_portions() -> None:
    ends = FakeEnds(*[-60.0] * (2 * AT_ONCE + 1))

    async def scenario(_: PermissionClock) -> None:
        await pass_s(0)

    assert plays(ends, scenario) == ["told"] * 3
    assert len(ends.told_s) == 2 * AT_ONCE + 1


def test_a_new_permission_that_ends_sooner_is_seen_at_once() -> None:
    ends = FakeEnds(3_000)

    async def scenario(clock: PermissionClock) -> None:
        await pass_s(1)
        ends.ends.insert(0, virtual_now() + timedelta(seconds=2))
        clock.look()
        await pass_s(2)

    plays(ends, scenario)
    assert ends.told_s == [3]


def test_one_that_another_process_was_told_of_is_seen_soon() -> None:
    ends = FakeEnds()

    async def scenario(_: PermissionClock) -> None:
        await pass_s(1)
        ends.ends.insert(0, virtual_now())
        await pass_s(LOOK_EVERY_S)

    plays(ends, scenario)
    assert ends.told_s == [LOOK_EVERY_S]


def test_a_store_that_is_away_is_asked_again_and_nothing_is_lost() -> None:
    ends = FakeEnds(10)

    async def scenario(_: PermissionClock) -> None:
        ends.away = True
        await pass_s(22)
        ends.away = False
        await pass_s(AGAIN_AFTER_S)

    plays(ends, scenario)
    assert len(ends.told_s) == 1


def test_with_nothing_to_tell_it_looks_twice_a_minute() -> None:
    ends = FakeEnds()

    async def scenario(_: PermissionClock) -> None:
        await pass_s(600)

    plays(ends, scenario)
    assert ends.looks <= 600 / LOOK_EVERY_S + 1
