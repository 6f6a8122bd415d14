"""Calls as a table: what a spreadsheet shows, what a machine reads, and what neither may run or be told."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.export_rows import COLUMNS, Telling, for_machines, for_spreadsheets, header, unrunnable
from signaling.call_grants import Granted
from signaling.events import Customer
from signaling.ids import AgentId, DepartmentId
from signaling.private import Bsuid, PhoneNumber
from store.history import PastCall
from tests.unit.api.world import CALL, SALES

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


TELLING = Telling(SAO_PAULO)
TOLD = ["5511955550101", "maria.s", "BR.1049"]
GUEST = AgentId(77)


def row(call: PastCall, telling: Telling = TELLING) -> dict[str, str]:
    text = header() + for_spreadsheets([call], telling)
    (found,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    return found


def test_a_row_says_when_in_the_accounts_zone_who_how_and_how_long() -> None:
    shown = row(replace(CALL, dispositions=("sold", "call_again"), protocol="2026000123"))
    assert shown["received_at"] == "2026-11-20 09:00:00"
    assert (shown["time_zone"], shown["number"], shown["agent"]) == ("America/Sao_Paulo", "Vendas", "Ana")
    assert shown["number_slug"] == "vendas", "which stays when the name changes"
    assert (shown["wait_s"], shown["talk_s"]) == ("5.75", "60.5")
    assert (shown["dispositions"], shown["protocol"]) == ("sold call_again", "2026000123")
    assert (shown["reason"], shown["recording"]) == ("", "")


def test_summer_time_is_that_of_the_day() -> None:
    lisbon = Telling(ZoneInfo("Europe/Lisbon"))
    times = [datetime(2026, month, 5, 12, tzinfo=UTC) for month in (1, 7)]
    shown = [row(replace(CALL, received_at=at), lisbon)["received_at"] for at in times]
    assert shown == ["2026-01-05 12:00:00", "2026-07-05 13:00:00"]


def test_a_customer_is_told_in_full_only_where_the_grant_says_so() -> None:
    call = replace(
        CALL, customer=Customer(PhoneNumber("5511955550101"), Bsuid("BR.1049"), name="Maria", username="maria.s")
    )
    columns = ("customer_phone", "customer_username", "customer_bsuid")
    for telling, told in (
        (Telling(SAO_PAULO, None), TOLD),
        (Telling(SAO_PAULO, Granted(frozenset({SALES}))), TOLD),
        (Telling(SAO_PAULO, Granted(frozenset({DepartmentId(99)}))), ["", "", ""]),
        (Telling(SAO_PAULO, Granted(frozenset({DepartmentId(99)}), numbers=frozenset({CALL.number}))), TOLD),
        (Telling(SAO_PAULO, Granted(frozenset({DepartmentId(99)}), agents=frozenset({GUEST}))), ["", "", ""]),
        (Telling(SAO_PAULO, Granted()), ["", "", ""]),
    ):
        shown = row(call, telling)
        assert [shown[name] for name in columns] == told
        assert (shown["customer_name"], shown["customer"]) == ("Maria", "55 11 ••••• 0101")
    nowhere = row(replace(call, department=None), Telling(SAO_PAULO, Granted(frozenset({SALES}))))
    assert [nowhere[name] for name in columns] == ["", "", ""]
    lent = row(replace(call, agent=GUEST, by_guest=True), Telling(SAO_PAULO, Granted(agents=frozenset({GUEST}))))
    assert [lent[name] for name in columns] == TOLD


@pytest.mark.parametrize(
    "name",
    ["=cmd|'/C calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1+1", "＝1+1", '=HYPERLINK("x")'],
)
def test_nothing_that_a_stranger_wrote_is_run_by_a_spreadsheet(name: str) -> None:
    shown = row(replace(CALL, customer=Customer(name=name, username=name)))
    assert shown["customer_name"] == f"'{name}" and shown["customer_username"] == f"'{name}"
    assert shown["customer"].startswith("'@")


@pytest.mark.parametrize("name", ["Maria", "3 = 2 + 1", 'José, "o" Silva\nJúnior', "🙂", ""])
def test_what_is_harmless_stays_as_it_was(name: str) -> None:
    assert unrunnable(name) == name
    assert row(replace(CALL, customer=Customer(name=name)))["customer_name"] == name


def test_machines_are_told_in_utc_and_nothing_is_changed_for_them() -> None:
    text = for_machines([replace(CALL, customer=Customer(name="=1+1"))], Telling(SAO_PAULO))
    (cells,) = csv.reader(io.StringIO(text))
    found = dict(zip((column.name for column in COLUMNS), cells, strict=True))
    assert (found["received_at"], found["customer_name"]) == ("2026-11-20T12:00:00.000000Z", "=1+1")
