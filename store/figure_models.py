"""Narrow tables of what reports add up of calls that are over, so that a month of them is read in milliseconds. Number,
department, agent and time stand in each as they do in `calls`.

No personal data: of whom we called only the country is kept.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, text
from sqlmodel import Field

from signaling.events import Direction
from store.columns import UtcDateTime, words_of
from store.models import Row

HANDED_ON: Final = "handed_on IS NOT NULL"


class AgentWorkRow(Row, table=True):
    """What one agent did in and after one call: talked, held, wrote up (`signaling.work`). No row: none of it.
    `talk_ms` NULL: they did not talk with the customer. `wrap_up_ms` NULL: there was none, or nobody knows, as of calls
    of before this was kept. `handed_on`: `calls.id`, where they talked in the call and had it no more at its end; no
    foreign key, `call_id` is one."""

    __tablename__ = "agent_work"
    __table_args__ = (
        Index("ix_agent_work_received_at", "received_at"),
        Index(
            *("ix_agent_work_handed_on", "agent_id", "received_at", "handed_on"),
            sqlite_where=text(HANDED_ON),
            postgresql_where=text(HANDED_ON),
        ),
    )

    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), primary_key=True))
    agent_id: int = Field(sa_column=Column(Integer, ForeignKey("users.id"), primary_key=True, autoincrement=False))
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    direction: Direction = Field(
        sa_column=Column(words_of(Direction), nullable=False, server_default=text("'inbound'"))
    )
    received_at: datetime = Field(sa_type=UtcDateTime)
    talk_ms: int | None = None
    holds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    held_ms: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    wrap_up_ms: int | None = None
    handed_on: int | None = None


class CallQualityRow(Row, table=True):
    """How a call sounded, by `gateway.sound_meter`: of each side the worse of both ways. NULL: nothing was reported.
    MOS are estimates by the E-model, 1 to 4.5."""

    __tablename__ = "call_quality"
    __table_args__ = (Index("ix_call_quality_received_at", "received_at"),)

    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), primary_key=True))
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    agent_id: int | None = Field(default=None, foreign_key="users.id")
    direction: Direction = Field(sa_column=Column(words_of(Direction), nullable=False))
    received_at: datetime = Field(sa_type=UtcDateTime)
    customer_mos: float | None = None
    customer_loss_percent: float | None = None
    customer_jitter_ms: float | None = None
    customer_round_trip_ms: float | None = None
    agent_mos: float | None = None
    agent_loss_percent: float | None = None
    agent_jitter_ms: float | None = None
    agent_round_trip_ms: float | None = None


class CallChargeRow(Row, table=True):
    """A call of ours that was picked up, as Meta counts it for its bill: pulses of six seconds, each begun one.
    `destination`: an ISO 3166 region (`BR`), a calling code that belongs to none (`+870`), or empty: not known."""

    __tablename__ = "call_charges"
    __table_args__ = (Index("ix_call_charges_received_at", "received_at"),)

    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), primary_key=True))
    number_id: int = Field(foreign_key="numbers.id")
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    agent_id: int | None = Field(default=None, foreign_key="users.id")
    received_at: datetime = Field(sa_type=UtcDateTime)
    destination: str = Field(sa_column=Column(String(8), nullable=False))
    duration_s: int
    pulses: int


class RateCardRow(Row, table=True):
    """Meta's prices as an administrator wrote them, whole; the newest counts, the others stay for whoever asks."""

    __tablename__ = "rate_cards"

    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    rates: list[dict[str, str | int]] = Field(sa_column=Column(JSON, nullable=False))  # amounts are texts
    written_at: datetime = Field(sa_type=UtcDateTime)
    written_by: str = Field(sa_column=Column(String(64), nullable=False))
