"""Balances are kept digit by digit, and a number knows its guard. On SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from signaling.balance_guard import Balance, BalanceGuard
from store.audit import SqlAudit
from store.balance_guards import SqlBalanceGuards
from store.database import Database
from store.number_plans import ChangedMeanwhile, Writing
from tests.services.samples import NOW, build_town, numbers_in

HARD = BalanceGuard(enabled=True, floor="10.000000000001", hard=True)


async def test_a_balance_comes_back_digit_by_digit_and_the_number_has_it(database: Database) -> None:
    town = await build_town(database)
    guards, number = SqlBalanceGuards(database), town.number.id
    assert (await guards.of(number)).document.value == BalanceGuard(), "off, until somebody switches it on"
    await guards.write(number, HARD, Writing("user:1", NOW, 0))
    told = Balance("9999999999.100000000000", "BRL", NOW + timedelta(hours=1))
    await guards.tell(number, told)
    kept = await numbers_in(database).by_id(number)
    assert kept is not None
    assert (kept.balance, kept.balance_guard) == (told, HARD)
    with pytest.raises(ChangedMeanwhile):
        await guards.write(number, BalanceGuard(), Writing("user:2", NOW, 0))
    [line] = await SqlAudit(database).newest()
    assert (line.action, line.data["floor"], line.data["hard"]) == (
        "number.balance_guard_written",
        "10.000000000001",
        True,
    )
