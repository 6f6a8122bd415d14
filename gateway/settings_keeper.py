"""Keeps the calling settings of our numbers at Meta as they are wanted here: carries there what was written here, and
finds out when they were changed there. What became of it is kept beside them (`signaling.settings_at_meta`)."""

from dataclasses import InitVar, dataclass, field
from functools import partial

import structlog

from gateway.rounds import LOOK_EVERY_S, SOON_S, Rounds, SettingsGraph
from signaling.concerned import is_about
from signaling.errors import NeighbourError
from signaling.events import AccountUpdated, SettingsChanged, WebhookEvent
from signaling.ids import NumberId
from signaling.meta.graph_errors import GraphError
from signaling.ports import Clock, Number, NumberStore
from signaling.settings_at_meta import MirrorState, SettingsAtMeta, Wanted, body_of, compared, whole, words_of
from store.number_settings import SqlNumberSettings

log = structlog.get_logger(__name__)


@dataclass
class SettingsKeeper:
    """`start` and `stop` it."""

    store: SqlNumberSettings
    numbers: NumberStore
    graph: SettingsGraph
    clock: Clock
    look_every_s: InitVar[float] = LOOK_EVERY_S
    soon_s: InitVar[float] = SOON_S
    _rounds: Rounds = field(init=False)

    def __post_init__(self, look_every_s: float, soon_s: float) -> None:
        self._rounds = Rounds("settings", self.look, self._kept, look_every_s, soon_s)

    def start(self) -> None:
        self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def written(self, number: NumberId) -> None:
        """Somebody wrote settings: carry them to Meta. Returns when that is done, or after a few seconds."""
        await self._rounds.now(partial(self.look, number))

    async def tell_again(self, number: NumberId) -> None:
        """Write ours over whatever Meta has, and compare."""
        await self.store.ask_to_tell(number, self.clock())
        await self.written(number)

    def heard(self, event: WebhookEvent) -> None:
        """A webhook of Meta's about settings or punishments: look whether the settings are still ours."""
        match event:
            case SettingsChanged() | AccountUpdated():
                self._rounds.begin(partial(self._look_at_those_of, event))

    async def look(self, number: NumberId) -> MirrorState | None:
        """Compare, after telling Meta what it has not been told. None: there is no such number, or it is disabled.
        Raises NeighbourError when our own database is away."""
        async with self._rounds.locks[number]:
            while True:
                stored, ours = await self.store.of(number), await self.numbers.by_id(number)
                if stored is None or ours is None or ours.is_disabled:
                    return None
                seen = await self._seen(ours, stored.wanted_now, stored.at_meta)
                self._rounds.looked(number, failed=seen.state is MirrorState.FAILED)
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

    async def _kept(self) -> dict[NumberId, bool]:
        kept = await self.store.mirrored()
        return {number: seen is None or seen.state is MirrorState.WAITING for number, seen in kept.items()}

    async def _look_at_those_of(self, event: SettingsChanged | AccountUpdated) -> None:
        kept = await self.store.mirrored()
        for number in await self.numbers.all():
            if number.id in kept and is_about(event, number):
                await self.look(number.id)
