"""Tables of what Meta itself keeps of calls: which numbers ask for it, and the files that were fetched.

Personal data: `meta_files.file` names a recording in the vault; `meta_captures.purpose` is the business's own sentence.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlmodel import Field

from store.columns import ForeignText, UtcDateTime, words_of
from store.models import Row


class MetaFileState(StrEnum):
    WAITING = "waiting"  # Meta has it; it is being fetched
    DONE = "done"
    FAILED = "failed"
    ERASED = "erased"


class MetaCaptureRow(Row, table=True):
    """What Meta is asked to keep of each call of a number. No row: nothing."""

    __tablename__ = "meta_captures"

    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), primary_key=True, autoincrement=False))
    recording: bool
    transcription: bool
    purpose: str = Field(sa_column=Column(ForeignText, nullable=False))
    language: str = Field(sa_column=Column(String(16), nullable=False))


class MetaFileRow(Row, table=True):
    """A recording or transcription that Meta made of one call. The text of a transcription is in `transcripts`."""

    __tablename__ = "meta_files"
    __table_args__ = (UniqueConstraint("call_id", "kind"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), nullable=False))
    kind: str = Field(sa_column=Column(String(16), nullable=False))
    media_id: str = Field(sa_column=Column(ForeignText, nullable=False))
    told_sha256: str = Field(sa_column=Column(ForeignText, nullable=False))  # base64 or hex, as Meta wrote it
    state: MetaFileState = Field(sa_column=Column(words_of(MetaFileState), nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(String(64)))
    arrived_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    file: str | None = Field(default=None, sa_column=Column(Text))  # in the vault
    key_name: str | None = Field(default=None, sa_column=Column(Text))
    sha256: str | None = Field(default=None, sa_column=Column(String(64)))  # of the plain content, in hex
    size_bytes: int | None = Field(default=None, sa_column=Column(BigInteger))
    keep_until: datetime | None = Field(default=None, index=True, sa_type=UtcDateTime)  # None: for ever
