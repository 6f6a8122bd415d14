"""What `ramal demo` finds in its database: one number, one department, four people. Made once, however often asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from signaling.call import Rules
from signaling.ids import PhoneNumberId
from signaling.ports import Number, Role, Template
from signaling.private import Token
from store.database import Database
from store.departments import Department, SqlDepartmentStore
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore, User
from store.secrets import SecretBox

DEPARTMENT: Final = "Atendimento"
TEMPLATE: Final = Template("pedido_ligacao_v1", "pt_BR")  # approved at the simulated Meta from the start
RULES: Final = Rules(wrap_up_s=15)  # long enough to be seen
LABEL: Final = "Loja Exemplo"  # as the simulated customers know it

_PEOPLE: Final = {
    "ana": ("Ana Ribeiro", Role.AGENT),
    "bia": ("Bia Martins", Role.AGENT),
    "sofia": ("Sofia Duarte", Role.SUPERVISOR),
    "admin": ("Administração", Role.ADMINISTRATOR),
}
_ROLE_WORDS: Final = {
    Role.AGENT: ("agent", "atendente"),
    Role.SUPERVISOR: ("supervisor", "supervisão"),
    Role.ADMINISTRATOR: ("administrator", "administração"),
}

DEMO_LOGINS: Final[Mapping[str, tuple[str, str]]] = {login: _ROLE_WORDS[role] for login, (_, role) in _PEOPLE.items()}
"""Login → what its user is, in English and in Portuguese."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo's database holds."""

    number: Number
    department: Department
    users: tuple[User, ...]


async def seed(
    url: str, secret_key: Token, phone_number_id: str, waba_id: str, phone: str, passwords: Mapping[str, str]
) -> Demo:
    """Make what is missing, and let each login of DEMO_LOGINS have its password of `passwords`.

    What somebody changed by hand stays, but for those passwords. Raises NeighbourError.
    """
    database, hashing = Database(url), Passwords()
    try:
        departments, people = SqlDepartmentStore(database), SqlPeopleStore(database, hashing)
        known = {department.name: department for department in await departments.all()}
        department = known.get(DEPARTMENT) or await departments.add(DEPARTMENT)

        numbers = SqlNumberStore(database, SecretBox([secret_key]))
        new = NewNumber(phone_number_id, waba_id, phone, LABEL, DEPARTMENT, outbound_enabled=True, rules=RULES)
        number = await numbers.by_phone_number_id(PhoneNumberId(phone_number_id)) or await numbers.add(new)
        if number.permission_template is None:
            number = await numbers.set_permission_template(phone_number_id, TEMPLATE)

        logins = {user.login for user in await people.users()}
        for login, (name, role) in _PEOPLE.items():
            if login not in logins:
                await people.add_user(login, name, passwords[login], role, [DEPARTMENT])
            elif await people.sign_in(login, passwords[login]) is None:
                await people.set_password(login, passwords[login])
        users = tuple(user for user in await people.users() if user.login in _PEOPLE)
        return Demo(number, department, users)
    finally:
        hashing.close()
        await database.close()
