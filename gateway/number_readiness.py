"""Asks everybody who knows something of a number: Meta, the tables, the desks, the storage. A neighbour that is away
costs a fact, never the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar
from urllib.parse import urlsplit

import structlog

from gateway.hours_keeper import HoursKeeper
from gateway.sounds import Sounds
from recording.vault import VaultError
from signaling.errors import NeighbourError
from signaling.hours_at_meta import HoursState
from signaling.ids import AgentId
from signaling.number_facts import MetaFacts
from signaling.operators import departments_let, may_call_with, takes_calls_of
from signaling.plan import problems_of as problems_of_plan
from signaling.ports import Clock, Number, NumberStore
from signaling.presence import Presence
from signaling.readiness import Facts, HoursFacts, PeopleFacts, PlanFacts, ServerFacts, WebhookFacts
from signaling.schedule import is_open, problems_of
from store.departments import SqlDepartmentStore
from store.people import SqlPeopleStore

log = structlog.get_logger(__name__)

STORAGE_WAIT_S: Final = 4.0
STORAGE_KEPT: Final = timedelta(minutes=1)
LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})

T = TypeVar("T")


class Storage(Protocol):
    """`recording.vault.ObjectVault`."""

    async def try_out(self) -> None:
        """Raises VaultError."""
        ...


class Deliveries(Protocol):
    """`store.deliveries.SqlDeliveryStore`."""

    async def newest_at(self) -> datetime | None:
        """Raises NeighbourError."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What of the settings matters here."""

    public_url: str
    has_app_secret: bool
    has_verify_token: bool
    has_relays: bool

    @property
    def is_local(self) -> bool:
        return urlsplit(self.public_url).hostname in LOCAL


@dataclass
class NumberReadiness:
    """`webhook_counts`: deliveries taken, and refused for their signature, since the gateway started."""

    site: Site
    numbers: NumberStore
    people: SqlPeopleStore
    departments: SqlDepartmentStore
    meta: MetaFacts
    hours: HoursKeeper
    sounds: Sounds
    deliveries: Deliveries
    webhook_counts: Callable[[], tuple[int, int]]
    presence_of: Callable[[AgentId], Presence]
    storage: Storage
    clock: Clock
    _storage: tuple[datetime, str | None] | None = field(default=None)

    async def facts(self, number: Number, *, anew: bool) -> Facts:
        """`anew`: ask Meta now instead of taking what it said some minutes ago."""
        if anew:
            await self.meta.refresh(number.phone_number_id)
        records = bool(number.recording)
        facts, webhook, storage = await asyncio.gather(
            self.meta.of(number), self.webhook(), self._storage_failure(anew=anew) if records else _nothing()
        )
        others, people, hours, plan = await asyncio.gather(
            _or_none(self.numbers.all()),
            _or_none(self.people_of(number)),
            _or_none(self._hours(number)),
            _or_none(self._plan(number)),
        )
        looked = self.meta.looked(number.phone_number_id)
        same = [other for other in others or () if other.id != number.id and _key(other.label) == _key(number.label)]
        return Facts(
            now=self.clock(),
            number=facts,
            meta_asked=looked.at is not None,
            meta_failure=looked.failure,
            icon_hidden=None if looked.at_meta is None else looked.at_meta.icon_hidden,
            inbound_enabled=number.inbound_enabled,
            department=number.department_name,
            department_may_call=departments_let(number),
            same_label=len(same),
            webhook=webhook,
            people=people,
            hours=hours,
            plan=plan,
            server=ServerFacts(
                is_https=self.site.public_url.startswith("https://"),
                is_local=self.site.is_local,
                records=records,
                storage_failure=storage,
                has_relays=self.site.has_relays,
            ),
            pickup_guard=number.pickup_guard,
            pickup_kept=number.pickup_kept,
            balance_guard=number.balance_guard,
            balance=number.balance,
        )

    async def people_of(self, number: Number) -> PeopleFacts:
        if number.department is None and number.operators is None:
            return PeopleFacts(0, 0, 0)
        everybody = await self.people.everybody()
        takes = [agent.id for agent in everybody if takes_calls_of(agent, number)]
        free = sum(self.presence_of(agent) is Presence.FREE for agent in takes)
        return PeopleFacts(len(takes), sum(may_call_with(agent, number) for agent in everybody), free)

    async def _hours(self, number: Number) -> HoursFacts | None:
        hours = await self.hours.plans.hours(number.id)
        if hours is None:
            return None
        schedule = hours.document.value
        problems = () if schedule is None else tuple(problems_of(schedule))
        state: HoursState | None = None if hours.at_meta is None else hours.at_meta.state
        return HoursFacts(
            schedule,
            hours.document.readable,
            hours.told,
            state,
            is_open=schedule is None or (not problems and is_open(schedule, self.clock())),
            problems=problems,
        )

    async def _plan(self, number: Number) -> PlanFacts | None:
        document = await self.hours.plans.plan(number.id)
        if document is None or document.value is None:
            return None if document is None else PlanFacts(None, document.readable)
        departments = frozenset(department.id for department in await self.departments.all())
        agents = frozenset(user.id for user in await self.people.users() if user.disabled_at is None)
        names = await self.sounds.names()
        problems = problems_of_plan(document.value, number.rules.ring_window_s, departments, names, agents)
        return PlanFacts(document.value, document.readable, tuple(problems))

    async def webhook(self) -> WebhookFacts:
        accepted, refused = self.webhook_counts()
        looked, last_at = True, None
        try:
            last_at = await self.deliveries.newest_at()
        except NeighbourError:
            looked = False
        return WebhookFacts(
            self.site.has_app_secret, self.site.has_verify_token, looked, last_at, refused=refused, accepted=accepted
        )

    async def _storage_failure(self, *, anew: bool) -> str | None:
        """A word for what is wrong, "" for nothing, None: no answer in time."""
        if self._storage is not None and not anew and self.clock() - self._storage[0] < STORAGE_KEPT:
            return self._storage[1]
        failure: str | None = ""
        try:
            async with asyncio.timeout(STORAGE_WAIT_S):
                await self.storage.try_out()
        except VaultError as error:
            failure = error.reason
        except TimeoutError:
            failure = None
        self._storage = self.clock(), failure
        return failure


async def _or_none(asked: Awaitable[T]) -> T | None:
    try:
        return await asked
    except NeighbourError as error:
        log.warning("readiness_fact_missing", code=error.failure.code)
        return None


async def _nothing() -> str:
    return ""


def _key(label: str) -> str:
    return " ".join(label.casefold().split())
