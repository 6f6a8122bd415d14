"""How calls are looked for among a million: which condition leads, so that few rows are read for a page.

A page takes the newest from an index, or puts the newest of several together. What is kept beside calls (texts, notes,
recordings, protocols) leads where few calls have it; where many have it, it is met soon among the newest.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import func, select, union
from sqlmodel import Session, col

from signaling.ids import AgentId, DepartmentId
from store.call_grants import workers_of
from store.cursors import Cursor, after
from store.figure_models import AgentWorkRow
from store.history_filter import Beside, Branch, HistoryFilter, beside, branches_of, conditions_of
from store.models import CallRow, MembershipRow

FEW: Final = 5_000
"""Of them, a page looks at all. More are a two-hundredth of a million: some twenty thousand are passed for a page."""

MOST_LISTED: Final = 100_000
"""What a list counts, and an export takes. Whoever wants older ones asks for an earlier period."""

MOST_SIFTED: Final = 10_000
"""The same, where each call must be looked at for what is kept beside it."""


def known(session: Session, wanted: HistoryFilter) -> HistoryFilter:
    """With the departments that the reader is in by now."""
    if wanted.within is not None:
        wanted = replace(wanted, within=known(session, wanted.within))
    if wanted.visible_member is None:
        return wanted
    query = select(col(MembershipRow.department_id)).where(col(MembershipRow.user_id) == wanted.visible_member)
    own = frozenset(DepartmentId(department) for department in session.scalars(query))
    guests = frozenset(map(AgentId, session.scalars(workers_of(own)))) if own else frozenset()
    return replace(
        wanted,
        visible_in=(wanted.visible_in or frozenset()) | own,
        visible_guests=wanted.visible_guests | guests,
        visible_member=None,
    )


def newest(session: Session, wanted: HistoryFilter, limit: int, cursor: Cursor | None, *, is_sqlite: bool) -> Any:
    """A subquery of at most `limit` calls, as `at` and `id`, the newest first. `wanted` is `known`."""
    sides, counts = _sides(session, wanted, FEW, is_sqlite)
    if sides:
        return _beginning_beside(wanted, sides, counts, FEW, limit, cursor)
    return _together(branches_of(wanted), limit, cursor)


def listed(session: Session, wanted: HistoryFilter, *, is_sqlite: bool) -> tuple[Any, int]:
    """The same for a whole list, and how many it has at most; the subquery has one more if there are more. What is
    visible is looked at as calls are passed: putting long lists together takes longer, but for those of one agent."""
    sides, counts = _sides(session, wanted, MOST_SIFTED, is_sqlite)
    if sides:
        return _beginning_beside(wanted, sides, counts, MOST_SIFTED, MOST_SIFTED + 1, None), MOST_SIFTED
    return _together(_passed(wanted), MOST_LISTED + 1, None), MOST_LISTED


def _sides(session: Session, wanted: HistoryFilter, few: int, is_sqlite: bool) -> tuple[list[Beside], list[int]]:
    sides = beside(wanted, is_sqlite=is_sqlite)
    return sides, [session.scalar(_how_many(side, few)) or 0 for side in sides]


def _beginning_beside(
    wanted: HistoryFilter, sides: list[Beside], counts: list[int], few: int, limit: int, cursor: Cursor | None
) -> Any:
    """From the rarest if few calls have it, else along all calls."""
    rarest = counts.index(min(counts))
    if counts[rarest] <= few:
        rest = sides[:rarest] + sides[rarest + 1 :]
        return _few(wanted, sides[rarest], rest, few, limit, cursor)
    has = [side.has for side in sides]
    branches = [replace(branch, conditions=[*branch.conditions, *has]) for branch in _passed(wanted)]
    return _together(branches, limit, cursor)


def _passed(wanted: HistoryFilter) -> list[Branch]:
    """For a long way: what is visible leads nowhere on it, unless all of it is one agent's."""
    branches = branches_of(wanted)
    of_one = wanted.agent is not None or (len(branches) == 2 and branches[1].handed_on_by is not None)
    return branches if of_one else [Branch(conditions_of(wanted, in_passing=True))]


def _together(branches: list[Branch], limit: int, cursor: Cursor | None) -> Any:
    parts = [_walked(branch, limit, cursor).subquery() for branch in branches]
    if len(parts) == 1:
        return parts[0]
    together = union(*(select(part) for part in parts)).subquery()
    return select(together).order_by(together.c.at.desc(), together.c.id.desc()).limit(limit).subquery()


def _walked(branch: Branch, limit: int, cursor: Cursor | None) -> Any:
    at, row, conditions = col(CallRow.received_at), col(CallRow.id), branch.conditions
    if branch.handed_on_by is not None:
        at, row, call = col(AgentWorkRow.received_at), col(AgentWorkRow.handed_on), row
        conditions = [AgentWorkRow.agent_id == branch.handed_on_by, row.is_not(None), call == row, *conditions]
    query: Any = select(at.label("at"), row.label("id"))
    query = query.where(at.is_not(None), *conditions, *after(at, row, cursor))
    return query.order_by(at.desc(), row.desc()).limit(limit)


def _few(wanted: HistoryFilter, first: Beside, rest: list[Beside], few: int, limit: int, cursor: Cursor | None) -> Any:
    """From what is beside them to the calls. The inner limit, which is never reached, keeps planners from going through
    all calls in order instead."""
    at, row = col(CallRow.received_at), col(CallRow.id)
    query: Any = select(at.label("at"), row.label("id"))
    met = query.where(at.is_not(None), col(CallRow.call_id).in_(first.ids), *conditions_of(wanted, in_passing=True))
    found = met.where(*(side.has for side in rest)).limit(few + 1).subquery()
    some = select(found).where(*after(found.c.at, found.c.id, cursor))
    return some.order_by(found.c.at.desc(), found.c.id.desc()).limit(limit).subquery()


def _how_many(side: Beside, few: int) -> Any:
    """As far as it matters."""
    return select(func.count()).select_from(side.ids.limit(few + 1).subquery())
