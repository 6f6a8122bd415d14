"""Which files of the vault are sealed by which master key, whatever they are of: recordings, messages, Meta's."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlmodel import Session, col, func, select

from store.database import Database
from store.message_models import MessageRow
from store.meta_file_models import MetaFileRow
from store.recording_models import RecordingRow

AT_ONCE: Final = 100


class Shelf(StrEnum):
    RECORDINGS = "recordings"
    MESSAGES = "messages"
    META_FILES = "meta_files"


_TABLES: Final[dict[Shelf, Any]] = {
    Shelf.RECORDINGS: RecordingRow,
    Shelf.MESSAGES: MessageRow,
    Shelf.META_FILES: MetaFileRow,
}


@dataclass(frozen=True, slots=True)
class SealedFile:
    """`has_journal`: the journal lies beside it, sealed as it is."""

    shelf: Shelf
    file: str
    has_journal: bool


@dataclass(frozen=True)
class SqlSealedFiles:
    """Every method may raise NeighbourError."""

    database: Database

    async def by_other_keys(self, newest: str, shelf: Shelf, after: str = "") -> Sequence[SealedFile]:
        """Sealed by another than the newest key, in the order of their places, at most `AT_ONCE`."""
        table = _TABLES[shelf]
        query = (
            select(table)
            .where(col(table.key_name) != newest, col(table.file) > after)
            .order_by(col(table.file))
            .limit(AT_ONCE)
        )

        def work(session: Session) -> list[SealedFile]:
            rows = session.exec(query).all()
            return [
                SealedFile(shelf, row.file, isinstance(row, RecordingRow) and row.policy.keep_journal) for row in rows
            ]

        return await self.database.read(work)

    async def unsealed(self) -> int:
        """Files that were kept while there was no key."""

        def work(session: Session) -> int:
            found = 0
            for table in _TABLES.values():
                query = select(func.count()).select_from(table)
                found += session.exec(query.where(col(table.file).is_not(None), col(table.key_name).is_(None))).one()
            return found

        return await self.database.read(work)

    async def resealed(self, sealed: SealedFile, key_name: str) -> bool:
        """False: it was erased meanwhile."""
        table = _TABLES[sealed.shelf]
        query = select(table).where(col(table.file) == sealed.file)

        def work(session: Session) -> bool:
            row = session.exec(query.with_for_update()).one_or_none()
            if row is not None:
                row.key_name = key_name
            return row is not None

        return await self.database.run(work)
