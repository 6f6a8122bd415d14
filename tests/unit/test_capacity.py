"""Meta's limits on a number: one before, at and after each, and every place given back."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.capacity import DAY, LEASE, Lease, MemoryLedger, NumberUse, ProcessId
from signaling.errors import Fault
from signaling.events import Direction
from signaling.ids import CallId, NumberId
from signaling.meta_rules import Limits
from signaling.verdict import Allowed, Refused

T = TypeVar("T")

NOW = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
US, THEM = ProcessId("us"), ProcessId("them")
SALES, SUPPORT = NumberId(1), NumberId(2)
INBOUND, OUTBOUND = Direction.INBOUND, Direction.OUTBOUND
USUAL = Limits()


def play(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)


def lease(
    call: object, direction: Direction = INBOUND, at: datetime = NOW, number: NumberId = SALES, owner: ProcessId = US
) -> Lease:
    return Lease(CallId(str(call)), number, direction, owner, at)


@pytest.mark.parametrize("direction", list(Direction))
def test_the_thousandth_call_at_a_time_is_taken_and_the_next_is_not(direction: Direction) -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        for call in range(1_000):
            assert await ledger.take(lease(call, direction), USUAL) == Allowed()
        refused = await ledger.take(lease(1_000, direction), USUAL)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.fault) == (f"capacity.{direction.value}_full", Fault.LIMIT)
        assert (refused.rule, refused.limit, refused.used) == (f"concurrent_{direction.value}", 1_000, 1_000)
        assert refused.retry_at is not None and refused.retry_at > NOW
        assert len(ledger) == 1_000, "a refusal holds nothing"
        ledger.release(CallId("17"))
        assert await ledger.take(lease(1_001, direction), USUAL) == Allowed()
        assert isinstance(await ledger.take(lease(1_002, direction), USUAL), Refused)

    play(scenario())


def test_directions_and_numbers_have_budgets_of_their_own() -> None:
    async def scenario() -> None:
        ledger, one = MemoryLedger(), Limits(concurrent_inbound=1, concurrent_outbound=1)
        for name, direction, number in (
            ("a", INBOUND, SALES),
            ("b", OUTBOUND, SALES),
            ("c", INBOUND, SUPPORT),
            ("d", OUTBOUND, SUPPORT),
        ):
            assert await ledger.take(lease(name, direction, number=number), one) == Allowed()
        assert ledger.use_of(SALES, NOW) == NumberUse(inbound=1, outbound=1, initiations=1)

    play(scenario())


def test_a_number_to_which_meta_granted_more_takes_more_and_one_with_nothing_takes_none() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        for call in range(1_001):
            assert await ledger.take(lease(call), Limits(concurrent_inbound=5_000)) == Allowed()
        refused = await ledger.take(lease("x", number=SUPPORT), Limits(concurrent_inbound=0))
        assert isinstance(refused, Refused)
        assert (refused.retry_at, refused.next_step) == (None, None), "waiting does not help"

    play(scenario())


def test_a_limit_that_is_lowered_harms_no_call_that_is_up() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        for call in range(3):
            await ledger.take(lease(call), USUAL)
        refused = await ledger.take(lease(3), Limits(concurrent_inbound=2))
        assert isinstance(refused, Refused) and (refused.used, refused.limit) == (3, 2)
        assert ledger.use_of(SALES, NOW).inbound == 3

    play(scenario())


def test_asking_twice_for_one_call_is_one_place_and_one_initiation() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        for _ in range(3):
            assert await ledger.take(lease("a", OUTBOUND), Limits(concurrent_outbound=1)) == Allowed()
        assert ledger.use_of(SALES, NOW) == NumberUse(outbound=1, initiations=1)
        for _ in range(2):
            ledger.release(CallId("a"))
        assert ledger.use_of(SALES, NOW) == NumberUse(initiations=1)

    play(scenario())


def test_the_ten_thousandth_call_of_a_day_is_begun_and_the_next_waits_until_the_oldest_leaves() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        for second in range(10_000):
            begun = lease(second, OUTBOUND, NOW + second * SECOND)
            assert await ledger.take(begun, USUAL) == Allowed()
            ledger.release(begun.call)
        refused = await ledger.take(lease("one more", OUTBOUND, NOW + 10_000 * SECOND), USUAL)
        assert isinstance(refused, Refused)
        assert (refused.code, refused.rule) == ("capacity.initiations_spent", "initiations_per_24h")
        assert (refused.limit, refused.used, refused.next_step) == (10_000, 10_000, "wait")
        assert refused.retry_at == NOW + DAY, "when the oldest leaves"

        before = await ledger.take(lease("before", OUTBOUND, NOW + DAY - SECOND), USUAL)
        assert isinstance(before, Refused) and before.retry_at == NOW + DAY
        assert await ledger.take(lease("at", OUTBOUND, NOW + DAY), USUAL) == Allowed()
        again = await ledger.take(lease("at, again", OUTBOUND, NOW + DAY), USUAL)
        assert isinstance(again, Refused) and again.retry_at == NOW + DAY + SECOND
        assert await ledger.take(lease("after", OUTBOUND, NOW + DAY + SECOND), USUAL) == Allowed()
        assert await ledger.take(lease("inbound", INBOUND, NOW + DAY + SECOND), USUAL) == Allowed(), "not begun by us"

    play(scenario())


def test_what_was_begun_before_a_restart_counts_and_a_lower_limit_says_when_enough_have_left() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger({SALES: [NOW - 2 * SECOND, NOW - 3 * SECOND, NOW - SECOND, NOW - DAY]})
        assert ledger.use_of(SALES, NOW).initiations == 3
        refused = await ledger.take(lease("a", OUTBOUND), Limits(initiations_per_24h=2))
        assert isinstance(refused, Refused)
        assert (refused.used, refused.retry_at) == (3, NOW - 2 * SECOND + DAY), "two have left by then, one is below 2"
        none = await ledger.take(lease("b", OUTBOUND), Limits(initiations_per_24h=0))
        assert isinstance(none, Refused) and none.retry_at is None
        assert await ledger.take(lease("c", OUTBOUND), Limits(initiations_per_24h=4)) == Allowed()

    play(scenario())


def test_a_refused_call_is_not_begun() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        assert isinstance(await ledger.take(lease("a", OUTBOUND), Limits(concurrent_outbound=0)), Refused)
        assert ledger.use_of(SALES, NOW) == NumberUse()

    play(scenario())


def test_the_leases_of_a_process_that_is_not_heard_of_any_more_are_given_back() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        await ledger.take(lease("ours"), USUAL)
        await ledger.take(lease("theirs", owner=THEM), USUAL)
        await ledger.vouch(US, NOW + LEASE - SECOND)
        assert len(ledger) == 2, "one second before"
        await ledger.vouch(US, NOW + LEASE)
        assert ledger.use_of(SALES, NOW) == NumberUse(inbound=1)
        ledger.release(CallId("theirs"))
        assert ledger.use_of(SALES, NOW) == NumberUse(inbound=1), "given back once"

    play(scenario())


def test_a_process_that_vouches_keeps_its_leases_for_ever_and_through_a_clock_that_jumps() -> None:
    async def scenario() -> None:
        ledger = MemoryLedger()
        await ledger.take(lease("ours"), USUAL)
        for hours in (0, 1, 30, 29, 24 * 365):
            await ledger.vouch(US, NOW + timedelta(hours=hours))
        assert len(ledger) == 1

    play(scenario())


CALLS = st.integers(0, 12).map(lambda call: CallId(str(call)))
STEPS = st.one_of(
    st.tuples(
        st.just("take"),
        CALLS,
        st.sampled_from(Direction),
        st.sampled_from([SALES, SUPPORT]),
        st.sampled_from([US, THEM]),
    ),
    st.tuples(st.just("release"), CALLS),
    st.tuples(st.just("wait"), st.integers(0, 40_000)),
    st.tuples(st.just("vouch"), st.sampled_from([US, THEM])),
)


@given(steps=st.lists(STEPS, max_size=60))
def test_after_any_course_no_limit_is_passed_and_every_place_comes_back(steps: list[tuple[Any, ...]]) -> None:
    limits = Limits(concurrent_inbound=3, concurrent_outbound=2, initiations_per_24h=4)

    async def scenario() -> None:
        ledger, now = MemoryLedger(), NOW
        begun: list[tuple[NumberId, datetime]] = []
        for step in steps:
            match step:
                case "take", call, direction, number, owner:
                    held = len(ledger)
                    verdict = await ledger.take(Lease(call, number, direction, owner, now), limits)
                    taken = len(ledger) > held
                    if isinstance(verdict, Refused):
                        assert not taken
                        assert verdict.used is not None and verdict.limit is not None
                        assert verdict.used >= verdict.limit, "refused only for a limit that is reached"
                        assert verdict.retry_at is not None and verdict.retry_at > now
                    elif taken and direction is OUTBOUND:
                        begun.append((number, now))
                case "release", call:
                    ledger.release(call)
                case "wait", seconds:
                    now += timedelta(seconds=seconds)
                case "vouch", owner:
                    await ledger.vouch(owner, now)
            for number in (SALES, SUPPORT):
                use = ledger.use_of(number, now)
                assert 0 <= use.inbound <= 3 and 0 <= use.outbound <= 2 and use.initiations <= 4
                in_window = [at for whose, at in begun if whose == number and at > now - DAY]
                assert use.initiations == len(in_window)
        await ledger.vouch(US, now + LEASE)
        await ledger.vouch(THEM, now + 2 * LEASE)
        for call in range(13):
            ledger.release(CallId(str(call)))
        assert len(ledger) == 0
        assert {ledger.use_of(number, now + DAY) for number in (SALES, SUPPORT)} == {NumberUse()}

    play(scenario())
