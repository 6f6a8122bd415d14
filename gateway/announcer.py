"""What customers are played while nobody talks to them: performs the sounds that a call's plan asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from gateway.heard_lately import HeardLately
from gateway.media.plane import Prompt
from gateway.media.prompt_library import PromptLibrary, UnknownPrompt
from gateway.media.prompt_texts import position_prompt
from gateway.media.prompts import PromptUnusable
from gateway.media.switchboard import Switchboard
from signaling.call import Call, Consent, State
from signaling.effects import Effect, PlayPrompts, SayPosition
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import PromptEnded
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.recording_moves import CONSENT_PLACE
from signaling.runner import Performer, Report
from signaling.waiting import place_in_queue, plan_of


@dataclass(frozen=True, slots=True)
class Announcer:
    """`live_calls`: to know how many wait before a customer."""

    switchboard: Switchboard
    library: PromptLibrary
    live_calls: Callable[[], Sequence[Call]]
    clock: Clock
    heard: HeardLately

    async def __call__(self, effect: Effect, report: Report) -> None:
        call = self._call(effect.call_id)
        if call is None:
            return
        assert isinstance(effect, PlayPrompts | SayPosition)
        match effect:
            case PlayPrompts(prompts=prompts, place=place, once_in_min=minutes, loops=loops):
                interval = timedelta(minutes=minutes)
                if minutes and await self.heard.within(call, "+".join(prompts), interval, self.clock()):
                    report(PromptEnded(place))
                    return
                prompt = await self._sound(tuple(prompts), plan_of(call).language)
                prompt = replace(prompt, loop=loops or prompt.loop)
            case SayPosition(place=place):
                ahead = place_in_queue(call.id, self.live_calls())
                prompt = await self._sound((position_prompt(ahead),), plan_of(call).language)
        if self._is_waited_for(effect):
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

    def _is_waited_for(self, effect: PlayPrompts | SayPosition) -> bool:
        """Whether the call is still where it was when the sound was asked for: files and tables take a moment, and
        nobody's conversation may be covered by what was to be heard before it."""
        call = self._call(effect.call_id)
        if call is None:
            return False
        if effect.place == CONSENT_PLACE:
            return call.consent is Consent.ASKED and call.state is State.TALKING and not call.held
        is_there = call.place is not None and call.place.number == effect.place
        return is_there and call.state in (State.WAITING, State.CLAIMED)

    def _call(self, call_id: CallId) -> Call | None:
        return next((call for call in self.live_calls() if call.id == call_id), None)


def announcing_performers(announcer: Announcer) -> dict[type[Effect], Performer]:
    return dict.fromkeys((PlayPrompts, SayPosition), announcer)
