"""Users, and who may do what in which department: a `signaling.ports.AgentStore`, and what administrators do."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import Session, and_, col, select, true

from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.ports import Agent, Role
from store.audit import By, Entry, write
from store.database import Database
from store.departments import Department, department_named, department_of
from store.models import DepartmentRow, MembershipRow, UserRow
from store.operators import Named, all_named, numbers_of
from store.passwords import Passwords
from store.refusal import Refusal, Why, plain_name

LANGUAGES: Final = ("pt-BR", "en", "es")
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class Grants:
    """What a membership in a department allows there."""

    may_take_inbound: bool = False
    may_call_outbound: bool = False
    may_listen: bool = False
    may_replay: bool = False
    may_export: bool = False


USUAL_GRANTS: Final = {
    Role.AGENT: Grants(may_take_inbound=True, may_call_outbound=True),
    Role.SUPERVISOR: Grants(
        may_take_inbound=True, may_call_outbound=True, may_listen=True, may_replay=True, may_export=True
    ),
    Role.ADMINISTRATOR: Grants(
        may_take_inbound=True, may_call_outbound=True, may_listen=True, may_replay=True, may_export=True
    ),
}


@dataclass(frozen=True, slots=True)
class User:
    """A user as administrators see them."""

    id: AgentId
    login: str
    name: str
    role: Role
    language: str
    disabled_at: datetime | None
    departments: tuple[tuple[Department, Grants], ...]
    password_is_first: bool = False  # given by an administrator, and not yet replaced
    numbers: frozenset[NumberId] | None = None  # those with which they work; None: with any


class NewPasswordNeeded(Exception):
    """The password is right, and was a first one: whoever signs in with it chooses their own."""


@dataclass(frozen=True, slots=True)
class Colleague:
    id: AgentId
    name: str
    departments: tuple[DepartmentId, ...]


_OF_USERS: Final = (UserRow.id, UserRow.name, UserRow.role, UserRow.session_epoch, UserRow.language)
_OF_GRANTS: Final = (
    *(MembershipRow.department_id, MembershipRow.may_take_inbound),
    *(MembershipRow.may_call_outbound, MembershipRow.may_listen),
)


@dataclass(frozen=True)
class SqlPeopleStore:
    """Every method may raise NeighbourError; those that change something raise Refusal for what cannot be."""

    database: Database
    passwords: Passwords

    async def by_id(self, agent: AgentId) -> Agent | None:
        """None also when the user is disabled. `departments` are those whose incoming calls the user may take."""
        return await self.database.read(lambda session: agent_of(session, session.get(UserRow, agent)))

    async def by_ids(self, agents: Collection[AgentId]) -> dict[AgentId, Agent]:
        """The same of many at once; who is disabled or unknown is missing. Columns, not rows: thousands are asked for
        every few seconds."""
        return await self._agents(col(UserRow.id).in_(agents))

    async def everybody(self) -> list[Agent]:
        """Who may sign in."""
        return list((await self._agents(true())).values())

    async def _agents(self, which: Any) -> dict[AgentId, Agent]:
        query = (
            select(*_OF_USERS, *_OF_GRANTS)  # type: ignore[call-overload]
            .outerjoin(MembershipRow, col(MembershipRow.user_id) == col(UserRow.id))
            .where(which, col(UserRow.disabled_at).is_(None))
        )

        def work(session: Session) -> dict[AgentId, Agent]:
            users: dict[AgentId, tuple[str, Role, int, str]] = {}
            grants: dict[AgentId, list[Any]] = {}
            for user, name, role, epoch, language, department, *granted in session.exec(query):
                users[user] = (name, role, epoch, language)
                if department is not None:
                    grants.setdefault(user, []).append((department, *granted))
            named, numbers = all_named(session), numbers_of(session, users)
            return {
                user: _agent(user, *own, grants.get(user, ()), named, numbers.get(user)) for user, own in users.items()
            }

        return await self.database.read(work)

    async def colleagues(self) -> list[Colleague]:
        """Everybody who may sign in, by name, with the departments whose calls they may take."""
        query = (
            select(UserRow.id, UserRow.name, MembershipRow.department_id)
            .outerjoin(
                MembershipRow,
                and_(col(MembershipRow.user_id) == col(UserRow.id), col(MembershipRow.may_take_inbound)),
            )
            .where(col(UserRow.disabled_at).is_(None))
            .order_by(col(UserRow.name), col(UserRow.id))
        )

        def work(session: Session) -> list[Colleague]:
            found: dict[AgentId, tuple[str, list[DepartmentId]]] = {}
            for user, name, department in session.exec(query):
                assert user is not None
                _, departments = found.setdefault(AgentId(user), (name, []))
                if department is not None:
                    departments.append(DepartmentId(department))
            return [Colleague(user, name, tuple(places)) for user, (name, places) in found.items()]

        return await self.database.read(work)

    async def sign_in(self, login: str, password: str, new_password: str | None = None) -> Agent | None:
        """The agent, or None for an unknown login, a wrong password or a disabled user: the answer takes as long.

        A first password works once: with `new_password`, which replaces it. Raises NewPasswordNeeded without one,
        Refusal for one that is too short or the first one again. Where no new one is needed it is not read."""
        row = await self.database.read(lambda session: user_by_login(session, login))
        fits = await self.passwords.fits(password, None if row is None else row.password_hash)
        if row is None or not fits or row.disabled_at is not None:
            return None
        if row.password_is_first:
            if new_password is None:
                raise NewPasswordNeeded
            if new_password == password:
                raise Refusal(Why.INVALID, "new_password", "The new password must differ from the first one.")
            await self._replace_hash(row, await self.passwords.hash_new(new_password))
        elif self.passwords.is_outdated(row.password_hash):
            await self._replace_hash(row, await self.passwords.hash(password))
        return await self.database.read(lambda session: agent_of(session, session.get(UserRow, row.id)))

    async def add_user(
        self,
        login: str,
        name: str,
        password: str,
        role: Role,
        departments: Iterable[str] = (),
        language: str = LANGUAGES[0],
        by: By | None = None,
    ) -> User:
        """`departments` are names; in each the user gets the usual grants of the role. `by`: whom the audit names;
        None: a program of ours, which is in no audit."""
        key, name = login_key(login), plain_name("name", name)
        if language not in LANGUAGES:
            raise Refusal(Why.INVALID, "language", f"The language must be one of {', '.join(LANGUAGES)}.")
        password_hash = await self.passwords.hash_new(password)
        wanted = dict.fromkeys(department.strip() for department in departments)

        def work(session: Session) -> User:
            if user_by_login(session, key) is not None:
                raise Refusal(Why.EXISTS, "login", "There is a user with this login already.")
            row = UserRow(login=key, name=name, password_hash=password_hash, role=role, language=language)
            session.add(row)
            session.flush()
            if by is not None:
                note_user(session, by, "user.added", row, role=role.value)
            for department in wanted:
                _grant(session, row, department, USUAL_GRANTS[role], by)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def users(self) -> list[User]:
        """By login, disabled ones too."""
        query = select(UserRow).order_by(col(UserRow.login))
        return await self.database.read(lambda session: [user_of(session, row) for row in session.exec(query).all()])

    async def grant(self, login: str, department: str, grants: Grants, by: By | None = None) -> User:
        """Make or change a membership. `by` as in `add_user`."""

        def work(session: Session) -> User:
            row = _known_user(session, login)
            _grant(session, row, department, grants, by)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def set_password(self, login: str, password: str, by: By | None = None) -> User:
        """Also ends every session of the user, and lets a disabled user stay disabled. `by` as in `add_user`."""
        password_hash = await self.passwords.hash_new(password)

        def work(session: Session) -> User:
            row = _known_user(session, login)
            row.password_hash, row.password_is_first = password_hash, False
            row.session_epoch += 1
            if by is not None:
                note_user(session, by, "user.password_set", row)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def disable(self, login: str, at: datetime, actor: str | None = None) -> User:
        """No more signing in, and every session ends. Saying it twice changes nothing. `actor`: of `by`, as in
        `add_user`."""

        def work(session: Session) -> User:
            row = _known_user(session, login)
            if row.disabled_at is None:
                row.disabled_at = at
                row.session_epoch += 1
                if actor is not None:
                    note_user(session, By(actor, at), "user.disabled", row)
            return user_of(session, row)

        return await self.database.run(work, races=True)

    async def _replace_hash(self, row: UserRow, password_hash: str) -> None:
        unchanged = col(UserRow.id) == row.id, col(UserRow.password_hash) == row.password_hash
        change = update(UserRow).where(*unchanged).values(password_hash=password_hash, password_is_first=False)
        await self.database.run(lambda session: session.execute(change))


def login_key(login: str) -> str:
    """The one spelling under which a login is stored and looked up. Raises Refusal."""
    key = unicodedata.normalize("NFKC", login).strip().casefold()
    if _LOGIN.fullmatch(key) is None:
        raise Refusal(Why.INVALID, "login", "A login is 1 to 64 letters without accents, digits and . _ @ + -")
    return key


def user_by_login(session: Session, login: str) -> UserRow | None:
    try:
        key = login_key(login)
    except Refusal:
        return None
    return session.exec(select(UserRow).where(UserRow.login == key)).one_or_none()


def _known_user(session: Session, login: str) -> UserRow:
    row = user_by_login(session, login)
    if row is None:
        raise Refusal(Why.UNKNOWN, "login", "There is no user with this login.")
    return row


def note_user(session: Session, by: By, action: str, user: UserRow, **what: str | int | bool) -> None:
    """A line of the audit about a user."""
    write(session, Entry(by.at, by.actor, action, f"user:{user.id}", what))


def _grant(session: Session, user: UserRow, department: str, grants: Grants, by: By | None) -> None:
    assert user.id is not None
    place, given = department_named(session, department), asdict(grants)
    session.merge(MembershipRow(user_id=user.id, department_id=place.id, **given))
    session.flush()
    if by is not None:
        note_user(session, by, "user.granted", user, department=place.id, **given)


def _memberships(session: Session, user: UserRow) -> list[tuple[MembershipRow, DepartmentRow]]:
    query = (
        select(MembershipRow, DepartmentRow)
        .join(DepartmentRow)
        .where(MembershipRow.user_id == user.id)
        .order_by(col(DepartmentRow.name))
    )
    return list(session.exec(query).all())


def agent_of(session: Session, row: UserRow | None) -> Agent | None:
    """None also when the user is disabled."""
    if row is None or row.disabled_at is not None:
        return None
    assert row.id is not None
    grants = [
        (own.department_id, own.may_take_inbound, own.may_call_outbound, own.may_listen)
        for own, _ in _memberships(session, row)
    ]
    numbers = numbers_of(session, [row.id]).get(row.id)
    return _agent(row.id, row.name, row.role, row.session_epoch, row.language, grants, all_named(session), numbers)


_Grant = tuple[int, bool, bool, bool]
"""Department; whether its calls may be taken, customers called for it, its calls listened to."""


def _agent(
    user: int,
    name: str,
    role: Role,
    session_epoch: int,
    language: str,
    grants: Collection[_Grant],
    named: Named,
    numbers: frozenset[NumberId] | None,
) -> Agent:
    """An agent listens to nobody, whatever their memberships say: that is for supervisors."""
    taking = frozenset(DepartmentId(department) for department, takes, _, _ in grants if takes)
    leads = role is not Role.AGENT
    return Agent(
        id=AgentId(user),
        name=name,
        role=role,
        departments=taking,
        may_take_inbound=bool(taking),
        session_epoch=session_epoch,
        language=language,
        calls_for=frozenset(DepartmentId(department) for department, _, calls, _ in grants if calls),
        listens_in=frozenset(DepartmentId(department) for department, *_, listens in grants if listens and leads),
        numbers=numbers,
        operates=named.of(user, taking),
        knows_of=named.of(user, (department for department, *_ in grants)),
    )


def user_of(session: Session, row: UserRow) -> User:
    assert row.id is not None
    return User(
        id=AgentId(row.id),
        login=row.login,
        name=row.name,
        role=row.role,
        language=row.language,
        disabled_at=row.disabled_at,
        departments=tuple(
            (department_of(department), Grants(**{name: getattr(membership, name) for name in Grants.__slots__}))
            for membership, department in _memberships(session, row)
        ),
        password_is_first=row.password_is_first,
        numbers=numbers_of(session, [row.id]).get(row.id),
    )
