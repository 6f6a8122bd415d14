"""Calls follow what administrators wrote: scenarios on virtual time; numbers, plans and hours are in the real store."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlmodel import Session

from gateway.number_book import NumberBook
from signaling.call import Outcome, State
from signaling.effects import ConnectAudio, PlayPrompts
from signaling.events import AgentAnswered, AgentHungUp, DigitPressed, TransferAsked
from signaling.exchange import Exchange
from signaling.ids import NumberId
from signaling.plan import Announce, HangUp, Plan, PromptId, Queue, Ring, StepId
from signaling.private import Wacid
from signaling.schedule import Schedule, Span
from store.database import Database
from store.departments import SqlDepartmentStore
from store.number_plans import SqlNumberPlans, Writing
from store.numbers import SqlNumberStore
from tests.fakes.virtual_time import START, run_in_virtual_time, virtual_now
from tests.fakes.world import ANA, BIA, OTHER_WACID, PNID, SEAT_A, SEAT_B, WACID, offered
from tests.scenarios.plan_world import (
    ALWAYS_CLOSED,
    CALLBACK,
    CLOSED,
    MENU,
    PLAN,
    QUEUE,
    QUEUE_S,
    RING,
    RING_S,
    VOICEMAIL,
    PlanWorld,
    settle,
)
from tests.services.samples import new_number, numbers_in

T = TypeVar("T")
ANNOUNCED = PromptId("queue_wait")
SAY, END = StepId("say"), StepId("end")
OTHER_PLAN = Plan(SAY, {SAY: Announce(END, ANNOUNCED), END: HangUp()})


class ThreadlessDatabase(Database):
    """The real database, asked on the loop: time that jumps would not wait for threads."""

    async def run(self, work: Callable[[Session], T], *, races: bool = False) -> T:
        return self.transact(work, races)

    async def read(self, work: Callable[[Session], T]) -> T:
        return self.transact(work)


class StoredWorld(PlanWorld):
    """A world whose numbers are rows."""

    def __init__(self, url: str) -> None:
        super().__init__(None)
        self.database = ThreadlessDatabase(url)
        self.rows: SqlNumberStore = numbers_in(self.database)
        self.plans = SqlNumberPlans(self.database)
        self.number = NumberId(0)
        self.world.exchange = Exchange(
            calls=self.world.store,
            numbers=NumberBook(self.rows, None),
            performers=self.world.performers,
            clock=virtual_now,
            on_change=self.world.changes.append,
            capacity=self.world.capacity,
        )

    async def open(self) -> None:
        await SqlDepartmentStore(self.database).add("Atendimento")
        self.number = (await self.rows.add(new_number(PNID, department="Atendimento"))).id

    async def write(self, plan: Plan | None) -> None:
        await self.plans.write_plan(self.number, plan, Writing("user:1", virtual_now()))

    async def write_hours(self, schedule: Schedule | None) -> None:
        await self.plans.write_hours(self.number, schedule, False, Writing("user:1", virtual_now()))

    async def another_call_comes(self, wacid: Wacid) -> None:
        await self.world.exchange.deliver(offered(wacid))
        await settle()

    def step_of(self, wacid: Wacid) -> StepId | None:
        (call,) = [call for call in self.world.exchange.live_calls if call.wacid == wacid]
        return None if call.place is None else call.place.step


@pytest.fixture
def stored(sqlite_url: str) -> Callable[[Callable[[StoredWorld], Awaitable[None]]], None]:
    def play(scenario: Callable[[StoredWorld], Awaitable[None]]) -> None:
        async def run() -> None:
            world = StoredWorld(sqlite_url)
            await world.open()
            await scenario(world)
            await world.world.exchange.stop()
            world.database.close_now()

        run_in_virtual_time(run())

    return play


Play = Callable[[Callable[[StoredWorld], Awaitable[None]]], None]


def test_a_call_is_led_through_the_numbers_own_plan_to_the_agent_who_takes_it(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        await world.write(PLAN)
        await world.call_comes()
        assert world.step == RING
        await world.pass_s(RING_S)
        assert (world.state, world.step, world.heard) == (State.WAITING, MENU, [("greeting",), ("menu_default",)])
        await world.tell(DigitPressed("1"))
        assert (world.step, world.heard[-1]) == (QUEUE, ("queue_music",))
        await world.tell(AgentAnswered(ANA.id, SEAT_A))
        assert world.world.performed[-1] == ConnectAudio(world.world.call.id, ANA.id, SEAT_A)
        await world.tell(AgentHungUp(ANA.id))
        assert world.heard[-1] == ("farewell",)
        await world.customer_hangs_up(talked_s=10)
        assert world.world.call.outcome is Outcome.ANSWERED

    stored(scenario)


def test_a_plan_that_is_changed_while_calls_are_up_leads_the_next_call_and_not_them(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        await world.write(PLAN)
        await world.call_comes()
        await world.pass_s(RING_S)
        await world.write(OTHER_PLAN)
        await world.tell(DigitPressed("2"))
        assert world.step_of(WACID) == VOICEMAIL, "a call that is up goes on as it began"
        world.world.silent(PlayPrompts)  # what is said takes its time
        await world.another_call_comes(OTHER_WACID)
        assert world.step_of(OTHER_WACID) == SAY
        assert world.heard[-1] == (ANNOUNCED,)
        await world.write(None)
        await world.another_call_comes(Wacid("wacid.THREE"))
        assert world.step_of(Wacid("wacid.THREE")) == RING, "without a plan of its own everybody rings"

    stored(scenario)


def test_a_queue_that_nobody_answers_overflows_after_its_seconds(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        await world.write(PLAN)
        await world.call_comes()
        await world.pass_s(RING_S)
        await world.tell(DigitPressed("1"))
        await world.pass_s(QUEUE_S - 1)
        assert world.step == QUEUE
        await world.pass_s(1)
        assert (world.step, world.heard[-1]) == (CALLBACK, ("callback_offer",))

    stored(scenario)


def test_a_call_that_only_rings_overflows_into_the_queue_inside_metas_window(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        waits = StepId("waits")
        await world.write(
            Plan(RING, {RING: Ring(waits, for_s=20), waits: Queue(END, longest_s=60), END: HangUp()}),
        )
        await world.call_comes()
        await world.pass_s(20)
        assert (world.state, world.step, world.heard) == (State.WAITING, waits, [("queue_music",)])

    stored(scenario)


def test_opening_hours_of_the_numbers_zone_decide_where_a_call_begins(stored: Play) -> None:
    """It is 12:00 UTC on a Monday: 09:00 in São Paulo, 17:45 in Kathmandu."""

    async def scenario(world: StoredWorld) -> None:
        await world.write(PLAN)
        nine_to_five = ((Span(9 * 60, 17 * 60),),) * 7
        for zone, wacid, begins in (
            ("America/Sao_Paulo", WACID, RING),
            ("Asia/Kathmandu", OTHER_WACID, CALLBACK),
        ):
            await world.write_hours(Schedule(zone, nine_to_five))
            await world.another_call_comes(wacid)
            assert world.step_of(wacid) == begins, "the announcement of the closed number has been played already"
        assert world.heard == [("closed",), ("callback_offer",)]

    stored(scenario)


def test_hours_hold_for_the_moment_of_the_call(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        until_noon = Schedule("UTC", ((Span(0, START.hour * 60 + START.minute + 1),),) * 7)
        await world.write(PLAN)
        await world.write_hours(until_noon)
        await world.call_comes()
        assert world.step == RING
        await world.pass_s(timedelta(minutes=1).total_seconds())
        await world.another_call_comes(OTHER_WACID)
        assert world.step_of(OTHER_WACID) == CALLBACK
        assert CLOSED in {entry.data.get("step") for entry in world.world.only(OTHER_WACID).timeline}

    stored(scenario)


def test_a_closed_number_without_a_word_for_it_rejects_unheard(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        await world.write(replace(PLAN, closed=None))
        await world.write_hours(ALWAYS_CLOSED)
        await world.call_comes()
        names = world.world.names()
        assert "RejectCall" in names and "AcceptCall" not in names

    stored(scenario)


def test_a_number_that_takes_no_calls_rejects_whatever_its_plan_and_takes_them_again(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        await world.write(PLAN)
        await world.rows.set_inbound(PNID, False)
        await world.call_comes()
        refusal = world.world.call.refusal
        assert refusal is not None and refusal.code == "number.inbound_disabled"
        assert world.heard == []
        await world.rows.set_inbound(PNID, True)
        await world.another_call_comes(OTHER_WACID)
        assert world.step_of(OTHER_WACID) == RING

    stored(scenario)


def test_a_customer_who_is_given_on_hears_the_numbers_own_words_each_time(stored: Play) -> None:
    async def scenario(world: StoredWorld) -> None:
        own = PromptId("greeting")
        bye = StepId("say")  # a name that the steps of a transfer must not take
        steps = {**PLAN.steps, bye: HangUp(farewell=ANNOUNCED)}
        await world.write(replace(PLAN, steps=steps, goodbye=bye, transfer_prompt=own))
        await world.call_comes()
        await world.tell(AgentAnswered(ANA.id, SEAT_A))
        await world.tell(TransferAsked(ANA.id, to_agent=BIA.id))
        assert world.heard == [(own,), ("queue_music",)]
        await world.tell(AgentAnswered(BIA.id, SEAT_B))
        await world.tell(TransferAsked(BIA.id, to_agent=ANA.id))
        assert world.heard[2:] == [(own,), ("queue_music",)]
        await world.tell(AgentAnswered(ANA.id, SEAT_A), AgentHungUp(ANA.id))
        assert world.heard[-1] == (ANNOUNCED,), "the number's own farewell, not a step of the transfer"

    stored(scenario)
