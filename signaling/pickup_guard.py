"""Before Meta punishes a number whose calls nobody takes: warn, hide the call button, close for today, and bring both
back. Pure; every act has its cause and its figures.

Meta warns, then hides the button until the business shows it again (reference 4.7, since 2025-09-05); which rate it
minds it does not say. So the percentages are an administrator's. A hidden button does not keep links and the call log
from leading to a call (C4); closed hours do (4.9).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from signaling.schedule import Schedule, Span, SpecialDay, spans_of
from signaling.settings_at_meta import Icon

MOST_ACTS: Final = 50
"""Of which the page tells; the audit has all."""

LIMITS: Final = {
    "warn_below_percent": (0, 100),
    "hide_below_percent": (0, 100),
    "least_calls": (1, 10_000),
    "look_back_h": (1, 168),
    "nobody_for_s": (30, 86_400),
    "back_for_s": (0, 86_400),
}


@dataclass(frozen=True, slots=True)
class Guard:
    """What it may do. Percentages are of calls of the last `look_back_h` hours, once there are `least_calls` of them.
    `nobody_for_s`: how long nobody can answer before it acts; `back_for_s`: how long somebody can before it undoes."""

    enabled: bool = False
    hide_icon: bool = False
    shorten_hours: bool = False
    warn_below_percent: int = 80
    hide_below_percent: int = 50
    least_calls: int = 10
    look_back_h: int = 24
    nobody_for_s: int = 300
    back_for_s: int = 60


NO_GUARD: Final = Guard()


class Cause(StrEnum):
    NOBODY = "nobody"  # open, and nobody who takes calls is there
    LOW_PICKUP = "low_pickup"
    META_WARNED = "meta_warned"
    SOMEBODY = "somebody"  # is there again
    NEW_DAY = "new_day"
    SWITCHED_OFF = "switched_off"


class Did(StrEnum):
    WARNED = "warned"
    HID_ICON = "hid_icon"
    SHOWED_ICON = "showed_icon"
    SHORTENED_HOURS = "shortened_hours"
    RESTORED_HOURS = "restored_hours"


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, why, and what was known then: agents who could answer, calls offered and picked up."""

    at: datetime
    did: Did
    cause: Cause
    able: int
    offered: int
    picked_up: int


@dataclass(frozen=True, slots=True)
class ClosedFrom:
    """On this day of the number's own zone it is closed from this minute on."""

    day: date
    minute: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Between two looks. `icon`: what is wanted of Meta instead of what the administrator wants; None: theirs holds.
    `acting`: why something is hidden or closed; None: nothing is."""

    nobody_since: datetime | None = None
    able_since: datetime | None = None
    acting: Cause | None = None
    icon: Icon | None = None
    closed: ClosedFrom | None = None
    low_told: bool = False
    meta_told: datetime | None = None
    acts: tuple[Act, ...] = ()


NOTHING: Final = Kept()

_Note = Callable[[Did, Cause], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """`able`: agents who take this number's calls and are there, in a call or not. `icon_shown` None: not known.
    `now_here`: day and minute in the number's zone, where its hours can be shortened; None: they cannot."""

    at: datetime
    is_open: bool
    able: int
    offered: int
    picked_up: int
    icon_shown: bool | None = None
    meta_warned_at: datetime | None = None
    now_here: ClosedFrom | None = None
    today: date | None = None


def step(guard: Guard, kept: Kept, seen: Seen) -> tuple[Kept, tuple[Act, ...]]:
    """What is kept from now on, and what was done, newest last."""
    kept = _followed(kept, seen)
    acts: list[Act] = []

    def act(did: Did, cause: Cause) -> None:
        acts.append(Act(seen.at, did, cause, seen.able, seen.offered, seen.picked_up))

    if not guard.enabled:
        if kept.acting is not None:
            kept = _undone(kept, Cause.SWITCHED_OFF, act)
    else:
        kept = _warned(guard, kept, seen, act)
        if kept.closed is not None and seen.today is not None and kept.closed.day != seen.today:
            kept = replace(kept, closed=None)
            act(Did.RESTORED_HOURS, Cause.NEW_DAY)
        cause = _why_act(guard, kept, seen)
        if cause is not None:
            kept = _done(guard, kept, seen, cause, act)
        elif kept.acting is not None and _for(kept.able_since, seen.at) >= timedelta(seconds=guard.back_for_s):
            kept = _undone(kept, Cause.SOMEBODY, act)
    return replace(kept, acts=(*kept.acts, *acts)[-MOST_ACTS:]), tuple(acts)


