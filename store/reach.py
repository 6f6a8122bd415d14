"""How far somebody's sight goes: numbers and departments of which they may know. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import col, or_

from signaling.ids import DepartmentId, NumberId


@dataclass(frozen=True, slots=True)
class Reach:
    """None: all of them. What belongs to no department is seen only by those who see all departments. `operated`: of
    these numbers everything is seen, whatever its department."""

    numbers: frozenset[NumberId] | None = None
    departments: frozenset[DepartmentId] | None = None
    operated: frozenset[NumberId] = frozenset()

    def covers(self, number: NumberId, department: DepartmentId | None) -> bool:
        if self.numbers is not None and number not in self.numbers:
            return False
        return self.departments is None or department in self.departments or number in self.operated

    def conditions(self, table: Any) -> Iterable[Any]:
        """For a query of a table that has `number_id` and `department_id`."""
        if self.numbers is not None:
            yield col(table.number_id).in_(self.numbers)
        if self.departments is not None:
            theirs = col(table.department_id).in_(self.departments)
            yield or_(theirs, col(table.number_id).in_(self.operated)) if self.operated else theirs


EVERYTHING: Final = Reach()
