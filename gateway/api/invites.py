"""Customers who are invited to call: a message with a call button, and a link."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Protocol
from urllib.parse import quote

from pydantic import Field, model_validator

from gateway.api.customers import (
    RULES_HOLD,
    Channel,
    ContactForm,
    Id,
    PermissionService,
    callee_of,
    number_of,
    number_within,
)
from gateway.api.door import EVERYBODY, Access, Caller
from gateway.api.errors import ApiError, refused
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query
from signaling.errors import NeighbourError
from signaling.ids import AgentId, PhoneNumberId
from signaling.invitations import (
    AGENT_UNKNOWN,
    CODES_OF_META,
    OWN_PAYLOAD_LIMIT_CHARS,
    PAYLOAD_LIMIT_CHARS,
    Seals,
    invitation_in,
    may_invite,
)
from signaling.meta.graph_answers import MessageSent
from signaling.meta.graph_requests import Callee
from signaling.meta.refusals import meta_code_of, refused_by_meta
from signaling.operators import takes_calls_of
from signaling.ports import Agent, Clock, ContactStore, Number, NumberStore, Role
from signaling.private import Payload
from signaling.verdict import Refused
from store.api_keys import Scope


class InviteForm(Form):
    number_id: Id
    channel: Channel = "whatsapp"
    customer: ContactForm
    text: Annotated[str, Field(min_length=1, max_length=1024)]
    label: Annotated[str, Field(min_length=1, max_length=20)] = "Ligar agora"
    ttl_minutes: Annotated[int, Field(ge=1, le=43_200)] = 10_080
    agent_id: Annotated[
        Id | None, Field(description="Whom the customer should reach: rung alone first when they press the button.")
    ] = None
    payload: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=PAYLOAD_LIMIT_CHARS,
            description=f"Comes back on the call as `button_payload`; {OWN_PAYLOAD_LIMIT_CHARS} with `agent_id`.",
        ),
    ] = None

    @model_validator(mode="after")
    def _fits(self) -> "InviteForm":
        if self.agent_id is not None and len(self.payload or "") > OWN_PAYLOAD_LIMIT_CHARS:
            raise ValueError("payload is too long beside agent_id")
        if self.payload is not None and invitation_in(Payload(self.payload)) is not None:
            raise ValueError("payload looks like one of ours")
        return self


class Invited(Answer):
    sent: bool = True


class LinkQuery(Query):
    number_id: Annotated[Digits, Field(ge=1, le=2**31 - 1)]
    payload: Annotated[
        str | None, Field(min_length=1, max_length=512, description="Comes back on the call as `link_payload`.")
    ] = None


class Link(Answer):
    url: str


class ButtonSender(Protocol):
    async def send_call_button(
        self,
        number: PhoneNumberId,
        callee: Callee,
        text: str,
        *,
        label: str = ...,
        ttl_minutes: int = ...,
        button_payload: Payload | None = ...,
    ) -> MessageSent: ...


class InviteRoutes:
    """`agent_by_id` knows who works here."""

    def __init__(
        self,
        numbers: NumberStore,
        permissions: PermissionService,
        contacts: ContactStore,
        buttons: ButtonSender,
        agent_by_id: Callable[[AgentId], Awaitable[Agent | None]],
        seals: Seals,
        clock: Clock,
    ) -> None:
        self._numbers, self._permissions, self._contacts = numbers, permissions, contacts
        self._buttons, self._agent_by_id, self._seals, self._clock = buttons, agent_by_id, seals, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="sendInvite",
                method="POST",
                path="/call-invites",
                summary="Send a message with a button that calls this number. Inside the service window only.",
                access=Access(Scope.INVITES_SEND, EVERYBODY),
                body=InviteForm,
                answer=Invited,
                handler=self.invite,
                status=202,
                errors={**RULES_HOLD, 403: "An agent invites to nobody but themselves."},
                tag="invites",
            ),
            Operation(
                name="getCallLink",
                method="GET",
                path="/call-links",
                summary="A link that calls this number when it is opened on a phone.",
                access=Access(Scope.INVITES_SEND, EVERYBODY),
                query=LinkQuery,
                answer=Link,
                handler=self.link,
                errors={404: RULES_HOLD[404]},
                tag="invites",
            ),
        ]

    async def invite(self, asked: Asked[InviteForm, Nothing]) -> Invited:
        form = asked.body
        number = await number_of(self._numbers, asked.who, form.number_id)
        callee = await callee_of(self._contacts, number, form.customer)
        window_until = (await self._permissions.standing(number, callee)).window_until
        verdict = may_invite(window_until, self._clock())
        if isinstance(verdict, Refused):
            raise refused(verdict, self._clock())
        payload = await self._payload(asked.who, number, form)
        try:
            await self._buttons.send_call_button(
                number.phone_number_id,
                callee,
                form.text,
                label=form.label,
                ttl_minutes=form.ttl_minutes,
                button_payload=payload,
            )
        except NeighbourError as error:
            if (code := meta_code_of(error.failure)) is None:
                raise
            verdict = refused_by_meta(error.failure, self._clock())
            raise refused(replace(verdict, code=CODES_OF_META.get(code, verdict.code)), self._clock()) from None
        return Invited()

    async def link(self, asked: Asked[Nothing, LinkQuery]) -> Link:
        number = await number_within(self._numbers, asked.who.reach, asked.query.number_id)
        payload = asked.query.payload
        behind = "" if payload is None else f"?biz_payload={quote(payload, safe='')}"
        return Link(url=f"https://wa.me/call/{number.phone.value}{behind}")

    async def _payload(self, who: Caller, number: Number, form: InviteForm) -> Payload | None:
        own = None if form.payload is None else Payload(form.payload)
        if form.agent_id is None:
            return own
        if who.agent is not None and who.agent.role is Role.AGENT and who.agent.id != form.agent_id:
            raise ApiError(403, "forbidden", "An agent invites to nobody but themselves.")
        agent = await self._agent_by_id(AgentId(form.agent_id))
        if agent is None or not takes_calls_of(agent, number):
            raise refused(AGENT_UNKNOWN, self._clock())
        return self._seals.payload_for(number.id, agent.id, own)
