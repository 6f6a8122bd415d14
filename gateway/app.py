"""The composition root: everything is put together from here, and nothing is decided."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog
from aiohttp import web

from gateway.api.access_log import AccessLog
from gateway.clock import utc_now
from gateway.foundations import lay_foundations, stopped
from gateway.media.plane import Plane
from gateway.number_keeping import keep_numbers
from gateway.settings import Settings
from gateway.site import put_site_together
from gateway.telephony import Telephony, put_calls_together
from gateway.webhook_events import told_to
from signaling.agents.desk import Desk
from signaling.exchange import Exchange
from signaling.meta.receiver import WebhookReceiver
from signaling.permissions import Permissions
from signaling.ports import Clock
from signaling.private import Token
from store.deliveries import SqlDeliveryStore

log = structlog.get_logger(__name__)

CLOSING_S: Final = 2.0
"""How long requests that are being answered may take when the gateway stops."""


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """`url`: where it listens, which differs from the public address behind a proxy."""

    url: str
    exchange: Exchange
    desk: Desk
    plane: Plane
    permissions: Permissions


@asynccontextmanager
async def running(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[RunningGateway]:
    """The gateway, serving until the block is left; then calls that are up are ended at Meta.

    Raises NotReady, NeighbourError (no database), OSError and NoPortFree (an address or port is taken).
    """
    async with AsyncExitStack() as stack:
        ground = await lay_foundations(stack, settings, clock)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        calls = await put_calls_together(stack, settings, ground, http, clock)
        kept = keep_numbers(stack, settings, ground, calls, http, clock)
        receiver = WebhookReceiver(
            SqlDeliveryStore(ground.database),
            settings.meta_app_secret,
            settings.meta_verify_token or Token(""),
            ground.numbers.knows,
            told_to(
                *(calls.exchange, calls.permissions, calls.number_facts),
                (kept.hours, kept.settings),
                kept.warnings,
                calls.keeping.meta_files,
            ),
            clock,
        )
        app = await put_site_together(stack, settings, ground, calls, kept, receiver, clock)
        await _begin(stack, calls)
        kept.start()
        await calls.keeping.start()
        ground.courier.start()
        stack.push_async_callback(ground.courier.stop)
        await receiver.start()
        stack.push_async_callback(receiver.stop)

        runner = web.AppRunner(app, access_log_class=AccessLog, shutdown_timeout=CLOSING_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.listen.host, settings.listen.port).start()
        host, port = runner.addresses[0][:2]
        log.info("gateway_is_up", listen=f"{host}:{port}", plane=type(calls.plane).__name__)
        yield RunningGateway(f"http://{host}:{port}", calls.exchange, calls.desk, calls.plane, calls.permissions)


async def _begin(stack: AsyncExitStack, calls: Telephony) -> None:
    """Watch calls, and end those that a crash left open, before any webhook can begin one."""
    listening = asyncio.create_task(calls.sound.run(calls.exchange, calls.desk.pages), name="sound-watch")
    stack.push_async_callback(stopped, listening)
    left_open = await calls.exchange.recover()
    if left_open:
        log.warning("calls_left_open_by_a_crash", calls=left_open)
    stack.push_async_callback(stopped, asyncio.create_task(calls.ends.run(), name="ends-of-permissions"))


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with running(settings):
        spare_the_collector()
        await asyncio.Event().wait()


def spare_the_collector() -> None:
    """What was made at the start stays: do not look through it again at each full garbage collection. Modules alone
    are some 170,000 objects, and looking through them stopped all audio for 110 ms."""
    gc.collect()
    gc.freeze()
