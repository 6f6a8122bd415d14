"""Permission to call, calls to place, and invitations to call: what an integrator does with one customer."""

from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import Field, StringConstraints, model_validator

from gateway.api.door import EVERYBODY, Access, Caller
from gateway.api.errors import ApiError, not_found, refused
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query, Raw
from signaling.ids import AgentId, CallId, ContactId, NumberId
from signaling.integrator_contract import Moment
from signaling.invitations import may_invite
from signaling.meta.graph_requests import Callee
from signaling.permission_audience import may_know
from signaling.permission_events import SYSTEM, AskedBy, Asker
from signaling.permission_verdicts import Standing
from signaling.placing import Identity, named_by
from signaling.ports import Agent, Clock, ContactStore, Number, NumberStore
from signaling.private import Bsuid, Payload, PhoneNumber
from signaling.verdict import Allowed, Refused, Verdict
from store.api_keys import Scope
from store.idempotency import Begun, Different, Done
from store.reach import Reach

Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9]{7,15}$")]
BsuidText = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\.[A-Za-z0-9._-]{1,100}$")]
BY: Final = "Of a contact: by which of their identities; null: the phone number, if they have one."
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
LONGEST_KEY_CHARS: Final = 128
RULES_HOLD: Final = {
    409: "Something else has to happen first: `code`, `rule` and `next_step` say what.",
    404: "There is no such number, or the caller may not know of it.",
}


class CustomerForm(Form):
    """By phone (digits with country code) or by Meta's business-scoped id: one of the two."""

    phone: Phone | None = None
    bsuid: BsuidText | None = None

    @model_validator(mode="after")
    def _one(self) -> "CustomerForm":
        if (self.phone is None) == (self.bsuid is None):
            raise ValueError("phone or bsuid")
        return self


class ContactForm(Form):
    """A customer as above, or by the `contact_id` of a call: what pages know, which are shown no numbers."""

    phone: Phone | None = None
    bsuid: BsuidText | None = None
    contact_id: Id | None = None
    by: Annotated[Identity | None, Field(description=BY)] = None

    @model_validator(mode="after")
    def _one(self) -> "ContactForm":
        if [self.phone, self.bsuid, self.contact_id].count(None) != 2:
            raise ValueError("phone, bsuid or contact_id")
        return self


class PermissionQuery(Query):
    number_id: Annotated[Digits, Field(ge=1, le=2**31 - 1)]
    phone: Phone | None = None
    bsuid: BsuidText | None = None
    contact_id: Annotated[Digits | None, Field(ge=1, le=2**31 - 1, description="As in a call.")] = None
    by: Annotated[Identity | None, Field(description=BY)] = None


class VerdictTold(Answer):
    """`allowed`, or the reason why not."""

    allowed: bool
    until: Moment | None = None
    caution: Annotated[str | None, Field(description="What may follow, if the customer does not answer.")] = None
    code: str | None = None
    retry_at: Moment | None = None
    rule: str | None = None
    limit: int | None = None
    used: int | None = None
    next_step: str | None = None


class PermissionState(Answer):
    number_id: int
    status: Annotated[str, Field(description="temporary, permanent, awaited, expired, or why there is none.")]
    until: Moment | None
    asked_at: Annotated[Moment | None, Field(description="When the request that is awaited was sent.")]
    call: VerdictTold
    request: VerdictTold
    invite: Annotated[VerdictTold, Field(description="Whether a message with a call button may be sent.")]
    unanswered: Annotated[int, Field(description="Calls in a row that the customer did not answer.")]


Channel = Annotated[
    Literal["whatsapp"],
    Field(description="Where your conversation runs. Only customers on WhatsApp are asked and called: others get 400."),
]


class RequestForm(Form):
    number_id: Id
    channel: Channel = "whatsapp"
    customer: ContactForm
    text: Annotated[str | None, Field(min_length=1, max_length=1024, description="Free-form requests only.")] = None


