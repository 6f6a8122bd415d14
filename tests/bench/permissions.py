"""How long "may I call?" takes from the store: with a million customers and five million events, on both databases.

    python -m tests.bench.permissions [contacts] [events]

One JSON object on the last line. What is timed is all that a page or a call waits for, thread and SQL included: the
pair is found by phone or by business-scoped id, its ledger is read, and the verdict is drawn. Meta is not asked.
"""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from pydantic import TypeAdapter

from signaling import eligibility
from signaling.eligibility import CustomerFacts, NumberFacts, Situation
from signaling.events import Customer, Direction
from signaling.meta_rules import Limits
from signaling.permission import Ledger, replay
from signaling.permission_events import (
    Asked,
    CallConnected,
    CallUnanswered,
    Event,
    Granted,
    Reference,
    RequestKind,
    Source,
)
from signaling.ports import Number
from signaling.private import Bsuid, PhoneNumber
from signaling.verdict import Verdict
from store.database import Database
from store.ledgers import data_of
from store.migrate import upgrade
from store.permissions import SqlPermissionStore
from tests.bench.whole.figures import Spread
from tests.services.postgres import running_server
from tests.services.samples import new_number, numbers_in

WABA = "102290129340398"
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=5)
DECISIONS = 3_000
KINDS = 64  # different ledgers; the customers take turns
LIMITS = Limits()
_LEDGER = TypeAdapter(Ledger)


def phone_of(contact: int) -> str:
    """Spread over the index as real numbers are."""
    return f"55{(contact * 7_368_787) % 10_000_000_000 + 10_000_000_000}"


def events_of(contact: int, number: int) -> list[Event]:
    chance = random.Random(contact % KINDS)
    events: list[Event] = []
    for index in range(number):
        at = BEGIN + timedelta(days=index / 2, seconds=contact % KINDS)
        reference = Reference(f"{contact:016x}{index:016x}")
        if index == 0:
            events.append(Asked(at, reference, RequestKind.TEMPLATE))
        elif index == 1:
            events.append(Granted(at, reference, False, at + timedelta(days=7), Source.CUSTOMER))
        elif chance.random() < 0.6:
            events.append(CallConnected(at, reference, Direction.OUTBOUND))
        else:
            events.append(CallUnanswered(at, reference))
    return events


def rows(contacts: int, events: int, number: int) -> Iterator[tuple[list[tuple[Any, ...]], ...]]:
    """Contacts, events and ledgers in lots, as all tables take them."""
    each, more = divmod(events, contacts)
    lot: tuple[list[tuple[Any, ...]], ...] = ([], [], [])
    made: dict[tuple[int, int], tuple[str, list[tuple[str, str, str]]]] = {}
    for contact in range(1, contacts + 1):
        count = each + (contact <= more)
        kind = (contact % KINDS, count)
        if kind not in made:
            found = events_of(contact, count)
            ledger = _LEDGER.dump_json(replay(found, LIMITS), exclude_defaults=True).decode()
            facts = [(type(e).__name__, e.at.strftime("%Y-%m-%d %H:%M:%S.%f"), json.dumps(data_of(e))) for e in found]
            made[kind] = ledger, facts
        ledger, facts = made[kind]
        lot[0].append((contact, WABA, phone_of(contact), f"BR.{contact:017}"))
        lot[1].extend((number, contact, f"{contact:016x}{i:016x}", *fact) for i, fact in enumerate(facts))
        lot[2].append((number, contact, ledger))
        if len(lot[0]) == 20_000 or contact == contacts:
            yield lot
            lot = ([], [], [])


TABLES = (
    ("contacts", ("id", "waba_id", "phone", "bsuid")),
    ("permission_events", ("number_id", "contact_id", "reference", "kind", "at", "data")),
    ("permissions", ("number_id", "contact_id", "ledger")),
)


def fill_sqlite(path: Path, contacts: int, events: int, number: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for lot in rows(contacts, events, number):
            for (table, columns), values in zip(TABLES, lot, strict=True):
                marks = ", ".join("?" * len(columns))
                connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_postgres(url: str, contacts: int, events: int, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for lot in rows(contacts, events, number):
            for (table, columns), values in zip(TABLES, lot, strict=True):
                statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
                with connection.cursor().copy(statement) as copy:
                    for value in values:
                        copy.write_row(value)
        connection.commit()
        connection.execute("ANALYZE")


async def decide(store: SqlPermissionStore, number: Number, customer: Customer) -> Verdict:
    known = await store.find(number, customer)
    facts = NumberFacts(outbound_enabled=True, country="BR", has_template=True, limits=number.limits)
    return eligibility.may_call(Situation(facts, None, CustomerFacts(ledger=known.ledger), NOW))


async def measure(url: str, contacts: int) -> dict[str, Any]:
    database = Database(url)
    number = (await numbers_in(database).all())[0]
    store, chance = SqlPermissionStore(database), random.Random(1)
    took_ms, verdicts = [], set()
    for index in range(DECISIONS):
        contact = chance.randrange(1, contacts + 1)
        who = Customer(phone=PhoneNumber(phone_of(contact)))
        if index % 2:
            who = Customer(bsuid=Bsuid(f"BR.{contact:017}"))
        begun_s = time.perf_counter()
        verdict = await decide(store, number, who)
        took_ms.append((time.perf_counter() - begun_s) * 1_000)
        verdicts.add(type(verdict).__name__)
    assert verdicts == {"Allowed", "Refused"}, "one of both would measure half of it"
    await database.close()
    spread = Spread.of(took_ms)
    return {"p50_ms": spread.p50, "p95_ms": spread.p95, "decisions": spread.samples}


def number_in(url: str) -> int:
    async def add() -> int:
        database = Database(url)
        number = await numbers_in(database).add(new_number(outbound_enabled=True))
        await database.close()
        return number.id

    return asyncio.run(add())


def run(contacts: int, events: int) -> dict[str, Any]:
    result: dict[str, Any] = {"contacts": contacts, "events": events}
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as directory:
        path = Path(directory) / "ramal.db"
        url = f"sqlite:///{path}"
        upgrade(url)
        number = number_in(url)
        fill_sqlite(path, contacts, events, number)
        result["sqlite"] = asyncio.run(measure(url, contacts)) | {"file_mb": round(path.stat().st_size / 1e6)}
    with running_server() as server:
        url = server.new_database()
        number = number_in(url)
        fill_postgres(url, contacts, events, number)
        result["postgresql"] = asyncio.run(measure(url, contacts))
    return result


def main() -> None:
    contacts, events = (int(word) for word in (*sys.argv[1:], "1000000", "5000000")[:2])
    print(json.dumps(run(contacts, events)), flush=True)


if __name__ == "__main__":
    main()
