"""What happened, for people who look back: pages of calls and one call with its timeline. Only reads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import load_only
from sqlmodel import Session, col, func, or_, select

from signaling.call import Outcome, Party, State, TimelineEntry
from signaling.errors import Failure
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId
from signaling.private import Payload
from signaling.recording_record import RecordingState
from store.after_call_models import CallNoteRow
from store.calls import read_timeline
from store.contacts import customer_of
from store.cursors import Cursor
from store.database import Database
from store.history_filter import HistoryFilter, conditions_of
from store.history_search import known, listed, newest
from store.integration_models import ProtocolRow
from store.meta_file_models import MetaFileRow, MetaFileState
from store.models import CallRow, ContactRow, DepartmentRow, NumberRow, UserRow
from store.recording_models import RecordingRow

PAGE_LIMIT: Final = 200
SLICE_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call as a history shows it. `talk_s` is None when nobody talked or the call still goes on."""

    id: CallId
    number: NumberId
    number_label: str
    number_slug: str
    department: DepartmentId | None
    department_name: str | None
    agent: AgentId | None
    agent_name: str | None
    contact: ContactId | None
    customer: Customer
    direction: Direction
    state: State
    outcome: Outcome | None
    ended_by: Party | None
    refusal: Failure | None
    failure: Failure | None
    received_at: datetime | None
    offered_at: datetime | None
    pre_accepted_at: datetime | None
    rung_at: datetime | None
    answered_at: datetime | None
    accepted_at: datetime | None
    customer_audio_at: datetime | None
    agent_audio_at: datetime | None
    ended_at: datetime | None
    meta_duration_s: int | None
    button_payload: Payload | None = None
    link_payload: Payload | None = None
    reference: Payload | None = None
    recording: RecordingState | None = None
    reason: str | None = None  # the code of what went wrong
    dispositions: tuple[str, ...] = ()  # what its agents said came of it, in their order
    protocol: str | None = None
    by_guest: bool = False
    by_meta: bool = False  # Meta's own recording can be heard

    @property
    def guest(self) -> AgentId | None:
        """Who had it last, if they were its guest (`signaling.call_grants`)."""
        return self.agent if self.by_guest else None

    @property
    def talk_s(self) -> float | None:
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()

    @property
    def wait_s(self) -> float | None:
        """From the offer until somebody talked with the customer, be it that a plan accepted long before. None: nobody
        did."""
        begun = self.offered_at or self.received_at
        if self.outcome is not Outcome.ANSWERED or begun is None or self.accepted_at is None:
            return None
        talked = self.accepted_at
        if self.direction is Direction.INBOUND and self.answered_at is not None:
            talked = max(talked, self.answered_at)
        return max(0.0, (talked - begun).total_seconds())


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first. `next_cursor` is None on the last page."""

    calls: tuple[PastCall, ...]
    next_cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class HistoryOutline:
    """How many calls there are, up to MOST_LISTED, and where each page of `step` of them begins: `marks[0]` is the
    cursor of the second page. `more`: there are others, older ones, which are not counted. `departments`: how many the
    reader sees calls of; None: all."""

    count: int
    more: bool
    step: int
    marks: tuple[Cursor, ...]
    departments: int | None = None


@dataclass(frozen=True)
class SqlHistory:
    """Every method may raise NeighbourError."""

    database: Database

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage:
        """At most `limit` (1 to 500) calls after `cursor`, which is a former page's `next_cursor` or an outline's mark.

        Pages do not overlap and skip nothing while calls are added and changed between them.
        """
        limit = max(1, min(limit, SLICE_LIMIT))

        def work(session: Session) -> HistoryPage:
            found = newest(session, known(session, wanted), limit + 1, cursor, is_sqlite=self.database.is_sqlite)
            places = [Cursor(at, row) for at, row in session.execute(select(found.c.at, found.c.id))]
            places.sort(key=lambda place: (place.at, place.id), reverse=True)
            shown = places[:limit]
            calls = _read(session, [place.id for place in shown])
            return HistoryPage(calls, shown[-1] if len(places) > limit else None)

        return await self.database.read(work)

    async def outline(self, wanted: HistoryFilter, step: int) -> HistoryOutline:
        """So that a list can be entered anywhere without going through all that is before."""

        def work(session: Session) -> HistoryOutline:
            asked = known(session, wanted)
            found, most = listed(session, asked, is_sqlite=self.database.is_sqlite)
            place = func.row_number().over(order_by=(found.c.at.desc(), found.c.id.desc())).label("place")
            placed = select(found.c.at, found.c.id, place, func.count().over().label("of")).subquery()
            at_steps = or_(placed.c.place % step == 0, placed.c.place == 1)
            rows = session.execute(placed.select().where(at_steps).order_by(placed.c.place)).all()
            count: int = rows[0].of if rows else 0
            shown = min(count, most)
            marks = tuple(Cursor(row.at, row.id) for row in rows if row.place % step == 0 and row.place < shown)
            seen = None if asked.visible_in is None else len(asked.visible_in | asked.visible_missed_in)
            return HistoryOutline(shown, count > most, step, marks, seen)

        return await self.database.read(work)

    async def call(
        self, call_id: CallId, wanted: HistoryFilter | None = None
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None:
        """One call and its timeline; None also for a call that `wanted` excludes."""
        query = past_calls().where(CallRow.call_id == call_id, *conditions_of(wanted or HistoryFilter()))

        def work(session: Session) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None:
            row = session.exec(query).one_or_none()
            if row is None:
                return None
            (call,) = _with_words(session, (past_call(*row),))
            return call, read_timeline(session, call_id)

        return await self.database.read(work)


def _read(session: Session, wanted: Sequence[int]) -> tuple[PastCall, ...]:
    """In the order in which they are wanted."""
    if not wanted:
        return ()
    query = past_calls().where(col(CallRow.id).in_(wanted)).options(load_only(*_READ, raiseload=True))
    rows = {row[0].id: past_call(*row) for row in session.exec(query)}
    return _with_words(session, [rows[each] for each in wanted])


def _with_words(session: Session, calls: Sequence[PastCall]) -> tuple[PastCall, ...]:
    """With what was said to have come of them, their protocols, and whether Meta recorded them."""
    ids = [call.id for call in calls]
    noted = select(CallNoteRow.call_id, CallNoteRow.disposition).where(
        col(CallNoteRow.call_id).in_(ids), col(CallNoteRow.disposition).is_not(None)
    )
    said: dict[str, list[str]] = {}
    for call, disposition in session.exec(noted.order_by(col(CallNoteRow.id))):
        if disposition is not None and disposition not in said.setdefault(call, []):
            said[call].append(disposition)
    coded = select(ProtocolRow.call_id, ProtocolRow.code).where(col(ProtocolRow.call_id).in_(ids))
    codes = dict(session.exec(coded).all())
    of_meta = (col(MetaFileRow.kind) == "recording", MetaFileRow.state == MetaFileState.DONE)
    metas = set(session.exec(select(MetaFileRow.call_id).where(col(MetaFileRow.call_id).in_(ids), *of_meta)))
    return tuple(
        replace(
            call,
            dispositions=tuple(said.get(call.id, ())),
            protocol=codes.get(call.id),
            by_meta=call.id in metas,
        )
        for call in calls
    )


_READ: Final[tuple[Any, ...]] = (
    *(CallRow.id, CallRow.call_id, CallRow.number_id, CallRow.department_id, CallRow.agent_id, CallRow.contact_id),
    *(CallRow.direction, CallRow.state, CallRow.outcome, CallRow.ended_by, CallRow.refusal, CallRow.failure),
    *(CallRow.received_at, CallRow.offered_at, CallRow.pre_accepted_at, CallRow.rung_at, CallRow.answered_at),
    *(CallRow.accepted_at, CallRow.customer_audio_at, CallRow.agent_audio_at, CallRow.ended_at),
    *(CallRow.meta_duration_s, CallRow.button_payload, CallRow.link_payload, CallRow.reference, CallRow.reason),
    CallRow.by_guest,
)
"""Of each call, what `past_call` tells: their rules and SDP are most of a row."""


def past_calls() -> Any:  # six tables are more than the overloads of `select` describe
    return (
        select(  # type: ignore[call-overload]
            *(CallRow, NumberRow.label, NumberRow.slug, DepartmentRow.name, UserRow.name, ContactRow),
            RecordingRow.state,
        )
        .join(NumberRow, col(NumberRow.id) == col(CallRow.number_id))
        .outerjoin(DepartmentRow, col(DepartmentRow.id) == col(CallRow.department_id))
        .outerjoin(UserRow, col(UserRow.id) == col(CallRow.agent_id))
        .outerjoin(ContactRow, col(ContactRow.id) == col(CallRow.contact_id))
        .outerjoin(RecordingRow, col(RecordingRow.call_id) == col(CallRow.call_id))
    )


def past_call(
    row: CallRow,
    number_label: str,
    number_slug: str,
    department_name: str | None,
    agent_name: str | None,
    contact: ContactRow | None,
    recording: RecordingState | None,
) -> PastCall:
    return PastCall(
        id=CallId(row.call_id),
        number=NumberId(row.number_id),
        number_label=number_label,
        number_slug=number_slug,
        department=None if row.department_id is None else DepartmentId(row.department_id),
        department_name=department_name,
        agent=None if row.agent_id is None else AgentId(row.agent_id),
        agent_name=agent_name,
        contact=None if contact is None or contact.id is None else ContactId(contact.id),
        customer=customer_of(contact),
        direction=row.direction,
        state=row.state,
        outcome=row.outcome,
        ended_by=row.ended_by,
        refusal=row.refusal,
        failure=row.failure,
        received_at=row.received_at,
        offered_at=row.offered_at,
        pre_accepted_at=row.pre_accepted_at,
        rung_at=row.rung_at,
        answered_at=row.answered_at,
        accepted_at=row.accepted_at,
        customer_audio_at=row.customer_audio_at,
        agent_audio_at=row.agent_audio_at,
        ended_at=row.ended_at,
        meta_duration_s=row.meta_duration_s,
        button_payload=row.button_payload,
        link_payload=row.link_payload,
        reference=row.reference,
        recording=recording,
        reason=row.reason,
        by_guest=row.by_guest,
    )
