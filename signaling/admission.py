"""May this call be taken? The budgets of this process first, then those of its number; a refusal is typed.

A call that is admitted holds its place until `release`, which is called when it is over, in whatever way. Calls that
are up are never asked about again.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from signaling.capacity import Lease, NumberUse, ProcessId, new_process_id
from signaling.errors import Failure
from signaling.events import Direction
from signaling.ids import CallId, NumberId
from signaling.ports import CapacityLedger, Number
from signaling.process_budget import (
    LEG_OPENS_WITHIN,
    ProcessLimits,
    ProcessUse,
    Reading,
    Resource,
    cpu_is_spent,
    refusal_of,
)
from signaling.verdict import Allowed, Refused, Verdict


class Capacity:
    """Budgets and use of one process. `refusals`: code → how many calls were refused with it; `cpu_is_spent`: no new
    calls for now, as of the last reading."""

    def __init__(
        self, ledger: CapacityLedger, limits: ProcessLimits | None = None, owner: ProcessId | None = None
    ) -> None:
        self.limits = limits or ProcessLimits()
        self.refusals: Counter[str] = Counter()
        self._ledger = ledger
        self._owner = owner or new_process_id()
        self._taken_at: dict[CallId, datetime] = {}  # of this process's calls, oldest first
        self._reading: Reading | None = None
        self.cpu_is_spent = False

    async def admit(self, number: Number, direction: Direction, call_id: CallId, at: datetime) -> Verdict:
        """A place for a new call. Ask before Meta is asked for anything: an outbound call that was admitted counts as
        begun, whatever comes of it. Whoever was allowed must `release`; asking twice for one call is one place."""
        if call_id in self._taken_at:
            return Allowed()
        verdict: Verdict | None = refusal_of(self.process_use(at), self.limits, at)
        if verdict is None:
            self._taken_at[call_id] = at  # before the ledger answers: others ask meanwhile
            verdict = Allowed()
            try:
                verdict = await self._ledger.take(Lease(call_id, number.id, direction, self._owner, at), number.limits)
            except BaseException:
                self.release(call_id)
                raise
        if isinstance(verdict, Refused):
            self._taken_at.pop(call_id, None)
            self.refusals[verdict.code] += 1
        return verdict

    async def keep(self, number: NumberId, direction: Direction, call_id: CallId, at: datetime) -> None:
        """A call that is up at Meta already, found in the store: it has its place, whatever the limits say."""
        self._taken_at.setdefault(call_id, at)
        await self._ledger.keep(Lease(call_id, number, direction, self._owner, at))

    def release(self, call_id: CallId) -> None:
        """The call is over. Twice, and for a call that held nothing, it changes nothing."""
        self._taken_at.pop(call_id, None)
        self._ledger.release(call_id)

    async def read(self, reading: Reading) -> None:
        """What was measured of this process just now; once a second or so."""
        self._reading = reading
        self.cpu_is_spent = cpu_is_spent(self.cpu_is_spent, reading.cpu_percent, self.limits.cpu_percent)
        await self._ledger.vouch(self._owner, reading.at)

    def process_use(self, at: datetime) -> ProcessUse:
        since = None if self._reading is None else self._reading.at - LEG_OPENS_WITHIN
        new_calls = 0
        for taken_at in reversed(self._taken_at.values()):
            if since is not None and taken_at <= since:
                break
            new_calls += 1
        return ProcessUse(len(self._taken_at), new_calls, self._reading, self.cpu_is_spent)

    def process_budgets(self, at: datetime) -> Mapping[Resource, tuple[int | None, int]]:
        """Resource → (limit, used). A limit of None: there is none."""
        use = self.process_use(at)
        return {resource: (self.limits.of(resource), use.of(resource)) for resource in Resource}

    def use_of(self, number: NumberId, at: datetime) -> NumberUse:
        return self._ledger.use_of(number, at)


def as_failure(refused: Refused, at: datetime) -> Failure:
    """The refusal as a call's record keeps it."""
    wait_s = None if refused.retry_at is None else max(0.0, (refused.retry_at - at).total_seconds())
    counts = "" if refused.limit is None else f": {refused.used} of {refused.limit}"
    return Failure(refused.code, refused.fault, f"{refused.rule or ''}{counts}", wait_s)
