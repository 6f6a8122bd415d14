"""Column types: what SQL cannot say by itself about times, about words of ours, and about words of strangers."""

import re
from dataclasses import asdict, fields
from datetime import UTC, datetime
from enum import Enum as PlainEnum
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import JSON, DateTime, Dialect, Enum, Text
from sqlalchemy.types import TypeDecorator

from signaling.call import Rules
from signaling.errors import Failure, Fault
from signaling.meta_rules import Limits
from signaling.permission import Ledger
from signaling.private import Private

WORD_LIMIT_CHARS: Final = 32

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """`text` with U+FFFD for NUL, which PostgreSQL refuses, and for lone surrogates, which no UTF-8 can hold."""
    return _UNSTORABLE.sub("\ufffd", text)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: zone-aware in Python, always UTC when read back. Binding a naive datetime is a ValueError.

    PostgreSQL keeps `timestamptz`. SQLite has no zones: there the text is UTC, so that it also sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is no moment")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC)


class ForeignText(TypeDecorator[str]):
    """Text that somebody else wrote. Queries are cleaned as rows are, so that what was stored is found again."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class PrivateText(TypeDecorator[Private]):
    """Personal or secret text: a wrapper that prints as `…` in Python, plain text in SQL."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[Private]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Private | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value.value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Private | None:
        return None if value is None else self.kind(value)


class FailureColumn(TypeDecorator[Failure]):
    """What went wrong, as an object of four words."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Failure | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else {**asdict(value), "detail": storable(value.detail)}

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Failure | None:
        return None if value is None else Failure(**{**value, "fault": Fault(value["fault"])})


class FieldsColumn(TypeDecorator[Any]):
    """A frozen dataclass of settings (`signaling.call.Rules`, `signaling.meta_rules.Limits`), by name.

    A call keeps all rules it lived by. A number keeps those that differ from the defaults (`only_changes`): the others
    follow the code when Meta changes its limits. A rule that exists no more is forgotten; NULL is all defaults.
    """

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[Rules] | type[Limits], *, only_changes: bool) -> None:
        super().__init__()
        self.kind = kind
        self.only_changes = only_changes

    def process_bind_param(self, value: Rules | Limits | None, dialect: Dialect) -> dict[str, Any] | None:
        if value is None:
            return None
        default = self.kind()
        names = [field.name for field in fields(self.kind)]
        skipped = {name for name in names if self.only_changes and getattr(value, name) == getattr(default, name)}
        return {name: getattr(value, name) for name in names if name not in skipped}

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Rules | Limits:
        stored = {} if value is None else {name: _hashable(item) for name, item in value.items()}
        return self.kind(**{field.name: stored[field.name] for field in fields(self.kind) if field.name in stored})


def _hashable(item: Any) -> Any:
    return tuple(item) if isinstance(item, list) else item


_LEDGER: Final = TypeAdapter(Ledger)


class LedgerColumn(TypeDecorator[Ledger]):
    """A ledger of permission; what is as in an empty one is left out. Times are UTC, in ISO 8601."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Ledger | None, dialect: Dialect) -> str | None:
        return None if value is None else _LEDGER.dump_json(value, exclude_defaults=True).decode()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Ledger | None:
        return None if value is None else _LEDGER.validate_json(value)


class Unreadable(PlainEnum):
    """What stands in a `DocumentColumn` and is none any more: another version of ours wrote it, or another hand."""

    UNREADABLE = "unreadable"


class DocumentColumn(TypeDecorator[Any]):
    """A frozen dataclass that an administrator made, whole, as JSON. What cannot be read is `Unreadable`, never an
    error: one bad document must not keep the others from being read."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: type[Any]) -> None:
        super().__init__()
        self.kind = kind
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> Any | None:
        return None if value is None else _storable(self._adapter.dump_python(value, mode="json"))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Any | None:
        if value is None:
            return None
        try:
            return self._adapter.validate_python(value)
        except ValidationError:
            return Unreadable.UNREADABLE


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(name): _storable(item) for name, item in value.items()}
        case list():
            return [_storable(item) for item in value]
    return value


def words_of(enum: type[StrEnum]) -> Enum:
    """A column for an enum of ours: the words stand in the table; a new word needs no migration."""
    return Enum(
        enum,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=WORD_LIMIT_CHARS,
    )
