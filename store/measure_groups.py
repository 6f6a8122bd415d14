"""What all measures have in common: which calls, put together by what, and in whose days and hours. Only reads.

The database adds up; what comes out is as many rows as there are groups. Days and hours are those of a time zone: where
its clocks stood at one distance from UTC in the whole span, the database computes them; else things are added up by
quarters of an hour in UTC, which fit into the hours of every zone there is, and those are put together here.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, literal_column, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col, select

from signaling.ids import AgentId, DepartmentId, NumberId
from store.history_filter import HistoryFilter, visible
from store.models import DepartmentRow, NumberRow, UserRow

SERVICE_LEVEL_S: Final = 20.0
"""The field's usual promise: eighty of a hundred calls answered within twenty seconds."""
QUARTER_S: Final = 900
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
LONGEST: Final = timedelta(days=400)
ALL_CALLS: Final = HistoryFilter()


class By(StrEnum):
    """What is put together."""

    NUMBER = "number"
    DEPARTMENT = "department"
    AGENT = "agent"
    DAY = "day"
    HOUR = "hour"  # of the day, over all days: when does it get busy?


@dataclass(frozen=True, slots=True)
class MeasuredSpan:
    """Calls of which we first heard from `since` on, and before `until`. `level_s`: answered within it counts for the
    service level."""

    since: datetime
    until: datetime
    zone: ZoneInfo
    number: NumberId | None = None
    department: DepartmentId | None = None
    agent: AgentId | None = None
    level_s: float = SERVICE_LEVEL_S


@dataclass(frozen=True, slots=True)
class Group:
    """`key`: an id, `2026-03-04`, or an hour from `0` to `23`; None: none (no department, no agent). `name`: for
    people."""

    key: str | None
    name: str | None
    sums: Mapping[str, Any]


class period_of(GenericFunction[int]):  # noqa: N801 (a function of SQL)
    """`period_of(moment, shift_s, length_s)`: how many periods of `length_s` have passed since 1970, on a clock that is
    `shift_s` before UTC."""

    type = Integer()
    inherit_cache = True


@compiles(period_of, "sqlite")
def _period_in_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    moment, shift_s, length_s = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"((CAST(strftime('%s', {moment}) AS INTEGER) + {shift_s}) / {length_s})"


@compiles(period_of)
def _period(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    moment, shift_s, length_s = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(floor((extract(epoch FROM {moment}) + {shift_s}) / {length_s}) AS BIGINT)"


def grouped(
    session: Session,
    table: Any,
    sums: Mapping[str, Any],
    span: MeasuredSpan,
    by: By,
    sight: HistoryFilter = ALL_CALLS,
    largest: Set[str] = frozenset(),
) -> list[Group]:
    """One for each group that has a row. `table` has `received_at`, `number_id`, `department_id` and `agent_id`; of
    sums in `largest` not the sum but the largest counts. Raises ValueError for a span that is too long."""
    if span.until - span.since > LONGEST:
        raise ValueError("too long a while")
    key, name, joined = group_of(by, table, span)
    query: Any = select(key, name, *[column.label(label) for label, column in sums.items()]).select_from(table)
    for other, condition in joined:
        query = query.outerjoin(other, condition)
    query = query.where(*conditions(span, table, sight)).group_by(key, *([name] if joined else []))
    rows = [
        Group(None if row[0] is None else str(row[0]), row[1], dict(zip(sums, row[2:], strict=True)))
        for row in session.exec(query)
    ]
    return in_order(together(rows, by, span, largest))


def conditions(span: MeasuredSpan, table: Any, sight: HistoryFilter) -> list[Any]:
    found = [col(table.received_at) >= span.since, col(table.received_at) < span.until]
    if span.number is not None:
        found.append(col(table.number_id) == span.number)
    if span.department is not None:
        found.append(col(table.department_id) == span.department)
    if span.agent is not None:
        found.append(col(table.agent_id) == span.agent)
    return [*found, *visible(sight, table)]


def group_of(by: By, table: Any, span: MeasuredSpan) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """What is grouped by, its name, and the tables that know it."""
    match by:
        case By.NUMBER:
            return col(table.number_id), col(NumberRow.label), [(NumberRow, table.number_id == NumberRow.id)]
        case By.DEPARTMENT:
            joined = [(DepartmentRow, table.department_id == DepartmentRow.id)]
            return col(table.department_id), col(DepartmentRow.name), joined
        case By.AGENT:
            return col(table.agent_id), col(UserRow.name), [(UserRow, table.agent_id == UserRow.id)]
        case By.DAY | By.HOUR:
            return time_of(by, table.received_at, span), null(), []


def time_of(by: By, moment: Any, span: MeasuredSpan) -> Any:
    """What `together` reads again."""
    shift_s = one_shift(span)
    if shift_s is None:
        return period_of(moment, _written(0), _written(QUARTER_S))
    if by is By.DAY:
        return period_of(moment, _written(shift_s), _written(DAY_S))
    return period_of(moment, _written(shift_s), _written(HOUR_S)) % _written(24)


def _written(value: int) -> Any:
    """Into the statement itself: PostgreSQL must see that what is selected is what is grouped by."""
    return literal_column(str(value), Integer())


def one_shift(span: MeasuredSpan) -> int | None:
    """How many seconds the zone's clocks were before UTC, if they were so in the whole span."""
    at, shifts = span.since, set()
    while at < span.until:
        shifts.add(at.astimezone(span.zone).utcoffset())
        at += timedelta(days=1)
    shifts.add(span.until.astimezone(span.zone).utcoffset())
    shift = shifts.pop()
    return None if shifts or shift is None else int(shift.total_seconds())


def together(rows: Iterable[Group], by: By, span: MeasuredSpan, largest: Set[str] = frozenset()) -> list[Group]:
    """Rows as the database gave them, by the keys that are shown."""
    if by not in (By.DAY, By.HOUR):
        return list(rows)
    key_of = key_reader(by, span)
    found: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        key = key_of(row.key)
        found[key] = added(found.get(key), row.sums, largest)
    return [Group(key, None, sums) for key, sums in found.items()]


def added(one: Mapping[str, Any] | None, other: Mapping[str, Any], largest: Set[str] = frozenset()) -> dict[str, Any]:
    if one is None:
        return dict(other)
    return {label: max(one[label], value) if label in largest else one[label] + value for label, value in other.items()}


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Ids and hours as numbers, days as they are written, nobody last."""
    return sorted(groups, key=lambda group: order_of(group.key))


def order_of(key: str | None) -> tuple[bool, int, int, str]:
    return key is None, *((0, int(key), "") if key is not None and key.isdigit() else (1, 0, key or ""))


def key_reader(by: By, span: MeasuredSpan) -> Callable[[Any], str | None]:
    """From what `group_of` groups by to the key that is shown; what `time_of` counted becomes days and hours."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def as_it_is(key: Any) -> str | None:
        return None if key is None else str(key)

    def day(days: Any) -> str:
        return (epoch + timedelta(days=int(days))).date().isoformat()

    def of_quarter(quarter: Any) -> str:
        local = datetime.fromtimestamp(int(quarter) * QUARTER_S, UTC).astimezone(span.zone)
        return local.date().isoformat() if by is By.DAY else str(local.hour)

    if by not in (By.DAY, By.HOUR):
        return as_it_is
    if one_shift(span) is None:
        return of_quarter
    return day if by is By.DAY else as_it_is
