"""`/api/v1/permission-templates`: what asks for permission outside the service window, as Meta keeps it."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal, Protocol

from pydantic import AfterValidator, Field, StringConstraints

from gateway.api.customers import Id
from gateway.api.door import ADMINISTRATORS, Access, Caller
from gateway.api.errors import ApiError, not_found, refused
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query
from signaling.errors import NeighbourError
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.graph_answers import TemplateCreated, TemplateKnown
from signaling.meta.graph_requests import ASKS_PERMISSION, Body, TemplateCategory
from signaling.meta.refusals import meta_code_of, refused_by_meta
from signaling.ports import Clock, Number, NumberStore, Template
from store.api_keys import Scope
from store.audit import Entry, SqlAudit

MANAGES: Final = Access(Scope.TEMPLATES_MANAGE, ADMINISTRATORS)
_VARIABLE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def _without_variables(text: str) -> str:
    """Requests are sent without parameters: Meta would refuse each of them (reference 1.4)."""
    if _VARIABLE.search(text):
        raise ValueError("no variables")
    return text


class TemplatesQuery(Query):
    number_id: Annotated[Digits, Field(ge=1, le=2**31 - 1)]


class WhichQuery(TemplatesQuery):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]


class TemplateForm(Form):
    number_id: Id
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")] = "pt_BR"
    category: Literal["MARKETING", "UTILITY"] = "UTILITY"
    text: Annotated[
        str,
        Field(min_length=1, max_length=1024, description="Without {{variables}}."),
        AfterValidator(_without_variables),
    ]


class TemplateLine(Answer):
    name: str
    language: str
    status: Annotated[str, Field(description="Meta's word: PENDING, APPROVED, REJECTED …")]
    category: str | None
    in_use: Annotated[bool, Field(description="Requests of this number are sent with it outside the window.")]


class TemplatesAnswer(Answer):
    templates: list[TemplateLine]


class TemplateKeeper(Protocol):
    """`signaling.meta.graph_api.GraphApi`. Each may raise NeighbourError."""

    async def templates(self, via: PhoneNumberId, waba: str) -> list[TemplateKnown]: ...

    async def delete_template(self, via: PhoneNumberId, waba: str, name: str, template_id: str) -> None: ...

    async def create_template(
        self,
        via: PhoneNumberId,
        waba: str,
        name: str,
        language: str,
        category: TemplateCategory,
        components: list[Body],
    ) -> TemplateCreated: ...


class TemplateRoutes:
    """`look`: what is known of a number's templates is old."""

    def __init__(
        self,
        numbers: NumberStore,
        keeper: TemplateKeeper,
        audit: SqlAudit,
        look: Callable[[NumberId], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._numbers, self._keeper, self._audit, self._look, self._clock = numbers, keeper, audit, look, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="listPermissionTemplates",
                method="GET",
                path="/permission-templates",
                summary="The templates of a number's account that ask for permission to call.",
                access=MANAGES,
                query=TemplatesQuery,
                answer=TemplatesAnswer,
                handler=self.all,
                errors={404: "There is no such number.", 409: "Meta refuses: `meta_code` says why."},
                tag="permission",
            ),
            Operation(
                name="createPermissionTemplate",
                method="POST",
                path="/permission-templates",
                summary="Hand a template in at Meta, which reviews it: minutes to days.",
                access=MANAGES,
                body=TemplateForm,
                answer=TemplateLine,
                handler=self.add,
                status=201,
                errors={404: "There is no such number.", 409: "Meta refuses: `meta_code` says why."},
                tag="permission",
            ),
            Operation(
                name="deletePermissionTemplate",
                method="DELETE",
                path="/permission-templates",
                summary="Delete a template at Meta, in one language. Its name is not taken again for 30 days. Audited.",
                access=MANAGES,
                query=WhichQuery,
                answer=None,
                status=204,
                handler=self.delete,
                errors={
                    404: "There is no such number, or Meta has no such template that asks for permission.",
                    409: "A number asks with it (`in_use`, `numbers`); or Meta refuses: `meta_code` says why.",
                },
                tag="permission",
            ),
        ]

    async def all(self, asked: Asked[Nothing, TemplatesQuery]) -> TemplatesAnswer:
        number = await self._number(asked.who, asked.query.number_id)
        try:
            known = await self._keeper.templates(number.phone_number_id, number.waba_id)
        except NeighbourError as error:
            raise self._told(error) from None
        asking = [template for template in known if template.asks_permission]
        return TemplatesAnswer(
            templates=[_line(number, one.name, one.language, one.status, one.category) for one in asking]
        )

    async def add(self, asked: Asked[TemplateForm, Nothing]) -> TemplateLine:
        form = asked.body
        number = await self._number(asked.who, form.number_id)
        components: list[Body] = [{"type": "BODY", "text": form.text}, ASKS_PERMISSION]
        try:
            made = await self._keeper.create_template(
                number.phone_number_id, number.waba_id, form.name, form.language, form.category, components
            )
        except NeighbourError as error:
            raise self._told(error) from None
        about = {"name": form.name, "language": form.language, "status": made.status}
        await self._audit.append(
            Entry(self._clock(), asked.who.actor, "template.created", f"number:{number.id}", about)
        )
        await self._look(number.id)
        return _line(number, form.name, form.language, made.status, made.category)

    async def delete(self, asked: Asked[Nothing, WhichQuery]) -> None:
        """Templates are an account's: none goes that any number of it asks with, whoever may know of that number."""
        query = asked.query
        number, template = await self._number(asked.who, query.number_id), Template(query.name, query.language)
        using = [
            one for one in await self._numbers.all() if one.waba_id == number.waba_id and template in one.templates
        ]
        if using:
            known = [one.label for one in using if asked.who.reach.covers(one.id, one.department)]
            raise ApiError(409, "in_use", "A number asks with it. Choose another there first.", numbers=known)
        try:
            found = await self._keeper.templates(number.phone_number_id, number.waba_id)
            one = next((one for one in found if Template(one.name, one.language) == template), None)
            if one is None or one.id is None or not one.asks_permission:
                raise not_found()
            await self._keeper.delete_template(number.phone_number_id, number.waba_id, one.name, one.id)
        except NeighbourError as error:
            raise self._told(error) from None
        about = {"name": query.name, "language": query.language, "status": one.status}
        await self._audit.append(
            Entry(self._clock(), asked.who.actor, "template.deleted", f"number:{number.id}", about)
        )
        await self._look(number.id)

    async def _number(self, who: Caller, number_id: int) -> Number:
        """Templates are an account's, and all its numbers share them: a key must reach this one."""
        number = await self._numbers.by_id(NumberId(number_id))
        if number is None or not who.reach.covers(number.id, number.department):
            raise not_found()
        return number

    def _told(self, error: NeighbourError) -> ApiError | NeighbourError:
        """Meta's refusal with its words; who cannot be reached stays that."""
        if meta_code_of(error.failure) is None:
            return error
        return refused(refused_by_meta(error.failure, self._clock()), self._clock())


def _line(number: Number, name: str, language: str, status: str, category: str | None) -> TemplateLine:
    in_use = Template(name, language) in number.templates
    return TemplateLine(name=name, language=language, status=status, category=category, in_use=in_use)
