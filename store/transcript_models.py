"""Tables of what was said in calls, and of what calls were about.

Personal data: `transcripts.segments`, `transcripts.words`, `summaries.content`; SQLite's index of the words
(`transcript_words`, made by the migration) follows the table by triggers.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlmodel import Field

from signaling.errors import Failure
from store.columns import FailureColumn, UtcDateTime, words_of
from store.models import Row


class TextState(StrEnum):
    """`waiting` may have a failure: it did not work yet, and is tried again."""

    NOT_CONFIGURED = "not_configured"  # there is no engine: nothing is wrong
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Source(StrEnum):
    OURS = "ours"  # of our recording, by the engine of the settings
    META = "meta"  # Meta's own


class TranscriptRow(Row, table=True):
    """What was said in one call. `words`: as `store.word_search` folds them."""

    __tablename__ = "transcripts"
    __table_args__ = (
        UniqueConstraint("call_id", "source"),
        Index("ix_transcripts_words", text("to_tsvector('simple'::regconfig, words)"), postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False))
    source: Source = Field(sa_column=Column(words_of(Source), nullable=False))
    state: TextState = Field(sa_column=Column(words_of(TextState), nullable=False))
    failure: Failure | None = Field(default=None, sa_column=Column(FailureColumn))
    language: str | None = Field(default=None, sa_column=Column(String(16)))
    engine: str | None = Field(default=None, sa_column=Column(Text))
    model: str | None = Field(default=None, sa_column=Column(Text))
    segments: list[list[Any]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    words: str | None = Field(default=None, sa_column=Column(Text))
    sha256: str | None = Field(default=None, sa_column=Column(String(64)))  # of the file that was heard
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: str = Field(sa_column=Column(String(64), nullable=False))  # `user:7`, `key:3`, `gateway`
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SummaryRow(Row, table=True):
    """What one call was about."""

    __tablename__ = "summaries"

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False, unique=True))
    state: TextState = Field(sa_column=Column(words_of(TextState), nullable=False))
    failure: Failure | None = Field(default=None, sa_column=Column(FailureColumn))
    kind: str | None = Field(default=None, sa_column=Column(String(32)))  # recording.summary.Kind
    language: str | None = Field(default=None, sa_column=Column(String(16)))
    engine: str | None = Field(default=None, sa_column=Column(Text))
    model: str | None = Field(default=None, sa_column=Column(Text))
    content: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    shortened: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    asked_at: datetime = Field(sa_type=UtcDateTime)
    asked_by: str = Field(sa_column=Column(String(64), nullable=False))
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
