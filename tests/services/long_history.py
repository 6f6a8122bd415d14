"""A company's long past, made by SQLite itself: calls of a year ago and before, one a minute."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlmodel import Session, col, select

from store.database import Database
from store.models import NumberRow

AT_ONCE: Final = 20_000
SAID_IN: Final = 5
"""In so many calls that Meta refused, and in as many that were answered, somebody asked for a duplicate."""

CONTACTS: Final = """
INSERT INTO contacts (id, waba_id, phone, name)
WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 40)
SELECT 1000000 + n, 'long-past', '5511' || (900000000 + n), 'Cliente ' || n FROM g"""
CALLS: Final = """
INSERT INTO calls (call_id, number_id, phone_number_id, department_id, direction, wacid, rules, state, contact_id,
    received_at, offered_at, answered_at, accepted_at, ended_at, leg_connected, ring_window_over, claim_audible, claims,
    absences, declined_by, muted, outcome, ended_by, failure, reason, terminated_by_meta, timeline_length)
WITH RECURSIVE g(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM g WHERE n < :last)
SELECT printf('%032x', n), :number, :phone_number_id, :department, 'inbound', 'long.past.' || n, '{}', 'ended',
    1000001 + n % 40, strftime('%Y-%m-%d %H:%M:%S.000000', :begin, n || ' minutes'),
    strftime('%Y-%m-%d %H:%M:%S.000000', :begin, n || ' minutes'),
    CASE WHEN n % 4 > 1 THEN strftime('%Y-%m-%d %H:%M:%S.000000', :begin, n || ' minutes', '7 seconds') END,
    CASE WHEN n % 4 > 1 THEN strftime('%Y-%m-%d %H:%M:%S.000000', :begin, n || ' minutes', '8 seconds') END,
    strftime('%Y-%m-%d %H:%M:%S.000000', :begin, n || ' minutes', '50 seconds'), 1, 0, 0, 1, 0, '[]', 0,
    CASE n % 4 WHEN 0 THEN 'failed' WHEN 1 THEN 'missed' ELSE 'answered' END, 'customer',
    CASE WHEN n % 4 = 0 THEN json_object('code', 'meta.138021', 'fault', 'meta', 'detail', '') END,
    CASE WHEN n % 4 = 0 THEN 'meta.138021' END, 0, 0
FROM g"""
SAID: Final = """
INSERT INTO transcripts (call_id, source, state, segments, words, asked_at, asked_by)
SELECT call_id, 'ours', 'done', '[]', 'preciso da segunda via', received_at, 'gateway' FROM calls
WHERE wacid IN (SELECT 'long.past.' || value FROM json_each(:calls))"""


async def add_long_history(database: Database, calls: int) -> None:
    """Of the first number, in its department. Once to a database."""

    def add(session: Session, first: int, last: int) -> None:
        number = session.exec(select(NumberRow).order_by(col(NumberRow.id))).first()
        assert number is not None
        begin = datetime.now(UTC) - timedelta(days=365, minutes=calls)
        given = {
            "first": first,
            "last": last,
            "number": number.id,
            "phone_number_id": number.phone_number_id,
            "department": number.department_id,
            "begin": f"{begin:%Y-%m-%d %H:%M:%S}",
        }
        if first == 1:
            session.connection().execute(text(CONTACTS))
        session.connection().execute(text(CALLS), given)
        if first == 1:
            refused, answered = [4 * n for n in range(1, SAID_IN + 1)], [4 * n + 2 for n in range(SAID_IN)]
            session.connection().execute(text(SAID), {"calls": str([*refused, *answered])})

    for first in range(1, calls + 1, AT_ONCE):
        last = min(calls, first + AT_ONCE - 1)
        await database.run(lambda session, first=first, last=last: add(session, first, last))  # type: ignore[misc]
