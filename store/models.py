"""The tables. Rows never leave this package: its stores speak in `signaling`'s types.

Personal data stands in as few places as possible, so that erasing a person is a short list:
- `contacts`: phone, bsuid, parent_bsuid, name, username, given_name. Calls and permissions point at a contact and
  repeat nothing of it; `contact_aliases` has further phones, `contact_words` pieces of all these to find them by.
- `calls`: wacid (its base64 holds the customer's number), button_payload, link_payload, reference, answer (which has
  ICE passwords).
- `webhook_deliveries.body`, which is erased as soon as the delivery has been handled.
- `users`: login, name; `numbers.phone` is the business's own.
The timeline, outcomes, times and failure codes tell nothing about a person and outlive an erasure.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlmodel import Field, SQLModel

from signaling.call import Outcome, Party, Rules, State
from signaling.errors import Failure
from signaling.events import Direction
from signaling.hours_at_meta import HoursAtMeta
from signaling.meta_rules import Limits
from signaling.permission import Ledger
from signaling.permission_events import AskedBy
from signaling.permission_templates import Asking, TemplatesAtMeta
from signaling.plan import Plan
from signaling.ports import Role
from signaling.private import Bsuid, Payload, PhoneNumber, Sdp, Wacid
from signaling.recording_policy import PolicyRule
from signaling.schedule import Schedule
from signaling.settings_at_meta import SettingsAtMeta, Wanted
from store.columns import (
    DocumentColumn,
    FailureColumn,
    FieldsColumn,
    ForeignText,
    LedgerColumn,
    PrivateText,
    Unreadable,
    UtcDateTime,
    words_of,
)
from store.recording_columns import RulesColumn

OPEN_CALLS = f"state <> '{State.ENDED.value}'"
UNHANDLED = "handled_at IS NULL"
HAS_REASON = "reason IS NOT NULL"
BY_GUEST = "by_guest"
LATEST = ("received_at", "id")
NEWEST = (*LATEST, "outcome", "direction")
"""Of histories: their order, and what else they are often asked for, which the index itself then answers."""


class Row(SQLModel):
    """Common to all tables. A row in a log or an exception shows its table only: most hold something private."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


def table_of(row: type[Row]) -> Table:
    """The table itself, for statements that many calls a second need: they are written once and load no row."""
    return Row.metadata.tables[str(row.__tablename__)]


class DepartmentRow(Row, table=True):
    __tablename__ = "departments"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_column=Column(ForeignText, nullable=False, unique=True))
    outbound_enabled: bool = Field(  # its agents may call customers, if they may themselves
        default=True, sa_column_kwargs={"server_default": true()}
    )


class NumberRow(Row, table=True):
    """One of our WhatsApp numbers. `disabled_at`: it takes and makes no calls; those it had are kept."""

    __tablename__ = "numbers"
    __table_args__ = (Index("ix_numbers_slug", "slug", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    phone_number_id: str = Field(sa_column=Column(ForeignText, nullable=False, unique=True))
    waba_id: str = Field(sa_column=Column(ForeignText, nullable=False))
    phone: PhoneNumber = Field(sa_column=Column(PrivateText(PhoneNumber), nullable=False))
    label: str = Field(sa_column=Column(ForeignText, nullable=False))
    slug: str = Field(default="", sa_column=Column(String(64), nullable=False, server_default=text("''")))
    department_id: int | None = Field(default=None, foreign_key="departments.id", index=True)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    inbound_enabled: bool = True
    outbound_enabled: bool = False
    token_encrypted: str | None = Field(default=None, sa_column=Column(Text))  # store.secrets; None: RAMAL_META_TOKEN
    rules: Rules = Field(sa_column=Column(FieldsColumn(Rules, only_changes=True), nullable=False))
    limits: Limits = Field(sa_column=Column(FieldsColumn(Limits, only_changes=True)))
    permission_template: str | None = Field(default=None, sa_column=Column(Text))
    permission_template_language: str | None = Field(default=None, sa_column=Column(String(16)))
    asking: Asking | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(Asking)))
    templates_at_meta: TemplatesAtMeta | Unreadable | None = Field(
        default=None, sa_column=Column(DocumentColumn(TemplatesAtMeta))
    )

    # What an administrator wrote as a whole (store.number_plans); versions count how often
    recording: tuple[PolicyRule, ...] | None = Field(default=(), sa_column=Column(RulesColumn))  # None: unreadable
    recording_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    recording_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    recording_changed_by: str | None = Field(default=None, sa_column=Column(String(64)))
    plan: Plan | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(Plan)))
    plan_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    plan_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    plan_changed_by: str | None = Field(default=None, sa_column=Column(String(64)))
    schedule: Schedule | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(Schedule)))
    schedule_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    schedule_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    schedule_changed_by: str | None = Field(default=None, sa_column=Column(String(64)))
    hours_told: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # Meta gets our hours
    hours_at_meta: HoursAtMeta | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(HoursAtMeta)))

    # Of all above that is no document of its own (store.number_settings)
    settings_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    settings_changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settings_changed_by: str | None = Field(default=None, sa_column=Column(String(64)))
    wanted_at_meta: Wanted | Unreadable | None = Field(default=None, sa_column=Column(DocumentColumn(Wanted)))
    settings_at_meta: SettingsAtMeta | Unreadable | None = Field(
        default=None, sa_column=Column(DocumentColumn(SettingsAtMeta))
    )


