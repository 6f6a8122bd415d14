"""Who may replay a recorded call, read what was said in it, and take it away as a file: one rule for all of it.

Administrators: every call. Everybody else: calls for which a grant *may replay* of theirs counts
(`signaling.call_grants`), which supervisors have by their place in a department; agents beside that the calls that they
talked in themselves. Keys: by scope, within their numbers and departments.
"""

from dataclasses import dataclass

from gateway.api.door import Caller
from signaling.call_grants import Granted
from signaling.ports import Role
from store.api_keys import Scope
from store.call_grants import SqlCallGrants
from store.history import PastCall
from store.history_filter import HistoryFilter


@dataclass(frozen=True, slots=True)
class Replayers:
    """Every method may raise NeighbourError."""

    grants: SqlCallGrants

    async def visible(self, who: Caller) -> HistoryFilter:
        if who.agent is None:
            return HistoryFilter(visible_numbers=who.reach.numbers, visible_in=who.reach.departments)
        if who.agent.role is Role.ADMINISTRATOR:
            return HistoryFilter()
        own = who.agent.id if who.agent.role is Role.AGENT else None
        granted = await self.grants.replays(who.agent.id)
        return HistoryFilter(
            visible_in=granted.departments,
            visible_of=granted.numbers,
            visible_guests=granted.agents,
            visible_agent=own,
        )

    async def may_download(self, who: Caller, call: PastCall) -> bool:
        """Of a call that they may replay."""
        if who.key is not None:
            return Scope.RECORDINGS_DOWNLOAD in who.key.scopes
        granted = await self.told_in_full(who)
        return granted is None or granted.covers(call.department, call.number, call.guest)

    async def told_in_full(self, who: Caller) -> Granted | None:
        """Of which calls customers are told in full when a list is taken away, and the sound may be. None: of all."""
        if who.agent is None or who.agent.role is Role.ADMINISTRATOR:
            return None
        return await self.grants.takes_away(who.agent.id)
