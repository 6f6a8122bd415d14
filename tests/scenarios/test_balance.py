"""A number whose account runs dry: new calls are refused in either direction, and the call that is up goes on."""

from dataclasses import replace

from signaling.balance_guard import Balance, BalanceGuard
from signaling.call import State
from tests.fakes.virtual_time import START
from tests.fakes.world import NUMBER, PNID, FakeWorld, offered
from tests.scenarios.test_inbound_call import closed, play, settle
from tests.scenarios.test_outbound_call import WISH, refused, scenario, talking

HARD = BalanceGuard(enabled=True, floor="10", hard=True)


def runs_dry(world: FakeWorld, amount: str = "9.999999999999", guard: BalanceGuard = HARD) -> None:
    balance = Balance(amount, "USD", START)
    number = world.numbers.numbers[PNID]
    world.numbers.numbers[PNID] = replace(number, balance=balance, balance_guard=guard)


def test_below_the_floor_a_new_call_of_a_customer_is_rejected_with_the_reason() -> None:
    async def scenario() -> None:
        world = FakeWorld()
        world.numbers.numbers[PNID] = NUMBER
        runs_dry(world)
        await world.exchange.deliver(offered())
        await settle()
        assert world.names() == ["RejectCall", "CloseMedia"]
        await closed(world)
        assert world.call.failure is not None
        assert world.call.failure.code == "number.balance_low"

    play(scenario())


@scenario
async def test_a_call_that_is_up_is_never_cut_and_the_next_one_is_refused(world: FakeWorld) -> None:
    await talking(world)
    runs_dry(world)
    await settle()
    assert world.call.state is State.TALKING
    assert (await refused(world, replace(WISH, key="wish-0002"))).code == "number.balance_low"
    assert world.call.state is State.TALKING


@scenario
async def test_a_soft_floor_and_a_full_account_refuse_nobody(world: FakeWorld) -> None:
    runs_dry(world, "10")
    runs_dry(world, guard=replace(HARD, hard=False))
    await talking(world)
    assert world.call.state is State.TALKING
