"""Between calls and audio: performs what calls ask of the switchboard, and tells calls and desk what it reports."""

import errno
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateway.media.plane import NoPortFree
from gateway.media.scene import HeardBy, Supervisor
from gateway.media.switchboard import BadOffer, LegEvent, SeatEvent, Switchboard
from signaling.agents.desk import Desk
from signaling.effects import (
    ApplyAnswer,
    AwaitAgentAudio,
    CloseMedia,
    ConnectAudio,
    ConnectConsult,
    ConnectThree,
    CreateAnswer,
    CreateOffer,
    Effect,
    HoldCustomer,
    OpenAudio,
    PlayHoldTone,
    PlayRingback,
    SuperviseAudio,
)
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import (
    AgentAudible,
    AnswerCreated,
    CallEvent,
    DigitPressed,
    FirstPacket,
    LegConnected,
    LegLost,
    OfferCreated,
)
from signaling.exchange import Exchange
from signaling.ids import AgentId, SeatId
from signaling.ports import SeatRefused
from signaling.private import Sdp
from signaling.runner import Performer, Report
from signaling.supervision import Way

PORTS_FREE_AGAIN_S: Final = 5.0
"""Ports come back when calls end; a caller is told to try again, never to wait."""

NO_PORT_FREE: Final = Failure("media.no_port_free", Fault.LIMIT, retry_after_s=PORTS_FREE_AGAIN_S)


NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
"""Of this process, or of the whole machine: admission counts only what this process has open."""


@dataclass(frozen=True, slots=True)
class AudioPerformer:
    """Does what a call asks of audio. Everything but making a leg only changes what somebody hears, at once."""

    switchboard: Switchboard

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case CreateAnswer(call_id=call_id, offer=offer):
                try:
                    answer = await self.switchboard.answer_call(call_id, offer.value)
                except BadOffer as error:
                    raise NeighbourError(Failure("media.bad_offer", Fault.META, error.reason)) from None
                except OSError as error:
                    raise _no_leg(error) from None
                report(AnswerCreated(Sdp(answer)))
            case CreateOffer(call_id=call_id):
                try:
                    our_offer = await self.switchboard.offer_call(call_id)
                except OSError as error:
                    raise _no_leg(error) from None
                report(OfferCreated(Sdp(our_offer)))
            case ApplyAnswer(call_id=call_id, answer=metas_answer):
                try:
                    self.switchboard.take_answer(call_id, metas_answer.value)
                except BadOffer as error:
                    raise NeighbourError(Failure("media.bad_answer", Fault.META, error.reason)) from None
            case AwaitAgentAudio(agent=agent, seat=seat):
                self.switchboard.when_audible(seat, lambda: report(AgentAudible(agent, seat)))
            case OpenAudio(call_id=call_id):
                self.switchboard.open_audio(call_id)
            case ConnectAudio(call_id=call_id, seat=seat):
                self.switchboard.connect(call_id, seat)
            case PlayRingback(call_id=call_id, seat=seat):
                self.switchboard.ringback(call_id, seat)
            case PlayHoldTone(call_id=call_id):
                self.switchboard.hold_tone(call_id)
            case HoldCustomer(call_id=call_id, seat=seat):
                self.switchboard.hold_music(call_id, seat)
            case ConnectConsult(call_id=call_id, asker=asker, asked=asked):
                self.switchboard.consult(call_id, asker, asked)
            case ConnectThree(call_id=call_id, first=first, second=second):
                self.switchboard.three(call_id, first, second)
            case SuperviseAudio(call_id=call_id):
                self.switchboard.supervise(call_id, _supervisor_of(effect))
            case CloseMedia(call_id=call_id):
                await self.switchboard.close_call(call_id)


_HEARD_BY: Final[Mapping[Way, HeardBy]] = {
    Way.LISTEN: "nobody",
    Way.WHISPER: "agents",
    Way.BARGE_IN: "everybody",
}


def _supervisor_of(effect: SuperviseAudio) -> Supervisor | None:
    return None if effect.seat is None else Supervisor(effect.seat, _HEARD_BY[effect.way], effect.agents)


def _no_leg(error: OSError) -> BaseException:
    """Why a leg could not be opened, where it is a limit that passes."""
    if isinstance(error, NoPortFree):
        return NeighbourError(NO_PORT_FREE)
    if error.errno in NO_DESCRIPTOR:
        return NeighbourError(Failure("capacity.descriptors", Fault.LIMIT, retry_after_s=PORTS_FREE_AGAIN_S))
    return error


def audio_performers(switchboard: Switchboard) -> Mapping[type[Effect], Performer]:
    kinds: tuple[type[Effect], ...] = (
        *(CreateAnswer, CreateOffer, ApplyAnswer, AwaitAgentAudio, OpenAudio),
        *(ConnectAudio, PlayRingback, PlayHoldTone, HoldCustomer, ConnectConsult, ConnectThree, CloseMedia),
        SuperviseAudio,
    )
    return dict.fromkeys(kinds, AudioPerformer(switchboard))


SPEAKERS: Final[Mapping[str, Literal["customer", "agent"]]] = {
    "customer_audio": "customer",
    "agent_audio": "agent",
}


def tell_call(exchange: Exchange, report: LegEvent) -> None:
    """Put what a leg reports into its call's inbox."""
    event: CallEvent
    if report.what == "connected":
        event = LegConnected()
    elif report.what == "digit":
        event = DigitPressed(report.digit)
    elif report.what == "lost":
        event = LegLost(Failure(f"media.{report.reason or 'leg_lost'}", Fault.NETWORK))
    else:
        event = FirstPacket(SPEAKERS[report.what])
    exchange.tell(report.call_id, event)


def tell_desk(desk: Desk, report: SeatEvent) -> None:
    if report.what == "up":
        desk.seating.up(report.agent, report.seat)
    else:
        desk.seating.down(report.agent, report.seat)


@dataclass(frozen=True, slots=True)
class DeskSeats:
    """The switchboard as the desk knows it (`signaling.ports.Seats`)."""

    switchboard: Switchboard
    monotonic: Callable[[], float] = time.monotonic

    async def answer_seat(self, agent: AgentId, offer: Sdp) -> tuple[SeatId, Sdp]:
        try:
            seat, answer = await self.switchboard.answer_seat(agent, offer.value)
        except BadOffer as error:
            raise SeatRefused(error.reason) from None
        return seat, Sdp(answer)

    async def close_seat(self, seat: SeatId) -> None:
        await self.switchboard.close_seat(seat)

    def silent_for_s(self, seat: SeatId) -> float | None:
        figures = self.switchboard.seat_figures(seat)
        if figures is None or figures.received.last_packet_s is None:
            return None
        return self.monotonic() - figures.received.last_packet_s
