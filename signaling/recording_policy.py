"""Whether a call is recorded, and who must have agreed: a number's policy, as data. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from signaling.events import Direction
from signaling.ids import DepartmentId

LONGEST_ANSWER_S: Final = 30.0
LONGEST_KEPT_DAYS: Final = 3_650


class When(StrEnum):
    NEVER = "never"
    ALWAYS = "always"
    ON_DEMAND = "on_demand"  # the agent starts and stops it
    AFTER_CONSENT = "after_consent"  # the customer is asked first


class Agreement(StrEnum):
    """How a customer agrees."""

    KEY = "key"  # they press `agree_key`; another key, or none, is a refusal
    STAYING = "staying"  # they heard the notice and are still there


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """`greeting` (announcements and farewells), `menu` (questions for a key), `queue` (waiting for an agent), `hold`:
    whether these parts of a call are kept as well: what the customer says in them, and what we play to them.
    `keep_days` None: for ever. `keep_journal`: the packets as they came stay beside the finished recording."""

    when: When = When.NEVER
    agreement: Agreement = Agreement.STAYING
    agree_key: str = "1"
    answer_s: float = 8.0  # for the key, after the question
    greeting: bool = False
    menu: bool = False
    queue: bool = False
    hold: bool = False
    keep_days: int | None = None
    keep_journal: bool = False


NOT_RECORDED: Final = RecordingPolicy()


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One line of a number's policies. None: of whatever direction, of whatever department."""

    policy: RecordingPolicy
    direction: Direction | None = None
    department: DepartmentId | None = None


def policy_for(rules: Iterable[PolicyRule], direction: Direction, department: DepartmentId | None) -> RecordingPolicy:
    """The rule that names most of what this call is; a department outranks a direction. None: it is not recorded."""
    fitting = [
        rule
        for rule in rules
        if rule.direction in (None, direction) and (rule.department is None or rule.department == department)
    ]
    if not fitting:
        return NOT_RECORDED
    return max(fitting, key=lambda rule: (rule.department is not None, rule.direction is not None)).policy


def problems_of(rules: Iterable[PolicyRule]) -> list[str]:
    """Words for what keeps policies from being saved: `twice`, `answer_s`, `agree_key`, `keep_days`."""
    rules = list(rules)
    found = []
    if len({(rule.direction, rule.department) for rule in rules}) < len(rules):
        found.append("twice")
    for policy in (rule.policy for rule in rules):
        if not 1 <= policy.answer_s <= LONGEST_ANSWER_S:
            found.append("answer_s")
        if len(policy.agree_key) != 1 or policy.agree_key not in "0123456789*#":
            found.append("agree_key")
        if policy.keep_days is not None and not 1 <= policy.keep_days <= LONGEST_KEPT_DAYS:
            found.append("keep_days")
    return list(dict.fromkeys(found))
