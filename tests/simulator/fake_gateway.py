"""A gateway in miniature: takes webhooks, answers Graph and talks, as well or as badly as a test wants."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, Leg
from gateway.media.plane import FlowId, Source, TappedPacket
from gateway.media.ports import MediaPort
from gateway.media.python_plane import PythonPlane
from gateway.media.sdp_meta import MetaOffer, read_meta_offer, write_meta_answer
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.settings import MetaRules, SimulatorSettings
from signaling.private import Token

APP_SECRET, VERIFY_TOKEN, ACCESS_TOKEN = "app secret", "verify token", "access-token"


@dataclass
class FakeGateway:
    """Records each webhook whose signature holds. `verify_token` and `statuses` make it misbehave."""

    verify_token: str = VERIFY_TOKEN
    statuses: list[int] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    handshakes: int = 0
    bad_signatures: int = 0
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handshake(self, request: web.Request) -> web.Response:
        self.handshakes += 1
        if request.query["hub.verify_token"] != self.verify_token:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    async def webhook(self, request: web.Request) -> web.Response:
        raw = await request.read()
        expected = "sha256=" + hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if request.headers.get("X-Hub-Signature-256") != expected:
            self.bad_signatures += 1
            return web.Response(status=401)
        async with self.came:
            self.bodies.append(json.loads(raw))
            self.came.notify_all()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Every element of `calls` that came, in order."""
        values = [change["value"] for body in self.bodies for e in body["entry"] for change in e["changes"]]
        return [call for value in values for call in value.get("calls", [])]

    async def has_calls(self, number: int) -> None:
        """Until so many call updates came."""
        async with self.came:
            await self.came.wait_for(lambda: len(self.calls) >= number)

    async def event(self, name: str) -> dict[str, Any]:
        """The first webhook of this event, when it has come."""

        def found() -> list[dict[str, Any]]:
            return [call for call in self.calls if call["event"] == name]

        async with self.came:
            await self.came.wait_for(found)
        return found()[0]


@dataclass
class Bench:
    """A running simulator, the gateway it talks to, and an HTTP client for both faces."""

    gateway: FakeGateway
    simulator: RunningSimulator
    http: aiohttp.ClientSession
    settings: SimulatorSettings

    async def sim(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.http.request(method, f"{self.simulator.url}/sim/{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def graph(
        self, method: str, path: str, body: Any = None, token: str = ACCESS_TOKEN, version: str = "v25.0"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.simulator.url}/{version}/{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def act(self, action: str, wacid: str, sdp: str | None = None) -> tuple[int, Any]:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "call_id": wacid, "action": action}
        if sdp is not None:
            body["session"] = {"sdp_type": "answer", "sdp": sdp}
        return await self.graph("POST", f"{self.settings.phone_number_id}/calls", body)

    async def call(self, customer: str = "maria", **body: Any) -> dict[str, Any]:
        status, placed = await self.sim("POST", "calls", {"customer": customer, **body})
        assert status == 201, placed
        return dict(placed)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Looks again at each change that the simulator tells of."""
        changed = self.simulator.news.listen()
        while not condition():
            await changed.wait()
            changed.clear()

    @property
    def fault_kinds(self) -> set[str]:
        return {fault.kind.value for fault in self.simulator.faults.all()}


@asynccontextmanager
async def bench(rules: MetaRules | None = None, gateway: FakeGateway | None = None) -> AsyncIterator[Bench]:
    """Both sides, up."""
    gateway = gateway or FakeGateway()
    app = web.Application()
    app.router.add_get("/hook", gateway.handshake)
    app.router.add_post("/hook", gateway.webhook)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        settings = SimulatorSettings(
            webhook_url=f"http://127.0.0.1:{runner.addresses[0][1]}/hook",
            app_secret=Token(APP_SECRET),
            verify_token=Token(VERIFY_TOKEN),
            access_token=Token(ACCESS_TOKEN),
            rules=rules or MetaRules(),
        )
        async with running(settings) as simulator, aiohttp.ClientSession() as http:
            yield Bench(gateway, simulator, http, settings)
    finally:
        await runner.cleanup()


class TalkingLeg:
    """The gateway's side of one call's audio, on the real plane."""

    def __init__(self, plane: PythonPlane, port: MediaPort, offer_sdp: str) -> None:
        self._plane, self.port = plane, port
        self._offer: MetaOffer = read_meta_offer(offer_sdp)
        self.leg = Leg(plane, port, Certificate(), WHATSAPP, on_lost=lambda _reason: None)
        self.answer = write_meta_answer(self._offer, self.leg.local, session_id=1)
        self.received: list[TappedPacket] = []
        self.digits: list[str] = []
        self._arrived = asyncio.Event()
        self._flow: FlowId | None = None

    async def connect(self) -> None:
        """ICE and DTLS."""
        self._flow = await self.leg.start(self._offer.remote)
        self._plane.tap(self._flow, self._tapped)
        self._plane.events.on("digit", self._digit)

    def speak(self, source: Source) -> None:
        """Packets may leave, and these do."""
        assert self._flow is not None
        self._plane.open_gate(self._flow)
        self._plane.hear(self._flow, source)

    async def has_heard(self, packets: int) -> None:
        """Until so many packets of the customer came."""
        await self._until(lambda: len(self.received) >= packets)

    async def has_digits(self, digits: str) -> None:
        await self._until(lambda: "".join(self.digits) == digits)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._arrived.clear()
            await self._arrived.wait()

    def _tapped(self, packet: TappedPacket) -> None:
        self.received.append(packet)
        self._arrived.set()

    def _digit(self, _flow: FlowId, character: str, _duration_ms: int) -> None:
        self.digits.append(character)
        self._arrived.set()


@asynccontextmanager
async def talking_leg(offer_sdp: str) -> AsyncIterator[TalkingLeg]:
    plane = PythonPlane()
    port = await MediaPort.open(plane, "127.0.0.1", range(0, 1), exclusive=True)
    leg = TalkingLeg(plane, port, offer_sdp)
    try:
        yield leg
    finally:
        await leg.leg.close()
        plane.close()
