"""Counting without gaps: a number is used by the transaction that took it, or by nobody."""

from sqlalchemy import update
from sqlmodel import Session, col

from store.integration_models import SequenceRow


def next_value(session: Session, name: str) -> int:
    """1, 2, 3 … Others who count by this name wait until this transaction ends.

    The first use of a name may race with another's: run it with `races=True`.
    """
    counted = (
        update(SequenceRow)
        .where(col(SequenceRow.name) == name)
        .values(value=SequenceRow.value + 1)
        .returning(col(SequenceRow.value))
    )
    value = session.execute(counted).scalar_one_or_none()
    if value is None:
        session.add(SequenceRow(name=name, value=1))
        session.flush()
        return 1
    return int(value)
