"""Calls of integrators, carried through: a real gateway, the strict simulated Meta, and an agent at their own seat.

Only the browser is missing: the agent speaks the page's HTTP, Socket.IO and WebRTC by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from yarl import URL

from gateway.load.agents import Agent
from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import Plane
from gateway.media.planes import open_plane
from gateway.simulator.app import RunningSimulator
from gateway.simulator.app import running as simulated
from gateway.simulator.number_standing import Punishment, Standing, restriction
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.announcements import EventKind
from signaling.integrator_contract import iso
from signaling.ports import Role, Template
from signaling.private import Token
from store.api_keys import NewKey, Scope, SqlApiKeyStore
from store.audit import SqlAudit
from store.calls import read_timeline
from store.database import Database
from store.departments import SqlDepartmentStore
from tests.browser.meta import LOOK_EVERY_S
from tests.services.gateways import ServedGateway, closed_port, served
from tests.services.receivers import CrmReceiver
from tests.services.samples import PASSWORD, new_number, numbers_in, people_in

PNID: Final = "306540000000002"
WABA: Final = "204857600000001"
MARIA: Final = "5511955550101"
PATIENCE_S: Final = 30.0
LATE_AUDIO_S: Final = 5.0  # whether packets come on time is measured by the bench
SECOND_OF_PACKETS: Final = 50
SECRETS: Final = {"meta_app_secret": "app secret", "meta_verify_token": "verify", "meta_token": "EAAtest"}

Json = dict[str, Any]


@dataclass
class Street:
    """Everybody who takes part. `number_id` and `agent_id` as integrators name them."""

    gateway: ServedGateway
    meta: RunningSimulator
    database: Database
    http: aiohttp.ClientSession
    plane: Plane
    number_id: int
    agent_id: int
    certificate: Certificate = field(default_factory=Certificate)

    async def key(self, *scopes: Scope) -> Token:
        new = NewKey("CRM", tuple(scope.value for scope in scopes))
        return (await SqlApiKeyStore(self.database).add(new, datetime.now(UTC)))[1]

    async def ask(
        self, token: Token, method: str, path: str, body: Json | None = None, **headers: str
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token.value}", **headers}
        url = f"{self.gateway.url}/api/v1{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, None if response.status == 204 else await response.json()

    async def invite(self, token: Token, form: Json) -> tuple[int, Any]:
        """As soon as Meta's webhook that the customer wrote is here, which opens the service window."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                answer = await self.ask(token, "POST", "/call-invites", form)
                if answer[0] != 409:
                    return answer
                await asyncio.sleep(LOOK_EVERY_S)

    async def sim(self, method: str, path: str, body: Json | None = None) -> Any:
        async with self.http.request(method, f"{self.meta.url}/sim/{path}", json=body or {}) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def calls_at_meta(self) -> list[Json]:
        return list((await self.sim("GET", "state"))["calls"])

    async def until_call(self, holds: Callable[[Json], object]) -> Json:
        """The only call of the simulated Meta, as soon as `holds`: it tells nobody, so it is looked at."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                calls = await self.calls_at_meta()
                assert len(calls) <= 1
                if calls and holds(calls[0]):
                    return calls[0]
                await asyncio.sleep(LOOK_EVERY_S)

    async def record(self, token: Token, holds: Callable[[Json], object]) -> Json:
        """The newest call of the history, as soon as `holds`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                status, page = await self.ask(token, "GET", "/calls")
                assert status == 200
                if page["calls"] and holds(page["calls"][0]):
                    return dict((await self.ask(token, "GET", f"/calls/{page['calls'][0]['call_id']}"))[1])
                await asyncio.sleep(LOOK_EVERY_S)

    @asynccontextmanager
    async def ready_agent(self, login: str = "ana") -> AsyncIterator[Agent]:
        agent = Agent(0, login, self.gateway.url, self.http, self.plane, "127.0.0.1", self.certificate)
        try:
            await agent.sign_in(PASSWORD)
            await agent.connect()
            await agent.sit_down()
            await agent.get_ready()
            agent.speak()
            yield agent
        finally:
            await agent.close()

    def place_wish(self, **changes: object) -> Json:
        wish = {"number_id": self.number_id, "agent_id": self.agent_id, "phone": MARIA, "reference": "chamado 17/2026"}
        return wish | changes

    def faults(self) -> list[str]:
        return [f"{fault.kind}: {fault.words}" for fault in self.meta.faults.all()]


