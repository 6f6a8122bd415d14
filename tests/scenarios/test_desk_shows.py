"""What pages are sent is what a look at everything would show; and a change costs what it is about."""

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from signaling.agents import views
from signaling.agents.contract import (
    EVENTS,
    AnswerCall,
    DeclineCall,
    DeskState,
    Message,
    OfferSeat,
    ReportAudio,
    SetAvailability,
    WaitingCall,
)
from signaling.agents.desk import Desk
from signaling.agents.live_calls import LiveCalls
from signaling.agents.page_messages import PageHere
from signaling.agents.showing import UNHURRIED_S
from signaling.call import Call, Claim, State
from signaling.errors import Fault
from signaling.events import AgentAnswered, AgentDeclined, CallEvent, Direction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId
from signaling.placing import CallWish
from signaling.plan import HangUp, Place, Plan, Ring, RingOrder, StepId
from signaling.ports import Agent, Role
from signaling.presence import AgentFacts, Availability, Microphone, Presence, owner_of, presence
from signaling.private import Wacid
from signaling.routing import Offer, offer_of, takes_turns
from signaling.verdict import Refused
from signaling.waiting import in_line
from tests.fakes.virtual_time import START, run_in_virtual_time, virtual_now
from tests.fakes.world import MARIA, NUMBER, PNID
from tests.scenarios.desk_world import GOOD_OFFER, FakeSeats

RING, END = StepId("ring"), StepId("end")
SALES, SUPPORT = DepartmentId(1), DepartmentId(2)
NUMBERS = {NUMBER.id: NUMBER, NumberId(2): replace(NUMBER, id=NumberId(2), label="Suporte", department=SUPPORT)}


def agent(number: int, *departments: DepartmentId, may_take: bool = True) -> Agent:
    return Agent(AgentId(number), f"Agent {number}", Role.AGENT, frozenset(departments), may_take, session_epoch=0)


def waiting_call(
    number: int, department: DepartmentId | None = SALES, order: RingOrder = RingOrder.ALL, turn_s: float = 10.0
) -> Call:
    return Call(
        id=CallId(f"{number:032x}"),
        number=NUMBER.id,
        phone_number_id=PNID,
        department=department,
        direction=Direction.INBOUND,
        wacid=Wacid(f"wacid.{number}"),
        customer=MARIA,
        state=State.RINGING,
        plan=Plan(RING, {RING: Ring(END, for_s=25, order=order, turn_s=turn_s), END: HangUp()}),
        place=Place(RING),
        received_at=START + timedelta(seconds=number),
        ring_until=START + timedelta(seconds=number + 25),
    )


@dataclass
class Office:
    """A real desk over calls that a test moves by hand, as the lifecycle might."""

    calls: dict[CallId, Call] = field(default_factory=dict)
    facts: dict[AgentId, AgentFacts] = field(default_factory=dict)
    pages: dict[str, dict[str, Message]] = field(default_factory=lambda: defaultdict(dict))
    sent: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seats = FakeSeats()
        self.desk = Desk(
            calls=self,
            seats=self.seats,
            numbers=NUMBERS,
            emit=self._emit,
            clock=virtual_now,
            place_call=self._place_call,
        )
        self.desk.start()

    async def _place_call(self, wish: CallWish) -> Refused:
        return Refused("number.unknown", Fault.CONFIGURATION)

    async def _emit(self, sid: str, event: str, message_json: str) -> None:
        self.pages[sid][event] = EVENTS[event].model_validate_json(message_json)
        if event != "are_you_there":
            self.sent.append((sid, event))
            return
        with suppress(KeyError):  # the page was closed meanwhile
            await self.desk.command(sid, "page.here", PageHere(visible=True))

    def tell(self, call_id: CallId, event: CallEvent) -> bool:
        call = self.calls.get(call_id)
        match event:
            case _ if call is None:
                return False
            case AgentAnswered(agent=who, seat=seat) if call.state is State.RINGING:
                self.move(replace(call, state=State.CLAIMED, claim=Claim(who, seat)))
            case AgentDeclined(agent=who):
                self.move(replace(call, declined_by=call.declined_by | {who}))
        return True

    def move(self, call: Call) -> None:
        if call.state is State.ENDED:
            self.calls.pop(call.id, None)
        else:
            self.calls[call.id] = call
        self.desk.call_changed(call)

    async def sit_down(self, who: Agent) -> None:
        sid = f"page-{who.id}"
        self.desk.connected(sid, who, f"tab-{who.id}")
        await self.desk.command(sid, "audio.report", ReportAudio(microphone=Microphone.OK, sound_unlocked=True))
        await self.desk.command(sid, "seat.offer", OfferSeat(sdp=GOOD_OFFER))
        self.desk.seating.up(who.id, self.seats.made[-1][1])
        await self.desk.command(sid, "availability.set", SetAvailability(availability=Availability.READY))

    async def rest(self) -> None:
        await asyncio.sleep(2 * UNHURRIED_S)

    def state(self, who: Agent) -> DeskState:
        state = self.pages[f"page-{who.id}"]["state"]
        assert isinstance(state, DeskState)
        return state


