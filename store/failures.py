"""What a database's complaint means: whose fault, and does asking again help. Pure; never repeats a value or SQL."""

import sqlite3
from typing import Final

from psycopg import Error as PostgresError
from psycopg import OperationalError
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from signaling.errors import Failure, Fault

SOON_S: Final = 1.0  # a server that restarts, a lock that somebody holds
LATER_S: Final = 10.0  # something that a person has to notice first

NOT_MIGRATED: Final = Failure("store.not_migrated", Fault.CONFIGURATION, "tables are missing: run `ramal migrate`")
_BUSY: Final = Failure("store.busy", Fault.CONFIGURATION, "others hold the database for too long", SOON_S)
_FULL: Final = Failure("store.full", Fault.CONFIGURATION, "no room left for the database", LATER_S)
_READ_ONLY: Final = Failure("store.read_only", Fault.CONFIGURATION, "the database may not be written", LATER_S)
_UNREACHABLE: Final = Failure(
    "store.unreachable",
    Fault.CONFIGURATION,
    "the database file cannot be opened: run `ramal migrate`, or look at the rights of its folder",
    LATER_S,
)
_AWAY: Final = Failure("store.away", Fault.NETWORK, "no connection to the database", SOON_S)
_DAMAGED: Final = Failure("store.damaged", Fault.CONFIGURATION, "the database file is damaged or is none")

_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _UNREACHABLE,
    sqlite3.SQLITE_IOERR: Failure("store.disk", Fault.CONFIGURATION, "the disk fails", LATER_S),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: a whole code first, else its class
_POSTGRES: Final = {
    "08": _AWAY,  # connection exceptions
    "57P": _AWAY,  # the server is shut down or starting
    "25006": _READ_ONLY,  # a standby
    "28": Failure("store.sign_in", Fault.CONFIGURATION, "the database refuses our user or password", LATER_S),
    "3D000": Failure("store.unknown", Fault.CONFIGURATION, "there is no such database", LATER_S),
    "42P01": NOT_MIGRATED,
    "42703": NOT_MIGRATED,
    "42501": Failure("store.forbidden", Fault.CONFIGURATION, "the database user lacks a right", LATER_S),
    "53100": _FULL,
    "53": _BUSY,  # memory, connections
    "55P03": _BUSY,  # lock_timeout
    "57014": _BUSY,  # statement_timeout
    "40": _BUSY,  # deadlock or serialization, after our own repetitions
}


def failure_of(error: Exception) -> Failure:
    """The meaning of what SQLAlchemy, sqlite3 or psycopg raised."""
    if isinstance(error, PoolTimeout):
        return _BUSY
    if isinstance(error, IntegrityError | StaleDataError):
        return Failure("store.conflict", Fault.OURS, "a row contradicts another")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    if isinstance(cause, PostgresError):
        return _of_postgres(cause)
    return Failure("store.refused", Fault.OURS, f"a value cannot be stored: {type(cause).__name__}")


def passes_by_itself(error: Exception) -> bool:
    """Whether the same transaction may succeed at once: a deadlock or a serialization failure of PostgreSQL."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return isinstance(cause, PostgresError) and (cause.sqlstate or "").startswith("40")


def _of_sqlite(error: sqlite3.Error) -> Failure:
    code: int = getattr(error, "sqlite_errorcode", 0)  # absent where sqlite3 itself, not SQLite, complains
    if code == sqlite3.SQLITE_ERROR and str(error).startswith(("no such table", "no such column")):
        return NOT_MIGRATED
    if known := _SQLITE.get(code & 0xFF):  # the low byte is the primary code (sqlite.org/rescode.html)
        return known
    return Failure("store.failed", Fault.OURS, getattr(error, "sqlite_errorname", type(error).__name__))


def _of_postgres(error: PostgresError) -> Failure:
    state = error.sqlstate
    if state is None and isinstance(error, OperationalError):
        return _AWAY  # psycopg gives no code where there was no server to give one
    if state is None:
        return Failure("store.refused", Fault.OURS, f"a value cannot be stored: {type(error).__name__}")
    for prefix in (state, state[:3], state[:2]):
        if known := _POSTGRES.get(prefix):
            return known
    return Failure("store.refused" if state[:2] == "22" else "store.failed", Fault.OURS, f"SQLSTATE {state}")
