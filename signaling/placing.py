"""The door for calls that we make: every check, in order, and then the call lives in the exchange.

Whoever asks twice with the same key gets the same call. Between the last check and the call's first breath nothing is
awaited: two agents cannot come to call one customer, nor one agent two.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from signaling.admission import Capacity
from signaling.balance_guard import TOO_LOW, refuses
from signaling.call import Call, Claim, State
from signaling.errors import Fault
from signaling.events import AgentDialed, Customer, Direction
from signaling.ids import CallId, ContactId, NumberId, RequestKey, SeatId, new_call_id
from signaling.ports import Agent, CallStore, Clock, ContactStore, Number, NumberStore
from signaling.presence import owner_of
from signaling.private import Bsuid, Payload, PhoneNumber
from signaling.recording_policy import policy_for
from signaling.typed_number import read_typed
from signaling.verdict import Refused, Verdict

Callee = PhoneNumber | Bsuid
Identity = Literal["phone", "bsuid"]
"""What a contact can be called by. Who has both may be reached by one where the other fails."""

UNKNOWN_NUMBER: Final = Refused("number.unknown", Fault.CONFIGURATION)
AGENT_BUSY: Final = Refused("agent.busy", Fault.OURS, next_step="finish_call")
BAD_CALLEE: Final = Refused("callee.invalid", Fault.CUSTOMER, next_step="correct_number")
UNKNOWN_CALLEE: Final = Refused("callee.unknown", Fault.CUSTOMER)
OWN_NUMBER: Final = Refused("callee.own_number", Fault.CUSTOMER, next_step="correct_number")
CUSTOMER_BUSY: Final = Refused(
    "customer.in_call", Fault.LIMIT, rule="one_call_per_customer", next_step="wait", meta_code=138003
)


@dataclass(frozen=True, slots=True)
class CallWish:
    """An agent who is ready at `seat` wants to call. `callee`: a contact, or a number as it was typed.

    `confirm_risk`: a warning (`permission.second_unanswered` …) has been read. `key`: the same wish has the same key.
    `reference`: what an integrator names the call by. `by`: the identity of a contact to be used.
    """

    agent: Agent
    seat: SeatId
    number: NumberId
    callee: ContactId | str
    confirm_risk: bool
    key: str
    reference: Payload | None = None
    by: Identity | None = None


class Permission(Protocol):
    """Whether customer, Meta, number and grants allow the call (`signaling.permissions`)."""

    async def may_call(
        self, number: Number, callee: Callee, agent: Agent | None = None, *, risk_accepted: bool = False
    ) -> Verdict:
        """May raise NeighbourError."""
        ...


class Exchange(Protocol):
    @property
    def live_calls(self) -> list[Call]: ...

    def begin(self, call: Call, event: AgentDialed) -> None: ...


class Placing:
    def __init__(
        self,
        *,
        exchange: Exchange,
        calls: CallStore,
        numbers: NumberStore,
        contacts: ContactStore,
        capacity: Capacity,
        clock: Clock,
        permission: Permission,
    ) -> None:
        self._exchange, self._calls, self._numbers = exchange, calls, numbers
        self._contacts, self._permission = contacts, permission
        self._capacity, self._clock = capacity, clock
        self._in_hand: dict[RequestKey, asyncio.Task[CallId | Refused]] = {}

    async def place_call(self, wish: CallWish) -> CallId | Refused:
        """The call, which goes on by itself, or why there is none. Raises NeighbourError when the store is away."""
        key = RequestKey(f"agent:{wish.agent.id}:{wish.key}")
        task = self._in_hand.get(key)
        if task is None:
            task = asyncio.create_task(self._place(wish, key), name="place-call")
            self._in_hand[key] = task
            task.add_done_callback(lambda _: self._in_hand.pop(key, None))
        return await asyncio.shield(task)

    async def _place(self, wish: CallWish, key: RequestKey) -> CallId | Refused:
        if (before := self._live_request(key) or await self._calls.find_request(key)) is not None:
            return before.id
        number = await self._numbers.by_id(wish.number)
        if number is None:
            return UNKNOWN_NUMBER
        if refuses(number.balance_guard, number.balance, Direction.OUTBOUND, self._clock()):
            return TOO_LOW  # before anybody is asked anything
        customer = await self._callee(number, wish)
        if isinstance(customer, Refused):
            return customer
        if (refused := self._busy(wish.agent, number, customer)) is not None:
            return refused
        callee = named_by(customer, wish.by)
        assert callee is not None
        verdict = await self._permission.may_call(number, callee, wish.agent, risk_accepted=wish.confirm_risk)
        if isinstance(verdict, Refused):
            return verdict
        # Last of all: a call that was admitted counts as begun.
        call_id = new_call_id()
        verdict = await self._capacity.admit(number, Direction.OUTBOUND, call_id, self._clock())
        if isinstance(verdict, Refused):
            return verdict
        # Asking took a while: who is busy is looked at again.
        if (refused := self._busy(wish.agent, number, customer)) is not None:
            self._capacity.release(call_id)
            return refused
        self._exchange.begin(_new_call(call_id, wish, number, customer, key), AgentDialed(wish.agent.id, wish.seat))
        return call_id

    async def _callee(self, number: Number, wish: CallWish) -> Customer | Refused:
        callee = wish.callee
        if isinstance(callee, str):
            phone = read_typed(callee, number.phone)
            if phone is None:
                return BAD_CALLEE
            return OWN_NUMBER if phone == number.phone else Customer(phone=phone)
        customer = await self._contacts.by_id(callee, number.waba_id)
        if customer is None or named_by(customer, wish.by) is None:
            return UNKNOWN_CALLEE
        return customer

    def _busy(self, agent: Agent, number: Number, customer: Customer) -> Refused | None:
        live = [call for call in self._exchange.live_calls if call.state is not State.ENDED]
        if any(owner_of(call) == agent.id for call in live):
            return AGENT_BUSY
        if any(_is_with(call, number, customer) for call in live if call.state is not State.ENDING):
            return CUSTOMER_BUSY
        return None

    def _live_request(self, key: RequestKey) -> Call | None:
        return next((call for call in self._exchange.live_calls if call.request_key == key), None)


def named_by(customer: Customer, by: Identity | None) -> Callee | None:
    """What Meta is told of whom to call or to ask. None: they have no such name."""
    match by:
        case "phone":
            return customer.phone
        case "bsuid":
            return customer.bsuid
        case _:
            return customer.phone or customer.bsuid


def _is_with(call: Call, number: Number, customer: Customer) -> bool:
    """A phone number is the same person's for all of our numbers; a bsuid means nothing in another account."""
    other = call.customer
    if customer.phone is not None and customer.phone == other.phone:
        return True
    return customer.bsuid is not None and customer.bsuid == other.bsuid and call.number == number.id


def _new_call(call_id: CallId, wish: CallWish, number: Number, customer: Customer, key: RequestKey) -> Call:
    if wish.by == "bsuid":  # Meta is told a phone number first; the store knows it all the same
        customer = replace(customer, phone=None)
    return Call(
        id=call_id,
        number=number.id,
        phone_number_id=number.phone_number_id,
        department=number.department,
        direction=Direction.OUTBOUND,
        wacid=None,
        rules=number.rules,
        customer=customer,
        # Whoever is given on hears the number's words in its language; a farewell is for those who called us.
        plan=None if number.plan is None else replace(number.plan, goodbye=None),
        has_operators=number.operators is not None,
        request_key=key,
        reference=wish.reference,
        recording_policy=policy_for(number.recording, Direction.OUTBOUND, number.department),
        claim=Claim(wish.agent.id, wish.seat),
        agent=wish.agent.id,
    )
