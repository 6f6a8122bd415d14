"""What a report tells, measured, and as a table for spreadsheets and programs."""

import csv
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from decimal import Decimal
from io import StringIO
from typing import Final
from zoneinfo import ZoneInfo

from gateway.export_rows import unrunnable
from store.costs import Costs, SqlCosts
from store.database import Database
from store.funnel import Funnel, FunnelLine, SqlFunnel
from store.history_filter import HistoryFilter
from store.measure_groups import ALL_CALLS, By, MeasuredSpan, order_of
from store.measures import Inbound, Measured, Outbound, SqlMeasures, Work
from store.quality import Quality, SideQuality, SqlQuality

PARTS: Final = (("in", Inbound), ("out", Outbound), ("work", Work))
SIDES: Final = ("customer", "agent")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one while, each by the same groups. `all_quality`: of all calls; None: nothing was measured."""

    calls: Sequence[Measured]
    permissions: Sequence[FunnelLine]
    quality: Sequence[Quality]
    all_quality: Quality | None
    costs: Costs


class Measuring:
    """May raise NeighbourError. `zone`: the account's."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._measures, self._funnel = SqlMeasures(database), SqlFunnel(database)
        self._quality, self._costs = SqlQuality(database), SqlCosts(database, zone)

    async def of(self, span: MeasuredSpan, by: By, sight: HistoryFilter = ALL_CALLS) -> Figures:
        """`sight`: what whoever wants to know may see."""
        calls, permissions = await self._measures.of(span, by, sight), await self._funnel.of(span, by, sight)
        quality, all_quality = await self._quality.of(span, by, sight)
        return Figures(calls, permissions, quality, all_quality, await self._costs.of(span, by, sight))


def figures_csv(figures: Figures) -> str:
    """Every figure as it was counted: sums and counts, seconds and amounts with a point, one line for each group.
    Empty: nothing was measured, or costs nothing in that currency."""
    calls = {line.key: line for line in figures.calls}
    funnels = {line.key: line for line in figures.permissions}
    qualities = {line.key: line for line in figures.quality}
    costs = {line.key: line for line in figures.costs.lines}
    currencies = list(figures.costs.total.amounts)
    text = StringIO()
    writer = csv.writer(text)  # RFC 4180
    writer.writerow(
        [
            *("key", "name"),
            *(f"{prefix}_{field.name}" for prefix, part in PARTS for field in fields(part)),
            *(f"permission_{field.name}" for field in fields(Funnel)),
            *("quality_calls", *(f"quality_{side}_{field.name}" for side in SIDES for field in fields(SideQuality))),
            *("cost_calls", "cost_minutes", "cost_unpriced_minutes", *(f"cost_{currency}" for currency in currencies)),
        ]
    )
    groups = (calls, funnels, qualities, costs)
    for key in sorted({key for group in groups for key in group}, key=order_of):
        name = next(group[key].name for group in groups if key in group)
        line, quality, cost = calls.get(key, Measured(key, None)), qualities.get(key), costs.get(key)
        funnel = funnels[key].funnel if key in funnels else Funnel()
        row: list[object] = [key or "", unrunnable(name or "")]
        row += [value for part in (line.inbound, line.outbound, line.work) for value in astuple(part)]
        row += astuple(funnel)
        if quality is None:
            row += [0, *([None] * (2 * len(fields(SideQuality))))]
        else:
            row += [quality.calls, *astuple(quality.customer), *astuple(quality.agent)]
        if cost is None:
            row += [0, Decimal(0), Decimal(0), *([None] * len(currencies))]
        else:
            row += [cost.cost.calls, cost.cost.minutes, cost.cost.unpriced_minutes]
            row += [cost.cost.amounts.get(currency) for currency in currencies]
        writer.writerow([_figure(value) for value in row])
    return text.getvalue()


def _figure(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
