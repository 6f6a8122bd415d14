"""The table of recordings."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, String, Text, false, text
from sqlmodel import Field

from signaling.call import Consent
from signaling.recording_policy import RecordingPolicy
from signaling.recording_record import RecordingState
from store.columns import UtcDateTime, words_of
from store.models import Row
from store.recording_columns import PolicyColumn

UNFINISHED = f"state IN ('{RecordingState.RECORDING.value}', '{RecordingState.FINISHING.value}')"


class RecordingRow(Row, table=True):
    """One for each call that was recorded, or whose customer refused. The sound is elsewhere: `journal` is a file's
    name in the folder of journals, `file` a place in the vault."""

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_unfinished", "id", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)),
        Index("ix_recordings_keep_until", "keep_until"),
        Index("ix_recordings_state_call_id", "state", "call_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False, unique=True))
    number_id: int = Field(foreign_key="numbers.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="departments.id", index=True)
    state: RecordingState = Field(sa_column=Column(words_of(RecordingState), nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(String(64)))
    policy: RecordingPolicy = Field(sa_column=Column(PolicyColumn, nullable=False))
    consent: Consent | None = Field(default=None, sa_column=Column(words_of(Consent)))
    consent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    journal: str | None = Field(default=None, sa_column=Column(Text))
    file: str | None = Field(default=None, sa_column=Column(Text))
    key_name: str | None = Field(default=None, sa_column=Column(Text))  # of the master key that sealed the file
    sha256: str | None = Field(default=None, sa_column=Column(String(64)))  # of the plain file
    size_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    duration_s: float | None = None
    missing_s: float | None = None
    peaks: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # left, then right (recording.mix)
    marks: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    keep_until: datetime | None = Field(default=None, sa_type=UtcDateTime)  # None: for ever
    legal_hold: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
