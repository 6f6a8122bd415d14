"""Who heard which sound, and when: a greeting that is played once in so many minutes, also over a restart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col

from signaling.events import Customer
from signaling.ids import NumberId
from signaling.plan import LONGEST_ONCE_IN_MIN
from store.contacts import find_contact
from store.database import Database
from store.models import NumberRow
from store.prompt_models import PromptHeardRow

KEPT: Final = timedelta(minutes=LONGEST_ONCE_IN_MIN)
"""No plan asks for more; what is older is deleted as others hear something."""


@dataclass(frozen=True)
class SqlPromptsHeard:
    """A `gateway.heard_lately.HeardStore`. Raises NeighbourError."""

    database: Database

    async def begin(
        self, number: NumberId, customer: Customer, sound: str, interval: timedelta, now: datetime
    ) -> datetime | None:
        """When this customer last began to hear `sound`, if that was less than `interval` ago. None: they begin now,
        which is kept, unless nothing is known of them."""

        def work(session: Session) -> datetime | None:
            ours = session.get(NumberRow, number)
            contact = None if ours is None else find_contact(session, ours.waba_id, customer)
            if contact is None or contact.id is None:
                return None
            return begin_to_hear(session, number, contact.id, sound, interval, now)

        return await self.database.run(work, races=True)


def begin_to_hear(
    session: Session, number: int, contact: int, sound: str, interval: timedelta, now: datetime
) -> datetime | None:
    """When they last began to, if that was less than `interval` before `now`. None: they begin now, which is kept."""
    row = session.get(PromptHeardRow, (number, contact, sound), with_for_update=True)
    if row is not None and now - row.heard_at < interval:
        return row.heard_at
    if row is None:
        session.add(PromptHeardRow(number_id=number, contact_id=contact, prompt=sound, heard_at=now))
    else:
        row.heard_at = now
    session.flush()
    session.execute(delete(PromptHeardRow).where(col(PromptHeardRow.heard_at) < now - KEPT))
    return None
