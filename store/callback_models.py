"""The table of customers who should be called back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Index, String, Text, text
from sqlmodel import Field

from signaling.announcements import CallbackReason
from store.columns import UtcDateTime, words_of
from store.models import Row

OPEN_CALLBACKS = "closed_at IS NULL"


class ClosedAs(StrEnum):
    REACHED = "reached"  # a later call with them was answered
    DONE = "done"  # somebody says so: they were answered another way
    DISMISSED = "dismissed"  # nobody need call


class CallbackRow(Row, table=True):
    """One customer and one of our numbers: at most one open card, however often they called in vain."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "ix_callbacks_open",
            *("number_id", "contact_id"),
            unique=True,
            sqlite_where=text(OPEN_CALLBACKS),
            postgresql_where=text(OPEN_CALLBACKS),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id", index=True)
    contact_id: int = Field(foreign_key="contacts.id", index=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False))  # the newest
    reason: CallbackReason = Field(sa_column=Column(words_of(CallbackReason), nullable=False))  # the newest
    times: int = 1
    first_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
    taken_by: int | None = Field(default=None, foreign_key="users.id")
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = Field(default=None, sa_column=Column(String(64)))
    closed_as: str | None = Field(default=None, sa_column=Column(Text))  # reached, done, dismissed
