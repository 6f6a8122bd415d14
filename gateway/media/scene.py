"""Who hears what in one call, as a picture that the switchboard makes true, for whoever connects later, too. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from gateway.media.plane import SILENCE, Prompt, Silence
from signaling.ids import SeatId

CUSTOMER: Final[Literal["the customer"]] = "the customer"


@dataclass(frozen=True, slots=True)
class Together:
    """Several seats at once, for a listener with one line."""

    seats: tuple[SeatId, ...]


SeatHears = Literal["the customer"] | SeatId | Together | Prompt | Silence | None
"""One of a seat's two lines: the customer, another agent, several, a sound, silence, or nothing at all on the wire."""

HeardBy = Literal["nobody", "agents", "everybody"]


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody beside a scene, whatever it is. `agents`: whom they hear, and who may hear them; whoever has the
    customer comes first."""

    seat: SeatId
    heard_by: HeardBy
    agents: tuple[SeatId, ...]


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


def holding(seat: SeatId, music: Prompt) -> Scene:
    """Silence is sent, so that a page needs no word from us to know that its path is not dead."""
    return Scene(music, {seat: (SILENCE, None)})


def consulting(asker: SeatId, asked: SeatId, music: Prompt) -> Scene:
    return Scene(music, {asker: (asked, None), asked: (asker, None)})


def three(first: SeatId, second: SeatId) -> Scene:
    """Everybody hears everybody. A browser mixes its two lines; the customer has one line."""
    return Scene(Together((first, second)), {first: (CUSTOMER, second), second: (CUSTOMER, first)})


def without(scene: Scene, seat: SeatId) -> Scene:
    """The scene after one of its seats has gone: whoever heard it hears nothing."""

    def left(source: SeatHears) -> SeatHears:
        if isinstance(source, Together):
            return _together(tuple(other for other in source.seats if other != seat))
        return None if source == seat else source

    customer = scene.customer
    if isinstance(customer, Together):
        customer = Together(tuple(other for other in customer.seats if other != seat))
    elif customer == seat:
        customer = SILENCE
    seats = {other: (left(main), left(second)) for other, (main, second) in scene.seats.items() if other != seat}
    return replace(scene, customer=customer, seats=seats)


def supervised(scene: Scene, supervisor: Supervisor | None) -> Scene:
    """The scene with its supervisor: they hear the customer on one line, the agents on the other. Nobody hears a
    listener: not because their page is silent, but because no line of the scene has them as its source."""
    if supervisor is None:
        return scene
    seat, agents = supervisor.seat, tuple(agent for agent in supervisor.agents if agent != supervisor.seat)
    if supervisor.heard_by == "nobody":
        scene = without(scene, seat)
    if seat in scene.seats:  # they talk to the customer in it, while the agent is away
        return scene
    seats = {**scene.seats, seat: (CUSTOMER, _together(agents))}
    hearers = {"nobody": (), "agents": agents[:1], "everybody": agents}[supervisor.heard_by]
    for agent in hearers:
        seats[agent] = _with(seats.get(agent, (None, None)), seat)
    customer = scene.customer
    if supervisor.heard_by == "everybody" and (isinstance(customer, Together) or customer in agents):
        heard = customer.seats if isinstance(customer, Together) else (SeatId(str(customer)),)
        customer = Together((*heard, seat))
    return Scene(customer, seats)


def _with(lines: tuple[SeatHears, SeatHears], seat: SeatId) -> tuple[SeatHears, SeatHears]:
    main, second = lines
    if second is None:
        return (seat, None) if main is None else (main, seat)
    heard = second.seats if isinstance(second, Together) else (SeatId(str(second)),)
    return main, Together((*heard, seat))


def _together(seats: tuple[SeatId, ...]) -> SeatHears:
    """Who is alone is never mixed."""
    return Together(seats) if len(seats) > 1 else seats[0] if seats else None
