"""Budgets and use, as far as the signed-in user may see them."""

from dataclasses import replace

import pytest

from signaling.events import Direction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId
from signaling.meta_rules import Limits
from signaling.ports import Agent, Role
from tests.fakes.world import NUMBER
from tests.unit.api.conftest import Client
from tests.unit.api.world import ANA, BIA, SALES, START, World

CAPACITY = "/api/v1/capacity"
SELLS = replace(NUMBER, department=SALES, limits=Limits(concurrent_inbound=5_000))
HELPS = replace(
    NUMBER,
    id=NumberId(2),
    phone_number_id=PhoneNumberId("2"),
    label="Suporte",
    department=DepartmentId(9),
    department_name="Suporte",
)
NOBODYS = replace(NUMBER, id=NumberId(3), phone_number_id=PhoneNumberId("3"), label="Novo", department=None)
ROOT = Agent(AgentId(9), "Root", Role.ADMINISTRATOR, frozenset(), may_take_inbound=False, session_epoch=1)


@pytest.fixture(autouse=True)
def numbers(world: World) -> None:
    world.numbers.numbers = {number.phone_number_id: number for number in (SELLS, HELPS, NOBODYS)}
    world.people.agents[ROOT.id] = ROOT


async def test_an_agent_sees_budget_and_use_of_the_numbers_of_their_departments(client: Client, world: World) -> None:
    for call in "abc":
        await world.capacity.admit(SELLS, Direction.INBOUND, CallId(call), START)
    await world.capacity.admit(SELLS, Direction.OUTBOUND, CallId("d"), START)
    world.capacity.release(CallId("d"))
    response = await client.get(CAPACITY, headers=world.cookie(ANA))
    assert response.status == 200
    assert await response.json() == {
        "at": "2026-11-20T12:00:00.000Z",
        "calling": "enabled",
        "numbers": [
            {
                "number_id": 1,
                "label": "Vendas",
                "department": "Atendimento",
                "disabled": False,
                "inbound": {"limit": 5_000, "used": 3},
                "outbound": {"limit": 1_000, "used": 0},
                "initiations": {"limit": 10_000, "used": 1},
            }
        ],
        "process": None,
    }


async def test_an_administrator_sees_all_numbers_and_the_process(client: Client, world: World) -> None:
    await world.capacity.admit(SELLS, Direction.INBOUND, CallId("a"), START)
    shown = await (await client.get(CAPACITY, headers=world.cookie(ROOT))).json()
    assert [number["label"] for number in shown["numbers"]] == ["Vendas", "Suporte", "Novo"]
    assert shown["process"] == {
        "ports": {"limit": 100, "used": 1},
        "descriptors": {"limit": None, "used": 2},
        "calls": {"limit": 50, "used": 1},
        "cpu": {"limit": 100, "used": 0},
    }


async def test_a_supervisor_without_departments_sees_no_number_and_a_stranger_nothing(
    client: Client, world: World
) -> None:
    shown = await (await client.get(CAPACITY, headers=world.cookie(BIA))).json()
    assert (shown["numbers"], shown["process"]) == ([], None)
    assert (await client.get(CAPACITY)).status == 401


async def test_without_an_enabled_number_calling_is_not_enabled_here_and_everybody_is_told_so(
    client: Client, world: World
) -> None:
    one_is_on = [replace(SELLS, is_disabled=True), HELPS, replace(NOBODYS, is_disabled=True)]
    for numbers, told in (
        (one_is_on, "enabled"),
        ([replace(number, is_disabled=True) for number in one_is_on], "not_enabled"),
        ([], "not_enabled"),
    ):
        world.numbers.numbers = {number.phone_number_id: number for number in numbers}
        for who in (ANA, BIA, ROOT):
            response = await client.get(CAPACITY, headers=world.cookie(who))
            assert (response.status, (await response.json())["calling"]) == (200, told), "a state, and no error"
