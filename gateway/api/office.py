"""Protocols, presence, departments and numbers: what an integrator reads of the office."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.customers import CustomerForm, Id
from gateway.api.door import EVERYBODY, Access, Caller
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query
from signaling.events import Customer
from signaling.ids import AgentId, CallId, DepartmentId, NumberId
from signaling.integrator_contract import NumberTold, ProtocolTold
from signaling.ports import Clock, NumberStore
from signaling.presence import Presence
from signaling.private import Bsuid, PhoneNumber
from store.api_keys import Scope
from store.departments import SqlDepartmentStore
from store.people import SqlPeopleStore
from store.protocols import NOTE_LIMIT_CHARS, PAGE_LIMIT, NewProtocol, SqlProtocolStore

CODE: Final = "[0-9]{10,20}"
READS: Final = Access(Scope.PROTOCOLS_READ, EVERYBODY)
WRITES: Final = Access(Scope.PROTOCOLS_WRITE, EVERYBODY)
COLLEAGUES: Final = Access(roles=EVERYBODY)
LOOKS: Final = Access(Scope.NUMBERS_READ, EVERYBODY)


class ProtocolsQuery(Query):
    state: Literal["open", "closed"] | None = None
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = 50
    before: Annotated[Digits | None, Field(ge=1, description="`next` of the page before.")] = None


class ProtocolPage(Answer):
    """Newest first."""

    protocols: list[ProtocolTold]
    next: str | None


class ProtocolForm(Form):
    number_id: Id
    customer: CustomerForm
    department_id: Annotated[Id | None, Field(description="null: the number's own.")] = None
    call_id: Annotated[str | None, Field(pattern="^[0-9a-f]{32}$")] = None
    note: Annotated[str | None, Field(min_length=1, max_length=NOTE_LIMIT_CHARS)] = None


class AgentPresence(Answer):
    agent_id: int
    login: str
    name: str
    role: str
    presence: str
    departments: list[int]


class PresenceAnswer(Answer):
    agents: list[AgentPresence]


class ColleagueLine(Answer):
    agent_id: int
    name: str
    presence: str
    departments: list[int]


class DepartmentOfColleagues(Answer):
    id: int
    name: str
    free: Annotated[int, Field(description="How many of its agents are free now.")]
    signed_in: Annotated[int, Field(description="How many may take its calls now or a little later.")]


class ColleaguesAnswer(Answer):
    """By name."""

    agents: list[ColleagueLine]
    departments: list[DepartmentOfColleagues]


class DepartmentLine(Answer):
    id: int
    name: str


class DepartmentsAnswer(Answer):
    departments: list[DepartmentLine]


class NumberLine(NumberTold):
    """Without its token."""

    department_id: int | None
    inbound_enabled: bool
    outbound_enabled: bool
    disabled: Annotated[bool, Field(description="It takes and makes no calls.")]


class NumbersAnswer(Answer):
    numbers: list[NumberLine]


class OfficeRoutes:
    def __init__(
        self,
        protocols: SqlProtocolStore,
        people: SqlPeopleStore,
        departments: SqlDepartmentStore,
        numbers: NumberStore,
        presence_of: Callable[[AgentId], Presence],
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._protocols, self._people, self._departments = protocols, people, departments
        self._numbers, self._presence_of = numbers, presence_of
        self._on_news, self._clock = on_news, clock

    def operations(self) -> list[Operation]:
        protocol, office = partial(Operation, tag="protocols"), partial(Operation, tag="office")
        code = {"code": CODE}
        return [
            protocol(
                *("listProtocols", "GET", "/protocols", "Protocols, newest first.", READS),
                query=ProtocolsQuery,
                answer=ProtocolPage,
                handler=self.page,
            ),
            protocol(
                *("createProtocol", "POST", "/protocols", "Open a protocol for a customer.", WRITES),
                body=ProtocolForm,
                answer=ProtocolTold,
                handler=self.create,
                status=201,
                errors={404: "There is no such number, department or call.", 409: "The call has a protocol already."},
            ),
            protocol(
                *("getProtocol", "GET", "/protocols/{code}", "One protocol.", READS),
                path_patterns=code,
                answer=ProtocolTold,
                handler=self.one,
            ),
            protocol(
                *("closeProtocol", "POST", "/protocols/{code}/close", "The customer was answered.", WRITES),
                path_patterns=code,
                answer=ProtocolTold,
                handler=self.close,
            ),
            office(
                *("getPresence", "GET", "/presence", "Who is free now.", Access(Scope.PRESENCE_READ, EVERYBODY)),
                answer=PresenceAnswer,
                handler=self.presence,
            ),
            office(
                *("listColleagues", "GET", "/colleagues", "To whom a customer may be given.", COLLEAGUES),
                answer=ColleaguesAnswer,
                handler=self.colleagues,
            ),
            office(
                *("listDepartments", "GET", "/departments", "Departments by name.", LOOKS),
                answer=DepartmentsAnswer,
                handler=self.departments,
            ),
            office(
                *("listNumbers", "GET", "/numbers", "Our WhatsApp numbers.", LOOKS),
                answer=NumbersAnswer,
                handler=self.numbers,
            ),
        ]

    async def page(self, asked: Asked[Nothing, ProtocolsQuery]) -> ProtocolPage:
        query = asked.query
        is_open = None if query.state is None else query.state == "open"
        found, following = await self._protocols.page(
            is_open=is_open, limit=query.limit, cursor=query.before, reach=asked.who.reach
        )
        protocols = [_as_seen(asked.who, protocol) for protocol in found]
        return ProtocolPage(protocols=protocols, next=None if following is None else str(following))

    async def create(self, asked: Asked[ProtocolForm, Nothing]) -> ProtocolTold:
        form, who = asked.body, asked.body.customer
        customer = Customer(
            phone=None if who.phone is None else PhoneNumber(who.phone),
            bsuid=None if who.bsuid is None else Bsuid(who.bsuid),
        )
        new = NewProtocol(
            number=NumberId(form.number_id),
            customer=customer,
            department=None if form.department_id is None else DepartmentId(form.department_id),
            note=form.note,
            call=None if form.call_id is None else CallId(form.call_id),
        )
        made = await self._protocols.create(new, asked.who.actor, self._clock(), asked.who.reach)
        self._on_news()
        return _as_seen(asked.who, made)

    async def one(self, asked: Asked[Nothing, Nothing]) -> ProtocolTold:
        found = await self._protocols.get(asked.path["code"], asked.who.reach)
        if found is None:
            raise not_found()
        return _as_seen(asked.who, found)

    async def close(self, asked: Asked[Nothing, Nothing]) -> ProtocolTold:
        closed = await self._protocols.close(asked.path["code"], asked.who.actor, self._clock(), asked.who.reach)
        if closed is None:
            raise not_found()
        self._on_news()
        return _as_seen(asked.who, closed)

    async def presence(self, asked: Asked[Nothing, Nothing]) -> PresenceAnswer:
        """Whoever works in a department that the caller may see; disabled users are not told."""
        seen = asked.who.reach.departments
        users = [user for user in await self._people.users() if user.disabled_at is None]
        lines = []
        for user in users:
            departments = [place.id for place, _ in user.departments]
            if seen is None or seen.intersection(departments):
                presence = self._presence_of(user.id).value
                line = AgentPresence(
                    agent_id=user.id,
                    login=user.login,
                    name=user.name,
                    role=user.role.value,
                    presence=presence,
                    departments=departments,
                )
                lines.append(line)
        return PresenceAnswer(agents=lines)

    async def colleagues(self, asked: Asked[Nothing, Nothing]) -> ColleaguesAnswer:
        """Everybody but the caller, and every department: a customer may be given to any of them."""
        me = None if asked.who.agent is None else asked.who.agent.id
        people = [person for person in await self._people.colleagues() if person.id != me]
        presences = {person.id: self._presence_of(person.id) for person in people}
        agents = [
            ColleagueLine(
                agent_id=person.id,
                name=person.name,
                presence=presences[person.id].value,
                departments=list(person.departments),
            )
            for person in people
        ]
        departments = []
        for place in await self._departments.all():
            there = [presences[person.id] for person in people if place.id in person.departments]
            departments.append(
                DepartmentOfColleagues(
                    id=place.id,
                    name=place.name,
                    free=there.count(Presence.FREE),
                    signed_in=sum(presence is not Presence.OFFLINE for presence in there),
                )
            )
        return ColleaguesAnswer(agents=agents, departments=departments)

    async def departments(self, asked: Asked[Nothing, Nothing]) -> DepartmentsAnswer:
        seen = asked.who.reach.departments
        found = [place for place in await self._departments.all() if seen is None or place.id in seen]
        return DepartmentsAnswer(departments=[DepartmentLine(id=place.id, name=place.name) for place in found])

    async def numbers(self, asked: Asked[Nothing, Nothing]) -> NumbersAnswer:
        reach = asked.who.reach
        found = [number for number in await self._numbers.all() if reach.covers(number.id, number.department)]
        lines = [
            NumberLine(
                id=number.id,
                phone_number_id=number.phone_number_id,
                phone=number.phone.value,
                label=number.label,
                slug=number.slug,
                department_id=number.department,
                inbound_enabled=number.inbound_enabled,
                outbound_enabled=number.outbound_enabled,
                disabled=number.is_disabled,
            )
            for number in found
        ]
        return NumbersAnswer(numbers=lines)


def _as_seen(who: Caller, protocol: ProtocolTold) -> ProtocolTold:
    """Users of ours see customers by name: never a number, nor an id that others could use."""
    if who.key is not None:
        return protocol
    customer = protocol.customer.model_copy(update={"phone": None, "bsuid": None})
    return protocol.model_copy(update={"customer": customer})
