"""In which departments somebody may replay recorded calls, and download them: grants of memberships. Only reads."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from signaling.ids import AgentId, DepartmentId
from store.database import Database
from store.models import MembershipRow


@dataclass(frozen=True)
class SqlReplayGrants:
    """Every method may raise NeighbourError."""

    database: Database

    async def replays_in(self, agent: AgentId) -> frozenset[DepartmentId]:
        return await self._granted(agent, col(MembershipRow.may_replay))

    async def downloads_in(self, agent: AgentId) -> frozenset[DepartmentId]:
        return await self._granted(agent, col(MembershipRow.may_export))

    async def _granted(self, agent: AgentId, grant: Any) -> frozenset[DepartmentId]:
        query = select(MembershipRow.department_id).where(MembershipRow.user_id == agent, grant.is_(True))
        return await self.database.read(lambda session: frozenset(map(DepartmentId, session.exec(query))))
