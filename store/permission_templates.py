"""How numbers ask their customers for permission: written by administrators, and what Meta thinks of the templates."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from signaling.ids import NumberId
from signaling.permission_templates import (
    NO_ASKING,
    Asking,
    Template,
    TemplatesAtMeta,
    Use,
    beside,
    chosen_for,
    use_of,
)
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.models import NumberRow
from store.number_plans import ChangedMeanwhile, Document, Writing, named
from store.refusal import Refusal, Why


@dataclass(frozen=True, slots=True)
class StoredAsking:
    """`templates`: the usual one first. The version is that of the number's settings: they are one form's neighbour."""

    document: Document[Asking]
    templates: tuple[Template, ...]
    at_meta: TemplatesAtMeta | None

    @property
    def text(self) -> str:
        return (self.document.value or NO_ASKING).text


@dataclass(frozen=True)
class SqlPermissionTemplates:
    """Every method may raise NeighbourError. None: there is no such number."""

    database: Database

    async def of(self, number: NumberId) -> StoredAsking | None:
        def work(session: Session) -> StoredAsking | None:
            row = session.get(NumberRow, number)
            return None if row is None else _stored(session, row)

        return await self.database.read(work)

    async def write(self, number: NumberId, text: str, templates: Sequence[Template], writing: Writing) -> StoredAsking:
        """Without problems (`signaling.permission_templates`). Raises ChangedMeanwhile; Refusal for a number that is
        not there."""

        def work(session: Session) -> StoredAsking:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None:
                raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
            if writing.seen not in (None, row.settings_version):
                raise ChangedMeanwhile(_stored(session, row).document)
            choose_anew(row, templates[0] if templates else None, Asking(text, tuple(templates[1:])))
            row.settings_version += 1
            row.settings_changed_at, row.settings_changed_by = writing.at, writing.actor
            session.flush()
            names = ", ".join(f"{one.name} ({one.language})" for one in templates)
            what: dict[str, str | int | float | bool | None] = {
                "version": row.settings_version,
                "templates": names,
                "text": bool(text),
            }
            write(session, Entry(writing.at, writing.actor, "number.templates_written", f"number:{number}", what))
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def note(self, number: NumberId, seen: TemplatesAtMeta, before: TemplatesAtMeta | None) -> bool:
        """What Meta was found to have. False: somebody has looked since `before` was read."""

        def work(session: Session) -> bool:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None or at_meta_of(row) != before:
                return False
            row.templates_at_meta = seen
            return True

        return await self.database.run(work)

    async def kept(self) -> dict[NumberId, bool]:
        """The numbers that call customers or ask them, and whether one of their templates waits for Meta's review."""
        query = select(NumberRow).where(col(NumberRow.disabled_at).is_(None)).order_by(col(NumberRow.id))

        def work(session: Session) -> dict[NumberId, bool]:
            rows = [row for row in session.exec(query) if row.outbound_enabled or templates_of(row)]
            return {NumberId(row.id): _waits(row) for row in rows if row.id is not None}

        return await self.database.read(work)


def asking_of(row: NumberRow) -> Asking:
    """What nobody can read says nothing."""
    return NO_ASKING if row.asking is None or isinstance(row.asking, Unreadable) else row.asking


def at_meta_of(row: NumberRow) -> TemplatesAtMeta | None:
    return None if isinstance(row.templates_at_meta, Unreadable) else row.templates_at_meta


def usual_template_of(row: NumberRow) -> Template | None:
    if row.permission_template is None or row.permission_template_language is None:
        return None
    return Template(row.permission_template, row.permission_template_language)


def templates_of(row: NumberRow) -> tuple[Template, ...]:
    return beside(usual_template_of(row), asking_of(row).others)


def has_template(row: NumberRow) -> bool:
    """As `signaling.ports.Number.has_template`."""
    return chosen_for(templates_of(row), at_meta_of(row), None) is not None


def choose_anew(row: NumberRow, usual: Template | None, asking: Asking | None = None) -> None:
    """`asking` None: as it is. Of a template that Meta has got since it was asked nothing is known yet."""
    row.permission_template = None if usual is None else usual.name
    row.permission_template_language = None if usual is None else usual.language
    if asking is not None:
        row.asking = None if asking == NO_ASKING else asking
    if any(use_of(template, at_meta_of(row)) is Use.GONE for template in templates_of(row)):
        row.templates_at_meta = None


def _waits(row: NumberRow) -> bool:
    """Something may be new there soon."""
    chosen, at_meta = templates_of(row), at_meta_of(row)
    return bool(chosen) and (at_meta is None or any(use_of(one, at_meta) is Use.WAITING for one in chosen))


def _stored(session: Session, row: NumberRow) -> StoredAsking:
    by = named(session, row.settings_changed_by)
    readable = not isinstance(row.asking, Unreadable)
    document = Document(asking_of(row), row.settings_version, row.settings_changed_at, by, readable)
    return StoredAsking(document, templates_of(row), at_meta_of(row))
