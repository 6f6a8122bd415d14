"""How long a page of the history takes from the store: with a million calls, on both databases.

    python -m tests.bench.history [calls] [sqlite|postgresql]

One JSON object on the last line. What is timed is all that the REST route waits for: the thread, every statement, and
the rows as our own types, for a page of 100 calls. Filters are those of the page, alone and together, for an
administrator, a supervisor of three departments, an agent, one who sees their own calls only, and a key; pages are the
first, or one deep in the list. An agent had one call in ten before somebody else had it; one in a hundred was a
guest's.
Beside that what a page is told of whoever calls when a call rings: `callers`.
"""

import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from signaling.call import Outcome
from signaling.events import Direction
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId
from store.callers import SqlCallers
from store.database import Database
from store.history import SqlHistory
from store.history_filter import HistoryFilter
from store.migrate import upgrade
from store.reach import EVERYTHING, Reach
from store.word_search import wanted
from tests.bench.whole.figures import Spread
from tests.services.postgres import running_server

BEGIN = datetime(2025, 11, 26, tzinfo=UTC)
DAYS = 365
NUMBERS, DEPARTMENTS, AGENTS, CONTACTS = 20, 10, 60, 100_000
ROUNDS = 12
PAGE = 100

# What differs from call to call hangs on its number `n` alone, by remainders of large primes: nothing hangs together
# with anything else, and both databases hold the same.
OFFICE = """
INSERT INTO departments (id, name, outbound_enabled) SELECT n, 'Department ' || n, {true} FROM {departments};
INSERT INTO numbers
    (id, slug, phone_number_id, waba_id, label, phone, inbound_enabled, outbound_enabled, department_id, rules)
    SELECT n, 'number-' || n, 'phone-' || n, '102290129340398', 'Number ' || n, '+5511955550' || (100 + n), {true},
        {true}, 1 + n % 10, '{{}}'
    FROM {numbers};
INSERT INTO users (id, login, name, role, language, password_hash, session_epoch)
    SELECT n, 'agent-' || n, 'Agent ' || n, CASE WHEN n % 20 = 0 THEN 'supervisor' ELSE 'agent' END, 'pt-BR', '', 1
    FROM {users};
INSERT INTO memberships
    (user_id, department_id, may_take_inbound, may_call_outbound, may_listen, may_replay, may_export)
    SELECT u.n, d.n, {true}, {true}, {true}, {true}, {true} FROM {each_user}, {each_department}
    WHERE d.n = 1 + u.n % 10 OR (u.n % 20 = 0 AND d.n IN (4, 9));
INSERT INTO contacts (id, waba_id, phone, name)
    SELECT n, '102290129340398', '5511' || (900000000 + n), 'Customer ' || n FROM {contacts};
"""
CALLS = """
INSERT INTO calls (id, call_id, number_id, phone_number_id, department_id, direction, wacid, rules, state, contact_id,
    answer, received_at, offered_at, accepted_at, answered_at, ended_at, leg_connected, ring_window_over, claim_audible,
    claims, absences, declined_by, muted, agent_id, outcome, ended_by, failure, reason, terminated_by_meta,
    timeline_length, by_guest)
SELECT n, {hex}, 1 + {number}, 'phone-' || (1 + {number}),
    CASE WHEN n % 2000 = 0 THEN 10 ELSE 1 + {department} END, CASE WHEN {tenth} < 3 THEN 'outbound' ELSE 'inbound' END,
    'wacid.' || n, '{rules}', 'ended', 1 + {contact}, '{sdp}',
    {at}, {at}, CASE WHEN {percent} < 70 THEN {at} END, CASE WHEN {percent} < 70 THEN {at} END, {at},
    {true}, {false}, {false}, 1, 0, '[]', {false}, CASE WHEN {percent} < 70 THEN 1 + {agent} END,
    CASE WHEN {percent} < 70 THEN 'answered' WHEN {percent} < 90 THEN 'missed' WHEN {percent} < 98
    THEN 'abandoned' ELSE 'failed' END, 'customer',
    CASE WHEN {percent} >= 98 THEN {failure} END, CASE WHEN {percent} >= 98 THEN 'meta.' || (138000 + n % 40) END,
    {false}, 6, CASE WHEN {percent} < 70 AND n % 97 = 0 THEN {true} ELSE {false} END
FROM {calls};
"""
BESIDE = """
INSERT INTO recordings (call_id, number_id, state, policy, legal_hold)
    SELECT call_id, number_id, 'recorded', '{{}}', {false} FROM calls WHERE outcome = 'answered' AND {half} = 0;
INSERT INTO call_notes (call_id, agent_id, text, disposition, updated_at)
    SELECT call_id, agent_id, '', CASE WHEN id % 1000 < 2 THEN 'complaint' WHEN {third} = 0 THEN 'sold'
    ELSE 'later' END,
    received_at FROM calls WHERE outcome = 'answered' AND {half} = 1;
INSERT INTO protocols (code, reason, number_id, department_id, call_id, contact_id, created_at, created_by)
    SELECT '2026' || (100000000 + id), 'missed', number_id, department_id, call_id, contact_id, received_at, 'gateway'
    FROM calls WHERE outcome = 'missed' AND id % 4 = 0;
INSERT INTO transcripts (call_id, source, state, words, asked_at, asked_by)
    SELECT call_id, 'ours', 'done', 'bom dia quero falar do pedido ' || id || ' que nao chegou na rua ' || (id % 997)
    || CASE WHEN id % 500 < 2 THEN ' cancelar' ELSE '' END, received_at, 'gateway'
    FROM calls WHERE outcome = 'answered' AND {twentieth} = 0;
INSERT INTO agent_work (call_id, agent_id, number_id, department_id, direction, received_at, talk_ms, handed_on)
    SELECT call_id, 1 + agent_id % 60, number_id, department_id, direction, received_at, 20000, id
    FROM calls WHERE outcome = 'answered' AND id % 10 = 4;
"""
RULES = json.dumps({f"rule_{n}_s": 30.0 for n in range(12)})
SDP = "v=0 " + "a=candidate 1 1 udp 2130706431 203.0.113.7 40000 typ host " * 12  # as long as an answer of ours


