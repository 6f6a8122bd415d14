"""Which agents' pages answer, which are seen, and what they say of the sound.

A page may be hidden, frozen by its browser, or hang, and its socket looks as alive as ever. So the gateway asks, by its
own clock, and whatever a page says counts as an answer. Who does not answer in time is unreachable: nothing is offered
to them until they do, and then they are told. Who cannot see a ring is knocked for by other means (web push).
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

import structlog

from signaling.agents.message import Message
from signaling.agents.page_messages import AreYouThere, CallQuality, PageHere, ReportSound, WasUnreachable
from signaling.agents.workplaces import Workplace, Workplaces
from signaling.call import Call
from signaling.ids import AgentId, CallId
from signaling.ports import Clock
from signaling.presence import Availability
from signaling.routing import concerns, waits
from signaling.sound import Lights, PageSound

log = structlog.get_logger(__name__)

ASK_EVERY_S: Final = 10.0
ANSWER_WITHIN_S: Final = 4.0
RING_ANSWER_WITHIN_S: Final = 1.5
"""While a customer waits. A page that was only slow rings again as soon as it answers."""

JUST_HEARD_S: Final = 1.0
"""A page that said something so lately need not be asked again because it rings."""

FEW: Final = 20
"""Of more pages than this that ring for one call, one will answer: they are not all asked at each ring."""

Send = Callable[[str, str, Message], None]

Knock = Callable[[AgentId, Call], None]
"""This call waits for this agent, whose page does not show it to anybody."""


Shown = Callable[[CallId], None]
"""The lights of this call have changed."""


def nobody_watches(_call_id: CallId) -> None:
    """A Shown for where only the call's agent sees them."""


def nobody_is_woken(_agent: AgentId, _call: Call) -> None:
    """A Knock for where there is no other means."""


class Pages:
    """`changed`: an agent's facts are others now."""

    def __init__(
        self,
        places: Workplaces,
        send: Send,
        changed: Callable[[Workplace], None],
        knock: Knock,
        clock: Clock,
        shown: Shown = nobody_watches,
    ) -> None:
        self._shown = shown
        self._places, self._send, self._changed, self._knock, self._clock = places, send, changed, knock, clock
        self._silent: dict[Workplace, None] = {}  # those who did not answer, and have said nothing since
        self._asking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._asking = asyncio.create_task(self._ask_all(), name="are-you-there")

    async def stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    # ---- whether they answer -----------------------------------------------------------------------------------------

    def heard(self, place: Workplace, sid: str) -> None:
        """A page has said something, or has connected anew."""
        if place.phone != sid:
            return
        place.heard += 1
        place.heard_s = asyncio.get_running_loop().time()
        place.asked = None
        since = place.unreachable_since
        if since is not None:
            now = self._clock()
            self._silent.pop(place, None)
            place.unreachable_since, place.facts = None, replace(place.facts, reachable=True)
            news = WasUnreachable(since_unix_s=since.timestamp(), until_unix_s=now.timestamp())
            self._send(sid, "was_unreachable", news)
            log.info("page_answers_again", agent=place.facts.agent.id, silent_s=round((now - since).total_seconds(), 1))
            self._changed(place)

    def rung(self, call: Call | None, agents: Collection[AgentId]) -> None:
        """It rings for these: find out soon whether their pages are awake."""
        now_s = asyncio.get_running_loop().time()
        for place in map(self._places.get, agents):
            if place is None:
                continue
            if len(agents) <= FEW and now_s - place.heard_s >= JUST_HEARD_S:
                self._ask(place, RING_ANSWER_WITHIN_S)
            if call is not None and not place.visible:
                self._knock(place.facts.agent.id, call)

    def call_moved(self, before: Call | None, call: Call) -> None:
        """Those whose page does not answer would take a call that begins to wait, if they came back."""
        if waits(call) and (before is None or not waits(before)):
            for place in self._silent:
                if _is_away(place) and concerns(place.facts.agent, call):
                    self._knock(place.facts.agent.id, call)

    def _ask(self, place: Workplace, within_s: float) -> None:
        if place.phone is None or not place.facts.reachable:
            return
        if place.asked != place.phone:
            place.asked = place.phone
            self._send(place.phone, "are_you_there", AreYouThere())
        asyncio.get_running_loop().call_later(within_s, self._look, place, place.phone, place.heard)

    def _look(self, place: Workplace, sid: str, heard: int) -> None:
        if place.phone != sid or place.heard != heard or not place.facts.reachable:
            return
        for call in place.rings.values():
            self._knock(place.facts.agent.id, call)
        place.unreachable_since, place.facts = self._clock(), replace(place.facts, reachable=False)
        self._silent[place] = None
        log.warning("page_does_not_answer", agent=place.facts.agent.id)
        self._changed(place)

    async def _ask_all(self) -> None:
        """Each ready phone once in a turn, spread over it: a thousand at once would be a burst."""
        while True:
            ready = [place for place in self._places if place.facts.availability is Availability.READY]
            for place in ready:
                self._ask(place, ANSWER_WITHIN_S)
                await asyncio.sleep(ASK_EVERY_S / len(ready))
            if not ready:
                await asyncio.sleep(ASK_EVERY_S)

    # ---- what they say -----------------------------------------------------------------------------------------------

    def told(self, place: Workplace, message: ReportSound | PageHere) -> None:
        if isinstance(message, PageHere):
            place.visible = message.visible
        else:
            place.page_sound = CallId(message.call_id), PageSound(message.hears, message.microphone)

    def sound_of(self, agent: AgentId, call_id: CallId) -> PageSound | None:
        """What this agent's page says of this call."""
        place = self._places.get(agent)
        told = None if place is None else place.page_sound
        return told[1] if told is not None and told[0] == call_id else None

    def show_quality(self, agent: AgentId, call_id: CallId, lights: Lights) -> None:
        place = self._places.get(agent)
        if place is None:
            return
        place.lights = call_id, lights
        self._shown(call_id)
        if place.phone is not None:
            quality = CallQuality(
                call_id=call_id, microphone=lights.microphone, network=lights.network, customer=lights.customer
            )
            self._send(place.phone, "call_quality", quality)


def _is_away(place: Workplace) -> bool:
    facts = place.facts
    return facts.connected and not facts.reachable and facts.availability is Availability.READY
