"""How all numbers stand, from what is kept: the list of numbers never waits for Meta. Behind the scenes each number is
looked at about every ten minutes (`signaling.number_facts.KEPT`)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from signaling.errors import NeighbourError
from signaling.ids import NumberId
from signaling.number_facts import Looked, MetaFacts
from signaling.number_standing import OPEN_FOR, OpenAlert, open_alerts
from signaling.ports import Clock, Number, NumberStore
from signaling.readiness import WebhookFacts
from signaling.settings_at_meta import LEFT_ALONE, SettingsAtMeta, Wanted
from store.number_settings import SqlNumberSettings
from store.number_warnings import SqlNumberWarnings

log = structlog.get_logger(__name__)

ROUND_EVERY_S: Final = 60.0
"""Between two rounds; each asks Meta only of numbers whose answer has grown old, and of those that it failed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`wanted`, `at_meta`: settings that are kept at Meta, as last compared. `looked`: what Meta said of the number."""

    number: Number
    wanted: Wanted
    at_meta: SettingsAtMeta | None
    looked: Looked
    alerts: list[OpenAlert]


@dataclass
class NumberRounds:
    """Who asks Meta, behind the scenes. `start` and `stop` it."""

    numbers: NumberStore
    meta: MetaFacts
    round_every_s: float = ROUND_EVERY_S
    _watch: asyncio.Task[None] | None = field(default=None)
    _new: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> None:
        self._watch = asyncio.create_task(self._keep_looking(), name="numbers-at-meta")

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    def saw(self, numbers: Sequence[Number]) -> None:
        """If one of these was never asked about, the next round begins now. Never waits."""
        if any(self._is_new(number) for number in numbers):
            self._new.set()

    async def look(self) -> None:
        """One round: numbers one after another, so that Meta is not asked of all at once. A number that takes no calls
        is asked about when somebody opens its page. Raises NeighbourError."""
        for number in await self.numbers.all():
            if not number.is_disabled:
                await self.meta.look(number)

    def _is_new(self, number: Number) -> bool:
        looked = self.meta.looked(number.phone_number_id)
        return not number.is_disabled and looked.at is None and looked.failure is None

    async def _keep_looking(self) -> None:
        while True:
            self._new.clear()
            try:
                await self.look()
            except NeighbourError as error:
                log.warning("numbers_not_looked_at", code=error.failure.code)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.round_every_s):
                    await self._new.wait()


@dataclass(frozen=True)
class NumberStandings:
    """`webhook`: what came of Meta's webhooks. Every method asks only our own database, and may raise
    NeighbourError."""

    settings: SqlNumberSettings
    warnings: SqlNumberWarnings
    rounds: NumberRounds
    webhook: Callable[[], Awaitable[WebhookFacts]]
    clock: Clock

    async def of(self, numbers: Sequence[Number]) -> list[Standing]:
        """In the same order."""
        self.rounds.saw(numbers)
        mirrors, alerts = await asyncio.gather(self.settings.mirrors(), self._alerts(numbers))
        return [
            Standing(number, *mirrors.get(number.id, (LEFT_ALONE, None)), self._looked(number), alerts[number.id])
            for number in numbers
        ]

    async def alerts_of(self, number: Number) -> list[OpenAlert]:
        return (await self._alerts([number]))[number.id]

    async def _alerts(self, numbers: Sequence[Number]) -> dict[NumberId, list[OpenAlert]]:
        now = self.clock()
        warnings, webhook = await asyncio.gather(self.warnings.since(now - OPEN_FOR), self.webhook())
        return {
            number.id: open_alerts(number, self._looked(number), warnings.get(number.id, ()), webhook, now)
            for number in numbers
        }

    def _looked(self, number: Number) -> Looked:
        return self.rounds.meta.looked(number.phone_number_id)
