"""What customers are played while nobody talks to them: performs the sounds that a call's plan asks for."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.media.plane import Prompt
from gateway.media.prompt_library import PromptLibrary, UnknownPrompt
from gateway.media.prompt_texts import position_prompt
from gateway.media.prompts import PromptUnusable
from gateway.media.switchboard import Switchboard
from signaling.call import Call
from signaling.effects import Effect, PlayPrompts, SayPosition
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import Customer, PromptEnded
from signaling.ids import CallId, NumberId
from signaling.ports import Clock
from signaling.runner import Performer, Report
from signaling.waiting import place_in_queue, plan_of

CUSTOMERS_REMEMBERED: Final = 50_000


@dataclass(slots=True)
class HeardLately:
    """Who heard what, and when: nobody has to listen to a greeting twice within its interval. A restart forgets."""

    _heard: OrderedDict[tuple[NumberId, Customer, str], datetime] = field(default_factory=OrderedDict)

    def within(self, call: Call, sound: str, interval: timedelta, now: datetime) -> bool:
        """Whether this customer heard it so lately; if not, they do now."""
        key = (call.number, call.customer, sound)
        heard_at = self._heard.get(key)
        if heard_at is not None and now - heard_at < interval:
            return True
        self._heard[key] = now
        self._heard.move_to_end(key)
        while len(self._heard) > CUSTOMERS_REMEMBERED:
            self._heard.popitem(last=False)
        return False


@dataclass(frozen=True, slots=True)
class Announcer:
    """`live_calls`: to know how many wait before a customer."""

    switchboard: Switchboard
    library: PromptLibrary
    live_calls: Callable[[], Sequence[Call]]
    clock: Clock
    heard: HeardLately = field(default_factory=HeardLately)

    async def __call__(self, effect: Effect, report: Report) -> None:
        call = self._call(effect.call_id)
        if call is None:
            return
        match effect:
            case PlayPrompts(prompts=prompts, place=place, once_in_min=minutes, loops=loops):
                interval = timedelta(minutes=minutes)
                if minutes and self.heard.within(call, "+".join(prompts), interval, self.clock()):
                    report(PromptEnded(place))
                    return
                prompt = await self._sound(tuple(prompts), plan_of(call).language)
                prompt = replace(prompt, loop=loops or prompt.loop)
            case SayPosition(place=place):
                ahead = place_in_queue(call.id, self.live_calls())
                prompt = await self._sound((position_prompt(ahead),), plan_of(call).language)
            case _:
                raise AssertionError("an announcer only plays sounds")
        self.switchboard.play(call.id, prompt, lambda: report(PromptEnded(place)))

    async def _sound(self, names: tuple[str, ...], language: str) -> Prompt:
        try:
            if len(names) == 1:
                return await self.library.get(names[0], language)
            return await self.library.sequence(names, language)
        except (UnknownPrompt, PromptUnusable) as error:
            raise NeighbourError(Failure("prompt.unusable", Fault.CONFIGURATION, type(error).__name__)) from None
        except OSError as error:
            raise NeighbourError(Failure("prompt.unreadable", Fault.OURS, type(error).__name__)) from None

    def _call(self, call_id: CallId) -> Call | None:
        return next((call for call in self.live_calls() if call.id == call_id), None)


def announcing_performers(announcer: Announcer) -> dict[type[Effect], Performer]:
    return dict.fromkeys((PlayPrompts, SayPosition), announcer)
