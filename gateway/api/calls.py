"""`/api/v1/calls`: what happened, as far as the caller may see it. Users of ours are shown customers by label, never by
number; integrators, whose customers they are, in full."""

from dataclasses import replace
from typing import Any, Final, Protocol

from gateway.api.call_bodies import CallDetail, CallLine, CallPage, CallsQuery, TimelineLine, integrators_view
from gateway.api.door import EVERYBODY, LEADERS, Access, Caller
from gateway.api.errors import not_found
from gateway.api.operations import Asked, Nothing, Operation
from gateway.settings import AgentsSee
from signaling.call import TimelineEntry
from signaling.ids import CallId, ContactId
from signaling.labels import customer_label
from signaling.ports import Agent
from store.api_keys import Scope
from store.history import HistoryFilter, HistoryPage, PastCall

CALL_ID: Final = "[0-9a-f]{32}"
READS: Final = Access(Scope.CALLS_READ, EVERYBODY)

TIMESTAMPS: Final = (
    *("received_at", "offered_at", "pre_accepted_at", "rung_at", "answered_at", "accepted_at"),
    *("customer_audio_at", "agent_audio_at", "ended_at"),
)


class CallHistory(Protocol):
    """The read side of the records (`store.history.SqlHistory`). Both may raise NeighbourError."""

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: int | None = None) -> HistoryPage: ...

    async def call(
        self, call_id: CallId, wanted: HistoryFilter | None = None
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None: ...


class CallRoutes:
    def __init__(self, history: CallHistory) -> None:
        self._history = history

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listCalls",
                method="GET",
                path="/calls",
                summary="Calls, newest first.",
                access=READS,
                query=CallsQuery,
                answer=CallPage,
                handler=self.recent,
                omit_unset=True,
                tag="calls",
            ),
            Operation(
                name="getCall",
                method="GET",
                path="/calls/{call_id}",
                path_patterns={"call_id": CALL_ID},
                summary="One call with its times and its timeline.",
                access=READS,
                answer=CallDetail,
                handler=self.one,
                omit_unset=True,
                tag="calls",
            ),
        ]

    async def recent(self, asked: Asked[Nothing, CallsQuery]) -> CallPage:
        contact = asked.query.contact_id
        wanted = replace(visible_to_caller(asked.who), contact=None if contact is None else ContactId(contact))
        page = await self._history.page(wanted, asked.query.limit, asked.query.before)
        following = None if page.next_cursor is None else str(page.next_cursor)
        return CallPage(calls=[CallLine(**shown(asked.who, call)) for call in page.calls], next=following)

    async def one(self, asked: Asked[Nothing, Nothing]) -> CallDetail:
        """404 also for a call that the caller may not see."""
        found = await self._history.call(CallId(asked.path["call_id"]), visible_to_caller(asked.who))
        if found is None:
            raise not_found()
        call, timeline = found
        return CallDetail(
            **shown(asked.who, call),
            timestamps={name: getattr(call, name) for name in TIMESTAMPS},
            timeline=[TimelineLine(at=entry.at, kind=entry.kind, data=dict(entry.data)) for entry in timeline],
        )


def visible_to_caller(who: Caller) -> HistoryFilter:
    if who.agent is not None:
        return visible_to(who.agent, who.sees)
    return HistoryFilter(visible_numbers=who.reach.numbers, visible_in=who.reach.departments)


def visible_to(agent: Agent, sees: AgentsSee = AgentsSee.MISSED) -> HistoryFilter:
    """Supervisors and administrators see every call; agents see theirs, and as many others as they are to see."""
    if agent.role in LEADERS or sees is AgentsSee.ALL:
        return HistoryFilter()
    return HistoryFilter(
        visible_in=agent.departments if sees is AgentsSee.DEPARTMENT else frozenset(),
        visible_missed_in=agent.departments if sees is AgentsSee.MISSED else frozenset(),
        visible_agent=agent.id,
    )


def shown(who: Caller, call: PastCall) -> dict[str, Any]:
    return {**call_line(call), **(integrators_view(call) if who.key is not None else {})}


def call_line(call: PastCall) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "number_id": call.number,
        "number_label": call.number_label,
        "contact_id": call.contact,
        "customer_name": call.customer.name,
        "customer_label": customer_label(call.customer),
        "department": call.department_name,
        "direction": call.direction.value,
        "outcome": None if call.outcome is None else call.outcome.value,
        "ended_by": None if call.ended_by is None else call.ended_by.value,
        "state": call.state.value,
        "offered_at": call.offered_at or call.received_at,
        "talk_s": call.talk_s,
        "agent_name": call.agent_name,
        "failure_code": None if call.failure is None else call.failure.code,
        "recording": call.recording,
    }
