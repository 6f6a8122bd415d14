"""`/api/v1/calls`: what happened, as far as the signed-in user may see it. Customers are shown by label, never by
number."""

from datetime import UTC, datetime
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.api.errors import bad_request, not_found
from gateway.api.login import signed_in
from gateway.api.sessions import Sessions
from signaling.call import TimelineEntry
from signaling.ids import CallId
from signaling.labels import customer_label
from signaling.ports import Agent, Role
from store.history import PAGE_LIMIT, HistoryFilter, HistoryPage, PastCall

USUAL_PAGE: Final = 50
LONGEST_CURSOR_DIGITS: Final = 18  # fits a signed 64-bit row id
SEES_ALL: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})

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
    def __init__(self, sessions: Sessions, history: CallHistory) -> None:
        self._sessions, self._history = sessions, history

    async def recent(self, request: web.Request) -> web.Response:
        """`?limit=1…200&before=<next of the page before>` → `{"calls": […], "next": "…" | null}`, newest first.

        401 not_signed_in, session_expired; 400 bad_request for other values.
        """
        who = await signed_in(request, self._sessions)
        limit = read_count(request.query.get("limit", str(USUAL_PAGE)), "limit", PAGE_LIMIT)
        before = request.query.get("before")
        cursor = None if before is None else read_count(before, "before", 10**LONGEST_CURSOR_DIGITS)
        page = await self._history.page(visible_to(who.agent), limit, cursor)
        following = None if page.next_cursor is None else str(page.next_cursor)
        return web.json_response({"calls": [call_line(call) for call in page.calls], "next": following})

    async def one(self, request: web.Request) -> web.Response:
        """A line as above with `timestamps` and `timeline`; 404 also for a call that the user may not see."""
        who = await signed_in(request, self._sessions)
        found = await self._history.call(CallId(request.match_info["call_id"]), visible_to(who.agent))
        if found is None:
            raise not_found()
        call, timeline = found
        return web.json_response(
            {
                **call_line(call),
                "timestamps": {name: iso(getattr(call, name)) for name in TIMESTAMPS},
                "timeline": [{"at": iso(entry.at), "kind": entry.kind, "data": entry.data} for entry in timeline],
            }
        )


def visible_to(agent: Agent) -> HistoryFilter:
    """Supervisors and administrators see every call; agents see theirs, and what their departments missed."""
    if agent.role in SEES_ALL:
        return HistoryFilter()
    return HistoryFilter(visible_in=frozenset(), visible_missed_in=agent.departments, visible_agent=agent.id)


def call_line(call: PastCall) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "number_label": call.number_label,
        "contact_id": call.contact,
        "customer_name": call.customer.name,
        "customer_label": customer_label(call.customer),
        "department": call.department_name,
        "direction": call.direction.value,
        "outcome": None if call.outcome is None else call.outcome.value,
        "ended_by": None if call.ended_by is None else call.ended_by.value,
        "state": call.state.value,
        "offered_at": iso(call.offered_at or call.received_at),
        "talk_s": call.talk_s,
        "agent_name": call.agent_name,
        "failure_code": None if call.failure is None else call.failure.code,
    }


def iso(at: datetime | None) -> str | None:
    """ISO 8601 in UTC: `2025-11-21T02:44:00.123Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_count(text: str, name: str, largest: int) -> int:
    """A number from 1 to `largest`. Raises ApiError 400."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_CURSOR_DIGITS and 1 <= int(text) <= largest:
        return int(text)
    raise bad_request(f"Missing or wrong: {name}.")
