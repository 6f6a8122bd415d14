"""`/api/v1/calls/{call_id}/caller`: who calls and why, for those for whom a call rings and for whoever has it.

Asked by a page when a call begins to ring there: what rings is told to many pages, often, and carries none of it.
While it asks, a colleague may take the call: an everyday thing, and no error. So whoever may not know the caller, or
not any more, is answered that and nothing else, and of a call that never was just the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final, Protocol

from pydantic import Field

from gateway.api.call_filters import visible_to_caller
from gateway.api.calls import CALL_ID
from gateway.api.door import EVERYBODY, Access
from gateway.api.operations import Answer, Asked, Nothing, Operation
from signaling.agents.callers import may_know_caller
from signaling.call import Call
from signaling.ids import CallId
from signaling.integrator_contract import Moment
from signaling.ports import Agent
from store.callers import LAST_CALLS, Caller
from store.history import PastCall
from store.history_filter import HistoryFilter
from store.reach import Reach

READS: Final = Access(roles=EVERYBODY)
STORED_WITHIN_S: Final = 2.0


class EarlierCall(Answer):
    call_id: str
    at: Moment | None
    direction: str
    outcome: Annotated[str | None, Field(description="null: it still goes on.")]
    talk_s: float | None
    agent_name: Annotated[str | None, Field(description="Who talked with the customer.")]


class ProtocolOpen(Answer):
    code: str
    opened_at: Moment
    department: str | None


class StickyAgentTold(Answer):
    name: str
    was_free: Annotated[bool, Field(description="Else the others were rung at once.")]


class CallerAnswer(Answer):
    """What the caller of this API may see of it: calls as in `/calls`, protocols as in `/protocols`."""

    known: Annotated[
        bool,
        Field(
            description="false: there is no such call, or it does not ring for the caller (any more) and is not theirs "
            "to see. The rest is empty then."
        ),
    ]
    calls: Annotated[list[EarlierCall], Field(description=f"The last {LAST_CALLS} before this one, newest first.")]
    protocol: Annotated[ProtocolOpen | None, Field(description="The newest that is open.")]
    sticky_agent: Annotated[
        StickyAgentTold | None, Field(description="Whom the customer should reach, as your own system answered.")
    ]


NOT_KNOWN: Final = CallerAnswer(known=False, calls=[], protocol=None, sticky_agent=None)


class Callers(Protocol):
    """`store.callers.SqlCallers`. May raise NeighbourError."""

    async def of_call(
        self, call: CallId, visible: HistoryFilter, reach: Reach, *, known: bool = False
    ) -> Caller | None: ...


class CallerRoutes:
    """`stored` returns when a call can be read, which is shown on pages a moment before."""

    def __init__(
        self,
        callers: Callers,
        live_calls: Callable[[], Sequence[Call]],
        stored: Callable[[CallId], Awaitable[object]],
    ) -> None:
        self._callers, self._live_calls, self._stored = callers, live_calls, stored
        self._asking = asyncio.Semaphore(1)  # a call may ring on a hundred pages: what else is read goes on beside

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getCaller",
                method="GET",
                path="/calls/{call_id}/caller",
                path_patterns={"call_id": CALL_ID},
                summary="The customer of a call: their last calls, their open protocol, whom they should reach.",
                access=READS,
                answer=CallerAnswer,
                handler=self.one,
                tag="calls",
            )
        ]

    async def one(self, asked: Asked[Nothing, Nothing]) -> CallerAnswer:
        call, who = CallId(asked.path["call_id"]), asked.who
        known = who.agent is not None and self._knows(who.agent, call)
        if known:
            with suppress(TimeoutError):  # the store is away: reading tells that better
                await asyncio.wait_for(self._stored(call), STORED_WITHIN_S)
        async with self._asking:
            found = await self._callers.of_call(call, visible_to_caller(who), who.reach, known=known)
        return NOT_KNOWN if found is None else answer_of(found)

    def _knows(self, agent: Agent, call_id: CallId) -> bool:
        call = next((call for call in self._live_calls() if call.id == call_id), None)
        return call is not None and may_know_caller(agent, call)


def answer_of(found: Caller) -> CallerAnswer:
    protocol, sticky = found.protocol, found.sticky_agent
    return CallerAnswer(
        known=True,
        calls=[EarlierCall(**_line(call)) for call in found.calls],
        protocol=None
        if protocol is None
        else ProtocolOpen(code=protocol.code, opened_at=protocol.opened_at, department=protocol.department_name),
        sticky_agent=None if sticky is None else StickyAgentTold(name=sticky.name, was_free=sticky.was_free),
    )


def _line(call: PastCall) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "at": call.offered_at or call.received_at,
        "direction": call.direction.value,
        "outcome": None if call.outcome is None else call.outcome.value,
        "talk_s": call.talk_s,
        "agent_name": call.agent_name,
    }
