"""What Meta warned our numbers of, and did to them: told by webhooks, kept for administrators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, or_, select

from signaling.ids import NumberId
from signaling.number_alerts import NumberWarning as NumberWarning
from store.columns import storable
from store.database import Database
from store.guard_events import announce_warning
from store.number_models import NumberWarningRow

NEWEST: Final = 20
TYPE_LIMIT_CHARS: Final = 64


@dataclass(frozen=True)
class SqlNumberWarnings:
    """Every method may raise NeighbourError."""

    database: Database

    async def add(self, number: NumberId, warning: NumberWarning) -> None:
        """The same told twice is one line."""
        kind = storable(warning.type)[:TYPE_LIMIT_CHARS]

        def work(session: Session) -> None:
            mine = select(NumberWarningRow).where(
                NumberWarningRow.number_id == number,
                NumberWarningRow.type == kind,
                NumberWarningRow.at == warning.at,
            )
            if session.exec(mine).one_or_none() is None:
                session.add(
                    NumberWarningRow(number_id=number, at=warning.at, kind=warning.kind, type=kind, until=warning.until)
                )
                announce_warning(session, number, warning.at, warning.kind.value, kind, warning.until)

        await self.database.run(work, races=True)

    async def newest(self, number: NumberId, limit: int = NEWEST) -> list[NumberWarning]:
        """Newest first."""
        query = (
            select(NumberWarningRow)
            .where(NumberWarningRow.number_id == number)
            .order_by(col(NumberWarningRow.at).desc(), col(NumberWarningRow.id).desc())
            .limit(limit)
        )

        def work(session: Session) -> list[NumberWarning]:
            return [NumberWarning(row.at, row.kind, row.type, row.until) for row in session.exec(query)]

        return await self.database.read(work)

    async def since(self, at: datetime) -> dict[NumberId, list[NumberWarning]]:
        """Of all numbers: what was told since then, or ends later. Newest first."""
        query = (
            select(NumberWarningRow)
            .where(or_(col(NumberWarningRow.at) >= at, col(NumberWarningRow.until) >= at))
            .order_by(col(NumberWarningRow.at).desc(), col(NumberWarningRow.id).desc())
        )

        def work(session: Session) -> dict[NumberId, list[NumberWarning]]:
            found: dict[NumberId, list[NumberWarning]] = {}
            for row in session.exec(query):
                told = NumberWarning(row.at, row.kind, row.type, row.until)
                found.setdefault(NumberId(row.number_id), []).append(told)
            return found

        return await self.database.read(work)