class PlaceForm(Form):
    number_id: Id
    channel: Channel = "whatsapp"
    agent_id: Annotated[Id, Field(description="Who calls: must be ready at their softphone.")]
    phone: Phone
    confirm_risk: Annotated[bool, Field(description="A warning about unanswered calls was read.")] = False
    reference: Annotated[
        str | None, Field(min_length=1, max_length=200, description="A ticket of yours: it stands on the call.")
    ] = None


class Placed(Answer):
    call_id: str


class PermissionService(Protocol):
    """`signaling.permissions.Permissions`."""

    async def standing(self, number: Number, callee: Callee) -> Standing: ...

    async def may_ask(self, number: Number, callee: Callee, agent: Agent | None = None) -> Verdict: ...

    async def may_call(self, number: Number, callee: Callee, agent: Agent | None = None) -> Verdict: ...

    async def may_call_as_known(self, number: Number, callee: Callee, agent: Agent | None = None) -> Verdict: ...

    async def ask(
        self,
        number: Number,
        callee: Callee,
        agent: Agent | None = None,
        text: str | None = None,
        by: Asker = SYSTEM,
    ) -> Verdict: ...


class CallPlacer(Protocol):
    async def place(
        self,
        agent: AgentId,
        number: NumberId,
        to: str,
        *,
        confirm_risk: bool,
        key: str,
        reference: Payload | None,
    ) -> CallId | Refused:
        """The same `key` of the same agent is the same call. Raises NeighbourError."""
        ...


class Idempotency(Protocol):
    """`store.idempotency.SqlIdempotency`."""

    async def begin(self, actor: str, key: str, body: bytes, at: Any) -> Begun | Different | Done: ...

    async def finish(self, actor: str, key: str, done: Done) -> None: ...


class CustomerRoutes:
    """`placer` None: this gateway does not place calls."""

    def __init__(
        self,
        numbers: NumberStore,
        permissions: PermissionService,
        contacts: ContactStore,
        placer: CallPlacer | None,
        idempotency: Idempotency,
        clock: Clock,
    ) -> None:
        self._numbers, self._permissions = numbers, permissions
        self._contacts = contacts
        self._placer, self._idempotency, self._clock = placer, idempotency, clock

    def operations(self) -> list[Operation]:
        places = Operation(
            name="placeCall",
            method="POST",
            path="/calls",
            summary="Call a customer for an agent who is ready. Repeating it with the same key is the same call.",
            access=Access(Scope.CALLS_PLACE),
            body=PlaceForm,
            headers={IDEMPOTENCY_KEY: "Any text of yours, new for each call; kept for a day."},
            answer=Placed,
            handler=self.place,
            status=201,
            errors={**RULES_HOLD, 422: "The same Idempotency-Key came with another body."},
            tag="calls",
        )
        return [
            *([places] if self._placer is not None else []),
            Operation(
                name="getPermission",
                method="GET",
                path="/permissions",
                summary="Whether a customer may be called or asked now, why not, and until when.",
                access=Access(Scope.PERMISSION_READ, EVERYBODY),
                query=PermissionQuery,
                answer=PermissionState,
                handler=self.permission,
                errors={404: RULES_HOLD[404]},
                tag="permission",
            ),
            Operation(
                name="requestPermission",
                method="POST",
                path="/permission-requests",
                summary="Ask a customer to be allowed to call.",
                access=Access(Scope.PERMISSION_REQUEST, EVERYBODY),
                body=RequestForm,
                answer=PermissionState,
                handler=self.request,
                status=202,
                errors=RULES_HOLD,
                tag="permission",
            ),
        ]

    async def permission(self, asked: Asked[Nothing, PermissionQuery]) -> PermissionState:
        query = asked.query
        if [query.phone, query.bsuid, query.contact_id].count(None) != 2:
            raise ApiError(400, "bad_request", "Give phone, bsuid or contact_id, one of them.")
        number = await number_of(self._numbers, asked.who, query.number_id)
        callee = await callee_of(self._contacts, number, query)
        if asked.who.agent is not None:  # somebody has this customer in front of them: Meta may know more than we do
            await self._permissions.may_call(number, callee, asked.who.agent)
        return await self._state(number, callee, asked.who.agent)

    async def request(self, asked: Asked[RequestForm, Nothing]) -> PermissionState:
        form = asked.body
        number = await number_of(self._numbers, asked.who, form.number_id)
        callee = await callee_of(self._contacts, number, form.customer)
        key = asked.who.key
        by = SYSTEM if key is None else Asker(AskedBy.KEY, key.id)
        verdict = await self._permissions.ask(number, callee, asked.who.agent, form.text, by)
        if isinstance(verdict, Refused):
            raise refused(verdict, self._clock())
        return await self._state(number, callee, asked.who.agent)

    async def place(self, asked: Asked[PlaceForm, Nothing]) -> Placed | Raw:
        form, actor, placer = asked.body, asked.who.actor, self._placer
        assert placer is not None
        key = asked.headers.get(IDEMPOTENCY_KEY, "")
        if not 0 < len(key) <= LONGEST_KEY_CHARS or not key.isascii() or not key.isprintable() or " " in key:
            raise ApiError(400, "bad_request", f"Missing or wrong: {IDEMPOTENCY_KEY}.")
        number = await number_within(self._numbers, asked.who.reach, form.number_id)
        before = await self._idempotency.begin(actor, key, form.model_dump_json().encode(), self._clock())
        if isinstance(before, Different):
            raise ApiError(422, "idempotency_key_reused", "This Idempotency-Key came with another body before.")
        if isinstance(before, Done):
            return Raw(before.status, before.answer)
        placed = await placer.place(
            AgentId(form.agent_id),
            number.id,
            f"+{form.phone}",
            confirm_risk=form.confirm_risk,
            key=f"{actor}:{key}",
            reference=None if form.reference is None else Payload(form.reference),
        )
        if isinstance(placed, Refused):  # nothing was done: the same key may be tried again later
            raise refused(placed, self._clock())
        await self._idempotency.finish(actor, key, Done(201, {"call_id": placed}))
        return Placed(call_id=placed)

    async def _state(self, number: Number, callee: Callee, agent: Agent | None) -> PermissionState:
        standing = await self._permissions.standing(number, callee)
        return PermissionState(
            number_id=number.id,
            status=standing.state,
            until=standing.until,
            asked_at=standing.asked_at,
            call=_verdict(await self._permissions.may_call_as_known(number, callee, agent)),
            request=_verdict(await self._permissions.may_ask(number, callee, agent)),
            unanswered=standing.unanswered,
            invite=_verdict(may_invite(standing.window_until, self._clock())),
        )


