"""Tables of web push: where agents' browsers may be woken, and the key by which push services know this gateway."""

from datetime import datetime

from sqlalchemy import Column, String, Text
from sqlmodel import Field

from store.columns import UtcDateTime
from store.models import Row


class PushSubscriptionRow(Row, table=True):
    """One browser of one user. `sealed` holds its address and keys: whoever has them can send to it."""

    __tablename__ = "push_subscriptions"

    endpoint_hash: str = Field(sa_column=Column(String(64), primary_key=True))  # SHA-256, hexadecimal
    user_id: int = Field(foreign_key="users.id", index=True)
    language: str = Field(sa_column=Column(String(16), nullable=False))
    sealed: str = Field(sa_column=Column(Text, nullable=False))
    saved_at: datetime = Field(sa_type=UtcDateTime)


class PushKeyRow(Row, table=True):
    """The one key pair (RFC 8292), made when it is first asked for. A new one would make every subscription void."""

    __tablename__ = "push_key"

    id: int = Field(primary_key=True)
    sealed_private: str = Field(sa_column=Column(Text, nullable=False))
