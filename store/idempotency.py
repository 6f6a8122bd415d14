"""A request that its sender may repeat is done once: the second time gets what came of the first.

Only what was asked (its hash) and what was answered is kept, for a day.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlmodel import Session, col

from store.database import Database
from store.integration_models import IdempotentRequestRow

KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Begun:
    """It was never asked before, or the process that was asked died before it answered: do it."""


@dataclass(frozen=True, slots=True)
class Different:
    """The same key with another body: a mistake of the sender."""


@dataclass(frozen=True, slots=True)
class Done:
    status: int
    answer: dict[str, Any]


@dataclass(frozen=True)
class SqlIdempotency:
    """Every method may raise NeighbourError."""

    database: Database

    async def begin(self, actor: str, key: str, body: bytes, at: datetime) -> Begun | Different | Done:
        key_hash, body_hash = _digest(key.encode()), _digest(body)

        def work(session: Session) -> Begun | Different | Done:
            row = session.get(IdempotentRequestRow, (actor, key_hash))
            if row is not None and at - row.at >= KEPT:
                session.delete(row)
                session.flush()
                row = None
            if row is None:
                session.add(IdempotentRequestRow(actor=actor, key_sha256=key_hash, body_sha256=body_hash, at=at))
                session.execute(delete(IdempotentRequestRow).where(col(IdempotentRequestRow.at) <= at - KEPT))
                return Begun()
            if row.body_sha256 != body_hash:
                return Different()
            return Begun() if row.status is None or row.answer is None else Done(row.status, row.answer)

        return await self.database.run(work, races=True)

    async def finish(self, actor: str, key: str, done: Done) -> None:
        def work(session: Session) -> None:
            row = session.get(IdempotentRequestRow, (actor, _digest(key.encode())))
            if row is not None:
                row.status, row.answer = done.status, done.answer

        await self.database.run(work)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