async def number_within(numbers: NumberStore, reach: Reach, number_id: int) -> Number:
    """Raises ApiError 404, also for a number of which the caller may not know."""
    number = await numbers.by_id(NumberId(number_id))
    if number is None or not reach.covers(number.id, number.department):
        raise not_found()
    return number


async def number_of(numbers: NumberStore, who: Caller, number_id: int) -> Number:
    """Also for agents who may call for a department that is not theirs."""
    number = await numbers.by_id(NumberId(number_id))
    if number is not None and who.agent is not None and may_know(who.agent, number):
        return number
    return await number_within(numbers, who.reach, number_id)


async def callee_of(contacts: ContactStore, number: Number, who: PermissionQuery | ContactForm) -> Callee:
    if who.contact_id is None:
        return _callee(who.phone, who.bsuid)
    customer = await contacts.by_id(ContactId(who.contact_id), number.waba_id)
    callee = None if customer is None else named_by(customer, who.by)
    if callee is None:
        raise not_found()
    return callee


def _callee(phone: str | None, bsuid: str | None) -> Callee:
    if phone is not None:
        return PhoneNumber(phone)
    assert bsuid is not None
    return Bsuid(bsuid)


def _verdict(verdict: Verdict) -> VerdictTold:
    if isinstance(verdict, Allowed):
        return VerdictTold(allowed=True, until=verdict.until, caution=verdict.caution)
    return VerdictTold(
        allowed=False,
        code=verdict.code,
        retry_at=verdict.retry_at,
        rule=verdict.rule,
        limit=verdict.limit,
        used=verdict.used,
        next_step=verdict.next_step,
    )
