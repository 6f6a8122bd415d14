"""Which calls somebody wants to see, and which they may: what is asked, and its conditions in SQL. Only reads."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlmodel import and_, col, exists, false, not_, or_, select

from signaling.call import Outcome
from signaling.events import Direction
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.recording_record import RecordingState
from store.after_call_models import CallNoteRow
from store.call_grants import workers_of
from store.figure_models import AgentWorkRow
from store.integration_models import ProtocolRow
from store.models import BY_GUEST, CallRow, MembershipRow, table_of
from store.recording_models import RecordingRow
from store.transcript_models import TranscriptRow
from store.word_search import Wanted, transcripts_with

LOST: Final = (Outcome.MISSED, Outcome.ABANDONED)
WITH_SOUND: Final = (RecordingState.RECORDED, RecordingState.PARTIAL)
_BY_GUEST: Final = f"{table_of(CallRow).name}.{BY_GUEST}"  # as text, or no planner sees its index


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Everything given must hold. `since` is inclusive, `until` is not; both look at when we first heard of the call.

    `agent`: who had the call last, or talked in it before and handed it on.

    `reason`: the code of what went wrong; one that ends with a point is the beginning of a code (`meta.`). `recorded`:
    there is sound of it, or there is none. `words`: all of them were said in it.

    `visible_numbers`, `visible_in` and `visible_member` are what the reader may see: calls of these numbers, and of
    these departments, or of those that this user is in; beside them all of the numbers `visible_of`, with
    `visible_missed_in` and `visible_missed_of` those departments' and numbers' calls in which nobody talked to the
    customer, with `visible_agent` what this agent had last, with `visible_talked` what this agent talked in and handed
    on, and of `visible_guests` what these agents had as guests (`signaling.call_grants`; with `visible_member` so do
    those who work beside this user). None: everything.
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
    visible_of: frozenset[NumberId] = frozenset()
    visible_missed_in: frozenset[DepartmentId] = frozenset()
    visible_missed_of: frozenset[NumberId] = frozenset()
    visible_agent: AgentId | None = None
    visible_talked: AgentId | None = None
    visible_guests: frozenset[AgentId] = frozenset()
    within: "HistoryFilter | None" = None


def conditions_of(wanted: HistoryFilter, *, in_passing: bool = False) -> list[Any]:
    """On `calls`: everything but what `beside` has. `in_passing`: what is visible shall choose no index."""
    return [*_asked(wanted), *_allowed(wanted, in_passing)]


@dataclass(frozen=True, slots=True)
class Branch:
    """Conditions on `calls`. `handed_on_by`: of those alone that this agent handed on, for which there is an index."""

    conditions: list[Any]
    handed_on_by: AgentId | None = None


def branches_of(wanted: HistoryFilter) -> list[Branch]:
    """The same, as branches of which one at least holds. Where several departments (or numbers) are visible each has a
    branch of its own, so that an index gives the newest of it, however few they are among all; so have the calls of an
    agent and those that they handed on."""
    if wanted.agent is not None:
        rest = [*_asked(replace(wanted, agent=None)), *_allowed(wanted, True)]
        return [Branch([*rest, CallRow.agent_id == wanted.agent]), *_handed_on(wanted, rest, wanted.agent)]
    talked = None if wanted.visible_in is None else wanted.visible_talked
    ways = list(_ways(replace(wanted, visible_talked=None)))
    ways = ways or [CallRow.number_id == number for number in sorted(wanted.visible_numbers or ())]
    several = len(ways) + (talked is not None) > 1
    if not several or any(given is not None for given in (wanted.number, wanted.department, wanted.contact)):
        return [Branch([*_asked(wanted), *_allowed(wanted, several)])]
    rest = [*_asked(wanted), *_allowed(replace(wanted, visible_in=None), True)]
    return [*(Branch([*rest, way]) for way in ways), *_handed_on(wanted, rest, talked)]


def _handed_on(wanted: HistoryFilter, conditions: list[Any], agent: AgentId | None) -> Iterable[Branch]:
    """None where there is none: who talked has answered. The period is a stretch of the agent's index."""
    if agent is not None and wanted.outcome in (None, Outcome.ANSWERED):
        yield Branch([*conditions, *_period(wanted, AgentWorkRow)], agent)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept beside calls, seen from both ends: the `ids` of the calls that have it, and whether one `has` it."""

    ids: Any
    has: Any


def beside(wanted: HistoryFilter, *, is_sqlite: bool) -> list[Beside]:
    found: list[Beside] = []
    if wanted.protocol is not None:
        found.append(_kept(ProtocolRow.call_id, ProtocolRow.code == wanted.protocol))
    if wanted.words is not None:
        found.append(_kept(TranscriptRow.call_id, transcripts_with(wanted.words, is_sqlite=is_sqlite)))
    if wanted.disposition is not None:
        found.append(_kept(CallNoteRow.call_id, CallNoteRow.disposition == wanted.disposition))
    if wanted.recorded:
        found.append(_kept(RecordingRow.call_id, col(RecordingRow.state).in_(WITH_SOUND)))
    return found


def _kept(call: Any, condition: Any) -> Beside:
    ids: Any = select(call)
    has = exists().where(call == col(CallRow.call_id), condition).correlate(CallRow)
    return Beside(ids.where(call.is_not(None), condition), has)


def _asked(wanted: HistoryFilter) -> list[Any]:
    conditions: list[Any] = [
        column == value
        for column, value in (
            (CallRow.number_id, wanted.number),
            (CallRow.department_id, wanted.department),
            (CallRow.contact_id, wanted.contact),
            (CallRow.direction, wanted.direction),
            (CallRow.outcome, wanted.outcome),
        )
        if value is not None
    ]
    if wanted.agent is not None:
        conditions.append(or_(CallRow.agent_id == wanted.agent, col(CallRow.id).in_(handed_on_by(wanted.agent))))
    if wanted.recorded is False:
        conditions.append(not_(_kept(RecordingRow.call_id, col(RecordingRow.state).in_(WITH_SOUND)).has))
    if wanted.reason is not None:
        conditions.extend(_reason(wanted.reason))
    return [*conditions, *_period(wanted, CallRow)]


def _period(wanted: HistoryFilter, table: Any) -> Iterable[Any]:
    if wanted.since is not None:
        yield col(table.received_at) >= wanted.since
    if wanted.until is not None:
        yield col(table.received_at) < wanted.until


def handed_on_by(agent: AgentId) -> Any:
    """A query of `calls.id`: they talked in these, and others had them last. Not of `call_id`, which no index of the
    newest has beside it."""
    row = col(AgentWorkRow.handed_on)
    return select(row).where(AgentWorkRow.agent_id == agent, row.is_not(None))


def _reason(code: str) -> list[Any]:
    if not code.endswith("."):
        return [CallRow.reason == code]
    behind = f"{code[:-1]}/"  # the character after the point
    return [col(CallRow.reason) >= code, col(CallRow.reason) < behind]


def visible(wanted: HistoryFilter, table: Any) -> list[Any]:
    """What the reader may see of a table that is kept of calls, in passing: it has `number_id`, `department_id` and
    `agent_id`, and where missed calls are seen beside others, `outcome` and `direction`. Figures are added up by whose
    calls they are, whoever had them as a guest or handed them on."""
    return _allowed(wanted, True, table, guests=False)


def _allowed(wanted: HistoryFilter, in_passing: bool, table: Any = CallRow, *, guests: bool = True) -> list[Any]:
    conditions: list[Any] = []
    if wanted.visible_numbers is not None:
        conditions.append(_column(table.number_id, in_passing).in_(wanted.visible_numbers))
    if wanted.visible_in is not None:
        conditions.append(or_(false(), *_ways(wanted, in_passing, table, guests=guests)))
    if wanted.within is not None:
        conditions.extend(_allowed(wanted.within, in_passing, table, guests=guests))
    return conditions


def _ways(
    wanted: HistoryFilter, in_passing: bool = False, table: Any = CallRow, *, guests: bool = True
) -> Iterable[Any]:
    """Each of them is enough to see a call. None at all: everything is seen, or nothing (`visible_in`)."""
    if wanted.visible_in is None:
        return
    department, agent = _column(table.department_id, in_passing), _column(table.agent_id, in_passing)
    if wanted.visible_member is not None:
        own = select(MembershipRow.department_id).where(MembershipRow.user_id == wanted.visible_member)
        yield department.in_(own)
        if guests:
            yield _by_guest(table, workers_of(own))
    number = _column(table.number_id, in_passing)
    for seen_in in sorted(wanted.visible_in):
        yield department == seen_in
    for seen_of in sorted(wanted.visible_of):
        yield number == seen_of
    missed = [department == missed_in for missed_in in sorted(wanted.visible_missed_in)]
    missed += [number == missed_of for missed_of in sorted(wanted.visible_missed_of)]
    for theirs in missed:
        for outcome in LOST:
            yield and_(theirs, table.outcome == outcome, table.direction == Direction.INBOUND)
    if wanted.visible_agent is not None:
        yield agent == wanted.visible_agent
    if guests and wanted.visible_talked is not None:
        yield _column(CallRow.id, in_passing).in_(handed_on_by(wanted.visible_talked))
    if guests and wanted.visible_guests:
        yield _by_guest(table, wanted.visible_guests)


def _by_guest(table: Any, agents: Any) -> Any:
    """From the index of the few calls of guests: SQLite would rather read all calls that these agents ever had."""
    return and_(text(_BY_GUEST), _column(table.agent_id, True).in_(agents))


def _column(column: Any, in_passing: bool) -> Any:
    """`+ 0`: planners find no index for it, and read the column where they are."""
    return col(column) + 0 if in_passing else col(column)
