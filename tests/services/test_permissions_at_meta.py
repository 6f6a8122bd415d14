"""The permission service against the simulated Meta over HTTP, with its ledgers in a real database: nothing is faked.

Both clocks are moved together: seven days pass in a moment.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlmodel import col, select

from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.events import Customer, Direction, WebhookEvent
from signaling.ids import AgentId, DepartmentId
from signaling.meta.graph_api import GraphApi
from signaling.meta.graph_requests import Callee
from signaling.meta.receiver import PATH, WebhookReceiver, webhook_routes
from signaling.number_facts import MetaFacts
from signaling.permission_events import Asked, AskedBy, Asker, Event, Reference, RequestKind
from signaling.permissions import PermissionChanged, Permissions
from signaling.ports import Agent, LedgerChange, Number, Role, Template
from signaling.presence import Presence
from signaling.private import Bsuid, PhoneNumber, Token, Wacid
from signaling.verdict import Allowed, Refused, Verdict
from store.database import Database
from store.deliveries import SqlDeliveryStore
from store.ledgers import event_of
from store.models import PermissionEventRow
from store.permissions import SqlPermissionStore
from tests.services.samples import build_town, new_number, numbers_in
from tests.simulator.silent_lines import SilentLines

PNID, WABA = "306540000000002", "204857600000001"
MARIA, ANA = PhoneNumber("5511955550101"), Bsuid("BR.10491208655302740003")  # Ana hides her number
WHO = {MARIA: "maria", ANA: "ana"}
SALES, OTHERS = DepartmentId(1), DepartmentId(2)
AGENT = Agent(AgentId(1), "Ana", Role.AGENT, frozenset(), True, 1, calls_for=frozenset({SALES}))
WEEK, DAY, SECOND = timedelta(days=7), timedelta(days=1), timedelta(seconds=1)
BUSY_RULES = MetaRules(graph_latency_s=0.0, webhook_retry_s=(0.01,))


@dataclass
class Town:
    simulator: RunningSimulator
    permissions: Permissions
    facts: MetaFacts
    number: Number
    http: aiohttp.ClientSession
    graph: GraphApi
    ahead: timedelta = timedelta()
    changes: list[PermissionChanged] = field(default_factory=list)
    presence: Presence = Presence.FREE
    calls: int = 0
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    def clock(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    async def pass_time(self, span: timedelta) -> None:
        self.ahead += span
        await self.sim("POST", "clock", {"forward_s": span.total_seconds()})

    async def sim(self, method: str, path: str, body: Any) -> Any:
        async with self.http.request(method, f"{self.simulator.url}/sim/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Looks again after each webhook that was handled."""
        async with self.heard:
            await asyncio.wait_for(self.heard.wait_for(condition), 20)

    async def changed(self, state: str) -> PermissionChanged:
        await self.until(lambda: bool(self.changes) and self.changes[-1].standing.state == state)
        return self.changes[-1]

    def phone(self, who: Callee = MARIA) -> dict[str, Any]:
        return self.simulator.exchange.permissions.describe(WHO[who])

    async def answers(self, answer: str, who: Callee = MARIA, which: int = -1) -> None:
        message = self.phone(who)["messages"][which]["id"]
        await self.sim("POST", f"customers/{WHO[who]}/messages/{message}/answer", {"answer": answer})

    async def allowed(self, answer: str = "allow", who: Callee = MARIA) -> None:
        assert await self.permissions.ask(self.number, who) == Allowed()
        await self.answers(answer, who)
        await self.changed("temporary" if answer == "allow" else "permanent")

    async def may_call(self, who: Callee = MARIA, **how: Any) -> Verdict:
        return await self.permissions.may_call(self.number, who, AGENT, **how)

    async def call_ends(self, taken: bool) -> None:
        """As the calling side tells it; Meta's side of the call is told beside it."""
        self.calls += 1
        wacid, at, customer = Wacid(f"wacid.{self.calls}"), self.clock(), Customer(phone=MARIA)
        meta, maria = self.simulator.exchange.permissions, self.simulator.exchange.permissions.phones["maria"].customer
        if taken:
            meta.call_taken(maria, by_business=True)
            await self.permissions.note_connected(self.number, customer, wacid, at)
        else:
            meta.call_in_vain(maria)
            await self.permissions.note_unanswered(self.number, customer, wacid, at)


