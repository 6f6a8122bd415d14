"""The only code that asks what time it is. Everything else is given a `signaling.ports.Clock`."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
