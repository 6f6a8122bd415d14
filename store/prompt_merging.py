"""What two contacts have heard, who turn out to be one person."""

from sqlmodel import Session, col, select

from store.prompt_models import PromptHeardRow


def absorb_heard(session: Session, gone: int, stays: int) -> None:
    """Two contacts are one person: they have heard what either of them has, when it was last."""
    for old in session.exec(select(PromptHeardRow).where(col(PromptHeardRow.contact_id) == gone)):
        same = session.get(PromptHeardRow, (old.number_id, stays, old.prompt))
        if same is None:
            number, prompt, at = old.number_id, old.prompt, old.heard_at
            session.add(PromptHeardRow(number_id=number, contact_id=stays, prompt=prompt, heard_at=at))
        else:
            same.heard_at = max(same.heard_at, old.heard_at)
        session.delete(old)
    session.flush()
