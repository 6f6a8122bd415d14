"""What the simulated Meta needs of audio: one line per call. Tests of its rules put a silent one here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.simulator.call_rules import Heard
from gateway.simulator.clips import Voice
from gateway.simulator.heard import HeardPacket
from gateway.simulator.sdp_rules import BusinessAnswer, BusinessOffer
from gateway.simulator.secure_leg import NoteFault


class BadBrowserOffer(ValueError):
    """The page's own SDP cannot be answered."""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """`voice` None: the customer speaks through the browser, or not at all. `browser_offer`: the page listens."""

    voice: Voice | None
    browser_offer: str | None = field(default=None, repr=False)
    unreachable_ipv6: bool = False
    offer: BusinessOffer | None = None  # a call of the business: Meta answers this
    setup: Literal["passive", "active", "actpass"] = "passive"  # of Meta's answer; actpass: it waits, as with passive
    answer_mid: str | None = None  # of Meta's answer; None: the offer's


@dataclass(frozen=True, slots=True)
class LineFigures:
    """What the wire has seen so far. Times are Unix seconds."""

    ice: bool = False
    dtls: bool = False
    srtp_profile: str = ""
    packets_in: int = 0
    lost_in: int = 0  # missing in the business' sequence numbers
    packets_out: int = 0
    rtcp_in: int = 0
    first_in_s: float | None = None
    last_in_s: float | None = None
    first_out_s: float | None = None
    reported_loss: float | None = None


class Line(Protocol):
    """One customer's phone. It is silent until `open`."""

    @property
    def offer_sdp(self) -> str:
        """Meta's description: its offer, or its answer to the business' offer."""
        ...

    @property
    def browser_answer(self) -> str | None:
        """The SDP for the page, if it brought an offer."""
        ...

    @property
    def heard(self) -> Heard: ...

    @property
    def figures(self) -> LineFigures: ...

    @property
    def packets(self) -> Sequence[HeardPacket]: ...

    def use_answer(self, answer: BusinessAnswer) -> None:
        """Meta took the business' SDP."""
        ...

    def open(self) -> None:
        """`accept` is about to be answered 200: from now on packets are allowed."""
        ...

    def listen(self) -> None:
        """A call of the business: its packets are allowed from now on, but nobody has picked up yet."""
        ...

    def speak_through(self, voice: Voice | None, browser_offer: str | None) -> None:
        """Who is called picks up: how they speak and hear. Raises BadBrowserOffer."""
        ...

    def press(self, digit: str) -> bool:
        """A key of the customer's phone; False when the call cannot carry it."""
        ...

    def cut(self, *, speech: bool, hearing: bool) -> None:
        """From now on nothing comes from the customer (True), or nothing reaches them; RTCP goes on, both ways."""
        ...

    def close(self) -> None: ...


class Lines(Protocol):
    def new_line(self, request: LineRequest, note_fault: NoteFault) -> Line:
        """Raises BadBrowserOffer."""
        ...

    async def close(self) -> None:
        """Every phone, and what they share."""
        ...
