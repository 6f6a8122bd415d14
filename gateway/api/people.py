"""`/api/v1/users`, `/api/v1/office/departments`: who works here, where, and what they may do. For administrators who
are signed in: a key could make itself a user otherwise."""

from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import ApiError, Problem, invalid
from gateway.api.number_plans import NUMBER, Id
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.integrator_contract import Moment
from signaling.ports import Clock, Role
from store.audit import By
from store.departments import Department, SqlDepartmentStore
from store.people import Grants, SqlPeopleStore, User
from store.refusal import Refusal, Why
from store.staff import LastAdministrator, SqlStaff, UserForm

MANAGES: Final = Access(roles=ADMINISTRATORS)
MOST_DEPARTMENTS: Final = 500
MOST_NUMBERS: Final = 500
Text = Annotated[str, Field(max_length=200)]
CHANGES: Final = {422: "`problems` names the fields that will not do."}
ONE_IS_LEFT: Final = "last_administrator: nobody would be left who could undo it."


class GrantsForm(Form):
    """What a user may do for a department."""

    department_id: Id
    take: Annotated[bool, Field(description="Calls of its customers ring for them.")] = False
    call: Annotated[bool, Field(description="They may call its customers.")] = False
    listen: Annotated[bool, Field(description="To calls that are up.")] = False
    replay: Annotated[bool, Field(description="Recordings and transcripts.")] = False
    export: bool = False


class ChangedUserForm(Form):
    """A user, whole: departments that are not there are left."""

    name: Text
    role: Role = Field(strict=False)
    language: Text
    departments: Annotated[list[GrantsForm], Field(max_length=MOST_DEPARTMENTS)]
    number_ids: Annotated[
        list[Id] | None, Field(max_length=MOST_NUMBERS, description="With which they take and make calls; null: any.")
    ] = None


class NewUserForm(ChangedUserForm):
    login: Text


class DisabledForm(Form):
    disabled: Annotated[bool, Field(description="true: no more signing in, and every session ends.")]


class NewDepartmentForm(Form):
    name: Text


class DepartmentForm(NewDepartmentForm):
    outbound_enabled: Annotated[bool, Field(description="Its people may call customers, if they may themselves.")]


class GrantsLine(Answer):
    department_id: int
    name: str
    take: bool
    call: bool
    listen: bool
    replay: bool
    export: bool


class UserLine(Answer):
    id: int
    login: str
    name: str
    role: Role
    language: str
    disabled_at: Moment | None
    first_password: Annotated[bool, Field(description="They have not yet chosen one of their own.")]
    departments: list[GrantsLine]
    number_ids: Annotated[list[int] | None, Field(description="null: any.")]


class UsersAnswer(Answer):
    """By login; disabled ones too."""

    users: list[UserLine]


class FirstPasswordAnswer(Answer):
    user: UserLine
    first_password: Annotated[str, Field(description="Works once, with a new one. It is told here and never again.")]


class DepartmentAnswer(Answer):
    id: int
    name: str
    outbound_enabled: bool


class DepartmentListAnswer(Answer):
    departments: list[DepartmentAnswer]


