"""Column types of recordings: policies as JSON."""

from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

from signaling.recording_policy import NOT_RECORDED, PolicyRule, RecordingPolicy

_RULES: Final = TypeAdapter(tuple[PolicyRule, ...])
_POLICY: Final = TypeAdapter(RecordingPolicy)


class RulesColumn(TypeDecorator[tuple[PolicyRule, ...]]):
    """A number's policies. NULL is none; what cannot be read any more is None in Python."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: tuple[PolicyRule, ...] | None, dialect: Dialect) -> Any | None:
        return _RULES.dump_python(value, mode="json") if value else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[PolicyRule, ...] | None:
        if value is None:
            return ()
        try:
            return _RULES.validate_python(value)
        except ValidationError:
            return None


class PolicyColumn(TypeDecorator[RecordingPolicy]):
    """The policy that a call was recorded by."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: RecordingPolicy | None, dialect: Dialect) -> Any | None:
        return None if value is None else _POLICY.dump_python(value, mode="json")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> RecordingPolicy:
        return NOT_RECORDED if value is None else _POLICY.validate_python(value)
