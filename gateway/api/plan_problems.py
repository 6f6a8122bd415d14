"""What is wrong with a plan or a schedule, as places of what was sent. Pure."""

from typing import Final

from pydantic import ValidationError

from gateway.api.errors import ApiError, Problem, invalid
from signaling.plan import PlanProblem
from signaling.schedule import WEEKDAYS, ScheduleProblem

MOST_PROBLEMS: Final = 200
PLACE_LIMIT_CHARS: Final = 80
STEP_KINDS: Final = frozenset({"ring", "announce", "menu", "queue", "offer_callback", "voicemail", "hang_up"})

_CODES: Final = {
    "missing": "missing",
    "missing_argument": "missing",
    "unexpected_keyword_argument": "unknown_field",
    "extra_forbidden": "unknown_field",
    "union_tag_invalid": "unknown_kind",
    "union_tag_not_found": "missing",
    "enum": "unknown_word",
}
_OF_A_STEP: Final = frozenset({"union_tag_invalid", "union_tag_not_found"})


def of_plan(problems: list[PlanProblem]) -> list[Problem]:
    return [Problem(step=found.step, field=found.field, code=found.code) for found in problems]


def of_schedule(problems: list[ScheduleProblem]) -> list[Problem]:
    return [Problem(field=found.place, code=found.code) for found in problems]


def wrong_shape(error: ValidationError) -> ApiError:
    """422 for a body that is JSON and no plan, or no schedule: with the places, without the values."""
    return invalid(of_shape(error))


def of_shape(error: ValidationError) -> list[Problem]:
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    return [_problem(item["type"], item["loc"]) for item in wrong[:MOST_PROBLEMS]]


def _problem(kind: str, place: tuple[int | str, ...]) -> Problem:
    code = _CODES.get(kind, "wrong_type")
    parts = [str(part)[:PLACE_LIMIT_CHARS] for part in place]
    if parts[:2] == ["plan", "steps"] and len(parts) > 2:
        field = ["kind"] if kind in _OF_A_STEP else parts[3:]
        if len(field) > 1 and field[0] in STEP_KINDS:
            field = field[1:]
        return Problem(step=parts[2], field=".".join(field), code=code)
    if parts[:1] in (["plan"], ["schedule"]):
        parts = parts[1:] or parts
    if parts[0] == "weekly" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(WEEKDAYS):
        parts[1] = WEEKDAYS[int(parts[1])]
    return Problem(field=".".join(parts), code=code)
