"""`/sim/…`: how tests and the page make customers call, and read what the simulated Meta saw. For trusted networks."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from pydantic import ValidationError

from gateway.simulator.call_rules import Phase
from gateway.simulator.clips import voices
from gateway.simulator.customers import CUSTOMERS
from gateway.simulator.dialed import CannotDo, DialedCalls
from gateway.simulator.dialing import Dialing
from gateway.simulator.exchange import CannotCall, Exchange, LiveCall
from gateway.simulator.heard import to_ogg
from gateway.simulator.keypad import KEYS
from gateway.simulator.lines import BadBrowserOffer
from gateway.simulator.scenario import CallBody

PAGE_DIR = Path(__file__).parent / "page"
PAGE_FILES = {
    "index.html": "text/html",
    "phone.css": "text/css",
    "phone.js": "text/javascript",
    "words.js": "text/javascript",
    "sound.js": "text/javascript",
}
HANDSHAKE_PATIENCE_S = 10.0
NEWS_AT_LEAST_EVERY_S = 1.0
CALLS_ON_PAGE = 10
PHONES_ON_PAGE = 50  # a load test has thousands


class News:
    """Wakes every open event stream."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()

    def announce(self) -> None:
        for listener in self._listeners:
            listener.set()

    def listen(self) -> asyncio.Event:
        event = asyncio.Event()
        self._listeners.add(event)
        return event

    def leave(self, event: asyncio.Event) -> None:
        self._listeners.discard(event)