class PeopleRoutes:
    def __init__(self, staff: SqlStaff, people: SqlPeopleStore, departments: SqlDepartmentStore, clock: Clock) -> None:
        self._staff, self._people, self._departments, self._clock = staff, people, departments, clock

    def operations(self) -> list[Operation]:
        of_all = partial(Operation, access=MANAGES, tag="people")
        of_one = partial(Operation, access=MANAGES, tag="people", path_patterns=NUMBER)
        taken = {409: "There is one with this name already."}
        last = {409: ONE_IS_LEFT}
        return [
            of_all(
                *("listUsers", "GET", "/users", "Who may sign in, and what they may do where."),
                answer=UsersAnswer,
                handler=self.users,
            ),
            of_all(
                *("addUser", "POST", "/users", "Add a user, who gets a first password."),
                body=NewUserForm,
                answer=FirstPasswordAnswer,
                handler=self.add,
                status=201,
                errors={409: "There is a user with this login already.", **CHANGES},
            ),
            of_one(
                *("changeUser", "PUT", "/users/{id}", "Write a user, whole: name, role, language, grants."),
                body=ChangedUserForm,
                answer=UserLine,
                handler=self.change,
                errors={**last, **CHANGES},
            ),
            of_one(
                *("giveFirstPassword", "POST", "/users/{id}/first-password", "A new first password; sessions end."),
                answer=FirstPasswordAnswer,
                handler=self.first_password,
            ),
            of_one(
                *("disableUser", "PUT", "/users/{id}/disabled", "Keep a user from signing in, or let them again."),
                body=DisabledForm,
                answer=UserLine,
                handler=self.disable,
                errors=last,
            ),
            of_all(
                *("manageDepartments", "GET", "/office/departments", "All departments, with their switches."),
                answer=DepartmentListAnswer,
                handler=self.departments,
            ),
            of_all(
                *("addDepartment", "POST", "/office/departments", "Add a department."),
                body=NewDepartmentForm,
                answer=DepartmentAnswer,
                handler=self.add_department,
                status=201,
                errors={**taken, **CHANGES},
            ),
            of_one(
                *("changeDepartment", "PUT", "/office/departments/{id}", "Its name, and whether its people call."),
                body=DepartmentForm,
                answer=DepartmentAnswer,
                handler=self.change_department,
                errors={**taken, **CHANGES},
            ),
        ]

    async def users(self, asked: Asked[Nothing, Nothing]) -> UsersAnswer:
        return UsersAnswer(users=[_line(user) for user in await self._people.users()])

    async def add(self, asked: Asked[NewUserForm, Nothing]) -> FirstPasswordAnswer:
        try:
            user, password = await self._staff.add_user(asked.body.login, _read(asked.body), self._by(asked))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None
        return FirstPasswordAnswer(user=_line(user), first_password=password)

    async def change(self, asked: Asked[ChangedUserForm, Nothing]) -> UserLine:
        try:
            return _line(await self._staff.change_user(_id(asked), _read(asked.body), self._by(asked)))
        except LastAdministrator:
            raise last_administrator() from None
        except Refusal as refusal:
            raise beside_the_field(refusal) from None

    async def first_password(self, asked: Asked[Nothing, Nothing]) -> FirstPasswordAnswer:
        user, password = await self._staff.give_first_password(_id(asked), self._by(asked))
        return FirstPasswordAnswer(user=_line(user), first_password=password)

    async def disable(self, asked: Asked[DisabledForm, Nothing]) -> UserLine:
        try:
            return _line(await self._staff.set_disabled(_id(asked), asked.body.disabled, self._by(asked)))
        except LastAdministrator:
            raise last_administrator() from None

    async def departments(self, asked: Asked[Nothing, Nothing]) -> DepartmentListAnswer:
        return DepartmentListAnswer(departments=[_department(place) for place in await self._departments.all()])

    async def add_department(self, asked: Asked[NewDepartmentForm, Nothing]) -> DepartmentAnswer:
        try:
            return _department(await self._staff.add_department(asked.body.name, self._by(asked)))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None

    async def change_department(self, asked: Asked[DepartmentForm, Nothing]) -> DepartmentAnswer:
        form, place = asked.body, DepartmentId(int(asked.path["id"]))
        try:
            changed = await self._staff.change_department(place, form.name, form.outbound_enabled, self._by(asked))
        except Refusal as refusal:
            raise beside_the_field(refusal) from None
        return _department(changed)

    def _by(self, asked: Asked[Any, Any]) -> By:
        return By(asked.who.actor, self._clock())


def beside_the_field(refusal: Refusal) -> ApiError:
    """What will not do, and in which field: 422, or 409 where somebody else has it already."""
    if refusal.why is Why.UNKNOWN:
        raise refusal
    problem = Problem(field=refusal.field, code=refusal.why.value)
    if refusal.why is Why.EXISTS:
        return ApiError(409, "exists", refusal.sentence, problems=[problem.model_dump()])
    return invalid([problem])


def last_administrator() -> ApiError:
    return ApiError(409, "last_administrator", "Give somebody else the role of an administrator first.")


def _id(asked: Asked[Any, Any]) -> AgentId:
    return AgentId(int(asked.path["id"]))


def _read(form: ChangedUserForm) -> UserForm:
    grants = {
        DepartmentId(each.department_id): Grants(each.take, each.call, each.listen, each.replay, each.export)
        for each in form.departments
    }
    numbers = None if form.number_ids is None else frozenset(map(NumberId, form.number_ids))
    return UserForm(form.name, form.role, form.language, grants, numbers)


def _line(user: User) -> UserLine:
    departments = [
        GrantsLine(
            department_id=place.id,
            name=place.name,
            take=grants.may_take_inbound,
            call=grants.may_call_outbound,
            listen=grants.may_listen,
            replay=grants.may_replay,
            export=grants.may_export,
        )
        for place, grants in user.departments
    ]
    return UserLine(
        id=user.id,
        login=user.login,
        name=user.name,
        role=user.role,
        language=user.language,
        disabled_at=user.disabled_at,
        first_password=user.password_is_first,
        departments=departments,
        number_ids=None if user.numbers is None else sorted(user.numbers),
    )


def _department(place: Department) -> DepartmentAnswer:
    return DepartmentAnswer(id=place.id, name=place.name, outbound_enabled=place.outbound_enabled)
