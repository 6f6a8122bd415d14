"""How well calls are answered, added up by both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.api.door import Caller
from gateway.api.errors import ApiError
from gateway.api.measured_agents import MeasuredAgentRoutes
from gateway.api.measures import MeasuredLine, MeasureRoutes, MeasuresQuery
from gateway.api.operations import Asked, Nothing
from gateway.settings import AgentsSee
from signaling.call import Call, Outcome, State
from signaling.errors import Failure, Fault
from signaling.events import Direction
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Agent, Role
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history_filter import HistoryFilter
from store.measured_agents import SqlMeasuredAgents
from store.measures import By, Inbound, MeasuredSpan, Outbound, SqlMeasures, total
from store.reach import EVERYTHING, Reach
from tests.services.samples import PASSWORD, Town, build_town, call_in, people_in

BRAZIL = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # 12:00 in São Paulo
DAY = MeasuredSpan(NOON - timedelta(days=1), NOON + timedelta(days=2), BRAZIL)


def after(seconds: float, since: datetime = NOON) -> datetime:
    return since + timedelta(seconds=seconds)


def answered(town: Town, wacid: str, answer_s: float, talk_s: float, at: datetime = NOON, **changes: Any) -> Call:
    given: dict[str, Any] = {
        "state": State.ENDED,
        "outcome": Outcome.ANSWERED,
        "received_at": at,
        "offered_at": at,
        "answered_at": after(answer_s, at),
        "accepted_at": after(answer_s, at),
        "ended_at": after(answer_s + talk_s, at),
        "agent": town.agents[0],
    }
    return call_in(town, wacid, **{**given, **changes})


def lost(town: Town, wacid: str, outcome: Outcome, waited_s: float, at: datetime = NOON, **changes: Any) -> Call:
    times = {"received_at": at, "offered_at": at, "ended_at": after(waited_s, at)}
    return call_in(town, wacid, **{"state": State.ENDED, "outcome": outcome, **times, **changes})


async def saved(database: Database, *calls: Call) -> SqlMeasures:
    for call in calls:
        await SqlCallStore(database).save(call)
    return SqlMeasures(database)


async def test_calls_are_counted_by_what_became_of_them_and_times_added_up(database: Database) -> None:
    town = await build_town(database)
    full = Failure("capacity.number_full", Fault.LIMIT)
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=20, talk_s=100),
        answered(town, "wacid.2", answer_s=20.5, talk_s=50, agent=town.agents[1]),
        # A plan accepted at once; the agent came after a minute.
        answered(town, "wacid.3", answer_s=60, talk_s=10, accepted_at=after(1)),
        lost(town, "wacid.4", Outcome.MISSED, waited_s=25),
        lost(town, "wacid.5", Outcome.ABANDONED, waited_s=90, accepted_at=after(2)),
        lost(town, "wacid.6", Outcome.MISSED, waited_s=1, refusal=full),
        lost(town, "wacid.7", Outcome.FAILED, waited_s=3),
        call_in(town, "wacid.8", received_at=NOON, offered_at=NOON),  # goes on
    )
    [line] = await measures.of(DAY, By.NUMBER)
    assert (line.key, line.name) == (str(town.number.id), "Vendas")
    found = line.inbound
    assert (found.offered, found.answered, found.answered_in_time) == (8, 3, 1)
    assert (found.missed, found.abandoned, found.refused, found.failed, found.picked_up) == (1, 1, 1, 1, 4)
    assert (found.answer_s, found.longest_answer_s) == pytest.approx((100.5, 60), abs=0.01)
    assert (found.talk_s, found.lost_s) == pytest.approx((160, 115), abs=0.01)
    assert line.outbound == Outbound()


async def test_calls_of_ours_have_counts_of_their_own(database: Database) -> None:
    town = await build_town(database)
    goes: dict[str, Any] = {"direction": Direction.OUTBOUND, "answered_at": None}
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=8, talk_s=30, **goes),
        lost(town, "wacid.2", Outcome.MISSED, waited_s=60, direction=Direction.OUTBOUND),
        lost(town, "wacid.3", Outcome.DECLINED, waited_s=6, direction=Direction.OUTBOUND),
        lost(town, "wacid.4", Outcome.FAILED, waited_s=1, direction=Direction.OUTBOUND),
    )
    [line] = await measures.of(DAY, By.DEPARTMENT)
    assert line.inbound == Inbound()
    found = line.outbound
    assert (found.placed, found.answered, found.unanswered, found.declined, found.failed) == (4, 1, 1, 1, 1)
    assert (found.picked_up_s, found.talk_s) == pytest.approx((8, 30), abs=0.01)


async def test_days_and_hours_are_those_of_the_zone(database: Database) -> None:
    town = await build_town(database)
    late = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)  # 23:30 on the 4th in São Paulo, 08:15 on the 5th in Kathmandu
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=5, talk_s=1),
        answered(town, "wacid.2", answer_s=7, talk_s=1, at=late),
        answered(town, "wacid.3", answer_s=9, talk_s=1, at=late + timedelta(hours=1)),
    )
    days = await measures.of(DAY, By.DAY)
    assert [(line.key, line.inbound.answered) for line in days] == [("2026-03-04", 2), ("2026-03-05", 1)]
    assert days[0].inbound.longest_answer_s == pytest.approx(7, abs=0.01)
    assert [line.key for line in await measures.of(DAY, By.HOUR)] == ["0", "12", "23"]
    kathmandu = MeasuredSpan(DAY.since, DAY.until, ZoneInfo("Asia/Kathmandu"))
    assert [(line.key, line.inbound.answered) for line in await measures.of(kathmandu, By.HOUR)] == [
        ("8", 1),
        ("9", 1),
        ("20", 1),
    ]
    assert total(days).inbound == total(await measures.of(DAY, By.NUMBER)).inbound


async def test_the_while_its_number_and_its_department_are_kept_to(database: Database) -> None:
    town = await build_town(database)
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=5, talk_s=1, at=DAY.since),
        answered(town, "wacid.2", answer_s=5, talk_s=1, at=DAY.until),
    )
    [line] = await measures.of(DAY, By.AGENT)
    assert (line.key, line.name, line.inbound.answered) == (str(town.agents[0]), "Ana", 1)
    for changes in ({"number": NumberId(999)}, {"department": DepartmentId(999)}):
        other = MeasuredSpan(DAY.since, DAY.until, BRAZIL, **changes)
        assert await measures.of(other, By.DAY) == []
    assert await measures.of(DAY, By.DAY, HistoryFilter(visible_in=frozenset())) == []


async def test_what_agents_do_in_a_call_is_theirs_and_the_call_counts_once(database: Database) -> None:
    town = await build_town(database)
    ana, bia = (str(agent) for agent in town.agents)
    call = answered(town, "wacid.1", answer_s=10, talk_s=50, agent=town.agents[1])
    call = call.note(after(10), "claimed", agent=town.agents[0])
    call = call.note(after(30), "transferred", agent=town.agents[0], to_agent=town.agents[1])
    call = call.note(after(40), "talking", agent=town.agents[1]).note(after(45), "held").note(after(48), "resumed")
    goes: dict[str, Any] = {"direction": Direction.OUTBOUND, "answered_at": None, "agent": town.agents[0]}
    measures = await saved(
        database,
        call.note(after(60), "ended"),
        answered(town, "wacid.2", answer_s=8, talk_s=7, **goes),
        lost(town, "wacid.3", Outcome.MISSED, waited_s=9),
    )
    routes = MeasureRoutes(measures, BRAZIL.key, lambda: after(3_600))
    by_agent = await routes.measures(asked(by=By.AGENT))
    of_ana, of_bia, of_nobody = by_agent.lines
    assert (of_ana.key, of_ana.inbound.offered, of_ana.inbound.talked, of_ana.inbound.talk_s) == (ana, 0, 1, 20)
    assert (of_ana.outbound.talked, of_ana.outbound.mean_talk_s, of_ana.work.held_s) == (1, 7, 0)
    assert (of_bia.key, of_bia.inbound.offered, of_bia.inbound.mean_talk_s, of_bia.work.held_s) == (bia, 1, 20, 3)
    assert (of_nobody.key, of_nobody.inbound.missed, of_nobody.inbound.talked) == (None, 1, 0)
    every = by_agent.total.inbound
    assert (every.offered, every.answered, every.talked, every.talk_s) == (2, 1, 1, 50), "the call's, and once"
    for agent, offered, talk_s in ((town.agents[0], 0, 20), (town.agents[1], 1, 20)):
        of_one = await routes.measures(asked(by=By.DAY, agent_id=agent))
        assert [line.key for line in of_one.lines] == ["2026-03-04"]
        told = of_one.total.inbound
        assert (told.offered, told.talk_s, told.mean_talk_s) == (offered, talk_s, talk_s)
    assert (await routes.measures(asked(by=By.DAY, agent_id=999))).lines == []


async def test_rates_are_told_where_something_was_counted(database: Database) -> None:
    town = await build_town(database)
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=10, talk_s=60),
        lost(town, "wacid.2", Outcome.MISSED, waited_s=25),
        lost(town, "wacid.3", Outcome.ABANDONED, waited_s=40, accepted_at=after(2)),
        lost(town, "wacid.4", Outcome.FAILED, waited_s=2),
    )
    routes = MeasureRoutes(measures, BRAZIL.key, lambda: NOON + timedelta(hours=1))
    answer = await routes.measures(asked(by=By.DAY))
    told: MeasuredLine = answer.total
    assert told.inbound.answer_rate == pytest.approx(1 / 3, abs=1e-4)
    assert told.inbound.abandonment_rate == pytest.approx(2 / 3, abs=1e-4)
    assert (told.inbound.pickup_rate, told.inbound.mean_answer_s, told.inbound.mean_talk_s) == (0.5, 10, 60)
    assert (told.outbound.answer_rate, told.outbound.mean_talk_s) == (None, None)
    assert (answer.until - answer.since, len(answer.lines)) == (timedelta(days=7), 1)


@pytest.mark.parametrize(
    "span",
    [
        {"since": NOON, "until": NOON},
        {"since": NOON - timedelta(days=401), "until": NOON},
        {"until": datetime(1, 1, 2, tzinfo=UTC)},
    ],
)
async def test_a_while_that_is_none_or_too_long_is_refused(database: Database, span: dict[str, datetime]) -> None:
    routes = MeasureRoutes(SqlMeasures(database), BRAZIL.key, lambda: NOON)
    with pytest.raises(ApiError) as refused:
        await routes.measures(asked(**span))
    assert refused.value.status == 400


async def test_days_are_put_together_where_clocks_change_in_the_span(database: Database) -> None:
    town = await build_town(database)
    before = datetime(2026, 3, 8, 4, 59, tzinfo=UTC)  # 23:59 on the 7th in New York, where clocks go ahead on the 8th
    measures = await saved(
        database,
        answered(town, "wacid.1", answer_s=5, talk_s=1, at=before),
        answered(town, "wacid.2", answer_s=7, talk_s=1, at=before + timedelta(minutes=2)),
        answered(town, "wacid.3", answer_s=9, talk_s=1, at=datetime(2026, 3, 9, 3, 59, tzinfo=UTC)),  # 23:59 again
        answered(town, "wacid.4", answer_s=2, talk_s=1, at=datetime(2026, 3, 9, 4, 0, tzinfo=UTC)),  # and midnight
    )
    span = MeasuredSpan(before - timedelta(days=1), before + timedelta(days=2), ZoneInfo("America/New_York"))
    assert [
        (line.key, line.inbound.answered, line.inbound.longest_answer_s) for line in await measures.of(span, By.DAY)
    ] == [
        ("2026-03-07", 1, 5),
        ("2026-03-08", 2, 9),
        ("2026-03-09", 1, 2),
    ]
    assert [(line.key, line.inbound.answered) for line in await measures.of(span, By.HOUR)] == [("0", 2), ("23", 2)]


async def test_the_accounts_zone_is_used_where_none_is_asked_for(database: Database) -> None:
    town = await build_town(database)
    measures = await saved(database, answered(town, "wacid.1", answer_s=5, talk_s=1, at=NOON - timedelta(hours=11)))
    routes = MeasureRoutes(measures, "America/Manaus", lambda: NOON)  # 04:00 in UTC, and midnight there
    found = await routes.measures(asked(by=By.HOUR))
    assert (found.zone, [line.key for line in found.lines]) == ("America/Manaus", ["0"])
    other = await routes.measures(asked(by=By.HOUR, zone="America/Sao_Paulo"))
    assert (other.zone, [line.key for line in other.lines]) == ("America/Sao_Paulo", ["1"])


async def test_supervisors_measure_their_departments_and_their_own_calls(database: Database) -> None:
    town = await build_town(database)
    sales = (await SqlDepartmentStore(database).add("Vendas")).id
    people = people_in(database)
    lia = (await people.add_user("lia", "Lia", PASSWORD, Role.SUPERVISOR, ["Atendimento"])).id
    rui = (await people.add_user("rui", "Rui", PASSWORD, Role.SUPERVISOR, ["Vendas"])).id
    routes = MeasureRoutes(
        await saved(
            database,
            answered(town, "wacid.1", answer_s=5, talk_s=1),
            lost(town, "wacid.2", Outcome.MISSED, waited_s=9),
            answered(town, "wacid.3", answer_s=5, talk_s=1, department=sales),
            answered(town, "wacid.4", answer_s=5, talk_s=1, department=sales, agent=lia),
            lost(town, "wacid.5", Outcome.MISSED, waited_s=9, department=None),
        ),
        BRAZIL.key,
        lambda: after(3_600),
    )

    async def offered_to(who: Agent, sees: AgentsSee = AgentsSee.MISSED, agent: AgentId | None = None) -> int:
        caller = Caller(f"user:{who.id}", EVERYTHING, agent=who, sees=sees)
        query = MeasuresQuery(by=By.DEPARTMENT, agent_id=agent)
        found = await routes.measures(Asked(caller, Nothing(), query, {}, {}))
        return found.total.inbound.offered

    def supervisor(who: AgentId, department: DepartmentId) -> Agent:
        return Agent(who, "S", Role.SUPERVISOR, frozenset({department}), True, 1)

    assert await offered_to(supervisor(lia, town.department)) == 3  # of her department, and one of her own beside
    assert await offered_to(supervisor(rui, sales)) == 2
    assert await offered_to(supervisor(rui, sales), AgentsSee.ALL) == 5
    assert await offered_to(Agent(AgentId(1), "A", Role.ADMINISTRATOR, frozenset(), True, 1)) == 5
    ana = town.agents[0]
    assert await offered_to(supervisor(lia, town.department), agent=ana) == 1
    assert await offered_to(supervisor(rui, sales), agent=ana) == 1
    assert await offered_to(supervisor(rui, sales), agent=rui) == 0
    choices = MeasuredAgentRoutes(SqlMeasuredAgents(database))

    async def chosen_by(who: Caller) -> list[str]:
        return [line.name for line in (await choices.agents(Asked(who, Nothing(), Nothing(), {}, {}))).agents]

    def reader(who: Agent) -> Caller:
        return Caller(f"user:{who.id}", EVERYTHING, agent=who, sees=AgentsSee.MISSED)

    everybody = await chosen_by(reader(Agent(AgentId(1), "A", Role.ADMINISTRATOR, frozenset(), True, 1)))
    assert everybody == ["Ana", "Bia", "Lia", "Rui"]
    assert await chosen_by(reader(supervisor(rui, sales))) == ["Rui"]
    assert await chosen_by(reader(supervisor(lia, town.department))) == ["Ana", "Bia", "Lia"]
    of_a_key = Caller("key:1", Reach(departments=frozenset({sales})))
    assert await chosen_by(of_a_key) == ["Rui"]
    found = await routes.measures(Asked(of_a_key, Nothing(), MeasuresQuery(by=By.NUMBER), {}, {}))
    assert found.total.inbound.offered == 2


def asked(**query: Any) -> Asked[Nothing, MeasuresQuery]:
    return Asked(Caller("user:1", EVERYTHING), Nothing(), MeasuresQuery(**query), {}, {})
