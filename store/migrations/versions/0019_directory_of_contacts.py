"""Contacts found by name, number and newest call; a name of our own beside the one that Meta tells."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from store.directory_words import words_of

revision = "0019"
down_revision = "0018"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE: Final = 2_000

WHO_MET: Final = (
    """INSERT INTO contact_numbers (contact_id, number_id, last_at)
        SELECT contact_id, number_id, max(received_at) FROM calls
        WHERE contact_id IS NOT NULL AND received_at IS NOT NULL GROUP BY contact_id, number_id""",
    """INSERT INTO contact_numbers (contact_id, number_id, last_at)
        SELECT contact_id, number_id, max(at) FROM permission_events AS event
        WHERE NOT EXISTS (SELECT 1 FROM contact_numbers AS known
            WHERE known.contact_id = event.contact_id AND known.number_id = event.number_id)
        GROUP BY contact_id, number_id""",
)
"""By their calls; and, where only permission was spoken of, when that was."""


def upgrade() -> None:
    op.add_column("contacts", sa.Column("given_name", sa.Text()))
    op.create_table(
        "contact_numbers",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("number_id", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "number_id", name="pk_contact_numbers"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_contact_numbers_contact_id"),
        sa.ForeignKeyConstraint(["number_id"], ["numbers.id"], name="fk_contact_numbers_number_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_numbers_newest", "contact_numbers", ["number_id", "last_at", "contact_id"])
    words = op.create_table(
        "contact_words",
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "word", name="pk_contact_words"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_contact_words_contact_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_words_word_contact_id", "contact_words", ["word", "contact_id"])
    for statement in WHO_MET:
        op.execute(statement)
    _which_words(words)


def _which_words(words: sa.Table) -> None:
    connection = op.get_bind()
    for contacts in _contacts(connection):
        first, last = contacts[0].id, contacts[-1].id
        query = sa.text("SELECT contact_id, phone FROM contact_aliases WHERE contact_id BETWEEN :first AND :last")
        others: dict[int, list[str]] = {}
        for alias in connection.execute(query, {"first": first, "last": last}):
            others.setdefault(alias.contact_id, []).append(alias.phone)
        rows = [
            {"contact_id": contact.id, "word": word}
            for contact in contacts
            for word in sorted(words_of((contact.name, contact.username), _phones(contact, others)))
        ]
        if rows:
            connection.execute(words.insert(), rows)


def _phones(contact: Any, others: dict[int, list[str]]) -> list[str]:
    return [phone for phone in (contact.phone, *others.get(contact.id, ())) if phone is not None]


def _contacts(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    query = sa.text("SELECT id, phone, name, username FROM contacts WHERE id > :last ORDER BY id LIMIT :some")
    last = 0
    while rows := connection.execute(query, {"last": last, "some": AT_ONCE}).all():
        yield rows
        last = rows[-1].id
