"""`POST /calls`: the same key is one call, and a rule that forbids it is told with its date. The calls are recorded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.api.customers import CustomerRoutes, PlaceForm
from gateway.api.door import Caller
from gateway.api.errors import ApiError, refused
from gateway.api.operations import Asked, Nothing, Raw
from signaling.capacity import Lease, MemoryLedger, ProcessId
from signaling.errors import Fault
from signaling.events import Direction
from signaling.ids import AgentId, CallId, NumberId
from signaling.meta_rules import Limits
from signaling.private import Payload
from signaling.verdict import Refused
from store.idempotency import Begun, Different, Done
from store.reach import EVERYTHING
from tests.fakes.world import NUMBER, FakeNumbers
from tests.unit.api.world import START, JumpingClock

CALL = CallId("c" * 32)
LIMIT = Refused(
    "permission.called_too_often",
    Fault.LIMIT,
    START + timedelta(hours=2),
    rule="connected_calls_per_24h",
    limit=100,
    used=100,
    next_step="wait",
)


@dataclass
class Placer:
    answer: CallId | Refused = CALL
    placed: list[tuple[Any, ...]] = field(default_factory=list)

    async def place(
        self,
        agent: AgentId,
        number: NumberId,
        to: str,
        *,
        confirm_risk: bool,
        key: str,
        reference: Payload | None,
    ) -> CallId | Refused:
        assert reference is None
        self.placed.append((agent, number, to, confirm_risk, key))
        return self.answer


@dataclass
class Memory:
    """An Idempotency."""

    known: dict[tuple[str, str], tuple[bytes, Done | None]] = field(default_factory=dict)

    async def begin(self, actor: str, key: str, body: bytes, at: datetime) -> Begun | Different | Done:
        before, done = self.known.setdefault((actor, key), (body, None))
        return Different() if before != body else done or Begun()

    async def finish(self, actor: str, key: str, done: Done) -> None:
        self.known[actor, key] = (self.known[actor, key][0], done)


@dataclass
class Office:
    placer: Placer = field(default_factory=Placer)
    memory: Memory = field(default_factory=Memory)

    async def place(self, key: str = "order-17", phone: str = "5511955550101") -> Any:
        unused: Any = None
        routes = CustomerRoutes(FakeNumbers(), unused, unused, self.placer, self.memory, JumpingClock())
        form = PlaceForm(number_id=NUMBER.id, agent_id=7, phone=phone)
        who = Caller("key:1", EVERYTHING)
        return await routes.place(Asked(who, form, Nothing(), {}, {"Idempotency-Key": key} if key else {}))


async def test_the_same_key_twice_is_one_call() -> None:
    office = Office()
    first, second = await office.place(), await office.place()
    assert (first.call_id, second) == (CALL, Raw(201, {"call_id": CALL}))
    assert office.placer.placed == [(7, NUMBER.id, "+5511955550101", False, "key:1:order-17")]
    await office.place("order-18")
    assert len(office.placer.placed) == 2


async def test_the_same_key_with_another_body_and_a_missing_key_are_refused() -> None:
    office = Office()
    await office.place()
    for given, status in (({"phone": "5511955550102"}, 422), ({"key": ""}, 400), ({"key": "x" * 200}, 400)):
        with pytest.raises(ApiError) as error:
            await office.place(**given)
        assert error.value.status == status
    assert len(office.placer.placed) == 1


async def test_a_call_that_a_rule_forbids_may_be_asked_for_again_with_its_key() -> None:
    office = Office(Placer(LIMIT))
    with pytest.raises(ApiError) as error:
        await office.place()
    assert (error.value.status, error.value.code) == (429, "permission.called_too_often")
    office.placer.answer = CALL
    assert (await office.place()).call_id == CALL


async def test_the_thousand_and_first_call_is_told_when_to_ask_again() -> None:
    ledger = MemoryLedger()
    leases = [Lease(CallId(str(call)), NUMBER.id, Direction.OUTBOUND, ProcessId("us"), START) for call in range(1_001)]
    verdicts = [await ledger.take(lease, Limits()) for lease in leases]
    full = verdicts[-1]
    assert isinstance(full, Refused)
    office = Office(Placer(full))
    with pytest.raises(ApiError) as error:
        await office.place()
    assert (error.value.status, error.value.code) == (429, "capacity.outbound_full")
    assert error.value.retry_after_s is not None and error.value.retry_after_s >= 1, "which is the Retry-After header"
    assert (error.value.more["limit"], error.value.more["used"]) == (1_000, 1_000)


def test_a_refusal_tells_its_rule_with_its_date_and_when_to_come_back() -> None:
    error = refused(LIMIT, START)
    assert (error.status, error.retry_after_s) == (429, 7200.0)
    told = {name: error.more[name] for name in ("rule", "rule_since", "limit", "used", "next_step", "retry_at")}
    assert told == {
        "rule": "connected_calls_per_24h",
        "rule_since": "2025-12-19",
        "limit": 100,
        "used": 100,
        "next_step": "wait",
        "retry_at": "2026-11-20T14:00:00.000Z",
    }
    assert refused(Refused("agent.may_not_call", Fault.CONFIGURATION), START).status == 403
    assert refused(Refused("permission.none", Fault.CUSTOMER), START).status == 409
