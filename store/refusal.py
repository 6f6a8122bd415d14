"""What an administrator asked for and cannot have: the shell prints the sentence, REST sends the code."""

from enum import StrEnum


class Why(StrEnum):
    INVALID = "invalid"
    EXISTS = "exists"
    UNKNOWN = "unknown"


class Refusal(Exception):
    """Nothing was changed. `field` names what was wrong; `sentence` says it in plain words, without the value."""

    def __init__(self, why: Why, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why
        self.field = field
        self.sentence = sentence


NAME_LIMIT_CHARS = 120


def plain_name(field: str, name: str) -> str:
    """A name for people: one printable line. Raises Refusal."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LIMIT_CHARS or not name.isprintable():
        raise Refusal(Why.INVALID, field, f"The {field} must be 1 to {NAME_LIMIT_CHARS} printable characters.")
    return name
