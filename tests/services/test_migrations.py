"""The tables that migrations make are the tables that the models describe. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from signaling.errors import NeighbourError
from store.database import Database
from store.migrate import is_current, upgrade
from store.models import Row
from tests.services.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'ramal.db'}"
    server: PostgresServer = request.getfixturevalue("postgres_server")
    return server.new_empty_database()


def is_a_model(_: object, name: str | None, kind: str, *__: object) -> bool:
    """SQLite's index of words is tables of its own, which no model describes (tests/services/test_transcripts.py)."""
    return not (kind == "table" and (name or "").startswith("transcript_words"))


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_models_and_migrations_agree(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": is_a_model}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Row.metadata) == []
    database.close_now()


def test_an_empty_database_becomes_current_once(empty_url: str) -> None:
    assert upgrade(empty_url) is True
    assert upgrade(empty_url) is False
    database = Database(empty_url)
    assert is_current(database.engine)
    database.close_now()


def test_nodes_that_start_together_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(3) as nodes:
        assert sorted(nodes.map(upgrade, [empty_url] * 3)) == [False, False, True]


def test_a_database_of_an_older_version_is_not_current(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert not is_current(database.engine)
    database.close_now()


def test_a_failed_migration_changes_nothing(empty_url: str) -> None:
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir()
    database = Database(empty_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE call_events (in_the_way INTEGER)"))
    with pytest.raises(NeighbourError):
        upgrade(empty_url)
    with database.engine.connect() as connection:
        assert not database.engine.dialect.has_table(connection, "contacts")
    database.close_now()


def test_the_file_of_a_sqlite_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ramal.db"
    upgrade(f"sqlite:///{path}")
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