@pytest.fixture
async def street(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Street]:
    database = Database(sqlite_url)
    await SqlDepartmentStore(database).add("Atendimento")
    wanted = new_number(PNID, waba_id=WABA, phone="+55 11 3333-0000", department="Atendimento", outbound_enabled=True)
    number = await numbers_in(database).add(wanted)
    ana = await people_in(database).add_user("ana", "Ana", PASSWORD, Role.AGENT, ["Atendimento"])
    meta_port = closed_port()
    plane = open_plane()
    graph = f"http://127.0.0.1:{meta_port}"
    try:
        with served(sqlite_url, tmp_path, graph_url=graph, integration_loopback="true", **SECRETS) as gateway:
            settings = SimulatorSettings(
                webhook_url=f"{gateway.url}/webhooks/meta",
                app_secret=Token(SECRETS["meta_app_secret"]),
                verify_token=Token(SECRETS["meta_verify_token"]),
                access_token=Token(SECRETS["meta_token"]),
                phone_number_id=PNID,
                waba_id=WABA,
                rules=replace(MetaRules(), late_audio_s=LATE_AUDIO_S),
            )
            async with simulated(settings, port=meta_port) as meta, aiohttp.ClientSession() as http:
                async with asyncio.timeout(PATIENCE_S):
                    await meta.verified.wait()
                yield Street(gateway, meta, database, http, plane, number.id, ana.id)
    finally:
        plane.close()
        await database.close()


# ---- calls to customers ----------------------------------------------------------------------------------------------


async def test_a_call_asked_for_by_rest_is_answered_talked_in_and_hung_up(street: Street) -> None:
    key = await street.key(Scope.CALLS_PLACE, Scope.CALLS_READ)
    async with street.ready_agent() as agent:
        once = {"Idempotency-Key": "order-17"}
        status, placed = await street.ask(key, "POST", "/calls", street.place_wish(), **once)
        assert status == 201, placed
        assert await street.ask(key, "POST", "/calls", street.place_wish(), **once) == (201, placed)
        status, answer = await street.ask(key, "POST", "/calls", street.place_wish(confirm_risk=True), **once)
        assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")
        ringing = await street.until_call(lambda call: call["ringing"])
        assert (ringing["direction"], ringing["customer"]) == ("outbound", "maria")
        heard_before = agent.heard
        await street.sim("POST", f"calls/{ringing['id']}/accept", {"voice": "maria"})
        await agent.until(lambda state: state.call is not None and state.call.phase.value == "talking")
        talking = await street.until_call(lambda call: call["media"]["packets_in"] > 4 * SECOND_OF_PACKETS)
        assert talking["media"]["packets_out"] > SECOND_OF_PACKETS
        assert agent.heard - heard_before > SECOND_OF_PACKETS, "the agent gets the customer's voice"
        await agent.hang_up(placed["call_id"])
        await street.until_call(lambda call: call["ended"])
        told = await street.record(key, lambda call: call["state"] == "ended")
        assert await street.ask(key, "POST", "/calls", street.place_wish(), **once) == (201, placed), "also afterwards"
    assert (told["call_id"], told["direction"], told["outcome"]) == (placed["call_id"], "outbound", "answered")
    assert (told["ended_by"], told["agent_id"], told["customer"]["phone"]) == ("agent", street.agent_id, MARIA)
    assert told["talk_s"] > 1
    assert told["reference"] == "chamado 17/2026", "so that they find the call by their own ticket"
    assert len(await street.calls_at_meta()) == 1, "four requests, one call"
    assert street.faults() == []


async def test_two_requests_with_one_key_at_the_same_moment_are_one_call(street: Street) -> None:
    key = await street.key(Scope.CALLS_PLACE)
    async with street.ready_agent() as agent:
        asks = [
            street.ask(key, "POST", "/calls", street.place_wish(), **{"Idempotency-Key": "order-18"}) for _ in range(4)
        ]
        answers = await asyncio.gather(*asks)
        assert all(answer == answers[0] for answer in answers), answers
        assert answers[0][0] == 201
        await street.until_call(lambda call: call["ringing"])
        await agent.hang_up(answers[0][1]["call_id"])
        await street.until_call(lambda call: call["ended"])


