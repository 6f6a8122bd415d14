"""Keeps Meta's `call_hours` of our numbers as ours are: carries there what was written here, and finds out when they
were changed there. What became of it is kept beside the hours (`signaling.hours_at_meta`)."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import structlog

from signaling.errors import NeighbourError
from signaling.events import AccountUpdated, SettingsChanged, WebhookEvent
from signaling.hours_at_meta import HoursAtMeta, HoursState
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.call_hours import call_hours_of, differences
from signaling.meta.graph_answers import CallingSettings
from signaling.ports import Clock, Number, NumberStore
from signaling.schedule import Schedule, problems_of
from store.number_plans import Hours, SqlNumberPlans

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3_600.0
SOON_S: Final = 60.0
"""How soon it is noticed that somebody wrote hours elsewhere (a shell, another process), and how long after a failure
Meta is asked again the first time; each further failure doubles that, up to `LOOK_EVERY_S`."""
WAIT_S: Final = 4.0
"""How long whoever saved waits to hear what Meta said; it goes on behind the scenes."""
UNREADABLE: Final = "schedule.unreadable"


class SettingsGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here; it repeats by its own rules."""

    async def settings(self, number: PhoneNumberId) -> CallingSettings: ...

    async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None: ...


@dataclass
class HoursKeeper:
    """`start` and `stop` it."""

    plans: SqlNumberPlans
    numbers: NumberStore
    graph: SettingsGraph
    clock: Clock
    look_every_s: float = LOOK_EVERY_S
    soon_s: float = SOON_S
    _locks: defaultdict[NumberId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _failures: defaultdict[NumberId, int] = field(default_factory=lambda: defaultdict(int))  # in a row
    _due_s: dict[NumberId, float] = field(default_factory=dict)  # of the loop: when a number is looked at again
    _watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_looking(), name="hours-at-meta")

    async def stop(self) -> None:
        tasks = [*self._at_work, *([] if self._watch is None else [self._watch])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def written(self, number: NumberId) -> None:
        """Somebody wrote hours: carry them to Meta. Returns when that is done, or after a few seconds."""
        await asyncio.wait([self._soon(number)], timeout=WAIT_S)

    async def tell_again(self, number: NumberId) -> None:
        """Write ours over whatever Meta has, and compare."""
        await asyncio.wait([self._soon(number, write=True)], timeout=WAIT_S)

    def heard(self, event: WebhookEvent) -> None:
        """A webhook of Meta's about settings or punishments: look whether the hours are still ours."""
        match event:
            case SettingsChanged() | AccountUpdated():
                task = asyncio.create_task(self._look_at_those_of(event), name="hours-heard")
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)

    async def look(self, number: NumberId, *, write: bool = False) -> HoursState | None:
        """Compare, after telling Meta what it has not been told. None: this number never had hours of ours. Raises
        NeighbourError when our own database is away."""
        async with self._locks[number]:
            while True:
                hours = await self.plans.hours(number)
                ours = await self.numbers.by_id(number)
                if hours is None or ours is None or hours.document.version == 0:
                    return None
                seen = await self._seen(ours, hours, write=write)
                self._note(number, seen.state)
                if seen == hours.at_meta or await self.plans.note_at_meta(number, seen, hours.document.version):
                    return seen.state

    async def _seen(self, number: Number, hours: Hours, *, write: bool) -> HoursAtMeta:
        before, now, schedule = hours.at_meta, self.clock(), hours.document.value
        to_write = write or (before is not None and before.to_write)
        if not hours.told and not to_write:
            return before or HoursAtMeta(HoursState.NOT_TOLD, now)
        if not hours.document.readable or (schedule is not None and problems_of(schedule)):
            return HoursAtMeta(HoursState.FAILED, now, failure=UNREADABLE, to_write=to_write)
        wanted = hours.told_now if hours.told else None
        try:
            if to_write:
                await self._tell(number.phone_number_id, wanted, now)
            settings = await self.graph.settings(number.phone_number_id)
        except NeighbourError as error:
            log.warning("hours_not_at_meta", number=number.id, code=error.failure.code, to_write=to_write)
            return HoursAtMeta(HoursState.FAILED, now, failure=error.failure.code, to_write=to_write)
        found = tuple(differences(wanted, settings.raw, now))
        if found and (before is None or before.state is not HoursState.DIFFERENT):
            log.warning("hours_differ_at_meta", number=number.id, places=[each.place for each in found])
        if not hours.told:
            return HoursAtMeta(HoursState.NOT_TOLD, now)
        return HoursAtMeta(HoursState.DIFFERENT if found else HoursState.SAME, now, found)

    async def _tell(self, number: PhoneNumberId, schedule: Schedule | None, now: datetime) -> None:
        if schedule is not None:
            await self.graph.update_settings(number, {"call_hours": call_hours_of(schedule, now)})
            return
        theirs = (await self.graph.settings(number)).raw.get("call_hours")
        if isinstance(theirs, Mapping) and theirs.get("status") == "ENABLED":
            # Meta wants a zone and a week also of hours that do not count (reference 1.3).
            kept = {name: theirs.get(name) for name in ("timezone_id", "weekly_operating_hours")}
            await self.graph.update_settings(number, {"call_hours": {"status": "DISABLED", **kept}})

    async def _keep_looking(self) -> None:
        while True:
            try:
                for number, at_meta in (await self.plans.numbers_with_hours()).items():
                    if self._is_due(number, at_meta):
                        await self.look(number)
            except NeighbourError as error:
                log.warning("hours_not_looked_at", code=error.failure.code)
            await asyncio.sleep(self.soon_s)

    def _is_due(self, number: NumberId, at_meta: HoursAtMeta | None) -> bool:
        """The table says what was written elsewhere meanwhile; of what failed, `_due_s` says when to try again."""
        unasked = at_meta is None or at_meta.state is HoursState.WAITING
        return unasked or asyncio.get_running_loop().time() >= self._due_s.get(number, 0.0)

    def _note(self, number: NumberId, state: HoursState) -> None:
        wait_s = self.look_every_s
        if state is HoursState.FAILED:
            wait_s = min(wait_s, self.soon_s * 2.0 ** min(self._failures[number], 30))
            self._failures[number] += 1
        else:
            self._failures.pop(number, None)
        self._due_s[number] = asyncio.get_running_loop().time() + wait_s

    async def _look_at_those_of(self, event: SettingsChanged | AccountUpdated) -> None:
        try:
            for number in await self.numbers.all():
                if isinstance(event, AccountUpdated):
                    concerned = event.waba in (number.waba_id, "0") or event.phone == number.phone
                else:
                    concerned = event.number == number.phone_number_id
                if concerned:
                    await self.look(number.id)
        except NeighbourError as error:
            log.warning("hours_not_looked_at", code=error.failure.code)

    def _soon(self, number: NumberId, *, write: bool = False) -> asyncio.Task[None]:
        async def work() -> None:
            try:
                await self.look(number, write=write)
            except NeighbourError as error:
                log.warning("hours_not_looked_at", code=error.failure.code)

        task = asyncio.create_task(work(), name="hours-to-meta")
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task
