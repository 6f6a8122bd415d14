"""An administrator at a shell looks after a number's guards, and whatever is switched there stands in the audit."""

import asyncio
from pathlib import Path

import pytest

from gateway.cli_guards import add_guard_commands
from signaling.balance_guard import BalanceGuard
from signaling.ids import NumberId
from signaling.pickup_guard import Guard
from store.audit import Entry, SqlAudit
from store.balance_guards import SqlBalanceGuards, StoredBalance
from store.database import Database
from store.pickup_guards import SqlPickupGuards, StoredGuard
from tests.services.samples import build_town
from tests.services.test_cli_admin import Shell

PNID = "106540352242922"


@pytest.fixture
def shell(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests

    async def fill() -> None:
        database = Database(sqlite_url)
        await build_town(database)
        await database.close()

    asyncio.run(fill())
    made = Shell(sqlite_url)
    add_guard_commands()
    return made


def kept(url: str) -> tuple[StoredGuard, StoredBalance, list[Entry]]:
    async def read() -> tuple[StoredGuard, StoredBalance, list[Entry]]:
        database = Database(url)
        try:
            guards, balances = SqlPickupGuards(database), SqlBalanceGuards(database)
            number = NumberId(1)
            return await guards.of(number), await balances.of(number), await SqlAudit(database).newest()
        finally:
            await database.close()

    return asyncio.run(read())


def test_the_pick_up_guard_is_shown_and_changed_field_by_field(shell: Shell, sqlite_url: str) -> None:
    assert "enabled\toff" in shell.works("number", "pickup-guard", PNID)
    said = shell.works("number", "pickup-guard", PNID, "--on", "--hide-icon", "--warn-below-percent", "70")
    assert "hide_icon\ton" in said and "warn_below_percent\t70" in said and "version\t1" in said
    shell.works("number", "pickup-guard", PNID, "--leave-icon")
    guard, _, [newest, *_] = kept(sqlite_url)
    assert guard.guard == Guard(enabled=True, warn_below_percent=70)
    assert (newest.actor, newest.action, newest.data["hide_icon"]) == ("shell", "number.pickup_guard_written", False)
    assert "1 to 168" in shell.refuses("number", "pickup-guard", PNID, "--look-back-h", "169")
    assert "more than" in shell.refuses("number", "pickup-guard", PNID, "--hide-below-percent", "71")


def test_a_balance_is_told_exactly_and_its_guard_changed_field_by_field(shell: Shell, sqlite_url: str) -> None:
    assert "balance\tnot known" in shell.works("number", "balance", PNID)
    shell.works("number", "balance-guard", PNID, "--on", "--floor", "10.000000000001", "--refuse", "--no-inbound")
    said = shell.works("number", "balance", PNID, "9.999999999999", "USD")
    assert "balance\t9.999999999999 USD" in said and "standing\tlow" in said and "hard\ton" in said
    _, held, [newest, before, *_] = kept(sqlite_url)
    assert held.guard == BalanceGuard(enabled=True, floor="10.000000000001", hard=True, inbound=False)
    assert (newest.actor, newest.action, newest.data["amount"]) == ("shell", "number.balance_told", "9.999999999999")
    assert before.action == "number.balance_guard_written"
    assert "exact decimal" in shell.refuses("number", "balance", PNID, "1e3", "USD")
    assert "three capitals" in shell.refuses("number", "balance", PNID, "1", "usd")
    assert "amount and its currency" in shell.refuses("number", "balance", PNID, "1")
    assert "exact decimal" in shell.refuses("number", "balance-guard", PNID, "--floor", "10,5")


def test_each_switch_of_a_number_writes_who_threw_it(shell: Shell, sqlite_url: str) -> None:
    shell.works("number", "inbound", PNID, "--off")
    shell.works("number", "outbound", PNID, "--on")
    shell.works("number", "limit", PNID, "countries_without_outbound", "us, ca")
    shell.works("number", "rule", PNID, "wrap_up_s", "30")
    shell.works("number", "permission-template", PNID, "ask_to_call")
    shell.works("number", "set-token", PNID, "--clear")
    _, _, lines = kept(sqlite_url)
    told = [(line.actor, line.action, line.data.get("changed"), line.data.get("value")) for line in reversed(lines)]
    assert told == [
        ("shell", "number.settings_written", "inbound", False),
        ("shell", "number.settings_written", "outbound", True),
        ("shell", "number.settings_written", "limits", "US, CA"),
        ("shell", "number.settings_written", "rules", 30.0),
        ("shell", "number.settings_written", "template", "ask_to_call"),
        ("shell", "number.token_written", None, None),
    ]
    assert [line.data["version"] for line in reversed(lines)] == [1, 2, 3, 4, 5, 6]