def from_scratch(who: AgentFacts, calls: Iterable[Call], turn: CallId | None) -> tuple[object, ...]:
    """Presence, own call, ringing and waiting, by the rules alone: every call asked about every agent. `turn`: of a
    call that rings for one after another, with this agent."""
    in_order = sorted(calls, key=views.offered_unix_s)
    own = next((call for call in in_order if owner_of(call) == who.agent.id), None)
    offers = [(call, offer_of(who, own, call, turn)) for call in in_order]
    ringing = [call.id for call, offer in offers if offer is Offer.RINGS]
    why = {Offer.DECLINED: "declined", Offer.OTHERS_TURN: "others_turn", Offer.UNABLE: presence(who, own).value}
    waiting = [(call.id, why[offer]) for call, offer in offers if offer in why]
    if presence(who, own) is Presence.OFFLINE:
        waiting = []
    return presence(who, own), None if own is None else own.id, ringing, waiting


def as_shown(state: DeskState) -> tuple[object, ...]:
    waiting = [(call.call_id, str(call.why)) for call in state.waiting]
    own = None if state.call is None else state.call.call_id
    return state.presence, own, [call.call_id for call in state.ringing], waiting


def check_turns(office: Office) -> None:
    """One by one: a call has one turn and an agent too, of somebody who is free; nobody is left who could have one."""
    turns = office.desk._showing._turns
    free: dict[AgentId, AgentFacts] = {}
    for place in office.desk._places:
        own = next((call for call in office.calls.values() if owner_of(call) == place.facts.agent.id), None)
        if presence(place.facts, own) is Presence.FREE:
            free[place.facts.agent.id] = place.facts
    waiting = sorted((call for call in office.calls.values() if takes_turns(call)), key=in_line)
    holders = {call.id: turns.agent_of(call.id) for call in waiting}
    for call in waiting:
        agent = holders[call.id]
        able = {who for who, facts in free.items() if offer_of(facts, None, call, call.id) is Offer.RINGS}
        idle = {who for who in able if turns.call_of(who) is None}
        if agent is not None:
            assert agent in able and turns.call_of(agent) == call.id
        elif able - call.passed:
            assert not (able - call.passed) & idle, "somebody had no turn yet and has nothing else to do"
        else:
            assert not idle, "it begins again when everybody had a turn"
    had = [agent for agent in holders.values() if agent is not None]
    assert len(had) == len(set(had)) == len(turns._call_of) and set(turns._agent_of) <= set(holders)


@pytest.mark.parametrize("seed", range(12))
def test_what_each_page_shows_is_what_the_rules_say_after_any_events(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "RINGS_SHOWN", 1_000)
    monkeypatch.setattr(views, "WAITING_SHOWN", 1_000)

    async def play() -> None:
        dice = random.Random(seed)
        office = Office()
        departments = [(SALES,), (SUPPORT,), (SALES, SUPPORT), ()]
        team = [agent(number, *departments[number % 4], may_take=number % 7 != 0) for number in range(1, 25)]
        for who in team:
            await office.sit_down(who)
        await office.rest()
        made = 0
        for round_ in range(25):
            for _ in range(dice.randrange(1, 12)):
                who = dice.choice(team)
                sid = f"page-{who.id}"
                call = dice.choice([*office.calls.values()]) if office.calls else None
                match dice.randrange(10):
                    case 0 | 1 | 2:
                        made += 1
                        order = dice.choice([*RingOrder])
                        office.move(waiting_call(made, dice.choice([SALES, SUPPORT, None]), order))
                    case 3:
                        wish = SetAvailability(availability=dice.choice([*Availability]))
                        await office.desk.command(sid, "availability.set", wish)
                    case 4 if call is not None:
                        await office.desk.command(sid, "call.decline", DeclineCall(call_id=call.id))
                    case 5 if call is not None:
                        await office.desk.command(sid, "call.answer", AnswerCall(call_id=call.id))
                    case 6 if call is not None and call.claim is not None:
                        state = dice.choice([State.ACCEPTING, State.TALKING, State.REATTACHING, State.ENDING])
                        office.move(replace(call, state=state))
                    case 7 if call is not None:
                        office.move(replace(call, state=State.ENDED, ended_at=virtual_now()))
                    case 8 if call is not None and call.state is State.CLAIMED:
                        office.move(replace(call, state=State.RINGING, claim=None))
                    case 9 if call is not None:
                        turn = office.desk._showing._turns.agent_of(call.id)
                        office.move(replace(call, passed=call.passed | ({turn} if turn is not None else frozenset())))
                    case _:
                        moved = replace(who, departments=frozenset(dice.choice(departments)))
                        office.desk.renewed(sid, moved)
                        team[team.index(who)] = moved
                if dice.random() < 0.5:
                    await asyncio.sleep(0)
            await office.rest()
            check_turns(office)
            for who in team:
                facts = office.desk._places.get(who.id)
                assert facts is not None
                assert facts.facts.agent == who
                its_turn = office.desk._showing._turns.call_of(who.id)
                expected = from_scratch(facts.facts, office.calls.values(), its_turn)
                assert as_shown(office.state(who)) == expected, f"seed {seed}, round {round_}, agent {who.id}"
        await office.desk.stop()

    run_in_virtual_time(play())


