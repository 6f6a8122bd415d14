"""Web push at rest: the gateway's key, and the browsers that may be woken, both encrypted."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from signaling.ids import AgentId
from signaling.private import Token
from store.database import Database
from store.push_models import PushKeyRow, PushSubscriptionRow
from store.secrets import SecretBox

MOST_PER_USER: Final = 10
_KEY_OWNER: Final = "push key"


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """As the browser gave it (Push API §8): where to send, and the keys that only that browser can read with."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    language: str = "pt-BR"


@dataclass(frozen=True)
class SqlPush:
    """Every method may raise NeighbourError."""

    database: Database
    secrets: SecretBox

    async def key(self, fresh: Token) -> Token:
        """The private key (PEM): the one that is kept, else `fresh`, which is kept from now on."""

        def work(session: Session) -> Token:
            row = session.get(PushKeyRow, 1)
            if row is None:
                session.add(PushKeyRow(id=1, sealed_private=self.secrets.encrypt(fresh, _KEY_OWNER)))
                session.flush()
                return fresh
            return self.secrets.decrypt(row.sealed_private, _KEY_OWNER)

        return await self.database.run(work, races=True)

    async def save(self, user: AgentId, subscription: PushSubscription, now: datetime) -> None:
        """This browser is this user's now, whoever's it was. Of too many, the oldest is forgotten."""
        name = _name(subscription.endpoint)
        secret = json.dumps([subscription.endpoint, subscription.p256dh, subscription.auth])
        sealed = self.secrets.encrypt(Token(secret), _owner(name))
        mine = select(PushSubscriptionRow).where(col(PushSubscriptionRow.user_id) == user)

        def work(session: Session) -> None:
            session.merge(
                PushSubscriptionRow(
                    endpoint_hash=name, user_id=user, language=subscription.language, sealed=sealed, saved_at=now
                )
            )
            session.flush()
            newest_first = mine.order_by(col(PushSubscriptionRow.saved_at).desc()).offset(MOST_PER_USER)
            for row in session.exec(newest_first).all():
                session.delete(row)

        await self.database.run(work, races=True)

    async def of(self, user: AgentId) -> list[PushSubscription]:
        mine = select(PushSubscriptionRow).where(col(PushSubscriptionRow.user_id) == user)

        def work(session: Session) -> list[PushSubscription]:
            return [self._opened(row) for row in session.exec(mine).all()]

        return await self.database.read(work)

    async def forget(self, endpoint: str, user: AgentId | None = None) -> None:
        """`user`: only if it is theirs."""
        query = delete(PushSubscriptionRow).where(col(PushSubscriptionRow.endpoint_hash) == _name(endpoint))
        if user is not None:
            query = query.where(col(PushSubscriptionRow.user_id) == user)

        def work(session: Session) -> None:
            session.exec(query)

        await self.database.run(work)

    def _opened(self, row: PushSubscriptionRow) -> PushSubscription:
        secret = self.secrets.decrypt(row.sealed, _owner(row.endpoint_hash))
        endpoint, p256dh, auth = json.loads(secret.value)
        return PushSubscription(endpoint, p256dh, auth, row.language)


def _name(endpoint: str) -> str:
    return sha256(endpoint.encode()).hexdigest()


def _owner(name: str) -> str:
    return f"push subscription {name}"
