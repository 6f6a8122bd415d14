"""The company's own words for pauses and for what came of calls, by `signaling.reasons`' rules."""

from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from signaling.reasons import DEFAULT_REASONS, Reason, ReasonKind
from store.after_call_models import ReasonRow
from store.database import Database


@dataclass(frozen=True)
class SqlReasons:
    """Every method may raise NeighbourError."""

    database: Database

    async def all(self) -> dict[ReasonKind, tuple[Reason, ...]]:
        query = select(ReasonRow).order_by(col(ReasonRow.position))

        def work(session: Session) -> dict[ReasonKind, tuple[Reason, ...]]:
            rows = list(session.exec(query))
            own = {kind: tuple(Reason(row.code, row.label) for row in rows if row.kind is kind) for kind in ReasonKind}
            return {kind: own[kind] or DEFAULT_REASONS[kind] for kind in ReasonKind}

        return await self.database.read(work)

    async def replace(self, kind: ReasonKind, reasons: tuple[Reason, ...]) -> None:
        """None: those that come with Ramal. What was chosen before keeps its code."""

        def work(session: Session) -> None:
            session.exec(delete(ReasonRow).where(col(ReasonRow.kind) == kind))
            session.add_all(
                ReasonRow(kind=kind, code=reason.code, label=reason.label, position=position)
                for position, reason in enumerate(reasons)
            )

        await self.database.run(work, races=True)
