"""The API over neighbours that record, and a clock that jumps."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from gateway.api.attempts import LoginAttempts
from gateway.api.door import Caller
from gateway.api.health import Check
from gateway.api.routes import ApiParts, add_routes
from gateway.api.sessions import Sessions
from gateway.metrics import Metrics
from gateway.settings import IpNetwork
from signaling.admission import Capacity
from signaling.call import Outcome, Party, State, TimelineEntry
from signaling.capacity import MemoryLedger
from signaling.events import Customer, Direction
from signaling.ids import AgentId, CallId, ContactId, DepartmentId, NumberId
from signaling.ports import Agent, Role
from signaling.private import PhoneNumber, Token
from signaling.process_budget import ProcessLimits
from store.api_keys import ApiKey
from store.audit import Entry
from store.cursors import Cursor
from store.history import HistoryOutline, HistoryPage, PastCall
from store.history_filter import HistoryFilter
from tests.fakes.world import FakeNumbers

KEY = Token("k" * 32)
OLD_KEY = Token("o" * 32)
START = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
SALES = DepartmentId(3)
ANA = Agent(AgentId(7), "Ana", Role.AGENT, frozenset({SALES}), may_take_inbound=True, session_epoch=1)
BIA = Agent(AgentId(8), "Bia", Role.SUPERVISOR, frozenset(), may_take_inbound=False, session_epoch=1)
PASSWORD = "correct horse"
CREDENTIALS = {"login": "ana", "password": PASSWORD}

CALL = PastCall(
    id=CallId("0a4f1123456789bcde0a4f1123456789"),
    number=NumberId(1),
    number_label="Vendas",
    number_slug="vendas",
    department=SALES,
    department_name="Comercial",
    agent=ANA.id,
    agent_name="Ana",
    contact=ContactId(7),
    customer=Customer(phone=PhoneNumber("5511955550101"), name="Maria"),
    direction=Direction.INBOUND,
    state=State.ENDED,
    outcome=Outcome.ANSWERED,
    ended_by=Party.CUSTOMER,
    refusal=None,
    failure=None,
    received_at=START,
    offered_at=START + timedelta(milliseconds=250),
    pre_accepted_at=START + timedelta(seconds=1),
    rung_at=START + timedelta(seconds=1),
    answered_at=START + timedelta(seconds=5),
    accepted_at=START + timedelta(seconds=6),
    customer_audio_at=START + timedelta(seconds=6),
    agent_audio_at=START + timedelta(seconds=6),
    ended_at=START + timedelta(seconds=66.5),
    meta_duration_s=60,
)
TIMELINE = (TimelineEntry(START, "offered", {}), TimelineEntry(START + timedelta(seconds=5), "answered", {"agent": 7}))


@dataclass
class JumpingClock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def jump(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakePeople:
    """An AgentStore and a PasswordChecker."""

    agents: dict[AgentId, Agent] = field(default_factory=lambda: {ANA.id: ANA, BIA.id: BIA})
    passwords: dict[str, tuple[str, AgentId]] = field(
        default_factory=lambda: {"ana": (PASSWORD, ANA.id), "bia": (PASSWORD, BIA.id)}
    )
    checked: list[str] = field(default_factory=list)
    looked_up: list[AgentId] = field(default_factory=list)
    questions: int = 0
    failing: Exception | None = None

    async def by_id(self, agent: AgentId) -> Agent | None:
        return (await self.by_ids({agent})).get(agent)

    async def by_ids(self, agents: Collection[AgentId]) -> dict[AgentId, Agent]:
        self.looked_up.extend(agents)
        self.questions += 1
        if self.failing is not None:
            raise self.failing
        return {agent: self.agents[agent] for agent in agents if agent in self.agents}

    async def sign_in(self, login: str, password: str, new_password: str | None = None) -> Agent | None:
        self.checked.append(login)
        if self.failing is not None:
            raise self.failing
        known, agent = self.passwords.get(login.strip().casefold(), ("", AgentId(0)))
        return self.agents.get(agent) if password == known else None

    def change(self, agent: Agent, **changes: object) -> None:
        self.agents[agent.id] = replace(agent, **changes)  # type: ignore[arg-type]


@dataclass
class FakeHistory:
    calls: tuple[PastCall, ...] = (CALL,)
    next_cursor: Cursor | None = None
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def page(self, wanted: HistoryFilter, limit: int = 50, cursor: Cursor | None = None) -> HistoryPage:
        self.asked.append((wanted, limit, cursor))
        return HistoryPage(self.calls, self.next_cursor)

    async def outline(self, wanted: HistoryFilter, step: int) -> HistoryOutline:
        self.asked.append((wanted, step))
        return HistoryOutline(len(self.calls), False, step, ())

    async def call(
        self, call_id: CallId, wanted: HistoryFilter | None = None
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]] | None:
        self.asked.append((call_id, wanted))
        return next(((call, TIMELINE) for call in self.calls if call.id == call_id), None)


@dataclass
class FakeReplayers:
    """Whoever asks may replay the calls of SALES."""

    async def visible(self, who: Caller) -> HistoryFilter:
        return HistoryFilter(visible_in=frozenset({SALES}))


@dataclass
class FakeKeys:
    """A KeyStore."""

    keys: dict[str, ApiKey] = field(default_factory=dict)
    used_at: dict[int, datetime] = field(default_factory=dict)

    async def by_prefix(self, prefix: str) -> ApiKey | None:
        return self.keys.get(prefix)

    async def used(self, key: int, at: datetime) -> None:
        self.used_at[key] = at


@dataclass
class FakeAudit:
    entries: list[Entry] = field(default_factory=list)

    async def append(self, entry: Entry) -> None:
        self.entries.append(entry)


@dataclass
class World:
    public_url: str = "http://gateway.test"
    trusted_proxies: tuple[IpNetwork, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    web_root: Path = Path("does-not-exist")
    embed_origins: tuple[str, ...] = ()
    clock: JumpingClock = field(default_factory=JumpingClock)
    people: FakePeople = field(default_factory=FakePeople)
    history: FakeHistory = field(default_factory=FakeHistory)
    numbers: FakeNumbers = field(default_factory=FakeNumbers)
    capacity: Capacity = field(default_factory=lambda: Capacity(MemoryLedger(), ProcessLimits(calls=50, ports=100)))
    metrics: Metrics = field(default_factory=Metrics)
    keys: FakeKeys = field(default_factory=FakeKeys)
    audit: FakeAudit = field(default_factory=FakeAudit)
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = self.sessions_with(KEY)

    def sessions_with(self, *keys: Token) -> Sessions:
        lifetime, framed = timedelta(hours=12), bool(self.embed_origins)
        return Sessions(keys, self.people, self.clock, lifetime, self.public_url, takes_frames=framed)

    def app(self) -> web.Application:
        app = web.Application()
        parts = ApiParts(
            sessions=self.sessions,
            keys=self.keys,
            audit=self.audit,
            passwords=self.people,
            attempts=LoginAttempts(self.clock),
            history=self.history,
            replayers=FakeReplayers(),
            numbers=self.numbers,
            capacity=self.capacity,
            clock=self.clock,
            metrics=self.metrics,
            public_url=self.public_url,
            checks=self.checks,
            trusted_proxies=self.trusted_proxies,
            web_root=self.web_root,
            embed_origins=self.embed_origins,
        )
        add_routes(app, parts)
        return app

    def cookie(self, agent: Agent = ANA) -> dict[str, str]:
        """Headers of somebody who is signed in."""
        return {"Cookie": f"ramal_session={self.sessions.issue(agent).token.value}"}
