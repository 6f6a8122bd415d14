"""Who did what: lines that are only ever added, each with the hash of the line before it.

A change or a gap inside shows in the hashes; lines cut off at the end show in the count (`sequences`). Whoever owns the
database could write everything anew: keep a hash elsewhere now and then (`ramal audit verify` prints the newest).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlmodel import Session, col, select

from store.columns import storable
from store.database import Database
from store.integration_models import AuditRow, SequenceRow
from store.sequences import next_value

SEQUENCE: Final = "audit"
GENESIS: Final = bytes(32)
READ_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, as in the audit, and when."""

    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor`: `key:3`, `user:7`, `shell`. `data` holds ids, words and counts; nothing of a customer."""

    at: datetime
    actor: str
    action: str
    subject: str = ""
    data: Mapping[str, str | int | float | bool | None] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """`broken_at`: the first position that does not fit; None: all fit. `newest`: the hash to keep elsewhere."""

    lines: int
    broken_at: int | None
    newest: str


@dataclass(frozen=True)
class SqlAudit:
    """Every method may raise NeighbourError."""

    database: Database

    async def append(self, entry: Entry) -> None:
        await self.database.run(lambda session: write(session, entry), races=True)

    async def newest(self, limit: int = 100) -> list[Entry]:
        """Newest first."""
        query = select(AuditRow).order_by(col(AuditRow.position).desc()).limit(limit)
        return await self.database.read(lambda session: [_entry(row) for row in session.exec(query)])

    async def verify(self) -> AuditCheck:
        """Compute every hash again."""
        return await self.database.read(_verify)


def write(session: Session, entry: Entry) -> None:
    """Part of the caller's transaction: what was done and its line are never without each other. Run it with
    `races=True`. Whoever writes a line waits for the transaction of the line before it."""
    position = next_value(session, SEQUENCE)
    before = session.get(AuditRow, position - 1)
    data = {name: storable(value) if isinstance(value, str) else value for name, value in entry.data.items()}
    row = AuditRow(
        position=position,
        at=entry.at.astimezone(UTC),
        actor=entry.actor,
        action=entry.action,
        subject=storable(entry.subject),
        data=data,
        hash=b"",
    )
    row.hash = _hash(GENESIS if before is None else before.hash, row)
    session.add(row)
    session.flush()


def _verify(session: Session) -> AuditCheck:
    last, position, broken_at = GENESIS, 0, None
    while broken_at is None:
        query = select(AuditRow).where(col(AuditRow.position) > position).order_by(col(AuditRow.position))
        rows = session.exec(query.limit(READ_AT_ONCE)).all()
        for row in rows:
            if row.position != position + 1 or row.hash != _hash(last, row):
                broken_at = position + 1
                break
            last, position = row.hash, row.position
        if len(rows) < READ_AT_ONCE:
            break
        session.expunge_all()
    counted = session.get(SequenceRow, SEQUENCE)
    if broken_at is None and position != (0 if counted is None else counted.value):
        broken_at = position + 1
    return AuditCheck(position, broken_at, last.hex())


def _hash(before: bytes, row: AuditRow) -> bytes:
    content = [row.position, row.at.isoformat(), row.actor, row.action, row.subject, row.data]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(before + text.encode()).digest()


def _entry(row: AuditRow) -> Entry:
    return Entry(row.at, row.actor, row.action, row.subject, row.data)
