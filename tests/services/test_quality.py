"""How calls sounded, as a distribution and by whom, from what was measured at their ends. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from signaling.call import State
from store.calls import SqlCallStore
from store.database import Database
from store.history_filter import HistoryFilter
from store.measure_groups import By, MeasuredSpan
from store.quality import SideQuality, SqlQuality
from tests.services.samples import Town, build_town, call_in

NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
DAY = MeasuredSpan(NOON - timedelta(hours=12), NOON + timedelta(hours=12), ZoneInfo("America/Sao_Paulo"))
UNKNOWN = SideQuality(0, 0, 0, None, None, None, None)


async def heard(database: Database, town: Town, wacid: str, agent: int, **figures: float) -> None:
    given: dict[str, Any] = {"received_at": NOON, "accepted_at": NOON, "ended_at": NOON, "agent": town.agents[agent]}
    call = call_in(town, wacid, state=State.ENDED, **given)
    await SqlCallStore(database).save(call.note(NOON, "measured", **figures) if figures else call)


async def test_calls_are_counted_by_how_they_sounded_and_means_are_of_what_is_known(database: Database) -> None:
    town = await build_town(database)
    good = {"customer_to_us_mos": 4.3, "customer_to_us_loss_percent": 0.0, "customer_to_us_jitter_ms": 2.0}
    worse = {"customer_to_us_mos": 4.4, "us_to_customer_mos": 3.7, "us_to_customer_loss_percent": 3.0}
    await heard(database, town, "wacid.1", 0, **good, customer_round_trip_ms=60.0, agent_to_us_mos=4.0)
    await heard(database, town, "wacid.2", 0, **worse)
    await heard(database, town, "wacid.3", 1, customer_to_us_mos=2.9, agent_to_us_mos=3.0, agent_round_trip_ms=300.0)
    await heard(database, town, "wacid.4", 1)
    quality = SqlQuality(database)
    lines, every = await quality.of(DAY, By.AGENT)
    assert [(line.name, line.calls) for line in lines] == [("Ana", 2), ("Bia", 1)]
    ana, bia = lines
    assert ana.customer == SideQuality(1, 1, 0, 4.0, 1.5, 2.0, 60.0)
    assert ana.agent == SideQuality(1, 0, 0, 4.0, None, None, None)
    assert bia.agent == SideQuality(0, 0, 1, 3.0, None, None, 300.0)
    assert every is not None
    assert (every.calls, every.customer.good, every.customer.fair, every.customer.poor) == (3, 1, 1, 1)
    assert every.customer.mos == round((4.3 + 3.7 + 2.9) / 3, 2)
    assert [line.key for line in (await quality.of(DAY, By.HOUR))[0]] == ["12"]


async def test_nothing_is_said_where_nothing_was_measured_or_seen(database: Database) -> None:
    town = await build_town(database)
    quality = SqlQuality(database)
    assert await quality.of(DAY, By.DAY) == ([], None)
    await heard(database, town, "wacid.1", 0, customer_to_us_mos=4.3)
    [line], _ = await quality.of(DAY, By.NUMBER)
    assert (line.name, line.agent) == ("Vendas", UNKNOWN)
    assert await quality.of(DAY, By.DAY, HistoryFilter(visible_in=frozenset())) == ([], None)
