"""A `signaling.ports.CallStore` in SQL."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, text, update
from sqlmodel import Session, col, select

from signaling.announcements import Told, news_of
from signaling.call import Call, Claim, State, TimelineEntry
from signaling.events import Direction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId, RequestKey, SeatId
from signaling.private import Wacid
from signaling.texts_due import are_due
from store.announcing import announce_call, told_of
from store.call_audit import audit_lines, is_audited
from store.call_grants import had_by_guest
from store.columns import storable
from store.contacts import contact_of, customer_of
from store.database import Database
from store.figures import follow_figures
from store.models import OPEN_CALLS, CallEventRow, CallRow, ContactRow, table_of
from store.recordings import follow, same_recording

# Fields whose value is the column's value.
_PLAIN: Final = (
    *("phone_number_id", "direction", "rules", "state", "button_payload", "link_payload", "reference"),
    *("refusal", "answer"),
    *("received_at", "offered_at", "pre_accepted_at", "rung_at", "answered_at", "accepted_at", "rejected_at"),
    *("waiting_since", "callback_promised_at"),
    *("customer_audio_at", "agent_audio_at", "ended_at", "meta_started_at", "meta_ended_at", "meta_duration_s"),
    *("leg_connected", "ring_window_over", "claims", "absences", "reattach_until", "ring_until", "muted"),
    *("outcome", "ended_by", "failure", "terminated_by_meta"),
)


_CALLS: Final = table_of(CallRow)
_ADD_LINES: Final = insert(table_of(CallEventRow))


@dataclass(frozen=True)
class SqlCallStore:
    """Calls, their timelines and their contacts.

    A call comes back exactly as it was saved, but for what only a live call needs, and for its customer, which is the
    contact as known by then: a later call of the same person may have told their name.
    """

    database: Database
    on_news: Callable[[], None] = lambda: None
    """Called after a save that wrote an event to the outbox."""
    _stored: dict[CallId, "_Stored"] = field(default_factory=dict)
    """What this process last saved of the calls that are not over: the next save writes the difference."""

    async def save(self, call: Call) -> None:
        """Insert or update; timeline entries beyond those already stored are appended. Saving twice is the same row.

        A call with fewer entries than are stored is an older state of it and changes nothing, so that saves which
        overtake each other end in the newest. Raises NeighbourError, also when another call has this wacid.
        """
        stored = self._stored.pop(call.id, None)
        if (
            stored is not None
            and _only_goes_on(call, stored)
            and await self.database.run(lambda session: _go_on(session, stored.call, call))
        ):
            self._stored[call.id] = _Stored(call, stored.told)
            return
        saved = await self.database.run(lambda session: _save(session, call), races=True)
        if saved is None:
            return
        if call.state is not State.ENDED:
            self._stored[call.id] = _Stored(call, saved.told)
        if saved.is_news:
            self.on_news()

    async def find(self, phone_number_id: PhoneNumberId, wacid: Wacid) -> Call | None:
        query = select(CallRow).where(CallRow.phone_number_id == phone_number_id, CallRow.wacid == wacid)

        def work(session: Session) -> Call | None:
            row = session.exec(query).one_or_none()
            return None if row is None else read_call(session, row)

        return await self.database.read(work)

    async def get(self, call_id: CallId) -> Call | None:
        def work(session: Session) -> Call | None:
            row = row_of(session, call_id)
            return None if row is None else read_call(session, row)

        return await self.database.read(work)

    async def begun_since(self, since: datetime) -> dict[NumberId, list[datetime]]:
        """When each number began its outbound calls after `since`: Meta counts them (`received_at`: our first act)."""
        query = select(CallRow.number_id, CallRow.received_at).where(
            CallRow.direction == Direction.OUTBOUND, col(CallRow.received_at) > since
        )

        def work(session: Session) -> dict[NumberId, list[datetime]]:
            begun: dict[NumberId, list[datetime]] = {}
            for number, at in session.exec(query):
                if at is not None:
                    begun.setdefault(NumberId(number), []).append(at)
            return begun

        return await self.database.read(work)

    async def find_request(self, key: RequestKey) -> Call | None:
        """The outbound call that was asked for with this key."""
        query = select(CallRow).where(CallRow.request_key == key)

        def work(session: Session) -> Call | None:
            row = session.exec(query).one_or_none()
            return None if row is None else read_call(session, row)

        return await self.database.read(work)

    async def open_calls(self) -> list[Call]:
        """Calls whose state is not ENDED, oldest first."""
        query = (
            select(CallRow).where(text(OPEN_CALLS)).order_by(col(CallRow.id))
        )  # as text, or no planner sees its index
        return await self.database.read(lambda session: [read_call(session, row) for row in session.exec(query)])


def row_of(session: Session, call_id: CallId, *, to_write: bool = False) -> CallRow | None:
    query = select(CallRow).where(CallRow.call_id == call_id)
    return session.exec(query.with_for_update() if to_write else query).one_or_none()


def read_timeline(session: Session, call_id: str) -> tuple[TimelineEntry, ...]:
    query = select(CallEventRow).where(CallEventRow.call_id == call_id).order_by(col(CallEventRow.position))
    return tuple(TimelineEntry(event.at, event.kind, event.data) for event in session.exec(query))


def read_call(session: Session, row: CallRow) -> Call:
    contact = None if row.contact_id is None else session.get(ContactRow, row.contact_id)
    return Call(
        id=CallId(row.call_id),
        number=NumberId(row.number_id),
        department=None if row.department_id is None else DepartmentId(row.department_id),
        wacid=None if row.wacid == _nameless(row.call_id) else row.wacid,
        customer=customer_of(contact),
        request_key=None if row.request_key is None else RequestKey(row.request_key),
        claim=_claim_of(row),
        declined_by=frozenset(AgentId(agent) for agent in row.declined_by),
        agent=None if row.agent_id is None else AgentId(row.agent_id),
        timeline=read_timeline(session, row.call_id),
        **{name: getattr(row, name) for name in _PLAIN},
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """A call as it is in the store, and what was told of it."""

    call: Call
    told: Told


@dataclass(frozen=True, slots=True)
class _Saved:
    told: Told
    is_news: bool


def _save(session: Session, call: Call) -> _Saved | None:
    """None: the store knows more of this call already."""
    row = row_of(session, call.id, to_write=True)
    if row is not None and len(call.timeline) < row.timeline_length:
        return None
    told = told_of(row)
    current = None if row is None or row.contact_id is None else session.get(ContactRow, row.contact_id)
    contact = contact_of(session, call.number, call.customer, call.received_at, current)
    columns = {**_columns_of(call), "contact_id": None if contact is None else contact.id}
    if call.agent is not None and (row is None or row.agent_id != call.agent):
        columns["by_guest"] = had_by_guest(session, call)
    stored = 0 if row is None else row.timeline_length
    row = CallRow(**columns) if row is None else row.sqlmodel_update(columns)
    session.add(row)
    session.flush()  # the call before the lines that refer to it
    _append(session, call, stored)
    audit_lines(session, call, call.timeline[stored:])
    told_of_recording = follow(session, call)
    if call.state is State.ENDED:
        follow_figures(session, row, call, contact)
    is_news = announce_call(session, row, told, call, call.timeline[stored:]) or told_of_recording
    return _Saved(told_of(row), is_news)


def _only_goes_on(call: Call, stored: _Stored) -> bool:
    """Whether this save is about the call's own row and timeline, and nobody else's."""
    return (
        call.state is not State.ENDED
        and len(call.timeline) >= len(stored.call.timeline)
        and call.customer == stored.call.customer
        and call.agent == stored.call.agent
        and same_recording(call, stored.call)
        and not is_audited(call.timeline[len(stored.call.timeline) :])
        and not are_due(call.timeline[len(stored.call.timeline) :])
        and not news_of(call, stored.told)
    )


def _go_on(session: Session, before: Call, call: Call) -> bool:
    """Write what has changed. False: the row is not as we left it, nothing is written."""
    was, now = _columns_of(before), _columns_of(call)
    changed = {name: value for name, value in now.items() if value != was[name]}
    if not changed:
        return True
    unchanged_since = (_CALLS.c.call_id == call.id, _CALLS.c.timeline_length == len(before.timeline))
    if session.connection().execute(update(_CALLS).where(*unchanged_since).values(changed)).rowcount != 1:
        return False
    _append(session, call, len(before.timeline))
    return True


def _append(session: Session, call: Call, stored: int) -> None:
    """The lines of the timeline beyond those that are stored."""
    lines = [
        {"call_id": call.id, "position": position, "at": entry.at, "kind": entry.kind, "data": dict(entry.data)}
        for position, entry in enumerate(call.timeline[stored:], start=stored)
    ]
    if lines:
        session.connection().execute(_ADD_LINES, lines)


def _columns_of(call: Call) -> dict[str, Any]:
    claim = call.claim
    return {
        **{name: getattr(call, name) for name in _PLAIN},
        "call_id": call.id,
        "request_key": call.request_key,
        "wacid": call.wacid or _nameless(call.id),
        "number_id": call.number,
        "department_id": call.department,
        "agent_id": call.agent,
        "declined_by": sorted(call.declined_by),
        "reason": _reason_of(call),
        "timeline_length": len(call.timeline),
        "claim_agent": None if claim is None else claim.agent,
        "claim_seat": None if claim is None else claim.seat,
        "claim_audible": claim is not None and claim.audible,
    }


def _reason_of(call: Call) -> str | None:
    failure = call.failure or call.refusal
    return None if failure is None else storable(failure.code)


def _nameless(call_id: str) -> Wacid:
    """What stands in for Meta's id of an outbound call that Meta has not named (yet). No id of Meta's looks like it."""
    return Wacid(f"call:{call_id}")


def _claim_of(row: CallRow) -> Claim | None:
    if row.claim_agent is None or row.claim_seat is None:
        return None
    return Claim(AgentId(row.claim_agent), SeatId(row.claim_seat), row.claim_audible)
