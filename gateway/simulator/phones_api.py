"""`/sim/customers/{key}/…` and `/sim/clock`: what customers do on their phones apart from calls, and time."""

import json

from aiohttp import web

from gateway.simulator.exchange import Exchange
from gateway.simulator.permissions import CannotAnswer
from gateway.simulator.sim_clock import SimClock

LONGEST_JUMP_S = 400 * 86_400.0
LONGEST_TEXT_CHARS = 4_096


class PhonesApi:
    def __init__(self, exchange: Exchange, clock: SimClock) -> None:
        self._exchange, self._permissions, self._clock = exchange, exchange.permissions, clock

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/sim/customers/{key}", self._show)
        app.router.add_post("/sim/customers/{key}/messages/{id}/answer", self._answer)
        app.router.add_post("/sim/customers/{key}/profile", self._use_profile)
        app.router.add_post("/sim/customers/{key}/write", self._write)
        app.router.add_put("/sim/customers/{key}/phone", self._switch)
        app.router.add_post("/sim/clock", self._forward)

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._permissions.describe(self._key(request)))

    async def _answer(self, request: web.Request) -> web.Response:
        """`{"answer": "allow" | "always" | "decline"}`."""
        key = self._key(request)
        match await _body(request):
            case {"answer": "allow" | "always" | "decline" as answer}:
                pass
            case _:
                return _problem(422, "answer is allow, always or decline")
        try:
            self._permissions.answer(key, request.match_info["id"], answer)
        except CannotAnswer as cannot:
            return _problem(409, str(cannot))
        return web.json_response(self._permissions.describe(key))

    async def _use_profile(self, request: web.Request) -> web.Response:
        """`{"calls": "allow" | "revoke"}`."""
        key = self._key(request)
        match await _body(request):
            case {"calls": "allow" | "revoke" as word}:
                self._permissions.use_profile(key, allow=word == "allow")
                return web.json_response(self._permissions.describe(key))
            case _:
                return _problem(422, "calls is allow or revoke")

    async def _write(self, request: web.Request) -> web.Response:
        key = self._key(request)
        match await _body(request):
            case {"text": str(text)} if 0 < len(text) <= LONGEST_TEXT_CHARS:
                self._permissions.write(key, text)
                return web.json_response(self._permissions.describe(key))
            case _:
                return _problem(422, "text has 1 to 4096 characters")

    async def _switch(self, request: web.Request) -> web.Response:
        """`{"off": bool, "old_app": bool}`, either or both."""
        key = self._key(request)
        match await _body(request):
            case {**given} if given and not given.keys() - {"off", "old_app"}:
                off, old_app = given.get("off"), given.get("old_app")
            case _:
                return _problem(422, "off and old_app may be given")
        if not (isinstance(off, bool | None) and isinstance(old_app, bool | None)):
            return _problem(422, "off and old_app are true or false")
        self._permissions.switch_phone(key, off=off, old_app=old_app)
        return web.json_response(self._permissions.describe(key))

    async def _forward(self, request: web.Request) -> web.Response:
        """`{"forward_s": seconds}`: Meta's clock alone; the gateway's is its own."""
        match await _body(request):
            case {"forward_s": int() | float() as seconds} if (
                not isinstance(seconds, bool) and 0 <= seconds <= LONGEST_JUMP_S
            ):
                self._clock.forward(float(seconds))
                self._exchange.time_jumped()
                return web.json_response({"now_unix_s": self._clock()})
            case _:
                return _problem(422, "forward_s is a number of seconds, not negative")

    def _key(self, request: web.Request) -> str:
        key = request.match_info["key"]
        if key not in self._permissions.phones:
            raise web.HTTPNotFound(text='{"why": "There is no such customer"}', content_type="application/json")
        return key


async def _body(request: web.Request) -> object:
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None


def _problem(status: int, why: str) -> web.Response:
    return web.json_response({"why": why}, status=status)
