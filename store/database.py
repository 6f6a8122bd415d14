"""One SQL database, its connections and its threads. No SQL ever runs on the event loop.

SQLite keeps `synchronous=FULL` although WAL would be safe against a crash of ours with NORMAL: with NORMAL a power cut
may take back the last commits, and a webhook that we answered with 200 is never sent again. One sync per commit it is.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from signaling.errors import Failure, NeighbourError
from store.failures import failure_of, passes_by_itself
from store.group_commit import GroupCommit

SQLITE_BUSY_TIMEOUT_MS: Final = 5_000
SQLITE_READERS: Final = 2
POSTGRES_THREADS: Final = 8
POSTGRES_CONNECT_TIMEOUT_S: Final = 5
POSTGRES_OPTIONS: Final = "-c timezone=UTC -c statement_timeout=15s -c lock_timeout=5s -c jit=off"
"""No JIT: compiling one of our longer reports takes most of a second, running it a quarter."""
POSTGRES_SILENCE_MS: Final = 10_000  # an unanswered packet for this long is a dead connection
ATTEMPTS: Final = 4
_READ_ONLY: Final = "ramal_read_only"

T = TypeVar("T")


class Database:
    """`run` and `read` are all that stores need. Make one per process; `close` it at the end.

    SQLite: one thread writes (so that writers queue here, in order, and not inside SQLite), two read beside it. What
    gathers in the queue while the disk syncs is committed with one sync.
    PostgreSQL: eight threads, each with a connection of its own, read and write.
    """

    def __init__(self, url: str) -> None:
        """`sqlite:////path/to/file` or `postgresql://user:password@host/name`. Raises ValueError for anything else."""
        self.url: Final = read_url(url)
        self.is_sqlite: Final = self.url.get_backend_name() == "sqlite"
        self.engine: Final = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._reading: Final = self.engine.execution_options(
            **({_READ_ONLY: True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"})
        )
        self._writers: Final[Executor] = ThreadPoolExecutor(1 if self.is_sqlite else POSTGRES_THREADS, "store")
        self._readers: Final[Executor] = (
            ThreadPoolExecutor(SQLITE_READERS, "store-read") if self.is_sqlite else self._writers
        )
        self._together: Final = GroupCommit(self.engine, self._writers, self.transact) if self.is_sqlite else None

    async def run(self, work: Callable[[Session], T], *, races: bool = False) -> T:
        """`work` in one transaction, which is on the disk when this returns. On SQLite, where only one can write, works
        that wait together are committed together (`store.group_commit`).

        With `races`, a constraint that another transaction has just come to violate is no error: `work` is done again
        and finds the other's row. Raises NeighbourError.
        """
        if self._together is None:
            return await asyncio.get_running_loop().run_in_executor(self._writers, self.transact, work, races)
        return await asyncio.wrap_future(self._together.put(work, races))

    async def read(self, work: Callable[[Session], T]) -> T:
        """`work` on a snapshot, in a transaction that only reads and waits for no writer. Raises NeighbourError."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._transact, self._reading, work)

    def transact(self, work: Callable[[Session], T], races: bool = False) -> T:
        """`run` for those who have no event loop to spare."""
        return self._transact(self.engine, work, races)

    async def ping(self) -> None:
        """Returns when the database answers. Raises NeighbourError."""
        await self.read(lambda session: session.connection().execute(text("SELECT 1")).scalar_one())

    async def close(self) -> None:
        """Waits for what is being written."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self.engine.dispose()

    @staticmethod
    def _transact(engine: Engine, work: Callable[[Session], T], races: bool = False) -> T:
        # The failure is raised outside of `except`: the original, as __context__, would carry values into a log.
        failure: Failure | None = None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with Session(engine, expire_on_commit=False) as session, session.begin():
                    return work(session)
            except (DBAPIError, StaleDataError) as error:
                again = passes_by_itself(error) or (races and isinstance(error, IntegrityError | StaleDataError))
                failure = failure_of(error)
                if not again or attempt == ATTEMPTS:
                    break
            except (PoolTimeout, OverflowError, UnicodeEncodeError) as error:
                failure = failure_of(error)
                break
        assert failure is not None
        raise NeighbourError(failure)


def read_url(url: str) -> URL:
    """The URL with our driver in it. Raises ValueError without repeating the URL, which may hold a password."""
    problem = "a database URL must look like sqlite:////path/to/file or postgresql://user:password@host/name"
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None:
        raise ValueError(problem)
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite+pysqlite")  # in memory, each of our threads would see another database
    raise ValueError(problem)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=1 + SQLITE_READERS, max_overflow=2)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # sqlite3 would begin transactions too late, and never for reads or for DDL
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={SQLITE_BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=FAST",  # what is erased is overwritten where that costs no further write
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a reader that turns into a writer fails at once, without busy_timeout, when another has written.
    reads_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _postgres_engine(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=POSTGRES_THREADS,
        max_overflow=2,
        pool_pre_ping=True,  # a server that was restarted costs nobody an error
        connect_args={
            "connect_timeout": POSTGRES_CONNECT_TIMEOUT_S,
            "tcp_user_timeout": POSTGRES_SILENCE_MS,
            "options": POSTGRES_OPTIONS,
            "application_name": "ramal",
        },
    )
