"""Looks at each number whose pick-up guard was switched on: who could answer, how many calls were picked up, what Meta
said; does what the rules say (`signaling.pickup_guard`) and has it told to Meta."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import structlog

from signaling.errors import NeighbourError
from signaling.ids import AgentId, NumberId
from signaling.meta.call_hours import limits_of_meta
from signaling.number_facts import Looked
from signaling.operators import takes_calls_of
from signaling.pickup_guard import Act, ClosedFrom, Guard, Seen, shortened, step
from signaling.ports import Clock, Number, NumberStore
from signaling.presence import Presence
from signaling.schedule import is_open
from signaling.settings_at_meta import ICON, Icon
from store.measures import By, MeasuredSpan, SqlMeasures, total
from store.number_plans import SqlNumberPlans
from store.number_warnings import SqlNumberWarnings
from store.people import SqlPeopleStore
from store.pickup_guards import SqlPickupGuards

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 30.0
ABLE: Final = frozenset({Presence.FREE, Presence.CLAIMING, Presence.IN_CALL, Presence.WRAP_UP})
"""Who is in a call takes the next one; who paused or left does not."""

OF_CALLS_OF_CUSTOMERS: Final = frozenset(
    {
        "USER_INITIATED_CALLS_LOW_PICKUP_RATE",
        "LOW_USER_INITIATED_CALLING_QUALITY",
        "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN",
    }
)
"""Words of Meta's about calls that are not taken (reference 2.10)."""


class SettingsCarrier(Protocol):
    """`gateway.settings_keeper.SettingsKeeper`."""

    async def written(self, number: NumberId) -> None: ...


class HoursCarrier(Protocol):
    """`gateway.hours_keeper.HoursKeeper`."""

    async def tell_again(self, number: NumberId) -> None: ...


@dataclass
class PickupKeeper:
    """`start` and `stop` it. `looked`: what Meta said of a number, without asking."""

    guards: SqlPickupGuards
    numbers: NumberStore
    plans: SqlNumberPlans
    people: SqlPeopleStore
    measures: SqlMeasures
    warnings: SqlNumberWarnings
    presence_of: Callable[[AgentId], Presence]
    looked: Callable[[Number], Looked]
    settings: SettingsCarrier
    hours: HoursCarrier
    clock: Clock
    look_every_s: float = LOOK_EVERY_S
    _locks: dict[NumberId, asyncio.Lock] = field(default_factory=dict)
    _watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_looking(), name="pickup-guard")

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def look(self, number: NumberId) -> tuple[Act, ...]:
        """What was done now. May raise NeighbourError."""
        async with self._locks.setdefault(number, asyncio.Lock()):
            stored, ours = await self.guards.of(number), await self.numbers.by_id(number)
            if ours is None or ours.is_disabled or stored.document.version == 0:
                return ()
            seen = await self.seen(ours, stored.guard)
            kept, acts = step(stored.guard, stored.kept, seen)
            if kept == stored.kept:
                return ()
            if not await self.guards.note(number, stored, kept, acts, seen.at):
                return ()  # somebody wrote meanwhile: the next look knows what
            await self.numbers.by_id(number)  # the wall shows it at once
            for act in acts:
                log.warning("pickup_guard_acted", number=number, did=act.did.value, cause=act.cause.value)
            if kept.icon != stored.kept.icon:
                await self.settings.written(number)
            if kept.closed != stored.kept.closed:
                await self.hours.tell_again(number)
            return acts

    async def seen(self, number: Number, guard: Guard) -> Seen:
        """Also for the page, which shows the same figures."""
        now = self.clock()
        span = MeasuredSpan(now - timedelta(hours=guard.look_back_h), now, ZoneInfo("UTC"), number.id)
        inbound = total(await self.measures.of(span, By.NUMBER)).inbound
        hours = await self.plans.hours(number.id)
        told = hours is not None and hours.told and hours.document.version > 0
        metas = self.looked(number).at_meta
        icon = None if metas is None else metas.places.get(ICON)
        return Seen(
            at=now,
            is_open=number.inbound_enabled and (number.schedule is None or is_open(number.schedule, now)),
            able=await self._able(number),
            offered=inbound.offered,
            picked_up=inbound.picked_up,
            icon_shown=None if icon is None else icon == Icon.SHOWN.value,
            meta_warned_at=await self._meta_warned_at(number),
            now_here=_now_here(number, now) if told else None,
            today=None if number.schedule is None else _here(number.schedule.zone, now).day,
        )

    async def _able(self, number: Number) -> int:
        if number.department is None and number.operators is None:
            return 0
        everybody = await self.people.everybody()
        return sum(takes_calls_of(agent, number) and self.presence_of(agent.id) in ABLE for agent in everybody)

    async def _meta_warned_at(self, number: Number) -> datetime | None:
        told = [
            warning.at for warning in await self.warnings.newest(number.id) if warning.type in OF_CALLS_OF_CUSTOMERS
        ]
        return max(told, default=None)

    async def _keep_looking(self) -> None:
        while True:
            try:
                for number in await self.guards.at_work():
                    await self.look(number)
            except NeighbourError as error:
                log.warning("pickup_guard_did_not_look", code=error.failure.code)
            await asyncio.sleep(self.look_every_s)


def _here(zone: str, now: datetime) -> ClosedFrom:
    local = now.astimezone(ZoneInfo(zone))
    return ClosedFrom(local.date(), local.hour * 60 + local.minute)


def _now_here(number: Number, now: datetime) -> ClosedFrom | None:
    """None where Meta would not take the shortened hours, or there are none to shorten."""
    if number.schedule is None:
        return None
    here = _here(number.schedule.zone, now)
    return None if limits_of_meta(shortened(number.schedule, here), now.astimezone(UTC)) else here
