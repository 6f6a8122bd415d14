"""How calls sounded: estimates at their ends, put together by number, department, agent, day or hour. Only reads."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func
from sqlmodel import and_

from signaling.sound import FAIR_MOS, GOOD_MOS
from store.database import Database
from store.figure_models import CallQualityRow
from store.history_filter import HistoryFilter
from store.measure_groups import ALL_CALLS, By, Group, MeasuredSpan, added, grouped


@dataclass(frozen=True, slots=True)
class SideQuality:
    """Of one side, between it and us. `good`, `fair`, `poor`: calls, by the MOS of the worse way; the means are of the
    calls of which that figure is known. None: of none."""

    good: int
    fair: int
    poor: int
    mos: float | None
    loss_percent: float | None
    jitter_ms: float | None
    round_trip_ms: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """`calls`: of which anything was measured."""

    key: str | None
    name: str | None
    calls: int
    customer: SideQuality
    agent: SideQuality


@dataclass(frozen=True)
class SqlQuality:
    """May raise NeighbourError."""

    database: Database

    async def of(
        self, span: MeasuredSpan, by: By, sight: HistoryFilter = ALL_CALLS
    ) -> tuple[list[Quality], Quality | None]:
        """One line for each group, and all of them as one; None: nothing was measured."""
        groups = await self.database.read(
            lambda session: grouped(session, CallQualityRow, _sums(), span, by, sight, frozenset())
        )
        sums: dict[str, Any] | None = None
        for group in groups:
            sums = added(sums, group.sums)
        return [_told(group) for group in groups], None if sums is None else _told(Group(None, None, sums))


def _sums() -> dict[str, Any]:
    sums: dict[str, Any] = {"calls": func.count()}
    for side in ("customer", "agent"):
        mos = getattr(CallQualityRow, f"{side}_mos")
        for name, condition in (
            ("good", mos >= GOOD_MOS),
            ("fair", and_(mos >= FAIR_MOS, mos < GOOD_MOS)),
            ("poor", mos < FAIR_MOS),
        ):
            sums[f"{side}_{name}"] = func.sum(case((condition, 1), else_=0))
        for figure in ("mos", "loss_percent", "jitter_ms", "round_trip_ms"):
            column = getattr(CallQualityRow, f"{side}_{figure}")
            sums[f"{side}_{figure}_sum"] = func.coalesce(func.sum(column), 0.0)
            sums[f"{side}_{figure}_count"] = func.count(column)
    return sums


def _told(group: Group) -> Quality:
    return Quality(group.key, group.name, int(group.sums["calls"]), _side(group, "customer"), _side(group, "agent"))


def _side(group: Group, side: str) -> SideQuality:
    def mean(figure: str) -> float | None:
        count = int(group.sums[f"{side}_{figure}_count"])
        return None if count == 0 else round(float(group.sums[f"{side}_{figure}_sum"]) / count, 2)

    good, fair, poor = (int(group.sums[f"{side}_{name}"]) for name in ("good", "fair", "poor"))
    return SideQuality(good, fair, poor, mean("mos"), mean("loss_percent"), mean("jitter_ms"), mean("round_trip_ms"))
