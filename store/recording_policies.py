"""By which policies a number's calls are recorded: written whole, checked, and audited with who did it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from signaling.ids import NumberId
from signaling.recording_policy import PolicyRule, problems_of
from store.audit import Entry, write
from store.database import Database
from store.models import DepartmentRow, NumberRow
from store.refusal import Refusal, Why

MOST_RULES: Final = 50
SENTENCES: Final = {
    "twice": "Two policies are for the same direction and department.",
    "answer_s": "The time to answer must be 1 to 30 seconds.",
    "agree_key": "The key to agree with must be one of 0 to 9, * and #.",
    "keep_days": "Recordings are kept for 1 to 3650 days, or for ever.",
}


@dataclass(frozen=True)
class SqlRecordingPolicies:
    """Every method may raise NeighbourError."""

    database: Database

    async def write(
        self, number: NumberId, rules: Sequence[PolicyRule], by: str, at: datetime
    ) -> tuple[PolicyRule, ...]:
        """From the number's next call on. Raises Refusal."""
        wanted = checked(rules)

        def work(session: Session) -> tuple[PolicyRule, ...]:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None:
                raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
            for rule in wanted:
                if rule.department is not None and session.get(DepartmentRow, rule.department) is None:
                    raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
            row.recording = wanted
            told = json.dumps([asdict(rule) for rule in wanted], separators=(",", ":"))
            write(session, Entry(at, by, "number.recording_written", f"number:{number}", {"rules": told}))
            return wanted

        return await self.database.run(work, races=True)


def checked(rules: Sequence[PolicyRule]) -> tuple[PolicyRule, ...]:
    """Raises Refusal, with the first word of `problems_of` as its field."""
    if len(rules) > MOST_RULES:
        raise Refusal(Why.INVALID, "rules", f"A number has at most {MOST_RULES} policies.")
    if problems := problems_of(rules):
        raise Refusal(Why.INVALID, problems[0], " ".join(SENTENCES[problem] for problem in problems))
    return tuple(rules)
