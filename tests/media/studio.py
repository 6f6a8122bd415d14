"""Calls as they live in a gateway, with real sound: lifecycle, switchboard, prompts and journals are the real ones, far
ends speak and hear over UDP. Meta's Graph agrees to everything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from gateway.announcer import Announcer, announcing_performers
from gateway.audio import audio_performers, tell_call
from gateway.clock import utc_now
from gateway.heard_lately import HeardLately
from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import FlowId, Prompt
from gateway.media.prompt_library import PromptLibrary
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.recordings import Recordings, recording_performers
from recording.journal import Leg, Marked, Packet, Record, read_journal
from signaling.admission import Capacity
from signaling.call import Call, State
from signaling.capacity import MemoryLedger
from signaling.effects import AcceptCall, CloseMedia, Effect, PreAcceptCall, RejectCall, TerminateCall
from signaling.events import (
    AgentAnswered,
    CallAccepted,
    CallEvent,
    CallOffered,
    EndingConfirmed,
    PreAccepted,
)
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId, SeatId, new_call_id
from signaling.plan import Plan
from signaling.private import Sdp, Wacid
from signaling.recording_policy import PolicyRule, RecordingPolicy
from signaling.runner import Performer, Report
from tests.fakes.world import MARIA, NUMBER, PNID, FakeCallStore, FakeNumbers
from tests.media.office import CUSTOMER_VOICE, Ear, Office
from tests.media.peers import FarLeg, meta_offer, meta_relay


@dataclass
class Customer:
    """The far end of a call; `flow` is theirs on the far plane."""

    relay: FarLeg
    flow: FlowId | None = None
    ear: Ear | None = None


@dataclass
class Studio(Office):
    folder: Path = field(kw_only=True)
    policy: RecordingPolicy = field(kw_only=True)
    plan: Plan | None = field(default=None, kw_only=True)
    certificate: Certificate = field(default_factory=Certificate)
    closed: list[tuple[CallId, bool]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    customers: dict[Wacid, Customer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        number = replace(NUMBER, recording=(PolicyRule(self.policy),), plan=self.plan)
        self.recordings = Recordings(self.board, self.folder, utc_now, self._journal_closed, self.lost.append)
        heard = cast(HeardLately, None)  # no sound here is played only once
        announcer = Announcer(self.board, PromptLibrary(self.folder), lambda: self.exchange.live_calls, utc_now, heard)
        performers: dict[type[Effect], Performer] = {
            **audio_performers(self.board),
            **announcing_performers(announcer),
            **recording_performers(self.recordings),
            **dict.fromkeys((PreAcceptCall, AcceptCall, RejectCall, TerminateCall), self._graph),
        }
        performers[CloseMedia] = self.recordings.closing(performers[CloseMedia])
        self.changes: dict[CallId, Call] = {}
        self.exchange = Exchange(
            calls=FakeCallStore(),
            numbers=FakeNumbers({PNID: number}),
            performers=performers,
            clock=utc_now,
            on_change=self._changed,
            capacity=Capacity(MemoryLedger()),
        )

    def _tell(self, event: LegEvent | SeatEvent) -> None:
        super()._tell(event)
        if isinstance(event, LegEvent):
            tell_call(self.exchange, event)

    def _changed(self, call: Call) -> None:
        self.recordings.saw(call)
        self.changes[call.id] = call
        self._news.set()

    def _journal_closed(self, call_id: CallId, journal: Path, whole: bool) -> None:
        assert journal == self.journal_of(call_id)
        self.closed.append((call_id, whole))
        self._news.set()

    async def _graph(self, effect: Effect, report: Report) -> None:
        match effect:
            case PreAcceptCall(wacid=wacid, answer=answer):
                customer = self.customers[wacid]
                report(PreAccepted())
                customer.flow = await customer.relay.answered(answer.value)
            case AcceptCall():
                report(CallAccepted())
            case _:
                report(EndingConfirmed())

    # ---- what tests do ----------------------------------------------------------------------------------------------

    async def true(self, so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not so():
                self._news.clear()
                await self._news.wait()

    async def called(self, voice: Prompt = CUSTOMER_VOICE) -> tuple[CallId, Customer]:
        """A customer who speaks as soon as their leg is up; the call rings."""
        relay = await meta_relay(self.far_plane, self.certificate)
        self.far.append(relay)
        wacid = Wacid(f"wacid.{new_call_id()}")
        customer = self.customers[wacid] = Customer(relay)
        await self.exchange.deliver(CallOffered(PNID, utc_now(), wacid, MARIA, Sdp(meta_offer(relay))))
        (call_id,) = (call.id for call in self.exchange.live_calls if call.wacid == wacid)
        await self.true(lambda: self.changes[call_id].leg_connected and customer.flow is not None)
        assert customer.flow is not None
        customer.ear = Ear(self.far_plane, customer.flow)
        self.far_plane.hear(customer.flow, voice)
        return call_id, customer

    async def talking(self, agent: AgentId, seat: SeatId, voice: Prompt = CUSTOMER_VOICE) -> tuple[CallId, Customer]:
        call_id, customer = await self.called(voice)
        self.tell(call_id, AgentAnswered(agent, seat))
        await self.true(lambda: self.changes[call_id].state is State.TALKING)
        return call_id, customer

    def tell(self, call_id: CallId, *events: CallEvent) -> None:
        for event in events:
            assert self.exchange.tell(call_id, event), f"{type(event).__name__} came too late"

    async def recorded(self, call_id: CallId, payload: bytes) -> None:
        """The last packet of the customer that is on the disk has this payload."""
        for _ in range(1_500):
            if said(records_of(self.journal_of(call_id)))[Leg.CUSTOMER][-1] == payload:
                return
            await asyncio.sleep(0.02)
        raise TimeoutError

    def journal_of(self, call_id: CallId) -> Path:
        return self.recordings.folder / f"{call_id}.journal"

    async def close(self) -> None:
        await self.exchange.stop()
        await self.recordings.close()
        await self.board.close()
        for far in self.far:
            await far.close()


def records_of(journal: Path) -> list[Record]:
    return list(read_journal(journal)[1])


def said(records: list[Record]) -> dict[Leg, list[bytes]]:
    """The payloads of each leg, once for each run of the same."""
    runs: dict[Leg, list[bytes]] = {}
    for record in records:
        if isinstance(record, Packet):
            run = runs.setdefault(record.leg, [])
            if run[-1:] != [record.payload]:
                run.append(record.payload)
    return runs


def marks_of(records: list[Record]) -> list[str]:
    return [record.mark.value for record in sorted_marks(records)]


def sorted_marks(records: list[Record]) -> list[Marked]:
    return sorted((record for record in records if isinstance(record, Marked)), key=lambda mark: mark.at_s)