@pytest.fixture
async def town(database: Database) -> AsyncIterator[Town]:
    async with built(database) as made:
        yield made


@asynccontextmanager
async def built(
    database: Database, rules: MetaRules = BUSY_RULES, store: SqlPermissionStore | None = None
) -> AsyncIterator[Town]:
    await build_town(database)
    numbers = numbers_in(database)
    await numbers.add(
        new_number(PNID, waba_id=WABA, department="Atendimento", outbound_enabled=True, phone="+55 11 3333-0000")
    )
    number = await numbers.set_permission_template(PNID, Template("pedido_ligacao_v1", "pt_BR"))
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    made: list[Town] = []

    def clock() -> datetime:
        return made[0].clock() if made else datetime.now(UTC)

    async def handle(event: WebhookEvent) -> None:
        made[0].facts.heard(event)
        await made[0].permissions.heard(event)
        async with made[0].heard:
            made[0].heard.notify_all()

    receiver = WebhookReceiver(
        SqlDeliveryStore(database), [Token("app secret")], Token("verify"), lambda _: _yes(), handle, clock
    )
    app.add_routes(webhook_routes(receiver))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = SimulatorSettings(
        webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}",
        app_secret=Token("app secret"),
        verify_token=Token("verify"),
        access_token=Token("token"),
        permitted=None,
        rules=rules,
    )
    try:
        async with (
            running(settings, lines=SilentLines()) as simulator,
            aiohttp.ClientSession() as http,
        ):
            graph = GraphApi(http, simulator.url, "v25.0", lambda _: _token(), clock)
            facts = MetaFacts(graph, clock)
            permissions = Permissions(
                store=store or SqlPermissionStore(database),
                numbers=numbers,
                graph=graph,
                facts=facts,
                presence_of=lambda _: made[0].presence,
                in_call=lambda _number, _customer: False,
                clock=clock,
            )
            made.append(Town(simulator, permissions, facts, number, http, graph))
            permissions.listen(made[0].changes.append)
            await receiver.start()
            yield made[0]
            await facts.close()
            await receiver.stop()
    finally:
        await runner.cleanup()


async def _yes() -> bool:
    return True


async def _token() -> Token:
    return Token("token")


# ---- asking and being allowed ----------------------------------------------------------------------------------------


async def test_asked_allowed_and_called_until_metas_own_time(town: Town) -> None:
    refused = await town.may_call()
    assert isinstance(refused, Refused)
    assert (refused.code, refused.next_step) == ("permission.none", "ask_permission")
    await town.allowed()
    told = town.phone()["until"]
    assert await town.may_call() == Allowed(until=datetime.fromtimestamp(told, UTC))


@pytest.mark.parametrize(("early", "code"), [(5 * SECOND, None), (timedelta(), "permission.expired")])
async def test_a_temporary_permission_ends_by_itself(early: timedelta, code: str | None, town: Town) -> None:
    await town.allowed()
    ends_at = datetime.fromtimestamp(town.phone()["until"], UTC)
    await town.pass_time(ends_at - town.clock() - early)
    verdict = await town.may_call()
    assert (verdict.code if isinstance(verdict, Refused) else None) == code


async def test_asking_when_allowed_says_until_when_and_sends_nothing(town: Town) -> None:
    await town.allowed()
    sent = len(town.phone()["messages"])
    again = await town.permissions.ask(town.number, MARIA)
    assert isinstance(again, Refused)
    assert (again.code, again.next_step) == ("permission.granted_already", "call")
    assert again.retry_at == datetime.fromtimestamp(town.phone()["until"], UTC)
    assert len(town.phone()["messages"]) == sent


