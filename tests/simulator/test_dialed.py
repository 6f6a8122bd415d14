"""The business calls: what `connect` demands, what Meta then tells in which order, and real audio both ways."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, DtlsRole, Leg
from gateway.media.plane import SILENCE, FlowId, Source, TappedPacket
from gateway.media.ports import MediaPort
from gateway.media.python_plane import PythonPlane
from gateway.media.sdp_meta import read_meta_answer, write_meta_offer
from gateway.simulator.faults import FaultKind
from gateway.simulator.settings import MetaRules
from tests.media.peers import PROMPT
from tests.simulator.fake_gateway import Bench, bench
from tests.simulator.payloads import payload

QUICK = MetaRules(graph_latency_s=0.0, webhook_retry_s=(0.05,), late_audio_s=5.0)
PNID = "306540000000002"
MARIA, OPAQUE = "5511955550101", "ramal.call=1"


@dataclass
class Business:
    """The gateway's side of one call that it makes."""

    world: Bench
    plane: PythonPlane
    leg: Leg
    offer: str
    wacid: str = ""
    flow: FlowId | None = None

    async def connect(self, to: str | None = MARIA, **changes: Any) -> tuple[int, Any]:
        body = {
            "messaging_product": "whatsapp",
            "to": to,
            "action": "connect",
            "session": {"sdp_type": "offer", "sdp": self.offer},
            "biz_opaque_callback_data": OPAQUE,
        }
        status, answer = await self.world.graph("POST", f"{PNID}/calls", body | changes)
        if status == 200:
            self.wacid = answer["calls"][0]["id"]
        return status, answer

    async def use_answer(self) -> None:
        answer = read_meta_answer((await self.world.gateway.event("connect"))["session"]["sdp"])
        role = DtlsRole.SERVER if answer.setup == "active" else DtlsRole.CLIENT
        async with asyncio.timeout(20):
            self.flow = await self.leg.start(answer.remote, role)

    def speak(self, source: Source) -> None:
        assert self.flow is not None
        self.plane.open_gate(self.flow)
        self.plane.hear(self.flow, source)

    async def hears(self, packets: int) -> list[TappedPacket]:
        heard: list[TappedPacket] = []
        enough = asyncio.Event()

        def take(packet: TappedPacket) -> None:
            heard.append(packet)
            if len(heard) >= packets:
                enough.set()

        assert self.flow is not None
        self.plane.tap(self.flow, take)
        async with asyncio.timeout(20):
            await enough.wait()
        return heard


@asynccontextmanager
async def business(**dialing: Any) -> AsyncIterator[Business]:
    async with bench(QUICK) as world:
        status, _ = await world.sim("PUT", "dialing", {"ring_s": 0.0, "answer_s": 0.0, "after_s": 0.0, **dialing})
        assert status == 200
        plane = PythonPlane()
        port = await MediaPort.open(plane, "127.0.0.1", range(0, 1), exclusive=True)
        leg = Leg(plane, port, Certificate(), WHATSAPP, on_lost=lambda _reason: None)
        try:
            yield Business(world, plane, leg, write_meta_offer(leg.local, 1))
        finally:
            await leg.close()
            plane.close()


def statuses(world: Bench) -> list[dict[str, Any]]:
    values = [change["value"] for body in world.gateway.bodies for e in body["entry"] for change in e["changes"]]
    return [status for value in values for status in value.get("statuses", [])]


def order(world: Bench) -> list[str]:
    """Events and statuses as they came."""
    values = [change["value"] for body in world.gateway.bodies for e in body["entry"] for change in e["changes"]]
    return [
        item.get("event") or item["status"]
        for value in values
        for item in value.get("calls", []) + value.get("statuses", [])
    ]


async def until_told(world: Bench, *words: str) -> None:
    async with asyncio.timeout(20), world.gateway.came:
        await world.gateway.came.wait_for(lambda: set(words) <= set(order(world)))


