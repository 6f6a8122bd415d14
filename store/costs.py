"""What calls of ours may cost: pulses that were counted, priced by the newest card of rates. An estimate: the truth is
Meta's invoice. Exact decimals from the card to the sum. Only reads.

Rates change with days, and with what a market's calls of a month come to. So the span is cut where any of that happens:
within each piece every destination has one price, and the database adds up what was called there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select, tuple_
from sqlmodel import Session

from signaling.pulses import PULSES_PER_MINUTE
from signaling.rates import RateCard, Tariff, cost_of
from store.database import Database
from store.destinations import names_of
from store.figure_models import CallChargeRow
from store.history_filter import HistoryFilter
from store.measure_groups import (
    ALL_CALLS,
    LONGEST,
    By,
    MeasuredSpan,
    conditions,
    group_of,
    key_reader,
    order_of,
)
from store.models import NumberRow, table_of
from store.rate_cards import StoredCard, newest_card

_CHARGES: Final = table_of(CallChargeRow).c


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls of ours that were picked up, and what Meta counts of them in minutes; `amounts` by currency.
    `unpriced_*`: among them those for which the card has no rate, whose cost is in no amount."""

    calls: int = 0
    minutes: Decimal = Decimal(0)
    amounts: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    unpriced_calls: int = 0
    unpriced_minutes: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CostLine:
    key: str | None
    name: str | None
    cost: Cost


@dataclass(frozen=True, slots=True)
class Costs:
    """`destinations`: the same by country, in the order of their minutes; their key is empty where it is not known."""

    lines: tuple[CostLine, ...]
    destinations: tuple[CostLine, ...]
    total: Cost
    card: StoredCard


@dataclass(slots=True)
class _Sum:
    name: str | None = None
    calls: int = 0
    pulses: int = 0
    unpriced_calls: int = 0
    unpriced_pulses: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add(self, calls: int, pulses: int, price: tuple[str, Decimal] | None) -> None:
        """`price`: a currency, and what a minute costs."""
        self.calls, self.pulses = self.calls + calls, self.pulses + pulses
        if price is None:
            self.unpriced_calls, self.unpriced_pulses = self.unpriced_calls + calls, self.unpriced_pulses + pulses
            return
        currency, per_minute = price
        self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + cost_of(pulses, per_minute)

    def told(self) -> Cost:
        unpriced = _minutes(self.unpriced_pulses)
        return Cost(
            self.calls, _minutes(self.pulses), dict(sorted(self.amounts.items())), self.unpriced_calls, unpriced
        )


@dataclass(frozen=True)
class SqlCosts:
    """`zone`: the account's, whose months Meta's tiers are of. May raise NeighbourError."""

    database: Database
    zone: ZoneInfo

    async def of(self, span: MeasuredSpan, by: By, sight: HistoryFilter = ALL_CALLS) -> Costs:
        """Raises ValueError for a span that is too long."""
        if span.until - span.since > LONGEST:
            raise ValueError("too long a while")
        return await self.database.read(lambda session: _costs(session, span, by, sight, self.zone))


def _costs(session: Session, span: MeasuredSpan, by: By, sight: HistoryFilter, zone: ZoneInfo) -> Costs:
    stored = newest_card(session)
    numbers = table_of(NumberRow).c
    known = session.execute(select(numbers.id, numbers.slug, numbers.waba_id))
    prices = _Prices(RateCard(stored.rates), {number: (slug, waba) for number, slug, waba in known}, zone)
    prices.look_at_months(session, span)
    key_of = key_reader(by, span)
    groups: dict[str | None, _Sum] = {}
    places: dict[str | None, _Sum] = {}
    every = _Sum()
    for since, until in pairwise(prices.cuts(span)):
        for key, name, number, destination, calls, pulses in _called(session, span, since, until, by, sight):
            price = prices.of(number, destination, since)
            group = groups.setdefault(key_of(key), _Sum(name))
            for each in (group, places.setdefault(destination, _Sum()), every):
                each.add(int(calls), int(pulses), price)
    return Costs(
        lines=tuple(_lines(groups, sorted(groups, key=order_of))),
        destinations=tuple(_lines(places, sorted(places, key=lambda place: (-places[place].pulses, place)))),
        total=every.told(),
        card=stored,
    )


def _lines(sums: Mapping[str | None, _Sum], order: Iterable[str | None]) -> Iterable[CostLine]:
    for key in order:
        yield CostLine(key, sums[key].name, sums[key].told())


def _called(
    session: Session, span: MeasuredSpan, since: datetime, until: datetime, by: By, sight: HistoryFilter
) -> Iterable[Any]:
    """Key, name, number, destination, calls and pulses of one piece of the span."""
    key, name, joined = group_of(by, CallChargeRow, span)
    query: Any = select(key, name, _CHARGES.number_id, _CHARGES.destination, func.count(), func.sum(_CHARGES.pulses))
    query = query.select_from(table_of(CallChargeRow))
    for other, condition in joined:
        query = query.outerjoin(other, condition)
    query = query.where(
        *conditions(span, CallChargeRow, sight), _CHARGES.received_at >= since, _CHARGES.received_at < until
    )
    grouped_by = (key, *([name] if joined else []), _CHARGES.number_id, _CHARGES.destination)
    return session.execute(query.group_by(*grouped_by)).all()


