"""`/api/v1/numbers/{id}/permission-templates`: how a number asks customers whether it may call them, and what Meta
thinks of the templates that ask."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.errors import Problem, invalid, not_found
from gateway.api.number_plans import CHANGES, LOOKS, changed_meanwhile, number_of, of_number
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.template_keeper import TemplateKeeper
from signaling.integrator_contract import Moment
from signaling.permission_templates import MOST_CHOSEN, Template, TemplatesAtMeta, Use, problems_of, use_of
from signaling.ports import Clock, Number, NumberStore
from store.number_plans import ChangedMeanwhile, Writing
from store.permission_templates import StoredAsking


class ChosenForm(Form):
    name: Annotated[str, Field(max_length=512)]
    language: Annotated[str, Field(max_length=16)]


class AskingForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    text: Annotated[
        str, Field(max_length=4_096, description='What a free-form request says; "": WhatsApp\'s own words alone.')
    ]
    templates: Annotated[
        list[ChosenForm],
        Field(max_length=MOST_CHOSEN, description="The usual one first; of each language one. []: there is none."),
    ]


class TemplateTold(Answer):
    name: str
    language: str
    use: Annotated[Use, Field(description="Whether it can be sent.")]
    status: Annotated[str | None, Field(description="Meta's word; null: Meta does not have it, or was never asked.")]
    reason: Annotated[str | None, Field(description="Why Meta rejected it, in Meta's word.")]
    category: str | None
    text: str
    chosen: Annotated[int | None, Field(description="0: the usual one; 1 …: for its language; null: not chosen.")]


class AskingAnswer(Answer):
    version: Annotated[int, Field(description="That of the number's settings.")]
    changed_at: Moment | None
    changed_by: str | None
    text: str
    templates: list[TemplateTold]
    can_ask: Annotated[bool, Field(description="Outside the service window, by a template that Meta sends.")]
    asked_at: Annotated[Moment | None, Field(description="When Meta was last asked; null: never.")]
    answered_at: Annotated[Moment | None, Field(description="When it last answered; null: never.")]
    failure: Annotated[str | None, Field(description="Why it did not answer then.")]


class NumberTemplateRoutes:
    def __init__(self, keeper: TemplateKeeper, numbers: NumberStore, clock: Clock) -> None:
        self._keeper, self._numbers, self._clock = keeper, numbers, clock

    def operations(self) -> list[Operation]:
        path = "/numbers/{id}/permission-templates"
        return [
            of_number(
                *("getPermissionTemplates", "GET", path, "How the number asks for permission, and what Meta thinks."),
                access=LOOKS,
                answer=AskingAnswer,
                handler=self.read,
            ),
            of_number(
                *("writePermissionTemplates", "PUT", path, "Say by which words and templates the number asks."),
                access=CHANGES,
                body=AskingForm,
                answer=AskingAnswer,
                handler=self.write,
                errors={
                    409: "Somebody else has written since: `changed_by`, `changed_at`, `version`.",
                    422: "It cannot be like this; `problems` names every place.",
                },
            ),
            of_number(
                *("syncPermissionTemplates", "POST", f"{path}/sync", "Ask Meta now what it thinks of them."),
                access=CHANGES,
                answer=AskingAnswer,
                handler=self.sync,
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> AskingAnswer:
        return await self._answer(await self._number(asked))

    async def sync(self, asked: Asked[Nothing, Nothing]) -> AskingAnswer:
        number = await self._number(asked)
        await self._keeper.ask(number.id)
        return await self._answer(number)

    async def write(self, asked: Asked[AskingForm, Nothing]) -> AskingAnswer:
        number, form = await self._number(asked), asked.body
        templates = [Template(one.name.strip(), one.language.strip()) for one in form.templates]
        text = form.text.strip()
        found = problems_of(text, templates, number.templates, number.templates_at_meta)
        if problems := [Problem(field=field, code=code) for field, code in found]:
            raise invalid(problems)
        writing = Writing(asked.who.actor, self._clock(), form.version)
        try:
            stored = await self._keeper.store.write(number.id, text, templates, writing)
        except ChangedMeanwhile as meanwhile:
            raise changed_meanwhile(meanwhile) from None
        await self._numbers.by_id(number.id)
        return told(stored)

    async def _number(self, asked: Asked[Any, Any]) -> Number:
        return await number_of(self._numbers, asked.who, asked.path)

    async def _answer(self, number: Number) -> AskingAnswer:
        stored = await self._keeper.store.of(number.id)
        if stored is None:
            raise not_found()
        return told(stored)


def told(stored: StoredAsking) -> AskingAnswer:
    document, at_meta = stored.document, stored.at_meta
    lines = _lines(stored.templates, at_meta)
    return AskingAnswer(
        version=document.version,
        changed_at=document.changed_at,
        changed_by=document.changed_by,
        text=stored.text,
        templates=lines,
        can_ask=any(line.chosen is not None and line.use in (Use.FINE, Use.UNKNOWN) for line in lines),
        asked_at=None if at_meta is None else at_meta.at,
        answered_at=None if at_meta is None else at_meta.answered_at,
        failure=None if at_meta is None else at_meta.failure,
    )


def _lines(chosen: tuple[Template, ...], at_meta: TemplatesAtMeta | None) -> list[TemplateTold]:
    """Those that are chosen first, in their order; then the others of the account."""
    known = {one.template: one for one in (() if at_meta is None else at_meta.known)}
    others = [template for template in known if template not in chosen]
    lines = []
    for index, template in enumerate([*chosen, *others]):
        one = known.get(template)
        lines.append(
            TemplateTold(
                name=template.name,
                language=template.language,
                use=use_of(template, at_meta),
                status=None if one is None else one.status,
                reason=None if one is None else one.reason,
                category=None if one is None else one.category,
                text="" if one is None else one.text,
                chosen=index if index < len(chosen) else None,
            )
        )
    return lines
