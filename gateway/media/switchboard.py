"""What the rest of the gateway asks of audio: legs by call, seats by agent, and who hears whom.

This is the facade over plane, legs, seats and prompts. It speaks in call and seat ids and in SDP text, and reports by
plain callbacks; it knows nothing of Meta's HTTP, of Socket.IO or of call states.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.media.plane import FlowFigures, Prompt
from gateway.media.scene import Supervisor
from gateway.media.tapes import Keeper, Voice
from signaling.ids import AgentId, CallId, SeatId


class BadOffer(ValueError):
    """The other side's SDP cannot be answered; `reason` is a word for logs and records, free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LegEvent:
    """`what`: connected (ICE and DTLS are up) · lost (could not connect, or died; `reason` says why) ·
    customer_audio (first packet from Meta) · agent_audio (first packet sent to Meta) · digit (the customer pressed
    `digit`, which may be part of a secret)."""

    call_id: CallId
    what: Literal["connected", "lost", "customer_audio", "agent_audio", "digit"]
    reason: str = ""
    digit: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SeatEvent:
    """`what`: up (ICE and DTLS are done) · down (closed by the browser, or its path is dead)."""

    agent: AgentId
    seat: SeatId
    what: Literal["up", "down"]
    reason: str = ""


class Switchboard(Protocol):
    """The methods that act are synchronous where they only change what a line hears: they cost microseconds."""

    async def answer_call(self, call_id: CallId, offer_sdp: str) -> str:
        """A leg for Meta's offer; its complete SDP answer (CRLF, one candidate). Raises BadOffer, NoPortFree."""
        ...

    async def offer_call(self, call_id: CallId) -> str:
        """A leg for a call of ours; its complete SDP offer (CRLF, one candidate). Raises NoPortFree."""
        ...

    def take_answer(self, call_id: CallId, answer_sdp: str) -> None:
        """Meta's answer to that offer: the leg connects, with the DTLS role that the answer leaves. Raises BadOffer."""
        ...

    def open_audio(self, call_id: CallId) -> None:
        """Silence every 20 ms until something else is heard: after `accept` returned 200, or once the leg of our own
        call is connected."""
        ...

    def connect(self, call_id: CallId, seat: SeatId) -> None:
        """Customer and seat hear each other."""
        ...

    def ringback(self, call_id: CallId, seat: SeatId) -> None:
        """The seat hears that it rings at the customer's; the customer hears silence."""
        ...

    def hold_tone(self, call_id: CallId) -> None:
        """The customer hears the hold tone; no seat hears the customer."""
        ...

    def hold_music(self, call_id: CallId, seat: SeatId) -> None:
        """The customer hears music; whoever has them on hold hears silence, packet after packet."""
        ...

    def play(self, call_id: CallId, prompt: Prompt, played: Callable[[], None]) -> None:
        """The customer hears a sound; no seat hears the customer. `played` is called once at its end, unless
        something else is to be heard before; a sound that loops has no end."""
        ...

    def consult(self, call_id: CallId, asker: SeatId, asked: SeatId) -> None:
        """Two seats hear each other; the customer hears music."""
        ...

    def three(self, call_id: CallId, first: SeatId, second: SeatId) -> None:
        """Customer and both seats hear each other. Where one seat goes, the other two go on."""
        ...

    def supervise(self, call_id: CallId, supervisor: Supervisor | None) -> None:
        """Whatever is heard in this call now and later, the supervisor's seat hears customer and agents, and is heard
        by those whom they name. None: nobody is there beside the call any more."""
        ...

    def keep(self, call_id: CallId, keeper: Keeper, voices: frozenset[Voice]) -> bool:
        """What these voices say in the call goes to `keeper` from now on, whoever they are and wherever they speak. Of
        agents that is what the customer hears of them. False: there is no such call."""
        ...

    def stop_keeping(self, call_id: CallId, keeper: Keeper) -> None:
        """It gets what has arrived by now, soon, and nothing after that."""
        ...

    async def close_call(self, call_id: CallId) -> None:
        """End the leg and free its port. Closing what is not there is fine."""
        ...

    async def answer_seat(self, agent: AgentId, offer_sdp: str) -> tuple[SeatId, str]:
        """A new seat for a browser's offer, and its SDP answer. Raises BadOffer."""
        ...

    def seat_is_up(self, seat: SeatId) -> bool: ...

    def when_audible(self, seat: SeatId, heard: Callable[[], None]) -> None:
        """Call `heard` once, at the next authentic audio packet of this seat's microphone."""
        ...

    async def close_seat(self, seat: SeatId) -> None: ...

    def call_figures(self, call_id: CallId) -> FlowFigures | None: ...

    def seat_figures(self, seat: SeatId) -> FlowFigures | None: ...

    async def close(self) -> None: ...
