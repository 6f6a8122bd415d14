"""What Meta warns a number of is kept for its administrators, beyond the life of this process."""

from dataclasses import dataclass

from signaling.concerned import is_about
from signaling.events import AccountUpdated, WebhookEvent
from signaling.ports import Clock, NumberStore
from store.number_warnings import NumberWarning, SqlNumberWarnings


@dataclass(frozen=True)
class WarningsKept:
    """May raise NeighbourError: the webhook then stays unhandled, and is told again."""

    store: SqlNumberWarnings
    numbers: NumberStore
    clock: Clock

    async def heard(self, event: WebhookEvent) -> None:
        if not isinstance(event, AccountUpdated):
            return
        for number in await self.numbers.all():
            if is_about(event, number):
                for kind in event.types:
                    at = self.clock() if event.at is None else event.at
                    await self.store.add(number.id, NumberWarning(at, event.warning, kind, event.expires_at))
