"""Graph's HTTP face: token, version, paths and bodies, and Meta's error bodies for all that is wrong with them."""

import hmac
import json
import re
from collections import deque
from collections.abc import Callable

from aiohttp import web

from gateway.simulator import refusals
from gateway.simulator.analytics import analytics
from gateway.simulator.call_rules import Action, ActionName
from gateway.simulator.captures import read_captures
from gateway.simulator.dialed import DialedCalls
from gateway.simulator.exchange import Exchange
from gateway.simulator.faults import FaultKind
from gateway.simulator.refusals import Refusal
from signaling.private import Sdp, Wacid

VERSION = re.compile(r"v(\d{1,3})\.0")
MAX_OPAQUE_CHARACTERS = 512
MAX_BODY_BYTES = 256 * 1024
SUCCESS = {"messaging_product": "whatsapp", "success": True}
ACTIONS: dict[str, ActionName] = {
    "pre_accept": "pre_accept",
    "accept": "accept",
    "reject": "reject",
    "terminate": "terminate",
}


class GraphApi:
    """`/v{NN}.0/…` of one phone number and its WABA."""

    def __init__(self, exchange: Exchange, dialed: DialedCalls, monotonic_s: Callable[[], float]) -> None:
        self._exchange, self._dialed = exchange, dialed
        self._monotonic_s = monotonic_s
        self._requests_s: deque[float] = deque()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", r"/{version:v[^/]*}/{path:.*}", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        """Every request: the checks that come first, then the endpoint."""
        answer = self._refuse_early(request) or await self._dispatch(request)
        if isinstance(answer, Refusal):
            return web.json_response(answer.body(), status=answer.status)
        return web.json_response(answer)

    def _refuse_early(self, request: web.Request) -> Refusal | None:
        settings, faults = self._exchange.settings, self._exchange.faults
        version = VERSION.fullmatch(request.match_info["version"])
        if version is None or int(version[1]) < settings.oldest_graph_version:
            faults.note(FaultKind.BAD_REQUEST, None, "a Graph version that is not or no longer there")
            return refusals.UNKNOWN_PATH
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {settings.access_token.value}".encode()):
            faults.note(FaultKind.UNAUTHORIZED, None, "no bearer token, or a wrong one")
            return refusals.TOKEN_INVALID
        now_s = self._monotonic_s()
        while self._requests_s and now_s - self._requests_s[0] >= 1.0:
            self._requests_s.popleft()
        if len(self._requests_s) >= settings.rules.graph_requests_per_s:
            faults.note(FaultKind.RATE, None, f"more than {settings.rules.graph_requests_per_s} requests a second")
            return refusals.TOO_MANY_REQUESTS
        self._requests_s.append(now_s)
        return None

    async def _dispatch(self, request: web.Request) -> Refusal | dict[str, object]:
        settings = self._exchange.settings
        number, waba = settings.phone_number_id, settings.waba_id
        match request.method, request.match_info["path"].rstrip("/").split("/"):
            case "POST", [path, "calls"] if path == number:
                return await self._calls(await _read(request))
            case "GET", [path, "call_permissions"] if path == number:
                return self._dialed.permissions(request.query.get("user_wa_id"), request.query.get("recipient"))
            case "POST", [path, "messages"] if path == number:
                return self._exchange.permissions.send_message(await _read(request))
            case "POST", [path, "message_templates"] if path == waba:
                return self._template(self._exchange.permissions.templates.create(await _read(request)))
            case "DELETE", [path, "message_templates"] if path == waba:
                return self._template(self._exchange.permissions.templates.delete(request.query))
            case "GET", [path, "message_templates"] if path == waba:
                return self._template(self._exchange.permissions.templates.list(request.query))
            case "GET", [path, "settings"] if path == number:
                return {"calling": {**self._exchange.number.calling, **self._exchange.punished()}}
            case "POST", [path, "settings"] if path == number:
                return self._bad_request(self._exchange.change_settings(await _read(request)))
            case "GET", [path] if path == number:
                return self._fields(request.query.get("fields", ""))
            case "GET", [path] if path == waba:
                return self._analytics(request.query.get("fields", ""))
            case "GET", [path, "subscribed_apps"] if path == waba:
                return {"data": self._apps()}
            case "POST" | "DELETE" as method, [path, "subscribed_apps"] if path == waba:
                self._exchange.subscribe_app(method == "POST")
                return {"success": True}
            case "GET", [media_id] if (found := self._exchange.library.look_up(media_id)) is not None:
                return found
            case _:
                self._exchange.faults.note(FaultKind.BAD_REQUEST, None, "a path or object that Graph does not have")
                return refusals.UNKNOWN_OBJECT

    def _analytics(self, fields: str) -> Refusal | dict[str, object]:
        phone = self._exchange.settings.business_phone
        found = analytics(fields, phone, (live.call for live in self._exchange.calls.values()))
        return self._bad_request(refusals.invalid("these fields are not call analytics")) if found is None else found

    async def _calls(self, body: object) -> Refusal | dict[str, object]:
        number = self._exchange.number
        if number.sip:
            return refusals.SIP_NUMBER
        if not number.enabled:
            return refusals.CALLING_DISABLED
        if not isinstance(body, dict):
            return self._bad_body()
        captures = read_captures(body)
        if isinstance(captures, Refusal):
            return self._bad_request(captures)
        if captures and body.get("action") not in ("accept", "connect"):
            return self._bad_request(refusals.invalid("recording and transcription belong to accept and connect"))
        match body:
            case {
                "messaging_product": "whatsapp",
                "action": "connect",
                "session": {"sdp_type": "offer", "sdp": str(offer)},
            }:
                placed = await self._connect(body, Sdp(offer))
                if captures and not isinstance(placed, Refusal):
                    self._exchange.keep(placed.value, captures)
                if isinstance(placed, Refusal):
                    return placed
                return {"messaging_product": "whatsapp", "calls": [{"id": placed.value}]}
            case {"messaging_product": "whatsapp", "action": str(word), "call_id": str(wacid)} if word in ACTIONS:
                pass
            case _:
                return self._bad_body()
        opaque = body.get("biz_opaque_callback_data")
        if not (opaque is None or (isinstance(opaque, str) and len(opaque) <= MAX_OPAQUE_CHARACTERS)):
            return self._bad_body()
        session: tuple[str, Sdp] | None = None
        match body.get("session"):
            case {"sdp_type": str(kind), "sdp": str(sdp)}:
                session = kind, Sdp(sdp)
            case None:
                pass
            case _:
                return self._bad_body()
        refusal = await self._exchange.act(wacid, Action(ACTIONS[word], session, opaque))
        if refusal is None and captures:
            self._exchange.keep(wacid, captures)
        return refusal or dict(SUCCESS)

    async def _connect(self, body: dict[str, object], offer: Sdp) -> Refusal | Wacid:
        to, recipient, opaque = body.get("to"), body.get("recipient"), body.get("biz_opaque_callback_data")
        for text, longest in ((to, 20), (recipient, 128), (opaque, MAX_OPAQUE_CHARACTERS)):
            if not (text is None or (isinstance(text, str) and 0 < len(text) <= longest)):
                return self._bad_body()
        if to is None and recipient is None:
            return self._bad_body()
        texts = [text if isinstance(text, str) else None for text in (to, recipient, opaque)]
        return await self._dialed.connect(texts[0], texts[1], offer, texts[2])

    def _bad_body(self) -> Refusal:
        self._exchange.faults.note(FaultKind.BAD_REQUEST, None, "a body of /calls that Graph cannot read")
        return refusals.BODY_INVALID

    def _bad_request(self, refusal: Refusal | None) -> Refusal | dict[str, object]:
        if refusal is None:
            return {"success": True}
        if refusal in (refusals.LIMIT_TOO_LOW, refusals.PAUSED):
            return refusal  # the request is in order; the number may not
        self._exchange.faults.note(FaultKind.BAD_REQUEST, None, refusal.details or refusal.message)
        return refusal

    def _template(self, answer: Refusal | dict[str, object]) -> Refusal | dict[str, object]:
        if isinstance(answer, Refusal) and answer is not refusals.TEMPLATE_EXISTS:
            self._exchange.faults.note(FaultKind.BAD_REQUEST, None, answer.details or answer.message)
        return answer

    def _fields(self, wanted: str) -> dict[str, object]:
        settings = self._exchange.settings
        digits, standing = settings.business_phone, self._exchange.standing
        known: dict[str, object] = {
            "display_phone_number": f"+{digits[:2]} {digits[2:4]} {digits[4:8]}-{digits[8:]}",
            "verified_name": settings.business_name,
            "quality_rating": standing.quality,
            "messaging_limit_tier": standing.tier,
            "platform_type": "CLOUD_API",
            "code_verification_status": "VERIFIED",
            "health_status": {
                "can_send_message": standing.health,
                "entities": [
                    {
                        "entity_type": "PHONE_NUMBER",
                        "id": settings.phone_number_id,
                        "can_send_message": standing.health,
                        **({"errors": standing.health_errors} if standing.health_errors else {}),
                    }
                ],
            },
        }
        if standing.on_biz_app is not None:
            known["is_on_biz_app"] = standing.on_biz_app
        default = "display_phone_number,verified_name,quality_rating,platform_type,code_verification_status"
        chosen = [name.strip() for name in (wanted or default).split(",")]
        return {name: known[name] for name in chosen if name in known} | {"id": settings.phone_number_id}

    def _apps(self) -> list[object]:
        settings = self._exchange.settings
        app = {"whatsapp_business_api_data": {"id": settings.app_id, "name": "Ramal", "link": "https://example.com"}}
        return [app] if self._exchange.number.subscribed else []


async def _read(request: web.Request) -> object:
    """The JSON body, or None: no endpoint takes that."""
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None
