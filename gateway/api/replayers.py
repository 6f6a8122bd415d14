"""Who may replay a recorded call, read what was said in it, and take it away as a file: one rule for all of it.

Administrators: every call. Everybody else: the calls of departments that grant them *may replay*, which supervisors
have by their place in a department; agents beside that the calls that they talked in themselves. Keys: by scope, within
their numbers and departments.
"""

from dataclasses import dataclass

from gateway.api.door import Caller
from signaling.ids import DepartmentId
from signaling.ports import Agent, Role
from store.api_keys import Scope
from store.history import PastCall
from store.history_filter import HistoryFilter
from store.replay_grants import SqlReplayGrants


@dataclass(frozen=True, slots=True)
class Replayers:
    """Every method may raise NeighbourError."""

    grants: SqlReplayGrants

    async def visible(self, who: Caller) -> HistoryFilter:
        if who.agent is None:
            return HistoryFilter(visible_numbers=who.reach.numbers, visible_in=who.reach.departments)
        if who.agent.role is Role.ADMINISTRATOR:
            return HistoryFilter()
        own = who.agent.id if who.agent.role is Role.AGENT else None
        return HistoryFilter(visible_in=await self.grants.replays_in(who.agent.id), visible_agent=own)

    async def may_download(self, who: Caller, call: PastCall) -> bool:
        """Of a call that they may replay."""
        if who.key is not None:
            return Scope.RECORDINGS_DOWNLOAD in who.key.scopes
        return who.agent is not None and await self._exports(who.agent, call)

    async def numbers_in(self, who: Caller) -> frozenset[DepartmentId] | None:
        """In which departments' calls customers are told in full when a list is taken away. None: in all."""
        if who.agent is None or who.agent.role is Role.ADMINISTRATOR:
            return None
        return await self.grants.downloads_in(who.agent.id)

    async def _exports(self, agent: Agent, call: PastCall) -> bool:
        if agent.role is Role.ADMINISTRATOR:
            return True
        return call.department is not None and call.department in await self.grants.downloads_in(agent.id)
