"""Where events go: subscriptions, the log of their deliveries, and sending again what was sent before."""

import secrets as entropy
from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import literal_column
from sqlmodel import Session, and_, col, func, select, update

from signaling.announcements import EventKind
from signaling.ids import DepartmentId, NumberId
from signaling.private import Token
from store.audit import By, Entry, write
from store.database import Database
from store.event_queue import secret_owner
from store.integration_models import EventDeliveryRow, EventSubscriptionRow, OutboxEventRow
from store.outbox import delivery_of, wants
from store.reach import EVERYTHING, Reach
from store.secrets import SecretBox

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (Standard Webhooks: a prefix, no secret)
REPLAY_LIMIT: Final = 10_000
SHELL: Final = "shell"


@dataclass(frozen=True, slots=True)
class NewSubscription:
    url: str = field(repr=False)
    description: str = ""
    kinds: frozenset[EventKind] | None = None  # None: all, also those of later versions
    reach: Reach = EVERYTHING


@dataclass(frozen=True, slots=True)
class Subscription:
    id: int
    url: str = field(repr=False)
    description: str
    kinds: tuple[str, ...] | None
    created_at: datetime
    failures: int
    paused_until: datetime | None
    held_at: datetime | None = None
    """Since when somebody holds it back: events wait."""
    waiting: int = 0
    dead: int = 0
    """Deliveries that wait, and those that were given up."""


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """One event for one subscription, without its body."""

    event_id: str
    kind: str
    subject: str
    sequence: int
    happened_at: datetime
    state: str
    attempts: int
    last_at: datetime | None
    last_result: str | None
    last_took_ms: int | None
    next_at: datetime | None
    outbox_id: int


@dataclass(frozen=True)
class SqlSubscriptionStore:
    """Every method may raise NeighbourError."""

    database: Database
    secrets: SecretBox

    async def add(self, new: NewSubscription, at: datetime, by: str = SHELL) -> tuple[Subscription, Token]:
        """The subscription and its signing secret, which is never shown again. Events from now on are delivered."""
        secret = Token(SECRET_PREFIX + b64encode(entropy.token_bytes(32)).decode())
        row = EventSubscriptionRow(
            url=new.url,
            description=new.description,
            secret_encrypted=self.secrets.encrypt(secret, secret_owner(new.url)),
            kinds=None if new.kinds is None else sorted(kind.value for kind in new.kinds),
            numbers=None if new.reach.numbers is None else sorted(new.reach.numbers),
            departments=None if new.reach.departments is None else sorted(new.reach.departments),
            created_at=at,
        )

        def work(session: Session) -> Subscription:
            session.add(row)
            session.flush()
            assert row.id is not None
            _note(session, By(by, at), "events.subscribed", row.id)
            return _subscription(row)

        return await self.database.run(work, races=True), secret

    async def all(self, reach: Reach = EVERYTHING) -> list[Subscription]:
        query = _present().order_by(col(EventSubscriptionRow.id))
        return await self.database.read(
            lambda session: [_counted(session, row) for row in session.exec(query) if _within(row, reach)]
        )

    async def get(self, subscription: int, reach: Reach = EVERYTHING) -> Subscription | None:
        def work(session: Session) -> Subscription | None:
            row = _row(session, subscription, reach)
            return None if row is None else _counted(session, row)

        return await self.database.read(work)

    async def secret_of(self, subscription: int, reach: Reach = EVERYTHING) -> Token | None:
        """What signs its deliveries. None: there is none."""

        def work(session: Session) -> Token | None:
            row = _row(session, subscription, reach)
            return None if row is None else self.secrets.decrypt(row.secret_encrypted, secret_owner(row.url))

        return await self.database.read(work)

    async def hold(self, subscription: int, held: bool, by: By, reach: Reach = EVERYTHING) -> Subscription | None:
        """Held: nothing is sent, what happens waits. Let go: all of it is sent, in order, and what waited is tried as
        if for the first time. Saying it twice changes nothing. None: there is none."""

        def work(session: Session) -> Subscription | None:
            row = _row(session, subscription, reach)
            if row is None:
                return None
            if held is not (row.held_at is not None):
                row.held_at = by.at if held else None
                if not held:
                    row.failures, row.paused_until = 0, None
                    waits = and_(
                        col(EventDeliveryRow.subscription_id) == subscription, col(EventDeliveryRow.state) == "pending"
                    )
                    session.execute(
                        update(EventDeliveryRow).where(waits).values(queued_at=by.at, next_at=by.at, attempts=0)
                    )
                _note(session, by, "events.held" if held else "events.let_go", subscription)
            return _counted(session, row)

        return await self.database.run(work, races=True)

    async def remove(self, subscription: int, at: datetime, reach: Reach = EVERYTHING, by: str = SHELL) -> bool:
        """Nothing more is delivered, also not what waits. False: there is none."""

        def work(session: Session) -> bool:
            row = _row(session, subscription, reach)
            if row is None:
                return False
            row.removed_at = at
            _note(session, By(by, at), "events.unsubscribed", subscription)
            return True

        return await self.database.run(work, races=True)

    async def log(
        self, subscription: int, *, state: str | None, limit: int, cursor: int | None
    ) -> tuple[list[LoggedDelivery], int | None]:
        """Newest first, and the cursor of the next page."""
        conditions: list[Any] = [EventDeliveryRow.subscription_id == subscription]
        if state is not None:
            conditions.append(EventDeliveryRow.state == state)
        if cursor is not None:
            conditions.append(col(EventDeliveryRow.outbox_id) < cursor)
        query = (
            select(EventDeliveryRow, OutboxEventRow)
            .join(OutboxEventRow, col(OutboxEventRow.id) == col(EventDeliveryRow.outbox_id))
            .where(*conditions)
            .order_by(col(EventDeliveryRow.outbox_id).desc())
            .limit(limit + 1)
        )

        def work(session: Session) -> tuple[list[LoggedDelivery], int | None]:
            lines = [_logged(delivery, event) for delivery, event in session.exec(query).all()]
            shown = lines[:limit]
            return shown, shown[-1].outbox_id if len(lines) > limit else None

        return await self.database.read(work)

    async def replay(
        self,
        subscription: int,
        at: datetime,
        *,
        since: datetime | None = None,
        event_id: str | None = None,
        by: str = SHELL,
    ) -> int:
        """Send again what it wants of the events since `since`, or one event; without both, what was given up. How many
        will be sent: at most 10,000, the oldest first. Events that wait already are not counted."""
        conditions: list[Any] = []
        if since is not None:
            conditions.append(col(OutboxEventRow.at) >= since)
        if event_id is not None:
            conditions.append(OutboxEventRow.event_id == event_id)
        gave_up_only = not conditions
        query = select(OutboxEventRow, EventDeliveryRow).outerjoin(
            EventDeliveryRow,
            (col(EventDeliveryRow.outbox_id) == col(OutboxEventRow.id))
            & (col(EventDeliveryRow.subscription_id) == subscription),
        )
        if gave_up_only:
            conditions.append(EventDeliveryRow.state == "dead")
        query = query.where(*conditions).order_by(col(OutboxEventRow.id)).limit(REPLAY_LIMIT)

        def work(session: Session) -> int:
            row = _row(session, subscription, EVERYTHING)
            if row is None:
                return 0
            sent = 0
            for event, delivery in session.exec(query).all():
                if delivery is None:
                    department = None if event.department_id is None else DepartmentId(event.department_id)
                    if not wants(row, event.kind, NumberId(event.number_id), department):
                        continue
                    session.add(delivery_of(row, event, at))
                elif delivery.state == "pending":
                    continue
                else:
                    delivery.state, delivery.attempts = "pending", 0
                    delivery.queued_at = delivery.next_at = at
                sent += 1
            row.failures, row.paused_until = 0, None
            if sent:
                _note(session, By(by, at), "events.replayed", subscription, events=sent)
            return sent

        return await self.database.run(work, races=True)


