"""What signaling needs of others, as small protocols. `gateway/telephony.py` fills them in."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from signaling.balance_guard import NO_GUARD, Balance, BalanceGuard
from signaling.call import Call, Rules
from signaling.capacity import Lease, NumberUse, ProcessId
from signaling.events import Customer
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId, PhoneNumberId, RequestKey, SeatId
from signaling.meta_rules import Limits
from signaling.permission import Ledger
from signaling.permission_events import Event as LedgerEvent
from signaling.permission_events import Reference
from signaling.permission_templates import NO_ASKING, Asking, TemplatesAtMeta, beside, chosen_for
from signaling.permission_templates import Template as Template
from signaling.pickup_guard import NO_GUARD as NO_PICKUP_GUARD
from signaling.pickup_guard import NOTHING, Guard, Kept
from signaling.plan import Plan
from signaling.private import PhoneNumber, Sdp, Token, Wacid
from signaling.recording_policy import PolicyRule
from signaling.schedule import Schedule
from signaling.verdict import Verdict

Clock = Callable[[], datetime]
"""The time now, UTC with zone."""


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Operators:
    """Who works with a number (`signaling.operators`): at least one of both. `closed`: those of the departments whose
    people call no customers."""

    departments: frozenset[DepartmentId] = frozenset()
    agents: frozenset[AgentId] = frozenset()
    closed: frozenset[DepartmentId] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """One of our WhatsApp business numbers."""

    id: NumberId
    phone_number_id: PhoneNumberId
    waba_id: str
    phone: PhoneNumber
    label: str  # "Vendas São Paulo": what agents see
    department: DepartmentId | None
    department_name: str | None
    inbound_enabled: bool
    token: Token | None = None  # None: RAMAL_META_TOKEN
    rules: Rules = Rules()
    plan: Plan | None = None  # None: everybody rings, then the call is missed
    schedule: Schedule | None = None  # None: open at all hours
    recording: tuple[PolicyRule, ...] = ()  # empty: nothing is recorded
    limits: Limits = Limits()
    outbound_enabled: bool = False
    department_may_call: bool = True  # our department's own switch; True without a department
    permission_template: Template | None = None
    slug: str = ""  # what reports, exports and events name it by
    is_disabled: bool = False  # it takes and makes no calls
    balance_guard: BalanceGuard = NO_GUARD
    balance: Balance | None = None  # None: never told
    operators: Operators | None = None  # None: its department
    pickup_guard: Guard = NO_PICKUP_GUARD
    pickup_kept: Kept = NOTHING  # what it hides or closes now
    asking: Asking = NO_ASKING  # what else a request for permission is sent by
    templates_at_meta: TemplatesAtMeta | None = None  # None: Meta was never asked

    @property
    def templates(self) -> tuple[Template, ...]:
        """What asks for permission outside the service window, the usual one first."""
        return beside(self.permission_template, self.asking.others)

    def template_for(self, country: str | None) -> Template | None:
        """The one to send to a customer of this country; None: there is none that Meta would send."""
        return chosen_for(self.templates, self.templates_at_meta, country)

    @property
    def has_template(self) -> bool:
        return self.template_for(None) is not None


@dataclass(frozen=True, slots=True)
class Agent:
    """A user, as presence and routing need it."""

    id: AgentId
    name: str
    role: Role
    departments: frozenset[DepartmentId]
    may_take_inbound: bool
    session_epoch: int  # grows when all sessions of the user are revoked
    language: str = "pt-BR"
    calls_for: frozenset[DepartmentId] = frozenset()  # the departments for which the user may call customers
    listens_in: frozenset[DepartmentId] = frozenset()  # in whose calls a supervisor may listen and speak
    numbers: frozenset[NumberId] | None = None  # those whose calls they may take and make; None: any
    operates: frozenset[NumberId] = frozenset()  # numbers that name whom they ring, and ring them (`operators`)
    knows_of: frozenset[NumberId] = frozenset()  # the same by any of their departments, whatever they may do in it

    def serves(self, number: NumberId) -> bool:
        """Whether the number is not kept from them."""
        return self.numbers is None or number in self.numbers


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook POST as it came, kept until handled."""

    id: int
    received_at: datetime
    body: bytes = field(repr=False)


class SeatRefused(Exception):
    """The browser's offer cannot be answered. `reason` is a word, free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Seats(Protocol):
    """The audio side of agents' browsers."""

    async def answer_seat(self, agent: AgentId, offer: Sdp) -> tuple[SeatId, Sdp]:
        """A new seat for a browser's offer, and the answer. Raises SeatRefused."""
        ...

    async def close_seat(self, seat: SeatId) -> None: ...

    def silent_for_s(self, seat: SeatId) -> float | None:
        """How long nothing at all has come from this browser; None when the seat is gone."""
        ...


