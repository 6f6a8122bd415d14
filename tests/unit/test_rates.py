"""Cards of rates: read from what a spreadsheet writes, wrong in named places, and exact to the last digit."""

from datetime import date
from decimal import Decimal

import pytest

from signaling.rates import RateCard, RateProblem, card_as_csv, cost_of, read_card

HEAD = "destination,market,number,currency,valid_from,above_minutes,per_minute\n"
CARD = HEAD + (
    "BR,Brazil,,USD,2025-08-01,0,0.0108\n"
    "BR,Brazil,,USD,2025-08-01,50000,0.0102\n"
    "BR,Brazil,,BRL,2026-07-01,0,0.0540\n"
    "+1,North America,,USD,2025-08-01,0,0.0100\n"
    "US,North America,,USD,2025-08-01,0,0.0090\n"
    "*,,,USD,2025-08-01,0,0.0132\n"
    "BR,,vendas,USD,2026-01-01,0,0.0050\n"
)


def is_region(text: str) -> bool:
    return text in {"BR", "US", "CA", "AR"}


def is_number(text: str) -> bool:
    return text == "vendas"


def read(text: str) -> list[RateProblem]:
    return read_card(text, is_region, is_number)[1]


def card() -> RateCard:
    rates, problems = read_card(CARD, is_region, is_number)
    assert problems == []
    return RateCard(rates)


def price(number: str, names: tuple[str, ...], day: date, minutes: int = 0) -> tuple[str, str]:
    tariff = card().tariff(number, names, day)
    assert tariff is not None
    return tariff.currency, str(tariff.per_minute(minutes))


BRAZIL, MARCH = ("BR", "+55", "*"), date(2026, 3, 4)


def test_the_most_exact_destination_counts_and_a_number_of_its_own_before_all() -> None:
    assert price("", BRAZIL, MARCH) == ("USD", "0.0108")
    assert price("", ("US", "+1", "*"), MARCH) == ("USD", "0.0090")
    assert price("", ("CA", "+1", "*"), MARCH) == ("USD", "0.0100")
    assert price("", ("AR", "+54", "*"), MARCH) == ("USD", "0.0132")
    assert price("", ("*",), MARCH) == ("USD", "0.0132")
    assert price("vendas", BRAZIL, MARCH) == ("USD", "0.0050")
    assert price("suporte", BRAZIL, MARCH) == ("USD", "0.0108")


def test_a_rate_counts_from_its_day_on_and_none_before_the_first() -> None:
    assert price("", BRAZIL, date(2026, 6, 30)) == ("USD", "0.0108")
    assert price("", BRAZIL, date(2026, 7, 1)) == ("BRL", "0.0540")
    assert card().tariff("", BRAZIL, date(2025, 7, 31)) is None
    assert card().changes() == [date(2025, 8, 1), date(2026, 1, 1), date(2026, 7, 1)]


def test_volume_chooses_the_tier() -> None:
    assert price("", BRAZIL, MARCH, 50_000) == ("USD", "0.0102")
    assert price("", BRAZIL, MARCH, 49_999) == ("USD", "0.0108")
    tariff = card().tariff("", ("AR", "+54", "*"), MARCH)
    assert tariff is not None and tariff.market == "*", "a line without a market is one of its own"


def test_costs_are_exact() -> None:
    assert cost_of(11, Decimal("0.0108")) == Decimal("0.01188")
    most = sum((cost_of(10**9 + 1, Decimal("999999.99999999")) for _ in range(3)), Decimal(0))
    assert most == Decimal("299999999.999997000000") * 10**6 + 3 * Decimal("99999.999999999")


def test_what_was_read_is_written_the_same() -> None:
    rates, _ = read_card(CARD, is_region, is_number)
    again, problems = read_card(card_as_csv(rates), is_region, is_number)
    assert (again, problems) == (rates, [])


def test_a_spreadsheet_of_brazil_is_read() -> None:
    text = "\ufeffDestination;Currency;Valid_from;Above_minutes;Per_minute\r\nbr;usd;2025-08-01;;0,0108\r\n;;;;\r\n"
    rates, problems = read_card(text, is_region, is_number)
    assert problems == []
    assert [(rate.destination, rate.currency, rate.above_minutes, rate.per_minute) for rate in rates] == [
        ("BR", "USD", 0, "0.0108")
    ]


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ("XX,,,USD,2025-08-01,0,1", "destination", "bad_destination"),
        ("+0,,,USD,2025-08-01,0,1", "destination", "bad_destination"),
        (f"BR,{'m' * 65},,USD,2025-08-01,0,1", "market", "too_long"),
        ("BR,,other,USD,2025-08-01,0,1", "number", "unknown_number"),
        ("BR,,,dollar,2025-08-01,0,1", "currency", "bad_currency"),
        ("BR,,,USD,2025-02-30,0,1", "valid_from", "bad_day"),
        ("BR,,,USD,01/08/2025,0,1", "valid_from", "bad_day"),
        ("BR,,,USD,2025-08-01,-1,1", "above_minutes", "bad_minutes"),
        ("BR,,,USD,2025-08-01,0,-1", "per_minute", "bad_amount"),
        ("BR,,,USD,2025-08-01,0,1e-3", "per_minute", "bad_amount"),
        ("BR,,,USD,2025-08-01,0,", "per_minute", "bad_amount"),
        ("BR,,,USD,2025-08-01,100,1", "above_minutes", "no_first_tier"),
        ("BR,,,USD,2025-08-01,0,1,2", "csv", "too_many_fields"),
    ],
)
def test_each_wrong_place_is_named(line: str, field: str, code: str) -> None:
    assert read(HEAD + line + "\n") == [RateProblem(2, field, code)]


def test_lines_that_contradict_each_other_are_named() -> None:
    text = HEAD + "BR,A,,USD,2025-08-01,0,1\nBR,A,,USD,2025-08-01,0,2\nBR,B,,EUR,2025-08-01,100,2\n"
    assert read(text) == [
        RateProblem(3, "above_minutes", "twice"),
        RateProblem(4, "currency", "other_currency"),
        RateProblem(4, "market", "other_market"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", RateProblem(1, "destination", "bad_header")),
        ("destination,currency,valid_from,above_minutes\n", RateProblem(1, "per_minute", "bad_header")),
        (HEAD.strip() + ",destination\n", RateProblem(1, "csv", "bad_header")),
        (HEAD + '"BR\n', RateProblem(0, "csv", "unreadable")),
        ("x" * 300_001, RateProblem(0, "csv", "too_long")),
    ],
)
def test_what_is_no_card_is_refused_as_a_whole(text: str, problem: RateProblem) -> None:
    assert read(text) == [problem]
