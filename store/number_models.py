"""Tables of numbers beside `numbers` itself."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, text
from sqlmodel import Field

from signaling.balance_guard import Balance, BalanceGuard
from signaling.events import AccountWarning
from signaling.pickup_guard import Guard, Kept
from signaling.private import PhoneNumber
from store.columns import DocumentColumn, ForeignText, PrivateText, Unreadable, UtcDateTime, words_of
from store.models import Row


class NumberOperatorRow(Row, table=True):
    """A department or a single user who works with a number. No row of a number: its department does."""

    __tablename__ = "number_operators"
    __table_args__ = (
        Index("uq_number_operators_department", "number_id", "department_id", unique=True),
        Index("uq_number_operators_user", "number_id", "user_id", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), nullable=False))
    department_id: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("departments.id")))
    user_id: int | None = Field(default=None, sa_column=Column(Integer, ForeignKey("users.id")))


class UserNumberRow(Row, table=True):
    """A number with which a user works who has `only_numbers`."""

    __tablename__ = "user_numbers"

    user_id: int = Field(sa_column=Column(Integer, ForeignKey("users.id"), primary_key=True, autoincrement=False))
    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), primary_key=True, autoincrement=False))


class LinkedDeviceRow(Row, table=True):
    """A WhatsApp app that another system uses through a linked device: no calls. `phone` is the business's own."""

    __tablename__ = "linked_devices"

    id: int | None = Field(default=None, primary_key=True)
    label: str = Field(sa_column=Column(ForeignText, nullable=False))
    phone: PhoneNumber = Field(sa_column=Column(PrivateText(PhoneNumber), nullable=False, unique=True))
    note: str = Field(default="", sa_column=Column(ForeignText, nullable=False, server_default=text("''")))
    changed_at: datetime = Field(sa_type=UtcDateTime)


class NumberWarningRow(Row, table=True):
    """What Meta warned a number of, or did to it (`account_update`). `type`: a word of Meta's."""

    __tablename__ = "number_warnings"
    __table_args__ = (Index("uq_number_warnings_number_id_type_at", "number_id", "type", "at", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    kind: AccountWarning = Field(sa_column=Column(words_of(AccountWarning), nullable=False))
    type: str = Field(sa_column=Column(String(64), nullable=False))
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PickupGuardRow(Row, table=True):
    """What the pick-up guard of a number may do, and what it keeps between two looks. No row: it is off."""

    __tablename__ = "pickup_guards"

    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), primary_key=True, autoincrement=False))
    guard: Guard | Unreadable = Field(sa_column=Column(DocumentColumn(Guard), nullable=False))
    kept: Kept | Unreadable = Field(sa_column=Column(DocumentColumn(Kept), nullable=False))
    version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    changed_at: datetime = Field(sa_type=UtcDateTime)
    changed_by: str = Field(sa_column=Column(String(64), nullable=False))


class BalanceGuardRow(Row, table=True):
    """What may be done when a number's account runs dry, and what it was last told to hold. No row: it is off."""

    __tablename__ = "balance_guards"

    number_id: int = Field(sa_column=Column(Integer, ForeignKey("numbers.id"), primary_key=True, autoincrement=False))
    guard: BalanceGuard | Unreadable = Field(sa_column=Column(DocumentColumn(BalanceGuard), nullable=False))
    balance: Balance | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(Balance)))
    version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_by: str | None = Field(default=None, sa_column=Column(String(64)))