class UserRow(Row, table=True):
    """Whoever signs in. Users are disabled, never deleted: calls name them."""

    __tablename__ = "users"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(sa_column=Column(String(64), nullable=False, unique=True))  # lower case: store.people.login_key
    name: str = Field(sa_column=Column(ForeignText, nullable=False))
    password_hash: str = Field(sa_column=Column(Text, nullable=False))
    password_is_first: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # works once
    role: Role = Field(sa_column=Column(words_of(Role), nullable=False))
    language: str = Field(default="pt-BR", sa_column=Column(String(16), nullable=False))
    only_numbers: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # those of user_numbers
    session_epoch: int = 1  # grows when every session of the user is revoked
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MembershipRow(Row, table=True):
    """A user in a department, and what that allows there. For which calls: `signaling.call_grants`."""

    __tablename__ = "memberships"

    user_id: int = Field(foreign_key="users.id", primary_key=True)
    department_id: int = Field(foreign_key="departments.id", primary_key=True, index=True)
    may_take_inbound: bool = False
    may_call_outbound: bool = False
    may_listen: bool = False
    may_replay: bool = False
    may_export: bool = False


class ContactRow(Row, table=True):
    """A customer, as one WhatsApp Business Account knows them: a bsuid means nothing in another account.

    Phone or bsuid or both; neither only for a customer of whom Meta told nothing but, say, a name.
    """

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("waba_id", "phone"), UniqueConstraint("waba_id", "bsuid"))

    id: int | None = Field(default=None, primary_key=True)
    waba_id: str = Field(sa_column=Column(ForeignText, nullable=False))
    phone: PhoneNumber | None = Field(default=None, sa_column=Column(PrivateText(PhoneNumber)))
    bsuid: Bsuid | None = Field(default=None, sa_column=Column(PrivateText(Bsuid)))
    parent_bsuid: Bsuid | None = Field(default=None, sa_column=Column(PrivateText(Bsuid)))
    name: str | None = Field(default=None, sa_column=Column(ForeignText))  # of their profile, as Meta tells it
    username: str | None = Field(default=None, sa_column=Column(ForeignText))
    given_name: str | None = Field(default=None, sa_column=Column(ForeignText))  # as somebody of ours calls them
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)  # the newest call that told us of them
    told: bool = Field(default=False, sa_column_kwargs={"server_default": true()})  # integrators know that there is one


class ContactAliasRow(Row, table=True):
    """Another spelling of a contact's phone: some countries' numbers reach WhatsApp with a digit more or less."""

    __tablename__ = "contact_aliases"

    waba_id: str = Field(sa_column=Column(ForeignText, primary_key=True))
    phone: PhoneNumber = Field(sa_column=Column(PrivateText(PhoneNumber), primary_key=True))
    contact_id: int = Field(foreign_key="contacts.id", index=True)


class PermissionRow(Row, table=True):
    """The ledger of one pair as its events make it, so that a verdict needs one row."""

    __tablename__ = "permissions"

    number_id: int = Field(foreign_key="numbers.id", primary_key=True)
    contact_id: int = Field(foreign_key="contacts.id", primary_key=True, index=True)
    ledger: Ledger = Field(sa_column=Column(LedgerColumn, nullable=False))
    ends_at: datetime | None = Field(  # the next end by time that nobody was told of
        default=None, sa_column=Column(UtcDateTime, index=True)
    )