def words(calls: int, is_sqlite: bool) -> dict[str, Any]:
    def count(of: int, name: str = "g") -> str:
        if not is_sqlite:
            return f"generate_series(1::bigint, {of}) AS {name}(n)"
        numbers = f"WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {of}) SELECT n FROM g"
        return f"({numbers}) AS {name}"

    def chance(multiplier: int, of: int) -> str:
        return f"(n * {multiplier} % 2147483647 % {of})"

    every_s = DAYS * 86_400 / calls
    since = BEGIN.strftime("%Y-%m-%d %H:%M:%S")
    sqlite_at = f"strftime('%Y-%m-%d %H:%M:%S.', '{since}', (n * {every_s}) || ' seconds') || '000000'"
    return {
        "numbers": count(NUMBERS),
        "departments": count(DEPARTMENTS),
        "users": count(AGENTS),
        "each_user": count(AGENTS, "u"),
        "each_department": count(DEPARTMENTS, "d"),
        "contacts": count(CONTACTS),
        "calls": count(calls),
        "number": chance(48_271, NUMBERS),
        "department": chance(69_621, DEPARTMENTS - 1),  # and the last has one call of two thousand
        "agent": chance(39_373, AGENTS),
        "contact": chance(16_807, CONTACTS),
        "percent": chance(742_938_285, 100),
        "tenth": chance(950_706_376, 10),
        "third": chance(1_226_874_159, 3).replace("n *", "CAST(id AS BIGINT) *"),
        "half": chance(62_089_911, 2).replace("n *", "CAST(id AS BIGINT) *"),
        "twentieth": chance(1_343_714_438, 20).replace("n *", "CAST(id AS BIGINT) *"),
        "true": "1" if is_sqlite else "true",
        "false": "0" if is_sqlite else "false",
        "hex": "printf('%032x', n)" if is_sqlite else "lpad(to_hex(n), 32, '0')",
        "at": sqlite_at if is_sqlite else f"timestamptz '{since}+00' + n * interval '{every_s} seconds'",
        "failure": "json_object('code', 'meta.' || (138000 + n % 40), 'fault', 'meta', 'detail', '')"
        if is_sqlite
        else "json_build_object('code', 'meta.' || (138000 + n % 40), 'fault', 'meta', 'detail', '')",
        "rules": RULES,
        "sdp": SDP,
    }


