"""A `signaling.ports.DeliveryStore` in SQL: between the 200 that Meta gets and the handling, a webhook is here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, insert, text, update
from sqlmodel import Session, col, select

from signaling.ports import Delivery
from store.database import Database
from store.models import UNHANDLED, WebhookDeliveryRow, table_of

BATCH: Final = 1_000

_TABLE: Final = table_of(WebhookDeliveryRow)
_KEEP: Final = insert(_TABLE).returning(_TABLE.c.id)
_HANDLED: Final = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("delivery_id"), _TABLE.c.handled_at.is_(None))
    .values(handled_at=bindparam("at"), body=None)
)


@dataclass(frozen=True)
class SqlDeliveryStore:
    database: Database

    async def keep(self, body: bytes, received_at: datetime) -> Delivery:
        """On return the body is on the disk, not only in its cache (see store.database). Raises NeighbourError."""

        digest = hashlib.sha256(body).digest()

        def work(session: Session) -> Delivery:
            row = {"received_at": received_at, "sha256": digest, "body": body}
            return Delivery(session.connection().execute(_KEEP, row).scalar_one(), received_at, body)

        return await self.database.run(work)

    async def handled(self, delivery_id: int, at: datetime) -> None:
        """The body is erased, its hash stays. Saying it twice changes nothing."""
        said = {"delivery_id": delivery_id, "at": at}
        await self.database.run(lambda session: session.connection().execute(_HANDLED, said))

    async def newest_at(self) -> datetime | None:
        """When the last one came whose signature fits and that concerns a number of ours; None: never."""
        query = select(WebhookDeliveryRow.received_at).order_by(col(WebhookDeliveryRow.id).desc()).limit(1)
        return await self.database.read(lambda session: session.exec(query).first())

    async def unhandled(self) -> list[Delivery]:
        """Oldest first, at most 1,000."""
        query = select(WebhookDeliveryRow).where(text(UNHANDLED)).order_by(col(WebhookDeliveryRow.id)).limit(BATCH)
        return await self.database.read(lambda session: [_delivery_of(row) for row in session.exec(query)])


def _delivery_of(row: WebhookDeliveryRow) -> Delivery:
    assert row.id is not None and row.body is not None
    return Delivery(row.id, row.received_at, row.body)
