"""Tables of the integrators' door: keys, what each one did, events on their way out, protocols, requests made once.

Personal data stands here only in `idempotent_requests.answer` and `protocols.note`. Events name the call, the contact
or the protocol that they are about, and the rest is read when they are delivered: an erased person is in no event.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field

from signaling.announcements import EventKind, ProtocolReason
from store.columns import ForeignText, UtcDateTime, words_of
from store.models import Row

PENDING = "state = 'pending'"
DEAD = "state = 'dead'"
OPEN_PROTOCOLS = "closed_at IS NULL"


class SequenceRow(Row, table=True):
    """Counters without gaps: `audit`, and `protocol.<year>`. Whoever counts holds the row to the transaction's end."""

    __tablename__ = "sequences"

    name: str = Field(sa_column=Column(String(64), primary_key=True))
    value: int = 0


class OutboxEventRow(Row, table=True):
    """An event that the world outside is told, written in the transaction of what it tells.

    `stream` is what keeps its order (`call:<id>`), `sequence` counts inside it from 1. `data` is what was true at that
    moment and tells of no person: ids, words, times.
    """

    __tablename__ = "outbox_events"
    __table_args__ = (
        UniqueConstraint("stream", "sequence"),
        Index("ix_outbox_events_at", "at"),
        {"sqlite_autoincrement": True},  # an id is never used twice: it is the order of deliveries
    )

    id: int | None = Field(default=None, primary_key=True)
    event_id: str = Field(sa_column=Column(String(36), nullable=False, unique=True))
    kind: EventKind = Field(sa_column=Column(words_of(EventKind), nullable=False))
    version: int
    at: datetime = Field(sa_type=UtcDateTime)
    stream: str = Field(sa_column=Column(String(64), nullable=False))
    sequence: int
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    call_id: str | None = Field(default=None, sa_column=Column(String(32), ForeignKey("calls.call_id")))
    contact_id: int | None = Field(default=None, foreign_key="contacts.id", index=True)
    new_contact: bool = Field(
        default=False, sa_column_kwargs={"server_default": false()}
    )  # the first that tells of them
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class EventSubscriptionRow(Row, table=True):
    """Where events go. Removed ones stay, disabled, for the log of their deliveries."""

    __tablename__ = "event_subscriptions"

    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(sa_column=Column(ForeignText, nullable=False))
    description: str = Field(sa_column=Column(ForeignText, nullable=False))
    secret_encrypted: str = Field(sa_column=Column(Text, nullable=False))
    kinds: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # NULL: all
    numbers: list[int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # NULL: all
    departments: list[int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    created_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0  # in a row, since the last delivery that worked
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # an administrator's pause: events wait
    carrier: str | None = Field(default=None, sa_column=Column(String(32)))  # the process that delivers to it
    carried_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a process that died holds it no longer


class EventDeliveryRow(Row, table=True):
    """One event for one subscription: waiting (`pending`), `delivered`, or given up (`dead`)."""

    __tablename__ = "event_deliveries"
    __table_args__ = (
        Index(
            "ix_event_deliveries_pending",
            "subscription_id",
            "outbox_id",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_event_deliveries_stream",
            "subscription_id",
            "stream",
            "outbox_id",
            sqlite_where=text(PENDING),
            postgresql_where=text(PENDING),
        ),
        Index(
            "ix_event_deliveries_dead",
            "subscription_id",
            "outbox_id",
            sqlite_where=text(DEAD),
            postgresql_where=text(DEAD),
        ),
    )

    subscription_id: int = Field(foreign_key="event_subscriptions.id", primary_key=True)
    outbox_id: int = Field(foreign_key="outbox_events.id", primary_key=True, index=True)
    stream: str = Field(sa_column=Column(String(64), nullable=False))
    state: str = Field(sa_column=Column(String(16), nullable=False))
    queued_at: datetime = Field(sa_type=UtcDateTime)  # since when it is tried: an event that is replayed begins anew
    next_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_result: str | None = Field(default=None, sa_column=Column(String(64)))  # `http.500`, `network.timeout` …
    last_took_ms: int | None = None


class ProtocolRow(Row, table=True):
    """A number that a customer can be given: somebody owes them an answer."""

    __tablename__ = "protocols"
    __table_args__ = (
        Index("ix_protocols_open", "id", sqlite_where=text(OPEN_PROTOCOLS), postgresql_where=text(OPEN_PROTOCOLS)),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(sa_column=Column(String(20), nullable=False, unique=True))  # 2026000123
    reason: ProtocolReason = Field(sa_column=Column(words_of(ProtocolReason), nullable=False))
    number_id: int = Field(foreign_key="numbers.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="departments.id", index=True)
    call_id: str | None = Field(default=None, sa_column=Column(String(32), ForeignKey("calls.call_id"), unique=True))
    contact_id: int | None = Field(default=None, foreign_key="contacts.id", index=True)
    note: str | None = Field(default=None, sa_column=Column(ForeignText))
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_column=Column(String(64), nullable=False))
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = Field(default=None, sa_column=Column(String(64)))


class ApiKeyRow(Row, table=True):
    """A key of an integrator. Only its SHA-256 stays here (`store.api_keys` says why that is enough)."""

    __tablename__ = "api_keys"

    id: int | None = Field(default=None, primary_key=True)
    prefix: str = Field(sa_column=Column(String(16), nullable=False, unique=True))
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    name: str = Field(sa_column=Column(ForeignText, nullable=False))
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    numbers: list[int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))  # NULL: all
    departments: list[int] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    per_minute: int | None = None  # NULL: RAMAL_API_PER_MINUTE
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditRow(Row, table=True):
    """Who did what. Each line holds the hash of the line before it; triggers refuse every change."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "position"),
        Index("ix_audit_actor", "actor", "at", "position"),
        Index("ix_audit_action", "action", "at", "position"),
        Index("ix_audit_subject", "subject", "at", "position"),
    )

    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(sa_column=Column(String(64), nullable=False))
    action: str = Field(sa_column=Column(String(64), nullable=False))
    subject: str = Field(sa_column=Column(String(128), nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class IdempotentRequestRow(Row, table=True):
    """What came of a request that its sender may repeat. `answer` NULL: it was begun."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (Index("ix_idempotent_requests_at", "at"),)

    actor: str = Field(sa_column=Column(String(64), primary_key=True))
    key_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    status: int | None = None
    answer: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
