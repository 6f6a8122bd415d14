"""What an administrator writes of a number as a whole, with its version; numbers that are added, disabled and removed.
Each act is one transaction with its line in the audit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Table
from sqlmodel import Session, col, delete, select

from signaling.ids import DepartmentId, NumberId
from signaling.number_form import NumberForm, changed_fields, is_slug, slug_of
from signaling.pickup_guard import NOTHING, Kept, icon_wanted
from signaling.private import Token
from signaling.settings_at_meta import LEFT_ALONE, MirrorState, SettingsAtMeta, Wanted, changed_places, words_of
from store.audit import Entry, write
from store.columns import Unreadable
from store.database import Database
from store.meta_file_models import MetaCaptureRow
from store.models import DepartmentRow, NumberRow, Row
from store.number_models import BalanceGuardRow, NumberOperatorRow, NumberWarningRow, PickupGuardRow, UserNumberRow
from store.number_plans import ChangedMeanwhile, Document, Writing, named
from store.operators import operators_of, write_operators
from store.outbox import forget_stream
from store.permission_templates import choose_anew, usual_template_of
from store.refusal import Refusal, Why
from store.secrets import SecretBox

OWN_TABLES: Final[tuple[type[Row], ...]] = (
    *(MetaCaptureRow, NumberWarningRow, PickupGuardRow, BalanceGuardRow),
    *(NumberOperatorRow, UserNumberRow),
)
"""Rows of a number that go with it. What else names a number keeps it from being removed."""

TOKEN_LIMIT_CHARS: Final = 1_024


class InUse(Exception):
    """The number has calls, permissions or the like: `tables` name them. It can be disabled."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__("in use")
        self.tables = tables


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """`at_meta`: what Meta has of them, as last seen."""

    number: NumberId
    document: Document[NumberForm]
    at_meta: SettingsAtMeta | None
    disabled_at: datetime | None
    guarded: Kept = NOTHING

    @property
    def wanted_now(self) -> Wanted:
        """What Meta is to have: as an administrator wants it, and what the pick-up guard hides."""
        return _wanted_now(self.form.wanted, self.guarded)

    @property
    def form(self) -> NumberForm:
        assert self.document.value is not None
        return self.document.value


