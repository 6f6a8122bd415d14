"""Calls as rows of a table: which columns, what stands in them, and how a spreadsheet is kept from running it. Pure."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from signaling.call_grants import Granted
from signaling.labels import customer_label
from signaling.private import Private
from store.history import PastCall

Cell = str | int | float | datetime | None
BYTE_ORDER_MARK: Final = "\ufeff"
"""Tells spreadsheets that a CSV is UTF-8."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Kind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Telling:
    """`zone`: of times in a CSV. `in_full`: the calls whose customers are; None: all."""

    zone: ZoneInfo
    in_full: Granted | None = None

    def tells_customer(self, call: PastCall) -> bool:
        return self.in_full is None or self.in_full.covers(call.department, call.number, call.guest)


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind
    of: Callable[[PastCall, Telling], Cell]


def _full(value: Callable[[PastCall], str | Private | None]) -> Callable[[PastCall, Telling], Cell]:
    def told(call: PastCall, telling: Telling) -> Cell:
        found = value(call) if telling.tells_customer(call) else None
        return found.value if isinstance(found, Private) else found

    return told


def _seconds(value: float | None) -> Cell:
    return None if value is None else round(value, 3)


COLUMNS: Final = (
    Column("call_id", Kind.TEXT, lambda call, _: call.id),
    Column("received_at", Kind.TIME, lambda call, _: call.received_at),
    Column("answered_at", Kind.TIME, lambda call, _: call.answered_at),
    Column("ended_at", Kind.TIME, lambda call, _: call.ended_at),
    Column("time_zone", Kind.TEXT, lambda _, telling: telling.zone.key),
    Column("direction", Kind.TEXT, lambda call, _: call.direction.value),
    Column("number", Kind.TEXT, lambda call, _: call.number_label),
    Column("number_slug", Kind.TEXT, lambda call, _: call.number_slug),
    Column("number_id", Kind.COUNT, lambda call, _: call.number),
    Column("department", Kind.TEXT, lambda call, _: call.department_name),
    Column("agent", Kind.TEXT, lambda call, _: call.agent_name),
    Column("agent_id", Kind.COUNT, lambda call, _: call.agent),
    Column("customer_name", Kind.TEXT, lambda call, _: call.customer.name),
    Column("customer", Kind.TEXT, lambda call, _: customer_label(call.customer).lstrip("+")),
    Column("customer_phone", Kind.TEXT, _full(lambda call: call.customer.phone)),
    Column("customer_username", Kind.TEXT, _full(lambda call: call.customer.username)),
    Column("customer_bsuid", Kind.TEXT, _full(lambda call: call.customer.bsuid)),
    Column("outcome", Kind.TEXT, lambda call, _: None if call.outcome is None else call.outcome.value),
    Column("reason", Kind.TEXT, lambda call, _: call.reason),
    Column("ended_by", Kind.TEXT, lambda call, _: None if call.ended_by is None else call.ended_by.value),
    Column("wait_s", Kind.NUMBER, lambda call, _: _seconds(call.wait_s)),
    Column("talk_s", Kind.NUMBER, lambda call, _: _seconds(call.talk_s)),
    Column("recording", Kind.TEXT, lambda call, _: None if call.recording is None else call.recording.value),
    Column("dispositions", Kind.TEXT, lambda call, _: " ".join(call.dispositions) or None),
    Column("protocol", Kind.TEXT, lambda call, _: call.protocol),
)


def header() -> str:
    """The first line of a CSV."""
    return BYTE_ORDER_MARK + _lines([[column.name for column in COLUMNS]])


def for_spreadsheets(calls: Iterable[PastCall], telling: Telling) -> str:
    """RFC 4180, with times as clocks of the zone show them, and nothing in it that a spreadsheet would run."""
    return _lines([[_shown(column, call, telling) for column in COLUMNS] for call in calls])


def for_machines(calls: Iterable[PastCall], telling: Telling) -> str:
    """The same in UTC and as it is, for whoever makes another format of it (`gateway.parquet_file`)."""
    return _lines([[_plain(column.of(call, telling)) for column in COLUMNS] for call in calls])


def unrunnable(text: str) -> str:
    """A cell that begins like a formula becomes text, which is how every spreadsheet spells it (CWE-1236)."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _shown(column: Column, call: PastCall, telling: Telling) -> str | int | float:
    cell = column.of(call, telling)
    match cell:
        case datetime():
            return f"{cell.astimezone(telling.zone):%Y-%m-%d %H:%M:%S}"
        case str():
            return unrunnable(cell)
    return "" if cell is None else cell


def _plain(cell: Cell) -> str | int | float:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return "" if cell is None else cell


def _lines(rows: Iterable[Iterable[str | int | float]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue()