async def test_a_permission_that_no_webhook_told_of_is_found_before_a_message_is_paid_for(town: Town) -> None:
    town.simulator.exchange.subscribe_app(False)  # webhooks are lost
    await town.sim("POST", "customers/maria/profile", {"calls": "allow"})
    again = await town.permissions.ask(town.number, MARIA)
    assert isinstance(again, Refused) and again.code == "permission.granted_already" and again.retry_at is None
    assert town.phone()["messages"] == []
    assert await town.may_call() == Allowed()


async def test_inside_the_service_window_a_request_is_free_form_and_outside_a_template(town: Town) -> None:
    assert (await town.permissions.standing(town.number, MARIA)).ask_kind is RequestKind.TEMPLATE
    await town.sim("POST", "customers/maria/write", {"text": "Oi"})
    await town.until(lambda: bool(town.changes))
    assert (await town.permissions.standing(town.number, MARIA)).ask_kind is RequestKind.FREE_FORM
    assert await town.permissions.ask(town.number, MARIA, text="Podemos ligar?") == Allowed()
    assert town.phone()["messages"][-1]["text"] == "Podemos ligar?"
    await town.pass_time(DAY)
    assert await town.permissions.ask(town.number, MARIA) == Allowed()
    assert town.phone()["messages"][-1]["text"] == ""  # the template's own words
    assert town.simulator.faults.all() == []


async def test_without_a_template_nothing_is_sent_outside_the_window(town: Town) -> None:
    refused = await town.permissions.ask(replace(town.number, permission_template=None), MARIA)
    assert isinstance(refused, Refused) and refused.code == "permission.template_missing"
    assert town.phone()["messages"] == []


async def test_one_request_a_day_and_two_a_week_until_a_connected_call(town: Town) -> None:
    assert await town.permissions.ask(town.number, MARIA) == Allowed()
    first_at = town.clock()
    refused = await town.permissions.ask(town.number, MARIA)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.rule, refused.limit) == ("permission.asked_too_often", "requests_per_24h", 1)
    assert refused.retry_at is not None and abs(refused.retry_at - first_at - DAY) < 5 * SECOND

    await town.pass_time(DAY)
    assert await town.permissions.ask(town.number, MARIA) == Allowed()
    await town.pass_time(DAY)
    refused = await town.permissions.ask(town.number, MARIA)
    assert isinstance(refused, Refused)
    assert (refused.rule, refused.limit, refused.used) == ("requests_per_7d", 2, 2)
    assert refused.retry_at is not None and abs(refused.retry_at - first_at - WEEK) < 5 * SECOND

    maria = town.simulator.exchange.permissions.phones["maria"].customer
    town.simulator.exchange.permissions.call_taken(maria, by_business=False)  # she called and we answered
    now = town.clock()
    await town.permissions.note_connected(town.number, Customer(phone=MARIA), Wacid("wacid.in"), now, Direction.INBOUND)
    await town.pass_time(SECOND)
    assert await town.permissions.ask(town.number, MARIA) == Allowed()


async def test_two_agents_who_ask_at_once_send_one_request(town: Town) -> None:
    verdicts = await asyncio.gather(*(town.permissions.ask(town.number, MARIA) for _ in range(2)))
    assert sorted(type(verdict).__name__ for verdict in verdicts) == ["Allowed", "Refused"]
    assert len(town.phone()["messages"]) == 1


async def test_a_customer_without_a_phone_number_is_asked_and_allows_as_well(town: Town) -> None:
    await town.allowed("always", ANA)
    assert await town.may_call(ANA) == Allowed()


async def test_an_app_that_is_too_old_is_told_to_the_agent(town: Town) -> None:
    await town.sim("PUT", "customers/maria/phone", {"old_app": True})
    assert await town.permissions.ask(town.number, MARIA) == Allowed()  # Meta took it, and tells later
    await town.until(lambda: bool(town.changes) and town.changes[-1].standing.not_shown)
    assert town.changes[-1].standing.state == "none"


