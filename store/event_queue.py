"""What waits to be delivered, what came of it, and when it is tried again. The schedule outlives a restart.

Inside a stream (one call) nothing overtakes: only the oldest event that waits is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_, select, update

from signaling.private import Token
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import EventDeliveryRow, EventSubscriptionRow, OutboxEventRow
from store.secrets import SecretBox

PRUNE_LIMIT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Receiver:
    """A subscription, as who delivers needs it. `failures`: deliveries in a row that did not work."""

    id: int
    url: str = field(repr=False)
    secret: Token
    failures: int
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery that is due."""

    outbox_id: int
    event_id: str
    kind: str
    queued_at: datetime
    attempts: int  # so far
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt. `next_at` None: it is not tried again, `state` says why."""

    outbox_id: int
    at: datetime
    result: str  # `http.204`, `network.timeout` …
    took_ms: int
    state: str  # pending, delivered, dead
    next_at: datetime | None = None


@dataclass(frozen=True)
class SqlEventQueue:
    """Every method may raise NeighbourError."""

    database: Database
    secrets: SecretBox

    async def receivers(self) -> list[Receiver]:
        """Those that nobody holds back."""
        query = select(EventSubscriptionRow).where(*_open())
        return await self.database.read(lambda session: [self._receiver(row) for row in session.exec(query)])

    async def hold(self, subscription: int, carrier: str, now: datetime, until: datetime) -> bool:
        """Whether `carrier`, and nobody else, may deliver to this receiver until then. Holding it goes on by asking
        again; who stops asking, because the process died, holds it no longer."""
        row = EventSubscriptionRow
        free = or_(col(row.carrier).is_(None), col(row.carrier) == carrier, col(row.carried_until) <= now)
        query = update(row).where(col(row.id) == subscription, free).values(carrier=carrier, carried_until=until)
        return await self.database.run(lambda session: session.exec(query).rowcount == 1)

    async def let_go(self, carrier: str) -> None:
        """Whatever `carrier` holds may be taken by others at once."""
        query = update(EventSubscriptionRow).where(col(EventSubscriptionRow.carrier) == carrier)
        await self.database.run(lambda session: session.exec(query.values(carrier=None, carried_until=None)))

    async def due(self, subscription: int, now: datetime, limit: int) -> list[Parcel]:
        """The oldest first, at most one of a stream; none for a receiver that is held back or gone."""
        waiting: Any = aliased(EventDeliveryRow)
        earlier: Any = aliased(EventDeliveryRow)
        has_earlier = exists().where(
            earlier.subscription_id == waiting.subscription_id,
            earlier.stream == waiting.stream,
            earlier.state == "pending",
            earlier.outbox_id < waiting.outbox_id,
        )
        query = (
            select(waiting, OutboxEventRow)
            .join(OutboxEventRow, col(OutboxEventRow.id) == waiting.outbox_id)
            .where(waiting.subscription_id == subscription, waiting.state == "pending", waiting.next_at <= now)
            .where(~has_earlier, exists().where(col(EventSubscriptionRow.id) == subscription, *_open()))
            .order_by(waiting.outbox_id)
            .limit(limit)
        )

        def work(session: Session) -> list[Parcel]:
            return [_parcel(session, delivery, event) for delivery, event in session.exec(query).all()]

        return await self.database.read(work)

    async def next_due_at(self, subscription: int) -> datetime | None:
        """When something will be due at the latest; None: nothing waits."""
        query = select(func.min(EventDeliveryRow.next_at)).where(
            EventDeliveryRow.subscription_id == subscription, EventDeliveryRow.state == "pending"
        )
        return await self.database.read(lambda session: session.exec(query).one())

    async def record(
        self, subscription: int, attempts: Sequence[Attempt], failures: int, paused_until: datetime | None
    ) -> None:
        def work(session: Session) -> None:
            for attempt in attempts:
                row = session.get(EventDeliveryRow, (subscription, attempt.outbox_id))
                if row is None:
                    continue
                row.attempts += 1
                row.last_at, row.last_result, row.last_took_ms = attempt.at, attempt.result, attempt.took_ms
                row.state = attempt.state
                row.next_at = attempt.next_at or row.next_at
            session.execute(
                update(EventSubscriptionRow)
                .where(col(EventSubscriptionRow.id) == subscription)
                .values(failures=failures, paused_until=paused_until)
            )

        await self.database.run(work)

    async def prune(self, before: datetime) -> int:
        """Forget events older than `before` that wait for nobody; how many went, at most 1,000 at a time."""
        pending = exists().where(
            col(EventDeliveryRow.outbox_id) == col(OutboxEventRow.id), col(EventDeliveryRow.state) == "pending"
        )
        query = select(OutboxEventRow.id).where(col(OutboxEventRow.at) < before, ~pending).limit(PRUNE_LIMIT)

        def work(session: Session) -> int:
            old = session.exec(query).all()
            session.execute(delete(EventDeliveryRow).where(col(EventDeliveryRow.outbox_id).in_(old)))
            session.execute(delete(OutboxEventRow).where(col(OutboxEventRow.id).in_(old)))
            return len(old)

        return await self.database.run(work)

    def _receiver(self, row: EventSubscriptionRow) -> Receiver:
        assert row.id is not None
        secret = self.secrets.decrypt(row.secret_encrypted, secret_owner(row.url))
        return Receiver(row.id, row.url, secret, row.failures, row.paused_until)


def _open() -> tuple[Any, ...]:
    return (col(EventSubscriptionRow.removed_at).is_(None), col(EventSubscriptionRow.held_at).is_(None))


def secret_owner(url: str) -> str:
    """What a signing secret is sealed to: it cannot be moved to another receiver in the table."""
    return f"events:{url}"


def _parcel(session: Session, delivery: EventDeliveryRow, event: OutboxEventRow) -> Parcel:
    assert event.id is not None
    body = event_told(session, event).model_dump_json().encode()
    return Parcel(event.id, event.event_id, event.kind.value, delivery.queued_at, delivery.attempts, body)
