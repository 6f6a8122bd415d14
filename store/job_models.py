"""The table of work that is done besides calls: what must be done, by whom it is being done, and what came of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, String, UniqueConstraint, text
from sqlmodel import Field

from store.columns import UtcDateTime, words_of
from store.models import Row

OPEN_JOBS = "state IN ('waiting', 'running')"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"  # by `holder` until `held_until`; after that whoever did it has died
    DONE = "done"
    FAILED = "failed"  # given up: `last_error` says why; it waits for somebody to ask again


class JobRow(Row, table=True):
    """One piece of work. The row is the truth: a queue only says that it is time to look at it."""

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_jobs_open", "next_at", sqlite_where=text(OPEN_JOBS), postgresql_where=text(OPEN_JOBS)),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_column=Column(String(32), nullable=False))
    subject: str = Field(sa_column=Column(String(64), nullable=False))  # of whatever the kind works on
    place: str | None = Field(default=None, sa_column=Column(String(32)))  # where its files are; NULL: anywhere
    state: JobState = Field(default=JobState.WAITING, sa_column=Column(words_of(JobState), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)  # not before this
    queued_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # a queue has it; after that, it lost it
    holder: str | None = Field(default=None, sa_column=Column(String(32)))
    held_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    step: str | None = Field(default=None, sa_column=Column(String(32)))
    progress: float | None = None  # 0 to 1
    last_error: str | None = Field(default=None, sa_column=Column(String(64)))
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
