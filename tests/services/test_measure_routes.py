"""Quality, permissions, costs and rates as the routes tell them, to who may see them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.api.door import Caller
from gateway.api.errors import ApiError
from gateway.api.measures import MeasuresQuery
from gateway.api.more_measures import MoreMeasureRoutes
from gateway.api.operations import Asked, Nothing
from gateway.api.rates import RateRoutes, RatesForm
from signaling.call import Outcome, State
from signaling.events import Direction
from signaling.ids import AgentId
from signaling.permission_events import Asked as PermissionAsked
from signaling.permission_events import AskedBy, Asker, RequestKind, reference_of
from signaling.ports import Agent, Role
from store.calls import SqlCallStore
from store.costs import SqlCosts
from store.database import Database
from store.funnel import SqlFunnel
from store.measure_groups import By
from store.permissions import SqlPermissionStore
from store.quality import SqlQuality
from store.rate_cards import SqlRateCards
from store.reach import EVERYTHING
from tests.services.samples import Town, build_town, call_in, customer
from tests.services.test_measures import BRAZIL, NOON

CARD = "destination,currency,valid_from,above_minutes,per_minute\nBR,USD,2025-08-01,0,0.0108\n"


def routes_of(database: Database) -> MoreMeasureRoutes:
    costs = SqlCosts(database, BRAZIL)
    now = NOON + timedelta(hours=1)
    return MoreMeasureRoutes(SqlQuality(database), SqlFunnel(database), costs, BRAZIL.key, lambda: now)


def asked(who: Role = Role.ADMINISTRATOR, **query: Any) -> Asked[Nothing, MeasuresQuery]:
    agent = Agent(AgentId(999), "S", who, frozenset(), True, 1)
    return Asked(Caller("user:999", EVERYTHING, agent=agent), Nothing(), MeasuresQuery(**query), {}, {})


def written(csv: str, version: int = 0) -> Asked[RatesForm, Nothing]:
    return Asked(Caller("user:1", EVERYTHING), RatesForm(version=version, csv=csv), Nothing(), {}, {})


async def something_happened(database: Database) -> Town:
    town = await build_town(database)
    call = call_in(
        town,
        customer=customer("5511955550101"),
        direction=Direction.OUTBOUND,
        state=State.ENDED,
        outcome=Outcome.ANSWERED,
        received_at=NOON,
        accepted_at=NOON,
        ended_at=NOON + timedelta(seconds=55),
        agent=town.agents[0],
    )
    await SqlCallStore(database).save(call.note(NOON, "measured", customer_to_us_mos=4.25))
    event = PermissionAsked(NOON, reference_of("wamid.1"), RequestKind.TEMPLATE)
    await SqlPermissionStore(database).add(town.number, customer("5511955550101"), event)
    return town


async def test_administrators_are_told_and_supervisors_of_elsewhere_see_nothing(database: Database) -> None:
    await something_happened(database)
    await RateRoutes(SqlRateCards(database), lambda: NOON).write(written(CARD))
    routes = routes_of(database)
    quality = await routes.quality(asked(by=By.AGENT))
    assert quality.total is not None
    assert (quality.zone, quality.total.customer.good, quality.lines[0].name) == (BRAZIL.key, 1, "Ana")
    permissions = await routes.permissions(asked(by=By.DAY))
    assert (permissions.total.asked, permissions.total.unanswered, permissions.lines[0].key) == (1, 1, "2026-03-04")
    costs = await routes.costs(asked(by=By.NUMBER))
    assert [(line.name, line.cost.minutes) for line in costs.lines] == [("Vendas", "1")]
    assert [amount.model_dump() for amount in costs.total.amounts] == [{"currency": "USD", "amount": "0.0108"}]
    assert (costs.rates, costs.rates_version) == (1, 1)
    nobody = Role.SUPERVISOR
    assert (await routes.quality(asked(nobody))).total is None
    assert (await routes.permissions(asked(nobody))).lines == []
    assert (await routes.costs(asked(nobody))).total.calls == 0


async def test_a_request_is_told_of_who_asked_and_of_nobody_where_it_is_not_known(database: Database) -> None:
    town = await something_happened(database)
    ana = Asker(AskedBy.AGENT, town.agents[0])
    event = PermissionAsked(NOON, reference_of("wamid.2"), RequestKind.FREE_FORM, ana)
    await SqlPermissionStore(database).add(town.number, customer("5511955550102"), event)
    routes = routes_of(database)
    told = await routes.permissions(asked(by=By.AGENT))
    assert [(line.key, line.name, line.funnel.asked) for line in told.lines] == [("1", "Ana", 1), (None, None, 1)]
    assert (await routes.permissions(asked(by=By.DAY, agent_id=town.agents[0]))).total.asked == 1


async def test_rates_are_written_whole_and_what_is_wrong_is_named(database: Database) -> None:
    await build_town(database)
    routes = RateRoutes(SqlRateCards(database), lambda: datetime(2026, 3, 4, tzinfo=UTC))
    with pytest.raises(ApiError) as wrong:
        await routes.write(written(CARD + "XX,USD,2025-08-01,0,0.0108\n"))
    assert (wrong.value.status, wrong.value.more["problems"]) == (
        422,
        [{"step": None, "field": "3.destination", "code": "bad_destination"}],
    )
    told = await routes.write(written(CARD))
    assert (told.version, told.rates[0].per_minute, told.written_by) == (1, "0.0108", "Ana")
    again = await routes.write(written(told.csv, version=1))
    assert (again.version, again.csv) == (2, told.csv)
    with pytest.raises(ApiError) as meanwhile:
        await routes.write(written(CARD, version=1))
    assert (meanwhile.value.status, meanwhile.value.more["version"]) == (409, 2)
