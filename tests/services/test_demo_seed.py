"""The demo's database: everything is there after the first start, and nothing twice after the second. On both."""

from signaling.ids import PhoneNumberId
from signaling.ports import Role
from store.database import Database
from store.demo import DEMO_LOGINS, Demo, seed
from tests.services.samples import KEY, NOW, PASSWORD, numbers_in, people_in

PASSWORDS = {login: f"{login} {PASSWORD}" for login in DEMO_LOGINS}


async def seed_demo(url: str, passwords: dict[str, str] = PASSWORDS) -> Demo:
    return await seed(url, KEY, "306540000000002", "204857600000001", "551133330000", passwords)


async def test_a_seeded_demo_has_a_number_a_department_and_four_people(database: Database, database_url: str) -> None:
    demo = await seed_demo(database_url)
    assert [(user.login, user.role) for user in demo.users] == [
        ("admin", Role.ADMINISTRATOR),
        ("ana", Role.AGENT),
        ("bia", Role.AGENT),
        ("sofia", Role.SUPERVISOR),
    ]
    assert set(DEMO_LOGINS) == {user.login for user in demo.users}
    assert demo.number.department == demo.department.id
    assert await numbers_in(database).by_phone_number_id(PhoneNumberId("306540000000002")) == demo.number
    for login, password in PASSWORDS.items():
        agent = await people_in(database).sign_in(login, password)
        assert agent is not None and agent.departments == {demo.department.id}


async def test_seeding_again_changes_nothing(database: Database, database_url: str) -> None:
    first = await seed_demo(database_url)
    assert await seed_demo(database_url) == first
    agent = await people_in(database).sign_in("ana", PASSWORDS["ana"])
    assert agent is not None and agent.session_epoch == 1  # who was signed in stays signed in


async def test_seeding_again_brings_back_the_password_that_the_demo_prints(
    database: Database, database_url: str
) -> None:
    await seed_demo(database_url)
    await people_in(database).set_password("ana", "changed by hand")
    await seed_demo(database_url)
    assert await people_in(database).sign_in("ana", PASSWORDS["ana"]) is not None


async def test_a_demo_user_disabled_by_hand_stays_disabled(database: Database, database_url: str) -> None:
    await seed_demo(database_url)
    await people_in(database).disable("bia", NOW)
    demo = await seed_demo(database_url)
    assert {user.login: user.disabled_at for user in demo.users}["bia"] == NOW
