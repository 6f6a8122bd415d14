"""`/api/v1/calls`: what happened, as far as the caller may see it. Users of ours are shown customers by label, never by
number; integrators, whose customers they are, in full."""

import asyncio
from typing import Any, Final, Protocol

from gateway.api.call_bodies import (
    CallDetail,
    CallLine,
    CallOutline,
    CallPage,
    CallsQuery,
    OutlineQuery,
    TimelineLine,
    cursor_of,
    integrators_view,
)
from gateway.api.call_filters import ReplaySight, visible_to_caller, wanted_of
from gateway.api.door import EVERYBODY, Access, Audit, Caller
from gateway.api.errors import not_found
from gateway.api.operations import Asked, Nothing, Operation
from signaling.call import TimelineEntry
from signaling.ids import CallId
from signaling.labels import customer_label
from signaling.moves import KNOWN_BY_ITS_END
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import Entry
from store.cursors import Cursor
from store.history import HistoryOutline, HistoryPage, PastCall
from store.history_filter import HistoryFilter

CALL_ID: Final = "[0-9a-f]{32}"
READS: Final = Access(Scope.CALLS_READ, EVERYBODY)

TIMESTAMPS: Final = (
    *("received_at", "offered_at", "pre_accepted_at", "rung_at", "answered_at", "accepted_at"),
    *("customer_audio_at", "agent_audio_at", "ended_at"),
)


class CallHistory(Protocol):
    """The read side of the records (`store.history.SqlHistory`). They may raise NeighbourError."""

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage: ...

    async def outline(self, wanted: HistoryFilter, step: int) -> HistoryOutline: ...

    async def call(
        self, call_id: CallId, wanted: HistoryFilter | None = None
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None: ...


class CallRoutes:
    def __init__(self, history: CallHistory, replayers: ReplaySight, audit: Audit, clock: Clock) -> None:
        self._history, self._replayers = history, replayers
        self._audit, self._clock = audit, clock
        self._outlining = asyncio.Semaphore(1)  # it may take a second: others are to find a reader free

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
                name="outlineCalls",
                method="GET",
                path="/calls/outline",
                summary="How many calls a list has, and where its pages begin.",
                access=READS,
                query=OutlineQuery,
                answer=CallOutline,
                handler=self.outline,
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
        query = asked.query
        wanted = await wanted_of(query, asked.who, self._replayers)
        page = await self._history.page(wanted, query.limit, cursor_of(query.before))
        if query.words is not None:
            await self._note(asked, len(page.calls))
        following = None if page.next_cursor is None else str(page.next_cursor)
        return CallPage(calls=[CallLine(**shown(asked.who, call)) for call in page.calls], next=following)

    async def outline(self, asked: Asked[Nothing, OutlineQuery]) -> CallOutline:
        query = asked.query
        wanted = await wanted_of(query, asked.who, self._replayers)
        async with self._outlining:
            outline = await self._history.outline(wanted, query.step)
        if query.words is not None:
            await self._note(asked, outline.count)
        marks = [str(mark) for mark in outline.marks]
        return CallOutline(
            count=outline.count,
            more=outline.more,
            step=outline.step,
            marks=marks,
            departments=outline.departments,
        )

    async def _note(self, asked: Asked[Nothing, Any], found: int) -> None:
        """What was searched for may name a person: it is not written down."""
        await self._audit.append(
            Entry(self._clock(), asked.who.actor, "transcripts.searched", "calls", {"found": found})
        )

    async def one(self, asked: Asked[Nothing, Nothing]) -> CallDetail:
        """404 also for a call that the caller may not see."""
        found = await self._history.call(CallId(asked.path["call_id"]), visible_to_caller(asked.who))
        if found is None:
            raise not_found()
        call, timeline = found
        return CallDetail(
            **shown(asked.who, call),
            timestamps={name: getattr(call, name) for name in TIMESTAMPS},
            back_filled=call.offered_at is None and any(entry.kind == KNOWN_BY_ITS_END for entry in timeline),
            timeline=[TimelineLine(at=entry.at, kind=entry.kind, data=dict(entry.data)) for entry in timeline],
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
        "meta_recording": call.by_meta,
        "reason": call.reason,
        "wait_s": call.wait_s,
        "dispositions": list(call.dispositions),
        "protocol": call.protocol,
    }
