"""Tables of what agents write down after a call, and of the words they choose from.

Personal data: `call_notes.text`.
"""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Text, UniqueConstraint
from sqlmodel import Field

from signaling.reasons import ReasonKind
from store.columns import ForeignText, UtcDateTime, words_of
from store.models import Row


class CallNoteRow(Row, table=True):
    """What one agent wrote of one call; each agent who had the customer has their own."""

    __tablename__ = "call_notes"
    __table_args__ = (
        UniqueConstraint("call_id", "agent_id"),
        Index("ix_call_notes_disposition_call_id", "disposition", "call_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False))
    agent_id: int = Field(foreign_key="users.id")
    text: str = Field(sa_column=Column(ForeignText, nullable=False))
    disposition: str | None = Field(default=None, sa_column=Column(String(32)))
    updated_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # told to integrators


class ReasonRow(Row, table=True):
    """The company's own list of one kind, in its order; no row of a kind: `signaling.reasons.DEFAULT_REASONS`."""

    __tablename__ = "reasons"

    kind: ReasonKind = Field(sa_column=Column(words_of(ReasonKind), primary_key=True))
    code: str = Field(sa_column=Column(String(32), primary_key=True))
    position: int
    label: str | None = Field(default=None, sa_column=Column(Text))
