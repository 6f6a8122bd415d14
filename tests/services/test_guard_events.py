"""What guards do and Meta warns of reaches whoever subscribed, once each. On SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from signaling.announcements import EventKind
from signaling.balance_guard import Balance, BalanceGuard
from signaling.events import AccountWarning
from signaling.integrator_contract import iso
from signaling.pickup_guard import Act, Cause, Did, Guard
from signaling.settings_at_meta import Icon
from store.balance_guards import SqlBalanceGuards
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.number_plans import Writing
from store.number_warnings import NumberWarning, SqlNumberWarnings
from store.pickup_guards import SqlPickupGuards
from tests.services.samples import NOW, build_town

HARD = BalanceGuard(enabled=True, floor="10.00", hard=True, inbound=False)


async def told(database: Database) -> list[dict[str, Any]]:
    query = select(OutboxEventRow).order_by(col(OutboxEventRow.id))

    def work(session: Session) -> list[dict[str, Any]]:
        return [event_told(session, row).model_dump(mode="json") for row in session.exec(query)]

    return await database.read(work)


async def test_a_balance_below_its_floor_is_told_once_with_what_is_refused_and_when_it_is_over(
    database: Database,
) -> None:
    number, store = (await build_town(database)).number.id, SqlBalanceGuards(database)
    await store.write(number, HARD, Writing("user:1", NOW, 0))
    for minutes, amount in ((1, "10.00"), (2, "9.9999"), (3, "9.5"), (4, "10")):
        await store.tell(number, Balance(amount, "BRL", NOW + timedelta(minutes=minutes), "key:1"))
    low, cleared = await told(database)
    assert (low["type"], low["subject"], low["sequence"]) == (EventKind.BALANCE_LOW, f"number:{number}", 1)
    held = low["data"]["balance"]
    assert (held["amount"], held["floor"], held["currency"], held["standing"]) == ("9.9999", "10.00", "BRL", "low")
    assert (held["refuses_inbound"], held["refuses_outbound"]) == (False, True)
    assert held["known_until"] == iso(NOW + timedelta(hours=6, minutes=2))
    assert held["number"]["id"] == number
    assert (cleared["type"], cleared["sequence"]) == (EventKind.BALANCE_CLEARED, 2)
    assert cleared["data"]["balance"]["standing"] == "fine"


async def test_a_guard_that_refuses_more_or_is_switched_off_while_it_is_low_is_told_too(database: Database) -> None:
    number, store = (await build_town(database)).number.id, SqlBalanceGuards(database)
    await store.tell(number, Balance("1", "USD", NOW, "key:1"))
    for guard in (replace(HARD, hard=False), HARD, HARD, BalanceGuard()):
        await store.write(number, guard, Writing("user:1", NOW))
    facts = [(event["type"], event["data"]["balance"]) for event in await told(database)]
    assert [(kind, held["standing"], held["refuses_outbound"]) for kind, held in facts] == [
        ("balance.low", "low", False),
        ("balance.low", "low", True),
        ("balance.cleared", "off", False),
    ]


async def test_each_act_of_the_pick_up_guard_and_each_warning_of_metas_is_told(database: Database) -> None:
    number, guards = (await build_town(database)).number.id, SqlPickupGuards(database)
    stored = await guards.write(number, Guard(enabled=True, hide_icon=True), Writing("user:1", NOW, 0))
    acts = (
        Act(NOW, Did.WARNED, Cause.LOW_PICKUP, able=2, offered=10, picked_up=4),
        Act(NOW, Did.HID_ICON, Cause.LOW_PICKUP, able=2, offered=10, picked_up=4),
    )
    kept = replace(stored.kept, icon=Icon.HIDDEN, acting=Cause.LOW_PICKUP, acts=acts)
    assert await guards.note(number, stored, kept, acts, NOW)
    assert not await guards.note(number, stored, kept, acts, NOW), "somebody was quicker, and nothing is told twice"
    warning = NumberWarning(
        NOW, AccountWarning.RESTRICTION, "RESTRICTED_USER_INITIATED_CALLING", NOW + timedelta(days=7)
    )
    for _ in range(2):
        await SqlNumberWarnings(database).add(number, warning)
    warned, hid, restricted = await told(database)
    assert (warned["type"], hid["type"], restricted["type"]) == ("guard.warned", "guard.acted", "number.warned")
    guard = hid["data"]["guard"]
    assert (guard["did"], guard["cause"], guard["picked_up"], guard["icon_hidden"], guard["closed_today"]) == (
        *("hid_icon", "low_pickup", 4),
        *(True, False),
    )
    assert restricted["data"]["warning"]["type"] == "RESTRICTED_USER_INITIATED_CALLING"
    assert restricted["data"]["warning"]["until"] == iso(NOW + timedelta(days=7))