def script(calls: int, is_sqlite: bool) -> list[str]:
    told = words(calls, is_sqlite)
    return [
        statement
        for part in (OFFICE, CALLS, BESIDE)
        for statement in part.format(**told).split(";\n")
        if statement.strip()
    ]


def fill_sqlite(path: Path, calls: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-400000")
        for statement in script(calls, True):
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_postgres(url: str, calls: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for statement in script(calls, False):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


EVERYTHING_SEEN = HistoryFilter()
SUPERVISOR = HistoryFilter(
    visible_in=frozenset(), visible_member=AgentId(20), visible_agent=AgentId(20), visible_talked=AgentId(20)
)
OWN = HistoryFilter(visible_in=frozenset(), visible_agent=AgentId(7), visible_talked=AgentId(7))
AGENT = replace(OWN, visible_missed_in=frozenset({DepartmentId(8)}))
KEY = HistoryFilter(visible_numbers=frozenset({NumberId(3), NumberId(4)}))
READERS = {"administrator": EVERYTHING_SEEN, "supervisor": SUPERVISOR, "agent": AGENT, "own": OWN, "key": KEY}

RUNG = (
    ("administrator", EVERYTHING_SEEN, EVERYTHING),
    ("supervisor", SUPERVISOR, EVERYTHING),
    ("agent", AGENT, Reach(departments=frozenset({DepartmentId(8)}))),
)

Change = Callable[[random.Random], dict[str, Any]]


def _month(chance: random.Random) -> dict[str, Any]:
    since = BEGIN + timedelta(days=chance.randrange(DAYS - 30))
    return {"since": since, "until": since + timedelta(days=30)}


ASKED: dict[str, Change] = {
    "nothing": lambda chance: {},
    "a month": _month,
    "number": lambda chance: {"number": NumberId(1 + chance.randrange(NUMBERS))},
    "department": lambda chance: {"department": DepartmentId(1 + chance.randrange(DEPARTMENTS))},
    "agent": lambda chance: {"agent": AgentId(1 + chance.randrange(AGENTS))},
    "direction, month": lambda chance: {"direction": chance.choice(list(Direction)), **_month(chance)},
    "outcome": lambda chance: {"outcome": chance.choice((Outcome.MISSED, Outcome.FAILED, Outcome.ABANDONED))},
    "number, failed, month": lambda chance: {
        "number": NumberId(1 + chance.randrange(NUMBERS)),
        "outcome": Outcome.FAILED,
        **_month(chance),
    },
    "a reason": lambda chance: {"reason": f"meta.{138_000 + chance.randrange(40)}"},
    "kind of reason, department": lambda chance: {
        "reason": "meta.",
        "department": DepartmentId(1 + chance.randrange(9)),
    },
    "disposition of many": lambda chance: {"disposition": "sold"},
    "disposition of few": lambda chance: {"disposition": "complaint"},
    "disposition of none": lambda chance: {"disposition": "none_such"},
    "contact": lambda chance: {"contact": ContactId(1 + chance.randrange(CONTACTS))},
    "recorded, month": lambda chance: {"recorded": True, **_month(chance)},
    "not recorded, agent": lambda chance: {"recorded": False, "agent": AgentId(1 + chance.randrange(AGENTS))},
    "words of many": lambda chance: {"words": wanted("pedido nao cheg")},
    "words of few": lambda chance: {"words": wanted("cancelar")},
    "words of one, month": lambda chance: {
        "words": wanted(f"pedido {20 * chance.randrange(1, 40_000)}"),
        **_month(chance),
    },
    "protocol": lambda chance: {"protocol": f"2026{100_000_000 + 4 * chance.randrange(200_000)}"},
    "outbound failed of an agent": lambda chance: {
        "direction": Direction.OUTBOUND,
        "outcome": Outcome.FAILED,
        "agent": AgentId(1 + chance.randrange(AGENTS)),
    },
}


async def timed(work: Any) -> tuple[float, Any]:
    begun_s = time.perf_counter()
    found = await work
    return (time.perf_counter() - begun_s) * 1_000, found


async def measure(url: str, calls: int) -> dict[str, Any]:
    database = Database(url)
    history, chance = SqlHistory(database), random.Random(1)
    callers, rung = SqlCallers(database, history), dict[str, list[float]]()
    pages: dict[str, list[float]] = {}
    outlines: dict[str, list[float]] = {}
    found = 0
    for _ in range(ROUNDS):
        for who, reader in READERS.items():
            for asked, change in ASKED.items():
                filter_ = replace(reader, **change(chance))
                took_ms, page = await timed(history.page(filter_, PAGE))
                pages.setdefault(f"{who}: {asked}", []).append(took_ms)
                found += len(page.calls)
        for who, reader, reach in RUNG:
            call = CallId(f"{1 + chance.randrange(calls):032x}")
            took_ms, caller = await timed(callers.of_call(call, reader, reach, known=True))
            assert caller is not None
            rung.setdefault(who, []).append(took_ms)
        for who, reader in READERS.items():
            for asked in ("nothing", "a month", "number", "outcome"):
                took_ms, outline = await timed(history.outline(replace(reader, **ASKED[asked](chance)), PAGE))
                outlines.setdefault(f"{who}: {asked}", []).append(took_ms)
                if outline.marks:
                    took_ms, page = await timed(history.page(reader, PAGE, chance.choice(outline.marks)))
                    pages.setdefault(f"{who}: deep in the list", []).append(took_ms)
    assert found > 1_000, "nearly nothing was found: nothing was measured"
    await database.close()
    return {"pages": _told(pages), "outlines": _told(outlines), "callers": _told(rung)}


def _told(took_ms: dict[str, list[float]]) -> dict[str, Any]:
    every = Spread.of([value for values in took_ms.values() for value in values])
    slowest = sorted(((max(values), asked) for asked, values in took_ms.items()), reverse=True)[:6]
    return {
        "p50_ms": every.p50,
        "p95_ms": every.p95,
        "max_ms": round(slowest[0][0], 1),
        "queries": every.samples,
        "slowest": {asked: round(value, 1) for value, asked in slowest},
    }


def run(calls: int, databases: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    result: dict[str, Any] = {"calls": calls}
    if "sqlite" in databases:
        with tempfile.TemporaryDirectory(prefix="ramal-bench-") as directory:
            path = Path(directory) / "ramal.db"
            upgrade(f"sqlite:///{path}")
            begun_s = time.perf_counter()
            fill_sqlite(path, calls)
            filled_s = round(time.perf_counter() - begun_s, 1)
            size_mb = round(path.stat().st_size / 1e6)
            result["sqlite"] = asyncio.run(measure(f"sqlite:///{path}", calls)) | {
                "file_mb": size_mb,
                "filled_s": filled_s,
            }
    if "postgresql" in databases:
        with running_server() as server:
            url = server.new_database()
            begun_s = time.perf_counter()
            fill_postgres(url, calls)
            filled_s = round(time.perf_counter() - begun_s, 1)
            result["postgresql"] = asyncio.run(measure(url, calls)) | {"filled_s": filled_s}
    return result


def main() -> None:
    calls, *databases = (*sys.argv[1:2], *sys.argv[2:]) or ("1000000",)
    print(json.dumps(run(int(calls), tuple(databases) or ("sqlite", "postgresql"))), flush=True)


if __name__ == "__main__":
    main()
