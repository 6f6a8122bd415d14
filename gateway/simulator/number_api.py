"""`/sim/number`: how the business number stands with Meta, and the warnings that Meta sends of it."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from gateway.simulator.exchange import Exchange
from gateway.simulator.number_standing import Standing, restriction, violation


class Warned(BaseModel):
    model_config = ConfigDict(extra="forbid")

    violation: str


class Decision(BaseModel):
    """What Meta decides about a template."""

    model_config = ConfigDict(extra="forbid")

    status: str
    reason: str = "NONE"


class NumberApi:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/sim/number", self._show)
        app.router.add_put("/sim/number", self._set)
        app.router.add_post("/sim/number/settings", self._change)
        app.router.add_post("/sim/number/warn", self._warn)
        app.router.add_put("/sim/templates/{name}/{language}", self._decide)

    async def _show(self, _request: web.Request) -> web.Response:
        return web.json_response(self._exchange.standing.model_dump() | {"calling": self._exchange.number.calling})

    async def _set(self, request: web.Request) -> web.Response:
        """The standing, whole. Restrictions that are new are told by webhook, as Meta does."""
        try:
            standing = Standing.model_validate_json(await request.read())
        except ValidationError as error:
            return web.json_response({"why": str(error)}, status=422)
        new = [found for found in standing.restrictions if found not in self._exchange.standing.restrictions]
        self._exchange.standing = standing
        if new:
            self._exchange.tell_account(restriction(new))
        return web.json_response(standing.model_dump())

    async def _change(self, request: web.Request) -> web.Response:
        """Somebody changes the number's settings in WhatsApp Manager: what POST /{PNID}/settings takes."""
        refused = self._exchange.change_settings(await request.json())
        return web.json_response({"why": refused.message} if refused else {"ok": True}, status=422 if refused else 200)

    async def _warn(self, request: web.Request) -> web.Response:
        try:
            warned = Warned.model_validate_json(await request.read())
        except ValidationError as error:
            return web.json_response({"why": str(error)}, status=422)
        self._exchange.tell_account(violation(warned.violation))
        return web.json_response({"ok": True})

    async def _decide(self, request: web.Request) -> web.Response:
        """Meta approves, rejects, pauses or disables a template."""
        try:
            decision = Decision.model_validate_json(await request.read())
        except ValidationError as error:
            return web.json_response({"why": str(error)}, status=422)
        name, language = request.match_info["name"], request.match_info["language"]
        done = self._exchange.permissions.templates.decide(name, language, decision.status, decision.reason)
        return web.json_response(
            {"ok": True} if done else {"why": "no such template or status"}, status=200 if done else 404
        )
