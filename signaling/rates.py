"""What Meta charges for calls of ours, as an administrator wrote it down, and what follows from it. Pure.

Amounts are exact decimals. A rate is per minute, by the callee's country, from a day on, in tiers of what a market's
calls of a month come to (reference 6: rate cards change several times a year and differ by currency, so none is in the
code). A card is a table of lines, one for each tier, as CSV:

    destination,market,number,currency,valid_from,above_minutes,per_minute
    BR,Brazil,,USD,2025-08-01,0,0.0108
    BR,Brazil,,USD,2025-08-01,50000,0.0102

`destination`: an ISO 3166 region, a calling code with `+`, or `*`: everywhere else. `market`: lines with the same one
share their volume; left out, each destination is one. `number`: a number's internal id; left out: all numbers.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any, Final

from signaling.pulses import PULSES_PER_MINUTE

COLUMNS: Final = ("destination", "market", "number", "currency", "valid_from", "above_minutes", "per_minute")
MOST_LINES: Final = 3_000
CARD_LIMIT_CHARS: Final = 300_000
EVERYWHERE: Final = "*"
FIRST_YEAR: Final = 2022

_AMOUNT: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,8})?", re.ASCII)
"""So many digits, times all pulses of a year, are exact in the 28 digits of decimal arithmetic."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_MINUTES: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_DAY: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_CODE: Final = re.compile(r"\+[1-9][0-9]{0,3}", re.ASCII)
_REGION: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MARKET_LIMIT_CHARS: Final = 64


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """One line. `number` empty: all numbers. `per_minute`: an exact decimal, digit by digit, for calls of a month in
    which the market has more than `above_minutes`."""

    number: str
    destination: str
    valid_from: date
    above_minutes: int
    market: str
    currency: str
    per_minute: str


@dataclass(frozen=True, slots=True)
class RateProblem:
    """`line` of the text, from 1; 0: the whole. `code` is stable."""

    line: int
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """What one destination costs from a day on: its tiers, the lowest volume first."""

    market: str
    currency: str
    valid_from: date
    tiers: tuple[tuple[int, Decimal], ...]

    def per_minute(self, above_minutes: int) -> Decimal:
        """Where the market has more than so many minutes this month."""
        return max((tier for tier in self.tiers if tier[0] <= above_minutes), key=lambda tier: tier[0])[1]


def cost_of(pulses: int, per_minute: Decimal) -> Decimal:
    """Exact: nothing is rounded before it is shown."""
    return per_minute * pulses / PULSES_PER_MINUTE


