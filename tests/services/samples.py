"""What store tests store: a number, people, and calls with every field filled by chance."""

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import uuid4

from argon2 import PasswordHasher
from hypothesis import strategies as st

from signaling.call import Call, TimelineEntry
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId, RequestKey, SeatId, new_call_id
from signaling.ports import Number, Role
from signaling.private import Bsuid, PhoneNumber, Token, Wacid
from store.database import Database
from store.departments import SqlDepartmentStore
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.secrets import SecretBox

NOW = datetime(2026, 3, 4, 12, 0, 0, 250_000, UTC)
KEY = Token("a key that only tests use: 32 characters")
PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Town:
    """A small company: one number, one department, two agents."""

    number: Number
    department: DepartmentId
    agents: tuple[AgentId, AgentId]


def numbers_in(database: Database) -> SqlNumberStore:
    return SqlNumberStore(database, SecretBox([KEY]))


def people_in(database: Database, hasher: PasswordHasher = QUICK) -> SqlPeopleStore:
    return SqlPeopleStore(database, Passwords(hasher))


def new_number(phone_number_id: str = "106540352242922", **changes: Any) -> NewNumber:
    given = NewNumber(phone_number_id, "102290129340398", "+55 11 95555-0100", "Vendas")
    return replace(given, **changes)


async def build_town(database: Database) -> Town:
    department = await SqlDepartmentStore(database).add("Atendimento")
    number = await numbers_in(database).add(new_number(department="Atendimento"))
    people = people_in(database)
    ana = await people.add_user("ana", "Ana", PASSWORD, Role.AGENT, ["Atendimento"])
    bia = await people.add_user("bia", "Bia", PASSWORD, Role.AGENT, ["Atendimento"])
    return Town(number, department.id, (ana.id, bia.id))


def call_in(town: Town, wacid: str = "wacid.ONE", customer: Customer = Customer(), **changes: Any) -> Call:
    call = Call(
        id=new_call_id(),
        number=town.number.id,
        phone_number_id=town.number.phone_number_id,
        department=town.department,
        direction=Direction.INBOUND,
        wacid=Wacid(wacid),
        customer=customer,
        received_at=NOW,
    )
    return replace(call, **changes)


def customer(
    phone: str | None = None, bsuid: str | None = None, name: str | None = None, username: str | None = None
) -> Customer:
    return Customer(
        phone=None if phone is None else PhoneNumber(phone),
        bsuid=None if bsuid is None else Bsuid(bsuid),
        name=name,
        username=username,
    )


# ---- any call at all -------------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
_zones = st.sampled_from([UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=5, minutes=45))])
_moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=_zones)  # noqa: DTZ001
_seconds = st.floats(0, 1e6, allow_nan=False)
_counts = st.integers(0, 2**31 - 1)
_data = st.dictionaries(_texts, _texts | _counts | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))


def calls(town: Town) -> st.SearchStrategy[Call]:
    """Calls of the town with any value in any stored field: a field added to Call is covered without a change here."""
    leaves: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        str: _texts,
        int: _counts,
        float: _seconds,
        datetime: _moments,
        CallId: st.builds(new_call_id),
        NumberId: st.just(town.number.id),
        PhoneNumberId: st.just(town.number.phone_number_id),
        DepartmentId: st.just(town.department),
        AgentId: st.sampled_from(town.agents),
        SeatId: _texts.map(SeatId),
        Wacid: st.builds(lambda: Wacid(f"wacid.{uuid4().hex}")),  # unique: examples share a database
        RequestKey: st.builds(lambda: RequestKey(uuid4().hex)),
        PhoneNumber: st.builds(lambda: PhoneNumber(str(uuid4().int))),
        Bsuid: st.builds(lambda: Bsuid(f"BR.{uuid4().int}")),
        TimelineEntry: st.builds(TimelineEntry, at=_moments, kind=_texts, data=_data),
    }
    made: st.SearchStrategy[Call] = _any(Call, leaves)
    return made


def _any(kind: Any, leaves: dict[Any, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    if kind in leaves:
        return leaves[kind]
    parts = get_args(kind)
    match get_origin(kind):
        case origin if origin in (UnionType, Union):
            return st.one_of([_any(part, leaves) for part in parts])
        case origin if origin in (tuple, frozenset):
            return st.lists(_any(parts[0], leaves), max_size=5).map(origin)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    unstored = {field.name for field in fields(kind) if not field.metadata.get("stored", True)}
    hints = {name: hint for name, hint in get_type_hints(kind).items() if name not in unstored}
    return st.builds(kind, **{name: _any(hint, leaves) for name, hint in hints.items()})
