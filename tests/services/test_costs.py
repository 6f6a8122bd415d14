"""What calls of ours may cost: by the card of rates, exact, in tiers of a month, and only for who may see the calls."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from signaling.call import Outcome, State
from signaling.events import Direction
from signaling.ids import AgentId
from store.audit import By as Writer
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.costs import Costs, SqlCosts
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history_filter import HistoryFilter
from store.measure_groups import By, MeasuredSpan
from store.rate_cards import BadCard, CardChanged, SqlRateCards
from tests.services.samples import Town, build_town, call_in, customer

BRAZIL = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
MONTH = MeasuredSpan(datetime(2026, 3, 1, 3, tzinfo=UTC), datetime(2026, 4, 1, 3, tzinfo=UTC), BRAZIL)
HEAD = "destination,market,currency,valid_from,above_minutes,per_minute\n"
USUAL = HEAD + "BR,Brazil,USD,2025-08-01,0,0.0108\nUS,,USD,2025-08-01,0,0.01\n"


async def write(database: Database, text: str, seen: int = 0) -> None:
    await SqlRateCards(database).write(text, seen, Writer("user:1", NOON))


async def call(database: Database, town: Town, wacid: str, talk_s: float, phone: str | None, **changes: Any) -> None:
    given: dict[str, Any] = {
        "direction": Direction.OUTBOUND,
        "state": State.ENDED,
        "outcome": Outcome.ANSWERED,
        "received_at": NOON,
        "accepted_at": NOON + timedelta(seconds=5),
        "ended_at": NOON + timedelta(seconds=5 + talk_s),
        "agent": town.agents[0],
    }
    someone = customer(phone, bsuid=f"{wacid}.someone")
    await SqlCallStore(database).save(call_in(town, wacid, someone, **{**given, **changes}))


async def charged(database: Database, town: Town, *minutes: tuple[datetime, int]) -> None:
    """Calls to Brazil of so many minutes each."""
    for at, count in minutes:
        ended = {"accepted_at": at, "ended_at": at + timedelta(minutes=count)}
        await call(database, town, f"wacid.{at.isoformat()}", 0, "5511955550101", received_at=at, **ended)


async def of(database: Database, by: By = By.AGENT, span: MeasuredSpan = MONTH, **sight: Any) -> Costs:
    return await SqlCosts(database, BRAZIL).of(span, by, HistoryFilter(**sight))


async def test_calls_of_ours_are_priced_by_country_and_others_are_told_apart(database: Database) -> None:
    town = await build_town(database)
    await write(database, USUAL)
    await call(database, town, "wacid.1", 56, "5511955550101")  # 10 pulses
    await call(database, town, "wacid.2", 61, "12025550123", agent=town.agents[1])  # 11
    await call(database, town, "wacid.3", 12, "5491155550101")  # Argentina has no rate
    await call(database, town, "wacid.4", 600, "5511955550101", direction=Direction.INBOUND)
    found = await of(database)
    assert {line.name: (line.cost.calls, dict(line.cost.amounts)) for line in found.lines} == {
        "Ana": (2, {"USD": Decimal("0.0108")}),
        "Bia": (1, {"USD": Decimal("0.011")}),
    }
    total = found.total
    assert (total.calls, total.minutes, dict(total.amounts)) == (3, Decimal("2.3"), {"USD": Decimal("0.0218")})
    assert (total.unpriced_calls, total.unpriced_minutes) == (1, Decimal("0.2"))
    assert [line.key for line in found.destinations] == ["US", "BR", "AR"]
    assert found.card.version == 1
    [day] = (await of(database, By.DAY)).lines
    assert (day.key, day.cost) == ("2026-03-04", total)
    assert [line.key for line in (await of(database, By.HOUR)).lines] == ["12"]


async def test_without_a_card_nothing_has_a_price_and_nothing_is_free(database: Database) -> None:
    town = await build_town(database)
    await call(database, town, "wacid.1", 60, "5511955550101")
    total = (await of(database)).total
    assert (total.amounts, total.unpriced_calls, total.unpriced_minutes) == ({}, 1, Decimal(1))


async def test_who_is_known_by_an_id_only_has_the_country_that_it_begins_with(database: Database) -> None:
    town = await build_town(database)
    await write(database, USUAL)
    given = {"direction": Direction.OUTBOUND, "state": State.ENDED, "accepted_at": NOON, "ended_at": NOON}
    await SqlCallStore(database).save(
        call_in(town, "wacid.1", customer(bsuid="BR.123456789012345"), **given | {"received_at": NOON})
    )
    assert [line.key for line in (await of(database)).destinations] == ["BR"]


async def test_the_call_that_crosses_a_tier_is_charged_wholly_at_the_lower_rate_and_a_month_begins_anew(
    database: Database,
) -> None:
    town = await build_town(database)
    await write(
        database,
        HEAD
        + "BR,Brazil,USD,2025-08-01,0,0.10\nBR,Brazil,USD,2025-08-01,100,0.08\nBR,Brazil,USD,2025-08-01,250,0.05\n",
    )
    first = datetime(2026, 3, 1, 4, tzinfo=UTC)  # 01:00 there
    hours = [first + timedelta(hours=hour) for hour in range(5)]
    await charged(database, town, (hours[0], 60), (hours[1], 40), (hours[2], 1), (hours[3], 149), (hours[4], 1))
    await charged(database, town, (first - timedelta(hours=1, minutes=1), 90), (datetime(2026, 4, 1, 4, tzinfo=UTC), 3))
    found = await of(database, By.HOUR)
    assert {line.key: line.cost.amounts["USD"] for line in found.lines} == {
        "1": Decimal("6"),
        "2": Decimal("4"),  # exactly a hundred minutes: not above
        "3": Decimal("0.08"),
        "4": Decimal("11.92"),  # 250 minutes, and not above
        "5": Decimal("0.05"),
    }
    late = MeasuredSpan(hours[3], datetime(2026, 4, 2, tzinfo=UTC), BRAZIL)
    days = {line.key: line.cost.amounts["USD"] for line in (await of(database, By.DAY, late)).lines}
    assert days == {"2026-03-01": Decimal("11.97"), "2026-04-01": Decimal("0.30")}


async def test_another_rate_counts_from_its_day_on_in_the_accounts_zone(database: Database) -> None:
    town = await build_town(database)
    await write(database, HEAD + "BR,,USD,2025-08-01,0,0.10\nBR,,BRL,2026-03-05,0,0.55\n")
    midnight = datetime(2026, 3, 5, 3, tzinfo=UTC)
    await charged(database, town, (midnight - timedelta(seconds=1), 10), (midnight, 10))
    assert dict((await of(database)).total.amounts) == {"BRL": Decimal("5.5"), "USD": Decimal("1")}


async def test_tiers_are_of_the_whole_account_whoever_looks(database: Database) -> None:
    town = await build_town(database)
    sales = (await SqlDepartmentStore(database).add("Vendas")).id
    await write(database, HEAD + "BR,,USD,2025-08-01,0,0.10\nBR,,USD,2025-08-01,5,0.01\n")
    await charged(database, town, (NOON - timedelta(hours=1), 100))
    await call(database, town, "wacid.1", 60, "5511955550101", department=sales, agent=None)
    seen = await of(database, By.DEPARTMENT, visible_in=frozenset({sales}))
    assert [(line.name, line.cost.amounts["USD"]) for line in seen.lines] == [("Vendas", Decimal("0.01"))]
    own = await of(database, By.DEPARTMENT, visible_in=frozenset(), visible_member=town.agents[0])
    assert [line.name for line in own.lines] == ["Atendimento"]
    nobody = await of(database, By.DAY, visible_in=frozenset(), visible_agent=AgentId(999))
    assert (nobody.lines, nobody.total.calls) == ((), 0)


async def test_a_card_is_written_whole_once_and_audited(database: Database) -> None:
    await build_town(database)
    cards = SqlRateCards(database)
    await write(database, USUAL)
    with pytest.raises(CardChanged):
        await write(database, USUAL)
    with pytest.raises(BadCard) as bad:
        await write(database, HEAD + "BR,,USD,2025-08-01,0,free\n", seen=1)
    assert [(problem.line, problem.code) for problem in bad.value.problems] == [(2, "bad_amount")]
    await write(database, USUAL.replace("0.0108", "0.0107"), seen=1)
    newest = await cards.newest()
    assert (newest.version, newest.written_by, newest.rates[0].per_minute) == (2, "Ana", "0.0107")
    [entry, _] = await SqlAudit(database).newest(2)
    assert (entry.action, entry.subject, entry.data) == ("rates.written", "rates:2", {"version": 2, "rates": 2})
