"""A `signaling.ports.DeliveryStore` in SQL: between the 200 that Meta gets and the handling, a webhook is here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from signaling.ports import Delivery
from store.database import Database
from store.models import UNHANDLED, WebhookDeliveryRow

BATCH: Final = 1_000


@dataclass(frozen=True)
class SqlDeliveryStore:
    database: Database

    async def keep(self, body: bytes, received_at: datetime) -> Delivery:
        """On return the body is on the disk, not only in its cache (see store.database). Raises NeighbourError."""

        def work(session: Session) -> Delivery:
            row = WebhookDeliveryRow(received_at=received_at, sha256=hashlib.sha256(body).digest(), body=body)
            session.add(row)
            session.flush()
            return _delivery_of(row)

        return await self.database.run(work)

    async def handled(self, delivery_id: int, at: datetime) -> None:
        """The body is erased, its hash stays. Saying it twice changes nothing."""
        change = (
            update(WebhookDeliveryRow)
            .where(col(WebhookDeliveryRow.id) == delivery_id, col(WebhookDeliveryRow.handled_at).is_(None))
            .values(handled_at=at, body=None)
        )
        await self.database.run(lambda session: session.execute(change))

    async def unhandled(self) -> list[Delivery]:
        """Oldest first, at most 1,000."""
        query = select(WebhookDeliveryRow).where(text(UNHANDLED)).order_by(col(WebhookDeliveryRow.id)).limit(BATCH)
        return await self.database.read(lambda session: [_delivery_of(row) for row in session.exec(query)])


def _delivery_of(row: WebhookDeliveryRow) -> Delivery:
    assert row.id is not None and row.body is not None
    return Delivery(row.id, row.received_at, row.body)
