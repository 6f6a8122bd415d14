"""What Meta warned our numbers of, and did to them: told by webhooks, kept for administrators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from signaling.events import AccountWarning
from signaling.ids import NumberId
from store.columns import storable
from store.database import Database
from store.guard_events import announce_warning
from store.number_models import NumberWarningRow

NEWEST: Final = 20
TYPE_LIMIT_CHARS: Final = 64


@dataclass(frozen=True, slots=True)
class NumberWarning:
    """`type`: a word of Meta's. `until` None: Meta names no end."""

    at: datetime
    kind: AccountWarning
    type: str
    until: datetime | None


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
