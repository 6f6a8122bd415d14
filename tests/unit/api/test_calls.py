from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.api.call_filters import visible_to
from gateway.settings import AgentsSee
from signaling.call import Outcome
from signaling.errors import Failure, Fault
from signaling.events import Customer, Direction
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.ports import Role
from store.cursors import Cursor
from store.history_filter import HistoryFilter
from store.word_search import Wanted
from tests.unit.api.conftest import Client
from tests.unit.api.world import ANA, BIA, CALL, SALES, START, World

CALLS = "/api/v1/calls"

LINE = {
    "call_id": CALL.id,
    "number_id": 1,
    "number_label": "Vendas",
    "contact_id": 7,
    "customer_name": "Maria",
    "customer_label": "+55 11 ••••• 0101",
    "department": "Comercial",
    "direction": "inbound",
    "outcome": "answered",
    "ended_by": "customer",
    "state": "ended",
    "offered_at": "2026-11-20T12:00:00.250Z",
    "talk_s": 60.5,
    "agent_name": "Ana",
    "failure_code": None,
    "recording": None,
    "reason": None,
    "wait_s": 5.75,
    "dispositions": [],
    "protocol": None,
    "meta_recording": False,
}
PLACE = Cursor(START, 41)
ALL_OF_SUPERVISOR = HistoryFilter(
    visible_in=frozenset(), visible_member=BIA.id, visible_agent=BIA.id, visible_talked=BIA.id
)


async def test_recent_calls_are_told_without_the_customers_number(client: Client, world: World) -> None:
    world.history.next_cursor = PLACE
    response = await client.get(CALLS, headers=world.cookie())
    assert response.status == 200
    assert await response.json() == {"calls": [LINE], "next": str(PLACE)}
    assert "5511955550101" not in await response.text()
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_last_page_has_no_next(client: Client, world: World) -> None:
    assert (await (await client.get(CALLS, headers=world.cookie())).json())["next"] is None


async def test_limit_and_cursor_are_handed_on(client: Client, world: World) -> None:
    await client.get(CALLS, headers=world.cookie(BIA))
    await client.get(f"{CALLS}?limit=10&before={PLACE}", headers=world.cookie(BIA))
    assert world.history.asked == [(ALL_OF_SUPERVISOR, 50, None), (ALL_OF_SUPERVISOR, 10, PLACE)]


def test_administrators_see_every_call_and_supervisors_those_of_their_departments() -> None:
    assert visible_to(replace(BIA, role=Role.ADMINISTRATOR)) == HistoryFilter()
    assert visible_to(BIA) == ALL_OF_SUPERVISOR
    assert visible_to(BIA, AgentsSee.ALL) == HistoryFilter()


async def test_every_filter_of_a_query_is_handed_on_and_none_widens_what_is_seen(client: Client, world: World) -> None:
    query = {
        "since": "2026-11-01T00:00:00-03:00",
        "until": "2026-11-20T00:00:00Z",
        "number_id": "1",
        "department_id": "3",
        "agent_id": "9",
        "contact_id": "7",
        "direction": "outbound",
        "outcome": "failed",
        "reason": "meta.",
        "disposition": "sold",
        "recorded": "false",
        "protocol": "2026000123",
        "words": "Não, obrigado",
    }
    for path in (CALLS, f"{CALLS}/outline"):
        response = await client.get(path, params=query, headers=world.cookie(BIA))
        assert response.status == 200, await response.text()
    wanted = replace(
        ALL_OF_SUPERVISOR,
        since=datetime(2026, 11, 1, 3, tzinfo=UTC),
        until=datetime(2026, 11, 20, tzinfo=UTC),
        number=NumberId(1),
        department=DepartmentId(3),
        agent=AgentId(9),
        contact=ContactId(7),
        direction=Direction.OUTBOUND,
        outcome=Outcome.FAILED,
        reason="meta.",
        disposition="sold",
        recorded=False,
        protocol="2026000123",
        words=Wanted(("nao", "obrigado")),
        within=HistoryFilter(visible_in=frozenset({SALES})),
    )
    assert world.history.asked == [(wanted, 50, None), (wanted, 100)]
    assert [entry.action for entry in world.audit.entries] == ["transcripts.searched"] * 2
    assert "obrigado" not in str(world.audit.entries)