@dataclass(frozen=True)
class WrittenMeanwhile(SqlPermissionStore):
    """A request is written after a webhook about it has looked for it, and before that knows that it was not there."""

    looked: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Event = field(default_factory=asyncio.Event)

    async def add(self, number: Number, customer: Customer, event: Event) -> LedgerChange:
        if isinstance(event, Asked):
            await self.looked.wait()
        return await super().add(number, customer, event)

    async def add_to_request(self, number: Number, request: Reference, event: Event) -> LedgerChange | None:
        found = await super().add_to_request(number, request, event)
        if found is None:
            self.looked.set()
            await self.written.wait()
        return found


async def test_what_meta_tells_of_a_request_while_that_is_being_written_is_not_lost(database: Database) -> None:
    store = WrittenMeanwhile(database)
    async with built(database, store=store) as town:
        await town.sim("PUT", "customers/maria/phone", {"old_app": True})
        assert await town.permissions.ask(town.number, MARIA) == Allowed()
        store.written.set()
        await town.until(lambda: bool(town.changes) and town.changes[-1].standing.not_shown)


# ---- losing it -------------------------------------------------------------------------------------------------------


async def test_declined_then_allowed_on_the_same_request(town: Town) -> None:
    assert await town.permissions.ask(town.number, MARIA) == Allowed()
    await town.answers("decline")
    await town.changed("declined")
    refused = await town.may_call()
    assert isinstance(refused, Refused) and refused.code == "permission.declined"
    await town.pass_time(2 * SECOND)
    await town.answers("allow")
    await town.changed("temporary")


async def test_allowed_and_revoked_in_the_profile(town: Town) -> None:
    await town.sim("POST", "customers/maria/profile", {"calls": "allow"})
    await town.changed("permanent")
    await town.pass_time(2 * SECOND)
    await town.sim("POST", "customers/maria/profile", {"calls": "revoke"})
    await town.changed("revoked")
    assert isinstance(await town.may_call(), Refused)


async def test_a_revocation_that_no_webhook_told_of_is_found_before_the_call(town: Town) -> None:
    await town.allowed()
    await town.pass_time(timedelta(seconds=11))  # what Meta said before is not believed for longer
    town.simulator.exchange.subscribe_app(False)
    await town.sim("POST", "customers/maria/profile", {"calls": "revoke"})
    refused = await town.may_call()
    assert isinstance(refused, Refused) and refused.code == "permission.withdrawn"


async def test_the_second_unanswered_call_is_warned_of_the_fourth_confirmed_and_then_meta_revokes(town: Town) -> None:
    await town.allowed("always")
    assert await town.may_call() == Allowed()
    await town.call_ends(taken=False)
    assert await town.may_call() == Allowed(caution="permission.second_unanswered")
    await town.call_ends(taken=False)
    assert town.phone()["messages"][-1]["kind"] == "reconsider"
    assert await town.may_call() == Allowed()
    await town.call_ends(taken=False)
    risky = await town.may_call()
    assert isinstance(risky, Refused)
    assert (risky.code, risky.next_step, risky.used, risky.limit) == ("permission.last_unanswered", "confirm", 3, 4)
    assert await town.may_call(risk_accepted=True) == Allowed()
    await town.call_ends(taken=False)
    await town.changed("revoked_unanswered")
    assert isinstance(await town.may_call(risk_accepted=True), Refused)


async def test_a_taken_call_ends_the_row_of_unanswered_ones(town: Town) -> None:
    await town.allowed("always")
    for taken in (False, False, False, True):
        await town.call_ends(taken)
    assert await town.may_call() == Allowed()


async def test_metas_own_count_of_calls_wins_over_ours(town: Town) -> None:
    await town.allowed("always")
    maria = town.simulator.exchange.permissions.phones["maria"].customer
    for _ in range(100):  # made by another program with the same number
        town.simulator.exchange.permissions.call_taken(maria, by_business=True)
    first_at = town.clock()
    await town.pass_time(timedelta(seconds=11))
    refused = await town.may_call()
    assert isinstance(refused, Refused)
    assert (refused.code, refused.used, refused.limit) == ("permission.called_too_often", 100, 100)
    assert refused.retry_at is not None and abs(refused.retry_at - first_at - DAY) < 5 * SECOND
    await town.pass_time(DAY)
    assert await town.may_call() == Allowed()


