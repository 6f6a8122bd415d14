"""Who holds a place of a number: Meta's limits on calls at a time and on calls begun in a day. Time is an argument.

A call that is up holds a **lease**. Leases belong to the process that carries their calls: it vouches for all of them
at once, again and again; those of a process that is not heard of any more are given back. `MemoryLedger` is the
`signaling.ports.CapacityLedger` of a gateway that is one process: what it knows dies with it, and what the next one
finds open in the store is kept (a call that is up counts at Meta, whoever carried it) until it is closed.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import uuid4

from signaling.errors import Fault
from signaling.events import Direction
from signaling.ids import CallId, NumberId
from signaling.meta_rules import Limits
from signaling.verdict import Allowed, Refused, Verdict

DAY: Final = timedelta(hours=24)

LEASE: Final = timedelta(seconds=30)
"""How long a process that is not heard of keeps its leases."""

ASK_AGAIN: Final = timedelta(seconds=5)
"""Nobody knows when a call ends; a place is likely soon."""

ProcessId = NewType("ProcessId", str)


def new_process_id() -> ProcessId:
    return ProcessId(uuid4().hex)


@dataclass(frozen=True, slots=True)
class Lease:
    """A call's place: one of its number's in its direction."""

    call: CallId
    number: NumberId
    direction: Direction
    owner: ProcessId
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class NumberUse:
    """What one number uses now. `initiations`: calls begun by it in the last 24 h."""

    inbound: int = 0
    outbound: int = 0
    initiations: int = 0


class MemoryLedger:
    """Leases and initiations of every number, in memory. `begun`: calls that numbers began before we started."""

    def __init__(self, begun: Mapping[NumberId, Iterable[datetime]] | None = None) -> None:
        self._leases: dict[CallId, Lease] = {}
        self._held: Counter[tuple[NumberId, Direction]] = Counter()
        self._vouched_until: dict[ProcessId, datetime] = {}
        self._begun = {number: deque(sorted(times)) for number, times in (begun or {}).items()}

    def __len__(self) -> int:
        return len(self._leases)

    async def take(self, lease: Lease, limits: Limits) -> Verdict:
        if lease.call in self._leases:
            return Allowed()
        refused = self._spent(lease, limits) or self._full(lease, limits)
        if refused is not None:
            return refused
        await self.keep(lease)
        if lease.direction is Direction.OUTBOUND:
            # Spent by asking, whatever comes of it: Meta may have counted what we never heard about.
            self._begun.setdefault(lease.number, deque()).append(lease.taken_at)
        return Allowed()

    async def keep(self, lease: Lease) -> None:
        if lease.call not in self._leases:
            self._leases[lease.call] = lease
            self._held[lease.number, lease.direction] += 1
            self._vouched_until.setdefault(lease.owner, lease.taken_at + LEASE)

    def release(self, call: CallId) -> None:
        if (lease := self._leases.pop(call, None)) is not None:
            self._held[lease.number, lease.direction] -= 1

    async def vouch(self, owner: ProcessId, at: datetime) -> None:
        self._vouched_until[owner] = at + LEASE
        dead = {process for process, until in self._vouched_until.items() if until <= at}
        for call in [lease.call for lease in self._leases.values() if lease.owner in dead] if dead else ():
            self.release(call)
        for process in dead:
            del self._vouched_until[process]

    def use_of(self, number: NumberId, at: datetime) -> NumberUse:
        return NumberUse(
            inbound=self._held[number, Direction.INBOUND],
            outbound=self._held[number, Direction.OUTBOUND],
            initiations=len(self._begun_since(number, at - DAY)),
        )

    def _full(self, lease: Lease, limits: Limits) -> Refused | None:
        used, limit = self._held[lease.number, lease.direction], limit_of(limits, lease.direction)
        if used < limit:
            return None
        return Refused(
            f"capacity.{lease.direction.value}_full",
            Fault.LIMIT,
            retry_at=lease.taken_at + ASK_AGAIN if limit else None,
            rule=f"concurrent_{lease.direction.value}",
            limit=limit,
            used=used,
            next_step="wait" if limit else None,
        )

    def _spent(self, lease: Lease, limits: Limits) -> Refused | None:
        if lease.direction is not Direction.OUTBOUND:
            return None
        begun, limit = self._begun_since(lease.number, lease.taken_at - DAY), limits.initiations_per_24h
        if len(begun) < limit:
            return None
        return Refused(
            "capacity.initiations_spent",
            Fault.LIMIT,
            retry_at=begun[-limit] + DAY if limit else None,
            rule="initiations_per_24h",
            limit=limit,
            used=len(begun),
            next_step="wait" if limit else None,
        )

    def _begun_since(self, number: NumberId, since: datetime) -> deque[datetime]:
        """A call that was begun exactly 24 h ago has left the window."""
        begun = self._begun.get(number, deque())
        while begun and begun[0] <= since:
            begun.popleft()
        return begun


def limit_of(limits: Limits, direction: Direction) -> int:
    return limits.concurrent_inbound if direction is Direction.INBOUND else limits.concurrent_outbound
