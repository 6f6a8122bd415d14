"""Hours carried to Meta and compared with Meta's: the strict simulated Meta over HTTP, and a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from gateway.hours_keeper import HoursKeeper
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import SettingsChanged
from signaling.hours_at_meta import Difference, HoursAtMeta, HoursState
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.graph_answers import CallingSettings
from signaling.meta.graph_api import GraphApi, Patiences
from signaling.meta.graph_transport import Patience
from signaling.pickup_guard import Cause, ClosedFrom, Guard
from signaling.private import Token
from signaling.schedule import MINUTES_A_DAY, Schedule, Span, SpecialDay
from store.database import Database
from store.number_plans import SqlNumberPlans, Writing
from store.numbers import SqlNumberStore
from store.pickup_guards import SqlPickupGuards
from tests.services.gateways import closed_port
from tests.services.samples import new_number, numbers_in
from tests.simulator.silent_lines import SilentLines
from tests.unit.test_schedule import AFTERNOON, MORNING, OFFICE

PNID = "306540000000002"
ONCE = Patience(attempt_s=5.0, total_s=5.0, attempts=1)
SOON_S = 0.02
HOURS = Schedule(OFFICE.zone, OFFICE.weekly)  # without days that are over one day


def clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class NotedPlans(SqlNumberPlans):
    """The store itself, which tells when a keeper, at work beside the test, has noted something."""

    noted: asyncio.Event = field(default_factory=asyncio.Event)

    async def note_at_meta(self, number: NumberId, seen: HoursAtMeta, version: int, before: HoursAtMeta | None) -> bool:
        done = await super().note_at_meta(number, seen, version, before)
        self.noted.set()
        return done


@dataclass
class Town:
    """A number here and at Meta. `token` may be changed: Graph requests use it from then on."""

    plans: NotedPlans
    numbers: SqlNumberStore
    number: NumberId
    simulator: RunningSimulator
    http: aiohttp.ClientSession
    token: str = "token"
    keepers: list[HoursKeeper] = field(default_factory=list)

    def keeper(self, look_every_s: float = 3_600.0) -> HoursKeeper:
        keeper = HoursKeeper(self.plans, self.numbers, self.graph(), clock, look_every_s, SOON_S)
        self.keepers.append(keeper)
        return keeper

    def graph(self, url: str | None = None) -> GraphApi:
        async def token(_: PhoneNumberId) -> Token:
            return Token(self.token)

        patiences = Patiences(reading=ONCE, changing=ONCE)
        return GraphApi(self.http, url or self.simulator.url, "v25.0", token, clock, patiences=patiences)

    async def write(self, schedule: Schedule | None, told: bool = True) -> None:
        await self.plans.write_hours(self.number, schedule, told, Writing("user:1", clock()))

    async def at_meta(self) -> HoursAtMeta:
        hours = await self.plans.hours(self.number)
        assert hours is not None and hours.at_meta is not None
        return hours.at_meta

    async def until(self, state: HoursState) -> HoursAtMeta:
        async with asyncio.timeout(20):
            while (seen := await self.at_meta()).state is not state:
                await self.plans.noted.wait()
                self.plans.noted.clear()
        return seen

    @property
    def metas(self) -> dict[str, Any]:
        """What Meta has now."""
        hours = self.simulator.exchange.number.calling.get("call_hours", {})
        assert isinstance(hours, dict)
        return hours

    def somebody_changes_meta(self, **changes: Any) -> None:
        assert self.simulator.exchange.change_settings({"calling": {"call_hours": self.metas | changes}}) is None


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    numbers, plans = numbers_in(database), NotedPlans(database)
    number = await numbers.add(new_number(PNID, phone="+55 11 3333-0000"))
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{closed_port()}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("token"),
        rules=MetaRules(graph_latency_s=0.0),
    )
    async with running(settings, lines=SilentLines()) as simulator, aiohttp.ClientSession() as http:
        made = Town(plans, numbers, number.id, simulator, http)
        yield made
        for keeper in made.keepers:
            await keeper.stop()


async def test_hours_that_are_saved_are_metas_at_once_and_compared(town: Town) -> None:
    await town.write(HOURS)
    await town.keeper().written(town.number)
    assert (await town.at_meta()).state is HoursState.SAME
    assert town.metas["status"] == "ENABLED"
    assert town.metas["timezone_id"] == "America/Sao_Paulo"
    saturday = {"day_of_week": "SATURDAY", "open_time": "0800", "close_time": "1200"}
    assert saturday in town.metas["weekly_operating_hours"]
    today = clock().date()
    holiday = SpecialDay(today + timedelta(days=3), name="Feriado")
    await town.write(replace(HOURS, special_days=(holiday,)))
    await town.keeper().written(town.number)
    assert town.metas["holiday_schedule"] == [
        {"date": holiday.on.isoformat(), "start_time": "0000", "end_time": "2359"}
    ]
    await town.write(HOURS)
    await town.keeper().written(town.number)
    assert town.metas["holiday_schedule"] == [], "Meta replaces the whole: the holiday is gone there, too"


async def test_a_number_that_is_always_open_or_keeps_its_hours_to_itself_takes_them_back_from_meta(town: Town) -> None:
    keeper = town.keeper()
    for schedule, told, state in ((None, True, HoursState.SAME), (HOURS, False, HoursState.NOT_TOLD)):
        await town.write(HOURS)
        await keeper.written(town.number)
        assert town.metas["status"] == "ENABLED"
        await town.write(schedule, told)
        await keeper.written(town.number)
        assert (town.metas["status"], (await town.at_meta()).state) == ("DISABLED", state)


async def test_hours_that_were_never_told_leave_metas_alone(town: Town) -> None:
    week = [{"day_of_week": "MONDAY", "open_time": "0900", "close_time": "1000"}]
    town.somebody_changes_meta(status="ENABLED", timezone_id="UTC", weekly_operating_hours=week)
    keeper = town.keeper()
    assert await keeper.look(town.number) is None
    await town.write(HOURS, told=False)
    await keeper.written(town.number)
    assert (await town.at_meta()).state is HoursState.NOT_TOLD
    assert town.metas["weekly_operating_hours"] == week


async def test_what_was_written_elsewhere_is_carried_to_meta_soon(town: Town) -> None:
    keeper = town.keeper()
    keeper.start()
    await town.write(HOURS)  # a shell, or another process
    await town.until(HoursState.SAME)
    assert town.metas["status"] == "ENABLED"


async def test_a_change_made_at_meta_is_found_shown_and_written_over_when_told(town: Town) -> None:
    keeper = town.keeper(look_every_s=SOON_S)
    keeper.start()
    await town.write(HOURS)
    await town.until(HoursState.SAME)
    town.somebody_changes_meta(timezone_id="UTC")
    seen = await town.until(HoursState.DIFFERENT)
    assert seen.differences == (Difference("zone", "America/Sao_Paulo", "UTC"),)
    assert town.metas["timezone_id"] == "UTC", "what somebody wrote there is not overwritten by itself"
    await keeper.tell_again(town.number)
    assert (await town.at_meta()).state is HoursState.SAME
    assert town.metas["timezone_id"] == "America/Sao_Paulo"


async def test_a_webhook_about_settings_makes_us_look_before_the_hour_is_over(town: Town) -> None:
    keeper = town.keeper()
    await town.write(HOURS)
    await keeper.written(town.number)
    town.somebody_changes_meta(status="DISABLED")
    keeper.heard(SettingsChanged(PhoneNumberId("999"), clock(), {}))
    keeper.heard(SettingsChanged(PhoneNumberId(PNID), clock(), {}))
    seen = await town.until(HoursState.DIFFERENT)
    assert seen.differences == (Difference("status", "ENABLED", "DISABLED"),)


async def test_while_meta_is_away_it_is_tried_again_and_the_reason_is_shown(town: Town) -> None:
    keeper = town.keeper()
    keeper.graph = town.graph(f"http://127.0.0.1:{closed_port()}")
    keeper.start()
    await town.write(HOURS)
    await keeper.written(town.number)
    seen = await town.at_meta()
    assert (seen.state, seen.failure, seen.to_write) == (HoursState.FAILED, "network.unreachable", True)
    keeper.graph = town.graph()
    assert not (await town.until(HoursState.SAME)).to_write
    assert town.metas["status"] == "ENABLED"


async def test_what_meta_refuses_is_told_and_a_better_schedule_heals_it(town: Town) -> None:
    keeper = town.keeper()
    three = (Span(0, 60), MORNING, AFTERNOON)  # REST refuses it; a row may have been written by something else
    await town.write(replace(HOURS, weekly=(three, *HOURS.weekly[1:])))
    await keeper.written(town.number)
    seen = await town.at_meta()
    assert (seen.state, seen.failure) == (HoursState.FAILED, "meta.100")
    assert town.metas == {}
    await town.write(HOURS)
    await keeper.written(town.number)
    assert (await town.at_meta()).state is HoursState.SAME

    town.token = "another token"
    await keeper.tell_again(town.number)
    seen = await town.at_meta()
    assert (seen.state, seen.to_write) == (HoursState.FAILED, True)
    town.token = "token"
    await keeper.look(town.number)
    assert (await town.at_meta()).state is HoursState.SAME


async def test_hours_that_changed_while_meta_was_asked_are_told_instead(town: Town) -> None:
    keeper = town.keeper()
    await town.write(HOURS)

    @dataclass
    class Slow:
        graph: GraphApi

        async def settings(self, number: PhoneNumberId) -> CallingSettings:
            return await self.graph.settings(number)

        async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None:
            await self.graph.update_settings(number, calling)
            keeper.graph = self.graph
            await town.write(replace(HOURS, zone="America/Recife"))

    keeper.graph = Slow(town.graph())
    assert await keeper.look(town.number) is HoursState.SAME
    assert town.metas["timezone_id"] == "America/Recife"


@dataclass
class Between:
    """Meta, and what somebody does after it was asked and before we have noted what it said."""

    town: Town
    keeper: HoursKeeper
    happens: Callable[[], Awaitable[object]]

    async def settings(self, number: PhoneNumberId) -> CallingSettings:
        said = await self.town.graph().settings(number)
        self.keeper.graph = self.town.graph()
        await self.happens()
        return said

    async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None:
        await self.town.graph().update_settings(number, calling)


async def test_what_another_process_found_at_meta_later_is_not_hidden_by_what_was_found_before(town: Town) -> None:
    """The same version of ours, and Meta was changed between two questions."""
    ours, another = town.keeper(), town.keeper()
    await town.write(HOURS)
    await ours.written(town.number)

    async def changed_and_found() -> None:
        town.somebody_changes_meta(timezone_id="UTC")
        assert await another.look(town.number) is HoursState.DIFFERENT

    ours.graph = Between(town, ours, changed_and_found)
    assert await ours.look(town.number) is HoursState.DIFFERENT
    assert (await town.at_meta()).differences == (Difference("zone", "America/Sao_Paulo", "UTC"),)


async def test_what_the_pick_up_guard_closes_while_meta_is_asked_is_told_and_not_forgotten(town: Town) -> None:
    """It changes what Meta must be told, and no version of ours."""
    keeper, guards = town.keeper(), SqlPickupGuards(town.plans.database)
    always = Schedule("UTC", ((Span(0, MINUTES_A_DAY),),) * 7)
    await town.write(always)
    await keeper.written(town.number)
    today = clock().date()

    async def closes() -> None:
        stored = await guards.write(town.number, Guard(enabled=True, shorten_hours=True), Writing("user:1", clock()))
        closed = replace(stored.kept, closed=ClosedFrom(today, 0), acting=Cause.NOBODY)
        assert await guards.note(town.number, stored, closed, (), clock())

    keeper.graph = Between(town, keeper, closes)
    assert await keeper.look(town.number) is HoursState.SAME
    assert [day["date"] for day in town.metas["holiday_schedule"]] == [today.isoformat()]


async def test_of_what_keeps_failing_meta_is_asked_more_and_more_rarely(town: Town) -> None:
    keeper = town.keeper()
    asked: asyncio.Queue[float] = asyncio.Queue()

    class Counting:
        async def settings(self, number: PhoneNumberId) -> CallingSettings:
            raise AssertionError("nothing is compared before it is told")

        async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None:
            asked.put_nowait(asyncio.get_running_loop().time())
            raise NeighbourError(Failure("graph.invalid_request", Fault.OURS))

    keeper.graph = Counting()
    await town.write(HOURS)
    keeper.start()
    async with asyncio.timeout(20):
        waits = [later - earlier for earlier, later in pairwise([await asked.get() for _ in range(4)])]
    assert waits[1] >= 2 * SOON_S and waits[2] >= 4 * SOON_S


async def test_customers_cannot_call_at_an_hour_at_which_we_are_closed(town: Town) -> None:
    calls = {"customer": "maria"}
    zone = "UTC" if 1 <= clock().hour < 23 else "America/Sao_Paulo"  # where no day ends while this runs
    keeper, today = town.keeper(), clock().astimezone(ZoneInfo(zone)).date()
    town.simulator.verified.set()  # no webhook is told to anybody here
    all_week = Schedule(zone, ((Span(0, MINUTES_A_DAY),),) * 7)
    for schedule, status in ((None, 201), (replace(all_week, special_days=(SpecialDay(today),)), 409), (all_week, 201)):
        await town.write(schedule)
        await keeper.written(town.number)
        async with town.http.post(f"{town.simulator.url}/sim/calls", json=calls) as answer:
            assert answer.status == status, await answer.text()
