"""Claims and presence, whatever agents and customers do and in whatever order: the real desk and exchange."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from signaling.agents.views import RINGS_SHOWN
from signaling.call import State
from signaling.ids import CallId, DepartmentId
from signaling.presence import Availability, owner_of
from tests.fakes.virtual_time import VirtualTimeLoop, run_in_virtual_time, virtual_now
from tests.fakes.world import SALES
from tests.scenarios.claims_world import EVERY_DEPARTMENT, SUPPORT, TOLD_WITHIN_S, ClaimsWorld, Person, plans_for

TEAM = 6
RACES, MOST_RACERS = 1_000, 10
LONGEST_S = 700.0
"""Longer than any plan here takes, a transfer and a lost agent included."""

PEOPLE = st.integers(1, TEAM)
DURATIONS_S = st.sampled_from((0.0, 0.3, 1.0, 3.0, 4.0, 5.0, 7.0, 20.0, 25.0, 61.0)) | st.floats(0, 30)


class ClaimsModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=VirtualTimeLoop)
        self.world = self.runner.run(_empty_world())

    def play(self, course: Coroutine[Any, Any, None]) -> None:
        self.runner.run(course)

    def person(self, number: int) -> Person:
        return self.world.team[number]  # type: ignore[index]

    @initialize(departments=st.lists(st.sampled_from(EVERY_DEPARTMENT), min_size=TEAM, max_size=TEAM))
    def everybody_sits_down(self, departments: list[tuple[DepartmentId, ...]]) -> None:
        for number, theirs in enumerate(departments, start=1):
            self.runner.run(self.world.sits_down(number, theirs))

    # ---- customers

    @precondition(lambda self: len(self.world.live) < RINGS_SHOWN)  # a page lists no more, and here all are looked at
    @rule(which=st.integers(0, 5), alone=PEOPLE)
    def a_call_comes(self, which: int, alone: int) -> None:
        self.runner.run(self.world.call_comes(plans_for(self.person(alone).id)[which]))

    @precondition(lambda self: self.world.live)
    @rule(data=st.data())
    def a_customer_leaves(self, data: st.DataObject) -> None:
        self.play(self.world.customer_leaves(self.some_call(data)))

    # ---- agents

    @precondition(lambda self: self.world.live)
    @rule(data=st.data(), racers=st.lists(PEOPLE, min_size=1, max_size=TEAM, unique=True))
    def some_press_answer_at_once(self, data: st.DataObject, racers: list[int]) -> None:
        self.play(self.race(self.some_call(data), [self.person(number) for number in racers]))

    @precondition(lambda self: any(self.world.ringing(person) for person in self.world.team.values()))
    @rule(data=st.data())
    def whoever_is_rung_answers(self, data: st.DataObject) -> None:
        rung = [person for person in self.world.team.values() if self.world.ringing(person)]
        person = data.draw(st.sampled_from(rung))
        self.play(self.race(data.draw(st.sampled_from(self.world.ringing(person))), [person]))

    @precondition(lambda self: self.world.live)
    @rule(data=st.data(), number=PEOPLE)
    def somebody_declines(self, data: st.DataObject, number: int) -> None:
        self.play(self.world.declines(self.person(number), self.some_call(data)))

    @rule(number=PEOPLE)
    def somebody_hangs_up(self, number: int) -> None:
        self.play(self.world.hangs_up(self.person(number)))

    @rule(number=PEOPLE, to=PEOPLE)
    def somebody_transfers_to_a_colleague(self, number: int, to: int) -> None:
        self.play(self.world.transfers(self.person(number), self.person(to).id, None))

    @rule(number=PEOPLE, department=st.sampled_from((SALES, SUPPORT)))
    def somebody_transfers_to_a_department(self, number: int, department: DepartmentId) -> None:
        self.play(self.world.transfers(self.person(number), None, department))

    @rule(number=PEOPLE, availability=st.sampled_from((Availability.READY, *Availability)))
    def somebody_chooses(self, number: int, availability: Availability) -> None:
        self.play(self.world.chooses(self.person(number), availability))

    @rule(number=PEOPLE)
    def a_seat_is_lost_or_made(self, number: int) -> None:
        person = self.person(number)
        self.play(self.world.loses_seat(person) if self.world.seat_up[person.id] else self.world.makes_seat(person))

    @rule(number=PEOPLE)
    def a_page_is_closed_or_opened(self, number: int) -> None:
        person = self.person(number)
        self.play(self.world.leaves(person) if person.page else self.world.comes_back(person))

    @rule(number=PEOPLE)
    def a_microphone_is_heard_or_not(self, number: int) -> None:
        self.world.mute_seats ^= {self.person(number).id}

    @rule(seconds=DURATIONS_S)
    def time_passes(self, seconds: float) -> None:
        self.play(self.world.pass_s(seconds))

    # ---- always

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.play(_check(self.world))

    def teardown(self) -> None:
        self.play(_until_everything_ends(self.world))
        self.runner.close()

    # ---- small moves

    def some_call(self, data: st.DataObject) -> CallId:
        return data.draw(st.sampled_from([call.id for call in self.world.live]))

    async def race(self, call_id: CallId, racers: list[Person]) -> None:
        began_at, since = virtual_now(), len(self.world.sent)
        before = next(call for call in self.world.live if call.id == call_id)
        rang = await self.world.press_at_once([racer for racer in racers if racer.page], call_id)
        if before.claim is None and rang:
            self.world.check_race(call_id, rang, since)
        assert (virtual_now() - began_at).total_seconds() <= TOLD_WITHIN_S


async def _empty_world() -> ClaimsWorld:
    return ClaimsWorld()


async def _check(world: ClaimsWorld) -> None:
    world.check()


async def _until_everything_ends(world: ClaimsWorld) -> None:
    """Everybody goes away, and no call is left that rings, waits or talks for ever."""
    for person in world.team.values():
        await world.loses_seat(person)
        await world.leaves(person)
    await asyncio.sleep(LONGEST_S)
    await world.settle()
    assert [call.state for call in world.live] == []
    await world.stop()


ClaimsModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestClaimsModel = ClaimsModel.TestCase


def test_a_thousand_races_have_one_winner_each_and_every_loser_is_told_who_it_was() -> None:
    """Two to ten agents press answer in the same turn of the loop, in any order, some of them twice."""
    winners: list[int] = []

    async def play() -> None:
        dice = random.Random(5)
        world = ClaimsWorld()
        team = [await world.sits_down(number, (SALES,)) for number in range(1, MOST_RACERS + 1)]
        everybody = plans_for(team[0].id)[0]
        for _ in range(RACES):
            call_id = await world.call_comes(everybody)
            racers = dice.sample(team, dice.randint(2, MOST_RACERS))
            if dice.random() < 0.2:
                racers.append(dice.choice(racers))
            world.sent = [*{sid: (sid, event, seen) for sid, event, seen in world.sent if event == "state"}.values()]
            since, began_at = len(world.sent), virtual_now()
            rang = await world.press_at_once(racers, call_id)
            assert len(rang) == MOST_RACERS
            winner = world.check_race(call_id, rang, since)
            assert winner is not None and winner in racers
            assert (virtual_now() - began_at).total_seconds() <= TOLD_WITHIN_S
            (call,) = world.live
            assert (call.state, owner_of(call)) == (State.TALKING, winner.id)
            assert [entry.kind for entry in call.timeline].count("claimed") == 1
            winners.append(winner.id)
            await world.customer_leaves(call_id)
        await world.stop()

    run_in_virtual_time(play())
    assert len(winners) == RACES
    assert len(set(winners)) == MOST_RACERS, "everybody wins some of them"
