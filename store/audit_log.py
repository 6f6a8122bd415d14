"""The audit as it is read: by who, what, of whom and when; page by page, each found by an index."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, and_, col, or_, select

from store.database import Database
from store.integration_models import ApiKeyRow, AuditRow
from store.models import DepartmentRow, NumberRow, UserRow

NAMED: Final[Mapping[str, tuple[Any, Any]]] = {
    "user": (UserRow.id, UserRow.name),
    "key": (ApiKeyRow.id, ApiKeyRow.name),
    "number": (NumberRow.id, NumberRow.label),
    "department": (DepartmentRow.id, DepartmentRow.name),
}
"""Whose names are told. Customers are none of them: the audit outlives what is erased of them."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """None: whatever it is. `area` is what stands before the point of an action: `user` of `user.added`. `since` is
    inclusive, `until` is not."""

    actor: str | None = None
    action: str | None = None
    area: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    position: int
    at: datetime
    actor: str
    actor_name: str | None
    action: str
    subject: str
    subject_name: str | None
    data: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True)
class SqlAuditLog:
    """May raise NeighbourError."""

    database: Database

    async def page(
        self, wanted: AuditFilter, limit: int, before: int | None = None
    ) -> tuple[list[AuditLine], int | None]:
        """Newest first: at most `limit` lines after the line `before`, and which is the next page's. A line that is
        not there has no page after it."""

        def work(session: Session) -> tuple[list[AuditLine], int | None]:
            conditions = list(_conditions(wanted))
            if before is not None:
                last = session.get(AuditRow, before)
                if last is None:
                    return [], None
                conditions += [
                    col(AuditRow.at) <= last.at,
                    or_(col(AuditRow.at) < last.at, col(AuditRow.position) < before),
                ]
            query = (
                select(AuditRow)
                .where(*conditions)
                .order_by(col(AuditRow.at).desc(), col(AuditRow.position).desc())
                .limit(limit + 1)
            )
            rows = list(session.exec(query))
            shown = rows[:limit]
            names = _names(session, [word for row in shown for word in (row.actor, row.subject)])
            lines = [
                AuditLine(
                    position=row.position,
                    at=row.at,
                    actor=row.actor,
                    actor_name=names.get(row.actor),
                    action=row.action,
                    subject=row.subject,
                    subject_name=names.get(row.subject),
                    data=row.data,
                )
                for row in shown
            ]
            return lines, shown[-1].position if len(rows) > limit else None

        return await self.database.read(work)


def _conditions(wanted: AuditFilter) -> Iterable[Any]:
    if wanted.actor is not None:
        yield AuditRow.actor == wanted.actor
    if wanted.action is not None:
        yield AuditRow.action == wanted.action
    if wanted.area is not None:
        begins = f"{wanted.area}."
        yield and_(col(AuditRow.action) >= begins, col(AuditRow.action).startswith(begins, autoescape=True))
    if wanted.subject is not None:
        yield AuditRow.subject == wanted.subject
    if wanted.since is not None:
        yield col(AuditRow.at) >= wanted.since
    if wanted.until is not None:
        yield col(AuditRow.at) < wanted.until


def _names(session: Session, words: Iterable[str]) -> dict[str, str]:
    """`user:7` → `Ana`, of those that have a name that may be told and are still there."""
    found: dict[str, set[int]] = {}
    for word in words:
        kind, _, number = word.partition(":")
        if kind in NAMED and number.isascii() and number.isdigit() and len(number) <= 9:
            found.setdefault(kind, set()).add(int(number))
    names: dict[str, str] = {}
    for kind, ids in found.items():
        key, name = NAMED[kind]
        for row in session.exec(select(key, name).where(key.in_(ids))):
            names[f"{kind}:{row[0]}"] = row[1]
    return names
