"""The live wall: calls, agents and numbers as supervisors and administrators watch them, each what is their business.

What changes is only noted. A few times a second the rows of what was noted are written once, whoever reads them, and
each page is sent what is new since it was last told: the cost is that of the changes and of the messages, however many
calls there are. A page that has not painted what it was sent is not sent more; it misses nothing, for it is told of
each row as it is then. While nobody watches there are no rows.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from signaling.agents.contract import Refusal
from signaling.agents.live_calls import LiveCalls
from signaling.agents.supervisors import listened_in
from signaling.agents.views import Numbers
from signaling.agents.wall_messages import CloseWall, OpenWall, WallClosed, WallSeen
from signaling.agents.wall_rows import Rows
from signaling.agents.wall_views import (
    Sight,
    agent_row,
    business_of_agent,
    business_of_call,
    business_of_number,
    call_row,
    may_watch,
    number_row,
    sight_of,
)
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call
from signaling.capacity import NumberUse
from signaling.eligibility import Restriction
from signaling.ids import AgentId, CallId, NumberId
from signaling.number_alerts import alerts_of
from signaling.ports import Clock, Number
from signaling.presence import owner_of
from signaling.sound import Lights

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.25
"""Four pictures a second: what moves can be followed, and hundreds of calls that move cost a few messages."""

NUMBERS_EVERY_S: Final = 1.0

WRITTEN_AT_ONCE: Final = 50
"""Rows per turn of the event loop: audio and calls get their turn in between."""

UNSEEN_AT_MOST: Final = 2
"""Messages that a page has not painted yet; one may be on its way while the other is being painted."""

WallMessage = OpenWall | WallSeen | CloseWall

SendJson = Callable[[str, str, str], None]
"""Socket.IO session id, event, and the message as JSON."""

UseOf = Callable[[NumberId], NumberUse]


def no_use(_number: NumberId) -> NumberUse:
    """A UseOf for where nobody counts."""
    return NumberUse()


RestrictionsOf = Callable[[Number], Iterable[Restriction]]
"""Meta's punishments of a number, as last heard."""


def no_restrictions(_number: Number) -> Iterable[Restriction]:
    """A RestrictionsOf for where nobody asks Meta."""
    return ()


@dataclass(slots=True)
class _Watcher:
    """A page that shows the wall. `told`: the version up to which it was told everything; None: nothing yet."""

    place: Workplace
    sight: Sight
    told: int | None = None
    revision: int = 0
    seen: int = 0


