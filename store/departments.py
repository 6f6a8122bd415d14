"""Departments: where a number's calls ring, and where people work."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from signaling.ids import DepartmentId
from store.audit import By, Entry, write
from store.database import Database
from store.models import DepartmentRow
from store.refusal import Refusal, Why, plain_name


@dataclass(frozen=True, slots=True)
class Department:
    id: DepartmentId
    name: str
    outbound_enabled: bool = True  # its agents may call customers


@dataclass(frozen=True)
class SqlDepartmentStore:
    """Every method may raise NeighbourError."""

    database: Database

    async def add(self, name: str, by: By | None = None) -> Department:
        """`by`: whom the audit names; None: a program of ours. Raises Refusal for a bad name, or one that is taken."""
        name = plain_name("department name", name)

        def work(session: Session) -> Department:
            if session.exec(select(DepartmentRow).where(DepartmentRow.name == name)).one_or_none() is not None:
                raise Refusal(Why.EXISTS, "department name", "There is a department with this name already.")
            row = DepartmentRow(name=name)
            session.add(row)
            session.flush()
            if by is not None:
                note_department(session, by, "department.added", row)
            return department_of(row)

        return await self.database.run(work, races=True)

    async def set_outbound(self, name: str, enabled: bool, by: By) -> Department:
        """Whether the department's agents may call customers. Raises Refusal."""

        def work(session: Session) -> Department:
            row = session.get_one(DepartmentRow, department_named(session, name).id)
            before, row.outbound_enabled = row.outbound_enabled, enabled
            session.flush()
            if before is not enabled:
                what = {"renamed": False, "outbound": enabled, "outbound_before": before}
                note_department(session, by, "department.changed", row, what)
            return department_of(row)

        return await self.database.run(work, races=True)

    async def all(self) -> list[Department]:
        """By name."""
        query = select(DepartmentRow).order_by(col(DepartmentRow.name))
        return await self.database.read(lambda session: [department_of(row) for row in session.exec(query)])


def note_department(
    session: Session, by: By, action: str, row: DepartmentRow, what: Mapping[str, bool] | None = None
) -> None:
    """A line of the audit about a department."""
    write(session, Entry(by.at, by.actor, action, f"department:{row.id}", what or {}))


def department_of(row: DepartmentRow) -> Department:
    assert row.id is not None
    return Department(DepartmentId(row.id), row.name, row.outbound_enabled)


def department_named(session: Session, name: str) -> Department:
    """Raises Refusal."""
    row = session.exec(select(DepartmentRow).where(DepartmentRow.name == name.strip())).one_or_none()
    if row is None:
        raise Refusal(Why.UNKNOWN, "department", "There is no department with this name.")
    return department_of(row)