class RateCard:
    """Finds what a call costs among the lines of a card."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._tariffs: dict[tuple[str, str], list[Tariff]] = {}
        for (number, destination, day), lines in groupby(sorted(rates), _place):
            tiers = list(lines)
            tariff = Tariff(
                tiers[0].market or destination,
                tiers[0].currency,
                day,
                tuple((tier.above_minutes, Decimal(tier.per_minute)) for tier in tiers),
            )
            self._tariffs.setdefault((number, destination), []).append(tariff)

    def tariff(self, number: str, names: Sequence[str], on: date) -> Tariff | None:
        """`names` of the destination, the most exact first. What is written for the number counts before what is
        written for all. None: there is no rate."""
        for whose in (number, ""):
            for name in names:
                known = [each for each in self._tariffs.get((whose, name), ()) if each.valid_from <= on]
                if known:
                    return known[-1]
        return None

    def changes(self) -> list[date]:
        """Days from which another rate counts."""
        return sorted({tariff.valid_from for tariffs in self._tariffs.values() for tariff in tariffs})


def _place(rate: Rate) -> tuple[str, str, date]:
    return rate.number, rate.destination, rate.valid_from


# ---- reading a card --------------------------------------------------------------------------------------------------


def read_card(
    text: str, is_region: Callable[[str], bool], is_number: Callable[[str], bool]
) -> tuple[tuple[Rate, ...], list[RateProblem]]:
    """The lines in their order of meaning, and everything that is wrong; a card with problems is not to be used. Commas
    or semicolons divide; where semicolons do, a decimal comma is read as a point, as spreadsheets in Brazil write."""
    body = text.removeprefix("\ufeff")
    if len(body) > CARD_LIMIT_CHARS:
        return (), [RateProblem(0, "csv", "too_long")]
    first = body.partition("\n")[0]
    semicolons = first.count(";") > first.count(",")
    try:
        rows = list(csv.reader(io.StringIO(body, newline=""), delimiter=";" if semicolons else ",", strict=True))
    except csv.Error:
        return (), [RateProblem(0, "csv", "unreadable")]
    head = [name.strip().lower() for name in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in head and name not in ("market", "number")]
    if missing or len(set(head)) < len(head):
        return (), [RateProblem(1, missing[0] if missing else "csv", "bad_header")]
    found: list[tuple[int, Rate]] = []
    problems: list[RateProblem] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(value.strip() for value in row):
            continue
        if len(row) > len(head):
            problems.append(RateProblem(line, "csv", "too_many_fields"))
            continue
        given = dict(zip(head, (value.strip() for value in row), strict=False))
        if semicolons:
            given["per_minute"] = given.get("per_minute", "").replace(",", ".")
        wrong = list(_problems(line, given, is_region, is_number))
        problems += wrong
        if not wrong:
            found.append((line, _rate(given)))
    if len(found) > MOST_LINES:
        problems.append(RateProblem(0, "csv", "too_many_lines"))
    problems += _between(found)
    return tuple(sorted(rate for _, rate in found)), sorted(problems, key=lambda problem: problem.line)


def _problems(
    line: int, given: Mapping[str, str], is_region: Callable[[str], bool], is_number: Callable[[str], bool]
) -> Iterator[RateProblem]:
    destination, number = given.get("destination", "").upper(), given.get("number", "")
    if not _is_destination(destination, is_region):
        yield RateProblem(line, "destination", "bad_destination")
    if len(given.get("market", "")) > _MARKET_LIMIT_CHARS:
        yield RateProblem(line, "market", "too_long")
    if number and not is_number(number):
        yield RateProblem(line, "number", "unknown_number")
    if _CURRENCY.fullmatch(given.get("currency", "").upper()) is None:
        yield RateProblem(line, "currency", "bad_currency")
    if _day(given.get("valid_from", "")) is None:
        yield RateProblem(line, "valid_from", "bad_day")
    if _MINUTES.fullmatch(given.get("above_minutes", "") or "0") is None:
        yield RateProblem(line, "above_minutes", "bad_minutes")
    if _AMOUNT.fullmatch(given.get("per_minute", "")) is None:
        yield RateProblem(line, "per_minute", "bad_amount")


def _is_destination(text: str, is_region: Callable[[str], bool]) -> bool:
    if text == EVERYWHERE or _CODE.fullmatch(text):
        return True
    return _REGION.fullmatch(text) is not None and is_region(text)


def _day(text: str) -> date | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= FIRST_YEAR else None


def _rate(given: Mapping[str, str]) -> Rate:
    day = _day(given["valid_from"])
    assert day is not None
    return Rate(
        number=given.get("number", ""),
        destination=given["destination"].upper(),
        valid_from=day,
        above_minutes=int(given.get("above_minutes", "") or "0"),
        market=given.get("market", ""),
        currency=given["currency"].upper(),
        per_minute=given["per_minute"],
    )


def _between(found: Sequence[tuple[int, Rate]]) -> Iterator[RateProblem]:
    """What is wrong between lines: the same tier twice, tiers without a first one, two currencies or markets."""
    ordered = sorted(found, key=lambda each: (_place(each[1]), each[1].above_minutes, each[0]))
    for _, group in groupby(ordered, lambda each: _place(each[1])):
        lines = list(group)
        first_line, first = lines[0]
        if first.above_minutes != 0:
            yield RateProblem(first_line, "above_minutes", "no_first_tier")
        for (_, before), (line, rate) in pairwise(lines):
            if rate.above_minutes == before.above_minutes:
                yield RateProblem(line, "above_minutes", "twice")
            if rate.currency != first.currency:
                yield RateProblem(line, "currency", "other_currency")
            if rate.market != first.market:
                yield RateProblem(line, "market", "other_market")


# ---- writing one -----------------------------------------------------------------------------------------------------


def card_as_csv(rates: Sequence[Rate]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rate in rates:
        writer.writerow([_cell(rate, name) for name in COLUMNS])
    return out.getvalue()


def _cell(rate: Rate, name: str) -> Any:
    value = getattr(rate, name)
    return value.isoformat() if isinstance(value, date) else value
