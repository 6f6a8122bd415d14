"""How many calls of a number there are in the records of a while, to be compared with what Meta counted. Only reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, select

from signaling.events import Direction
from signaling.ids import NumberId
from store.database import Database
from store.models import CallRow


@dataclass(frozen=True, slots=True)
class Recorded:
    """`back_filled`: of them those of which we know the end alone."""

    calls: int = 0
    back_filled: int = 0


@dataclass(frozen=True)
class SqlRecordedCalls:
    """May raise NeighbourError."""

    database: Database

    async def of(self, number: NumberId, since: datetime, until: datetime) -> dict[Direction, Recorded]:
        """Calls that reached Meta, by when they began, or, of one that was filled in, by when we heard of it."""
        row: Any = CallRow
        begun = func.coalesce(row.offered_at, row.received_at)
        filled_in = row.offered_at.is_(None) & row.request_key.is_(None) & row.terminated_by_meta
        query: Any = (
            select(CallRow.direction, func.count(), func.sum(case((filled_in, 1), else_=0)))
            .where(CallRow.number_id == number, begun >= since, begun < until)
            .where(col(CallRow.offered_at).is_not(None) | filled_in)
            .group_by(col(CallRow.direction))
        )

        def work(session: Any) -> dict[Direction, Recorded]:
            return {way: Recorded(calls, int(filled)) for way, calls, filled in session.exec(query).all()}

        return await self.database.read(work)