def percent(picked_up: int, offered: int) -> float | None:
    """Of calls that came, those that were accepted at all, which is what Meta sees; None: none came."""
    return None if offered == 0 else 100.0 * picked_up / offered


def icon_wanted(administrators: Icon | None, kept: Kept) -> Icon | None:
    """What Meta is to have: the guard may hide what an administrator shows, and never shows what they hide."""
    if kept.icon is Icon.HIDDEN:
        return Icon.HIDDEN
    return administrators if administrators is not None else kept.icon


def shortened(schedule: Schedule, closed: ClosedFrom) -> Schedule:
    """The same hours, closed on that day from that minute on."""
    spans = tuple(
        Span(span.opens_min, min(span.closes_min, closed.minute))
        for span in spans_of(schedule, closed.day)
        if span.opens_min < closed.minute
    )
    others = tuple(special for special in schedule.special_days if special.on != closed.day)
    return replace(schedule, special_days=(*others, SpecialDay(closed.day, spans)))


def problems_of(guard: Guard) -> Iterator[tuple[str, str]]:
    """Fields and codes."""
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(guard, name) <= most:
            yield name, "out_of_range"
    if guard.hide_below_percent > guard.warn_below_percent:
        yield "hide_below_percent", "above_warning"


def _followed(kept: Kept, seen: Seen) -> Kept:
    nobody = seen.is_open and seen.able == 0
    icon = None if kept.icon is Icon.SHOWN and seen.icon_shown else kept.icon  # it is back: nothing more to want
    return replace(
        kept,
        nobody_since=(kept.nobody_since or seen.at) if nobody else None,
        able_since=(kept.able_since or seen.at) if seen.able > 0 else None,
        icon=icon,
    )


def _warned(guard: Guard, kept: Kept, seen: Seen, act: _Note) -> Kept:
    low = _below(guard, seen, guard.warn_below_percent)
    if low and not kept.low_told:
        act(Did.WARNED, Cause.LOW_PICKUP)
    told = kept.meta_told
    if seen.meta_warned_at is not None and (told is None or told < seen.meta_warned_at):
        act(Did.WARNED, Cause.META_WARNED)
        told = seen.meta_warned_at
    return replace(kept, low_told=low, meta_told=told)


def _why_act(guard: Guard, kept: Kept, seen: Seen) -> Cause | None:
    if kept.nobody_since is not None and _for(kept.nobody_since, seen.at) >= timedelta(seconds=guard.nobody_for_s):
        return Cause.NOBODY
    return Cause.LOW_PICKUP if _below(guard, seen, guard.hide_below_percent) else None


def _done(guard: Guard, kept: Kept, seen: Seen, cause: Cause, act: _Note) -> Kept:
    """Whatever is allowed and not done yet."""
    if guard.hide_icon and kept.icon is not Icon.HIDDEN and seen.icon_shown is not False:
        kept = replace(kept, icon=Icon.HIDDEN, acting=cause)
        act(Did.HID_ICON, cause)
    # Many calls that were not answered are no reason to close while people are there.
    if guard.shorten_hours and cause is Cause.NOBODY and kept.closed is None and seen.now_here is not None:
        kept = replace(kept, closed=seen.now_here, acting=cause)
        act(Did.SHORTENED_HOURS, cause)
    return kept


def _undone(kept: Kept, cause: Cause, act: _Note) -> Kept:
    if kept.icon is Icon.HIDDEN:
        kept = replace(kept, icon=Icon.SHOWN)
        act(Did.SHOWED_ICON, cause)
    if kept.closed is not None:
        kept = replace(kept, closed=None)
        act(Did.RESTORED_HOURS, cause)
    return replace(kept, acting=None)


def _below(guard: Guard, seen: Seen, least_percent: int) -> bool:
    return seen.offered >= guard.least_calls and 100 * seen.picked_up < least_percent * seen.offered


def _for(since: datetime | None, at: datetime) -> timedelta:
    return timedelta(seconds=-1) if since is None else at - since
