"""Keeps Meta's `call_hours` of our numbers as ours are: carries there what was written here, and finds out when they
were changed there. What became of it is kept beside the hours (`signaling.hours_at_meta`)."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from gateway.rounds import LOOK_EVERY_S, SOON_S, Rounds, SettingsGraph
from signaling.concerned import is_about
from signaling.errors import NeighbourError
from signaling.events import AccountUpdated, SettingsChanged, WebhookEvent
from signaling.hours_at_meta import HoursAtMeta, HoursState
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.call_hours import call_hours_of, differences
from signaling.ports import Clock, Number, NumberStore
from signaling.schedule import Schedule, problems_of
from store.number_plans import Hours, SqlNumberPlans

log = structlog.get_logger(__name__)

UNREADABLE: Final = "schedule.unreadable"


@dataclass
class HoursKeeper:
    """`start` and `stop` it."""

    plans: SqlNumberPlans
    numbers: NumberStore
    graph: SettingsGraph
    clock: Clock
    look_every_s: InitVar[float] = LOOK_EVERY_S
    soon_s: InitVar[float] = SOON_S
    _rounds: Rounds = field(init=False)

    def __post_init__(self, look_every_s: float, soon_s: float) -> None:
        self._rounds = Rounds("hours", self.look, self._kept, look_every_s, soon_s)

    def start(self) -> None:
        self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def written(self, number: NumberId) -> None:
        """Somebody wrote hours: carry them to Meta. Returns when that is done, or after a few seconds."""
        await self._rounds.now(partial(self.look, number))

    async def tell_again(self, number: NumberId) -> None:
        """Write ours over whatever Meta has, and compare."""
        await self._rounds.now(partial(self.look, number, write=True))

    def heard(self, event: WebhookEvent) -> None:
        """A webhook of Meta's about settings or punishments: look whether the hours are still ours."""
        match event:
            case SettingsChanged() | AccountUpdated():
                self._rounds.begin(partial(self._look_at_those_of, event))

    async def look(self, number: NumberId, *, write: bool = False) -> HoursState | None:
        """Compare, after telling Meta what it has not been told. None: this number never had hours of ours. Raises
        NeighbourError when our own database is away."""
        async with self._rounds.locks[number]:
            while True:
                hours = await self.plans.hours(number)
                ours = await self.numbers.by_id(number)
                if hours is None or ours is None or hours.document.version == 0:
                    return None
                seen = await self._seen(ours, hours, write=write)
                self._rounds.looked(number, failed=seen.state is HoursState.FAILED)
                before = hours.at_meta
                if seen == before or await self.plans.note_at_meta(number, seen, hours.document.version, before):
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

    async def _kept(self) -> dict[NumberId, bool]:
        kept = await self.plans.numbers_with_hours()
        return {number: seen is None or seen.state is HoursState.WAITING for number, seen in kept.items()}

    async def _look_at_those_of(self, event: SettingsChanged | AccountUpdated) -> None:
        for number in await self.numbers.all():
            if is_about(event, number):
                await self.look(number.id)
