"""When a text of a number's own is due, and in which words. Pure: `signaling.texts` is the data.

Whether one is due follows from the call, so it stands in its timeline; whether the customer had the same text a moment
ago is known to the store, which asks when it saves that line (`store.texts_told`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from signaling.call import Call, TimelineEntry
from signaling.eligibility import country_of
from signaling.events import Customer
from signaling.permission_templates import spoken_in
from signaling.plan import LANGUAGES, Announce, Plan, StepId, by_itself
from signaling.texts import TextKind, Written, in_language

TEXT_DUE: Final = "text_due"
"""A line of the timeline, with the `text` that is due: a `TextKind`."""


@dataclass(frozen=True, slots=True)
class Due:
    """`interval`: nothing is told to a customer who had this kind of text within it; None: it is told each time."""

    kind: TextKind
    written: Written
    at: datetime
    interval: timedelta | None


def with_text(call: Call, kind: TextKind, at: datetime) -> Call:
    """The call with a note that its customer is due this text; the very same where its number has none."""
    if call.plan is None or not call.plan.texts.of(kind):
        return call
    return call.note(at, TEXT_DUE, text=kind.value)


def are_due(lines: Iterable[TimelineEntry]) -> bool:
    return any(line.kind == TEXT_DUE for line in lines)


def due_of(call: Call, lines: Iterable[TimelineEntry]) -> list[Due]:
    """What these lines of the call's timeline make due, in their order."""
    plan, found = call.plan, []
    for line in lines:
        if line.kind != TEXT_DUE or plan is None:
            continue
        kind = TextKind(str(line.data["text"]))
        wanted = (spoken_in(country_of_customer(call.customer)), plan.language, *LANGUAGES)
        written = in_language(plan.texts.of(kind), wanted)
        if written is not None:
            found.append(Due(kind, written, line.at, interval_of(plan, kind)))
    return found


def interval_of(plan: Plan, kind: TextKind) -> timedelta | None:
    """Where the customer is greeted by voice too, the minutes of that announcement hold for the text as well."""
    if kind is TextKind.TRANSFER:
        return None
    begins = plan.start if kind is TextKind.GREETING else plan.closed
    spoken = None if begins is None else _first_announcement(plan, begins)
    minutes = max(plan.texts.once_in_min, 0 if spoken is None else spoken.once_in_min)
    return timedelta(minutes=minutes) if minutes else None


def country_of_customer(customer: Customer) -> str | None:
    """Two letters, from their number or from their business-scoped id (`BR.…`)."""
    if customer.phone is not None:
        return country_of(customer.phone)
    country, dot, _ = customer.bsuid.value.partition(".") if customer.bsuid is not None else ("", "", "")
    return country if dot and len(country) == 2 else None


def _first_announcement(plan: Plan, begins: StepId) -> Announce | None:
    """What a customer who presses nothing is announced first."""
    seen: set[StepId] = set()
    step_id: StepId | None = begins
    while step_id is not None and step_id not in seen:
        seen.add(step_id)
        step = plan.steps[step_id]
        if isinstance(step, Announce):
            return step
        step_id = next((target for _, target in by_itself(step)), None)
    return None