@dataclass(frozen=True)
class SqlNumberSettings:
    """Every method may raise NeighbourError. None: there is no such number."""

    database: Database
    secrets: SecretBox

    async def of(self, number: NumberId) -> StoredSettings | None:
        def work(session: Session) -> StoredSettings | None:
            row = session.get(NumberRow, number)
            return None if row is None else _stored(session, row)

        return await self.database.read(work)

    async def write(self, number: NumberId, form: NumberForm, writing: Writing) -> StoredSettings:
        """A form without problems (`signaling.number_form`). Raises ChangedMeanwhile; Refusal for a slug that is taken,
        a department or a number that is not there."""

        def work(session: Session) -> StoredSettings:
            row = _row(session, number)
            before = _form(session, row)
            if writing.seen not in (None, row.settings_version):
                raise ChangedMeanwhile(_document(session, row))
            _check_slug(session, form.slug, number)
            if form.department is not None and session.get(DepartmentRow, form.department) is None:
                raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
            row.label, row.slug, row.department_id = form.label.strip(), form.slug, form.department
            row.inbound_enabled, row.outbound_enabled = form.inbound, form.outbound
            row.limits, row.rules = form.limits, form.rules
            if form.template != before.template:
                choose_anew(row, form.template)
            row.wanted_at_meta = None if form.wanted == LEFT_ALONE else form.wanted
            write_operators(session, number, form.operators)
            row.settings_at_meta = _to_tell(_seen(row.settings_at_meta), before.wanted, form.wanted, writing.at)
            changed = ",".join(changed_fields(before, form))
            _wrote(session, row, writing, "number.settings_written", {"changed": changed})
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def set_token(self, number: NumberId, token: Token | None, writing: Writing) -> StoredSettings:
        """The number's own token, encrypted; None: RAMAL_META_TOKEN. Raises Refusal."""

        def work(session: Session) -> StoredSettings:
            row = _row(session, number)
            row.token_encrypted = None if token is None else seal(self.secrets, token, row.phone_number_id)
            _wrote(session, row, writing, "number.token_written", {"own": token is not None})
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def set_disabled(self, number: NumberId, disabled: bool, writing: Writing) -> StoredSettings:
        """Disabled: no call comes in or goes out any more; calls that are up go on. Saying it twice changes nothing."""

        def work(session: Session) -> StoredSettings:
            row = _row(session, number)
            if disabled is (row.disabled_at is None):
                row.disabled_at = writing.at if disabled else None
                _wrote(session, row, writing, "number.disabled" if disabled else "number.enabled", {})
            return _stored(session, row)

        return await self.database.run(work, races=True)

    async def remove(self, number: NumberId, writing: Writing) -> None:
        """Raises InUse for a number that has ever had a call or the like, Refusal for one that is not there."""

        def work(session: Session) -> None:
            row = _row(session, number)
            forget_stream(session, f"number:{number}")  # what was told of the number itself goes with it
            own = {str(table.__tablename__) for table in OWN_TABLES}
            used = tuple(table.name for table in _tables_of_numbers(own) if _names_number(session, table, number))
            if used:
                raise InUse(used)
            for own_table in OWN_TABLES:
                session.exec(delete(own_table).where(col(own_table.number_id) == number))  # type: ignore[attr-defined]
            what = {"slug": row.slug, "label": row.label}
            session.delete(row)
            write(session, Entry(writing.at, writing.actor, "number.removed", f"number:{number}", what))

        await self.database.run(work, races=True)

    async def ask_to_tell(self, number: NumberId, at: datetime) -> None:
        """Everything that is wanted is to be told to Meta again, over whatever is there. Raises Refusal."""

        def work(session: Session) -> None:
            row = _row(session, number)
            seen, places = _seen(row.settings_at_meta), tuple(words_of(_stored(session, row).wanted_now))
            row.settings_at_meta = SettingsAtMeta(
                MirrorState.WAITING if places else MirrorState.LEFT_ALONE,
                at,
                () if seen is None else seen.places,
                to_write=places,
            )

        await self.database.run(work)

    async def note_at_meta(self, number: NumberId, seen: SettingsAtMeta, before: SettingsAtMeta | None) -> bool:
        """What Meta was found to have. False: something was written since `before` was read."""

        def work(session: Session) -> bool:
            row = session.get(NumberRow, number, with_for_update=True)
            if row is None or _seen(row.settings_at_meta) != before:
                return False
            row.settings_at_meta = seen
            return True

        return await self.database.run(work)

    async def mirrored(self) -> dict[NumberId, SettingsAtMeta | None]:
        """Numbers of which something is kept at Meta, and what Meta has of it."""

        def work(session: Session) -> dict[NumberId, SettingsAtMeta | None]:
            rows = session.exec(select(NumberRow).order_by(col(NumberRow.id))).all()
            stored = [_stored(session, row) for row in rows]
            return {each.number: each.at_meta for each in stored if words_of(each.wanted_now)}

        return await self.database.read(work)

    async def mirrors(self) -> dict[NumberId, tuple[Wanted, SettingsAtMeta | None]]:
        """Of all numbers at once: what Meta is to have, and what it was last seen to have."""

        def work(session: Session) -> dict[NumberId, tuple[Wanted, SettingsAtMeta | None]]:
            kept = {row.number_id: row.kept for row in session.exec(select(PickupGuardRow))}
            found: dict[NumberId, tuple[Wanted, SettingsAtMeta | None]] = {}
            for row in session.exec(select(NumberRow)):
                assert row.id is not None
                found[NumberId(row.id)] = _wanted_now(_wanted(row), kept.get(row.id)), _seen(row.settings_at_meta)
            return found

        return await self.database.read(work)


def free_slug(session: Session, wanted: str, label: str) -> str:
    """`wanted`, or one made of the name that nobody has. Raises Refusal for one that is none, or is taken."""
    if wanted:
        _check_slug(session, wanted, None)
        return wanted
    made = slug_of(label)
    taken = set(session.exec(select(NumberRow.slug).where(col(NumberRow.slug).like(f"{made}%"))).all())
    return next(slug for slug in _numbered(made) if slug not in taken)


def seal(secrets: SecretBox, token: Token, phone_number_id: str) -> str:
    """Raises Refusal for what can be no token."""
    if not 0 < len(token.value) <= TOKEN_LIMIT_CHARS or not token.value.isascii() or not token.value.isprintable():
        raise Refusal(Why.INVALID, "token", f"A token is one line of 1 to {TOKEN_LIMIT_CHARS} plain characters.")
    return secrets.encrypt(token, phone_number_id)


