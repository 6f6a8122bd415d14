"""How well calls are answered: counts and times over a while, by number, department, agent, day or hour. Only reads.

The database adds up; what comes out is as many rows as there are groups. Days and hours are those of a time zone: calls
are added up by quarters of an hour in UTC, which fit into the hours of every zone there is, and those are put together
here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Float, Integer, case, func, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import and_, col, select

from signaling.call import Outcome
from signaling.events import Direction
from signaling.ids import DepartmentId, NumberId
from store.database import Database
from store.models import CallRow, DepartmentRow, NumberRow, UserRow
from store.reach import EVERYTHING, Reach

SERVICE_LEVEL_S: Final = 20.0
"""The field's usual promise: eighty of a hundred calls answered within twenty seconds."""
QUARTER_S: Final = 900
LONGEST: Final = timedelta(days=400)


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
    level_s: float = SERVICE_LEVEL_S


@dataclass(frozen=True, slots=True)
class Inbound:
    """Calls of customers. `offered`: all of them; `answered`: an agent talked with them; `missed`: nobody accepted;
    `abandoned`: accepted by a plan, and they gave up waiting; `refused`: over a limit or closed; `failed`: something
    broke. `picked_up`: accepted at all, by whom or what ever, which is what Meta sees. Seconds are sums, over the
    answered ones (`answer_s`, `talk_s`: from the offer to the agent, and with the agent) and the others that had waited
    (`lost_s`)."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    missed: int = 0
    abandoned: int = 0
    refused: int = 0
    failed: int = 0
    picked_up: int = 0
    answer_s: float = 0.0
    longest_answer_s: float = 0.0
    lost_s: float = 0.0
    talk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Outbound:
    """Calls of ours. `picked_up_s`: the sum from Meta's answer to the pick-up."""

    placed: int = 0
    answered: int = 0
    unanswered: int = 0
    declined: int = 0
    failed: int = 0
    picked_up_s: float = 0.0
    talk_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """`key`: an id, `2026-03-04`, or an hour from `0` to `23`; None: none (no department, no agent). `name`: for
    people."""

    key: str | None
    name: str | None
    inbound: Inbound
    outbound: Outbound


class seconds_between(GenericFunction[float]):  # noqa: N801 (a function of SQL)
    """`seconds_between(earlier, later)`."""

    type = Float()
    inherit_cache = True


class quarter_of(GenericFunction[int]):  # noqa: N801
    """How many quarters of an hour have passed since 1970 in UTC."""

    type = Integer()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_in_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    earlier, later = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"  # days are floats, good to 0.1 ms


@compiles(seconds_between)
def _seconds(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    earlier, later = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(extract(epoch FROM ({later}) - ({earlier})) AS DOUBLE PRECISION)"


@compiles(quarter_of, "sqlite")
def _quarter_in_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER) / {QUARTER_S})"


@compiles(quarter_of)
def _quarter(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **kw)}) / {QUARTER_S}) AS BIGINT)"


