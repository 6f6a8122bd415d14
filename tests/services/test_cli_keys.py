"""Keys and the audit from a shell. On both databases."""

from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from gateway.cli import app
from store.database import Database
from tests.services.samples import KEY


def ramal(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"RAMAL_SECRET_KEY": KEY.value, "RAMAL_DATABASE_URL": url})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests


def test_a_key_is_shown_once_listed_by_its_prefix_and_revoked(database_url: str) -> None:
    key = ramal(database_url, "api-key", "add", "CRM", "--scope", "calls:read", "--days", "1").stdout.strip()
    prefix = key.split("_")[1]
    listed = ramal(database_url, "api-key", "list").stdout
    assert listed == f"{prefix}\tworks\tnever used\tcalls:read\tCRM\n"
    assert key not in listed
    assert ramal(database_url, "api-key", "revoke", prefix).stdout == f"{prefix}\trevoked\n"
    assert "\trevoked\t" in ramal(database_url, "api-key", "list").stdout
    assert ramal(database_url, "audit", "verify").stdout.startswith("2 lines, all as they were written.")


def test_a_bad_scope_and_an_unknown_prefix_are_said_in_a_sentence(database_url: str) -> None:
    wrong = ramal(database_url, "api-key", "add", "CRM", "--scope", "everything")
    assert (wrong.exit_code, "permission:request" in wrong.stderr) == (2, True)
    assert ramal(database_url, "api-key", "revoke", "nobody").exit_code == 2


def test_a_changed_audit_ends_in_exit_code_2(database_url: str) -> None:
    ramal(database_url, "api-key", "add", "CRM", "--scope", "calls:read")
    database = Database(database_url)
    with database.engine.begin() as connection:
        off = "DROP TRIGGER audit_no_update" if database.is_sqlite else "ALTER TABLE audit DISABLE TRIGGER ALL"
        connection.execute(text(off))
        connection.execute(text("UPDATE audit SET actor = 'nobody'"))
    database.close_now()
    broken = ramal(database_url, "audit", "verify")
    assert (broken.exit_code, "line 1" in broken.stderr) == (2, True)