@pytest.mark.parametrize("setup", ["passive", "active", "actpass"])
async def test_business_and_customer_talk_whatever_setup_meta_answers(setup: str) -> None:
    async with business(setup=setup) as ours:
        await ours.connect()
        await ours.use_answer()
        ours.speak(SILENCE)
        (call,) = (await ours.world.sim("GET", "state"))[1]["calls"]
        status, picked = await ours.world.sim("POST", f"calls/{call['id']}/accept", {"voice": "maria"})
        assert (status, picked["phase"], picked["direction"]) == (200, "accepted", "outbound")
        ours.speak(PROMPT)
        await ours.hears(20)
        await until_told(ours.world, "RINGING", "ACCEPTED")
        assert (await ours.world.act("terminate", ours.wacid))[0] == 200
        over = await ours.world.gateway.event("terminate")
        assert (over["direction"], over["status"], over["from"], over["to"]) == (
            "BUSINESS_INITIATED",
            "COMPLETED",
            ours.world.settings.business_phone,
            MARIA,
        )
        assert over["biz_opaque_callback_data"] == OPAQUE
        assert "start_time" in over
        assert ours.world.simulator.faults.all() == []


async def test_answer_and_statuses_have_the_documented_shapes() -> None:
    async with business(customer_does="accept") as ours:
        await ours.connect()
        await until_told(ours.world, "connect", "RINGING", "ACCEPTED")
        connect = await ours.world.gateway.event("connect")
        known = payload("webhook_calls_connect_bic_setup_passive")["entry"][0]["changes"][0]["value"]["calls"][0]
        assert connect.keys() == known.keys()
        assert connect["session"]["sdp_type"] == "answer"
        told = next(status for status in statuses(ours.world) if status["status"] == "ACCEPTED")
        shape = payload("webhook_calls_status_accepted")["entry"][0]["changes"][0]["value"]["statuses"][0]
        assert told.keys() == shape.keys() | {"recipient_user_id"}
        assert told["biz_opaque_callback_data"] == OPAQUE


async def test_a_customer_who_declines_is_told_of_by_a_status_and_the_end() -> None:
    async with business(customer_does="decline") as ours:
        await ours.connect()
        await until_told(ours.world, "REJECTED", "terminate")
        over = await ours.world.gateway.event("terminate")
        assert (over["status"], "start_time" in over) == ("COMPLETED", False)


async def test_a_phone_that_nobody_picks_up_stops_ringing_by_itself() -> None:
    async with business(window_s=0.3) as ours:
        await ours.connect()
        await until_told(ours.world, "RINGING", "terminate")
        assert "ACCEPTED" not in order(ours.world)


async def test_webhooks_may_overtake_the_http_response_and_each_other() -> None:
    async with business(customer_does="accept", response_s=2.0, answer_after_accept=True) as ours:
        connecting = asyncio.create_task(ours.connect())
        await until_told(ours.world, "RINGING", "ACCEPTED", "connect")
        assert not connecting.done()
        assert order(ours.world).index("connect") > order(ours.world).index("ACCEPTED")
        assert (await connecting)[0] == 200


async def test_a_phone_may_ring_without_a_word_from_meta() -> None:
    async with business(customer_does="accept", no_ringing=True) as ours:
        await ours.connect()
        await until_told(ours.world, "ACCEPTED")
        assert "RINGING" not in order(ours.world)


async def test_sound_before_anybody_picked_up_is_a_fault() -> None:
    async with business() as ours:
        await ours.connect()
        await ours.use_answer()
        ours.speak(PROMPT)
        await ours.world.until(lambda: FaultKind.EARLY_MEDIA.value in ours.world.fault_kinds)


@pytest.mark.parametrize(
    ("dialing", "body", "expected"),
    [
        ({"permitted": False}, {}, (401, 138006)),
        ({"refuse": ["138012"]}, {}, (400, 138012)),
        ({"refuse": ["138005"]}, {}, (429, 138005)),
        ({}, {"to": "4930123456"}, (400, 138001)),
        ({}, {"to": None, "recipient": "BR.1"}, (400, 138001)),
        ({}, {"to": None}, (400, 100)),
        ({}, {"to": 5}, (400, 100)),
        ({}, {"biz_opaque_callback_data": "x" * 513}, (400, 100)),
    ],
)
async def test_a_connect_is_refused_in_metas_words(
    dialing: dict[str, Any], body: dict[str, Any], expected: tuple[int, int]
) -> None:
    async with business(**dialing) as ours:
        status, answer = await ours.connect(**body)
        assert (status, answer["error"]["code"]) == expected
        assert order(ours.world) == []


