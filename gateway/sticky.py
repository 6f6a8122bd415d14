"""Asks the integrator's own system whom a customer should reach, while the call's leg is being made.

One signed POST, a short time-out, and no second try: whatever goes wrong, everybody is rung. A system that fails again
and again is left alone for a while, so that it costs no caller its time-out.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.foundations import NotReady
from gateway.guarded_http import HttpAnswer
from gateway.outbox import signed_headers
from gateway.settings import Settings
from signaling.call import Call
from signaling.effects import Effect, FindStickyAgent
from signaling.events import StickyAgentKnown
from signaling.ids import AgentId, CallId
from signaling.ports import Clock
from signaling.presence import Presence
from signaling.private import Token
from signaling.runner import Performer, Report

log = structlog.get_logger(__name__)

FAILURES_IN_A_ROW: Final = 5
REST: Final = timedelta(seconds=30)


class Post(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> HttpAnswer: ...


class StickyAnswer(BaseModel):
    """What the integrator's system answers: an agent's id as in `GET /api/v1/presence`, or null."""

    model_config = ConfigDict(frozen=True)
    agent_id: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None


@dataclass(slots=True)
class Breaker:
    """Closed: ask. After some failures in a row it is open, and nobody asks until the rest is over."""

    failures: int = 0
    open_until: datetime | None = None

    def may_ask(self, now: datetime) -> bool:
        return self.open_until is None or now >= self.open_until

    def went_well(self) -> None:
        self.failures, self.open_until = 0, None

    def went_wrong(self, now: datetime) -> None:
        self.failures += 1
        if self.failures >= FAILURES_IN_A_ROW:
            self.open_until = now + REST


@dataclass(frozen=True, slots=True)
class StickyLookup:
    """Performs FindStickyAgent. The customer does not wait for an agent who is not free now."""

    http: Post
    url: str
    secret: Token
    timeout_s: float
    live_calls: Callable[[], Sequence[Call]]
    presence_of: Callable[[AgentId], Presence]
    clock: Clock
    breaker: Breaker = field(default_factory=Breaker)

    async def __call__(self, effect: Effect, report: Report) -> None:
        assert isinstance(effect, FindStickyAgent)
        agent = await self._ask(effect.call_id)
        is_free = agent is not None and self.presence_of(agent) is Presence.FREE
        report(StickyAgentKnown(agent, is_free))

    async def _ask(self, call_id: CallId) -> AgentId | None:
        call = next((call for call in self.live_calls() if call.id == call_id), None)
        if call is None or not self.breaker.may_ask(self.clock()):
            return None
        body = _question(call)
        headers = signed_headers(self.secret, f"sticky-{call_id}", self.clock(), body)
        answer = await self.http.post(self.url, body, headers, self.timeout_s)
        if not answer.is_fine:
            self._failed(answer.result)
            return None
        try:
            known = StickyAnswer.model_validate_json(answer.body)
        except ValidationError:
            self._failed("bad_answer")
            return None
        self.breaker.went_well()
        return None if known.agent_id is None else AgentId(known.agent_id)

    def _failed(self, why: str) -> None:
        self.breaker.went_wrong(self.clock())
        log.warning("sticky_lookup_failed", result=why)


def _question(call: Call) -> bytes:
    """The customer as the events name them."""
    customer = call.customer
    words = {
        "call_id": call.id,
        "number_id": call.number,
        "customer": {
            "phone": None if customer.phone is None else customer.phone.value,
            "bsuid": None if customer.bsuid is None else customer.bsuid.value,
            "name": customer.name,
        },
        "button_payload": None if call.button_payload is None else call.button_payload.value,
        "link_payload": None if call.link_payload is None else call.link_payload.value,
    }
    return json.dumps(words, ensure_ascii=False).encode()


def sticky_performers(
    settings: Settings,
    http: Post,
    live_calls: Callable[[], Sequence[Call]],
    presence_of: Callable[[AgentId], Presence],
    clock: Clock,
) -> dict[type[Effect], Performer]:
    """Empty where no system is to be asked. Raises NotReady."""
    url, secret = settings.sticky_url, settings.sticky_secret
    if url is None:
        return {}
    if secret is None:
        raise NotReady("RAMAL_STICKY_URL needs RAMAL_STICKY_SECRET")
    return {FindStickyAgent: StickyLookup(http, url, secret, settings.sticky_timeout_s, live_calls, presence_of, clock)}
