"""The live wall on virtual time: supervisors see what is their department's, at the cost of what moved."""

import json
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from signaling.agents import wall as wall_module
from signaling.agents import wall_rows
from signaling.agents.contract import Ack, Refusal, SetAvailability
from signaling.agents.wall import LOOK_EVERY_S, NUMBERS_EVERY_S, UNSEEN_AT_MOST
from signaling.agents.wall_messages import (
    CloseWall,
    ColleagueIs,
    OpenWall,
    Wall,
    WallAgent,
    WallCall,
    WallChanged,
    WallNumber,
    WallPhase,
    WallSeen,
)
from signaling.agents.wall_views import business_of_call, sight_of
from signaling.call import Call, Claim, Consult, Recording, State
from signaling.call_grants import departments_that_count
from signaling.capacity import NumberUse
from signaling.eligibility import Restriction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, SeatId
from signaling.plan import Ring
from signaling.ports import Agent, Role
from signaling.presence import Availability, Presence, owner_of
from signaling.sound import Light, Lights
from signaling.supervision import Supervision, Way
from tests.fakes.virtual_time import START, run_in_virtual_time
from tests.fakes.world import MARIA
from tests.scenarios.test_desk_shows import END, NUMBERS, RING, SALES, SUPPORT, Office, agent, waiting_call

SUE = replace(agent(90, SALES), name="Sue", role=Role.SUPERVISOR, listens_in=frozenset({SALES}))
TOM = replace(agent(91, SUPPORT), name="Tom", role=Role.SUPERVISOR, listens_in=frozenset({SUPPORT}))
ROSA = replace(agent(92), name="Rosa", role=Role.ADMINISTRATOR)


@dataclass
class Screen:
    """What a page shows of the wall after all that it was sent, in order."""

    calls: dict[str, WallCall] = field(default_factory=dict)
    agents: dict[int, WallAgent] = field(default_factory=dict)
    numbers: dict[int, WallNumber] = field(default_factory=dict)
    head: Wall | None = None
    revision: int = 0
    sizes: list[int] = field(default_factory=list)  # rows in each message
    raw: list[str] = field(default_factory=list)

    def take(self, message: Wall | WallChanged, raw: str) -> None:
        assert isinstance(message, Wall) or message.revision == self.revision + 1
        if isinstance(message, Wall):
            self.calls, self.agents, self.numbers, self.head = {}, {}, {}, message
        else:
            for call_id in message.calls_gone:
                self.calls.pop(call_id, None)
            for agent_id in message.agents_gone:
                self.agents.pop(agent_id, None)
            for number_id in message.numbers_gone:
                self.numbers.pop(number_id, None)
        self.calls |= {row.call_id: row for row in message.calls}
        self.agents |= {row.agent_id: row for row in message.agents}
        self.numbers |= {row.number_id: row for row in message.numbers}
        self.revision = message.revision
        self.sizes.append(len(message.calls) + len(message.agents) + len(message.numbers))
        self.raw.append(raw)


class WallOffice(Office):
    """An office with walls; a page says at once that it has painted, unless it is among `slow`."""

    def __post_init__(self) -> None:
        self.screens: dict[str, Screen] = {}
        self.slow: set[str] = set()
        self.closed_for: list[str] = []
        self.use: dict[NumberId, NumberUse] = {}
        super().__post_init__()
        self.desk._wall._use_of = lambda number: self.use.get(number, NumberUse())

    async def _emit(self, sid: str, event: str, message_json: str) -> None:
        if event == "wall_closed":
            self.closed_for.append(sid)
        elif event.startswith("wall"):
            kind = Wall if event == "wall" else WallChanged
            screen = self.screens.setdefault(sid, Screen())
            screen.take(kind.model_validate_json(message_json), message_json)
            if sid not in self.slow:
                await self.seen(sid)
        else:
            await super()._emit(sid, event, message_json)

    async def seen(self, sid: str) -> None:
        await self.desk.command(sid, "wall.seen", WallSeen(revision=self.screens[sid].revision))

    async def watch(self, who: Agent) -> Screen:
        sid = f"page-{who.id}"
        self.desk.connected(sid, who, f"tab-{who.id}")
        assert (await self.open(sid)).ok
        await self.rest()
        return self.screens[sid]

    async def open(self, sid: str) -> Ack:
        return await self.desk.command(sid, "wall.open", OpenWall())