def test_lists_are_written_once_for_all_who_see_the_same() -> None:
    live = LiveCalls(NUMBERS, lambda agent: "")
    for call in (waiting_call(2), waiting_call(1), waiting_call(3, SUPPORT)):
        live.moved(call)
    paused = [AgentFacts(agent(number, SALES), connected=True, availability=Availability.PAUSED) for number in (1, 2)]
    board = live.board(paused[0], None)
    assert live.board(paused[1], None) is board
    waiting = [WaitingCall.model_validate(item) for item in json.loads(board.waiting_json)]
    assert [(item.call_id, item.why) for item in waiting] == [
        (waiting_call(number).id, Presence.PAUSED) for number in (1, 2)
    ]
    live.moved(replace(waiting_call(2), declined_by=frozenset({AgentId(2)})))
    assert live.board(paused[0], None) is board, "who declined is seen by nobody else"
    assert json.loads(live.board(paused[1], None).waiting_json)[1]["why"] == "declined"
    live.moved(replace(waiting_call(1), state=State.ENDED))
    assert len(json.loads(live.board(paused[0], None).waiting_json)) == 1


def test_a_change_costs_looks_at_those_it_is_about_with_five_hundred_agents_and_their_calls() -> None:
    """499 agents talk and one is free. Counted in looks at workplaces and in messages, not in time."""

    async def play() -> None:
        office = Office()
        team = [agent(number, SALES) for number in range(1, 501)]
        for who in team:
            await office.sit_down(who)
        for who in team[1:]:
            seat = office.desk._places.get(who.id)
            assert seat is not None and seat.facts.seat is not None
            call = waiting_call(who.id)
            office.move(replace(call, state=State.TALKING, claim=Claim(who.id, seat.facts.seat, audible=True)))
        await office.rest()
        showing, free = office.desk._showing, team[0]

        looks, sent = showing.looks, len(office.sent)
        new = waiting_call(1000)
        office.move(new)
        await asyncio.sleep(UNHURRIED_S / 2)
        assert [ring.call_id for ring in office.state(free).ringing] == [new.id]
        assert (showing.looks - looks, len(office.sent) - sent) == (1, 1), "it rings for one, and one is told"

        await office.desk.command("page-1", "call.answer", AnswerCall(call_id=new.id))
        office.move(replace(office.calls[new.id], state=State.ACCEPTING))
        office.move(replace(office.calls[new.id], state=State.TALKING))
        await asyncio.sleep(UNHURRIED_S / 4)
        assert showing.looks - looks <= 4

        looks, sent = showing.looks, len(office.sent)
        office.move(replace(office.calls[CallId(f"{7:032x}")], muted=True))
        await asyncio.sleep(UNHURRIED_S / 8)
        assert (showing.looks - looks, len(office.sent) - sent) == (1, 1), "a call's change is its agent's alone"

        await office.rest()
        looks, sent = showing.looks, len(office.sent)
        for number in range(2000, 2050):
            office.move(waiting_call(number))
            await asyncio.sleep(UNHURRIED_S / 100)
        await office.rest()
        assert showing.looks - looks == len(team), "fifty new calls within a second are one look at each who is busy"
        assert len(office.sent) - sent == len(team)
        await office.desk.stop()

    run_in_virtual_time(play())


def test_in_a_rush_pages_are_sent_the_first_who_wait_and_how_many_there_are() -> None:
    async def play() -> None:
        office = Office()
        free, busy, gone = agent(1, SALES), agent(2, SALES), agent(3, SALES)
        for who in (free, busy, gone):
            await office.sit_down(who)
        await office.desk.command("page-2", "availability.set", SetAvailability(availability=Availability.PAUSED))
        await office.desk.command("page-3", "availability.set", SetAvailability(availability=Availability.OFFLINE))
        for number in range(1, 61):
            office.move(waiting_call(number))
        await office.rest()
        ringing, waiting = office.state(free).ringing, office.state(busy).waiting
        assert [ring.call_id for ring in ringing] == [f"{n:032x}" for n in range(1, views.RINGS_SHOWN + 1)]
        assert [call.call_id for call in waiting] == [f"{n:032x}" for n in range(1, views.WAITING_SHOWN + 1)]
        assert office.state(busy).waiting_total == 60
        assert (office.state(gone).waiting, office.state(gone).waiting_total) == ([], 0), "who is offline is left alone"
        last = waiting_call(60)
        await office.desk.command("page-1", "call.answer", AnswerCall(call_id=last.id))
        assert office.calls[last.id].state is State.CLAIMED, "a call that is not shown yet rings all the same"

    run_in_virtual_time(play())
