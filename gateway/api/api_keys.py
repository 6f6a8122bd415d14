"""`/api/v1/api-keys`: the keys of integrators. For administrators who are signed in: no key makes another."""

from functools import partial
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import Problem, invalid
from gateway.api.number_plans import Id
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.people import beside_the_field
from signaling.integrator_contract import Moment
from signaling.ports import Clock, NumberStore
from store.api_keys import MOST_PER_MINUTE, ApiKey, NewKey, Scope, SqlApiKeyStore
from store.departments import SqlDepartmentStore
from store.refusal import Refusal

MANAGES: Final = Access(roles=ADMINISTRATORS)
PREFIX: Final = {"prefix": "[0-9a-z]{8}"}
MOST_PLACES: Final = 500


class NewKeyForm(Form):
    """Numbers and departments: null is all of them."""

    name: Annotated[str, Field(max_length=200)]
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(max_length=len(Scope))]
    number_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_PLACES)] | None = None
    department_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_PLACES)] | None = None
    expires_at: Annotated[AwareDatetime | None, Field(strict=False, description="null: never.")] = None
    per_minute: Annotated[
        Annotated[int, Field(ge=1, le=MOST_PER_MINUTE)] | None,
        Field(description="Requests a minute; null: the usual number."),
    ] = None


class KeyLine(Answer):
    """What is known of a key. The key itself is kept nowhere."""

    prefix: Annotated[str, Field(description="The key begins with `ramal_<prefix>_`.")]
    actor: Annotated[str, Field(description="What the audit calls it: `key:3`.")]
    name: str
    scopes: list[Scope]
    number_ids: list[int] | None
    department_ids: list[int] | None
    per_minute: int | None
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    last_used_at: Annotated[Moment | None, Field(description="Good to a minute.")]
    works: bool


class KeysAnswer(Answer):
    """In the order in which they were made; revoked and expired ones too."""

    keys: list[KeyLine]
    scopes: Annotated[list[Scope], Field(description="All that a key can have.")]
    usual_per_minute: int


class KeyMade(Answer):
    key: KeyLine
    token: Annotated[str, Field(description="The key. It is told here and never again.")]


class KeyRoutes:
    """`usual`: requests a minute of keys that have no number of their own."""

    def __init__(
        self, keys: SqlApiKeyStore, numbers: NumberStore, departments: SqlDepartmentStore, usual: int, clock: Clock
    ) -> None:
        self._keys, self._numbers, self._departments = keys, numbers, departments
        self._usual, self._clock = usual, clock

    def operations(self) -> list[Operation]:
        operation = partial(Operation, access=MANAGES, tag="api keys")
        return [
            operation(
                *("listApiKeys", "GET", "/api-keys", "Keys of integrators, and when each was last used."),
                answer=KeysAnswer,
                handler=self.all,
            ),
            operation(
                *("addApiKey", "POST", "/api-keys", "Make a key. It is told once."),
                body=NewKeyForm,
                answer=KeyMade,
                handler=self.add,
                status=201,
                errors={422: "`problems` names the fields that will not do."},
            ),
            operation(
                *("revokeApiKey", "POST", "/api-keys/{prefix}/revoke", "Let a key work no more, for good."),
                path_patterns=PREFIX,
                answer=KeyLine,
                handler=self.revoke,
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> KeysAnswer:
        keys = [self._line(key) for key in await self._keys.all()]
        return KeysAnswer(keys=keys, scopes=list(Scope), usual_per_minute=self._usual)

    async def add(self, asked: Asked[NewKeyForm, Nothing]) -> KeyMade:
        form = asked.body
        numbers, departments = await self._numbers_of(form), await self._departments_of(form)
        scopes = tuple(scope.value for scope in form.scopes)
        new = NewKey(form.name, scopes, numbers, departments, form.expires_at, form.per_minute)
        try:
            key, token = await self._keys.add(new, self._clock(), asked.who.actor)
        except Refusal as refusal:
            raise beside_the_field(refusal) from None
        return KeyMade(key=self._line(key), token=token.value)

    async def revoke(self, asked: Asked[Nothing, Nothing]) -> KeyLine:
        return self._line(await self._keys.revoke(asked.path["prefix"], self._clock(), asked.who.actor))

    async def _numbers_of(self, form: NewKeyForm) -> tuple[str, ...]:
        known: dict[int, str] = {number.id: number.phone_number_id for number in await self._numbers.all()}
        return _each_known(form.number_ids, known, "number_ids")

    async def _departments_of(self, form: NewKeyForm) -> tuple[str, ...]:
        known: dict[int, str] = {place.id: place.name for place in await self._departments.all()}
        return _each_known(form.department_ids, known, "department_ids")

    def _line(self, key: ApiKey) -> KeyLine:
        return KeyLine(
            prefix=key.prefix,
            actor=f"key:{key.id}",
            name=key.name,
            scopes=sorted(key.scopes),
            number_ids=None if key.reach.numbers is None else sorted(key.reach.numbers),
            department_ids=None if key.reach.departments is None else sorted(key.reach.departments),
            per_minute=key.per_minute,
            created_at=key.created_at,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
            works=key.works(self._clock()),
        )


def _each_known(wanted: list[int] | None, known: dict[int, Any], field: str) -> tuple[str, ...]:
    if wanted is None:
        return ()
    if any(each not in known for each in wanted):
        raise invalid([Problem(field=field, code="unknown")])
    return tuple(known[each] for each in dict.fromkeys(wanted))
