"""`/api/v1/calls/{call_id}/caller` over the real store: who may ask, and what of it they see. On both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import pytest
from aiohttp import web
from sqlalchemy import event, text

from gateway.api.callers import CallerRoutes
from gateway.api.routes import add_routes
from gateway.settings import AgentsSee
from signaling.call import Call, Outcome, State
from signaling.ids import AgentId, DepartmentId
from signaling.plan import Place, simple_plan
from signaling.ports import Number
from store.callers import SqlCallers
from store.database import Database
from store.history import SqlHistory
from store.history_filter import HistoryFilter
from store.numbers import NewNumber
from store.people import User
from store.protocols import NewProtocol, SqlProtocolStore
from store.reach import EVERYTHING, Reach
from tests.unit.api.conftest import Client, Serve, serve
from tests.unit.api.test_with_the_store import Records, ended_call, sign_in
from tests.unit.api.world import START

__all__ = ["serve"]
PLAN = simple_plan(25.0)


class Town(Records):
    """Maria calls; every call of hers comes a minute after the one before."""

    async def fill(self) -> None:
        await super().fill()
        self.support_number = await self.numbers.add(NewNumber("1002", "1", "+55 11 3333-0002", "Suporte", "Suporte"))
        self.open_number = await self.numbers.add(NewNumber("1003", "1", "+55 11 3333-0003", "Geral"))
        self.live: list[Call] = []
        self.is_stored = asyncio.Event()  # whatever is live
        self.is_stored.set()
        self.count = 0

    def app(self, sees: AgentsSee = AgentsSee.MISSED) -> web.Application:
        callers = SqlCallers(self.database, SqlHistory(self.database))
        routes = CallerRoutes(callers, lambda: self.live, lambda _: self.is_stored.wait())
        app = web.Application()
        add_routes(app, replace(self.parts(), operations=routes.operations(), agents_see=sees))
        return app

    async def had(self, number: Number, agent: AgentId | None = None, **changes: Any) -> Call:
        """A call that is over: of this agent, or missed."""
        self.count += 1
        call = ended_call(self.count, number, number.department, Outcome.MISSED if agent is None else Outcome.ANSWERED)
        accepted = None if agent is None else call.received_at
        call = replace(call, agent=agent, accepted_at=accepted, **changes)
        await self.calls.save(call)
        return call

    async def rings(self, number: Number | None = None, saved: bool = True) -> Call:
        self.count += 1
        where = number or self.number
        call = replace(
            ended_call(self.count, where, where.department, Outcome.MISSED),
            state=State.RINGING,
            outcome=None,
            ended_by=None,
            ended_at=None,
            plan=PLAN,
            place=Place(PLAN.start),
        )
        if saved:
            await self.calls.save(call)
        self.live.append(call)
        return call

    async def protocol(self, department: DepartmentId | None, number: Number | None = None) -> str:
        """Opened by an integrator; None: in the department of the number."""
        who = ended_call(1, self.number, None, Outcome.MISSED).customer
        new = NewProtocol((number or self.number).id, who, department, note="asked for a call")
        return (await SqlProtocolStore(self.database).create(new, "key:1", START)).code


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    town = Town(database)
    await town.fill()
    yield town
    town.people.passwords.close()


NOTHING: Final = {"known": False, "calls": [], "protocol": None, "sticky_agent": None}


async def told(client: Client, call_id: str, headers: dict[str, str]) -> dict[str, Any]:
    response = await client.get(f"/api/v1/calls/{call_id}/caller", headers=headers)
    assert response.status == 200, await response.text()
    answer: dict[str, Any] = await response.json()
    return answer


async def asked(client: Client, call: Call, headers: dict[str, str]) -> dict[str, Any]:
    answer = await told(client, call.id, headers)
    assert answer["known"]
    return answer


async def seen(client: Client, call: Call, headers: dict[str, str]) -> list[str]:
    return [line["call_id"] for line in (await asked(client, call, headers))["calls"]]


async def test_whoever_it_rings_for_sees_the_last_three_of_what_they_may_see(serve: Serve, town: Town) -> None:
    client = await serve(town.app())
    await town.had(town.number, town.ana.id)
    oldest, second, lost = [
        await town.had(town.number, town.ana.id),
        await town.had(town.number, town.ana.id),
        await town.had(town.number),
    ]
    await town.had(town.number, town.bia.id)
    await town.had(town.support_number)
    call = await town.rings()
    answer = await asked(client, call, await sign_in(client, town.ana))
    assert [line["call_id"] for line in answer["calls"]] == [lost.id, second.id, oldest.id]
    assert answer["calls"][0] == {
        **{
            "call_id": lost.id,
            "at": lost.received_at and lost.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        },
        **{"direction": "inbound", "outcome": "missed", "talk_s": None, "agent_name": None},
    }
    assert answer["calls"][1]["agent_name"] == "Ana" and answer["calls"][1]["talk_s"] == 30.0
    assert "5511955550101" not in str(answer) and "BR.1049" not in str(answer)


async def test_a_call_that_rings_before_it_is_stored_is_waited_for(serve: Serve, town: Town) -> None:
    client = await serve(town.app())
    headers = await sign_in(client, town.ana)
    town.is_stored.clear()
    call = await town.rings(saved=False)
    asking = asyncio.create_task(asked(client, call, headers))
    for _ in range(3):  # the others' requests go their way meanwhile
        assert await told(client, "0" * 32, headers) == NOTHING
    assert not asking.done()
    await town.calls.save(call)
    town.is_stored.set()
    assert (await asking)["calls"] == []


@pytest.mark.parametrize(
    ("sees", "shown"), [(AgentsSee.OWN, 1), (AgentsSee.MISSED, 2), (AgentsSee.DEPARTMENT, 3), (AgentsSee.ALL, 3)]
)
async def test_an_agent_sees_of_them_what_the_history_shows(
    serve: Serve, town: Town, sees: AgentsSee, shown: int
) -> None:
    client = await serve(town.app(sees))
    elsewhere = await town.had(town.support_number, town.rui.id)
    own, lost = await town.had(town.number, town.ana.id), await town.had(town.number)
    colleague = await town.had(town.number, town.bia.id)
    call = await town.rings()
    expected = {
        AgentsSee.OWN: [own],
        AgentsSee.MISSED: [lost, own],
        AgentsSee.DEPARTMENT: [colleague, lost, own],
        AgentsSee.ALL: [colleague, lost, own],
    }[sees]
    found = await seen(client, call, await sign_in(client, town.ana))
    assert found == [each.id for each in expected] and len(found) == shown
    assert elsewhere.id not in found


async def test_who_has_nothing_to_do_with_the_call_is_told_nothing(serve: Serve, town: Town) -> None:
    client = await serve(town.app())
    call = await town.rings(town.support_number)
    assert (await client.get(f"/api/v1/calls/{call.id}/caller")).status == 401
    assert await told(client, call.id, await sign_in(client, town.ana)) == NOTHING
    assert (await told(client, call.id, await sign_in(client, town.rui)))["known"]  # supervises that department
    assert await told(client, call.id, await sign_in(client, town.bia)) == NOTHING  # and she another
    assert (await told(client, call.id, await sign_in(client, town.eva)))["known"]
    assert await told(client, "f" * 32, await sign_in(client, town.eva)) == NOTHING, "nobody learns which calls exist"


async def test_a_call_that_somebody_else_took_tells_the_others_nothing_more(serve: Serve, town: Town) -> None:
    client, call = await serve(town.app()), await town.rings()
    headers = await sign_in(client, town.ana)
    assert (await told(client, call.id, headers))["known"]
    town.live.clear()
    assert await told(client, call.id, headers) == NOTHING, "which is no error: a browser would log one"


async def open_code(client: Client, town: Town, call: Call, who: User) -> str | None:
    protocol = (await asked(client, call, await sign_in(client, who)))["protocol"]
    return None if protocol is None else str(protocol["code"])


async def test_the_newest_protocol_that_is_open_is_told_to_those_of_its_department(serve: Serve, town: Town) -> None:
    client, call = await serve(town.app()), await town.rings()
    assert await open_code(client, town, call, town.ana) is None
    older, mine = await town.protocol(town.sales), await town.protocol(town.sales)
    theirs = await town.protocol(town.support)
    assert await open_code(client, town, call, town.ana) == mine
    assert await open_code(client, town, call, town.eva) == theirs
    told = (await asked(client, call, await sign_in(client, town.ana)))["protocol"]
    assert told == {
        "code": mine,
        "opened_at": START.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "department": "Vendas",
    }
    await SqlProtocolStore(town.database).close(mine, "user:1", START)
    assert await open_code(client, town, call, town.ana) == older
    await SqlProtocolStore(town.database).close(older, "user:1", START)
    assert await open_code(client, town, call, town.ana) is None


async def test_a_protocol_of_no_department_is_told_where_its_own_number_rings(serve: Serve, town: Town) -> None:
    client = await serve(town.app())
    code = await town.protocol(None, town.open_number)
    assert await open_code(client, town, await town.rings(town.open_number), town.ana) == code
    assert await open_code(client, town, await town.rings(), town.ana) is None


async def test_whom_the_customer_should_reach_is_named_and_whether_they_were_free(serve: Serve, town: Town) -> None:
    client, call = await serve(town.app()), await town.rings()
    headers = await sign_in(client, town.ana)
    assert (await asked(client, call, headers))["sticky_agent"] is None
    await town.calls.save(call.note(START, "sticky_agent", agent=town.bia.id))
    assert (await asked(client, call, headers))["sticky_agent"] == {"name": "Bia", "was_free": True}
    busy, nobody, unknown = await town.rings(), await town.rings(), await town.rings()
    await town.calls.save(busy.note(START, "sticky_agent", agent=town.bia.id, free=False))
    await town.calls.save(nobody.note(START, "sticky_agent", known=False))
    await town.calls.save(unknown.note(START, "sticky_agent", agent=2**31 - 1, free=False))
    assert (await asked(client, busy, headers))["sticky_agent"] == {"name": "Bia", "was_free": False}
    assert (await asked(client, nobody, headers))["sticky_agent"] is None
    assert (await asked(client, unknown, headers))["sticky_agent"] is None


async def test_no_statement_goes_through_all_calls_or_protocols(town: Town) -> None:
    """With every reader's conditions. PostgreSQL would rather go through a table as small as this one: it is told not
    to, and then a plan that still does has no index."""
    for _ in range(3):
        await town.had(town.number, town.ana.id)
    call = await town.rings()
    await town.protocol(town.sales)
    agent = HistoryFilter(visible_in=frozenset(), visible_missed_in=frozenset({town.sales}), visible_agent=town.ana.id)
    supervisor = HistoryFilter(visible_in=frozenset(), visible_member=town.rui.id, visible_agent=town.rui.id)
    statements: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if " calls" in statement or " protocols" in statement:
            statements.append((statement, parameters))

    event.listen(town.database.engine, "before_cursor_execute", keep)
    callers = SqlCallers(town.database, SqlHistory(town.database))
    for visible, reach in (
        (HistoryFilter(), EVERYTHING),
        (agent, Reach(departments=frozenset({town.sales}))),
        (supervisor, EVERYTHING),
    ):
        found = await callers.of_call(call.id, visible, reach, known=True)
        assert found is not None and (len(found.calls) == 3 or visible is supervisor)
        await callers.of_call(call.id, visible, reach)
    event.remove(town.database.engine, "before_cursor_execute", keep)
    assert len(statements) > 10
    explain = "EXPLAIN QUERY PLAN " if town.database.is_sqlite else "EXPLAIN "
    whole = ("SCAN calls", "SCAN protocols") if town.database.is_sqlite else ("Scan on calls", "Seq Scan on protocols")
    with town.database.engine.connect() as connection:
        if not town.database.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in statements:
            plan = [str(row) for row in connection.exec_driver_sql(explain + statement, parameters)]
            bad = [
                line
                for line in plan
                if any(word in line for word in whole) and "Index" not in line and "Bitmap" not in line
            ]
            assert not bad, (statement, plan)
