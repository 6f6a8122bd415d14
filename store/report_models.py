"""Tables of reports by e-mail: which there are, and each that was sent or should have been."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Index, String, false
from sqlmodel import Field

from signaling.report_times import Every
from store.columns import ForeignText, UtcDateTime, words_of
from store.measures import By
from store.models import Row


class SendState(StrEnum):
    WAITING = "waiting"  # to be sent, or to be tried again: `error` says why
    SENDING = "sending"  # the server is being given the message; whoever died meanwhile left it unsure
    SENT = "sent"
    FAILED = "failed"  # given up: `error` says why
    UNSURE = "unsure"  # the server may have it or not; it is not sent again unless somebody asks for it


class Stopped(StrEnum):
    """Why nothing is sent of a report: whose it is may not see measures any more."""

    DISABLED = "maker.disabled"
    ROLE = "maker.role"  # neither supervisor nor administrator


class ReportRow(Row, table=True):
    """What is sent to whom, and when next. Removed ones stay for what was sent."""

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_next_at", "next_at"),)

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_column=Column(ForeignText, nullable=False))
    every: Every = Field(sa_column=Column(words_of(Every), nullable=False))
    minute: int  # of the day, in `zone`
    weekday: int
    month_day: int
    zone: str = Field(sa_column=Column(String(64), nullable=False))
    language: str = Field(sa_column=Column(String(8), nullable=False))
    grouped: By = Field(sa_column=Column(words_of(By), nullable=False))
    number_id: int | None = Field(default=None, foreign_key="numbers.id")  # NULL: all
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    recipients: list[str] = Field(sa_column=Column(JSON, nullable=False))
    csv: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # the figures as an attachment
    made_by: int | None = Field(default=None)  # whose it is, who decides what it counts; NULL: the administrators'
    held: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # not sent until somebody asks
    created_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_at: datetime = Field(sa_type=UtcDateTime)


class ReportSendRow(Row, table=True):
    """One report of one period: the key is what keeps it from being sent twice. One that somebody asked for at once has
    a key of its own, `n000000001`."""

    __tablename__ = "report_sends"

    report_id: int = Field(foreign_key="reports.id", primary_key=True)
    period: str = Field(sa_column=Column(String(10), primary_key=True))  # the first day, as 2026-03-04; or asked for
    since: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)  # since when it is tried
    state: SendState = Field(sa_column=Column(words_of(SendState), nullable=False))
    attempts: int = 0
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str | None = Field(default=None, sa_column=Column(String(64)))
    refused: int = 0  # recipients that the server would not take