async def test_agents_see_their_own_calls_and_what_their_departments_missed(client: Client, world: World) -> None:
    await client.get(CALLS, headers=world.cookie())
    await client.get(f"{CALLS}/{CALL.id}", headers=world.cookie())
    own = HistoryFilter(
        visible_in=frozenset(), visible_missed_in=frozenset({SALES}), visible_agent=ANA.id, visible_talked=ANA.id
    )
    assert world.history.asked == [(own, 50, None), (CALL.id, own)]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=ten",
        "limit=",
        "limit=٣",
        "before=x",
        "before=41",
        f"before={'9' * 18}.1",
        "since=yesterday",
        "since=2026-11-20T00:00:00",
        "since=2026-11-20T00:00:00Z&until=2026-11-20T00:00:00Z",
        "since=0001-01-01T00:00:00Z",
        "number_id=0",
        f"agent_id={2**31}",
        "outcome=lost",
        "direction=up",
        "reason=meta%25",
        "recorded=1",
        "protocol=x",
        "words=...",
        "disposition=Sold",
        "limit=10&limit=10",
        "unknown=1",
    ],
)
async def test_a_bad_query_is_refused_and_nothing_is_read(client: Client, world: World, query: str) -> None:
    response = await client.get(f"{CALLS}?{query}", headers=world.cookie())
    assert (response.status, (await response.json())["error"]["code"]) == (400, "bad_request")
    assert world.history.asked == []


@pytest.mark.parametrize("path", [CALLS, f"{CALLS}/{CALL.id}"])
async def test_nobody_reads_calls_without_a_session(client: Client, world: World, path: str) -> None:
    assert (await client.get(path)).status == 401
    assert (await client.get(path, headers={"Cookie": "ramal_session=x.y.z"})).status == 401
    assert world.history.asked == []


async def test_one_call_has_its_timestamps_and_its_timeline(client: Client, world: World) -> None:
    response = await client.get(f"{CALLS}/{CALL.id}", headers=world.cookie())
    assert await response.json() == {
        **LINE,
        "timestamps": {
            "received_at": "2026-11-20T12:00:00.000Z",
            "offered_at": "2026-11-20T12:00:00.250Z",
            "pre_accepted_at": "2026-11-20T12:00:01.000Z",
            "rung_at": "2026-11-20T12:00:01.000Z",
            "answered_at": "2026-11-20T12:00:05.000Z",
            "accepted_at": "2026-11-20T12:00:06.000Z",
            "customer_audio_at": "2026-11-20T12:00:06.000Z",
            "agent_audio_at": "2026-11-20T12:00:06.000Z",
            "ended_at": "2026-11-20T12:01:06.500Z",
        },
        "timeline": [
            {"at": "2026-11-20T12:00:00.000Z", "kind": "offered", "data": {}},
            {"at": "2026-11-20T12:00:05.000Z", "kind": "answered", "data": {"agent": 7}},
        ],
        "back_filled": False,
    }


async def test_a_call_that_goes_on_and_a_customer_without_a_name_are_told_as_such(client: Client, world: World) -> None:
    world.history.calls = (
        replace(
            CALL, outcome=None, ended_by=None, ended_at=None, agent_name=None, customer=Customer(), offered_at=None
        ),
    )
    (line,) = (await (await client.get(CALLS, headers=world.cookie())).json())["calls"]
    gone = ("outcome", "ended_by", "talk_s", "agent_name", "customer_name")
    assert [line[name] for name in gone] == [None] * 5
    assert line["customer_label"] == "•••••"
    assert line["offered_at"] == "2026-11-20T12:00:00.000Z"  # when we first heard of it


async def test_a_failed_call_is_told_with_the_code_that_pages_translate(client: Client, world: World) -> None:
    failure = Failure("meta.138021", Fault.META, detail="for support only")
    world.history.calls = (replace(CALL, outcome=Outcome.FAILED, failure=failure),)
    response = await client.get(CALLS, headers=world.cookie())
    (line,) = (await response.json())["calls"]
    assert (line["outcome"], line["failure_code"]) == ("failed", "meta.138021")
    assert "for support" not in await response.text()


@pytest.mark.parametrize("path", [f"{CALLS}/{'f' * 32}", f"{CALLS}/1", f"{CALLS}/{CALL.id}x", f"{CALLS}/..%2f1"])
async def test_a_call_that_is_not_there_is_not_found(client: Client, world: World, path: str) -> None:
    response = await client.get(path, headers=world.cookie())
    assert (response.status, (await response.json())["error"]["code"]) == (404, "not_found")
