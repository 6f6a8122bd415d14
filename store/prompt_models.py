"""Tables of uploaded sounds, and of who heard what.

Personal data: `prompts_heard` points at contacts.
"""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String
from sqlmodel import Field

from store.columns import ForeignText, UtcDateTime
from store.models import Row


class PromptRow(Row, table=True):
    """An uploaded sound. Its packets are a file of this name in the data folder."""

    __tablename__ = "prompts"

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str = Field(sa_column=Column(ForeignText, nullable=False))
    duration_ms: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_column=Column(String(64), nullable=False))  # as the audit names them


class PromptHeardRow(Row, table=True):
    """When a customer last began to hear a sound that is played once in so many minutes."""

    __tablename__ = "prompts_heard"

    number_id: int = Field(foreign_key="numbers.id", primary_key=True)
    contact_id: int = Field(
        sa_column=Column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)
    )
    prompt: str = Field(sa_column=Column(String(64), primary_key=True))
    heard_at: datetime = Field(sa_type=UtcDateTime, index=True)
