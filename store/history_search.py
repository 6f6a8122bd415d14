"""How calls are looked for among a million: which condition leads, so that few rows are read for a page.

A page takes the newest from an index, or puts the newest of several together. What is kept beside calls (texts, notes,
recordings, protocols) leads where few calls have it; where many have it, it is met soon among the newest.
"""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import exists, func, not_, select, union
from sqlmodel import Session, col

from signaling.ids import DepartmentId
from store.cursors import Cursor, after
from store.history_filter import WITH_SOUND, HistoryFilter, beside, branches_of, conditions_of
from store.models import CallRow, MembershipRow
from store.recording_models import RecordingRow

FEW: Final = 5_000


def known(session: Session, wanted: HistoryFilter) -> HistoryFilter:
    """With the departments that the reader is in by now."""
    if wanted.within is not None:
        wanted = replace(wanted, within=known(session, wanted.within))
    if wanted.visible_member is None:
        return wanted
    query = select(col(MembershipRow.department_id)).where(col(MembershipRow.user_id) == wanted.visible_member)
    own = frozenset(DepartmentId(department) for department in session.scalars(query))
    return replace(wanted, visible_in=(wanted.visible_in or frozenset()) | own, visible_member=None)


def newest(session: Session, wanted: HistoryFilter, limit: int, cursor: Cursor | None, *, is_sqlite: bool) -> Any:
    """A subquery of at most `limit` calls, as `at` and `id`, the newest first. `wanted` is `known`."""
    sides = beside(wanted, is_sqlite=is_sqlite)
    counts = [session.scalar(_how_many(side)) or 0 for side in sides]
    if sides and min(counts) <= FEW:
        first = sides.pop(counts.index(min(counts)))
        return _few(wanted, first, sides, limit, cursor)
    parts = [_walked([*branch, *_also(wanted, sides)], limit, cursor) for branch in branches_of(wanted)]
    if len(parts) == 1:
        return parts[0].subquery()
    together = union(*(select(part.subquery()) for part in parts)).subquery()
    return select(together).order_by(together.c.at.desc(), together.c.id.desc()).limit(limit).subquery()


def _walked(conditions: list[Any], limit: int, cursor: Cursor | None) -> Any:
    at, row = col(CallRow.received_at), col(CallRow.id)
    query: Any = select(at.label("at"), row.label("id"))
    query = query.where(at.is_not(None), *conditions, *after(at, row, cursor))
    return query.order_by(at.desc(), row.desc()).limit(limit)


def _few(wanted: HistoryFilter, first: Any, sides: list[Any], limit: int, cursor: Cursor | None) -> Any:
    """From what is beside them to the calls. The inner limit, which is never reached, keeps planners from going through
    all calls in order instead."""
    at, row = col(CallRow.received_at), col(CallRow.id)
    query: Any = select(at.label("at"), row.label("id"))
    met = query.where(col(CallRow.call_id).in_(first), at.is_not(None), *conditions_of(wanted), *_also(wanted, sides))
    found = met.limit(FEW + 1).subquery()
    rest = select(found).where(*after(found.c.at, found.c.id, cursor))
    return rest.order_by(found.c.at.desc(), found.c.id.desc()).limit(limit).subquery()


def _also(wanted: HistoryFilter, sides: list[Any]) -> list[Any]:
    conditions: list[Any] = [col(CallRow.call_id).in_(side) for side in sides]
    if wanted.recorded is False:
        conditions.append(not_(_has_sound()))
    return conditions


def _has_sound() -> Any:
    theirs = col(RecordingRow.call_id) == col(CallRow.call_id)
    return exists().where(theirs, col(RecordingRow.state).in_(WITH_SOUND)).correlate(CallRow)


def _how_many(side: Any) -> Any:
    """As far as it matters."""
    return select(func.count()).select_from(side.limit(FEW + 1).subquery())
