"""What is known of the customer of a call while it rings and is up: their calls before it, the protocol that is open,
and whom they should reach. Only reads, each by an index."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlmodel import Session, and_, col, or_, select

from signaling.ids import AgentId, CallId, ContactId
from store.calls import read_timeline
from store.database import Database
from store.history import PastCall, SqlHistory
from store.history_filter import HistoryFilter, conditions_of
from store.integration_models import ProtocolRow
from store.models import CallRow, DepartmentRow, UserRow
from store.reach import Reach

LAST_CALLS: Final = 3


@dataclass(frozen=True, slots=True)
class OpenProtocol:
    code: str
    opened_at: datetime
    department_name: str | None


@dataclass(frozen=True, slots=True)
class StickyAgent:
    """Whom the customer should reach, as the integrator's system said, and whether they were free when it began."""

    id: AgentId
    name: str
    was_free: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """`calls`: newest first."""

    calls: tuple[PastCall, ...]
    protocol: OpenProtocol | None
    sticky_agent: StickyAgent | None


@dataclass(frozen=True, slots=True)
class _Found:
    contact: ContactId | None
    received_at: datetime | None
    protocol: OpenProtocol | None
    sticky_agent: StickyAgent | None


@dataclass(frozen=True)
class SqlCallers:
    """May raise NeighbourError."""

    database: Database
    history: SqlHistory

    async def of_call(
        self, call: CallId, visible: HistoryFilter, reach: Reach, *, known: bool = False
    ) -> Caller | None:
        """The customer of `call`, with those of their earlier calls that are `visible` and the newest open protocol
        within `reach`; on a number without departments also one that belongs to none.

        `known`: the reader may know of this very call, whether it is `visible` or not. None: there is no such call, or
        they may not.
        """
        found = await self.database.read(lambda session: _find(session, call, None if known else visible, reach))
        if found is None:
            return None
        calls: tuple[PastCall, ...] = ()
        if found.contact is not None and found.received_at is not None:
            before = replace(visible, contact=found.contact, until=found.received_at)
            calls = (await self.history.page(before, LAST_CALLS)).calls
        return Caller(calls, found.protocol, found.sticky_agent)


def _find(session: Session, call: CallId, visible: HistoryFilter | None, reach: Reach) -> _Found | None:
    allowed = [] if visible is None else conditions_of(visible)
    row = session.exec(select(CallRow).where(CallRow.call_id == call, *allowed)).one_or_none()
    if row is None:
        return None
    return _Found(
        None if row.contact_id is None else ContactId(row.contact_id),
        row.received_at,
        _protocol(session, row, reach),
        _sticky_agent(session, call),
    )


def _protocol(session: Session, call: CallRow, reach: Reach) -> OpenProtocol | None:
    if call.contact_id is None:
        return None
    of_none = and_(col(ProtocolRow.department_id).is_(None), ProtocolRow.number_id == call.number_id)
    query = (
        select(ProtocolRow.code, ProtocolRow.created_at, DepartmentRow.name)
        .outerjoin(DepartmentRow, col(DepartmentRow.id) == col(ProtocolRow.department_id))
        .where(
            ProtocolRow.contact_id == call.contact_id,
            col(ProtocolRow.closed_at).is_(None),
            or_(and_(True, *reach.conditions(ProtocolRow)), of_none),
        )
        .order_by(col(ProtocolRow.id).desc())
    )
    found = session.exec(query.limit(1)).one_or_none()
    return None if found is None else OpenProtocol(*found)


def _sticky_agent(session: Session, call: CallId) -> StickyAgent | None:
    told = next((entry.data for entry in read_timeline(session, call) if entry.kind == "sticky_agent"), {})
    agent = told.get("agent")
    if not isinstance(agent, int):
        return None
    name = session.exec(select(UserRow.name).where(UserRow.id == agent)).one_or_none()
    return None if name is None else StickyAgent(AgentId(agent), name, told.get("free") is not False)
