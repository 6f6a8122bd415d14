"""Asking an integrator's own system whom a customer should reach: real HTTP, signed, and nothing that it does costs a
caller more than the time-out."""

import asyncio
import hmac
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from gateway.guarded_http import Guard, GuardedHttp
from gateway.sticky import FAILURES_IN_A_ROW, REST, Breaker, StickyLookup
from signaling.call import Call
from signaling.effects import FindStickyAgent
from signaling.events import CallEvent, Customer, Direction, StickyAgentKnown
from signaling.ids import AgentId, CallId, NumberId, PhoneNumberId
from signaling.presence import Presence
from signaling.private import PhoneNumber, Token, Wacid

SECRET = Token("whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode())
CALL = Call(
    CallId("0" * 32),
    NumberId(1),
    PhoneNumberId("306540000000002"),
    None,
    Direction.INBOUND,
    Wacid("wacid.ONE"),
    customer=Customer(phone=PhoneNumber("5511955550101"), name="Maria"),
)
TIMEOUT_S = 0.5


@dataclass
class Crm:
    """Answers what a test tells it to, and remembers what it was asked."""

    status: int = 200
    body: str = '{"agent_id": 7}'
    silent: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + raw
        key = b64decode(SECRET.value.removeprefix("whsec_"))
        assert request.headers["webhook-signature"] == "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
        self.asked.append(await request.json())
        if self.silent:
            await asyncio.Event().wait()
        return web.Response(status=self.status, text=self.body)


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    crm = Crm()
    app = web.Application()
    app.router.add_post("/who", crm.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    crm.url = f"http://127.0.0.1:{runner.addresses[0][1]}/who"
    yield crm
    await runner.cleanup()


class Clock:
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def lookup(crm: Crm) -> AsyncIterator[StickyLookup]:
    http = GuardedHttp(Guard(loopback=True))

    def presence_of(agent: AgentId) -> Presence:
        return Presence.FREE if agent == 7 else Presence.IN_CALL

    yield StickyLookup(http, crm.url, SECRET, TIMEOUT_S, lambda: [CALL], presence_of, Clock())
    await http.close()


async def told(lookup: StickyLookup) -> AgentId | None:
    reports: list[CallEvent] = []
    await lookup(FindStickyAgent(CALL.id), reports.append)
    (report,) = reports
    assert isinstance(report, StickyAgentKnown)
    return report.agent if report.is_free else None


async def test_a_free_agent_is_named_and_the_question_tells_who_calls(lookup: StickyLookup, crm: Crm) -> None:
    assert await told(lookup) == 7
    assert crm.asked == [
        {
            "call_id": CALL.id,
            "number_id": 1,
            "customer": {"phone": "5511955550101", "bsuid": None, "name": "Maria"},
            "button_payload": None,
            "link_payload": None,
        }
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, '{"agent_id": null}'),
        (200, '{"agent_id": 8}'),  # in a call: the customer does not wait for them
        (200, '{"agent_id": "7"}'),
        (200, "nonsense"),
        (200, "[" * 100_000),
        (500, '{"agent_id": 7}'),
        (302, ""),
    ],
)
async def test_anything_but_a_free_agent_is_nobody(lookup: StickyLookup, crm: Crm, status: int, body: str) -> None:
    crm.status, crm.body = status, body
    assert await told(lookup) is None


async def test_an_agent_who_is_not_free_is_told_to_those_whom_it_rings_for(lookup: StickyLookup, crm: Crm) -> None:
    crm.body = '{"agent_id": 8}'
    reports: list[CallEvent] = []
    await lookup(FindStickyAgent(CALL.id), reports.append)
    assert reports == [StickyAgentKnown(AgentId(8), is_free=False)]


async def test_a_system_that_says_nothing_costs_the_time_out_and_no_more(lookup: StickyLookup, crm: Crm) -> None:
    crm.silent = True
    assert await told(lookup) is None
    assert len(crm.asked) == 1


async def test_a_system_that_fails_again_and_again_is_left_alone_for_a_while(lookup: StickyLookup, crm: Crm) -> None:
    crm.status = 500
    for _ in range(FAILURES_IN_A_ROW + 2):
        assert await told(lookup) is None
    assert len(crm.asked) == FAILURES_IN_A_ROW
    clock = lookup.clock
    assert isinstance(clock, Clock)
    crm.status = 200
    clock.now += REST
    assert await told(lookup) == 7


async def test_a_call_that_is_over_is_asked_about_no_more(lookup: StickyLookup, crm: Crm) -> None:
    assert await told(replace(lookup, live_calls=list)) is None
    assert crm.asked == []


def test_one_failure_now_and_then_opens_nothing() -> None:
    breaker, now = Breaker(), datetime(2026, 11, 25, tzinfo=UTC)
    for _ in range(3 * FAILURES_IN_A_ROW):
        breaker.went_wrong(now)
        if breaker.failures == FAILURES_IN_A_ROW - 1:
            breaker.went_well()
    assert breaker.may_ask(now)
    for _ in range(FAILURES_IN_A_ROW):
        breaker.went_wrong(now)
    assert not breaker.may_ask(now + REST - timedelta(seconds=1))
    assert breaker.may_ask(now + REST)
