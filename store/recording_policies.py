"""By which policies a number's calls are recorded: written whole, with a version, so that nobody overwrites what they
have not seen; checked, and audited with who did it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from signaling.ids import NumberId
from signaling.recording_policy import PolicyRule, problems_of
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.models import DepartmentRow, NumberRow
from store.number_plans import ChangedMeanwhile, Document, document_of
from store.refusal import Refusal, Why

MOST_RULES: Final = 50
SENTENCES: Final = {
    "twice": "Two policies are for the same direction and department.",
    "answer_s": "The time to answer must be 1 to 30 seconds.",
    "agree_key": "The key to agree with must be one of 0 to 9, * and #.",
    "keep_days": "Recordings are kept for 1 to 3650 days, or for ever.",
}


Policies = Document[tuple[PolicyRule, ...]]
"""`value` None: there are some that cannot be read, and nothing is recorded."""


@dataclass(frozen=True)
class SqlRecordingPolicies:
    """Every method may raise NeighbourError."""

    database: Database

    async def read(self, number: NumberId) -> Policies | None:
        """None: there is no such number."""

        def work(session: Session) -> Policies | None:
            row = session.get(NumberRow, number)
            return None if row is None else _policies_of(session, row)

        return await self.database.read(work)

    async def write(
        self, number: NumberId, rules: Sequence[PolicyRule], by: str, at: datetime, seen: int | None = None
    ) -> Policies:
        """From the number's next call on. `seen`: the version that whoever writes has read; None: whatever is there.
        Raises ChangedMeanwhile, Refusal."""
        wanted = checked(rules)

        def work(session: Session) -> Policies:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None:
                raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
            if seen not in (None, row.recording_version):
                raise ChangedMeanwhile(_policies_of(session, row))
            for rule in wanted:
                if rule.department is not None and session.get(DepartmentRow, rule.department) is None:
                    raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
            row.recording, row.recording_version = wanted, row.recording_version + 1
            row.recording_changed_at, row.recording_changed_by = at, by
            told = json.dumps([asdict(rule) for rule in wanted], separators=(",", ":"))
            what: dict[str, Any] = {"version": row.recording_version, "rules": told}
            write(session, Entry(at, by, "number.recording_written", f"number:{number}", what))
            return _policies_of(session, row)

        return await self.database.run(work, races=True)


def _policies_of(session: Session, row: NumberRow) -> Policies:
    value = Unreadable.UNREADABLE if row.recording is None else row.recording
    return document_of(session, value, row.recording_version, row.recording_changed_at, row.recording_changed_by)


def checked(rules: Sequence[PolicyRule]) -> tuple[PolicyRule, ...]:
    """Raises Refusal, with the first word of `problems_of` as its field."""
    if len(rules) > MOST_RULES:
        raise Refusal(Why.INVALID, "rules", f"A number has at most {MOST_RULES} policies.")
    if problems := problems_of(rules):
        raise Refusal(Why.INVALID, problems[0], " ".join(SENTENCES[problem] for problem in problems))
    return tuple(rules)