def _numbered(made: str) -> Iterable[str]:
    yield made
    count = 2
    while True:
        yield f"{made}-{count}"
        count += 1


def _check_slug(session: Session, slug: str, number: NumberId | None) -> None:
    if not is_slug(slug):
        raise Refusal(Why.INVALID, "slug", "An internal id is small letters and digits, with hyphens between them.")
    other = session.exec(select(NumberRow).where(NumberRow.slug == slug)).one_or_none()
    if other is not None and other.id != number:
        raise Refusal(Why.EXISTS, "slug", "Another number has this internal id.")


def _row(session: Session, number: NumberId) -> NumberRow:
    row = session.get(NumberRow, number, with_for_update=True)
    if row is None:
        raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
    return row


def _wrote(
    session: Session, row: NumberRow, writing: Writing, action: str, what: dict[str, str | int | float | bool | None]
) -> None:
    row.settings_version += 1
    row.settings_changed_at, row.settings_changed_by = writing.at, writing.actor
    session.flush()
    told = {"version": row.settings_version, **what}
    write(session, Entry(writing.at, writing.actor, action, f"number:{row.id}", told))


def _to_tell(seen: SettingsAtMeta | None, before: Wanted, after: Wanted, at: datetime) -> SettingsAtMeta | None:
    """What was changed here is told to Meta; what somebody changed there meanwhile is not written over."""
    kept = words_of(after)
    waiting = [place for place in (() if seen is None else seen.to_write) if place in kept]
    places = tuple(dict.fromkeys([*waiting, *changed_places(before, after)]))
    if not places and before == after:
        return seen
    state = MirrorState.WAITING if kept else MirrorState.LEFT_ALONE
    return SettingsAtMeta(state, at, () if seen is None else seen.places, to_write=places)


def _stored(session: Session, row: NumberRow) -> StoredSettings:
    assert row.id is not None
    guard = session.get(PickupGuardRow, row.id)
    kept = NOTHING if guard is None or isinstance(guard.kept, Unreadable) else guard.kept
    seen = _seen(row.settings_at_meta)
    return StoredSettings(NumberId(row.id), _document(session, row), seen, row.disabled_at, kept)


def _document(session: Session, row: NumberRow) -> Document[NumberForm]:
    by = named(session, row.settings_changed_by)
    readable = row.wanted_at_meta is not Unreadable.UNREADABLE
    return Document(_form(session, row), row.settings_version, row.settings_changed_at, by, readable)


def _form(session: Session, row: NumberRow) -> NumberForm:
    assert row.id is not None
    return NumberForm(
        label=row.label,
        slug=row.slug,
        department=None if row.department_id is None else DepartmentId(row.department_id),
        inbound=row.inbound_enabled,
        outbound=row.outbound_enabled,
        limits=row.limits,
        rules=row.rules,
        template=usual_template_of(row),
        wanted=_wanted(row),
        operators=operators_of(session, row.id),
    )


def _wanted(row: NumberRow) -> Wanted:
    wanted = row.wanted_at_meta
    return LEFT_ALONE if wanted is None or isinstance(wanted, Unreadable) else wanted


def _wanted_now(wanted: Wanted, kept: Kept | Unreadable | None) -> Wanted:
    held = NOTHING if kept is None or isinstance(kept, Unreadable) else kept
    return replace(wanted, icon=icon_wanted(wanted.icon, held))


def _seen(at_meta: SettingsAtMeta | Unreadable | None) -> SettingsAtMeta | None:
    return None if isinstance(at_meta, Unreadable) else at_meta


def _tables_of_numbers(without: set[str]) -> list[Table]:
    """Tables with a column that names a number."""
    numbers = Row.metadata.tables["numbers"]
    return [
        table
        for table in Row.metadata.sorted_tables
        if table.name not in without and any(key.column.table is numbers for key in table.foreign_keys)
    ]


def _names_number(session: Session, table: Table, number: NumberId) -> bool:
    numbers = Row.metadata.tables["numbers"]
    columns = [key.parent for key in table.foreign_keys if key.column.table is numbers]
    return any(
        session.connection().execute(table.select().where(column == number).limit(1)).first() is not None
        for column in columns
    )