class CallStore(Protocol):
    """Every method may raise NeighbourError (the database is away)."""

    async def save(self, call: Call) -> None:
        """Insert or update; timeline entries beyond those already stored are appended. Saving twice is the same row."""
        ...

    async def find(self, phone_number_id: PhoneNumberId, wacid: Wacid) -> Call | None: ...

    async def get(self, call_id: CallId) -> Call | None: ...

    async def find_request(self, key: RequestKey) -> Call | None:
        """The outbound call that was asked for with this key."""
        ...

    async def open_calls(self) -> list[Call]:
        """Calls whose state is not ENDED, oldest first."""
        ...


class ContactStore(Protocol):
    async def by_id(self, contact: ContactId, waba_id: str) -> Customer | None:
        """None also for a contact of another account, where neither number nor id would be theirs."""
        ...


class NumberStore(Protocol):
    async def by_phone_number_id(self, phone_number_id: PhoneNumberId) -> Number | None: ...

    async def by_id(self, number: NumberId) -> Number | None: ...

    async def all(self) -> list[Number]:
        """In the order in which they were added."""
        ...


class CapacityLedger(Protocol):
    """Who holds which place of a number, for all processes that work together: in memory for one
    (`signaling.capacity.MemoryLedger`), in a shared place for several. Methods that wait may raise NeighbourError."""

    async def take(self, lease: Lease, limits: Limits) -> Verdict:
        """A place, if the number has one left; an outbound call also counts as begun. The same call again: the same
        place."""
        ...

    async def keep(self, lease: Lease) -> None:
        """A call that is up has its place, whatever the limits say."""
        ...

    def release(self, call: CallId) -> None:
        """Never waits; what cannot be told to others now runs out by itself."""
        ...

    async def vouch(self, owner: ProcessId, at: datetime) -> None:
        """This process lives: its leases go on for `signaling.capacity.LEASE`. Those of processes that were not heard
        of for so long are given back."""
        ...

    def use_of(self, number: NumberId, at: datetime) -> NumberUse:
        """As this process last knew it."""
        ...


class AgentStore(Protocol):
    async def by_id(self, agent: AgentId) -> Agent | None:
        """None also when the user is disabled."""
        ...

    async def by_ids(self, agents: Collection[AgentId]) -> Mapping[AgentId, Agent]:
        """The same of many at once; who is disabled or unknown is missing."""
        ...


@dataclass(frozen=True, slots=True)
class KnownLedger:
    """What is known of a pair. `contact` None: nobody has heard of this customer."""

    contact: ContactId | None
    customer: Customer
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class LedgerChange:
    contact: ContactId
    customer: Customer
    before: Ledger
    after: Ledger


@dataclass(frozen=True, slots=True)
class Ended:
    """A pair that stands differently by time alone: a permission ended, or a request died."""

    number: NumberId
    contact: ContactId
    customer: Customer
    ledger: Ledger


class PermissionStore(Protocol):
    """Ledgers of permission, one for each of our numbers and customer. Every method may raise NeighbourError."""

    async def find(self, number: Number, customer: Customer) -> KnownLedger:
        """By business-scoped id, by phone, or by a phone that Meta has told us is the same person's."""
        ...

    async def add(self, number: Number, customer: Customer, event: LedgerEvent) -> LedgerChange:
        """Append an event, which may be late or a repetition, to the ledger of a customer, who may be new."""
        ...

    async def add_to_request(self, number: Number, request: Reference, event: LedgerEvent) -> LedgerChange | None:
        """Append what became of a request of ours; None: it was none."""
        ...

    async def open_window(
        self, number: Number, customer: Customer, at: datetime, *, by_call: bool = False
    ) -> LedgerChange:
        """The customer wrote or called."""
        ...

    async def next_end(self) -> datetime | None:
        """When the first pair stands differently by time alone; it may be past. None: no end is known."""
        ...

    async def tell_ended(self, now: datetime, limit: int) -> list[Ended]:
        """At most `limit` pairs whose end has come, each once, whoever else asks at the same time."""
        ...

    async def same_person(self, number: Number, asked_for: PhoneNumber, customer: Customer) -> None:
        """Meta knows the phone that was asked for by another spelling: remember both."""
        ...


class DeliveryStore(Protocol):
    """Webhook bodies between their arrival and their handling. A handled body is erased; its hash stays."""

    async def keep(self, body: bytes, received_at: datetime) -> Delivery: ...

    async def handled(self, delivery_id: int, at: datetime) -> None: ...

    async def unhandled(self) -> list[Delivery]:
        """Oldest first, at most 1,000; ask again until it is empty."""
        ...
