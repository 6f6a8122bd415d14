"""Several transactions, one sync: what waits for SQLite's one writer is committed together.

Each work has a savepoint of its own, so that one that fails takes nothing of its neighbours along; it is then done
alone, as if it had never been in company. Nobody hears that a work is done before the commit that holds it is on the
disk, and works that succeed are done in the order in which they were given.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

T = TypeVar("T")
Work = Callable[[Session], Any]
Alone = Callable[[Work, bool], Any]
"""A work in a transaction of its own, repeated where that helps. Raises NeighbourError."""

MOST_AT_ONCE: Final = 64
"""So that the first of many does not wait for all."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Work
    races: bool
    done: "Future[Any]"


class GroupCommit:
    """`put` from any thread; `executor` must have one thread only, which may do other things as well."""

    def __init__(self, engine: Engine, executor: Executor, alone: Alone) -> None:
        self._engine, self._executor, self._alone = engine, executor, alone
        self._queue: deque[_Waiting] = deque()
        self._lock = Lock()
        self._scheduled = False

    def put(self, work: Callable[[Session], T], races: bool) -> "Future[T]":
        done: Future[T] = Future()
        with self._lock:
            self._queue.append(_Waiting(work, races, done))
            if not self._scheduled:
                self._executor.submit(self._drain)  # raises when the executor is closed: then nobody waits in vain
                self._scheduled = True
        return done

    def _drain(self) -> None:
        while True:
            with self._lock:
                group = [self._queue.popleft() for _ in range(min(MOST_AT_ONCE, len(self._queue)))]
                if not group:
                    self._scheduled = False
                    return
            self._do([waiting for waiting in group if waiting.done.set_running_or_notify_cancel()])

    def _do(self, group: list[_Waiting]) -> None:
        results = self._together(group) if len(group) > 1 else {}
        for waiting in group:
            if waiting.done in results:
                waiting.done.set_result(results[waiting.done])
        for waiting in group:
            if waiting.done not in results:
                try:
                    result = self._alone(waiting.work, waiting.races)
                except BaseException as error:  # whatever it is, it is for who asked
                    waiting.done.set_exception(error)
                else:
                    waiting.done.set_result(result)

    def _together(self, group: list[_Waiting]) -> dict["Future[Any]", Any]:
        """The results of those that are committed now; nothing, when the whole transaction failed."""
        results: dict[Future[Any], Any] = {}
        try:
            with self._engine.begin() as connection:
                for waiting in group:
                    with suppress(_ItsOwnFault):
                        results[waiting.done] = _with_savepoint(connection, waiting.work)
        except Exception:  # nothing of it is committed
            return {}  # the disk is full, another process writes: each finds out by itself, and repeats if that helps
        return results


class _ItsOwnFault(Exception):
    """A work failed and left no trace; done alone, its failure is looked at."""


def _with_savepoint(connection: Connection, work: Callable[[Session], T]) -> T:
    """Raises _ItsOwnFault; any other error is one of the whole transaction."""
    try:
        session = Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with session, session.begin():
            return work(session)
    except DBAPIError as error:
        if isinstance(error, IntegrityError):
            raise _ItsOwnFault from None
        raise  # SQLite may have ended the whole transaction: a full disk does that
    except Exception:
        raise _ItsOwnFault from None