async def test_without_the_scope_nobody_is_called_and_the_audit_says_who_tried(street: Street) -> None:
    key = await street.key(Scope.CALLS_READ)
    async with street.ready_agent():
        status, answer = await street.ask(key, "POST", "/calls", street.place_wish(), **{"Idempotency-Key": "order-19"})
        assert (status, answer["error"]["code"]) == (403, "forbidden")
        assert await street.calls_at_meta() == []
    line = (await SqlAudit(street.database).newest(1))[0]
    assert (line.actor, line.action, line.subject, line.data) == (
        "key:1",
        "api.refused",
        "placeCall",
        {"needed": "calls:place"},
    )


async def test_a_pause_of_metas_is_told_by_meta_where_we_do_not_know_of_it_and_by_us_where_we_do(
    street: Street,
) -> None:
    key = await street.key(Scope.CALLS_PLACE, Scope.CALLS_READ, Scope.PERMISSION_READ)
    pause = Punishment(type="RESTRICTED_BUSINESS_INITIATED_CALLING", expiration=int(time.time()) + 604_800)
    async with street.ready_agent():
        where = f"/permissions?number_id={street.number_id}&phone={MARIA}"
        assert (await street.ask(key, "GET", where))[0] == 200  # what Meta says of the number is kept from here on
        street.meta.exchange.standing = Standing(restrictions=[pause])  # and no webhook tells of this
        once = {"Idempotency-Key": "order-20"}
        status, placed = await street.ask(key, "POST", "/calls", street.place_wish(), **once)
        assert status == 201, placed
        told = await street.record(key, lambda call: call["state"] == "ended")
        assert (told["outcome"], told["failure_code"]) == ("failed", "meta.138014"), "Meta's own word, and no call"
        street.meta.exchange.tell_account(restriction([pause]))
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if (await street.ask(key, "GET", where))[1]["call"]["code"] == "number.restricted":
                    break
                await asyncio.sleep(LOOK_EVERY_S)
        status, refused = await street.ask(
            key, "POST", "/calls", street.place_wish(), **{"Idempotency-Key": "order-21"}
        )
    error = refused["error"]
    assert (status, error["code"], error["meta_code"]) == (409, "number.restricted", 138014)
    assert error["retry_at"] == iso(datetime.fromtimestamp(pause.expiration or 0, UTC))
    assert await street.calls_at_meta() == []


# ---- customers who are invited to call -------------------------------------------------------------------------------


async def test_a_call_button_is_sent_pressed_and_its_payload_read_back(street: Street) -> None:
    key = await street.key(Scope.INVITES_SEND, Scope.CALLS_READ)
    form = {
        "number_id": street.number_id,
        "customer": {"phone": MARIA},
        "text": "Fale com a gente",
        "label": "Ligar já",
        "payload": "pedido 17 & troca",
    }
    await street.sim("POST", "customers/maria/write", {"text": "oi"})  # which opens the service window
    assert await street.invite(key, form) == (202, {"sent": True})
    (message,) = (await street.sim("GET", "customers/maria"))["messages"]
    assert (message["kind"], message["text"], message["label"]) == ("call_button", "Fale com a gente", "Ligar já")
    quirks = {"cta_payload": message["payload"]}  # the phone sends what its button carries
    await street.sim("POST", "calls", {"customer": "maria", "voice": "maria", "quirks": quirks})
    told = await street.record(key, lambda call: call["direction"] == "inbound")
    assert (told["button_payload"], told["link_payload"]) == ("pedido 17 & troca", None)
    assert street.faults() == []


async def test_a_button_that_names_an_agent_rings_for_them_alone_first_and_a_forged_one_for_everybody(
    street: Street,
) -> None:
    bia = await people_in(street.database).add_user("bia", "Bia", PASSWORD, Role.AGENT, ["Atendimento"])
    key = await street.key(Scope.INVITES_SEND, Scope.CALLS_READ)
    form = {"number_id": street.number_id, "customer": {"phone": MARIA}, "text": "Ligue para a Bia", "payload": "17"}
    await street.sim("POST", "customers/maria/write", {"text": "oi"})
    async with street.ready_agent() as ana, street.ready_agent("bia") as page_of_bia:
        assert await street.invite(key, {**form, "agent_id": bia.id}) == (202, {"sent": True})
        status, said = await street.ask(key, "POST", "/call-invites", {**form, "agent_id": 4_711})
        assert (status, said["error"]["code"]) == (409, "invite.agent_unknown")
        (message,) = (await street.sim("GET", "customers/maria"))["messages"]
        told, rung = await pressed(street, key, message["payload"], page_of_bia)
        assert (told["button_payload"], rung) == ("17", {"agents": 1}), "nobody sees what is ours in it"
        assert ana.state.ringing == []
        forged = message["payload"].replace(";17", ";18")
        told, rung = await pressed(street, key, forged, page_of_bia)
        assert (told["button_payload"], rung) == ("18", {"agents": 2})
    assert street.faults() == []


