"""Looking back: pages that neither repeat nor skip, filters, and what a reader may see. On both databases."""

from datetime import timedelta

import pytest

from signaling.call import Call, Outcome, State
from signaling.ids import CallId
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history import SqlHistory
from store.history_filter import HistoryFilter
from tests.services.samples import NOW, Town, build_town, call_in, customer, new_number, numbers_in


async def fill(database: Database, town: Town, count: int = 7) -> list[Call]:
    """Calls one minute apart, of both agents in turn, every third of them missed."""
    store, calls = SqlCallStore(database), []
    for index in range(count):
        at = NOW + timedelta(minutes=index)
        missed = index % 3 == 0
        call = call_in(
            town,
            f"wacid.{index}",
            customer("5511955550101", name="Rita"),
            state=State.ENDED,
            received_at=at,
            agent=None if missed else town.agents[index % 2],
            accepted_at=None if missed else at + timedelta(seconds=5),
            ended_at=at + timedelta(seconds=35),
            outcome=Outcome.MISSED if missed else Outcome.ANSWERED,
        )
        calls.append(call.note(at, "offered"))
        await store.save(calls[-1])
    return calls


async def found(database: Database, wanted: HistoryFilter) -> list[CallId]:
    return [call.id for call in (await SqlHistory(database).page(wanted)).calls]


async def test_pages_neither_repeat_nor_skip_a_call_while_new_ones_come(database: Database) -> None:
    town = await build_town(database)
    calls = await fill(database, town)
    history, seen, cursor = SqlHistory(database), [], None
    for number in range(3):
        page = await history.page(HistoryFilter(), limit=3, cursor=cursor)
        seen += [call.id for call in page.calls]
        cursor = page.next_cursor
        await SqlCallStore(database).save(
            call_in(town, f"wacid.new.{number}", received_at=NOW + timedelta(hours=1 + number))
        )
    assert cursor is None
    assert seen == [call.id for call in reversed(calls)]


async def test_a_past_call_says_who_where_and_how_long(database: Database) -> None:
    town = await build_town(database)
    calls = await fill(database, town, 2)
    shown = await SqlHistory(database).call(calls[1].id)
    assert shown is not None
    call, timeline = shown
    assert (call.number_label, call.department_name, call.agent_name) == ("Vendas", "Atendimento", "Bia")
    assert (call.customer, call.outcome, call.talk_s) == (calls[1].customer, Outcome.ANSWERED, 30.0)
    assert timeline == calls[1].timeline
    missed = await SqlHistory(database).call(calls[0].id)
    assert missed is not None and (missed[0].agent_name, missed[0].talk_s) == (None, None)
    assert await SqlHistory(database).call(CallId("f" * 32)) is None


async def test_every_filter_keeps_exactly_its_calls(database: Database) -> None:
    town = await build_town(database)
    other_department = await SqlDepartmentStore(database).add("Suporte")
    other_number = await numbers_in(database).add(new_number("200"))
    calls = await fill(database, town)
    elsewhere = call_in(
        town,
        "wacid.elsewhere",
        number=other_number.id,
        phone_number_id=other_number.phone_number_id,
        department=other_department.id,
        received_at=NOW - timedelta(days=1),
    )
    await SqlCallStore(database).save(elsewhere)
    newest_first = [*reversed(calls), elsewhere]

    expected = {
        HistoryFilter(number=other_number.id): [elsewhere],
        HistoryFilter(department=town.department): newest_first[:-1],
        HistoryFilter(agent=town.agents[0]): [call for call in newest_first if call.agent == town.agents[0]],
        HistoryFilter(outcome=Outcome.MISSED): [call for call in newest_first if call.outcome is Outcome.MISSED],
        HistoryFilter(since=NOW + timedelta(minutes=2), until=NOW + timedelta(minutes=4)): [calls[3], calls[2]],
        HistoryFilter(visible_in=frozenset({other_department.id})): [elsewhere],
        HistoryFilter(visible_in=frozenset()): [],
        HistoryFilter(visible_in=frozenset({other_department.id}), visible_agent=town.agents[1]): [
            *(call for call in newest_first[:-1] if call.agent == town.agents[1]),
            elsewhere,
        ],
    }
    for wanted, kept in expected.items():
        assert await found(database, wanted) == [call.id for call in kept]


async def test_a_call_outside_of_what_a_reader_may_see_is_not_there(database: Database) -> None:
    town = await build_town(database)
    calls = await fill(database, town, 1)
    assert await SqlHistory(database).call(calls[0].id, HistoryFilter(visible_in=frozenset())) is None
    allowed = HistoryFilter(visible_in=frozenset({town.department}))
    assert await SqlHistory(database).call(calls[0].id, allowed) is not None


@pytest.mark.parametrize("limit", [-5, 0, 10**9])
async def test_a_page_has_at_least_one_and_at_most_two_hundred_calls(database: Database, limit: int) -> None:
    town = await build_town(database)
    await fill(database, town, 2)
    page = await SqlHistory(database).page(HistoryFilter(), limit=limit)
    assert len(page.calls) == (2 if limit > 0 else 1)
