"""Looks once a second at every conversation: what is wrong with its sound is told to the call, colours to the page.

The work is for each call and second, never for a packet, and other things of the loop get their turn in between.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

import structlog

from gateway.media.plane import FlowFigures
from gateway.media.switchboard import Switchboard
from gateway.sound_meter import SoundMeter
from signaling.call import Call, Consent, State
from signaling.effects import Effect
from signaling.events import CallEvent, SoundFound, SoundMeasured
from signaling.ids import AgentId, CallId, SeatId
from signaling.ports import Clock
from signaling.runner import Performer, Report
from signaling.sound import Course, Lights, Look, PageSound, Side, SoundTrouble, Trouble, diagnose, follow, lights

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
SHOWN_EVERY_S: Final = 2.0
"""A light changes its colour at most so often."""

AT_ONCE: Final = 50
"""Calls per turn of the event loop."""


@dataclass(slots=True)
class _Conversation:
    """One call as long as its audio is up. `stretch`: between whom sound should flow now."""

    meter: SoundMeter = field(default_factory=SoundMeter)
    stretch: SeatId | None = None
    course: Course | None = None
    troubles: tuple[Trouble, ...] = ()
    shown: Lights | None = None
    shown_s: float = 0.0


class Calls(Protocol):
    """What the watch needs of the exchange."""

    @property
    def live_calls(self) -> list[Call]: ...

    def tell(self, call_id: CallId, event: CallEvent) -> bool: ...


class Pages(Protocol):
    """What it needs of the desk: what an agent's page says of a call, and lights for that page."""

    def sound_of(self, agent: AgentId, call_id: CallId) -> PageSound | None: ...

    def show_quality(self, agent: AgentId, call_id: CallId, lights: Lights) -> None: ...


@dataclass(slots=True)
class SoundWatch:
    switchboard: Switchboard
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _known: dict[CallId, _Conversation] = field(default_factory=dict)

    async def run(self, calls: Calls, pages: Pages) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for number, call in enumerate(calls.live_calls):
                try:
                    self.look_at(call, calls, pages)
                except Exception as error:  # one call's trouble must not blind all the others
                    log.exception("sound_not_watched", call_id=call.id, error=type(error).__name__)
                if number % AT_ONCE == AT_ONCE - 1:
                    await asyncio.sleep(0)

    def look_at(self, call: Call, calls: Calls, pages: Pages) -> None:
        customer = self.switchboard.call_figures(call.id)
        seat = _conversing_seat(call)
        agent = None if seat is None else self.switchboard.seat_figures(seat)
        if call.claim is None or customer is None or agent is None:
            self._pause(call, calls)
            return
        known = self._known.setdefault(call.id, _Conversation())
        now_s = self.monotonic()
        if known.course is None or known.stretch != seat:
            known.meter.pause(seat_changed=known.stretch != seat)
            known.stretch, known.course, known.shown = seat, Course(now_s), None
        known.meter.add(customer, agent, now_s)
        page = pages.sound_of(call.claim.agent, call.id)
        look = Look(now_s, _side(customer), _side(agent), page, call.muted)
        known.course = follow(known.course, look)
        self._tell(call, known, diagnose(known.course, look), calls)
        self._show(call.claim.agent, call, known, pages)

    def closing(self, close: Performer) -> Performer:
        """Closes audio like `close`, and tells the call how it sounded before the figures are gone."""

        async def measure_and_close(effect: Effect, report: Report) -> None:
            known = self._known.pop(effect.call_id, None)
            if known is not None and (figures := known.meter.figures()):
                report(SoundMeasured(figures))
            await close(effect, report)

        return measure_and_close

    def _pause(self, call: Call, calls: Calls) -> None:
        """Nobody should hear anybody, or nothing is known of it."""
        if (known := self._known.get(call.id)) is not None and known.course is not None:
            known.course = None
            known.meter.pause(seat_changed=False)
            if known.troubles:
                known.troubles = ()
                calls.tell(call.id, SoundFound())

    def _tell(self, call: Call, known: _Conversation, found: dict[Trouble, float], calls: Calls) -> None:
        troubles = tuple(sorted(found))
        if troubles == known.troubles:
            return
        known.troubles = troubles
        now, now_s = self.clock(), self.monotonic()
        since = {one.trouble: one.since for one in call.troubles}
        calls.tell(
            call.id,
            SoundFound(
                tuple(
                    SoundTrouble(trouble, since.get(trouble, now - timedelta(seconds=now_s - found[trouble])))
                    for trouble in troubles
                )
            ),
        )

    def _show(self, agent: AgentId, call: Call, known: _Conversation, pages: Pages) -> None:
        now_s = self.monotonic()
        if known.shown is not None and now_s - known.shown_s < SHOWN_EVERY_S:
            return
        meter = known.meter
        colours = lights(meter.mos_now("agent"), meter.mos_now("customer"), frozenset(known.troubles), call.muted)
        if colours != known.shown:
            known.shown, known.shown_s = colours, now_s
            pages.show_quality(agent, call.id, colours)


def _conversing_seat(call: Call) -> SeatId | None:
    """The seat that should hear the customer and be heard by them."""
    talks = call.state is State.TALKING and call.claim is not None and not call.held
    talks = talks and call.consent is not Consent.ASKED  # the customer hears the question, and the agent nobody
    alone = call.consult is None or call.consult.joined
    return call.claim.seat if talks and alone and call.claim is not None else None


def _side(figures: FlowFigures) -> Side:
    return Side(
        received_at_s=figures.received.last_packet_s,
        level_dbov=figures.level_dbov,
        sent=figures.sent.packets,
        sent_at_s=figures.sent.last_packet_s,
        acknowledged=figures.sent.acknowledged,
        reported_at_s=figures.sent.reported_s,
    )
