"""The table of messages that customers leave after the beep."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, String, Text, false
from sqlmodel import Field

from store.columns import UtcDateTime, words_of
from store.models import Row


class MessageState(StrEnum):
    FINISHING = "finishing"  # its journal is complete; no file is made of it yet
    RECORDED = "recorded"
    PARTIAL = "partial"  # something is missing: the process died, or the disk lost some of it
    FAILED = "failed"  # nothing of it can be played; the journal stays for who wants to look
    DELETED = "deleted"  # by its schedule, by hand, or with its customer; that there was a message stays


class MessageRow(Row, table=True):
    """One for each call in which a customer spoke after the beep. The sound is elsewhere: `file` is a place in the
    vault."""

    __tablename__ = "messages"

    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), primary_key=True))
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    state: MessageState = Field(sa_column=Column(words_of(MessageState), nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(String(64)))
    left_at: datetime = Field(sa_type=UtcDateTime)
    file: str | None = Field(default=None, sa_column=Column(Text))
    key_name: str | None = Field(default=None, sa_column=Column(Text))  # of the master key that sealed the file
    sha256: str | None = Field(default=None, sa_column=Column(String(64)))  # of the plain file
    size_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    duration_s: float | None = None
    keep_until: datetime | None = Field(default=None, index=True, sa_type=UtcDateTime)  # None: for ever
    legal_hold: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
