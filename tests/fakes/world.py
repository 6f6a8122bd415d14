"""The neighbours of signaling, faked: they record, and do what a scenario tells them to."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from signaling.admission import Capacity
from signaling.call import Call, Rules, State
from signaling.capacity import MemoryLedger
from signaling.effects import (
    AcceptCall,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    CreateAnswer,
    Effect,
    OpenAudio,
    PlayHoldTone,
    PreAcceptCall,
    RejectCall,
    TerminateCall,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import (
    AgentAudible,
    AnswerCreated,
    CallAccepted,
    CallEvent,
    CallOffered,
    CallTerminated,
    Customer,
    Direction,
    EndingConfirmed,
    LegConnected,
    PreAccepted,
)
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId, DepartmentId, NumberId, PhoneNumberId, SeatId
from signaling.ports import Agent, Number, Role
from signaling.private import Bsuid, PhoneNumber, Sdp, Wacid
from signaling.process_budget import ProcessLimits
from signaling.runner import Performer, Report
from tests.fakes.virtual_time import START, virtual_now

PNID = PhoneNumberId("306540000000002")
SALES = DepartmentId(1)
NUMBER = Number(
    id=NumberId(1),
    phone_number_id=PNID,
    waba_id="204857600000001",
    phone=PhoneNumber("551133330000"),
    label="Vendas",
    department=SALES,
    department_name="Atendimento",
    inbound_enabled=True,
)
WACID = Wacid("wacid.HBgNNTUxMTk1NTU1MDEwMQ==")
OTHER_WACID = Wacid("wacid.HBgNNTUxMTk1NTU1MDEwMg==")
MARIA = Customer(phone=PhoneNumber("5511955550101"), bsuid=Bsuid("BR.1049"), name="Maria")
OFFER, ANSWER = Sdp("v=0 offer"), Sdp("v=0 answer")

ANA = Agent(AgentId(1), "Ana", Role.AGENT, frozenset({SALES}), may_take_inbound=True, session_epoch=0)
BIA = Agent(AgentId(2), "Bia", Role.AGENT, frozenset({SALES}), may_take_inbound=True, session_epoch=0)
SEAT_A, SEAT_B = SeatId("seat-a"), SeatId("seat-b")

AWAY = NeighbourError(Failure("store.away", Fault.NETWORK, retry_after_s=1.0))


def offered(wacid: Wacid = WACID, age_s: float = 0.0) -> CallOffered:
    at = START if age_s == 0 else virtual_now() - timedelta(seconds=age_s)
    return CallOffered(PNID, at, wacid, MARIA, OFFER)


def terminated(wacid: Wacid = WACID, talked_s: int | None = None, failed: bool = False) -> CallTerminated:
    started = START + timedelta(seconds=3) if talked_s is not None else None
    ended = started + timedelta(seconds=talked_s) if started is not None and talked_s is not None else None
    return CallTerminated(
        PNID, START + timedelta(seconds=60), wacid, MARIA, Direction.INBOUND, failed, started, ended, talked_s
    )


@dataclass
class FakeCallStore:
    """Rows in a dictionary. `away` makes every method fail as a lost database does; a save takes `save_s`."""

    rows: dict[CallId, Call] = field(default_factory=dict)
    saves: int = 0
    away: bool = False
    refusing: bool = False  # a fault of ours: the same save would fail for ever
    save_s: float = 0.0

    def _ask(self) -> None:
        if self.away:
            raise AWAY
        if self.refusing:
            raise NeighbourError(Failure("store.refused", Fault.OURS))

    async def save(self, call: Call) -> None:
        self._ask()
        if self.save_s:
            await asyncio.sleep(self.save_s)
        self.saves += 1
        self.rows[call.id] = call

    async def find(self, phone_number_id: PhoneNumberId, wacid: Wacid) -> Call | None:
        self._ask()
        rows = self.rows.values()
        return next((row for row in rows if (row.phone_number_id, row.wacid) == (phone_number_id, wacid)), None)

    async def get(self, call_id: CallId) -> Call | None:
        self._ask()
        return self.rows.get(call_id)

    async def open_calls(self) -> list[Call]:
        self._ask()
        return [row for row in self.rows.values() if row.state is not State.ENDED]


@dataclass
class FakeNumbers:
    numbers: dict[PhoneNumberId, Number] = field(default_factory=lambda: {PNID: NUMBER})

    async def by_phone_number_id(self, phone_number_id: PhoneNumberId) -> Number | None:
        return self.numbers.get(phone_number_id)

    async def by_id(self, number: NumberId) -> Number | None:
        return next((known for known in self.numbers.values() if known.id == number), None)

    async def all(self) -> list[Number]:
        return list(self.numbers.values())


class FakeWorld:
    """Records every effect. What an effect reports is a table that scenarios change: a list of events, or a failure."""

    def __init__(
        self, rules: Rules | None = None, process: ProcessLimits | None = None, store: FakeCallStore | None = None
    ) -> None:
        self.store = store or FakeCallStore()
        self.numbers = FakeNumbers()
        self.performed: list[Effect] = []
        self.changes: list[Call] = []
        self.reports: dict[type[Effect], Callable[[Effect], list[CallEvent]]] = {
            CreateAnswer: lambda _: [AnswerCreated(ANSWER)],
            PreAcceptCall: lambda _: [PreAccepted(), LegConnected()],
            AcceptCall: lambda _: [CallAccepted()],
            RejectCall: lambda _: [EndingConfirmed()],
            TerminateCall: lambda _: [EndingConfirmed()],
            AwaitAgentAudio: _heard_at_once,
        }
        if rules is not None:
            self.numbers.numbers[PNID] = replace(NUMBER, rules=rules)
        self.ledger = MemoryLedger()
        self.capacity = Capacity(self.ledger, process)
        self.exchange = Exchange(
            calls=self.store,
            numbers=self.numbers,
            performers=self.performers,
            clock=virtual_now,
            on_change=self.changes.append,
            capacity=self.capacity,
        )

    @property
    def performers(self) -> Mapping[type[Effect], Performer]:
        kinds: tuple[type[Effect], ...] = (
            CreateAnswer,
            PreAcceptCall,
            AcceptCall,
            RejectCall,
            TerminateCall,
            AwaitAgentAudio,
            OpenAudio,
            ConnectAudio,
            PlayHoldTone,
            CloseMedia,
        )
        return dict.fromkeys(kinds, self._perform)

    async def _perform(self, effect: Effect, report: Report) -> None:
        self.performed.append(effect)
        for event in self.reports.get(type(effect), _nothing)(effect):
            report(event)

    def fails(self, effect: type[Effect], failure: Failure) -> None:
        def fail(_: Effect) -> list[CallEvent]:
            raise NeighbourError(failure)

        self.reports[effect] = fail

    def silent(self, effect: type[Effect]) -> None:
        """Performed, but nothing is ever heard of it."""
        self.reports[effect] = _nothing

    def names(self) -> list[str]:
        return [type(effect).__name__ for effect in self.performed]

    def only(self, wacid: Wacid) -> Call:
        (call,) = (row for row in self.store.rows.values() if row.wacid == wacid)
        return call

    @property
    def call(self) -> Call:
        """The only call there is, as it stands in the store."""
        (call,) = self.store.rows.values()
        return call


def _nothing(_: Effect) -> list[CallEvent]:
    return []


def _heard_at_once(effect: Effect) -> list[CallEvent]:
    assert isinstance(effect, AwaitAgentAudio)
    return [AgentAudible(effect.agent, effect.seat)]
