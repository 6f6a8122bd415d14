"""For which calls grants of memberships count (`signaling.call_grants`), in SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, or_, select

from signaling.call import Call
from signaling.call_grants import Granted, departments_of_call, is_guest
from signaling.ids import AgentId, DepartmentId, NumberId
from store.database import Database
from store.models import MembershipRow
from store.number_models import NumberOperatorRow
from store.operators import operators_of


@dataclass(frozen=True)
class SqlCallGrants:
    """Every method may raise NeighbourError."""

    database: Database

    async def replays(self, agent: AgentId) -> Granted:
        return await self._granted(agent, col(MembershipRow.may_replay))

    async def takes_away(self, agent: AgentId) -> Granted:
        return await self._granted(agent, col(MembershipRow.may_export))

    async def _granted(self, agent: AgentId, grant: Any) -> Granted:
        mine = select(MembershipRow.department_id).where(MembershipRow.user_id == agent, grant.is_(True))

        def work(session: Session) -> Granted:
            departments = frozenset(map(DepartmentId, session.exec(mine)))
            if not departments:
                return Granted()
            named = select(NumberOperatorRow.number_id).where(col(NumberOperatorRow.department_id).in_(departments))
            numbers = frozenset(map(NumberId, session.exec(named)))
            return Granted(departments, numbers, frozenset(map(AgentId, session.exec(workers_of(departments)))))

        return await self.database.read(work)


def workers_of(departments: Iterable[int] | Any) -> Any:
    """A query of the users who work in any of these; as `signaling.call_grants.works_in`."""
    return select(MembershipRow.user_id).where(col(MembershipRow.department_id).in_(departments), works()).distinct()


def works() -> Any:
    return or_(col(MembershipRow.may_take_inbound).is_(True), col(MembershipRow.may_call_outbound).is_(True))


def had_by_guest(session: Session, call: Call) -> bool:
    """Whether the agent who has the call is its guest, by the departments and operators of now."""
    where = select(MembershipRow.department_id).where(MembershipRow.user_id == call.agent, works())
    own = departments_of_call(call.department, operators_of(session, call.number))
    return is_guest(own, frozenset(map(DepartmentId, session.exec(where))))
