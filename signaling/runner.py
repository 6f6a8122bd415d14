"""One task per live call. It feeds the call's inbox to the pure lifecycle, saves what was decided, then performs it.

What only became known, and asks for nothing, is saved together with the next decision, within a second at most.

What goes wrong at a neighbour comes back into the same inbox as an event. While the store is away, calls in progress
go on and their last state is saved as soon as it is back; Meta's deliveries stay unhandled until then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from signaling.call import Call, Outcome, Party, State
from signaling.effects import CloseMedia, Effect, StartTimer
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import CallEvent, EffectFailed, GatewayRestarted
from signaling.lifecycle import step
from signaling.moves import ending_for_meta
from signaling.ports import CallStore, Clock

log = structlog.get_logger(__name__)

Report = Callable[[CallEvent], None]
Performer = Callable[[Effect, Report], Awaitable[None]]
"""Does what an effect asks for and reports what became of it, now or later. May raise NeighbourError."""

SAVE_AGAIN_S: Final = 1.0

SAVE_FACTS_WITHIN_S: Final = 1.0
"""What changed and asks for nothing (a first packet, say) is saved with the next decision, or after this long."""


@dataclass(frozen=True, slots=True)
class _Letter:
    event: CallEvent
    at: datetime
    saved: asyncio.Future[None] | None


class CallRunner:
    """Lives one call to its end. No other code touches its state."""

    def __init__(
        self,
        call: Call,
        *,
        store: CallStore,
        performers: Mapping[type[Effect], Performer],
        clock: Clock,
        on_change: Callable[[Call], None],
        on_over: Callable[[], None],
    ) -> None:
        self.call = call
        self._store, self._performers, self._clock = store, performers, clock
        self._on_change, self._on_over = on_change, on_over
        self._inbox: asyncio.Queue[_Letter] = asyncio.Queue()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._unsaved: list[asyncio.Future[None]] = []
        self._dirty, self._stored = False, asyncio.Event()
        self._loop, self._save_by_s = asyncio.get_running_loop(), 0.0
        self._task = asyncio.create_task(self._run(), name=f"call-{call.id}")

    def put(self, event: CallEvent) -> None:
        self._inbox.put_nowait(_Letter(event, self._clock(), None))

    def put_and_save(self, event: CallEvent) -> asyncio.Future[None]:
        """Done when what `event` led to is in the store."""
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(_Letter(event, self._clock(), saved))
        return saved

    async def stored(self) -> None:
        """Return when there is a row of it in the store, or never will be."""
        await self._stored.wait()

    async def end(self) -> None:
        """End the call at Meta, because the process ends, and return when Meta was told."""
        saved = self.put_and_save(GatewayRestarted())
        await asyncio.wait({saved, self._task}, return_when=asyncio.FIRST_COMPLETED)  # it may end by itself just now
        await asyncio.gather(*self._in_flight, return_exceptions=True)

    async def stop(self) -> None:
        """Drop everything at once: the process ends, and the next one finds the call open in the store."""
        self._task.cancel()
        for task in self._in_flight:
            task.cancel()
        await asyncio.gather(self._task, *self._in_flight, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                while self.call.state is not State.ENDED or not self._inbox.empty() or self._dirty:
                    await self._next()
                if not self._in_flight:
                    break  # with no await between here and `on_over`, no letter can be lost
                await asyncio.wait(self._in_flight)
        except Exception as error:  # a broken promise of our own: this call dies loudly, the others go on
            log.exception("call_runner_died", call_id=self.call.id, error=type(error).__name__)
            await self._die()
            for waiting in self._unsaved:  # what cannot be saved for a reason of ours never will be
                if not waiting.done():
                    waiting.set_exception(error)
            self._unsaved.clear()
        finally:
            for timer in self._timers:
                timer.cancel()
            while not self._inbox.empty():
                if (saved := self._inbox.get_nowait().saved) is not None:
                    self._unsaved.append(saved)
            for saved in self._unsaved:
                saved.cancel()
            self._stored.set()
            self._on_over()

    async def _next(self) -> None:
        try:
            letter = await self._letter()
        except TimeoutError:
            await self._save()
        else:
            await self._handle(letter)

    async def _letter(self) -> _Letter:
        """The next letter. Raises TimeoutError when something unsaved has waited long enough for it."""
        if not self._dirty or not self._inbox.empty():
            return await self._inbox.get()
        return await asyncio.wait_for(self._inbox.get(), max(0.0, self._save_by_s - self._loop.time()))

    async def _die(self) -> None:
        """End at Meta and in the store what can still be ended, so that nobody stays in a dead call."""
        call, at = self.call, self._clock()
        failure = Failure("gateway.bug", Fault.OURS)
        self.call = replace(
            call, state=State.ENDED, outcome=Outcome.FAILED, ended_by=Party.GATEWAY, failure=failure, ended_at=at
        ).note(at, "ended", outcome=Outcome.FAILED.value)
        self._dirty = True
        await asyncio.gather(
            *(self._perform(effect) for effect in ending_for_meta(call)),
            self._perform(CloseMedia(call.id)),
            self._save(),
            return_exceptions=True,
        )
        self._on_change(self.call)

    async def _handle(self, letter: _Letter) -> None:
        if letter.saved is not None:
            self._unsaved.append(letter.saved)
        before = self.call
        self.call, effects = step(before, letter.event, letter.at)
        if self.call is not before:
            if not self._dirty:
                self._dirty, self._save_by_s = True, self._loop.time() + SAVE_FACTS_WITHIN_S
            if self.call.state is not before.state:
                log.info("call_state", call_id=self.call.id, state=self.call.state.value, was=before.state.value)
        else:
            log.debug("event_changed_nothing", call_id=self.call.id, event_kind=type(letter.event).__name__)
        if self.call is not before:
            self._on_change(self.call)  # before it is saved: a slow disk must not let a phone ring on
        decided = effects or self.call.state is not before.state
        if self._unsaved or (self._dirty and (decided or self._loop.time() >= self._save_by_s)):
            await self._save()
        for effect in effects:
            self._start(effect)

    async def _save(self) -> None:
        if self._dirty:
            try:
                await self._store.save(self.call)
            except NeighbourError as error:
                log.error("call_not_saved", call_id=self.call.id, code=error.failure.code)
                if error.failure.fault is Fault.OURS:
                    raise  # asking again cannot help
                self._save_by_s = self._loop.time() + SAVE_AGAIN_S
                return
            self._dirty = False
            self._stored.set()
        for saved in self._unsaved:
            if not saved.done():
                saved.set_result(None)
        self._unsaved.clear()

    def _start(self, effect: Effect) -> None:
        if isinstance(effect, StartTimer):
            timers, event = self._timers, effect.event

            def ring() -> None:
                timers.discard(handle)
                self.put(event)

            handle = asyncio.get_running_loop().call_later(effect.after_s, ring)
            timers.add(handle)
            return
        task = asyncio.create_task(self._perform(effect), name=f"{type(effect).__name__}-{effect.call_id}")
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _perform(self, effect: Effect) -> None:
        name = type(effect).__name__
        try:
            await self._performers[type(effect)](effect, self.put)
        except NeighbourError as error:
            log.warning("effect_failed", call_id=self.call.id, effect=name, code=error.failure.code)
            self.put(EffectFailed(name, error.failure))
        except Exception as error:
            log.exception("effect_broke", call_id=self.call.id, effect=name, error=type(error).__name__)
            self.put(EffectFailed(name, Failure("gateway.bug", Fault.OURS, type(error).__name__)))