class PermissionEventRow(Row, table=True):
    """One event of a ledger, never changed. `reference` is a digest, `data` holds times, counts and words. `asked_by`,
    `asker_id`: of a request, who asked (a user or a key); NULL: not known, or no request."""

    __tablename__ = "permission_events"
    __table_args__ = (
        UniqueConstraint("number_id", "reference", "kind"),
        Index("ix_permission_events_contact_id_number_id", "contact_id", "number_id"),
        Index("ix_permission_events_kind_at", "kind", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number_id: int = Field(foreign_key="numbers.id")
    contact_id: int = Field(foreign_key="contacts.id")
    reference: str = Field(sa_column=Column(String(32), nullable=False))
    kind: str = Field(sa_column=Column(String(32), nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    asked_by: AskedBy | None = Field(default=None, sa_column=Column(words_of(AskedBy)))
    asker_id: int | None = None


class CallRow(Row, table=True):
    """Every field of `signaling.call.Call` but its customer (contacts) and its timeline (call_events)."""

    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("phone_number_id", "wacid"),
        Index("ix_calls_open", "id", sqlite_where=text(OPEN_CALLS), postgresql_where=text(OPEN_CALLS)),
        Index("ix_calls_newest", *NEWEST, "department_id", "number_id", "agent_id"),
        Index("ix_calls_newest_of_number", "number_id", *NEWEST, "department_id", "agent_id"),
        Index("ix_calls_newest_of_department", "department_id", *NEWEST, "number_id", "agent_id"),
        Index("ix_calls_newest_of_agent", "agent_id", *NEWEST, "department_id", "number_id"),
        Index("ix_calls_newest_of_outcome", "outcome", *LATEST, "direction", "department_id", "number_id", "agent_id"),
        Index(
            *("ix_calls_reason", "reason", "received_at", "id"),
            sqlite_where=text(HAS_REASON),
            postgresql_where=text(HAS_REASON),
        ),
        Index(
            *("ix_calls_newest_of_guests", *LATEST, "agent_id"),
            sqlite_where=text(BY_GUEST),
            postgresql_where=text(BY_GUEST),
        ),
        Index("ix_calls_request_key", "request_key", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    call_id: str = Field(sa_column=Column(String(32), nullable=False, unique=True))
    number_id: int = Field(foreign_key="numbers.id")
    phone_number_id: str = Field(sa_column=Column(ForeignText, nullable=False))
    department_id: int | None = Field(default=None, foreign_key="departments.id")
    direction: Direction = Field(sa_column=Column(words_of(Direction), nullable=False))
    wacid: Wacid = Field(sa_column=Column(PrivateText(Wacid), nullable=False))  # `call:` and our id: not named yet
    request_key: str | None = Field(default=None, sa_column=Column(Text))
    rules: Rules = Field(sa_column=Column(FieldsColumn(Rules, only_changes=False), nullable=False))
    state: State = Field(sa_column=Column(words_of(State), nullable=False))
    contact_id: int | None = Field(default=None, foreign_key="contacts.id", index=True)
    button_payload: Payload | None = Field(default=None, sa_column=Column(PrivateText(Payload)))
    link_payload: Payload | None = Field(default=None, sa_column=Column(PrivateText(Payload)))
    reference: Payload | None = Field(default=None, sa_column=Column(PrivateText(Payload)))
    refusal: Failure | None = Field(default=None, sa_column=Column(FailureColumn))
    answer: Sdp | None = Field(default=None, sa_column=Column(PrivateText(Sdp)))

    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pre_accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rung_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    waiting_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    callback_promised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    rejected_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    customer_audio_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    agent_audio_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    meta_started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    meta_ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    meta_duration_s: int | None = None

    leg_connected: bool = False
    ring_window_over: bool = False
    claim_agent: int | None = None
    claim_seat: str | None = Field(default=None, sa_column=Column(Text))
    claim_audible: bool = False
    claims: int = 0
    absences: int = 0
    reattach_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ring_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    declined_by: list[int] = Field(sa_column=Column(JSON, nullable=False))
    muted: bool = False
    agent_id: int | None = Field(default=None, foreign_key="users.id")
    by_guest: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # signaling.call_grants
    outcome: Outcome | None = Field(default=None, sa_column=Column(words_of(Outcome)))
    ended_by: Party | None = Field(default=None, sa_column=Column(words_of(Party)))
    failure: Failure | None = Field(default=None, sa_column=Column(FailureColumn))
    reason: str | None = Field(  # the code of `failure`, else of `refusal`, to be looked for
        default=None, sa_column=Column(Text().with_variant(Text(collation="C"), "postgresql"))
    )
    terminated_by_meta: bool = False
    timeline_length: int = 0  # how many entries call_events holds: a save with fewer is an older state of the call
    told: str = Field(
        default="", sa_column=Column(Text, nullable=False, server_default=text("''"))
    )  # kinds of events, in order


class CallEventRow(Row, table=True):
    """One line of a call's history. `data` holds ids, counts and codes, nothing private."""

    __tablename__ = "call_events"

    call_id: str = Field(sa_column=Column(String(32), ForeignKey("calls.call_id"), primary_key=True))
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str = Field(sa_column=Column(Text, nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class WebhookDeliveryRow(Row, table=True):
    """A webhook POST. The body is erased once handled; its hash stays."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_unhandled", "id", sqlite_where=text(UNHANDLED), postgresql_where=text(UNHANDLED)),
    )

    id: int | None = Field(default=None, primary_key=True)
    received_at: datetime = Field(sa_type=UtcDateTime)
    sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    handled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
