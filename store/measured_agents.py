"""Whose measures somebody may ask for: agents of what they see. Only reads."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from signaling.ids import AgentId
from store.database import Database
from store.history_filter import HistoryFilter
from store.models import MembershipRow, UserRow
from store.number_models import NumberOperatorRow


@dataclass(frozen=True, slots=True)
class MeasuredAgent:
    """`works`: may sign in; who does no longer has measures of before."""

    id: AgentId
    name: str
    works: bool


@dataclass(frozen=True)
class SqlMeasuredAgents:
    """May raise NeighbourError."""

    database: Database

    async def of(self, sight: HistoryFilter) -> list[MeasuredAgent]:
        """By name: all, or those of the departments and numbers that are seen, and who looks. Calls of others that are
        seen count all the same, under their name."""
        query = select(UserRow).order_by(col(UserRow.name), col(UserRow.id))
        if sight.visible_in is not None:
            query = query.where(_seen(sight))

        def work(session: Session) -> list[MeasuredAgent]:
            return [
                MeasuredAgent(AgentId(row.id), row.name, row.disabled_at is None)
                for row in session.exec(query)
                if row.id is not None
            ]

        return await self.database.read(work)


def _seen(sight: HistoryFilter) -> ColumnElement[bool]:
    user, member = col(UserRow.id), col(MembershipRow.user_id)
    ways: list[ColumnElement[bool]] = [
        user.in_(select(member).where(col(MembershipRow.department_id).in_(sight.visible_in or ())))
    ]
    if sight.visible_member is not None:
        own = select(MembershipRow.department_id).where(MembershipRow.user_id == sight.visible_member)
        ways.append(user.in_(select(member).where(col(MembershipRow.department_id).in_(own))))
    if sight.visible_of:
        named = select(NumberOperatorRow.user_id).where(col(NumberOperatorRow.number_id).in_(sight.visible_of))
        ways.append(user.in_(named.where(col(NumberOperatorRow.user_id).is_not(None))))
    if sight.visible_agent is not None:
        ways.append(user == sight.visible_agent)
    return or_(*ways)
