"""Call-back cards of two contacts who turn out to be one person."""

from sqlmodel import Session, col, select

from store.callback_models import CallbackRow, ClosedAs


def open_of(session: Session, number: int, contact: int) -> CallbackRow | None:
    query = select(CallbackRow).where(
        CallbackRow.number_id == number, CallbackRow.contact_id == contact, col(CallbackRow.closed_at).is_(None)
    )
    return session.exec(query.with_for_update()).one_or_none()


def absorb_cards(session: Session, gone: int, stays: int) -> None:
    """Two contacts are one person: so are their cards."""
    for row in session.exec(select(CallbackRow).where(CallbackRow.contact_id == gone)).all():
        kept = None if row.closed_at is not None else open_of(session, row.number_id, stays)
        if kept is not None:
            kept.times += row.times
            kept.first_at = min(kept.first_at, row.first_at)
            row.closed_at, row.closed_by, row.closed_as = row.last_at, "gateway", ClosedAs.DONE.value
            session.flush()
        row.contact_id = stays
        session.flush()
