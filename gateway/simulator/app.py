"""Wires the simulated Meta together: one HTTP server, one UDP socket, one business number."""

import asyncio
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from gateway.simulator.clips import voices
from gateway.simulator.control_api import ControlApi, News
from gateway.simulator.customer_lines import CustomerLines
from gateway.simulator.customers import CUSTOMERS, Customer
from gateway.simulator.dialed import DialedCalls
from gateway.simulator.exchange import Exchange
from gateway.simulator.faults import FaultKind, FaultLog
from gateway.simulator.graph_api import MAX_BODY_BYTES, GraphApi
from gateway.simulator.lines import Lines
from gateway.simulator.number_api import NumberApi
from gateway.simulator.phones_api import PhonesApi
from gateway.simulator.postman import Post, Postman
from gateway.simulator.settings import SimulatorSettings
from gateway.simulator.sim_clock import SimClock

HANDSHAKE_EVERY_S = 0.5
HANDSHAKE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """`url`: where Graph, `/sim` and the page are. `verified`: the gateway has passed the webhook handshake."""

    url: str
    exchange: Exchange = field(repr=False)
    faults: FaultLog = field(repr=False)
    verified: asyncio.Event = field(repr=False)
    news: News = field(repr=False)
    clock: SimClock = field(repr=False)


@asynccontextmanager
async def running(
    settings: SimulatorSettings,
    host: str = "127.0.0.1",
    port: int = 0,
    customers: Mapping[str, Customer] = CUSTOMERS,
    lines: Lines | None = None,
) -> AsyncIterator[RunningSimulator]:
    """The simulated Meta, serving until the block is left. Raises OSError when an address cannot be bound.

    `lines`: the customers' phones, where they are not to be this simulator's own; closed with it.
    """
    news, verified = News(), asyncio.Event()
    clock = SimClock(time.time)
    faults = FaultLog(clock, news.announce)
    if lines is None:
        await asyncio.to_thread(voices)
        lines = CustomerLines(settings.media_host, settings.media_port, settings.rules.late_audio_s)
    async with aiohttp.ClientSession() as http:
        post = _poster(http, settings)
        postman = Postman(post, settings.app_secret, settings.waba_id, settings.rules, faults, clock)
        exchange = Exchange(settings, lines, postman, faults, clock, news.announce, customers)
        dialed = DialedCalls(exchange, clock, customers)
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        GraphApi(exchange, dialed, time.monotonic).add_routes(app)
        ControlApi(exchange, dialed, news, verified, clock).add_routes(app)
        PhonesApi(exchange, clock).add_routes(app)
        NumberApi(exchange).add_routes(app)
        exchange.library.add_routes(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        handshake: asyncio.Task[None] | None = None
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
            handshake = asyncio.create_task(_shake_hands(http, settings, faults, verified, news))
            exchange.library.base_url = f"http://{host}:{runner.addresses[0][1]}"
            yield RunningSimulator(exchange.library.base_url, exchange, faults, verified, news, clock)
        finally:
            if handshake is not None:
                handshake.cancel()
                await asyncio.wait([handshake])
            await exchange.close()
            await postman.close()
            await lines.close()
            await runner.cleanup()


async def serve(settings: SimulatorSettings, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Run until cancelled; `announce` gets the address once it answers. Raises OSError when it cannot be bound."""
    async with running(settings, host, port) as simulator:
        announce(simulator.url)
        await asyncio.Event().wait()


def _poster(http: aiohttp.ClientSession, settings: SimulatorSettings) -> Post:
    timeout = aiohttp.ClientTimeout(total=settings.rules.webhook_timeout_s)

    async def post(body: bytes, signed: str) -> int:
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signed}
        try:
            async with http.post(settings.webhook_url, data=body, headers=headers, timeout=timeout) as answer:
                return answer.status
        except TimeoutError:
            raise
        except aiohttp.ClientError as error:
            raise OSError(type(error).__name__) from None

    return post


async def _shake_hands(
    http: aiohttp.ClientSession, settings: SimulatorSettings, faults: FaultLog, verified: asyncio.Event, news: News
) -> None:
    """GET the callback until it repeats the challenge (reference 2.1); a gateway that is not up yet is no fault."""
    timeout = aiohttp.ClientTimeout(total=HANDSHAKE_TIMEOUT_S)
    while not verified.is_set():
        challenge = str(secrets.randbits(31))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": settings.verify_token.value,
        }
        try:
            async with http.get(settings.webhook_url, params=query, timeout=timeout) as answer:
                said = (await answer.content.read(256)).strip()
                if answer.status == 200 and hmac.compare_digest(said, challenge.encode()):
                    verified.set()
                    news.announce()
                    return
                faults.note(FaultKind.HANDSHAKE, None, f"the callback answered {answer.status} to the challenge")
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(HANDSHAKE_EVERY_S)
