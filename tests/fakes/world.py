"""The neighbours of signaling, faked: they record, and do what a scenario tells them to."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from signaling.admission import Capacity
from signaling.call import Call, Rules, State
from signaling.capacity import MemoryLedger
from signaling.effects import (
    AcceptCall,
    ApplyAnswer,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    ConnectCall,
    ConnectConsult,
    ConnectThree,
    ContinueRecording,
    CreateAnswer,
    CreateOffer,
    Effect,
    EndVoicemail,
    HoldCustomer,
    MarkRecording,
    OpenAudio,
    PauseRecording,
    PlayHoldTone,
    PlayPrompts,
    PlayRingback,
    PreAcceptCall,
    RecordVoicemail,
    RejectCall,
    SayPosition,
    StartRecording,
    StopRecording,
    SuperviseAudio,
    TerminateCall,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import (
    AgentAudible,
    AnswerCreated,
    CallAccepted,
    CallAnswerReceived,
    CallEvent,
    CallOffered,
    CallPlaced,
    CallStatusChanged,
    CallTerminated,
    Customer,
    Direction,
    EndingConfirmed,
    LegConnected,
    MetaError,
    OfferCreated,
    OutboundStatus,
    PreAccepted,
    PromptEnded,
)
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId, PhoneNumberId, RequestKey, SeatId
from signaling.opaque import opaque_of
from signaling.placing import Placing
from signaling.ports import Agent, Number, Role
from signaling.private import Bsuid, Payload, PhoneNumber, Sdp, Wacid
from signaling.process_budget import ProcessLimits
from signaling.runner import Performer, Report
from signaling.verdict import Allowed, Verdict
from signaling.waiting import RING_MUSIC
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
    outbound_enabled=True,
)
WACID = Wacid("wacid.HBgNNTUxMTk1NTU1MDEwMQ==")
OTHER_WACID = Wacid("wacid.HBgNNTUxMTk1NTU1MDEwMg==")
MARIA = Customer(phone=PhoneNumber("5511955550101"), bsuid=Bsuid("BR.1049"), name="Maria")
OFFER, ANSWER = Sdp("v=0 offer"), Sdp("v=0 answer")

MAY_CALL: Final = frozenset({SALES})
ANA = Agent(AgentId(1), "Ana", Role.AGENT, frozenset({SALES}), True, session_epoch=0, calls_for=MAY_CALL)
BIA = Agent(AgentId(2), "Bia", Role.AGENT, frozenset({SALES}), True, session_epoch=0, calls_for=MAY_CALL)
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


# ---- what Meta tells of a call that we made; `our` is our call id, which it echoes -----------------------------------


def answer_received(our: CallId | None = None, wacid: Wacid = WACID) -> CallAnswerReceived:
    return CallAnswerReceived(PNID, START + timedelta(seconds=1), wacid, MARIA, ANSWER, _echoed(our))


def status(what: OutboundStatus, our: CallId | None = None, wacid: Wacid = WACID) -> CallStatusChanged:
    return CallStatusChanged(PNID, START + timedelta(seconds=2), wacid, what, MARIA, _echoed(our))


def over_at_meta(
    our: CallId | None = None, wacid: Wacid = WACID, talked_s: int | None = None, failed: bool = False
) -> CallTerminated:
    errors = (MetaError(138019, "Call setup failed", "The client failed"),) if failed else ()
    base = terminated(wacid, talked_s, failed)
    return replace(base, direction=Direction.OUTBOUND, errors=errors, opaque=_echoed(our))


def _echoed(our: CallId | None) -> Payload | None:
    return None if our is None else opaque_of(our)


@dataclass
class FakeCallStore:
    """Rows in a dictionary. `away` makes every method fail as a lost database does; a save takes `save_s`.

    It numbers new calls: of two that began in one moment the lesser id is first in line, and a scenario that is played
    again must go as it did before.
    """

    rows: dict[CallId, Call] = field(default_factory=dict)
    numbering: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    saves: int = 0
    away: bool = False
    refusing: bool = False  # a fault of ours: the same save would fail for ever
    save_s: float = 0.0

    def new_id(self) -> CallId:
        return CallId(f"{next(self.numbering):032x}")

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

    async def find_request(self, key: RequestKey) -> Call | None:
        self._ask()
        return next((row for row in self.rows.values() if row.request_key == key), None)

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


@dataclass
class FakeContacts:
    contacts: dict[ContactId, Customer] = field(default_factory=lambda: {ContactId(7): MARIA})

    async def by_id(self, contact: ContactId, waba_id: str) -> Customer | None:
        return self.contacts.get(contact) if waba_id == NUMBER.waba_id else None


@dataclass
class FakeGate:
    """Says what a scenario wants, and notes what was asked of it."""

    verdict: Verdict = field(default_factory=Allowed)
    waits: asyncio.Event | None = None
    asked: list[tuple[NumberId, PhoneNumber | Bsuid, bool]] = field(default_factory=list)

    async def may_call(
        self, number: Number, callee: PhoneNumber | Bsuid, agent: Agent | None = None, *, risk_accepted: bool = False
    ) -> Verdict:
        self.asked.append((number.id, callee, risk_accepted))
        if self.waits is not None:
            await self.waits.wait()
        return self.verdict


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
            CreateOffer: lambda _: [OfferCreated(OFFER)],
            ConnectCall: lambda _: [CallPlaced(WACID)],
            ApplyAnswer: lambda _: [LegConnected()],
            PreAcceptCall: lambda _: [PreAccepted(), LegConnected()],
            AcceptCall: lambda _: [CallAccepted()],
            RejectCall: lambda _: [EndingConfirmed()],
            TerminateCall: lambda _: [EndingConfirmed()],
            AwaitAgentAudio: _heard_at_once,
            PlayPrompts: _played_at_once,
            SayPosition: _said_at_once,
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
            new_id=self.store.new_id,
        )
        self.gate = FakeGate()
        self.contacts = FakeContacts()
        self.placing = Placing(
            exchange=self.exchange,
            calls=self.store,
            numbers=self.numbers,
            contacts=self.contacts,
            permission=self.gate,
            capacity=self.capacity,
            clock=virtual_now,
        )

    @property
    def performers(self) -> Mapping[type[Effect], Performer]:
        kinds: tuple[type[Effect], ...] = (
            CreateAnswer,
            CreateOffer,
            ConnectCall,
            ApplyAnswer,
            PreAcceptCall,
            AcceptCall,
            RejectCall,
            TerminateCall,
            AwaitAgentAudio,
            OpenAudio,
            ConnectAudio,
            PlayRingback,
            PlayHoldTone,
            HoldCustomer,
            ConnectConsult,
            ConnectThree,
            SuperviseAudio,
            PlayPrompts,
            SayPosition,
            RecordVoicemail,
            EndVoicemail,
            StartRecording,
            PauseRecording,
            ContinueRecording,
            MarkRecording,
            StopRecording,
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
        """The only call there is: as it lives, or as it stands in the store."""
        (call,) = self.exchange.live_calls or self.store.rows.values()
        return call


def _nothing(_: Effect) -> list[CallEvent]:
    return []


def _played_at_once(effect: Effect) -> list[CallEvent]:
    assert isinstance(effect, PlayPrompts)
    return [] if effect.prompts == (RING_MUSIC,) else [PromptEnded(effect.place)]


def _said_at_once(effect: Effect) -> list[CallEvent]:
    assert isinstance(effect, SayPosition)
    return [PromptEnded(effect.place)]


def _heard_at_once(effect: Effect) -> list[CallEvent]:
    assert isinstance(effect, AwaitAgentAudio)
    return [AgentAudible(effect.agent, effect.seat)]