@pytest.mark.parametrize(
    ("kind", "stops"),
    [
        ("RESTRICTED_BUSINESS_INITIATED_CALLING", True),
        ("RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING", True),
        ("RESTRICTED_USER_INITIATED_CALLING", False),
        ("RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN", False),
    ],
)
async def test_a_paused_number_may_neither_call_nor_ask_until_its_pause_is_over(kind: str, stops: bool) -> None:
    request = {
        "messaging_product": "whatsapp",
        "to": MARIA,
        "type": "template",
        "template": {"name": "pedido_ligacao_v1", "language": {"code": "pt_BR"}},
    }
    async with business(permitted=True) as ours:
        ends = int(time.time()) + 3_600
        standing = {"restrictions": [{"type": kind, "expiration": ends}]}
        assert (await ours.world.sim("PUT", "number", standing))[0] == 200
        for status, answer in (await ours.connect(), await ours.world.graph("POST", f"{PNID}/messages", request)):
            assert (status, answer.get("error", {}).get("code")) == ((400, 138014) if stops else (200, None))
        await ours.world.sim("POST", "clock", {"forward_s": 3_601.0})
        if stops:
            assert (await ours.connect())[0] == 200


async def test_a_customer_without_a_number_is_reached_by_their_id() -> None:
    async with business() as ours:
        assert (await ours.connect(to=None, recipient="BR.10491208655302740003"))[0] == 200
        await until_told(ours.world, "RINGING")
        assert "recipient_id" not in statuses(ours.world)[0]


async def test_a_second_call_to_the_same_customer_is_refused() -> None:
    async with business() as ours:
        assert (await ours.connect())[0] == 200
        status, answer = await ours.connect()
        assert (status, answer["error"]["code"]) == (400, 138003)


@pytest.mark.parametrize("name", ["sdp_bic_offer_aiortc_recommended", "sdp_bic_offer_browser_docs_shape"])
async def test_the_offers_of_metas_documentation_are_good(name: str) -> None:
    async with business() as ours:
        ours.offer = payload(name)["sdp"]
        assert (await ours.connect())[0] == 200


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("a=setup:active", "a=setup:actpass"),
        ("a=setup:actpass\r\na=ice-lite", "a=setup:actpass"),
        ("opus/48000/1", "opus/48000/2"),
        ("a=fingerprint:sha-1 ", "a=fingerprint:sha-256 "),
        ("m=video ", "m=audio "),
        ("a=recvonly", "a=sendrecv"),
        ("a=x", "a=rtcp-mux"),
        ("BUNDLE other", "BUNDLE audio"),
    ],
)
async def test_an_offer_that_meta_would_refuse_is_refused_and_noted(wrong: str, right: str) -> None:
    async with business() as ours:
        assert right in ours.offer
        ours.offer = ours.offer.replace(right, wrong)
        status, answer = await ours.connect()
        assert (status, answer["error"]["code"]) == (400, 100)
        assert ours.world.fault_kinds == {FaultKind.BAD_OFFER.value}


async def test_a_call_of_the_business_can_only_be_terminated() -> None:
    async with business() as ours:
        await ours.connect()
        for action in ("pre_accept", "accept", "reject"):
            assert (await ours.world.act(action, ours.wacid, "v=0\r\n"))[0] == 400
        assert (await ours.world.act("terminate", ours.wacid))[0] == 200, "ringing or not"
        assert ours.world.fault_kinds == {FaultKind.BAD_REQUEST.value}


@pytest.mark.parametrize(
    ("permitted", "name"),
    [(True, "response_call_permissions_permanent"), (False, "response_call_permissions_no_permission")],
)
async def test_whether_a_customer_may_be_called_is_told_in_the_documented_shape(permitted: bool, name: str) -> None:
    async with business(permitted=permitted) as ours:
        status, told = await ours.world.graph("GET", f"{PNID}/call_permissions?user_wa_id={MARIA}")
        known = payload(name)
        for action in known["actions"]:
            for limit in action["limits"]:
                limit["current_usage"] = 0
        assert (status, told) == (200, known)


async def test_nobody_picks_up_what_does_not_ring() -> None:
    async with business(customer_does="decline") as ours:
        await ours.connect()
        await until_told(ours.world, "terminate")
        (call,) = (await ours.world.sim("GET", "state"))[1]["calls"]
        for what in ("accept", "decline"):
            assert (await ours.world.sim("POST", f"calls/{call['id']}/{what}", {}))[0] == 409