async def pressed(street: Street, key: Token, payload: str, agent: Agent) -> tuple[Json, Json]:
    """A button that carries `payload` is pressed, and the agent takes the call: its record, and for whom it rang."""
    await street.sim("POST", "calls", {"customer": "maria", "voice": "maria", "quirks": {"cta_payload": payload}})
    call_id = (await agent.until(lambda state: state.ringing)).ringing[0].call_id
    await agent.answer(call_id)
    await agent.until(lambda state: state.call is not None and state.call.phase.value == "talking")
    await agent.hang_up(call_id)
    told = await street.record(key, lambda call: call["state"] == "ended" and call["call_id"] == call_id)
    timeline = await street.database.read(lambda session: read_timeline(session, call_id))
    return told, next(line.data for line in timeline if line.kind == "rung")


async def test_outside_the_service_window_no_button_is_sent_and_the_reason_is_said(street: Street) -> None:
    """Meta would take the message, and fail it afterwards."""
    key = await street.key(Scope.INVITES_SEND)
    form = {"number_id": street.number_id, "customer": {"phone": MARIA}, "text": "Fale com a gente"}
    status, said = await street.ask(key, "POST", "/call-invites", form)
    error = said["error"]
    assert (status, error["code"], error["rule"]) == (409, "invite.window_closed", "service_window_s")
    assert (error["next_step"], error["meta_code"]) == ("wait_for_customer", 131047)
    assert (await street.sim("GET", "customers/maria"))["messages"] == []
    assert street.faults() == []


async def test_a_deep_link_is_opened_and_its_payload_read_back(street: Street) -> None:
    key = await street.key(Scope.INVITES_SEND, Scope.CALLS_READ)
    path = f"/call-links?number_id={street.number_id}&payload=campanha%20a%2Bb"
    status, link = await street.ask(key, "GET", path)
    assert status == 200
    query = URL(link["url"]).query
    quirks = {"deeplink_payload": query["biz_payload"]}
    await street.sim("POST", "calls", {"customer": "maria", "voice": "maria", "quirks": quirks})
    told = await street.record(key, lambda call: call["direction"] == "inbound")
    assert (told["button_payload"], told["link_payload"]) == (None, "campanha a+b")


# ---- permission ------------------------------------------------------------------------------------------------------


async def test_each_word_of_the_customer_about_permission_is_told_once_and_in_order(street: Street) -> None:
    """Asked, declined, asked again is too early; allowed and revoked in the profile."""
    await street.sim("PUT", "dialing", {"permitted": None})
    key = await street.key(Scope.PERMISSION_REQUEST, Scope.PERMISSION_READ)
    crm = CrmReceiver()
    await crm.start()
    try:
        status, made = await street.ask(
            await street.key(Scope.EVENTS_MANAGE),
            "POST",
            "/event-subscriptions",
            {"url": crm.url, "types": [EventKind.PERMISSION_CHANGED.value]},
        )
        assert status == 201
        crm.secret = Token(made["secret"])
        await street.sim("POST", "customers/maria/write", {"text": "oi"})
        wish = {"number_id": street.number_id, "customer": {"phone": MARIA}}
        status, state = await street.ask(key, "POST", "/permission-requests", wish)
        assert (status, state["status"]) == (202, "awaited")
        (message,) = (await street.sim("GET", "customers/maria"))["messages"]
        await street.sim("POST", f"customers/maria/messages/{message['id']}/answer", {"answer": "decline"})

        def statuses() -> list[str]:
            return [event["data"]["permission"]["status"] for event in crm.got]

        await crm.until(lambda: "declined" in statuses())
        status, refused = await street.ask(key, "POST", "/permission-requests", wish)
        assert (status, refused["error"]["code"]) == (429, "permission.asked_too_often")
        looks = await street.key(Scope.CALLS_READ)
        _, funnel = await street.ask(looks, "GET", "/measures/permissions?by=agent")
        [line] = funnel["lines"]
        assert (line["key"][:4], line["funnel"]["asked"], line["funnel"]["refused"]) == ("key:", 1, 1), "who asked"
        await street.sim("POST", "customers/maria/profile", {"calls": "allow"})
        await crm.until(lambda: "permanent" in statuses())
        await street.sim("POST", "customers/maria/profile", {"calls": "revoke"})
        await crm.until(lambda: "revoked" in statuses())
        assert statuses() == ["awaited", "declined", "permanent", "revoked"]
        assert [event["sequence"] for event in crm.got] == [1, 2, 3, 4]
        assert {event["data"]["permission"]["customer"]["phone"] for event in crm.got} == {MARIA}
    finally:
        await crm.stop()