class LiveWall:
    """`open`, `seen` and `closed` by pages; `call_moved`, `call_touched`, `agent_moved` by what happens."""

    def __init__(
        self,
        places: Workplaces,
        live: LiveCalls,
        numbers: Numbers,
        send: SendJson,
        clock: Clock,
        use_of: UseOf = no_use,
        restrictions_of: RestrictionsOf = no_restrictions,
    ) -> None:
        self._places, self._live, self._numbers = places, live, numbers
        self._restrictions_of = restrictions_of
        self._send, self._clock, self._use_of = send, clock, use_of
        self._watchers: dict[str, _Watcher] = {}
        self._calls, self._agents, self._number_rows = Rows[CallId](), Rows[AgentId](), Rows[NumberId]()
        self._moved_calls: dict[CallId, None] = {}
        self._moved_agents: dict[AgentId, None] = {}
        self._version = 0
        self._numbers_due_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self.rows_written = 0

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # ---- who watches -------------------------------------------------------------------------------------------------

    def act(self, place: Workplace, sid: str, message: WallMessage) -> Refusal | None:
        match message:
            case OpenWall():
                return self._open(place, sid)
            case WallSeen(revision=revision):
                if (watcher := self._watchers.get(sid)) is not None:
                    watcher.seen = max(watcher.seen, min(revision, watcher.revision))
            case CloseWall():
                self.closed(sid)
        return None

    def _open(self, place: Workplace, sid: str) -> Refusal | None:
        if not may_watch(place.facts.agent):
            return Refusal.FORBIDDEN
        if not self._watchers:
            self._moved_calls.update(dict.fromkeys([*self._calls.keys(), *(call.id for call in self._live)]))
            self._moved_agents.update(dict.fromkeys(at.facts.agent.id for at in self._places))
            self._numbers_due_s = 0.0
        self._watchers[sid] = _Watcher(place, sight_of(place.facts.agent))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="live-wall")
        return None

    def closed(self, sid: str) -> None:
        """The page does not show it any more, or is gone."""
        self._watchers.pop(sid, None)

    def renewed(self, place: Workplace) -> None:
        """Grants have changed: whoever may see something else is sent all of it anew, or nothing more."""
        agent = place.facts.agent
        if (own := self._live.owned_by(agent.id)) is not None:
            self.call_touched(own.id)  # whose business it is goes by where its agent works
        for sid in [sid for sid, watcher in self._watchers.items() if watcher.place is place]:
            if not may_watch(agent):
                self.closed(sid)
                self._send(sid, "wall_closed", WallClosed().model_dump_json())
                continue
            watcher = self._watchers[sid]
            watcher.sight, watcher.told, watcher.seen = sight_of(agent), None, watcher.revision

    # ---- what happens ------------------------------------------------------------------------------------------------

    def call_moved(self, before: Call | None, call: Call) -> None:
        if self._watchers and before is not call:
            self._moved_calls[call.id] = None

    def call_touched(self, call_id: CallId) -> None:
        """Something that is no fact of the call itself, such as its sound."""
        if self._watchers:
            self._moved_calls[call_id] = None

    def agent_moved(self, place: Workplace) -> None:
        if self._watchers:
            self._moved_agents[place.facts.agent.id] = None

    # ---- telling -----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """As long as somebody watches."""
        try:
            while self._watchers:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._task = None
            for rows in (self._calls, self._agents, self._number_rows):
                rows.clear(self._version)
            self._moved_calls.clear()
            self._moved_agents.clear()

    async def _look(self) -> None:
        version, due = self._version + 1, self._due()
        for written, write in enumerate(due, 1):
            try:
                write(version)
            except Exception as error:  # a row that cannot be written must not hide all the others
                log.exception("wall_row_not_written", error=type(error).__name__)
            if written % WRITTEN_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._version = version
        self.rows_written += len(due)
        said: dict[tuple[Sight, int], str | None] = {}
        for sid, watcher in list(self._watchers.items()):
            self._tell(sid, watcher, said)

    def _due(self) -> list[Callable[[int], None]]:
        """What must be written now. What moves meanwhile is noted anew."""
        calls, self._moved_calls = self._moved_calls, {}
        agents, self._moved_agents = self._moved_agents, {}
        due: list[Callable[[int], None]] = [partial(self._write_call, call_id) for call_id in calls]
        due += [partial(self._write_agent, agent) for agent in agents]
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._numbers_due_s:
            self._numbers_due_s = now_s + NUMBERS_EVERY_S
            due += [partial(self._write_number, number) for number in {*self._number_rows.keys(), *self._numbers}]
        return due

    def _write_call(self, call_id: CallId, version: int) -> None:
        call = self._live.get(call_id)
        if call is None:
            self._calls.drop(call_id, version)
            return
        counting = listened_in(call, self._numbers, self._places)
        row = call_row(call, self._numbers, self._places.name_of, self._lights_of(call), counting)
        self._calls.put(call_id, row.model_dump_json(), business_of_call(call, counting), version)

    def _write_agent(self, agent: AgentId, version: int) -> None:
        place = self._places.get(agent)
        if place is not None:
            row = agent_row(place.facts, place.stands, place.stands_since)
            self._agents.put(agent, row.model_dump_json(), business_of_agent(place.facts.agent), version)

    def _write_number(self, number_id: NumberId, version: int) -> None:
        number = self._numbers.get(number_id)
        if number is None:
            self._number_rows.drop(number_id, version)
            return
        alerts = alerts_of(number, self._restrictions_of(number), self._clock())
        row = number_row(number, self._use_of(number_id), alerts)
        self._number_rows.put(number_id, row.model_dump_json(), business_of_number(number), version)

    def _tell(self, sid: str, watcher: _Watcher, said: dict[tuple[Sight, int], str | None]) -> None:
        if watcher.revision - watcher.seen >= UNSEEN_AT_MOST:
            return
        tables = (self._calls, self._agents, self._number_rows)
        if watcher.told is None or not all(rows.knows_since(watcher.told) for rows in tables):
            event, shown = "wall", self._everything(watcher)
        else:
            key = watcher.sight, watcher.told
            if key not in said:
                said[key] = self._news(*key)
            event, news = "wall_changed", said[key]
            watcher.told = self._version
            if news is None:
                return
            shown = news
        watcher.told, watcher.revision = self._version, watcher.revision + 1
        head = f'"revision":{watcher.revision},"server_unix_s":{self._clock().timestamp()!r}'
        self._send(sid, event, f"{{{head},{shown}}}")

    def _everything(self, watcher: _Watcher) -> str:
        sight = watcher.sight
        departments = None if sight.everything else sorted(sight.departments)
        shown = f'"departments":{json.dumps(departments)},'
        shown += f'"listens_in":{json.dumps(sorted(watcher.place.facts.agent.listens_in))},'
        shown += f'"calls":[{",".join(self._calls.all_for(sight))}],'
        shown += f'"agents":[{",".join(self._agents.all_for(sight))}],'
        return shown + f'"numbers":[{",".join(self._number_rows.all_for(sight))}]'

    def _news(self, sight: Sight, since: int) -> str | None:
        """None: there are none for who has this sight."""
        parts, anything = [], False
        for name, rows in (("calls", self._calls), ("agents", self._agents), ("numbers", self._number_rows)):
            changed, gone = rows.changed_for(sight, since), rows.gone_for(sight, since)
            anything = anything or bool(changed or gone)
            parts.append(f'"{name}":[{",".join(changed)}],"{name}_gone":{json.dumps(gone)}')
        return ",".join(parts) if anything else None

    def _lights_of(self, call: Call) -> Lights | None:
        place = self._places.get(owner_of(call))
        told = None if place is None else place.lights
        return told[1] if told is not None and told[0] == call.id else None
