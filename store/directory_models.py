"""Tables by which contacts are found: with whom of ours they had to do, and the words that somebody may look for.

Personal data: `contact_words.word`, which holds what `contacts` says of a person, in pieces.
"""

from datetime import datetime

from sqlalchemy import Column, Index, Text
from sqlmodel import Field

from store.columns import UtcDateTime
from store.models import Row

WORD_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code point on both databases: a prefix is then a range."""


class ContactNumberRow(Row, table=True):
    """One customer and one of our numbers that had to do with each other; whoever has none is not listed."""

    __tablename__ = "contact_numbers"
    __table_args__ = (
        Index("ix_contact_numbers_newest", "number_id", "last_at", "contact_id"),
        {"sqlite_with_rowid": False},
    )

    contact_id: int = Field(foreign_key="contacts.id", primary_key=True)
    number_id: int = Field(foreign_key="numbers.id", primary_key=True)
    last_at: datetime = Field(sa_type=UtcDateTime)  # the newest call, permission or protocol of the two


class ContactWordRow(Row, table=True):
    """One word of a contact (`store.directory_words`)."""

    __tablename__ = "contact_words"
    __table_args__ = (Index("ix_contact_words_word_contact_id", "word", "contact_id"), {"sqlite_with_rowid": False})

    contact_id: int = Field(foreign_key="contacts.id", primary_key=True)
    word: str = Field(sa_column=Column(WORD_TEXT, primary_key=True))