# ---- templates -------------------------------------------------------------------------------------------------------


async def test_a_template_that_asks_for_permission_is_handed_in_put_to_use_and_asks(street: Street) -> None:
    await street.sim("PUT", "dialing", {"permitted": None})
    key = await street.key(Scope.TEMPLATES_MANAGE, Scope.PERMISSION_REQUEST)
    form = {"number_id": street.number_id, "name": "pode_ligar_v2", "text": "Podemos ligar?"}
    wish = {"number_id": street.number_id, "customer": {"phone": MARIA}}
    line = {"name": "pode_ligar_v2", "language": "pt_BR", "status": "APPROVED", "in_use": False}
    status, refused = await street.ask(key, "POST", "/permission-requests", wish)
    assert (status, refused["error"]["code"]) == (409, "permission.template_missing"), "the window is closed"
    status, made = await street.ask(key, "POST", "/permission-templates", form)
    assert (status, made) == (201, {**line, "category": "UTILITY"})
    where = f"/permission-templates?number_id={street.number_id}"
    status, listed = await street.ask(key, "GET", where)
    assert status == 200
    assert [one["name"] for one in listed["templates"]] == ["pedido_ligacao_v1", "pode_ligar_v2"], "no call button"
    assert listed["templates"][1] == {**line, "category": "UTILITY"}
    await numbers_in(street.database).set_permission_template(PNID, Template("pode_ligar_v2", "pt_BR"))
    assert (await street.ask(key, "GET", where))[1]["templates"][1]["in_use"] is True
    assert (await street.ask(key, "POST", "/permission-requests", wish))[0] == 202
    (message,) = (await street.sim("GET", "customers/maria"))["messages"]
    assert (message["kind"], message["alive"]) == ("permission_request", True)
    entry = (await SqlAudit(street.database).newest(1))[0]
    assert (entry.action, entry.subject) == ("template.created", f"number:{street.number_id}")

    gone = f"{where}&name=pode_ligar_v2&language=pt_BR"
    status, refused = await street.ask(key, "DELETE", gone)
    assert (status, refused["error"]["code"]) == (409, "in_use")
    other = await street.key(Scope.PERMISSION_REQUEST)
    assert (await street.ask(other, "DELETE", gone))[0] == 403
    await numbers_in(street.database).set_permission_template(PNID, Template("pedido_ligacao_v1", "pt_BR"))
    assert (await street.ask(key, "DELETE", gone))[0] == 204
    left = (await street.ask(key, "GET", where))[1]["templates"]
    assert [one["name"] for one in left] == ["pedido_ligacao_v1"]
    entry = (await SqlAudit(street.database).newest(1))[0]
    assert (entry.action, entry.data["name"], entry.data["language"]) == (
        *("template.deleted", "pode_ligar_v2"),
        "pt_BR",
    )
    assert (await street.ask(key, "DELETE", gone))[0] == 404, "Meta has it no more"
    status, refused = await street.ask(key, "POST", "/permission-templates", form)
    assert (status, refused["error"]["meta_code"]) == (409, 100), "nor takes its name for weeks"
    assert len(street.faults()) == 1, "and asking it to is a mistake"


@pytest.mark.parametrize(
    "changes", [{"text": "Olá {{1}}"}, {"name": "Pode Ligar"}, {"language": "portuguese"}, {"category": "OTHER"}]
)
async def test_a_template_that_could_not_be_sent_is_refused_before_meta_is_asked(changes: Json, street: Street) -> None:
    key = await street.key(Scope.TEMPLATES_MANAGE)
    form = {"number_id": street.number_id, "name": "pode_ligar_v2", "text": "Podemos ligar?", **changes}
    status, answer = await street.ask(key, "POST", "/permission-templates", form)
    assert (status, answer["error"]["message"]) == (400, f"Missing or wrong: {next(iter(changes))}.")
    assert street.faults() == []
