"""What Meta says of a number's health (`health_status`, reference 1.1): who may send, and what is wrong. Pure."""

from dataclasses import dataclass
from typing import Final

from signaling.meta.graph_answers import Health
from signaling.meta.reading import integer, items, text, word
from signaling.meta.scrub import scrub

MOST_ENTITIES: Final = 10
MOST_ERRORS: Final = 10
SAID_LIMIT_CHARS: Final = 400


@dataclass(frozen=True, slots=True)
class HealthError:
    """`said`, `solution`: Meta's own words, in English, without anything private."""

    code: int
    said: str
    solution: str


@dataclass(frozen=True, slots=True)
class HealthOf:
    """`entity`: PHONE_NUMBER, WABA, BUSINESS, APP. `can_send`: AVAILABLE, LIMITED, BLOCKED; "" where Meta is silent."""

    entity: str
    can_send: str
    errors: tuple[HealthError, ...] = ()


def health_of(health: Health) -> tuple[HealthOf, ...]:
    """Whatever Meta sends gives a list; what cannot be read is not in it."""
    return tuple(_entity(entity) for entity in health.entities[:MOST_ENTITIES] if word(entity.get("entity_type")))


def _entity(entity: dict[str, object]) -> HealthOf:
    errors = [found for found in items(entity, "errors")[:MOST_ERRORS] if isinstance(found, dict)]
    return HealthOf(
        word(entity.get("entity_type")),
        word(entity.get("can_send_message")),
        tuple(
            HealthError(
                integer(error.get("error_code")) or 0,
                scrub(text(error.get("error_description"), SAID_LIMIT_CHARS) or ""),
                scrub(text(error.get("possible_solution"), SAID_LIMIT_CHARS) or ""),
            )
            for error in errors
        ),
    )
