"""A customer answers a request for permission, or takes the permission back: which pages are told, and what."""

from dataclasses import replace

import pytest

from signaling.agents.contract import PermissionNews
from signaling.events import Customer
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.permission import EMPTY
from signaling.permission_audience import may_know
from signaling.permission_verdicts import standing
from signaling.permissions import PermissionChanged
from signaling.ports import Agent, Role
from tests.fakes.virtual_time import START
from tests.fakes.world import ANA, BIA, NUMBER, SALES
from tests.scenarios.desk_world import DeskWorld
from tests.scenarios.test_desk_outbound import desk_scenario

ELSEWHERE = DepartmentId(77)
STRANGER = replace(ANA, id=AgentId(9), departments=frozenset({ELSEWHERE}), calls_for=frozenset())


def changed(number: NumberId = NUMBER.id) -> PermissionChanged:
    after = standing(EMPTY, START, NUMBER.limits, has_template=False)
    return PermissionChanged(START, number, ContactId(7), Customer(), after)


def told(world: DeskWorld) -> dict[str, PermissionNews]:
    return {sid: news for sid, _, news in world.sent if isinstance(news, PermissionNews)}


@desk_scenario
async def test_every_tab_of_those_whose_business_it_is_hears_of_a_changed_permission(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    await world.connect(ANA, "a-again")
    await world.connect(BIA, "b")
    await world.connect(STRANGER, "s")
    world.desk.permission_changed(changed())
    await world.settle()
    assert set(told(world)) == {"a", "a-again", "b"}
    assert told(world)["a"] == PermissionNews(number_id=NUMBER.id, contact_id=7, status="none", until_unix_s=None)


@desk_scenario
async def test_a_page_that_is_gone_and_a_number_that_is_gone_are_told_nothing(world: DeskWorld) -> None:
    await world.connect(ANA, "a")
    await world.connect(BIA, "b")
    world.desk.disconnected("b")
    world.desk.permission_changed(changed(NumberId(404)))
    await world.settle()
    assert told(world) == {}
    world.desk.permission_changed(changed())
    await world.settle()
    assert set(told(world)) == {"a"}


@pytest.mark.parametrize(
    ("agent", "department", "knows"),
    [
        (ANA, SALES, True),
        (STRANGER, SALES, False),
        (replace(STRANGER, calls_for=frozenset({SALES})), SALES, True),
        (replace(STRANGER, role=Role.SUPERVISOR), SALES, True),
        (replace(STRANGER, role=Role.ADMINISTRATOR), None, True),
        (STRANGER, None, False),
        (replace(STRANGER, calls_for=frozenset({ELSEWHERE})), None, True),
    ],
)
def test_who_may_know_how_a_customer_stands_with_a_number(
    agent: Agent, department: DepartmentId | None, knows: bool
) -> None:
    assert may_know(agent, replace(NUMBER, department=department)) is knows
