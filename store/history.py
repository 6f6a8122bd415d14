"""What happened, for people who look back: pages of calls and one call with its timeline. Only reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, and_, col, or_, select

from signaling.call import Outcome, Party, State, TimelineEntry
from signaling.errors import Failure
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId
from signaling.private import Payload
from signaling.recording_record import RecordingState
from store.calls import read_timeline
from store.contacts import customer_of
from store.database import Database
from store.models import CallRow, ContactRow, DepartmentRow, NumberRow, UserRow
from store.recording_models import RecordingRow

PAGE_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Everything given must hold. `since` is inclusive, `until` is not; both look at when we first heard of the call.

    `visible_numbers` and `visible_in` are what the reader may see: calls of these numbers, and of these departments;
    beside them with `visible_missed_in` those departments' calls in which nobody talked to the customer, and with
    `visible_agent` what this agent talked in. None: everything.
    """

    number: NumberId | None = None
    department: DepartmentId | None = None
    agent: AgentId | None = None
    contact: ContactId | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    visible_numbers: frozenset[NumberId] | None = None
    visible_in: frozenset[DepartmentId] | None = None
    visible_missed_in: frozenset[DepartmentId] = frozenset()
    visible_agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class PastCall:
    """One call as a history shows it. `talk_s` is None when nobody talked or the call still goes on."""

    id: CallId
    number: NumberId
    number_label: str
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

    @property
    def talk_s(self) -> float | None:
        if self.accepted_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.accepted_at).total_seconds()


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Newest first. `next_cursor` is None on the last page."""

    calls: tuple[PastCall, ...]
    next_cursor: int | None


@dataclass(frozen=True)
class SqlHistory:
    """Every method may raise NeighbourError."""

    database: Database

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: int | None = None) -> HistoryPage:
        """At most `limit` (1 to 200) calls after `cursor`, which is a former page's `next_cursor`.

        Pages do not overlap and skip nothing while calls are added and changed between them.
        """
        limit = max(1, min(limit, PAGE_LIMIT))
        conditions = conditions_of(wanted) if cursor is None else [*conditions_of(wanted), col(CallRow.id) < cursor]
        query = past_calls().where(*conditions).order_by(col(CallRow.id).desc()).limit(limit + 1)

        def work(session: Session) -> HistoryPage:
            rows = session.exec(query).all()
            shown = rows[:limit]
            return HistoryPage(tuple(past_call(*row) for row in shown), shown[-1][0].id if len(rows) > limit else None)

        return await self.database.read(work)

    async def call(
        self, call_id: CallId, wanted: HistoryFilter | None = None
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None:
        """One call and its timeline; None also for a call that `wanted` excludes."""
        query = past_calls().where(CallRow.call_id == call_id, *conditions_of(wanted or HistoryFilter()))

        def work(session: Session) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None:
            row = session.exec(query).one_or_none()
            return None if row is None else (past_call(*row), read_timeline(session, call_id))

        return await self.database.read(work)


def past_calls() -> Any:  # six tables are more than the overloads of `select` describe
    return (
        select(CallRow, NumberRow.label, DepartmentRow.name, UserRow.name, ContactRow, RecordingRow.state)  # type: ignore[call-overload]
        .join(NumberRow, col(NumberRow.id) == col(CallRow.number_id))
        .outerjoin(DepartmentRow, col(DepartmentRow.id) == col(CallRow.department_id))
        .outerjoin(UserRow, col(UserRow.id) == col(CallRow.agent_id))
        .outerjoin(ContactRow, col(ContactRow.id) == col(CallRow.contact_id))
        .outerjoin(RecordingRow, col(RecordingRow.call_id) == col(CallRow.call_id))
    )


def conditions_of(wanted: HistoryFilter) -> list[Any]:
    conditions: list[Any] = [
        column == value
        for column, value in (
            (CallRow.number_id, wanted.number),
            (CallRow.department_id, wanted.department),
            (CallRow.agent_id, wanted.agent),
            (CallRow.contact_id, wanted.contact),
            (CallRow.outcome, wanted.outcome),
        )
        if value is not None
    ]
    if wanted.since is not None:
        conditions.append(col(CallRow.received_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(CallRow.received_at) < wanted.until)
    if wanted.visible_numbers is not None:
        conditions.append(col(CallRow.number_id).in_(wanted.visible_numbers))
    if wanted.visible_in is not None:
        visible: list[Any] = [col(CallRow.department_id).in_(wanted.visible_in)]
        if wanted.visible_missed_in:
            missed = col(CallRow.outcome).in_((Outcome.MISSED, Outcome.ABANDONED))
            inbound = col(CallRow.direction) == Direction.INBOUND
            visible.append(and_(missed, inbound, col(CallRow.department_id).in_(wanted.visible_missed_in)))
        if wanted.visible_agent is not None:
            visible.append(col(CallRow.agent_id) == wanted.visible_agent)
        conditions.append(or_(*visible))
    return conditions


def past_call(
    row: CallRow,
    number_label: str,
    department_name: str | None,
    agent_name: str | None,
    contact: ContactRow | None,
    recording: RecordingState | None,
) -> PastCall:
    return PastCall(
        id=CallId(row.call_id),
        number=NumberId(row.number_id),
        number_label=number_label,
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
    )
