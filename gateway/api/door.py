"""Who asks, and may they: a signed-in user by cookie, or an integrator by `Authorization: Bearer ramal_…`."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from gateway.api.attempts import MemoryOnClock, network_of
from gateway.api.errors import ApiError
from gateway.api.requests import client_address
from gateway.api.sessions import Sessions, signed_in
from gateway.settings import AgentsSee, IpNetwork
from signaling.errors import NeighbourError
from signaling.ports import Agent, Clock, Role
from signaling.private import Token
from store.api_keys import ApiKey, Scope, fits, prefix_of
from store.audit import Entry
from store.reach import EVERYTHING, Reach

log = structlog.get_logger(__name__)

EVERYBODY: Final = frozenset(Role)
LEADERS: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})

RECHECK: Final = timedelta(seconds=5)
"""A revoked key works no longer than this."""

USE_NOTED_EVERY: Final = timedelta(minutes=1)
WRONG_KEYS: Final = RateLimitItemPerMinute(60, 1, namespace="wrong-key")
KEYS_KEPT: Final = 10_000


class KeyStore(Protocol):
    """`store.api_keys.SqlApiKeyStore`. May raise NeighbourError."""

    async def by_prefix(self, prefix: str) -> ApiKey | None: ...

    async def used(self, key: int, at: datetime) -> None: ...


class Audit(Protocol):
    """`store.audit.SqlAudit`. May raise NeighbourError."""

    async def append(self, entry: Entry) -> None: ...


@dataclass(frozen=True, slots=True)
class Access:
    """`scope` None: no key may; `roles` empty: no user may. `is_public`: anybody at all."""

    scope: Scope | None = None
    roles: frozenset[Role] = frozenset()
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` names them in the audit: `key:3`, `user:7`. One of `agent` and `key` is there. `sees` is an agent's."""

    actor: str
    reach: Reach
    agent: Agent | None = None
    key: ApiKey | None = None
    sees: AgentsSee = AgentsSee.MISSED


class Door:
    def __init__(
        self,
        sessions: Sessions,
        keys: KeyStore,
        audit: Audit,
        clock: Clock,
        *,
        per_minute: int,
        trusted_proxies: tuple[IpNetwork, ...] = (),
        agents_see: AgentsSee = AgentsSee.MISSED,
    ) -> None:
        self._agents_see = agents_see
        self._sessions, self._keys, self._audit, self._clock = sessions, keys, audit, clock
        self._per_minute, self._trusted_proxies = per_minute, trusted_proxies
        self._limiter = FixedWindowRateLimiter(MemoryOnClock(clock))
        self._known: dict[str, tuple[datetime, ApiKey]] = {}
        self._noted: dict[int, datetime] = {}
        self._background: set[asyncio.Task[None]] = set()

    async def admit(self, request: web.Request, access: Access, operation: str) -> Caller:
        """Raises ApiError: 401 not_signed_in, session_expired, bad_key; 403 forbidden; 429 too_many_requests."""
        header = request.headers.get("Authorization")
        if header is not None:
            key = await self._key(request, header)
            await self._count(key)
            self._note_use(key)
            caller = Caller(f"key:{key.id}", key.reach, key=key)
            fine = access.scope is not None and access.scope in key.scopes
        else:
            agent = (await signed_in(request, self._sessions)).agent
            caller = Caller(f"user:{agent.id}", _reach_of(agent), agent=agent, sees=self._agents_see)
            fine = agent.role in access.roles
        if not fine:
            await self._refuse(caller, access, operation)
        return caller

    async def _key(self, request: web.Request, header: str) -> ApiKey:
        scheme, _, value = header.partition(" ")
        token = Token(value.strip())
        prefix = prefix_of(token) if scheme.lower() == "bearer" else None
        now = self._clock()
        key = None if prefix is None else await self._look_up(prefix, now)
        if key is not None and fits(key, token) and key.works(now):
            return key
        address = network_of(client_address(request, self._trusted_proxies))
        if not await self._limiter.hit(WRONG_KEYS, address):
            raise too_many(60.0)
        raise ApiError(401, "bad_key", "There is no such key, or it works no more.")

    async def _look_up(self, prefix: str, now: datetime) -> ApiKey | None:
        known = self._known.get(prefix)
        if known is not None and abs(now - known[0]) < RECHECK:
            return known[1]
        key = await self._keys.by_prefix(prefix)
        self._known.pop(prefix, None)
        if key is not None:
            while len(self._known) >= KEYS_KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[prefix] = (now, key)
        return key

    async def _count(self, key: ApiKey) -> None:
        limit = RateLimitItemPerMinute(key.per_minute or self._per_minute, 1, namespace="key")
        if not await self._limiter.hit(limit, str(key.id)):
            ends = (await self._limiter.get_window_stats(limit, str(key.id))).reset_time
            raise too_many(max(1.0, ends - self._clock().timestamp()))

    def _note_use(self, key: ApiKey) -> None:
        """Written once a minute and never waited for."""
        now, noted = self._clock(), self._noted.get(key.id)
        if noted is None or now - noted >= USE_NOTED_EVERY:
            self._noted[key.id] = now
            task = asyncio.create_task(self._write_use(key.id, now), name="api-key-used")
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def _write_use(self, key: int, at: datetime) -> None:
        try:
            await self._keys.used(key, at)
        except NeighbourError as error:
            log.warning("key_use_not_noted", code=error.failure.code)

    async def _refuse(self, caller: Caller, access: Access, operation: str) -> None:
        needed = "" if access.scope is None else access.scope.value
        log.warning("api_refused", actor=caller.actor, operation=operation, needed=needed)
        await self._audit.append(Entry(self._clock(), caller.actor, "api.refused", operation, {"needed": needed}))
        if caller.key is None:
            raise ApiError(403, "forbidden", "Your role does not allow this.")
        what = f"This key lacks the scope {needed}." if needed else "No key may do this."
        raise ApiError(403, "forbidden", what)


def too_many(wait_s: float) -> ApiError:
    return ApiError(429, "too_many_requests", "Too many requests. Wait, then go on.", round(wait_s, 1))


def _reach_of(agent: Agent) -> Reach:
    """As in the history: a supervisor's is what their departments have to do with."""
    if agent.role is Role.ADMINISTRATOR:
        return EVERYTHING
    supervises = agent.role is Role.SUPERVISOR
    return Reach(departments=agent.departments, operated=agent.knows_of if supervises else agent.operates)
