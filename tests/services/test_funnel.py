"""From asking for permission to a call that is picked up, counted by both databases from the events of ledgers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.api.call_filters import visible_to
from signaling.events import Direction
from signaling.ids import AgentId
from signaling.permission_events import (
    SYSTEM,
    Asked,
    AskedBy,
    Asker,
    CallConnected,
    CallUnanswered,
    Event,
    Granted,
    Refusal,
    RequestDelivered,
    RequestFailed,
    RequestKind,
    Source,
    reference_of,
)
from signaling.ports import Number, Operators, Role
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.funnel import Funnel, SqlFunnel, funnel_of_all
from store.history_filter import HistoryFilter
from store.measure_groups import By, MeasuredSpan
from store.operators import write_operators
from store.permissions import SqlPermissionStore
from tests.services.samples import PASSWORD, build_town, customer, new_number, numbers_in, people_in

BRAZIL = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
DAY = MeasuredSpan(NOON - timedelta(hours=12), NOON + timedelta(hours=12), BRAZIL)
WEEK = timedelta(days=7)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def asked(who: str, minutes: float = 0, by: Asker | None = None) -> Asked:
    return Asked(at(minutes), reference_of(f"ask.{who}"), RequestKind.TEMPLATE, by)


def delivered(who: str, minutes: float) -> RequestDelivered:
    return RequestDelivered(at(minutes), reference_of(f"ask.{who}"))


def granted(who: str, minutes: float = 1, *, permanent: bool = False, source: Source = Source.CUSTOMER) -> Granted:
    request = reference_of(f"ask.{who}") if source is Source.CUSTOMER else None
    ends = None if permanent else at(minutes) + WEEK
    return Granted(at(minutes), reference_of(f"reply.{who}.{minutes}"), permanent, ends, source, request)


def refused(who: str, minutes: float, source: Source, *, answers: bool) -> Refusal:
    request = reference_of(f"ask.{who}") if answers else None
    return Refusal(at(minutes), reference_of(f"no.{who}.{minutes}"), source, request)


def called(who: str, minutes: float, *, reached: bool, direction: Direction = Direction.OUTBOUND) -> Event:
    reference = reference_of(f"call.{who}.{minutes}")
    return CallConnected(at(minutes), reference, direction) if reached else CallUnanswered(at(minutes), reference)


async def happened(database: Database, number: Number, **events: list[Event]) -> None:
    """By customer."""
    store = SqlPermissionStore(database)
    for position, (who, theirs) in enumerate(sorted(events.items())):
        for event in theirs:
            await store.add(number, customer(f"55119555501{position:02}", name=who), event)


async def test_each_request_is_followed_to_what_came_of_it(database: Database) -> None:
    number = (await build_town(database)).number
    await happened(
        database,
        number,
        reached=[
            asked("a"),
            RequestDelivered(at(0.5), reference_of("ask.a")),
            granted("a"),
            called("a", 5, reached=True),
        ],
        in_vain=[
            asked("b"),
            granted("b", permanent=True),
            called("b", 5, reached=False),
            called("b", 6, reached=False),
        ],
        not_called=[asked("c"), granted("c"), called("c", 5, reached=True, direction=Direction.INBOUND)],
        refused=[asked("d"), refused("d", 2, Source.CUSTOMER, answers=True)],
        failed=[asked("e"), RequestFailed(at(1), reference_of("ask.e"), 131026)],
        silent=[asked("f"), delivered("f", 1)],
        called_before=[called("g", -30, reached=True), asked("g"), granted("g")],
        earlier=[asked("h", -60 * 24), granted("h", 1)],
    )
    [line] = await SqlFunnel(database).of(DAY, By.NUMBER)
    assert (line.key, line.name) == (str(number.id), "Vendas")
    assert line.funnel == Funnel(
        asked=7, delivered=6, failed=1, temporary=3, permanent=1, refused=1, called=2, reached=1
    )
    assert line.funnel.unanswered == 1


async def test_what_came_and_went_unasked_is_told_beside(database: Database) -> None:
    number = (await build_town(database)).number
    await happened(
        database,
        number,
        automatic=[granted("a", source=Source.AUTOMATIC), refused("a", 5, Source.AUTOMATIC, answers=False)],
        took_back=[refused("b", 3, Source.CUSTOMER, answers=False)],
    )
    [line] = await SqlFunnel(database).of(DAY, By.DAY)
    assert (line.key, line.funnel) == ("2026-03-04", Funnel(unasked=1, revoked=1, lapsed=1))


async def test_days_and_hours_are_of_the_zone_and_numbers_of_who_sees_their_department(database: Database) -> None:
    town = await build_town(database)
    other = await numbers_in(database).add(new_number("106540352242923", phone="+55 11 95555-0199", label="Suporte"))
    await happened(database, town.number, a=[asked("a")], b=[asked("b", 60), granted("b", 61)])
    await happened(database, other, c=[asked("c")])
    funnel = SqlFunnel(database)
    assert [(line.key, line.funnel.asked) for line in await funnel.of(DAY, By.HOUR)] == [("12", 2), ("13", 1)]
    assert funnel_of_all(await funnel.of(DAY, By.HOUR)) == Funnel(asked=3, delivered=1, temporary=1)
    departments = [(line.name, line.funnel.asked) for line in await funnel.of(DAY, By.DEPARTMENT)]
    assert departments == [("Atendimento", 2), (None, 1)]
    seen = HistoryFilter(visible_in=frozenset(), visible_member=town.agents[0], visible_agent=town.agents[0])
    assert [line.name for line in await funnel.of(DAY, By.NUMBER, seen)] == ["Vendas"]
    stranger = HistoryFilter(visible_in=frozenset(), visible_member=AgentId(999), visible_agent=AgentId(999))
    assert await funnel.of(DAY, By.NUMBER, stranger) == []
    of_a_key = HistoryFilter(visible_numbers=frozenset({other.id}))
    assert [line.name for line in await funnel.of(DAY, By.NUMBER, of_a_key)] == ["Suporte"]
    one = MeasuredSpan(DAY.since, DAY.until, BRAZIL, number=other.id)
    assert [line.key for line in await funnel.of(one, By.NUMBER)] == [str(other.id)]


async def test_requests_are_followed_by_who_asked_an_agent_a_key_or_the_gateway_itself(database: Database) -> None:
    town = await build_town(database)
    ana, bia = (Asker(AskedBy.AGENT, agent) for agent in town.agents)
    key, _ = await SqlApiKeyStore(database).add(NewKey("CRM", (Scope.PERMISSION_REQUEST,)), NOON)
    crm = Asker(AskedBy.KEY, key.id)
    await happened(
        database,
        town.number,
        a=[asked("a", by=ana), granted("a"), called("a", 5, reached=True)],
        b=[asked("b", by=ana), refused("b", 2, Source.CUSTOMER, answers=True)],
        c=[asked("c", by=bia)],
        d=[asked("d", by=crm), granted("d")],
        e=[asked("e", by=SYSTEM)],
        f=[asked("f")],
        g=[granted("g", source=Source.AUTOMATIC)],
    )
    funnel = SqlFunnel(database)
    lines = await funnel.of(DAY, By.AGENT)
    assert [(line.key, line.name) for line in lines] == [
        (str(town.agents[0]), "Ana"),
        (str(town.agents[1]), "Bia"),
        (f"key:{crm.id}", "CRM"),
        ("system", None),
        (None, None),
    ]
    of_ana = Funnel(asked=2, delivered=2, temporary=1, refused=1, called=1, reached=1)
    assert lines[0].funnel == of_ana
    assert lines[4].funnel == Funnel(asked=1, unasked=1), "of whom it is not known, and what nobody asked for"
    assert funnel_of_all(lines) == funnel_of_all(await funnel.of(DAY, By.DAY))
    one = replace(DAY, agent=town.agents[0])
    assert [(line.key, line.funnel) for line in await funnel.of(one, By.DAY)] == [("2026-03-04", of_ana)]
    assert await funnel.of(replace(DAY, agent=AgentId(999)), By.AGENT) == []


async def test_supervisors_of_a_numbers_operators_see_what_came_of_its_requests(database: Database) -> None:
    town = await build_town(database)
    people, numbers = people_in(database), numbers_in(database)
    sales = (await SqlDepartmentStore(database).add("Vendas")).id
    rui = (await people.add_user("rui", "Rui", PASSWORD, Role.SUPERVISOR, ["Vendas"])).id
    other = await numbers.add(new_number("106540352242923", phone="+55 11 95555-0199", label="Suporte"))
    await happened(database, town.number, a=[asked("a")])
    await happened(database, other, b=[asked("b")])
    funnel = SqlFunnel(database)

    async def seen() -> list[str | None]:
        agent = await people.by_id(rui)
        assert agent is not None
        return [line.name for line in await funnel.of(DAY, By.NUMBER, visible_to(agent))]

    assert await seen() == []
    await database.run(lambda session: write_operators(session, town.number.id, Operators(frozenset({sales}))))
    assert await seen() == ["Vendas"]
    await database.run(lambda session: write_operators(session, other.id, Operators(agents=frozenset({rui}))))
    assert await seen() == ["Vendas", "Suporte"]