def _present() -> Any:
    return select(EventSubscriptionRow).where(col(EventSubscriptionRow.removed_at).is_(None))


def _row(session: Session, subscription: int, reach: Reach) -> EventSubscriptionRow | None:
    row: EventSubscriptionRow | None = session.exec(
        _present().where(EventSubscriptionRow.id == subscription)
    ).one_or_none()
    return row if row is not None and _within(row, reach) else None


def _within(row: EventSubscriptionRow, reach: Reach) -> bool:
    """Who sees a part of the records manages only subscriptions to no more than that part."""
    for mine, its in ((reach.numbers, row.numbers), (reach.departments, row.departments)):
        if mine is not None and (its is None or not mine.issuperset(its)):
            return False
    return True


def _subscription(row: EventSubscriptionRow) -> Subscription:
    assert row.id is not None
    kinds = None if row.kinds is None else tuple(row.kinds)
    return Subscription(
        row.id, row.url, row.description, kinds, row.created_at, row.failures, row.paused_until, row.held_at
    )


def _counted(session: Session, row: EventSubscriptionRow) -> Subscription:
    def count(state: str) -> int:
        """As a word in the SQL: SQLite uses an index of a part only where it reads its condition."""
        delivery: Any = EventDeliveryRow
        said: Any = literal_column(f"'{state}'")
        mine = and_(delivery.subscription_id == row.id, delivery.state == said)
        return session.exec(select(func.count()).select_from(delivery).where(mine)).one()

    return replace(_subscription(row), waiting=count("pending"), dead=count("dead"))


def _note(session: Session, by: By, action: str, subscription: int, **what: int) -> None:
    write(session, Entry(by.at, by.actor, action, f"subscription:{subscription}", what))


def _logged(delivery: EventDeliveryRow, event: OutboxEventRow) -> LoggedDelivery:
    return LoggedDelivery(
        event_id=event.event_id,
        kind=event.kind.value,
        subject=event.stream,
        sequence=event.sequence,
        happened_at=event.at,
        state=delivery.state,
        attempts=delivery.attempts,
        last_at=delivery.last_at,
        last_result=delivery.last_result,
        last_took_ms=delivery.last_took_ms,
        next_at=delivery.next_at if delivery.state == "pending" else None,
        outbox_id=delivery.outbox_id,
    )
