"""How long measures of a month take from the store: with a million calls, on both databases.

    python -m tests.bench.measures [calls] [sqlite|postgresql]

One JSON object on the last line. The calls are those of `tests.bench.history`; beside them work, quality and charges of
calls that were answered, a funnel of permissions, and a card of rates whose tiers are crossed each month. Asked are
spans of 30 days, by each group, for an administrator, a supervisor of three departments, and a key of two numbers.
"""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from store.audit import By as Writer
from store.costs import SqlCosts
from store.database import Database
from store.funnel import SqlFunnel
from store.history_filter import HistoryFilter
from store.measure_groups import By, MeasuredSpan
from store.measures import SqlMeasures
from store.migrate import upgrade
from store.quality import SqlQuality
from store.rate_cards import SqlRateCards
from tests.bench.history import BEGIN, DAYS, READERS, fill_postgres, fill_sqlite
from tests.bench.whole.figures import Spread
from tests.services.postgres import running_server

ROUNDS = 4
ZONE = ZoneInfo("America/Sao_Paulo")
SPAN = timedelta(days=30)

FIGURES = """
INSERT INTO agent_work (call_id, agent_id, number_id, department_id, direction, received_at, talk_ms, holds, held_ms,
    wrap_up_ms)
    SELECT call_id, agent_id, number_id, department_id, direction, received_at, 1000 * (id % 600), id % 3,
    9000 * (id % 3), 20000 FROM calls WHERE outcome = 'answered' AND agent_id IS NOT NULL;
INSERT INTO call_quality (call_id, number_id, department_id, agent_id, direction, received_at, customer_mos,
    customer_loss_percent, customer_jitter_ms, customer_round_trip_ms, agent_mos, agent_loss_percent, agent_jitter_ms,
    agent_round_trip_ms)
    SELECT call_id, number_id, department_id, agent_id, direction, received_at, 3.2 + (id % 12) * 0.1, (id % 50) * 0.1,
    id % 40, 30 + id % 300, 3.4 + (id % 10) * 0.1, (id % 40) * 0.1, id % 30, 10 + id % 90
    FROM calls WHERE outcome = 'answered';
INSERT INTO call_charges (call_id, number_id, department_id, agent_id, received_at, destination, duration_s, pulses)
    SELECT call_id, number_id, department_id, agent_id, received_at,
    CASE WHEN id % 10 < 7 THEN 'BR' WHEN id % 10 < 8 THEN 'US' WHEN id % 10 < 9 THEN 'AR' ELSE 'PT' END,
    6 * (id % 90), 1 + id % 90 FROM calls WHERE outcome = 'answered' AND direction = 'outbound';
INSERT INTO permission_events (number_id, contact_id, reference, kind, at, asked_by, asker_id, data)
    SELECT number_id, contact_id, {hex_id}, 'Asked', received_at, CASE WHEN agent_id IS NULL THEN 'system' ELSE 'agent'
    END, agent_id, '{{"kind": "template"}}' FROM calls WHERE id % 10 = 0;
INSERT INTO permission_events (number_id, contact_id, reference, kind, at, data)
    SELECT number_id, contact_id, {hex_id}, 'RequestDelivered', received_at, '{{}}' FROM calls WHERE id % 20 < 11
    AND id % 10 = 0;
INSERT INTO permission_events (number_id, contact_id, reference, kind, at, data)
    SELECT number_id, contact_id, 'r' || {hex_31}, 'Granted', received_at,
    '{{"permanent": false, "source": "customer", "request": "' || {hex_id} || '"}}' FROM calls WHERE id % 20 = 0;
INSERT INTO permission_events (number_id, contact_id, reference, kind, at, data)
    SELECT number_id, contact_id, 'c' || {hex_31}, 'CallConnected', received_at, '{{"direction": "outbound"}}'
    FROM calls WHERE outcome = 'answered' AND direction = 'outbound';
"""
CARD = "destination,market,currency,valid_from,above_minutes,per_minute\n" + "".join(
    f"{place},,USD,2025-08-01,{above},0.0{108 - above // 1000}\n"
    for place in ("BR", "US", "*")
    for above in (0, 20_000, 50_000)
)