def wall_scenario(scenario: Callable[[WallOffice], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def test() -> None:
        async def play() -> None:
            office = WallOffice()
            await scenario(office)
            await office.desk.stop()

        run_in_virtual_time(play())

    test.__name__ = scenario.__name__
    return test


def talking(number: int, agent_id: int, department: DepartmentId | None = SALES) -> Call:
    claim = Claim(AgentId(agent_id), SeatId(f"seat-{agent_id}"), audible=True)
    at = START + timedelta(seconds=number)
    return replace(
        *(waiting_call(number, department),),
        state=State.TALKING,
        claim=claim,
        agent=claim.agent,
        answered_at=at,
        accepted_at=at,
    )


def presence_of(screen: Screen, agent_id: int) -> Presence:
    return screen.agents[agent_id].presence


@wall_scenario
async def test_a_call_waits_is_answered_and_ends_on_the_wall(office: WallOffice) -> None:
    await office.sit_down(agent(1, SALES))
    screen = await office.watch(SUE)
    assert screen.calls == {}
    call = waiting_call(7)
    office.move(call)
    await office.rest()
    (row,) = screen.calls.values()
    assert (row.phase, row.since_unix_s, row.agent) == (
        WallPhase.WAITING,
        (START + timedelta(seconds=7)).timestamp(),
        None,
    )
    assert (row.name, row.number_label, row.line_department_id) == ("Maria", NUMBERS[call.number].label, SALES)
    office.move(talking(7, 1))
    await office.rest()
    (row,) = screen.calls.values()
    assert (row.phase, row.agent, row.agent_id) == (WallPhase.TALKING, "Agent 1", 1)
    assert presence_of(screen, 1) is Presence.IN_CALL
    office.move(replace(talking(7, 1), state=State.ENDED))
    await office.rest()
    assert screen.calls == {}
    assert presence_of(screen, 1) is Presence.FREE


@wall_scenario
async def test_a_supervisor_of_one_department_sees_nothing_of_another(office: WallOffice) -> None:
    await office.sit_down(agent(1, SALES))
    await office.sit_down(agent(2, SUPPORT))
    sue, tom, rosa = await office.watch(SUE), await office.watch(TOM), await office.watch(ROSA)
    office.move(waiting_call(1, SALES))
    office.move(replace(waiting_call(2, SUPPORT), number=NumberId(2)))
    office.move(talking(3, 2, SUPPORT))
    await office.rest()
    for screen, calls, agents, numbers in (
        (sue, {1}, {1, 90}, {1}),
        (tom, {2, 3}, {2, 91}, {2}),
        (rosa, {1, 2, 3}, {1, 2, 90, 91, 92}, {1, 2}),
    ):
        assert {int(call_id, 16) for call_id in screen.calls} == calls
        assert set(screen.agents) == agents
        assert set(screen.numbers) == numbers
    assert not any("Suporte" in raw or "Agent 2" in raw or f"{2:032x}" in raw for raw in sue.raw)
    assert sue.head is not None and (sue.head.departments, sue.head.listens_in) == ([SALES], [SALES])
    assert rosa.head is not None and rosa.head.departments is None


@wall_scenario
async def test_a_call_that_is_sent_to_another_department_is_shown_to_both_and_goes_with_its_line(
    office: WallOffice,
) -> None:
    sue, tom = await office.watch(SUE), await office.watch(TOM)
    call = waiting_call(1, SALES)
    office.move(call)
    await office.rest()
    assert len(sue.calls) == 1 and not tom.calls
    assert call.plan is not None
    given_on = replace(
        call, plan=replace(call.plan, steps={**call.plan.steps, RING: Ring(END, for_s=25, department=SUPPORT)})
    )
    office.move(replace(given_on, given_on_at=START + timedelta(seconds=5)))
    await office.rest()
    assert [row.line_department_id for row in sue.calls.values()] == [SUPPORT]
    assert [row.given_on for row in tom.calls.values()] == [True]
    office.move(call)
    await office.rest()
    assert len(sue.calls) == 1 and not tom.calls


@wall_scenario
async def test_nobody_is_told_a_customers_number(office: WallOffice) -> None:
    screens = [await office.watch(SUE), await office.watch(ROSA)]
    office.move(waiting_call(1))
    office.move(replace(talking(2, 1), customer=replace(MARIA, name=None)))
    await office.rest()
    assert MARIA.phone is not None and MARIA.bsuid is not None
    for screen in screens:
        assert {row.label for row in screen.calls.values()} == {"+55 11 ••••• 0101"}
        for secret in (MARIA.phone.value, MARIA.phone.value[-9:], MARIA.bsuid.value):
            assert not any(secret in raw for raw in screen.raw)


@wall_scenario
async def test_agents_and_those_without_a_department_see_no_wall(office: WallOffice) -> None:
    await office.sit_down(agent(1, SALES))
    assert (await office.open("page-1")).why is Refusal.FORBIDDEN
    screen = await office.watch(replace(SUE, departments=frozenset(), listens_in=frozenset()))
    office.move(waiting_call(1))
    office.move(waiting_call(2, None))
    await office.rest()
    assert not screen.calls and not screen.agents and not screen.numbers
    assert screen.head is not None and screen.head.departments == []
    assert "page-1" not in office.screens


@wall_scenario
async def test_other_grants_are_another_wall_at_once_and_another_role_is_none(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    office.move(waiting_call(1, SALES))
    office.move(waiting_call(2, SUPPORT))
    await office.rest()
    assert [int(call_id, 16) for call_id in screen.calls] == [1]
    moved = replace(SUE, departments=frozenset({SUPPORT}), listens_in=frozenset())
    office.desk.renewed("page-90", moved)
    await office.rest()
    assert [int(call_id, 16) for call_id in screen.calls] == [2]
    assert screen.head is not None and screen.head.listens_in == []
    office.desk.renewed("page-90", replace(moved, role=Role.AGENT))
    office.move(waiting_call(3, SUPPORT))
    await office.rest()
    assert office.closed_for == ["page-90"]
    assert [int(call_id, 16) for call_id in screen.calls] == [2]


@wall_scenario
async def test_the_states_of_a_conversation_are_told_apart(office: WallOffice) -> None:
    for who in (agent(1, SALES), agent(2, SALES)):
        await office.sit_down(who)
    screen = await office.watch(SUE)
    call = talking(1, 1)

    async def shown(**changes: Any) -> WallCall:
        office.move(replace(call, **changes))
        await office.rest()
        (row,) = screen.calls.values()
        return row

    assert (await shown(held=True)).held
    consult = Consult(AgentId(2), 1)
    asked = (await shown(held=True, consult=consult)).colleague
    assert asked is not None and (asked.name, asked.now) == ("Agent 2", ColleagueIs.RINGING)
    aside = (await shown(consult=replace(consult, seat=SeatId("seat-2")))).colleague
    assert aside is not None and aside.now is ColleagueIs.ASIDE
    three = (await shown(consult=replace(consult, seat=SeatId("seat-2"), joined=True))).colleague
    assert three is not None and three.now is ColleagueIs.JOINED
    assert (await shown(recording=Recording.ON)).recording == "on"
    there = (await shown(supervision=Supervision(SUE.id, SeatId("s"), Way.WHISPER, START))).supervisor
    assert there is not None and (there.name, there.way) == ("Sue", Way.WHISPER)
    assert (await shown(state=State.REATTACHING)).phase is WallPhase.REATTACHING


@wall_scenario
async def test_how_a_conversation_sounds_is_shown_until_it_is_held(office: WallOffice) -> None:
    await office.sit_down(agent(1, SALES))
    screen = await office.watch(SUE)
    call = talking(1, 1)
    office.move(call)
    office.desk.pages.show_quality(AgentId(1), call.id, Lights(None, Light.POOR, Light.GOOD))
    await office.rest()
    sound = screen.calls[call.id].sound
    assert sound is not None and (sound.microphone, sound.network, sound.customer) == (None, Light.POOR, Light.GOOD)
    late = await office.watch(ROSA)
    assert late.calls[call.id].sound == sound
    office.move(replace(call, held=True))
    await office.rest()
    assert screen.calls[call.id].sound is None


@wall_scenario
async def test_agents_are_shown_with_their_state_since_when_and_why_they_pause(office: WallOffice) -> None:
    who = agent(1, SALES)
    await office.sit_down(who)
    await office.rest()
    free_since_s = office.desk._clock().timestamp()
    screen = await office.watch(SUE)
    shown = screen.agents[1]
    assert shown.presence is Presence.FREE and shown.since_unix_s is not None and shown.since_unix_s < free_since_s
    await office.rest()
    paused_s = office.desk._clock().timestamp()
    pause = SetAvailability(availability=Availability.PAUSED, reason="lunch")
    await office.desk.command("page-1", "availability.set", pause)
    await office.rest()
    shown = screen.agents[1]
    assert (shown.presence, shown.pause_reason, shown.since_unix_s) == (Presence.PAUSED, "lunch", paused_s)


@wall_scenario
async def test_the_load_of_a_number_follows_what_is_counted(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    assert (screen.numbers[1].inbound.used, screen.numbers[1].inbound.limit) == (0, 1_000)
    office.use[NumberId(1)] = NumberUse(inbound=3, outbound=2)
    await office.rest()
    assert (screen.numbers[1].inbound.used, screen.numbers[1].outbound.used) == (3, 2)
    assert NUMBERS_EVERY_S <= 1.0


@wall_scenario
async def test_what_guards_and_meta_do_to_a_number_is_on_the_wall_within_a_second(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    assert screen.numbers[1].alerts == []
    office.desk._wall._restrictions_of = lambda _number: [Restriction("RESTRICTED_BUSINESS_INITIATED_CALLING")]
    await office.rest()
    assert screen.numbers[1].alerts == ["paused_out"]


@wall_scenario
async def test_hundreds_of_calls_that_move_are_a_few_messages_a_second_with_only_what_moved(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    for number in range(300):
        office.move(waiting_call(number))
    await office.rest()
    before, wrote = len(screen.sizes), office.desk._wall.rows_written
    began_s = office.desk._clock().timestamp()
    for number in range(300):
        for held in (True, False, True):
            office.move(replace(talking(number, 1), held=held))
    office.move(waiting_call(999))
    await office.rest()
    took_s = office.desk._clock().timestamp() - began_s
    messages = screen.sizes[before:]
    assert len(messages) <= took_s / LOOK_EVERY_S + 1
    assert sum(messages) == 301
    assert office.desk._wall.rows_written - wrote <= 301 + len(NUMBERS) * (took_s / NUMBERS_EVERY_S + 1)


@wall_scenario
async def test_ten_walls_cost_no_more_rows_than_one(office: WallOffice) -> None:
    for number in range(10):
        await office.watch(replace(SUE, id=AgentId(100 + number)))
    wrote = office.desk._wall.rows_written
    for number in range(50):
        office.move(waiting_call(number))
    await office.rest()
    assert office.desk._wall.rows_written - wrote <= 50 + 3 * len(NUMBERS)
    assert all(len(screen.calls) == 50 for screen in office.screens.values())


@wall_scenario
async def test_a_page_that_paints_slowly_is_sent_less_and_misses_nothing(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    office.slow.add("page-90")
    before = screen.revision
    for number in range(40):
        office.move(waiting_call(number))
        if number >= 10:
            office.move(replace(office.calls[waiting_call(number - 10).id], state=State.ENDED))
        await office.rest()
    assert screen.revision - before == UNSEEN_AT_MOST
    office.slow.clear()
    await office.seen("page-90")
    await office.rest()
    assert set(screen.calls) == set(office.calls)


@wall_scenario
async def test_who_was_away_for_too_long_is_sent_everything_anew(office: WallOffice) -> None:
    screen = await office.watch(SUE)
    office.slow.add("page-90")
    for number in range(200):
        office.move(waiting_call(number))
        await office.rest()
        office.move(replace(waiting_call(number), state=State.ENDED))
        await office.rest()
    kept, rows = 20, office.desk._wall._calls
    while len(rows._gone) > kept:  # as with a smaller memory
        rows._forgotten = rows._gone.popleft()[0]
    office.move(waiting_call(1_000))
    office.slow.clear()
    await office.seen("page-90")
    await office.rest()
    assert set(screen.calls) == set(office.calls)
    assert screen.head is not None and screen.head.revision > 1


@wall_scenario
async def test_nothing_is_written_while_nobody_watches_and_a_wall_opened_again_is_whole(office: WallOffice) -> None:
    office.move(waiting_call(1))
    await office.rest()
    assert office.desk._wall.rows_written == 0
    screen = await office.watch(SUE)
    await office.desk.command("page-90", "wall.close", CloseWall())
    office.move(replace(waiting_call(1), state=State.ENDED))
    office.move(waiting_call(2))
    assert (await office.open("page-90")).ok
    await office.rest()
    assert set(screen.calls) == {waiting_call(2).id}
    office.desk.disconnected("page-90")
    await office.rest()
    wrote = office.desk._wall.rows_written
    office.move(waiting_call(3))
    await office.rest()
    assert office.desk._wall.rows_written == wrote
    assert office.desk._wall._task is None


def test_after_any_history_each_page_shows_what_a_look_at_everything_would_show() -> None:
    async def play(seed: int) -> None:
        rng = random.Random(seed)
        office = WallOffice()
        team = [agent(number, rng.choice([SALES, SUPPORT])) for number in range(1, 6)]
        for who in team:
            await office.sit_down(who)
        watchers = {f"page-{who.id}": who for who in (SUE, TOM, ROSA)}
        for who in watchers.values():
            await office.watch(who)
        for _ in range(120):
            number = rng.randrange(12)
            before = office.calls.get(CallId(f"{number:032x}"))
            department = rng.choice([SALES, SUPPORT, None])
            match rng.randrange(4):
                case 0:
                    office.move(waiting_call(number, department))
                case 1:
                    office.move(talking(number, rng.randint(1, 5), department))
                case 2 if before is not None:
                    office.move(replace(before, state=State.ENDED))
                case _ if before is not None:
                    office.move(replace(before, department=department, held=not before.held))
            slow = rng.choice(list(watchers))
            office.slow ^= {slow}
            if slow not in office.slow:
                await office.seen(slow)
            if rng.random() < 0.5:
                await office.rest()
        office.slow.clear()
        for sid in watchers:
            await office.seen(sid)
        await office.rest()
        people = {who.id: who for who in team}

        def held_by(call: Call) -> Agent | None:
            owner = owner_of(call)
            return None if owner is None else people[owner]

        for sid, who in watchers.items():
            sight = sight_of(who)
            wanted = {
                call.id: call
                for call in office.calls.values()
                if sight.reaches(business_of_call(call, departments_that_count(call.department, None, held_by(call))))
            }
            shown = office.screens[sid].calls
            assert set(shown) == set(wanted), seed
            assert all(shown[call_id].held == call.held for call_id, call in wanted.items())
        await office.desk.stop()

    for seed in range(8):
        run_in_virtual_time(play(seed))


def test_what_went_is_kept_within_bounds() -> None:
    rows = wall_rows.Rows[int]()
    business = frozenset({SALES})
    for version in range(1, 2 * wall_rows.GONE_KEPT):
        rows.put(version, json.dumps(version), business, version)
        rows.drop(version, version)
    assert len(rows._gone) == wall_rows.GONE_KEPT
    assert not rows.knows_since(10) and rows.knows_since(2 * wall_rows.GONE_KEPT)
    assert wall_module.WRITTEN_AT_ONCE < 100