def _sums(level_s: float) -> dict[str, Any]:
    """Every column, by the name of its field with its direction before it."""
    row: Any = CallRow
    comes, goes = row.direction == Direction.INBOUND, row.direction == Direction.OUTBOUND
    answered = row.outcome == Outcome.ANSWERED
    begun = func.coalesce(row.offered_at, row.received_at)
    with_agent = case(  # a plan may have accepted long before an agent answered
        (and_(comes, row.answered_at > row.accepted_at), row.answered_at), else_=row.accepted_at
    )
    waited_s = seconds_between(begun, case((comes, with_agent), else_=row.accepted_at))
    talked_s = seconds_between(with_agent, row.ended_at)
    refused = and_(comes, row.refusal.is_not(None))
    lost = and_(comes, ~refused, row.outcome.in_((Outcome.MISSED, Outcome.ABANDONED)))

    def count(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    def seconds(condition: Any, value: Any) -> Any:
        return func.sum(case((condition, value), else_=0.0))

    def ended(direction: Any, outcome: Outcome) -> Any:
        return and_(direction, ~refused, row.outcome == outcome)

    return {
        "in_offered": count(comes),
        "in_answered": count(and_(comes, answered)),
        "in_answered_in_time": count(and_(comes, answered, waited_s <= level_s)),
        "in_missed": count(ended(comes, Outcome.MISSED)),
        "in_abandoned": count(ended(comes, Outcome.ABANDONED)),
        "in_refused": count(refused),
        "in_failed": count(ended(comes, Outcome.FAILED)),
        "in_picked_up": count(and_(comes, row.accepted_at.is_not(None))),
        "in_answer_s": seconds(and_(comes, answered), waited_s),
        "in_longest_answer_s": func.max(case((and_(comes, answered), waited_s), else_=0.0)),
        "in_lost_s": seconds(lost, seconds_between(begun, row.ended_at)),
        "in_talk_s": seconds(and_(comes, answered), talked_s),
        "out_placed": count(goes),
        "out_answered": count(and_(goes, answered)),
        "out_unanswered": count(ended(goes, Outcome.MISSED)),
        "out_declined": count(ended(goes, Outcome.DECLINED)),
        "out_failed": count(ended(goes, Outcome.FAILED)),
        "out_picked_up_s": seconds(and_(goes, answered), waited_s),
        "out_talk_s": seconds(and_(goes, answered), talked_s),
    }


@dataclass(frozen=True)
class SqlMeasures:
    """May raise NeighbourError."""

    database: Database

    async def of(self, span: MeasuredSpan, by: By, reach: Reach = EVERYTHING) -> list[Measured]:
        """One line for each group that had a call; days in order, all else by key."""
        if span.until - span.since > LONGEST:
            raise ValueError("too long a while")
        key, name, joined = _group(by)
        sums = _sums(span.level_s)
        query: Any = select(key, name, *[column.label(label) for label, column in sums.items()])
        query = query.select_from(CallRow)
        for table, condition in joined:
            query = query.outerjoin(table, condition)
        query = query.where(*_conditions(span), *reach.conditions(CallRow)).group_by(key, *([name] if joined else []))
        rows = await self.database.read(lambda session: [tuple(row) for row in session.exec(query)])
        found = [_measured(row, tuple(sums)) for row in rows]
        if by in (By.DAY, By.HOUR):
            found = _put_together(found, _in_zone(by, span.zone))
        return sorted(found, key=lambda line: (line.key is None, _order(line.key)))


def _conditions(span: MeasuredSpan) -> list[Any]:
    conditions = [col(CallRow.received_at) >= span.since, col(CallRow.received_at) < span.until]
    if span.number is not None:
        conditions.append(col(CallRow.number_id) == span.number)
    if span.department is not None:
        conditions.append(col(CallRow.department_id) == span.department)
    return conditions


def _group(by: By) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """What is grouped by, its name, and the tables that know it."""
    match by:
        case By.NUMBER:
            return col(CallRow.number_id), col(NumberRow.label), [(NumberRow, CallRow.number_id == NumberRow.id)]
        case By.DEPARTMENT:
            joined = [(DepartmentRow, CallRow.department_id == DepartmentRow.id)]
            return col(CallRow.department_id), col(DepartmentRow.name), joined
        case By.AGENT:
            return col(CallRow.agent_id), col(UserRow.name), [(UserRow, CallRow.agent_id == UserRow.id)]
        case By.DAY | By.HOUR:
            return quarter_of(CallRow.received_at), null(), []


def _measured(row: tuple[Any, ...], labels: tuple[str, ...]) -> Measured:
    key, name, *sums = row
    told = {
        label: float(value) if label.endswith("_s") else int(value) for label, value in zip(labels, sums, strict=True)
    }
    inbound = Inbound(**{field.name: told[f"in_{field.name}"] for field in fields(Inbound)})  # type: ignore[arg-type]
    outbound = Outbound(**{field.name: told[f"out_{field.name}"] for field in fields(Outbound)})  # type: ignore[arg-type]
    return Measured(None if key is None else str(key), name, inbound, outbound)


def _in_zone(by: By, zone: ZoneInfo) -> Callable[[str], str]:
    def key_of(quarter: str) -> str:
        local = datetime.fromtimestamp(int(quarter) * QUARTER_S, UTC).astimezone(zone)
        return local.date().isoformat() if by is By.DAY else str(local.hour)

    return key_of


def _put_together(quarters: Iterable[Measured], key_of: Callable[[str], str]) -> list[Measured]:
    found: dict[str, Measured] = {}
    for line in quarters:
        assert line.key is not None, "every call was received at some time"
        key = key_of(line.key)
        so_far = found.get(key, Measured(key, None, Inbound(), Outbound()))
        found[key] = Measured(key, None, _sum(so_far.inbound, line.inbound), _sum(so_far.outbound, line.outbound))
    return list(found.values())


def total(lines: Iterable[Measured]) -> Measured:
    """All groups as one."""
    inbound, outbound = Inbound(), Outbound()
    for line in lines:
        inbound, outbound = _sum(inbound, line.inbound), _sum(outbound, line.outbound)
    return Measured(None, None, inbound, outbound)


T = TypeVar("T", Inbound, Outbound)


def _sum(one: T, other: T) -> T:
    added = {field.name: getattr(one, field.name) + getattr(other, field.name) for field in fields(one)}
    if isinstance(one, Inbound) and isinstance(other, Inbound):
        added["longest_answer_s"] = max(one.longest_answer_s, other.longest_answer_s)
    return replace(one, **added)


def _order(key: str | None) -> tuple[int, str]:
    """Ids and hours as numbers, days as they are written."""
    return (int(key), "") if key is not None and key.isdigit() else (0, key or "")
