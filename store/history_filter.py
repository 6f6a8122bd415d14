"""Which calls somebody wants to see, and which they may: what is asked, and its conditions in SQL. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlmodel import and_, col, or_, select

from signaling.call import Outcome
from signaling.events import Direction
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.recording_record import RecordingState
from store.after_call_models import CallNoteRow
from store.integration_models import ProtocolRow
from store.models import CallRow, MembershipRow
from store.recording_models import RecordingRow
from store.word_search import Wanted, calls_with

LOST: Final = (Outcome.MISSED, Outcome.ABANDONED)
WITH_SOUND: Final = (RecordingState.RECORDED, RecordingState.PARTIAL)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Everything given must hold. `since` is inclusive, `until` is not; both look at when we first heard of the call.

    `reason`: the code of what went wrong; one that ends with a point is the beginning of a code (`meta.`). `recorded`:
    there is sound of it, or there is none. `words`: all of them were said in it.

    `visible_numbers`, `visible_in` and `visible_member` are what the reader may see: calls of these numbers, and of
    these departments, or of those that this user is in; beside them with `visible_missed_in` those departments' calls
    in which nobody talked to the customer, and with `visible_agent` what this agent talked in. None: everything.
    `within`: those that it lets through as well, which is how two grants are put together.
    """

    number: NumberId | None = None
    department: DepartmentId | None = None
    agent: AgentId | None = None
    contact: ContactId | None = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    disposition: str | None = None
    recorded: bool | None = None
    words: Wanted | None = field(default=None, repr=False)
    protocol: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    visible_numbers: frozenset[NumberId] | None = None
    visible_in: frozenset[DepartmentId] | None = None
    visible_member: AgentId | None = None
    visible_missed_in: frozenset[DepartmentId] = frozenset()
    visible_agent: AgentId | None = None
    within: "HistoryFilter | None" = None


def conditions_of(wanted: HistoryFilter) -> list[Any]:
    """On `calls` alone: everything but `recorded`, `words`, `protocol` and `disposition` (`beside`)."""
    return [*_asked(wanted), *_allowed(wanted)]


def branches_of(wanted: HistoryFilter) -> list[list[Any]]:
    """The same, as conditions of which one list at least holds. Where several departments (or numbers) are visible each
    has a list of its own, so that an index gives the newest of it, however few they are among all."""
    asked, allowed = _asked(wanted), _allowed(wanted)
    narrow = (wanted.number, wanted.department, wanted.agent, wanted.contact)
    ways = list(_ways(wanted)) or [CallRow.number_id == number for number in sorted(wanted.visible_numbers or ())]
    if len(ways) < 2 or any(given is not None for given in narrow):
        return [[*asked, *allowed]]
    rest = _allowed(replace(wanted, visible_in=None))
    return [[*asked, *rest, way] for way in ways]


def beside(wanted: HistoryFilter, *, is_sqlite: bool) -> list[Any]:
    """Of what is kept beside calls: for each a subquery of the ids of calls that will do."""
    found: list[Any] = []
    if wanted.protocol is not None:
        codes = select(ProtocolRow.call_id).where(ProtocolRow.code == wanted.protocol)
        found.append(codes.where(col(ProtocolRow.call_id).is_not(None)))
    if wanted.words is not None:
        found.append(calls_with(wanted.words, is_sqlite=is_sqlite))
    if wanted.disposition is not None:
        found.append(select(CallNoteRow.call_id).where(CallNoteRow.disposition == wanted.disposition))
    if wanted.recorded:
        found.append(select(RecordingRow.call_id).where(col(RecordingRow.state).in_(WITH_SOUND)))
    return found


def _asked(wanted: HistoryFilter) -> list[Any]:
    conditions: list[Any] = [
        column == value
        for column, value in (
            (CallRow.number_id, wanted.number),
            (CallRow.department_id, wanted.department),
            (CallRow.agent_id, wanted.agent),
            (CallRow.contact_id, wanted.contact),
            (CallRow.direction, wanted.direction),
            (CallRow.outcome, wanted.outcome),
        )
        if value is not None
    ]
    if wanted.reason is not None:
        conditions.extend(_reason(wanted.reason))
    if wanted.since is not None:
        conditions.append(col(CallRow.received_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(CallRow.received_at) < wanted.until)
    return conditions


def _reason(code: str) -> list[Any]:
    if not code.endswith("."):
        return [CallRow.reason == code]
    behind = f"{code[:-1]}/"  # the character after the point
    return [col(CallRow.reason) >= code, col(CallRow.reason) < behind]


def _allowed(wanted: HistoryFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.visible_numbers is not None:
        conditions.append(col(CallRow.number_id).in_(wanted.visible_numbers))
    if wanted.visible_in is not None:
        conditions.append(or_(*_ways(wanted), col(CallRow.department_id).in_(())))
    if wanted.within is not None:
        conditions.extend(_allowed(wanted.within))
    return conditions


def _ways(wanted: HistoryFilter) -> Iterable[Any]:
    """Each of them is enough to see a call. None at all: everything is seen, or nothing (`visible_in`)."""
    if wanted.visible_in is None:
        return
    if wanted.visible_member is not None:
        own = select(MembershipRow.department_id).where(MembershipRow.user_id == wanted.visible_member)
        yield col(CallRow.department_id).in_(own)
    for department in sorted(wanted.visible_in):
        yield CallRow.department_id == department
    inbound = CallRow.direction == Direction.INBOUND
    for department in sorted(wanted.visible_missed_in):
        for outcome in LOST:
            yield and_(col(CallRow.department_id) == department, CallRow.outcome == outcome, inbound)
    if wanted.visible_agent is not None:
        yield CallRow.agent_id == wanted.visible_agent