def script(is_sqlite: bool) -> list[str]:
    hexes = {
        "hex_id": "printf('%032x', id)" if is_sqlite else "lpad(to_hex(id), 32, '0')",
        "hex_31": "printf('%031x', id)" if is_sqlite else "lpad(to_hex(id), 31, '0')",
    }
    text = FIGURES
    if not is_sqlite:
        as_text = """'{{"permanent": false, "source": "customer", "request": "' || {hex_id} || '"}}'"""
        built = "json_build_object('permanent', false, 'source', 'customer', 'request', {hex_id})"
        text = FIGURES.replace(as_text, built).replace("}}'", "}}'::json")
    return [statement for statement in text.format(**hexes).split(";\n") if statement.strip()]


Asks = Callable[[MeasuredSpan, By, HistoryFilter], Awaitable[Any]]


async def measure(url: str) -> dict[str, Any]:
    database, chance = Database(url), random.Random(1)
    await SqlRateCards(database).write(CARD, 0, Writer("user:1", BEGIN))
    measures, quality, funnel = SqlMeasures(database), SqlQuality(database), SqlFunnel(database)
    costs = SqlCosts(database, ZONE)
    asks: dict[str, Asks] = {
        "calls": measures.of,
        "quality": quality.of,
        "permissions": funnel.of,
        "costs": costs.of,
    }
    took_ms: dict[str, list[float]] = {}
    found_some: dict[str, bool] = {}
    for _ in range(ROUNDS):
        for who in ("administrator", "supervisor", "key"):
            for by in By:
                since = BEGIN + timedelta(days=chance.randrange(DAYS - 30), hours=3)
                span = MeasuredSpan(since, since + SPAN, ZONE)
                for what, ask in asks.items():
                    begun_s = time.perf_counter()
                    found = await ask(span, by, READERS[who])
                    took_ms.setdefault(f"{what} by {by}, {who}", []).append((time.perf_counter() - begun_s) * 1_000)
                    found_some[what] = found_some.get(what, False) or bool(found)
    assert found_some == dict.fromkeys(asks, True), "nothing was found: nothing was measured"
    await database.close()
    return {what: _told({key: each for key, each in took_ms.items() if key.startswith(what)}) for what in asks}


def _told(took_ms: dict[str, list[float]]) -> dict[str, Any]:
    every = Spread.of([value for values in took_ms.values() for value in values])
    slowest, asked = max((max(values), asked) for asked, values in took_ms.items())
    return {
        "p50_ms": every.p50,
        "p95_ms": every.p95,
        "max_ms": round(slowest, 1),
        "slowest": asked,
        "queries": every.samples,
    }


def run(calls: int, databases: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    result: dict[str, Any] = {"calls": calls}
    if "sqlite" in databases:
        with tempfile.TemporaryDirectory(prefix="ramal-bench-") as directory:
            path = Path(directory) / "ramal.db"
            upgrade(f"sqlite:///{path}")
            fill_sqlite(path, calls)
            with sqlite3.connect(path) as connection:
                connection.execute("PRAGMA synchronous=OFF")
                for statement in script(True):
                    connection.execute(statement)
            result["sqlite"] = asyncio.run(measure(f"sqlite:///{path}"))
    if "postgresql" in databases:
        with running_server() as server:
            url = server.new_database()
            fill_postgres(url, calls)
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in script(False):
                    connection.execute(statement)
                connection.execute("VACUUM ANALYZE")
            result["postgresql"] = asyncio.run(measure(url))
    return result


def main() -> None:
    calls, *databases = (*sys.argv[1:2], *sys.argv[2:]) or ("1000000",)
    print(json.dumps(run(int(calls), tuple(databases) or ("sqlite", "postgresql"))), flush=True)


if __name__ == "__main__":
    main()
