"""Every call of this process: which inbox an event belongs to, new calls, calls that ended long ago, and start-up."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

import structlog

from signaling.admission import Capacity, as_failure
from signaling.balance_guard import CALL_REFUSED, refuses
from signaling.call import Call, State
from signaling.effects import Effect, FindStickyAgent
from signaling.errors import Failure, Fault
from signaling.events import (
    AgentDialed,
    CallAnswerReceived,
    CallEvent,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    Direction,
    GatewayRestarted,
)
from signaling.ids import CallId, PhoneNumberId, new_call_id
from signaling.opaque import call_named_in
from signaling.ports import CallStore, Clock, Number, NumberStore
from signaling.private import Payload, Wacid
from signaling.recording_policy import policy_for
from signaling.runner import CallRunner, Performer
from signaling.schedule import is_open
from signaling.verdict import Refused

log = structlog.get_logger(__name__)

NUMBER_CLOSED: Final = Failure("number.inbound_disabled", Fault.CONFIGURATION, "this number takes no calls")

CLOSING_GRACE_S: Final = 5.0

Key = tuple[PhoneNumberId, Wacid]

MetaCallEvent = CallOffered | CallAnswerReceived | CallStatusChanged | CallTerminated
"""What Meta tells of a call."""


class Exchange:
    """`on_change` hears of every change of a call, at once: what follows from it is performed after it was saved."""

    def __init__(
        self,
        *,
        calls: CallStore,
        numbers: NumberStore,
        performers: Mapping[type[Effect], Performer],
        clock: Clock,
        on_change: Callable[[Call], None],
        capacity: Capacity,
        new_id: Callable[[], CallId] = new_call_id,
        asks_for_agent: Callable[[Payload | None], bool] = lambda _: True,
    ) -> None:
        self._calls, self._numbers, self._performers, self._clock = calls, numbers, performers, clock
        self._capacity, self._new_id, self._asks_for_agent = capacity, new_id, asks_for_agent
        self._on_change = on_change
        self._runners: dict[CallId, CallRunner] = {}
        self._ids: dict[Key, CallId] = {}  # of live calls that Meta has named
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    @property
    def live_calls(self) -> list[Call]:
        return [runner.call for runner in self._runners.values()]

    def tell(self, call_id: CallId, event: CallEvent) -> bool:
        """Put an event of an agent or of audio into a live call's inbox. False: the call is over."""
        runner = self._runners.get(call_id)
        if runner is None:
            return False
        runner.put(event)
        return True

    async def stored(self, call_id: CallId) -> None:
        """Return when a call that has just begun can be read from the store; at once for one that is not live."""
        if (runner := self._runners.get(call_id)) is not None:
            await runner.stored()

    def begin(self, call: Call, event: AgentDialed) -> None:
        """Live a call that an agent makes. Nothing is asked any more (`signaling.placing` has)."""
        self._start(call).put(event)

    async def deliver(self, event: MetaCallEvent) -> None:
        """Route an event of Meta's, and return when what it led to is saved.

        Raises NeighbourError when the store cannot be asked: deliver the event again later.
        """
        key = (event.number, event.wacid)
        async with self._lock_of(key):  # two deliveries at once must not make two calls
            runner = self._live(event)
            if runner is None:
                call = await self._find_or_make(event)
                if call is None:
                    return
                runner = self._runners.get(call.id) or self._start(call)
            self._ids[key] = runner.call.id
            saved = runner.put_and_save(event)
        await saved

    async def recover(self) -> int:
        """Calls left open by a process that died are ended at Meta and closed. Returns how many there were."""
        left_open = await self._calls.open_calls()
        for call in left_open:
            if call.id not in self._runners:
                await self._keep_place(call)
                self._start(call).put(GatewayRestarted())
        return len(left_open)

    async def close(self, grace_s: float = CLOSING_GRACE_S) -> None:
        """The process ends in good order: calls that are up are ended at Meta, as far as the grace allows."""
        runners = list(self._runners.values())
        if runners:
            await asyncio.wait([asyncio.create_task(runner.end()) for runner in runners], timeout=grace_s)
        await self.stop()

    async def stop(self) -> None:
        """Drop everything. Open calls stay open in the store: the next start ends them at Meta."""
        await asyncio.gather(*(runner.stop() for runner in list(self._runners.values())))

    def _lock_of(self, key: Key) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    def _live(self, event: MetaCallEvent) -> CallRunner | None:
        by_name = self._ids.get((event.number, event.wacid))
        call_id = by_name or _own_call_id(event)
        runner = None if call_id is None else self._runners.get(call_id)
        return runner if runner is not None and (by_name or _may_be(runner.call, event)) else None

    async def _find_or_make(self, event: MetaCallEvent) -> Call | None:
        call = await self._calls.find(event.number, event.wacid)
        if call is None and (own := _own_call_id(event)) is not None:
            call = await self._calls.get(own)
            call = call if call is not None and _may_be(call, event) else None
        if call is not None:
            await self._keep_place(call)
            return call
        number = await self._numbers.by_phone_number_id(event.number)
        if number is None:
            log.warning("event_for_unknown_number", event_kind=type(event).__name__)
            return None
        if not isinstance(event, CallOffered | CallTerminated):  # it tells of a call that was made by somebody else
            log.warning("event_of_unknown_call", event_kind=type(event).__name__)
            return None
        call = self._new_call(number, event)
        if isinstance(event, CallOffered) and call.refusal is None:
            now = self._clock()
            verdict = await self._capacity.admit(number, call.direction, call.id, now)
            if isinstance(verdict, Refused):
                log.warning("call_refused", call_id=call.id, code=verdict.code, used=verdict.used, limit=verdict.limit)
                call = replace(call, refusal=as_failure(verdict, now))
        return call

    async def _keep_place(self, call: Call) -> None:
        """A call that is not over counts at Meta, whoever carried it."""
        if call.state is not State.ENDED:
            await self._capacity.keep(call.number, call.direction, call.id, self._clock())

    def _new_call(self, number: Number, event: CallOffered | CallTerminated) -> Call:
        outbound = isinstance(event, CallTerminated) and event.direction is Direction.OUTBOUND
        direction = Direction.OUTBOUND if outbound else Direction.INBOUND
        return Call(
            id=self._new_id(),
            number=number.id,
            phone_number_id=number.phone_number_id,
            department=number.department,
            direction=direction,
            wacid=event.wacid,
            rules=number.rules,
            plan=number.plan,
            has_operators=number.operators is not None,
            is_open=number.schedule is None or is_open(number.schedule, self._clock()),
            asks_for_agent=FindStickyAgent in self._performers and self._asks_for_agent(event.button_payload),
            recording_policy=policy_for(number.recording, direction, number.department),
            refusal=_refusal_of(number, direction, self._clock()),
        )

    def _start(self, call: Call) -> CallRunner:
        def over() -> None:
            self._runners.pop(call.id, None)
            if runner.call.wacid is not None:
                self._ids.pop((call.phone_number_id, runner.call.wacid), None)
            self._capacity.release(call.id)

        runner = CallRunner(
            call,
            store=self._calls,
            performers=self._performers,
            clock=self._clock,
            on_change=self._changed,
            on_over=over,
        )
        self._runners[call.id] = runner
        self._learn_name(call)
        return runner

    def _changed(self, call: Call) -> None:
        self._learn_name(call)
        self._on_change(call)

    def _learn_name(self, call: Call) -> None:
        if call.wacid is not None and call.id in self._runners:
            self._ids[(call.phone_number_id, call.wacid)] = call.id


def _refusal_of(number: Number, direction: Direction, at: datetime) -> Failure | None:
    """Why a new call of a customer is not taken; calls that are up are never asked about."""
    if not number.inbound_enabled:
        return NUMBER_CLOSED
    return CALL_REFUSED if refuses(number.balance_guard, number.balance, direction, at) else None


def _own_call_id(event: MetaCallEvent) -> CallId | None:
    return None if isinstance(event, CallOffered) else call_named_in(event.opaque)


def _may_be(call: Call, event: MetaCallEvent) -> bool:
    """Whether an event with our call's id can be of that call: Meta has not named it otherwise."""
    outbound = call.direction is Direction.OUTBOUND and call.phone_number_id == event.number
    return outbound and call.wacid in (None, event.wacid)
