"""What administrators do with people and departments: each act in one transaction with its line in the audit."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from sqlmodel import Session, col, select

from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Role
from store.audit import By
from store.database import Database
from store.departments import Department, department_of, note_department
from store.models import DepartmentRow, MembershipRow, UserRow
from store.operators import write_numbers
from store.passwords import Passwords
from store.people import LANGUAGES, Grants, User, login_key, note_user, user_by_login, user_of
from store.refusal import Refusal, Why, plain_name

LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another when it is read out."""


class LastAdministrator(Exception):
    """Nobody would be left who could undo it."""


@dataclass(frozen=True, slots=True)
class UserForm:
    """All of a user that administrators write, whole: departments that are not there are left."""

    name: str
    role: Role
    language: str
    grants: Mapping[DepartmentId, Grants] = field(default_factory=dict)
    numbers: frozenset[NumberId] | None = None  # those with which they work; None: with any


@dataclass(frozen=True)
class SqlStaff:
    """Every method may raise NeighbourError; those that change something Refusal, and LastAdministrator where they
    would take the role from the last who has it."""

    database: Database
    passwords: Passwords

    async def user(self, user: AgentId) -> User | None:
        def work(session: Session) -> User | None:
            row = session.get(UserRow, user)
            return None if row is None else user_of(session, row)

        return await self.database.read(work)

    async def add_user(self, login: str, form: UserForm, by: By) -> tuple[User, str]:
        """The user, and the password with which they sign in once."""
        key, form, password = login_key(login), _checked(form), first_password()
        password_hash = await self.passwords.hash_new(password)

        def work(session: Session) -> User:
            if user_by_login(session, key) is not None:
                raise Refusal(Why.EXISTS, "login", "There is a user with this login already.")
            row = UserRow(
                login=key,
                name=form.name,
                role=form.role,
                language=form.language,
                password_hash=password_hash,
                password_is_first=True,
            )
            session.add(row)
            session.flush()
            note_user(session, by, "user.added", row, role=form.role.value)
            _write_grants(session, row, form.grants, by)
            _write_numbers(session, row, form.numbers, by)
            return user_of(session, row)

        return await self.database.run(work, races=True), password

    async def change_user(self, user: AgentId, form: UserForm, by: By) -> User:
        form = _checked(form)

        def work(session: Session) -> User:
            row = _locked(session, user)
            if row.role is Role.ADMINISTRATOR and form.role is not Role.ADMINISTRATOR:
                _keep_an_administrator(session, row)
            if (row.name, row.role, row.language) != (form.name, form.role, form.language):
                note_user(session, by, "user.changed", row, role=form.role.value, role_before=row.role.value)
            row.name, row.role, row.language = form.name, form.role, form.language
            _write_grants(session, row, form.grants, by)
            _write_numbers(session, row, form.numbers, by)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def give_first_password(self, user: AgentId, by: By) -> tuple[User, str]:
        """Instead of the user's own; every session of theirs ends."""
        password = first_password()
        password_hash = await self.passwords.hash_new(password)

        def work(session: Session) -> User:
            row = _locked(session, user)
            row.password_hash, row.password_is_first = password_hash, True
            row.session_epoch += 1
            note_user(session, by, "user.password_given", row)
            return user_of(session, row)

        return await self.database.run(work, races=True), password

    async def set_disabled(self, user: AgentId, disabled: bool, by: By) -> User:
        """Disabled: no more signing in, and every session ends. Saying it twice changes nothing."""

        def work(session: Session) -> User:
            row = _locked(session, user)
            if disabled is (row.disabled_at is not None):
                return user_of(session, row)
            if disabled and row.role is Role.ADMINISTRATOR:
                _keep_an_administrator(session, row)
            row.disabled_at = by.at if disabled else None
            row.session_epoch += disabled
            note_user(session, by, "user.disabled" if disabled else "user.enabled", row)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def add_department(self, name: str, by: By) -> Department:
        name = plain_name("name", name)

        def work(session: Session) -> Department:
            _must_be_free(session, name, None)
            row = DepartmentRow(name=name)
            session.add(row)
            session.flush()
            note_department(session, by, "department.added", row)
            return department_of(row)

        return await self.database.run(work, races=True)

    async def change_department(self, department: DepartmentId, name: str, outbound: bool, by: By) -> Department:
        """`outbound`: whether its people may call customers, if they may themselves."""
        name = plain_name("name", name)

        def work(session: Session) -> Department:
            row = session.get(DepartmentRow, department, with_for_update=True)
            if row is None:
                raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
            _must_be_free(session, name, row.id)
            what = {"renamed": row.name != name, "outbound": outbound, "outbound_before": row.outbound_enabled}
            if (row.name, row.outbound_enabled) != (name, outbound):
                row.name, row.outbound_enabled = name, outbound
                session.flush()
                note_department(session, by, "department.changed", row, what)
            return department_of(row)

        return await self.database.run(work, races=True)


def first_password() -> str:
    """Twelve letters and digits in three groups: 59 bits of chance, easy to read out."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def _checked(form: UserForm) -> UserForm:
    if form.language not in LANGUAGES:
        raise Refusal(Why.INVALID, "language", f"The language must be one of {', '.join(LANGUAGES)}.")
    return replace(form, name=plain_name("name", form.name))


def _locked(session: Session, user: AgentId) -> UserRow:
    row = session.get(UserRow, user, with_for_update=True)
    if row is None:
        raise Refusal(Why.UNKNOWN, "user", "There is no such user.")
    return row


def _keep_an_administrator(session: Session, leaving: UserRow) -> None:
    """Locks all of them: two who take the role from each other at once wait for one another."""
    query = (
        select(UserRow)
        .where(UserRow.role == Role.ADMINISTRATOR, col(UserRow.disabled_at).is_(None))
        .order_by(col(UserRow.id))
        .with_for_update()
    )
    if not [row for row in session.exec(query) if row.id != leaving.id]:
        raise LastAdministrator


def _must_be_free(session: Session, name: str, own: int | None) -> None:
    found = session.exec(select(DepartmentRow).where(DepartmentRow.name == name)).one_or_none()
    if found is not None and found.id != own:
        raise Refusal(Why.EXISTS, "name", "There is a department with this name already.")


def _write_grants(session: Session, user: UserRow, wanted: Mapping[DepartmentId, Grants], by: By) -> None:
    """Each department that is joined, left, or allows something else, is a line in the audit."""
    assert user.id is not None
    held = {row.department_id: row for row in session.exec(select(MembershipRow).filter_by(user_id=user.id))}
    for department, row in held.items():
        if DepartmentId(department) not in wanted:
            session.delete(row)
            note_user(session, by, "user.left_department", user, department=department)
    for place, grants in wanted.items():
        if session.get(DepartmentRow, place) is None:
            raise Refusal(Why.INVALID, "departments", "There is no such department.")
        given, before = asdict(grants), held.get(place)
        if before is not None and all(getattr(before, name) == value for name, value in given.items()):
            continue
        session.merge(MembershipRow(user_id=user.id, department_id=place, **given))
        note_user(session, by, "user.granted", user, department=place, **given)
    session.flush()


def _write_numbers(session: Session, user: UserRow, numbers: frozenset[NumberId] | None, by: By) -> None:
    if write_numbers(session, user, numbers):
        told = "any" if numbers is None else ",".join(map(str, sorted(numbers)))
        note_user(session, by, "user.numbers_written", user, numbers=told)
