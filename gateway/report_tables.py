"""The tables of a report, in its language: calls, times, permissions, quality and costs. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gateway.report_figures import Figures
from gateway.report_words import WORDS
from store.costs import Cost, CostLine
from store.funnel import Funnel, FunnelLine, funnel_of_all
from store.measures import By, Measured, Talk, total
from store.quality import Quality, SideQuality
from store.reports import ReportForm

NOTHING: Final = "–"
FINEST: Final = Decimal("0.0001")
"""Of an amount, as on the page."""
CALLS: Final = ("offered", "answered", "lost", "rate", "level", "wait", "pickup", "placed", "picked_up")
TIMES: Final = ("talk", "out_talk", "hold", "hold_total", "wrap_up", "wrap_up_total")
PERMISSIONS: Final = (
    *("asked", "delivered", "granted", "refused", "unanswered", "called", "reached"),
    *("unasked", "revoked", "lapsed"),
)
QUALITY: Final = (
    *("measured", "customer_good", "customer_mos", "customer_loss"),
    *("agent_good", "agent_mos", "agent_loss"),
)

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`rows`: one for each group, and the total; none: `nothing` is said instead. `note`: beneath, or empty."""

    title: str
    head: Row
    rows: tuple[Row, ...]
    nothing: str
    note: str = ""


def tables_of(form: ReportForm, figures: Figures) -> list[Table]:
    """In the order in which they are told."""
    told, calls, costs = _Told(form), figures.calls, figures.costs
    currencies = tuple(costs.total.amounts)
    all_calls, everything = total(calls), figures.all_quality
    return [
        told.table(
            "calls", "nobody", CALLS, [(told.name(line), told.calls(line)) for line in calls], told.calls(all_calls)
        ),
        told.table(
            "times", "nobody", TIMES, [(told.name(line), told.times(line)) for line in calls], told.times(all_calls)
        ),
        told.table(
            *("permissions", "no_permissions", PERMISSIONS),
            [(told.asker(line), told.funnel(line.funnel)) for line in figures.permissions],
            told.funnel(funnel_of_all(list(figures.permissions))),
        ),
        told.table(
            *("quality", "no_quality", QUALITY),
            [(told.name(line), told.quality(line)) for line in figures.quality],
            () if everything is None else told.quality(everything),
        ),
        told.table(
            *("costs", "no_costs", ("billed", "minutes", *currencies, "unpriced")),
            [(told.name(line), told.cost(line.cost, currencies)) for line in costs.lines],
            told.cost(costs.total, currencies),
        ),
    ]


class _Told:
    """Figures as the report's language writes them."""

    def __init__(self, form: ReportForm) -> None:
        self._form, self._words = form, WORDS[form.language]

    def table(
        self, title: str, nothing: str, columns: Sequence[str], lines: Iterable[tuple[str, Row]], every: Row
    ) -> Table:
        """`columns`: words, or currencies."""
        words = self._words
        head = (words.get(column) or words["amount"].format(currency=column) for column in columns)
        rows = tuple((name, *cells) for name, cells in lines)
        note = words["estimate"] if title == "costs" else ""
        if title == "times" and self._form.grouped is By.AGENT:
            note = words["own"]
        return Table(
            words[title],
            (words[self._form.grouped.value], *head),
            (*rows, (words["total"], *every)) if rows else (),
            words[nothing],
            note,
        )

    def name(self, line: Measured | FunnelLine | Quality | CostLine) -> str:
        words, grouped = self._words, self._form.grouped
        if line.key is None:
            return words["none"].format(what=words[grouped.value].lower())
        if grouped is By.DAY:
            return day_in(line.key, self._form.language)
        if grouped is By.HOUR:
            return f"{int(line.key):02}:00"
        return line.name or line.key

    def asker(self, line: FunnelLine) -> str:
        """By agent it is whoever asked."""
        words, key = self._words, line.key
        if self._form.grouped is not By.AGENT:
            return self.name(line)
        if key is None:
            return words["nobody_asked"]
        if key == "system":
            return words["system"]
        return words["key"].format(name=line.name or key) if key.startswith("key:") else self.name(line)

    def calls(self, line: Measured) -> Row:
        inbound, outbound = line.inbound, line.outbound
        meant = inbound.answered + inbound.missed + inbound.abandoned  # as on the page: without refused and failed ones
        return (
            str(inbound.offered),
            str(inbound.answered),
            str(inbound.missed + inbound.abandoned),
            self._percent(inbound.answered, meant),
            self._percent(inbound.answered_in_time, meant),
            _mean(Talk(inbound.answered, inbound.answer_s)),
            self._percent(inbound.picked_up, inbound.offered),
            str(outbound.placed),
            str(outbound.answered),
        )

    def times(self, line: Measured) -> Row:
        work = line.work
        return (
            _mean(line.in_talk),
            _mean(line.out_talk),
            _mean(Talk(work.held_calls, work.held_s)),
            _duration(work.held_s),
            _mean(Talk(work.wrap_ups, work.wrap_up_s)),
            _duration(work.wrap_up_s),
        )

    def funnel(self, funnel: Funnel) -> Row:
        granted = funnel.temporary + funnel.permanent
        return tuple(
            str(count)
            for count in (
                *(funnel.asked, funnel.delivered, granted, funnel.refused, funnel.unanswered),
                *(funnel.called, funnel.reached, funnel.unasked, funnel.revoked, funnel.lapsed),
            )
        )

    def quality(self, line: Quality) -> Row:
        return (str(line.calls), *self._side(line.customer), *self._side(line.agent))

    def cost(self, cost: Cost, currencies: Sequence[str]) -> Row:
        amounts = (self._amount(cost.amounts.get(currency)) for currency in currencies)
        return (
            str(cost.calls),
            self._written(f"{cost.minutes:.1f}"),
            *amounts,
            self._written(f"{cost.unpriced_minutes:.1f}"),
        )

    def _side(self, side: SideQuality) -> Row:
        heard = side.good + side.fair + side.poor
        return self._percent(side.good, heard), self._decimal(side.mos, 2), self._decimal(side.loss_percent, 1)

    def _percent(self, part: int, whole: int) -> str:
        return NOTHING if whole == 0 else self._written(f"{100 * part / whole:.1f}")

    def _decimal(self, value: float | None, digits: int) -> str:
        return NOTHING if value is None else self._written(f"{value:.{digits}f}")

    def _amount(self, amount: Decimal | None) -> str:
        if amount is None:
            return NOTHING
        whole, _, digits = f"{amount.quantize(FINEST):f}".partition(".")
        return self._written(f"{whole}.{digits.rstrip('0').ljust(2, '0')}")

    def _written(self, figure: str) -> str:
        return figure if self._form.language == "en" else figure.replace(".", ",")


def day_in(iso: str, language: str) -> str:
    year, month, day = iso.split("-")
    return iso if language == "en" else f"{day}/{month}/{year}"


def _mean(times: Talk) -> str:
    return _duration(times.seconds / times.times) if times.times else NOTHING


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
