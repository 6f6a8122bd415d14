"""`/api/v1/callbacks`: customers who should be called back, and who does it."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal, Protocol

from pydantic import Field

from gateway.api.door import EVERYBODY, Access
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.announcements import CallbackReason
from signaling.integrator_contract import Moment
from signaling.labels import customer_label
from signaling.permission_verdicts import Standing
from signaling.ports import Clock, Number, NumberStore
from signaling.private import Bsuid, PhoneNumber
from store.api_keys import Scope
from store.callback_models import ClosedAs
from store.callbacks import PAGE_LIMIT, Card, SqlCallbacks, Taken
from store.messages import SqlMessages, StoredMessage

READS: Final = Access(Scope.PROTOCOLS_READ, EVERYBODY)
WRITES: Final = Access(Scope.PROTOCOLS_WRITE, EVERYBODY)
AGENTS: Final = Access(roles=EVERYBODY)
CARD_ID: Final = "[0-9]{1,18}"


class Standings(Protocol):
    """`signaling.permissions.Permissions`. May raise NeighbourError."""

    async def standing(self, number: Number, callee: PhoneNumber | Bsuid) -> Standing: ...


class MessageLine(Answer):
    call_id: Annotated[str, Field(description="Of the call in which it was left: `/calls/{call_id}/message/audio`.")]
    seconds: float
    legal_hold: Annotated[bool, Field(description="Nothing erases it: `PUT /calls/{call_id}/message/hold`.")]
    with_recording: Annotated[bool, Field(description="Held with its call's recording, and only so lifted.")]


class CallbackLine(Answer):
    id: int
    number_id: int
    number_label: str
    department: str | None
    contact_id: int
    customer_name: str | None
    customer_label: Annotated[str, Field(description="As agents see it; never the whole number.")]
    call_id: Annotated[str, Field(description="The newest call in vain.")]
    reason: CallbackReason
    times: int
    first_at: Moment
    last_at: Moment
    taken_by: int | None
    taken_by_name: str | None
    permission: Annotated[str | None, Field(description="How the customer stands with the number now.")]
    closed_as: str | None
    messages: Annotated[list[MessageLine], Field(description="What they said after the beep, oldest first.")]


class CallbackList(Answer):
    """Open ones, who has waited longest first; `more`: there are others behind them."""

    callbacks: list[CallbackLine]
    more: bool


class CallbackCount(Answer):
    open: int


class CloseForm(Form):
    closed_as: Annotated[
        Literal["done", "dismissed"], Field(description="They were answered another way; or nobody need call.")
    ]


class CallbackRoutes:
    def __init__(
        self,
        callbacks: SqlCallbacks,
        numbers: NumberStore,
        standings: Standings,
        messages: SqlMessages,
        on_news: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._callbacks, self._numbers, self._standings = callbacks, numbers, standings
        self._messages = messages
        self._on_news, self._clock = on_news, clock

    def operations(self) -> list[Operation]:
        card = {"id": CARD_ID}
        gone = {404: "There is no such open card."}
        return [
            Operation(
                name="listCallbacks",
                method="GET",
                path="/callbacks",
                summary="Customers who should be called back.",
                access=READS,
                answer=CallbackList,
                handler=self.all,
                tag="callbacks",
            ),
            Operation(
                name="countCallbacks",
                method="GET",
                path="/callbacks/count",
                summary="How many customers should be called back.",
                access=READS,
                answer=CallbackCount,
                handler=self.count,
                tag="callbacks",
            ),
            Operation(
                name="takeCallback",
                method="POST",
                path="/callbacks/{id}/take",
                path_patterns=card,
                summary="I call this customer back.",
                access=AGENTS,
                answer=CallbackLine,
                handler=self.take,
                errors={**gone, 409: "Somebody else does: `by` says who."},
                tag="callbacks",
            ),
            Operation(
                name="giveCallbackBack",
                method="POST",
                path="/callbacks/{id}/give-back",
                path_patterns=card,
                summary="Somebody else may call.",
                access=AGENTS,
                answer=CallbackLine,
                handler=self.give_back,
                errors=gone,
                tag="callbacks",
            ),
            Operation(
                name="closeCallback",
                method="POST",
                path="/callbacks/{id}/close",
                path_patterns=card,
                summary="Nobody need call any more. A call with the customer closes it by itself.",
                access=WRITES,
                body=CloseForm,
                answer=CallbackLine,
                handler=self.close,
                errors=gone,
                tag="callbacks",
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> CallbackList:
        cards = await self._callbacks.open_cards(PAGE_LIMIT + 1, asked.who.reach)
        shown = cards[:PAGE_LIMIT]
        messages = await self._messages_of(shown)
        lines = [await self._line(card, messages.get(card.id, [])) for card in shown]
        return CallbackList(callbacks=lines, more=len(cards) > PAGE_LIMIT)

    async def count(self, asked: Asked[Nothing, Nothing]) -> CallbackCount:
        return CallbackCount(open=await self._callbacks.count(asked.who.reach))

    async def take(self, asked: Asked[Nothing, Nothing]) -> CallbackLine:
        agent = asked.who.agent
        assert agent is not None, "no key may"
        taken = await self._callbacks.take(_id(asked), agent.id, self._clock(), asked.who.reach)
        if isinstance(taken, Taken):
            raise ApiError(409, "taken", "Somebody else is calling this customer back.", by=taken.by)
        return await self._found(taken)

    async def give_back(self, asked: Asked[Nothing, Nothing]) -> CallbackLine:
        agent = asked.who.agent
        assert agent is not None, "no key may"
        return await self._found(await self._callbacks.give_back(_id(asked), agent.id, asked.who.reach))

    async def close(self, asked: Asked[CloseForm, Nothing]) -> CallbackLine:
        closed_as = ClosedAs(asked.body.closed_as)
        closed = await self._callbacks.close(_id(asked), closed_as, asked.who.actor, self._clock(), asked.who.reach)
        self._on_news()
        return await self._found(closed)

    async def _found(self, card: Card | None) -> CallbackLine:
        if card is None:
            raise not_found()
        return await self._line(card, (await self._messages_of([card])).get(card.id, []))

    async def _messages_of(self, cards: Sequence[Card]) -> dict[int, list[MessageLine]]:
        calls = await self._callbacks.calls_of(cards)
        kept = await self._messages.of(call for of_card in calls.values() for call in of_card)
        return {card: [_message(kept[call]) for call in of_card if call in kept] for card, of_card in calls.items()}

    async def _line(self, card: Card, messages: list[MessageLine]) -> CallbackLine:
        return CallbackLine(
            id=card.id,
            number_id=card.number,
            number_label=card.number_label,
            department=card.department_name,
            contact_id=card.contact,
            customer_name=card.customer.name or card.customer.username,
            customer_label=customer_label(card.customer),
            call_id=card.call,
            reason=card.reason,
            times=card.times,
            first_at=card.first_at,
            last_at=card.last_at,
            taken_by=card.taken_by,
            taken_by_name=card.taken_by_name,
            permission=await self._standing(card),
            closed_as=card.closed_as,
            messages=messages,
        )

    async def _standing(self, card: Card) -> str | None:
        number, name = await self._numbers.by_id(card.number), card.customer.phone or card.customer.bsuid
        if number is None or name is None:
            return None
        return (await self._standings.standing(number, name)).state


def _id(asked: Asked[CloseForm, Nothing] | Asked[Nothing, Nothing]) -> int:
    return int(asked.path["id"])


def _message(kept: StoredMessage) -> MessageLine:
    return MessageLine(
        call_id=kept.call,
        seconds=kept.seconds,
        legal_hold=kept.legal_hold,
        with_recording=kept.with_recording,
    )