async def test_permission_by_itself_after_the_customer_called(town: Town) -> None:
    await town.http.post(
        f"{town.simulator.url}/v25.0/{PNID}/settings",
        json={"calling": {"callback_permission_status": "ENABLED"}},
        headers={"Authorization": "Bearer token"},
    )
    await town.simulator.verified.wait()
    async with town.http.post(f"{town.simulator.url}/sim/calls", json={"customer": "maria"}) as answer:
        call = await answer.json()
    await town.sim("POST", f"calls/{call['id']}/hang_up", {})
    changed = await town.changed("temporary")
    assert changed.standing.source == "automatic"
    assert isinstance(await town.may_call(), Allowed)


# ---- when Meta cannot be asked, and everything else that must hold ---------------------------------------------------


async def test_when_meta_answers_to_nobody_our_own_count_decides(town: Town) -> None:
    await town.allowed()
    await town.pass_time(timedelta(seconds=11))
    for _ in range(5):  # the limit of lookups a second is used up by others
        town.simulator.exchange.permissions.look_up(MARIA.value, None)
    assert isinstance(await town.may_call(), Allowed)


async def test_meta_is_not_asked_again_within_some_seconds(town: Town) -> None:
    await town.allowed()
    await town.may_call()
    town.simulator.exchange.permissions.phones["maria"].pair = type(
        town.simulator.exchange.permissions.phones["maria"].pair
    )()
    assert isinstance(await town.may_call(), Allowed)
    await town.pass_time(timedelta(seconds=10))
    assert isinstance(await town.may_call(), Refused)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"outbound_enabled": False}, "number.outbound_off"),
        ({"department_may_call": False}, "department.may_not_call"),
        ({"department": OTHERS}, "agent.may_not_call"),
        ({"phone": PhoneNumber("12125550100")}, "number.country"),
        ({"phone": PhoneNumber("14165550100")}, "number.country"),
    ],
)
async def test_what_only_an_administrator_can_change_is_said_first(
    change: dict[str, Any], code: str, town: Town
) -> None:
    number = replace(town.number, **change)
    for verdict in (
        await town.permissions.may_call(number, MARIA, AGENT),
        await town.permissions.ask(number, MARIA, AGENT),
    ):
        assert isinstance(verdict, Refused) and verdict.code == code
    assert town.phone()["messages"] == []


async def test_calling_that_is_off_at_meta_is_told_by_its_webhook_at_once(town: Town) -> None:
    await town.allowed("always")
    assert await town.may_call() == Allowed()
    headers = {"Authorization": "Bearer token"}
    url = f"{town.simulator.url}/v25.0/{PNID}/settings"
    await town.http.post(url, json={"calling": {"status": "DISABLED"}}, headers=headers)
    seen = town.facts

    def is_off() -> bool:
        return any(known.calling_enabled is False for known in seen._known.values())

    await town.until(is_off)
    refused = await town.may_call()
    assert isinstance(refused, Refused) and refused.code == "number.calling_off"


async def test_an_agent_who_is_not_ready_may_ask_and_not_call(town: Town) -> None:
    town.presence = Presence.PAUSED
    refused = await town.may_call()
    assert isinstance(refused, Refused) and refused.code == "agent.not_ready"
    assert await town.permissions.ask(town.number, MARIA, AGENT) == Allowed()


async def test_who_asked_is_kept_an_agent_or_the_gateway_by_itself(town: Town, database: Database) -> None:
    assert await town.permissions.ask(town.number, MARIA, AGENT) == Allowed()
    await town.pass_time(DAY)
    assert await town.permissions.ask(town.number, MARIA) == Allowed()
    query = select(PermissionEventRow).where(PermissionEventRow.kind == "Asked").order_by(col(PermissionEventRow.id))
    rows = await database.read(lambda session: session.exec(query).all())
    assert [(row.asked_by, row.asker_id) for row in rows] == [(AskedBy.AGENT, AGENT.id), (AskedBy.SYSTEM, None)]
    asked = event_of(rows[0])
    assert isinstance(asked, Asked) and asked.by == Asker(AskedBy.AGENT, AGENT.id)
