"""A real PostgreSQL for tests: a cluster of our own in a temporary directory, reached through a socket in it.

As root the server runs as Debian's `postgres` user, since PostgreSQL refuses to run as root. Fixtures:
- `postgres_server`: one server per test run;
- `postgres_url`: a database of the test's own with all tables;
- `own_postgres_server`: a server that a test may stop.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from store.migrate import upgrade

TEMPLATE = "ramal_template"
# Tests need no power-cut safety, and every commit is quicker without it.
SPEED = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"


def find_programs() -> Path:
    """The directory of initdb and pg_ctl; fails the test with the one command to run when there is none."""
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (programs / "initdb").exists():
            return programs
    if (found := shutil.which("initdb")) is not None:
        return Path(found).resolve().parent
    pytest.fail(
        "These tests need PostgreSQL's server. Run: apt-get install -y --no-install-recommends postgresql", False
    )


@dataclass
class PostgresServer:
    """A cluster in `directory`. `url("postgres")` is its first database."""

    directory: Path
    programs: Path
    _names: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def create(self) -> None:
        self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self.directory} {SPEED}"
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "log", "-o", options)

    def stop(self) -> None:
        """Connections break; what was committed stays (an immediate stop would lose it: nothing is synced)."""
        self._run("pg_ctl", "stop", "-w", "-D", "data", "-m", "fast")

    def new_database(self) -> str:
        """The URL of a new database with all tables."""
        name = f"test_{next(self._names)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    def new_empty_database(self) -> str:
        name = f"test_{next(self._names)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        name = url.partition("@/")[2].partition("?")[0]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def make_template(self) -> None:
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.url(TEMPLATE))

    def _execute(self, statement: str) -> None:
        url = self.url("postgres").replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _run(self, program: str, *arguments: str) -> None:
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            as_whom = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.directory)}
        with tempfile.TemporaryFile() as output:  # a pipe would stay open as long as the server lives
            done = subprocess.run(
                [self.programs / program, *arguments],
                cwd=self.directory,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **as_whom,
            )
            output.seek(0)
            assert done.returncode == 0, output.read().decode(errors="replace")


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    programs = find_programs()
    directory = Path(tempfile.mkdtemp(prefix="ramal-pg-"))
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(directory, user.pw_uid, user.pw_gid)
        server = PostgresServer(directory, programs)
        server.create()
        server.start()
        try:
            server.make_template()
            yield server
        finally:
            if (directory / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server