class ControlApi:
    """`verified` is set once the gateway's callback has repeated the challenge."""

    def __init__(
        self,
        exchange: Exchange,
        dialed: DialedCalls,
        news: News,
        verified: asyncio.Event,
        unix_s: Callable[[], float],
    ) -> None:
        self._dialed = dialed
        self._exchange, self._news, self._verified, self._unix_s = exchange, news, verified, unix_s

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/sim/customers", self._customers)
        app.router.add_get("/sim/state", self._state)
        app.router.add_get("/sim/events", self._events)
        app.router.add_post("/sim/calls", self._place_call)
        app.router.add_get("/sim/calls/{id}", self._call)
        app.router.add_get("/sim/calls/{id}/heard.ogg", self._heard)
        app.router.add_put("/sim/dialing", self._set_dialing)
        app.router.add_post("/sim/calls/{id}/accept", self._accept)
        app.router.add_post("/sim/calls/{id}/decline", self._decline)
        app.router.add_post("/sim/calls/{id}/hang_up", self._hang_up)
        app.router.add_post("/sim/calls/{id}/digit", self._digit)
        app.router.add_post("/sim/calls/{id}/link", self._link)
        app.router.add_post("/sim/calls/{id}/repeat", self._repeat)
        app.router.add_get("/sim/faults", self._faults)
        app.router.add_delete("/sim/faults", self._clear_faults)
        app.router.add_get("/", self._page)
        app.router.add_get("/{file}", self._page)

    async def _customers(self, _request: web.Request) -> web.Response:
        people = [asdict(customer) for customer in CUSTOMERS.values()]
        clips = [{"name": v.name, "language": v.language, "seconds": v.seconds} for v in voices().values()]
        return web.json_response({"customers": people, "voices": clips})

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._summary())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the whole state each time something changed, and each second while a call is up."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        changed = self._news.listen()
        try:
            while True:
                changed.clear()
                await stream.write(f"data: {json.dumps(self._summary())}\n\n".encode())
                try:
                    async with asyncio.timeout(NEWS_AT_LEAST_EVERY_S):
                        await changed.wait()
                except TimeoutError:
                    continue
        except ConnectionError:
            return stream
        finally:
            self._news.leave(changed)

    async def _place_call(self, request: web.Request) -> web.Response:
        try:
            body = CallBody.model_validate_json(await request.read())
        except ValidationError as error:
            return _problem(422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
        try:
            async with asyncio.timeout(HANDSHAKE_PATIENCE_S):
                await self._verified.wait()
        except TimeoutError:
            return _problem(409, "The gateway has not passed the webhook handshake")
        try:
            live = self._exchange.place_call(body)
        except (CannotCall, BadBrowserOffer) as refused:
            return _problem(409, str(refused))
        return web.json_response(self._describe(live) | {"browser_answer": live.line.browser_answer}, status=201)

    async def _call(self, request: web.Request) -> web.Response:
        return web.json_response(self._describe(self._find(request)))

    async def _heard(self, request: web.Request) -> web.Response:
        packets = self._find(request).line.packets
        ogg = await asyncio.to_thread(to_ogg, packets)
        return web.Response(body=ogg, content_type="audio/ogg")

    async def _hang_up(self, request: web.Request) -> web.Response:
        live = self._find(request)
        self._exchange.hang_up(live)
        return web.json_response(self._describe(live))

    async def _set_dialing(self, request: web.Request) -> web.Response:
        try:
            self._dialed.dialing = Dialing.model_validate_json(await request.read())
        except ValidationError as error:
            return _problem(422, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()))
        return web.json_response(self._dialed.dialing.model_dump())

    async def _accept(self, request: web.Request) -> web.Response:
        live = self._find(request)
        match await _read_json(request):
            case {**rest} if not rest.keys() - {"voice", "browser_offer"}:
                voice, offer = rest.get("voice"), rest.get("browser_offer")
            case _:
                return _problem(422, "voice and browser_offer may be given")
        if not (isinstance(voice, str | None) and isinstance(offer, str | None)):
            return _problem(422, "voice and browser_offer are texts")
        try:
            self._dialed.accept(live, voice, offer)
        except (CannotDo, BadBrowserOffer) as refused:
            return _problem(409, str(refused))
        return web.json_response(self._describe(live) | {"browser_answer": live.line.browser_answer})

    async def _decline(self, request: web.Request) -> web.Response:
        live = self._find(request)
        try:
            self._dialed.decline(live)
        except CannotDo as refused:
            return _problem(409, str(refused))
        return web.json_response(self._describe(live))

    async def _digit(self, request: web.Request) -> web.Response:
        live = self._find(request)
        match await _read_json(request):
            case {"digit": str(digit)} if len(digit) == 1 and digit in KEYS:
                pass
            case _:
                return _problem(422, "digit must be one of " + KEYS)
        if not live.line.press(digit):
            return _problem(409, "The call cannot carry digits now")
        return web.json_response({"ok": True})

    async def _link(self, request: web.Request) -> web.Response:
        """The customer's network fails, one way or both, or is well again."""
        live = self._find(request)
        match await _read_json(request):
            case {"speech": bool(speech), "hearing": bool(hearing)}:
                live.line.cut(speech=speech, hearing=hearing)
                return web.json_response({"ok": True})
            case _:
                return _problem(422, "speech and hearing say which way is cut: true or false")

    async def _repeat(self, request: web.Request) -> web.Response:
        live = self._find(request)
        match await _read_json(request):
            case {"event": "connect" | "terminate" as event} if self._exchange.repeat(live, event):
                return web.json_response({"ok": True})
            case _:
                return _problem(422, "event must be connect or terminate, and sent before")

    async def _faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self._fault_list()})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._exchange.faults.clear()
        return web.json_response({"faults": []})

    async def _page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("file") or "index.html"
        if name not in PAGE_FILES:
            raise web.HTTPNotFound
        return web.FileResponse(
            PAGE_DIR / name, headers={"Content-Type": f"{PAGE_FILES[name]}; charset=utf-8", "Cache-Control": "no-cache"}
        )

    def _find(self, request: web.Request) -> LiveCall:
        live = self._exchange.calls.get(request.match_info["id"])
        if live is None:
            raise web.HTTPNotFound(text='{"why": "There is no such call"}', content_type="application/json")
        return live

    def _summary(self) -> dict[str, object]:
        settings, calls = self._exchange.settings, list(self._exchange.calls.values())[-CALLS_ON_PAGE:]
        return {
            "now": _when(self._unix_s()),
            "webhook_verified": self._verified.is_set(),
            "business": {"name": settings.business_name, "phone": settings.business_phone},
            "calls": [self._describe(live) for live in reversed(calls)],
            "phones": {key: self._exchange.permissions.describe(key) for key in self._exchange.permissions.phones}
            if len(self._exchange.permissions.phones) <= PHONES_ON_PAGE
            else {},
            "faults": self._fault_list(),
        }

    def _fault_list(self) -> list[dict[str, object]]:
        return [
            {"kind": f.kind, "call": f.call, "at": _when(f.at_unix_s), "words": f.words, "times": f.times}
            for f in self._exchange.faults.all()
        ]

    def _describe(self, live: LiveCall) -> dict[str, object]:
        call, figures = live.call, live.line.figures
        talked_s = None
        if call.accepted_at_s is not None:
            talked_s = round((call.ended_at_s or self._unix_s()) - call.accepted_at_s, 3)
        return {
            "id": call.id,
            "wacid": call.wacid.value,
            "customer": call.customer.key,
            "direction": "outbound" if call.outbound else "inbound",
            "voice": live.voice,
            "phase": call.phase,
            "ringing": call.phase is Phase.RINGING,
            "accepted": call.accepted_at_s is not None,
            "connected": figures.dtls,
            "ended": call.phase is Phase.ENDED,
            "ended_by": call.ended_by,
            "offered_at": _when(call.offered_at_s),
            "pre_accepted_at": _when(call.pre_accepted_at_s),
            "accepted_at": _when(call.accepted_at_s),
            "ended_at": _when(call.ended_at_s),
            "talked_s": talked_s,
            "media": {
                "ice": figures.ice,
                "dtls": figures.dtls,
                "srtp_profile": figures.srtp_profile,
                "packets_in": figures.packets_in,
                "packets_lost_in": figures.lost_in,
                "packets_out": figures.packets_out,
                "rtcp_in": figures.rtcp_in,
                "first_packet_in_at": _when(figures.first_in_s),
                "last_packet_in_at": _when(figures.last_in_s),
                "first_packet_out_at": _when(figures.first_out_s),
                "reported_loss": figures.reported_loss,
            },
            "webhooks": [
                {
                    "event": parcel.event,
                    "attempts": parcel.attempts,
                    "status": parcel.last_status,
                    "delivered_at": _when(parcel.delivered_at_s),
                }
                for parcel in live.parcels
            ],
        }


def _when(unix_s: float | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")


def _problem(status: int, why: str) -> web.Response:
    return web.json_response({"why": why}, status=status)


async def _read_json(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
