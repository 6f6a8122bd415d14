"""Events from the audio of a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from signaling.errors import Failure
from signaling.private import Sdp
from signaling.sound import SoundTrouble


@dataclass(frozen=True, slots=True)
class AnswerCreated:
    """Our leg is listening and has described itself. The same bytes go into `pre_accept` and into `accept`."""

    answer: Sdp


@dataclass(frozen=True, slots=True)
class OfferCreated:
    """Our leg for an outbound call is listening and has described itself, for `connect`."""

    offer: Sdp


@dataclass(frozen=True, slots=True)
class LegConnected:
    """ICE and DTLS towards Meta are done: audio could flow."""


@dataclass(frozen=True, slots=True)
class LegLost:
    """Our leg to Meta could not be connected or died."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """What the customer heard at place `place` of the plan has been played to its end."""

    place: int


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The customer pressed a key (RFC 4733)."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FirstPacket:
    """The first audio packet of a direction: `customer` is what came from Meta, `agent` what we sent to Meta."""

    speaker: Literal["customer", "agent"]


@dataclass(frozen=True, slots=True)
class SoundFound:
    """Everything that is wrong with the sound of the conversation now; empty: nothing is."""

    troubles: tuple[SoundTrouble, ...] = ()


@dataclass(frozen=True, slots=True)
class SoundMeasured:
    """How the conversation sounded, told once, when its audio is closed: `gateway.sound_meter` names the figures."""

    figures: Mapping[str, float]