class _Prices:
    """What a minute costs, when and where to, from which of our numbers."""

    def __init__(self, card: RateCard, numbers: Mapping[int, tuple[str, str]], zone: ZoneInfo) -> None:
        self._card, self._numbers, self._zone = card, numbers, zone
        self._crossings: dict[tuple[str, str, date], list[tuple[datetime, int]]] = {}
        """Of an account's market in a month: from when on it has more than so many minutes."""

    def of(self, number: int, destination: str, at: datetime) -> tuple[str, Decimal] | None:
        """None: there is no rate."""
        day = at.astimezone(self._zone).date()
        tariff = self._tariff(number, destination, day)
        if tariff is None:
            return None
        crossed = self._crossings.get((self._numbers[number][1], tariff.market, day.replace(day=1)), ())
        above = max((minutes for since, minutes in crossed if since <= at), default=0)
        return tariff.currency, tariff.per_minute(above)

    def cuts(self, span: MeasuredSpan) -> list[datetime]:
        """Where a price may change within the span, with its ends."""
        found = {start for month in _months(span, self._zone) if (start := _begin(month, self._zone)) > span.since}
        found |= {_begin(day, self._zone) for day in self._card.changes()}
        found |= {at for crossings in self._crossings.values() for at, _ in crossings}
        return sorted({span.since, span.until, *(at for at in found if span.since < at < span.until)})

    def look_at_months(self, session: Session, span: MeasuredSpan) -> None:
        """Whoever looks, the volume is that of the whole account."""
        for month in _months(span, self._zone):
            since, until = _begin(month, self._zone), min(span.until, _begin(_next(month), self._zone))
            days = [month, *(day for day in self._card.changes() if month < day < _next(month))]
            markets = self._markets(_volumes(session, since, until), days)
            for (waba, market), (pulses, pairs, limits) in markets.items():
                for minutes in sorted(limits):
                    if pulses <= minutes * PULSES_PER_MINUTE:
                        break
                    at = _crossed(session, since, until, pairs, minutes * PULSES_PER_MINUTE)
                    self._crossings.setdefault((waba, market, month), []).append((at, minutes))

    def _markets(
        self, volumes: Iterable[tuple[int, str, int]], days: Sequence[date]
    ) -> dict[tuple[str, str], tuple[int, list[tuple[int, str]], set[int]]]:
        """Pulses, numbers with destinations, and limits of tiers above the first, of each account's markets."""
        found: dict[tuple[str, str], tuple[int, list[tuple[int, str]], set[int]]] = {}
        for number, destination, pulses in volumes:
            tariffs = {day: self._tariff(number, destination, day) for day in days}
            for market in {tariff.market for tariff in tariffs.values() if tariff is not None}:
                key = self._numbers[number][1], market
                before, pairs, limits = found.get(key, (0, [], set()))
                tiers = {limit for tariff in tariffs.values() if tariff is not None for limit, _ in tariff.tiers}
                found[key] = before + pulses, [*pairs, (number, destination)], limits | (tiers - {0})
        return {key: each for key, each in found.items() if each[2]}

    def _tariff(self, number: int, destination: str, day: date) -> Tariff | None:
        return self._card.tariff(self._numbers[number][0], names_of(destination), day)


def _volumes(session: Session, since: datetime, until: datetime) -> list[tuple[int, str, int]]:
    query = select(_CHARGES.number_id, _CHARGES.destination, func.sum(_CHARGES.pulses))
    query = query.where(_CHARGES.received_at >= since, _CHARGES.received_at < until)
    rows = session.execute(query.group_by(_CHARGES.number_id, _CHARGES.destination))
    return [(number, destination, int(pulses)) for number, destination, pulses in rows]


def _crossed(
    session: Session, since: datetime, until: datetime, pairs: Sequence[tuple[int, str]], pulses: int
) -> datetime:
    """When the call came that made more than so many pulses of them: it is charged wholly at the lower rate (reference
    6). There is one."""
    so_far = func.sum(_CHARGES.pulses).over(order_by=(_CHARGES.received_at, _CHARGES.call_id), rows=(None, 0))
    within = and_(_CHARGES.received_at >= since, _CHARGES.received_at < until)
    of_them = tuple_(_CHARGES.number_id, _CHARGES.destination).in_(pairs)
    running = select(_CHARGES.received_at, so_far.label("so_far")).where(within, of_them).subquery()
    at: datetime = session.execute(
        select(running.c.received_at).where(running.c.so_far > pulses).order_by(running.c.received_at).limit(1)
    ).scalar_one()
    return at


def _months(span: MeasuredSpan, zone: ZoneInfo) -> list[date]:
    """First days of the months that the span touches."""
    month, last = span.since.astimezone(zone).date().replace(day=1), span.until.astimezone(zone).date()
    found = []
    while month <= last:
        found.append(month)
        month = _next(month)
    return found


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _minutes(pulses: int) -> Decimal:
    return Decimal(pulses) / PULSES_PER_MINUTE
