"""Users, passwords and what memberships allow. On both databases."""

from dataclasses import replace
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlmodel import select

from signaling.ids import AgentId
from signaling.operators import takes_calls_of
from signaling.ports import Operators, Role
from store.audit import By
from store.database import Database
from store.departments import SqlDepartmentStore
from store.models import UserRow
from store.number_plans import Writing
from store.number_settings import SqlNumberSettings
from store.passwords import Passwords
from store.people import Grants, SqlPeopleStore
from store.refusal import Refusal, Why
from store.secrets import SecretBox
from store.staff import SqlStaff, UserForm
from tests.services.samples import KEY, NOW, PASSWORD, QUICK, build_town, numbers_in, people_in


class CountingHasher(PasswordHasher):
    """Notes every verification, so that tests need no clock to see that one was done."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (argon2's name)
        self.verified.append(str(hash))
        return super().verify(hash, password)


async def test_a_user_signs_in_with_the_right_password_however_the_login_is_written(database: Database) -> None:
    await SqlDepartmentStore(database).add("Atendimento")
    people = people_in(database)
    user = await people.add_user("Ana.Souza", "Ana", PASSWORD, Role.AGENT, ["Atendimento"])
    for login in ("ana.souza", "ANA.SOUZA", "  Ana.Souza ", "ａｎａ.souza"):
        agent = await people.sign_in(login, PASSWORD)
        assert agent is not None and agent.id == user.id
    assert agent == await people.by_id(user.id)
    assert await people.sign_in("ana.souza", PASSWORD + " ") is None


@pytest.mark.parametrize("login", ["nobody", "", "\x00", "\ud800", "x" * 5_000, "ana'--"])
async def test_an_unknown_login_is_refused_after_as_much_work_as_a_known_one(database: Database, login: str) -> None:
    hasher = CountingHasher()
    people = people_in(database, hasher)
    await people.add_user("ana", "Ana", PASSWORD, Role.AGENT)
    assert await people.sign_in(login, PASSWORD) is None
    assert await people.sign_in("ana", "wrong password") is None
    assert len(hasher.verified) == 2


@pytest.mark.parametrize("password", ["", "\ud800", "x" * 100_000, "\x00"])
async def test_a_hostile_password_is_only_wrong(database: Database, password: str) -> None:
    people = people_in(database)
    await people.add_user("ana", "Ana", PASSWORD, Role.AGENT)
    assert await people.sign_in("ana", password) is None


@pytest.mark.parametrize("password", ["", "short", "x" * 257, "surrogate \ud800"])
async def test_a_password_nobody_should_have_is_refused(database: Database, password: str) -> None:
    with pytest.raises(Refusal) as caught:
        await people_in(database).add_user("ana", "Ana", password, Role.AGENT)
    assert (caught.value.why, caught.value.field) == (Why.INVALID, "password")
    assert await people_in(database).users() == []


async def test_passwords_are_kept_as_argon2id(database: Database) -> None:
    await SqlPeopleStore(database, Passwords()).add_user("ana", "Ana", PASSWORD, Role.AGENT)
    row = await database.read(lambda session: session.exec(select(UserRow)).one())
    assert row.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_an_old_hash_is_renewed_when_its_user_signs_in(database: Database) -> None:
    await people_in(database).add_user("ana", "Ana", PASSWORD, Role.AGENT)
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    agent = await people_in(database, stronger).sign_in("ana", PASSWORD)

    row = await database.read(lambda session: session.exec(select(UserRow)).one())
    assert not stronger.check_needs_rehash(row.password_hash)
    assert agent is not None and agent.session_epoch == row.session_epoch == 1
    assert await people_in(database).sign_in("ana", PASSWORD) is not None


async def test_a_new_password_ends_the_sessions_of_the_old_one(database: Database) -> None:
    people = people_in(database)
    user = await people.add_user("ana", "Ana", PASSWORD, Role.AGENT)
    await people.set_password("ANA", "another password")
    assert await people.sign_in("ana", PASSWORD) is None
    agent = await people.sign_in("ana", "another password")
    assert agent is not None and (agent.id, agent.session_epoch) == (user.id, 2)


async def test_a_disabled_user_is_nobody(database: Database) -> None:
    people = people_in(database)
    user = await people.add_user("ana", "Ana", PASSWORD, Role.AGENT)
    await people.disable("ana", NOW)
    await people.disable("ana", NOW)
    assert await people.by_id(user.id) is None
    assert await people.sign_in("ana", PASSWORD) is None
    assert [(known.login, known.disabled_at) for known in await people.users()] == [("ana", NOW)]


async def test_supervisors_listen_where_a_membership_allows_it_and_agents_nowhere(database: Database) -> None:
    departments = SqlDepartmentStore(database)
    sales, support = await departments.add("Vendas"), await departments.add("Suporte")
    people = people_in(database)
    sofia = await people.add_user("sofia", "Sofia", PASSWORD, Role.SUPERVISOR, ["Vendas", "Suporte"])
    await people.grant("sofia", "Vendas", Grants(may_take_inbound=True))
    ana = await people.add_user("ana", "Ana", PASSWORD, Role.AGENT, ["Vendas"])
    await people.grant("ana", "Vendas", Grants(may_listen=True))
    known = await people.by_ids([sofia.id, ana.id])
    assert known[sofia.id] == await people.by_id(sofia.id)
    assert known[sofia.id].listens_in == {support.id} and sales.id in known[sofia.id].departments
    assert known[ana.id].listens_in == frozenset()


async def test_calls_ring_only_where_a_membership_allows_it(database: Database) -> None:
    departments = SqlDepartmentStore(database)
    sales, support = await departments.add("Vendas"), await departments.add("Suporte")
    people = people_in(database)
    user = await people.add_user("sofia", "Sofia", PASSWORD, Role.SUPERVISOR, ["Vendas", "Suporte"])
    changed = await people.grant("sofia", "Suporte", Grants(may_listen=True))

    agent = await people.by_id(user.id)
    assert agent is not None and agent.departments == {sales.id} and agent.may_take_inbound
    assert agent.role is Role.SUPERVISOR
    assert dict(changed.departments)[support] == Grants(may_listen=True)

    await people.grant("sofia", "Vendas", Grants())
    agent = await people.by_id(user.id)
    assert agent is not None and agent.departments == frozenset() and not agent.may_take_inbound


async def test_what_cannot_be_is_refused_and_changes_nothing(database: Database) -> None:
    await build_town(database)
    people, departments = people_in(database), SqlDepartmentStore(database)
    before = await people.users(), await departments.all()
    refusals = [
        (people.add_user("ANA", "Another Ana", PASSWORD, Role.AGENT), Why.EXISTS, "login"),
        (people.add_user("é", "É", PASSWORD, Role.AGENT), Why.INVALID, "login"),
        (people.add_user("davi", "\x00", PASSWORD, Role.AGENT), Why.INVALID, "name"),
        (people.add_user("davi", "Davi", PASSWORD, Role.AGENT, language="xx"), Why.INVALID, "language"),
        (people.add_user("davi", "Davi", PASSWORD, Role.AGENT, ["Nowhere"]), Why.UNKNOWN, "department"),
        (people.grant("nobody", "Atendimento", Grants()), Why.UNKNOWN, "login"),
        (people.set_password("nobody", PASSWORD), Why.UNKNOWN, "login"),
        (people.disable("nobody", NOW), Why.UNKNOWN, "login"),
        (departments.add(" Atendimento "), Why.EXISTS, "department name"),
        (departments.add("x" * 121), Why.INVALID, "department name"),
    ]
    for asked, why, field in refusals:
        with pytest.raises(Refusal) as caught:
            await asked
        assert (caught.value.why, caught.value.field) == (why, field)
    assert (await people.users(), await departments.all()) == before


async def test_an_unknown_agent_is_none(database: Database) -> None:
    assert await SqlPeopleStore(database, Passwords(QUICK)).by_id(AgentId(12345)) is None


async def test_many_are_looked_up_at_once_as_each_would_be_alone(database: Database) -> None:
    town = await build_town(database)
    people = people_in(database)
    gone = await people.add_user("rui", "Rui", PASSWORD, Role.AGENT)
    alone = {agent: await people.by_id(agent) for agent in (*town.agents, gone.id)}
    assert await people.by_ids([*town.agents, gone.id, AgentId(999)]) == alone
    await people.disable("rui", NOW)
    assert set(await people.by_ids([*town.agents, gone.id])) == set(town.agents)
    assert await people.by_ids([]) == {}


async def test_colleagues_are_all_who_may_sign_in_with_the_departments_they_take_calls_for(
    database: Database,
) -> None:
    town = await build_town(database)
    people = people_in(database)
    idle = await people.add_user("zoe", "Zoe", PASSWORD, Role.AGENT)
    await people.add_user("rui", "Rui", PASSWORD, Role.AGENT)
    await people.disable("rui", NOW)
    found = await people.colleagues()
    assert [person.name for person in found] == sorted(person.name for person in found)
    assert {person.id: person.departments for person in found} == {
        **dict.fromkeys(town.agents, (town.department,)),
        idle.id: (),
    }


async def test_agents_know_which_numbers_name_them_or_a_department_of_theirs_and_which_are_kept_from_them(
    database: Database,
) -> None:
    town = await build_town(database)
    support = await SqlDepartmentStore(database).add("Suporte")
    people, settings = people_in(database), SqlNumberSettings(database, SecretBox([KEY]))
    sofia = await people.add_user("sofia", "Sofia", PASSWORD, Role.SUPERVISOR, ["Suporte"])
    await people.grant("sofia", "Suporte", Grants(may_listen=True))
    rui = await people.add_user("rui", "Rui", PASSWORD, Role.AGENT, ["Suporte"])
    ana, bia = town.agents
    stored = await settings.of(town.number.id)
    assert stored is not None
    by = Writing("user:1", NOW)
    named = Operators(frozenset({support.id}), frozenset({ana}))
    assert (await settings.write(town.number.id, replace(stored.form, operators=named), by)).form.operators == named
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and number.operators == named

    known = await people.by_ids([ana, bia, rui.id, sofia.id])
    mine = frozenset({town.number.id})
    assert [known[who].operates for who in (ana, bia, rui.id, sofia.id)] == [mine, set(), mine, set()]
    assert known[sofia.id].knows_of == mine, "she takes no calls there, and sees what becomes of them"
    assert [await people.by_id(who) for who in known] == list(known.values())
    form = UserForm("Rui", Role.AGENT, "pt-BR", {support.id: Grants(may_take_inbound=True)}, frozenset())
    await SqlStaff(database, Passwords(QUICK)).change_user(rui.id, form, By("user:1", NOW))
    kept = await people.by_id(rui.id)
    assert kept is not None and (kept.numbers, kept.serves(town.number.id)) == (frozenset(), False)
    assert not takes_calls_of(kept, number) and takes_calls_of(known[ana], number)
    await settings.write(town.number.id, replace(stored.form, operators=None), by)
    assert (await people.by_ids([ana]))[ana].operates == frozenset()
    assert await numbers_in(database).by_id(town.number.id) == replace(number, operators=None)
