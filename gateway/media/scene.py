"""Who hears what in one call, as a picture that the switchboard makes true, for whoever connects later, too. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from gateway.media.plane import SILENCE, Prompt, Silence
from signaling.ids import SeatId

CUSTOMER: Final[Literal["the customer"]] = "the customer"

SeatHears = Literal["the customer"] | SeatId | Prompt | None
"""One of a seat's two lines: the customer, another agent, a sound, or nothing at all on the wire."""


@dataclass(frozen=True, slots=True)
class Together:
    """Several seats at once, for a listener with one line."""

    seats: tuple[SeatId, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """`customer`: what the customer's leg hears; Opus silence where it hears nobody, for Meta ends a silent call.
    `seats`: main and second line of every seat that takes part; the others hear nothing of this call."""

    customer: SeatId | Together | Prompt | Silence = SILENCE
    seats: Mapping[SeatId, tuple[SeatHears, SeatHears]] = field(default_factory=dict)


QUIET: Final = Scene()


def talking(seat: SeatId) -> Scene:
    return Scene(seat, {seat: (CUSTOMER, None)})


def ringing_at_the_customer(seat: SeatId, ringback: Prompt) -> Scene:
    return Scene(SILENCE, {seat: (ringback, None)})


def hearing(prompt: Prompt) -> Scene:
    """The customer alone hears a sound."""
    return Scene(prompt)


def consulting(asker: SeatId, asked: SeatId, music: Prompt) -> Scene:
    return Scene(music, {asker: (asked, None), asked: (asker, None)})


def three(first: SeatId, second: SeatId) -> Scene:
    """Everybody hears everybody. A browser mixes its two lines; the customer has one line."""
    return Scene(Together((first, second)), {first: (CUSTOMER, second), second: (CUSTOMER, first)})
