"""Who works with which number, in SQL: operators of numbers, and numbers of users. Every function works in the
transaction of its caller."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlmodel import Session, col, delete, select

from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Operators
from store.models import DepartmentRow, NumberRow, UserRow
from store.number_models import NumberOperatorRow, UserNumberRow
from store.refusal import Refusal, Why


@dataclass(frozen=True, slots=True)
class Named:
    """The operators of all numbers that name any, by whom they name."""

    by_department: dict[int, set[NumberId]] = field(default_factory=dict)
    by_user: dict[int, set[NumberId]] = field(default_factory=dict)

    def of(self, user: int, departments: Iterable[int]) -> frozenset[NumberId]:
        """The numbers that name this user, or one of these departments."""
        found = set(self.by_user.get(user, ()))
        for department in departments:
            found |= self.by_department.get(department, set())
        return frozenset(found)


def all_named(session: Session) -> Named:
    named = Named()
    query = select(NumberOperatorRow.number_id, NumberOperatorRow.department_id, NumberOperatorRow.user_id)
    for number, department, user in session.exec(query):
        by, who = (named.by_user, user) if department is None else (named.by_department, department)
        if who is not None:
            by.setdefault(who, set()).add(NumberId(number))
    return named


def operators_of(session: Session, number: int) -> Operators | None:
    query = (
        select(NumberOperatorRow.department_id, NumberOperatorRow.user_id, DepartmentRow.outbound_enabled)
        .outerjoin(DepartmentRow, col(DepartmentRow.id) == col(NumberOperatorRow.department_id))
        .where(NumberOperatorRow.number_id == number)
    )
    rows = session.exec(query).all()
    if not rows:
        return None
    return Operators(
        frozenset(DepartmentId(department) for department, _, _ in rows if department is not None),
        frozenset(AgentId(user) for _, user, _ in rows if user is not None),
        frozenset(DepartmentId(department) for department, _, calls in rows if department is not None and not calls),
    )


def write_operators(session: Session, number: int, operators: Operators | None) -> None:
    """Raises Refusal for a department or a user that is not there."""
    session.exec(delete(NumberOperatorRow).where(col(NumberOperatorRow.number_id) == number))
    if operators is None:
        return
    for department in sorted(operators.departments):
        if session.get(DepartmentRow, department) is None:
            raise Refusal(Why.UNKNOWN, "operators", "There is no such department.")
        session.add(NumberOperatorRow(number_id=number, department_id=department))
    for user in sorted(operators.agents):
        if session.get(UserRow, user) is None:
            raise Refusal(Why.UNKNOWN, "operators", "There is no such user.")
        session.add(NumberOperatorRow(number_id=number, user_id=user))
    session.flush()


def numbers_of(session: Session, users: Collection[int]) -> dict[int, frozenset[NumberId]]:
    """Of each of these users who works with some numbers only: with which."""
    query = (
        select(UserRow.id, UserNumberRow.number_id)
        .outerjoin(UserNumberRow, col(UserNumberRow.user_id) == col(UserRow.id))
        .where(col(UserRow.only_numbers), col(UserRow.id).in_(users))
    )
    found: dict[int, set[NumberId]] = {}
    for user, number in session.exec(query):
        assert user is not None
        theirs = found.setdefault(user, set())
        if number is not None:
            theirs.add(NumberId(number))
    return {user: frozenset(theirs) for user, theirs in found.items()}


def write_numbers(session: Session, user: UserRow, numbers: frozenset[NumberId] | None) -> bool:
    """With which numbers the user works; None: with any. Whether that is new. Raises Refusal."""
    assert user.id is not None
    if numbers_of(session, [user.id]).get(user.id) == numbers:
        return False
    session.exec(delete(UserNumberRow).where(col(UserNumberRow.user_id) == user.id))
    user.only_numbers = numbers is not None
    for number in sorted(numbers or ()):
        if session.get(NumberRow, number) is None:
            raise Refusal(Why.INVALID, "number_ids", "There is no such number.")
        session.add(UserNumberRow(user_id=user.id, number_id=number))
    session.flush()
    return True
