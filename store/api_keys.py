"""Keys of integrators. A key is `ramal_<prefix>_<secret>`: it is shown once, and only its SHA-256 is kept.

SHA-256 is right here and would be wrong for passwords: the secret is 256 bits of chance, which nobody can try out, so a
slow hash (argon2) adds nothing but its time to each request.
"""

import hashlib
import hmac
import re
import secrets as entropy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlmodel import Session, col, select

from signaling.ids import DepartmentId, NumberId, PhoneNumberId
from signaling.private import Token
from store.audit import Entry, write
from store.database import Database
from store.departments import department_named
from store.integration_models import ApiKeyRow
from store.models import NumberRow
from store.reach import EVERYTHING, Reach
from store.refusal import Refusal, Why, plain_name

MARK: Final = "ramal"
PREFIX_CHARS: Final = 8
MOST_PER_MINUTE: Final = 1_000_000
SHELL: Final = "shell"
_KEY: Final = re.compile(rf"{MARK}_([0-9a-z]{{{PREFIX_CHARS}}})_([A-Za-z0-9_-]{{43}})")
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Scope(StrEnum):
    """What a key may do. Nothing follows from another: writing does not include reading."""

    CALLS_READ = "calls:read"
    CALLS_PLACE = "calls:place"
    PERMISSION_READ = "permission:read"
    PERMISSION_REQUEST = "permission:request"
    INVITES_SEND = "invites:send"
    PROTOCOLS_READ = "protocols:read"
    PROTOCOLS_WRITE = "protocols:write"
    PRESENCE_READ = "presence:read"
    NUMBERS_READ = "numbers:read"
    NUMBERS_WRITE = "numbers:write"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    EVENTS_MANAGE = "events:manage"
    TEMPLATES_MANAGE = "templates:manage"
    RECORDINGS_READ = "recordings:read"
    RECORDINGS_DOWNLOAD = "recordings:download"
    TRANSCRIPTS_READ = "transcripts:read"
    TRANSCRIPTS_REQUEST = "transcripts:request"
    AUDIT_READ = "audit:read"


@dataclass(frozen=True, slots=True)
class NewKey:
    """As an administrator gives it: numbers by Meta's id, departments by name; none of either: all."""

    name: str
    scopes: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    expires_at: datetime | None = None
    per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: int
    prefix: str
    name: str
    scopes: frozenset[Scope]
    reach: Reach
    per_minute: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    sha256: bytes = field(repr=False)

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class SqlApiKeyStore:
    """Every method may raise NeighbourError; those that change something raise Refusal for what cannot be."""

    database: Database

    async def add(self, new: NewKey, at: datetime, by: str = SHELL) -> tuple[ApiKey, Token]:
        """The key as kept, and the key itself, which nobody can read again."""
        prefix = "".join(entropy.choice(_ALPHABET) for _ in range(PREFIX_CHARS))
        token = Token(f"{MARK}_{prefix}_{entropy.token_urlsafe(32)}")
        name, scopes = plain_name("name", new.name), read_scopes(new.scopes)
        if new.per_minute is not None and not 1 <= new.per_minute <= MOST_PER_MINUTE:
            raise Refusal(
                Why.INVALID, "per_minute", f"Requests per minute are a whole number from 1 to {MOST_PER_MINUTE}."
            )
        if new.expires_at is not None and new.expires_at <= at:
            raise Refusal(Why.INVALID, "expires_at", "A key cannot expire before it is made.")

        def work(session: Session) -> ApiKey:
            row = ApiKeyRow(
                prefix=prefix,
                sha256=hash_of(token),
                name=name,
                scopes=sorted(scopes),
                numbers=[_number(session, number) for number in new.numbers] or None,
                departments=[department_named(session, department).id for department in new.departments] or None,
                per_minute=new.per_minute,
                created_at=at,
                expires_at=new.expires_at,
            )
            session.add(row)
            session.flush()
            write(session, Entry(at, by, "api_key.added", f"key:{row.id}", {"scopes": " ".join(sorted(scopes))}))
            return key_of(row)

        return await self.database.run(work, races=True), token

    async def all(self) -> list[ApiKey]:
        query = select(ApiKeyRow).order_by(col(ApiKeyRow.id))
        return await self.database.read(lambda session: [key_of(row) for row in session.exec(query)])

    async def by_prefix(self, prefix: str) -> ApiKey | None:
        query = select(ApiKeyRow).where(ApiKeyRow.prefix == prefix)

        def work(session: Session) -> ApiKey | None:
            row = session.exec(query).one_or_none()
            return None if row is None else key_of(row)

        return await self.database.read(work)

    async def revoke(self, prefix: str, at: datetime, by: str = SHELL) -> ApiKey:
        """Saying it twice changes nothing."""

        def work(session: Session) -> ApiKey:
            row = session.exec(select(ApiKeyRow).where(ApiKeyRow.prefix == prefix)).one_or_none()
            if row is None:
                raise Refusal(Why.UNKNOWN, "prefix", "There is no key with this prefix.")
            if row.revoked_at is None:
                row.revoked_at = at
                write(session, Entry(at, by, "api_key.revoked", f"key:{row.id}"))
            return key_of(row)

        return await self.database.run(work, races=True)

    async def used(self, key: int, at: datetime) -> None:
        def work(session: Session) -> None:
            row = session.get(ApiKeyRow, key)
            if row is not None:
                row.last_used_at = at

        await self.database.run(work)


def prefix_of(token: Token) -> str | None:
    """Under which a key is looked up; None: this is no key of ours."""
    match = _KEY.fullmatch(token.value)
    return None if match is None else match.group(1)


def hash_of(token: Token) -> bytes:
    return hashlib.sha256(token.value.encode()).digest()


def fits(key: ApiKey, token: Token) -> bool:
    return hmac.compare_digest(key.sha256, hash_of(token))


def read_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Raises Refusal."""
    try:
        scopes = frozenset(Scope(word.strip()) for word in words)
    except ValueError:
        scopes = frozenset()
    if not scopes:
        raise Refusal(Why.INVALID, "scopes", f"Scopes are one or more of {', '.join(Scope)}.")
    return scopes


def key_of(row: ApiKeyRow) -> ApiKey:
    assert row.id is not None
    return ApiKey(
        id=row.id,
        prefix=row.prefix,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in row.scopes if scope in set(Scope)),
        reach=_reach(row),
        per_minute=row.per_minute,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        sha256=row.sha256,
    )


def _reach(row: ApiKeyRow) -> Reach:
    if row.numbers is None and row.departments is None:
        return EVERYTHING
    return Reach(
        None if row.numbers is None else frozenset(NumberId(number) for number in row.numbers),
        None if row.departments is None else frozenset(DepartmentId(department) for department in row.departments),
    )


def _number(session: Session, phone_number_id: str) -> int:
    query = select(NumberRow.id).where(NumberRow.phone_number_id == PhoneNumberId(phone_number_id.strip()))
    number = session.exec(query).one_or_none()
    if number is None:
        raise Refusal(Why.UNKNOWN, "number", "There is no number with this phone number id.")
    return number
