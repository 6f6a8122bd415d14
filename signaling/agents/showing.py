"""What pages are sent: after a change, those whose state it touches are looked at again, and sent what is new to them.

What an agent must see at once (a ring that begins or ends, their own call, their own facts) is shown with the next turn
of the loop. Waiting calls that the agent cannot take now may take a second, in which many of them come and go again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import structlog

from signaling.agents import supervision_views, views
from signaling.agents.contract import CurrentCall, DeskState, Me, Message, Phone
from signaling.agents.live_calls import LiveCalls, agents_of, looks_other, meant_alone
from signaling.agents.turns import Turns
from signaling.agents.views import Board, Numbers
from signaling.agents.workplaces import Audience, Tab, Workplace, Workplaces
from signaling.call import Call
from signaling.ids import AgentId, CallId
from signaling.ports import Clock
from signaling.presence import Availability, Presence, is_idle, missing, owner_of, presence
from signaling.routing import rings_all, takes_any, takes_turns, waits
from signaling.waiting import waits_for_sticky

log = structlog.get_logger(__name__)

UNHURRIED_S: Final = 1.0
"""How late an agent may see that calls wait which do not ring for them."""

UNHURRIED_PAGES_PER_S: Final = 500.0
"""In a large company it takes longer: what everybody is told about calls that they cannot take must not cost the calls
their turn."""

LOOKED_AT_AT_ONCE: Final = 100
"""Workplaces per turn of the event loop: audio and calls get their turn in between."""

Emit = Callable[[str, str, str], Awaitable[None]]
"""Send one message: Socket.IO session id, event name, the message as JSON."""

Busy = Callable[[CallId, AgentId], None]
"""A call rings for this agent alone, as the customer should reach them, and they cannot take it now."""

Rung = Callable[[CallId, frozenset[AgentId]], None]
"""A call has begun to ring for these agents."""

Settled = Callable[[Workplace], None]
"""Something of this agent has changed, and their presence is known again."""


def nobody_looks(_place: Workplace) -> None:
    """A Settled for where nobody watches."""


SENT_AT_ONCE: Final = 20
"""Pages that are being sent something at a time."""

_SHARED: Final = {"revision", "server_unix_s", "ringing", "waiting", "waiting_total"}


class Showing:
    """Knows who must be looked at again. Each look costs the same, however many calls and agents there are."""

    def __init__(
        self,
        places: Workplaces,
        calls: LiveCalls,
        numbers: Numbers,
        emit: Emit,
        clock: Clock,
        on_rung: Rung,
        on_busy: Busy,
        *,
        on_settled: Settled = nobody_looks,
        shows_listening: bool = True,
    ) -> None:
        self._places, self._calls, self._numbers = places, calls, numbers
        self._on_settled = on_settled
        self._emit, self._clock, self._on_rung = emit, clock, on_rung
        self._on_busy = on_busy
        self._shows_listening = shows_listening
        self._turns = Turns(places, calls)
        self._touched: dict[Workplace, None] = {}
        self._unsettled: dict[Workplace, None] = {}  # of those touched: whose presence is not known yet
        self._later: set[Audience] = set()
        self._over: dict[CallId, Call] = {}  # calls that ended, until everybody was told
        self._planned: asyncio.Handle | None = None
        self._planned_later: asyncio.TimerHandle | None = None
        self._outbox: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None
        self.looks = 0

    def start(self) -> None:
        self._sender = asyncio.create_task(self._send_all(), name="desk-sender")

    async def stop(self) -> None:
        for planned in (self._planned, self._planned_later):
            if planned is not None:
                planned.cancel()
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    # ---- who must be looked at ---------------------------------------------------------------------------------------

    def touch(self, place: Workplace | None) -> None:
        """Something of this agent has changed. Many changes of one moment are shown once."""
        if place is None:
            return
        self._touched[place] = self._unsettled[place] = None
        self._plan()

    def _plan(self) -> None:
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_soon(self._look)

    def call_moved(self, before: Call | None, call: Call) -> None:
        """`self._calls` knows it already."""
        if self._calls.get(call.id) is None:
            self._over[call.id] = call
        owners = agents_of(before) | agents_of(call)
        decliners = call.declined_by - (before.declined_by if before is not None else frozenset())
        for agent in owners | decliners:
            self.touch(self._places.get(agent))
        for meant in {meant_alone(before), meant_alone(call)}:
            self.touch(self._places.get(meant))
        had_turn, turn_over = self._turns.agent_of(call.id), self._turns.call_moved(before, call)
        self.touch(self._places.get(turn_over))
        if self._turns.are_due:
            self._plan()
        if looks_other(before, call):
            audiences = {*self._places.audiences_of(call), *self._places.audiences_of(before)}
            if rings_all(before) or rings_all(call):
                for audience in audiences:
                    for place in self._places.free(audience):
                        self.touch(place)
            else:
                self.touch(self._places.get(had_turn))
            self._look_later(audiences)

    def _look_later(self, audiences: Iterable[Audience]) -> None:
        self._later.update(audiences)
        if self._planned_later is None and self._later:
            readers = sum(len(self._places.members(audience)) for audience in self._later)
            after_s = max(UNHURRIED_S, readers / UNHURRIED_PAGES_PER_S)
            self._planned_later = asyncio.get_running_loop().call_later(after_s, self._touch_later)

    def _touch_later(self) -> None:
        self._planned_later = None
        for audience in self._later:
            for place in self._places.members(audience):
                if place.facts.availability is not Availability.OFFLINE:
                    self.touch(place)
        self._later.clear()

    # ---- looking -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._planned = None
        at = self._clock()
        newly_rung: dict[CallId, set[AgentId]] = {}
        self._settle(at, newly_rung)
        for place in list(self._touched)[:LOOKED_AT_AT_ONCE]:
            self._look_at(place, at, newly_rung)
        if self._touched:
            self._plan()
        else:
            self._over.clear()
        for call_id, agents in newly_rung.items():
            self._on_rung(call_id, frozenset(agents))

    def _settle(self, at: datetime, newly_rung: dict[CallId, set[AgentId]]) -> None:
        """Whose turn it is follows from everybody's presence, and is settled before anybody is shown anything: nobody
        sees a ring end that begins again. Also who has the same call again begins a turn of their own."""
        for place in self._unsettled:
            own = self._calls.owned_by(place.facts.agent.id)
            now = presence(place.facts, own)
            place.stands_as(now, at)
            place.waits_for_calls(is_idle(place.facts, own), at)
            self._places.settle(place, free=now is Presence.FREE)
            self._turns.agent_moved(place, now)
            self._on_settled(place)
        self._unsettled.clear()
        for call_id, agent in self._turns.give(at):
            newly_rung[call_id] = {agent}
            if (whose := self._places.get(agent)) is not None:
                self._look_at(whose, at, newly_rung)

    def _look_at(self, place: Workplace, at: datetime, newly_rung: dict[CallId, set[AgentId]]) -> None:
        self.looks += 1
        self._touched.pop(place, None)
        agent = place.facts.agent.id
        own = self._calls.owned_by(agent)
        now = presence(place.facts, own)
        for call in self._calls.meant_for(agent):
            able = now is Presence.FREE and takes_any(place.facts.agent, call)
            if not able and waits_for_sticky(call, agent) and call.id != place.facts.claiming:
                self._on_busy(call.id, agent)
        board = self._calls.board(place.facts, own, self._turns.call_of(agent))
        rings = self._with_claimed(place, board.ringing)
        if rings is not place.rings:
            for call_id in place.rings.keys() - rings.keys():
                call = self._calls.get(call_id) or self._over.get(call_id, place.rings[call_id])
                self._hint_ring_stopped(place, now, call)
            for call_id in rings.keys() - place.rings.keys():
                if not takes_turns(rings[call_id]):
                    newly_rung.setdefault(call_id, set()).add(agent)
            place.rings = rings
        for sid, tab in place.tabs.items():
            self._show(place, sid, tab, own, now, board, at)

    def _with_claimed(self, place: Workplace, rings: Mapping[CallId, Call]) -> Mapping[CallId, Call]:
        """A call that this agent has answered rings for them until it has decided: only then is it known why it does
        not any more."""
        claimed = place.facts.claiming
        if claimed is None or claimed not in place.rings or claimed in rings:
            return rings
        call = self._calls.get(claimed)
        return {**rings, claimed: call} if call is not None and waits(call) else rings

    def _hint_ring_stopped(self, place: Workplace, now: Presence, call: Call) -> None:
        taker = self._places.get(owner_of(call))
        hint = views.ring_stopped(place.facts, now, call, taker.facts.agent.name if taker else None, self._numbers)
        if hint is not None:
            for sid in place.tabs:
                self.send(sid, "ring_stopped", hint)

    def _show(
        self,
        place: Workplace,
        sid: str,
        tab: Tab,
        own: Call | None,
        now: Presence,
        board: Board,
        at: datetime,
    ) -> None:
        facts = place.facts
        here = Phone.HERE if place.phone == sid else Phone.ELSEWHERE
        agent = facts.agent.id
        about = (agent, self._numbers, self._places.name_of)
        asked = None if own is None else views.asked(own, *about)
        supervising = None if own is None else supervision_views.supervising(own, *about)
        personal = DeskState(
            revision=0,
            server_unix_s=0.0,
            me=Me(agent_id=facts.agent.id, name=facts.agent.name, role=facts.agent.role),
            phone=Phone.NOWHERE if place.phone is None else here,
            phone_since_unix_s=views.unix_s(place.phone_since) if place.phone is not None else None,
            availability=facts.availability,
            presence=now,
            missing=list(missing(facts)),
            ringing=[],
            waiting=[],
            call=None if own is None or asked or supervising else self._current(own, agent),
            asked=asked,
            supervising=supervising,
            last_call=views.ended(place.last_call, self._numbers) if place.last_call else None,
            call_from=views.call_from(facts, self._numbers),
            wrap_up=views.wrapping_up(facts, self._numbers),
            pause_reason=facts.pause_reason,
            paused_since_unix_s=views.unix_s(facts.paused_since),
        ).model_dump_json(exclude=_SHARED)
        shown = f'{personal[1:-1]},"ringing":{board.ringing_json},"waiting":{board.waiting_json}'
        shown += f',"waiting_total":{board.waiting}'
        if shown == tab.shown:
            return
        tab.shown, tab.revision = shown, tab.revision + 1
        head = f'"revision":{tab.revision},"server_unix_s":{at.timestamp()!r}'
        self._outbox.put_nowait((sid, "state", f"{{{head},{shown}}}"))

    def _current(self, call: Call, agent: AgentId) -> CurrentCall:
        shown = views.current(call, self._numbers, agent, self._places.name_of)
        there = supervision_views.supervisor_now(call, self._places.name_of, shows_listening=self._shows_listening)
        return shown if there is None else shown.model_copy(update={"supervisor": there})

    # ---- sending -----------------------------------------------------------------------------------------------------

    def send(self, sid: str, event: str, message: Message) -> None:
        self.send_json(sid, event, message.model_dump_json())

    def send_json(self, sid: str, event: str, message_json: str) -> None:
        self._outbox.put_nowait((sid, event, message_json))

    async def _send_all(self) -> None:
        """What one page is sent keeps its order: no hint overtakes a state. Pages hardly wait for each other: a send
        may take several turns of the loop, and a ring goes to many; but a task for each page would cost more than the
        sending."""
        while True:
            first = await self._outbox.get()
            sendings = {first[0]: [first]}
            while not self._outbox.empty():
                sending = self._outbox.get_nowait()
                sendings.setdefault(sending[0], []).append(sending)
            pages = iter(sendings.values())
            await asyncio.gather(*(self._send_each(pages) for _ in range(min(SENT_AT_ONCE, len(sendings)))))

    async def _send_each(self, pages: Iterator[list[tuple[str, str, str]]]) -> None:
        """Several share `pages` and take the next one each."""
        for messages in pages:
            await self._send(messages)

    async def _send(self, messages: list[tuple[str, str, str]]) -> None:
        try:
            for message in messages:
                await self._emit(*message)
        except Exception as error:  # one page's trouble must not freeze all the others
            log.exception("message_not_sent", error=type(error).__name__)
