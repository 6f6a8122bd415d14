"""Bring a database to the tables that this version of the code knows."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from signaling.errors import NeighbourError
from store.database import Database
from store.failures import failure_of

_LOCK: Final = 7_266_825  # any number that only this code uses for pg_advisory_xact_lock


def upgrade(url: str) -> bool:
    """Create or alter tables in one transaction; False when there was nothing to do. Nodes that start together queue.

    A SQLite file is created, readable by its owner only. Raises NeighbourError.
    """
    database = Database(url)
    try:
        if database.is_sqlite:
            _create_file(Path(database.url.database or ""))
        try:
            with database.engine.begin() as connection:
                return _upgrade(connection)
        except DBAPIError as error:
            failure = failure_of(error)
        raise NeighbourError(failure)
    finally:
        database.close_now()


def is_current(engine: Engine) -> bool:
    """Whether every migration of this version has been applied. Blocks. Raises NeighbourError."""
    try:
        with engine.connect() as connection:
            return _heads(connection) == set(ScriptDirectory.from_config(config()).get_heads())
    except DBAPIError as error:
        failure = failure_of(error)
    raise NeighbourError(failure)


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; there is no alembic.ini to find or to install."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _upgrade(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = _heads(connection)
    command.upgrade(config(connection), "head")
    return before != _heads(connection)


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _create_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    if path.stat().st_size == 0:  # new, or an accident of whoever looked for it; WAL and shared memory take over
        path.chmod(0o600)
