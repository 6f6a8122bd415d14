"""How well calls are answered: counts and times over a while, by number, department, agent, day or hour. Only reads.

A call counts once, for the agent who had it last. What agents did in it is each agent's own: talk, holds, wrap-up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar

from sqlalchemy import Float, case, func
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, and_

from signaling.call import Outcome
from signaling.events import Direction
from store.database import Database
from store.figure_models import AgentWorkRow
from store.history_filter import HistoryFilter
from store.measure_groups import ALL_CALLS, LONGEST, SERVICE_LEVEL_S, By, Group, MeasuredSpan, grouped, order_of
from store.models import CallRow

__all__ = [
    "LONGEST",
    "SERVICE_LEVEL_S",
    "By",
    "Inbound",
    "Measured",
    "MeasuredSpan",
    "Outbound",
    "SqlMeasures",
    "Talk",
    "total",
]

LARGEST: Final = frozenset({"in_longest_answer_s"})


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
class Work:
    """What agents did in calls of both directions that are over. `in_talks`, `out_talks`: calls in which they talked
    with the customer, once for each who did; `held_calls`: in which the customer was put on hold, likewise. Seconds are
    sums."""

    in_talks: int = 0
    in_talk_s: float = 0.0
    out_talks: int = 0
    out_talk_s: float = 0.0
    held_calls: int = 0
    holds: int = 0
    held_s: float = 0.0
    wrap_ups: int = 0
    wrap_up_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Talk:
    """How often somebody talked, and how long in all."""

    times: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """`key`: an id, `2026-03-04`, or an hour from `0` to `23`; None: none (no department, no agent). `name`: for
    people. `of_agent`: of one agent, who may have talked in calls that count for others, and not all along in theirs.
    """

    key: str | None
    name: str | None
    inbound: Inbound = Inbound()
    outbound: Outbound = Outbound()
    work: Work = Work()
    of_agent: bool = False

    @property
    def in_talk(self) -> Talk:
        if self.of_agent:
            return Talk(self.work.in_talks, self.work.in_talk_s)
        return Talk(self.inbound.answered, self.inbound.talk_s)

    @property
    def out_talk(self) -> Talk:
        if self.of_agent:
            return Talk(self.work.out_talks, self.work.out_talk_s)
        return Talk(self.outbound.answered, self.outbound.talk_s)


class seconds_between(GenericFunction[float]):  # noqa: N801 (a function of SQL)
    """`seconds_between(earlier, later)`."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_in_sqlite(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    earlier, later = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"  # days are floats, good to 0.1 ms


@compiles(seconds_between)
def _seconds(element: Any, compiler: SQLCompiler, **kw: Any) -> str:
    earlier, later = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"CAST(extract(epoch FROM ({later}) - ({earlier})) AS DOUBLE PRECISION)"


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

    async def of(self, span: MeasuredSpan, by: By, sight: HistoryFilter = ALL_CALLS) -> list[Measured]:
        """One line for each group that had a call; days in order, all else by key. `sight`: what the reader may see."""
        sums = _sums(span.level_s)

        def work(session: Session) -> list[Measured]:
            calls = grouped(session, CallRow, sums, span, by, sight, LARGEST)
            works = grouped(session, AgentWorkRow, _work_sums(), span, by, sight)
            found = {group.key: _measured(group) for group in calls}
            for group in works:  # an agent who gave all their calls away has no call of their own
                line = found.get(group.key, Measured(group.key, group.name))
                found[group.key] = replace(line, work=_work(group))
            of_agent = by is By.AGENT or span.agent is not None
            lines = (replace(line, of_agent=of_agent) for line in found.values())
            return sorted(lines, key=lambda line: order_of(line.key))

        return await self.database.read(work)


def _measured(group: Group) -> Measured:
    told = {label: float(value) if label.endswith("_s") else int(value) for label, value in group.sums.items()}
    inbound = Inbound(**{field.name: told[f"in_{field.name}"] for field in fields(Inbound)})  # type: ignore[arg-type]
    outbound = Outbound(**{field.name: told[f"out_{field.name}"] for field in fields(Outbound)})  # type: ignore[arg-type]
    return Measured(group.key, group.name, inbound, outbound)


def _work_sums() -> dict[str, Any]:
    row: Any = AgentWorkRow
    return {
        **{
            f"{way}_{label}": value
            for way, direction in (("in", Direction.INBOUND), ("out", Direction.OUTBOUND))
            for label, value in (
                ("talks", func.count(case((row.direction == direction, row.talk_ms)))),
                ("talk_ms", func.coalesce(func.sum(case((row.direction == direction, row.talk_ms))), 0)),
            )
        },
        "held_calls": func.sum(case((row.holds > 0, 1), else_=0)),
        "holds": func.sum(row.holds),
        "held_ms": func.sum(row.held_ms),
        "wrap_ups": func.count(row.wrap_up_ms),
        "wrap_up_ms": func.coalesce(func.sum(row.wrap_up_ms), 0),
    }


def _work(group: Group) -> Work:
    told = {label: int(value) for label, value in group.sums.items()}
    counts = {label: value for label, value in told.items() if not label.endswith("_ms")}
    seconds = {f"{label[:-3]}_s": value / 1_000 for label, value in told.items() if label.endswith("_ms")}
    return Work(**counts, **seconds)  # type: ignore[arg-type]


def total(lines: Iterable[Measured], *, of_agent: bool = False) -> Measured:
    """All groups as one. Of several agents it is what their calls come to, each once; `of_agent`: all are of one."""
    inbound, outbound, work = Inbound(), Outbound(), Work()
    for line in lines:
        inbound, outbound, work = _sum(inbound, line.inbound), _sum(outbound, line.outbound), _sum(work, line.work)
    return Measured(None, None, inbound, outbound, work, of_agent)


T = TypeVar("T", Inbound, Outbound, Work)


def _sum(one: T, other: T) -> T:
    added = {field.name: getattr(one, field.name) + getattr(other, field.name) for field in fields(one)}
    if isinstance(one, Inbound) and isinstance(other, Inbound):
        added["longest_answer_s"] = max(one.longest_answer_s, other.longest_answer_s)
    return replace(one, **added)
