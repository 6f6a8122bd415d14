"""The pick-up guard with a real database and the strict simulated Meta: what it does is told to Meta, audited, undone.
On SQLite and PostgreSQL; time is moved by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from gateway.hours_keeper import HoursKeeper
from gateway.pickup_keeper import PickupKeeper
from gateway.settings_keeper import SettingsKeeper
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.call import Outcome, State
from signaling.ids import AgentId, PhoneNumberId
from signaling.meta.graph_api import GraphApi
from signaling.number_facts import MetaFacts
from signaling.pickup_guard import Cause, Did, Guard
from signaling.ports import Number
from signaling.presence import Presence
from signaling.private import Token
from signaling.schedule import MINUTES_A_DAY, Schedule, Span
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.measures import SqlMeasures
from store.number_plans import ChangedMeanwhile, SqlNumberPlans, Writing
from store.number_settings import SqlNumberSettings
from store.number_warnings import SqlNumberWarnings
from store.pickup_guards import SqlPickupGuards
from store.secrets import SecretBox
from tests.services.gateways import closed_port
from tests.services.samples import KEY, Town, build_town, call_in, numbers_in, people_in
from tests.simulator.silent_lines import SilentLines

ALL = Guard(enabled=True, hide_icon=True, shorten_hours=True)


@dataclass
class Office:
    """A small company whose time stands still until it is moved."""

    town: Town
    keeper: PickupKeeper
    meta: RunningSimulator
    database: Database
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    presence: Presence = Presence.FREE

    async def passes(self, seconds: float) -> list[tuple[Did, Cause]]:
        done = []
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now += timedelta(seconds=30)
            done += [(act.did, act.cause) for act in await self.keeper.look(self.town.number.id)]
        return done

    async def allow(self, guard: Guard) -> None:
        await self.keeper.guards.write(self.town.number.id, guard, Writing("user:1", self.now))

    @property
    def metas(self) -> dict[str, Any]:
        return self.meta.exchange.number.calling


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    town = await build_town(database)
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("token"),
        phone_number_id=town.number.phone_number_id,
        rules=MetaRules(graph_latency_s=0.0),
    )
    async with running(settings, lines=SilentLines()) as meta, aiohttp.ClientSession() as http:
        numbers = numbers_in(database)

        async def token(_: PhoneNumberId) -> Token:
            return Token("token")

        def clock() -> datetime:
            return made.now

        def presence_of(_: AgentId) -> Presence:
            return made.presence

        graph = GraphApi(http, meta.url, "v25.0", token, clock)
        facts = MetaFacts(graph, clock)
        plans = SqlNumberPlans(database)
        hours = HoursKeeper(plans, numbers, graph, clock)
        settings_keeper = SettingsKeeper(SqlNumberSettings(database, SecretBox([KEY])), numbers, graph, clock)

        def looked(number: Number) -> Any:
            return facts.looked(number.phone_number_id)

        keeper = PickupKeeper(
            SqlPickupGuards(database),
            numbers,
            plans,
            people_in(database),
            SqlMeasures(database),
            SqlNumberWarnings(database),
            presence_of,
            looked,
            settings_keeper,
            hours,
            clock,
        )
        made = Office(town, keeper, meta, database)
        yield made
        await settings_keeper.stop()
        await hours.stop()
        await facts.close()


async def test_button_and_hours_go_at_meta_when_nobody_can_answer_and_come_back_with_the_people(
    office: Office,
) -> None:
    zone = "UTC" if 2 <= office.now.hour < 22 else "America/Sao_Paulo"  # where no day ends while this runs
    always = Schedule(zone, ((Span(0, MINUTES_A_DAY),),) * 7)
    number = office.town.number.id
    await office.keeper.plans.write_hours(number, always, True, Writing("user:1", office.now))
    await office.keeper.hours.tell_again(number)
    await office.allow(ALL)
    assert await office.passes(600) == []
    office.presence = Presence.PAUSED
    assert await office.passes(600) == [(Did.HID_ICON, Cause.NOBODY), (Did.SHORTENED_HOURS, Cause.NOBODY)]
    assert office.metas["call_icon_visibility"] == "DISABLE_ALL"
    closed = office.metas["call_hours"]["holiday_schedule"]
    assert len(closed) == 1 and closed[0]["end_time"] == "2359"
    office.presence = Presence.IN_CALL
    assert await office.passes(120) == [(Did.SHOWED_ICON, Cause.SOMEBODY), (Did.RESTORED_HOURS, Cause.SOMEBODY)]
    assert office.metas["call_icon_visibility"] == "DEFAULT"
    assert office.metas["call_hours"]["holiday_schedule"] == []
    told = [(e.actor, e.action, e.data.get("cause")) for e in await SqlAudit(office.database).newest(4)]
    assert told == [
        ("pickup_guard", "number.restored_hours", "somebody"),
        ("pickup_guard", "number.showed_icon", "somebody"),
        ("pickup_guard", "number.shortened_hours", "nobody"),
        ("pickup_guard", "number.hid_icon", "nobody"),
    ]


async def test_calls_that_are_not_picked_up_warn_and_hide_and_what_was_hidden_is_shown_when_it_is_switched_off(
    office: Office,
) -> None:
    calls = SqlCallStore(office.database)
    at = office.now - timedelta(hours=1)
    for index in range(10):
        call = call_in(office.town, wacid=f"wacid.{index}", received_at=at, offered_at=at, state=State.ENDED)
        outcome = Outcome.ANSWERED if index < 4 else Outcome.MISSED
        accepted = at + timedelta(seconds=5) if index < 4 else None
        ended = at + timedelta(seconds=60)
        await calls.save(replace(call, outcome=outcome, accepted_at=accepted, ended_at=ended))
    await office.allow(Guard(enabled=True))
    assert await office.passes(60) == [(Did.WARNED, Cause.LOW_PICKUP)]
    await office.allow(Guard(enabled=True, hide_icon=True))
    assert await office.passes(60) == [(Did.HID_ICON, Cause.LOW_PICKUP)]
    assert office.metas["call_icon_visibility"] == "DISABLE_ALL"
    stored = await office.keeper.guards.of(office.town.number.id)
    assert [(act.offered, act.picked_up) for act in stored.kept.acts] == [(10, 4), (10, 4)]
    await office.allow(Guard())
    assert await office.passes(30) == [(Did.SHOWED_ICON, Cause.SWITCHED_OFF)]
    assert office.metas["call_icon_visibility"] == "DEFAULT"


async def test_two_administrators_do_not_overwrite_each_others_guard(office: Office) -> None:
    guards, number = office.keeper.guards, office.town.number.id
    assert (await guards.of(number)).guard == Guard(), "off, until somebody switches it on"
    await guards.write(number, ALL, Writing("user:1", office.now, 0))
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        await guards.write(number, Guard(), Writing("user:2", office.now, 0))
    assert meanwhile.value.now.changed_by == "Ana"
    before = await guards.of(number)
    await guards.write(number, ALL, Writing("user:1", office.now))
    assert not await guards.note(number, before, replace(before.kept, low_told=True), (), office.now)
