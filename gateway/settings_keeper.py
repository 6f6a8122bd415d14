"""Keeps the calling settings of our numbers at Meta as they are wanted here: carries there what was written here, and
finds out when they were changed there. What became of it is kept beside them (`signaling.settings_at_meta`)."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from signaling.errors import NeighbourError
from signaling.events import AccountUpdated, SettingsChanged, WebhookEvent
from signaling.ids import NumberId, PhoneNumberId
from signaling.meta.graph_answers import CallingSettings
from signaling.meta.graph_errors import GraphError
from signaling.ports import Clock, Number, NumberStore
from signaling.settings_at_meta import MirrorState, SettingsAtMeta, Wanted, body_of, compared, whole, words_of
from store.number_settings import SqlNumberSettings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 3_600.0
SOON_S: Final = 60.0
"""How soon it is noticed that somebody wrote settings elsewhere (a shell, another process), and how long after a
failure Meta is asked again the first time; each further failure doubles that, up to `LOOK_EVERY_S`."""
WAIT_S: Final = 4.0
"""How long whoever saved waits to hear what Meta said; it goes on behind the scenes."""


class SettingsGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here; it repeats by its own rules."""

    async def settings(self, number: PhoneNumberId) -> CallingSettings: ...

    async def update_settings(self, number: PhoneNumberId, calling: Mapping[str, object]) -> None: ...


@dataclass
class SettingsKeeper:
    """`start` and `stop` it."""

    store: SqlNumberSettings
    numbers: NumberStore
    graph: SettingsGraph
    clock: Clock
    look_every_s: float = LOOK_EVERY_S
    soon_s: float = SOON_S
    _locks: defaultdict[NumberId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _at_work: set[asyncio.Task[None]] = field(default_factory=set)
    _failures: defaultdict[NumberId, int] = field(default_factory=lambda: defaultdict(int))  # in a row
    _due_s: dict[NumberId, float] = field(default_factory=dict)  # of the loop: when a number is looked at again
    _watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_looking(), name="settings-at-meta")

    async def stop(self) -> None:
        tasks = [*self._at_work, *([] if self._watch is None else [self._watch])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def written(self, number: NumberId) -> None:
        """Somebody wrote settings: carry them to Meta. Returns when that is done, or after a few seconds."""
        await asyncio.wait([self._soon(number)], timeout=WAIT_S)

    async def tell_again(self, number: NumberId) -> None:
        """Write ours over whatever Meta has, and compare."""
        await self.store.ask_to_tell(number, self.clock())
        await self.written(number)

    def heard(self, event: WebhookEvent) -> None:
        """A webhook of Meta's about settings or punishments: look whether the settings are still ours."""
        match event:
            case SettingsChanged() | AccountUpdated():
                self._begin(self._look_at_those_of(event))

    async def look(self, number: NumberId) -> MirrorState | None:
        """Compare, after telling Meta what it has not been told. None: there is no such number, or it is disabled.
        Raises NeighbourError when our own database is away."""
        async with self._locks[number]:
            while True:
                stored, ours = await self.store.of(number), await self.numbers.by_id(number)
                if stored is None or ours is None or ours.is_disabled:
                    return None
                seen = await self._seen(ours, stored.wanted_now, stored.at_meta)
                self._note(number, seen.state)
                if seen == stored.at_meta or await self.store.note_at_meta(number, seen, stored.at_meta):
                    return seen.state

    async def _seen(self, number: Number, wanted: Wanted, before: SettingsAtMeta | None) -> SettingsAtMeta:
        now, pnid, ours = self.clock(), number.phone_number_id, words_of(wanted)
        to_write = tuple(place for place in (() if before is None else before.to_write) if place in ours)
        failures: dict[str, tuple[str, str]] = {}
        try:
            metas = whole((await self.graph.settings(pnid)).raw)
            differing = [place for place in to_write if metas.get(place) != ours[place]]
            for place in differing:
                # One place at a time: what Meta refuses is then known by its place.
                try:
                    await self.graph.update_settings(pnid, body_of(wanted, place))
                except GraphError as error:
                    failures[place] = error.failure.code, error.details or error.title
            if differing:
                metas = whole((await self.graph.settings(pnid)).raw)
        except NeighbourError as error:
            log.warning("settings_not_at_meta", number=number.id, code=error.failure.code, to_write=list(to_write))
            places = () if before is None else before.places
            return SettingsAtMeta(MirrorState.FAILED, now, places, error.failure.code, to_write)
        seen = compared(wanted, metas, failures, now)
        if failures:
            codes = [code for code, _ in failures.values()]
            log.warning("settings_refused_by_meta", number=number.id, places=list(failures), codes=codes)
        elif seen.state is MirrorState.DIFFERENT and (before is None or before.state is not MirrorState.DIFFERENT):
            drifted = [place.place for place in seen.places if place.ours not in (None, place.metas)]
            log.warning("settings_differ_at_meta", number=number.id, places=drifted)
        return seen

    async def _keep_looking(self) -> None:
        while True:
            try:
                for number, at_meta in (await self.store.mirrored()).items():
                    if self._is_due(number, at_meta):
                        await self.look(number)
            except NeighbourError as error:
                log.warning("settings_not_looked_at", code=error.failure.code)
            await asyncio.sleep(self.soon_s)

    def _is_due(self, number: NumberId, at_meta: SettingsAtMeta | None) -> bool:
        """The table says what was written elsewhere meanwhile; of what failed, `_due_s` says when to try again."""
        unasked = at_meta is None or at_meta.state is MirrorState.WAITING
        return unasked or asyncio.get_running_loop().time() >= self._due_s.get(number, 0.0)

    def _note(self, number: NumberId, state: MirrorState) -> None:
        wait_s = self.look_every_s
        if state is MirrorState.FAILED:
            wait_s = min(wait_s, self.soon_s * 2.0 ** min(self._failures[number], 30))
            self._failures[number] += 1
        else:
            self._failures.pop(number, None)
        self._due_s[number] = asyncio.get_running_loop().time() + wait_s

    async def _look_at_those_of(self, event: SettingsChanged | AccountUpdated) -> None:
        try:
            kept = await self.store.mirrored()
            for number in await self.numbers.all():
                if number.id in kept and is_about(event, number):
                    await self.look(number.id)
        except NeighbourError as error:
            log.warning("settings_not_looked_at", code=error.failure.code)

    def _soon(self, number: NumberId) -> asyncio.Task[None]:
        async def work() -> None:
            try:
                await self.look(number)
            except NeighbourError as error:
                log.warning("settings_not_looked_at", code=error.failure.code)

        return self._begin(work())

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name="settings-to-meta")
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        return task


def is_about(event: SettingsChanged | AccountUpdated, number: Number) -> bool:
    """Meta names an account, a number of it, or (`0`) only its phone."""
    if isinstance(event, SettingsChanged):
        return event.number == number.phone_number_id
    if event.phone is not None:
        return event.phone == number.phone
    return event.waba == number.waba_id
