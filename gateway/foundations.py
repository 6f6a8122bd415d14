"""What everything else in the gateway stands on: the database, our numbers, what this process may carry. They need no
call, no page and no audio."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from gateway.admission import CpuMeter, process_limits, raise_descriptor_limit, usable_cores, watch_process
from gateway.guarded_http import Guard, GuardedHttp
from gateway.metrics import Metrics
from gateway.number_book import NumberBook
from gateway.outbox import Courier, Schedule
from gateway.settings import Settings
from gateway.start_check import worries
from signaling.admission import Capacity
from signaling.capacity import DAY, MemoryLedger
from signaling.ports import Clock
from store.calls import SqlCallStore
from store.database import Database
from store.event_queue import SqlEventQueue
from store.migrate import is_current
from store.numbers import SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.secrets import SecretBox

log = structlog.get_logger(__name__)

NOT_MIGRATED: Final = "tables are missing or old: run `ramal migrate`"


class NotReady(Exception):
    """The gateway cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DatabaseChecks:
    """What must be true of the database, at start and whenever `/readyz` is asked. None: fine."""

    database: Database

    async def answers(self) -> str | None:
        await self.database.ping()
        return None

    async def migrated(self) -> str | None:
        return None if await asyncio.to_thread(is_current, self.database.engine) else NOT_MIGRATED

    async def hold(self) -> None:
        """Raises NotReady, NeighbourError."""
        await self.answers()
        if (wrong := await self.migrated()) is not None:
            raise NotReady(wrong)


@dataclass(frozen=True, slots=True)
class Foundations:
    database: Database
    checks: DatabaseChecks
    secrets: SecretBox
    people: SqlPeopleStore
    numbers: NumberBook
    calls: SqlCallStore
    guarded: GuardedHttp
    courier: Courier
    metrics: Metrics
    capacity: Capacity


async def lay_foundations(stack: AsyncExitStack, settings: Settings, clock: Clock) -> Foundations:
    """They are taken down with the stack. The courier is not started yet: events wait until everything stands.

    Raises NotReady, NeighbourError (no database).
    """
    database = Database(settings.database_url.value)
    stack.push_async_callback(database.close)
    checks = DatabaseChecks(database)
    await checks.hold()
    secrets = SecretBox(settings.secret_key)
    guarded = GuardedHttp(Guard(settings.integration_hosts, settings.integration_loopback))
    stack.push_async_callback(guarded.close)
    courier = Courier(SqlEventQueue(database, secrets), guarded, clock, _schedule(settings))
    calls = SqlCallStore(database, courier.wake)
    numbers = NumberBook(SqlNumberStore(database, secrets), settings.meta_token)
    ledger = MemoryLedger(await calls.begun_since(clock() - DAY))
    capacity = Capacity(ledger, process_limits(settings, raise_descriptor_limit()))
    for sentence in worries(settings, capacity.limits, [number.limits for number in await numbers.all()]):
        log.warning("look_at_the_settings", why=sentence)
    stack.push_async_callback(stopped, asyncio.create_task(watch_process(capacity, CpuMeter(usable_cores()), clock)))
    return Foundations(
        database=database,
        checks=checks,
        secrets=secrets,
        people=SqlPeopleStore(database, Passwords()),
        numbers=numbers,
        calls=calls,
        guarded=guarded,
        courier=courier,
        metrics=Metrics(),
        capacity=capacity,
    )


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _schedule(settings: Settings) -> Schedule:
    return Schedule(
        timeout_s=settings.events_timeout_s,
        give_up_after=timedelta(hours=settings.events_give_up_hours),
        keep=timedelta(days=settings.events_keep_days),
    )
