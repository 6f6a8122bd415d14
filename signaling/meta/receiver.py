"""Meta's webhooks over HTTP: checked, stored, answered 200, and only then handled. What is refused changes nothing.

A delivery of nothing but chat is never stored: its times are handled before the 200. Any other is erased from the
store when `handle` has returned for all of its events. While a neighbour is away (the
store, above all) it is tried again and again; what a crash or a stop leaves behind, the next start handles. An event
whose handling fails for a reason of ours is logged and given up: it would fail again, and its neighbours go on.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import aiohttp
import structlog
from aiohttp import web

from signaling.errors import Fault, NeighbourError
from signaling.events import (
    CustomerWrote,
    MessageDelivered,
    MetaEvent,
    NumberErrorReported,
    Unrecognised,
    WebhookEvent,
)
from signaling.ids import PhoneNumberId
from signaling.meta.webhook import MalformedDelivery, parse_delivery, signature_is_valid, verify_handshake
from signaling.ports import Clock, Delivery, DeliveryStore
from signaling.private import Token, Wacid

log = structlog.get_logger(__name__)

PATH: Final = "/webhooks/meta"
BODY_LIMIT_BYTES: Final = 3 * 1024 * 1024  # Meta's own limit (reference 2.3)
READ_WITHIN_S: Final = 15.0  # Meta gives a delivery up after about 20 s
ON_LOOP_BYTES: Final = 64 * 1024  # a longer body is hashed and parsed in a thread
EVENTS_AT_ONCE: Final = 32
DELIVERIES_WAITING: Final = 2_000  # beyond it Meta is asked to come again
FLEETING: Final = (CustomerWrote, MessageDelivered)
"""What a chat tells us. The body that brought it holds what people wrote to each other, and is not ours to keep."""

FIRST_REST_S: Final = 0.5
LONGEST_REST_S: Final = 30.0

KnowsNumber = Callable[[PhoneNumberId], Awaitable[bool]]
Handle = Callable[[WebhookEvent], Awaitable[None]]
Result = TypeVar("Result")


class Refused(Exception):
    """A delivery that was not taken: nothing is stored, nothing has changed."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message

    def response(self) -> web.Response:
        response = web.json_response({"error": {"code": self.code, "message": self.message}}, status=self.status)
        if self.status == 503:
            response.headers["Retry-After"] = "5"
        if self.status in (408, 413, 415):
            response.force_close()  # the rest of the body is not read
        return response


def webhook_routes(receiver: "WebhookReceiver") -> list[web.RouteDef]:
    return [web.get(PATH, receiver.verify), web.post(PATH, receiver.receive)]


class WebhookReceiver:
    """`figures` counts deliveries (received, accepted, handled, recovered, refused.<code>) and events."""

    def __init__(
        self,
        deliveries: DeliveryStore,
        secrets: Sequence[Token],
        verify_token: Token,
        knows_number: KnowsNumber,
        handle: Handle,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        events_at_once: int = EVENTS_AT_ONCE,
    ) -> None:
        self._deliveries, self._secrets, self._verify_token = deliveries, tuple(secrets), verify_token
        self._knows_number, self._handle, self._clock, self._sleep = knows_number, handle, clock, sleep
        self._slots = asyncio.Semaphore(events_at_once)
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._resting: set[asyncio.Task[None]] = set()
        self._recovery: asyncio.Task[None] | None = None
        self._stopping = False
        self.figures: Counter[str] = Counter()

    async def start(self) -> None:
        """Begin with what was stored and never handled. New deliveries need not wait for it."""
        self._recovery = asyncio.create_task(self._recover(), name="webhook-recovery")

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take nothing more and finish what is being handled. What waits for a neighbour stays in the store."""
        self._stopping = True
        if self._recovery is not None:
            self._recovery.cancel()
        for task in self._resting:
            task.cancel()
        tasks = [task for task in (self._recovery, *self._in_flight.values()) if task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # ---- over HTTP ---------------------------------------------------------------------------------------------------

    async def verify(self, request: web.Request) -> web.Response:
        """Meta asks whether this address is ours (reference 2.1)."""
        challenge = verify_handshake(request.query, self._verify_token)
        if challenge is None:
            log.warning("webhook_handshake_refused")
            return Refused(403, "bad_verify_token", "The verify token is not the one set here.").response()
        return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff"})

    async def receive(self, request: web.Request) -> web.Response:
        """200 once the delivery is stored. 4xx: it will never be taken; 503: Meta may come again."""
        self.figures["received"] += 1
        try:
            await self._take(request)
        except Refused as refused:
            self.figures[f"refused.{refused.code}"] += 1
            log.warning("webhook_refused", reason=refused.code)
            return refused.response()
        self.figures["accepted"] += 1
        return web.Response()

    async def _take(self, request: web.Request) -> None:
        if self._stopping or len(self._in_flight) >= DELIVERIES_WAITING:
            raise Refused(503, "busy", "Try again in a moment.")
        body = await _read(request)
        header = request.headers.get("X-Hub-Signature-256")
        if not await _off_loop(body, lambda: signature_is_valid(body, header, self._secrets)):
            raise Refused(401, "bad_signature", "The signature is missing or does not fit the body.")
        try:
            events = await _off_loop(body, lambda: parse_delivery(body))
        except MalformedDelivery:
            # Meta may repeat it for days (reference 2.3): each time it costs one check, and nobody loses a call by it.
            raise Refused(400, "bad_json", "The body is not a delivery of webhooks.") from None
        try:
            wanted = await self._wanted(events)
            unknown_number = not wanted and any(number_of(event) is not None for event in events)
            if unknown_number:
                raise Refused(404, "unknown_number", "None of these business numbers is set up here.")
            if not wanted:
                return  # other people's news: nothing to handle, so nothing to keep
            if all(isinstance(event, FLEETING) for event in wanted):
                if await self._handle_all(_chains(wanted)):
                    raise Refused(503, "unavailable", "Try again in a moment.")
                return
            delivery = await self._deliveries.keep(body, self._clock())
        except NeighbourError as error:
            log.error("webhook_not_stored", code=error.failure.code)
            raise Refused(503, "unavailable", "Try again in a moment.") from None
        self._schedule(delivery, wanted)

    # ---- afterwards --------------------------------------------------------------------------------------------------

    def _schedule(self, delivery: Delivery, wanted: list[WebhookEvent] | None) -> asyncio.Task[None]:
        task = asyncio.create_task(self._work(delivery, wanted), name=f"webhook-{delivery.id}")
        self._in_flight[delivery.id] = task
        task.add_done_callback(lambda _: self._in_flight.pop(delivery.id, None))
        return task

    async def _recover(self) -> None:
        tried: set[int] = set()
        rests = 0
        while not self._stopping:
            try:
                page = await self._deliveries.unhandled()
            except NeighbourError as error:
                log.error("webhooks_not_recovered", code=error.failure.code)
                rests = await self._rest(rests)
                continue
            left_behind = [one for one in page if one.id not in tried and one.id not in self._in_flight]
            if not left_behind:
                return
            tried.update(one.id for one in left_behind)
            self.figures["recovered"] += len(left_behind)
            log.info("webhooks_recovered", deliveries=len(left_behind))
            await asyncio.wait([self._schedule(one, None) for one in left_behind])

    async def _work(self, delivery: Delivery, wanted: list[WebhookEvent] | None) -> None:
        """Handle one delivery to its end, however often a neighbour is away."""
        chains: list[list[WebhookEvent]] | None = None if wanted is None else _chains(wanted)
        rests = 0
        try:
            while not self._stopping or rests == 0:
                try:
                    if chains is None:
                        chains = _chains(await self._wanted(await _parse_again(delivery)))
                    chains = await self._handle_all(chains)
                    if not chains:
                        await self._deliveries.handled(delivery.id, self._clock())
                        self.figures["handled"] += 1
                        return
                except NeighbourError as error:
                    log.warning("webhook_waits", delivery=delivery.id, code=error.failure.code)
                rests = await self._rest(rests)
        except Exception as error:  # a broken promise of our own: the delivery stays in the store, the others go on
            log.error("webhook_handling_broke", delivery=delivery.id, error=type(error).__name__)

    async def _wanted(self, events: Iterable[WebhookEvent]) -> list[WebhookEvent]:
        """What is for us: events we know, for numbers we know. The rest is counted."""
        known: dict[PhoneNumberId, bool] = {}
        wanted: list[WebhookEvent] = []
        for event in events:
            number = number_of(event)
            if number is not None and number not in known:
                known[number] = await self._knows_number(number)
            if isinstance(event, Unrecognised):
                self.figures["events.unrecognised"] += 1
                log.debug("webhook_unrecognised", field=event.field_name, what=event.what)
            elif number is not None and not known[number]:
                self.figures["events.unknown_number"] += 1
            else:
                wanted.append(event)
        return wanted

    async def _handle_all(self, chains: list[list[WebhookEvent]]) -> list[list[WebhookEvent]]:
        """What could not be handled yet."""
        left = await asyncio.gather(*(self._handle_chain(chain) for chain in chains))
        return [chain for chain in left if chain]

    async def _handle_chain(self, chain: list[WebhookEvent]) -> list[WebhookEvent]:
        """The events of one call, one after the other."""
        for index, event in enumerate(chain):
            kind = type(event).__name__
            try:
                async with self._slots:
                    await self._handle(event)
            except asyncio.CancelledError:
                if _is_cancelled():
                    raise
                log.warning("event_waits", event_kind=kind, code="cancelled")  # its call died under it
                return chain[index:]
            except NeighbourError as error:
                if error.failure.fault is not Fault.OURS:
                    log.warning("event_waits", event_kind=kind, code=error.failure.code)
                    return chain[index:]
                self._give_up(kind, error.failure.code)
            except Exception as error:
                self._give_up(kind, type(error).__name__)
            else:
                self.figures["events.handled"] += 1
        return []

    def _give_up(self, kind: str, why: str) -> None:
        self.figures["events.failed"] += 1
        log.error("event_not_handled", event_kind=kind, error=why)

    async def _rest(self, rests: int) -> int:
        """Wait before the next attempt, longer each time; returns how many waits there were."""
        if self._stopping:
            return rests + 1
        task = asyncio.current_task()
        assert task is not None
        self._resting.add(task)
        try:
            await self._sleep(min(FIRST_REST_S * 2 ** min(rests, 10), LONGEST_REST_S))
        finally:
            self._resting.discard(task)
        return rests + 1


def number_of(event: WebhookEvent) -> PhoneNumberId | None:
    return event.number if isinstance(event, MetaEvent | NumberErrorReported) else None


def _chains(events: Iterable[WebhookEvent]) -> list[list[WebhookEvent]]:
    """Events of one call stay in order; different calls do not wait for each other."""
    chains: dict[tuple[PhoneNumberId | None, Wacid | None], list[WebhookEvent]] = {}
    for event in events:
        wacid: Wacid | None = getattr(event, "wacid", None)
        chains.setdefault((number_of(event), wacid), []).append(event)
    return list(chains.values())


def _is_cancelled() -> bool:
    """Whether this task itself is to end, and not merely something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _parse_again(delivery: Delivery) -> list[WebhookEvent]:
    try:
        return await _off_loop(delivery.body, lambda: parse_delivery(delivery.body))
    except MalformedDelivery:  # kept by another version of ours, which understood it
        log.error("stored_webhook_malformed", delivery=delivery.id)
        return []


async def _off_loop(body: bytes, work: Callable[[], Result]) -> Result:
    """Run `work` where a body of this size delays nobody's audio."""
    return work() if len(body) <= ON_LOOP_BYTES else await asyncio.to_thread(work)


async def _read(request: web.Request) -> bytes:
    """The raw body, as it was signed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415, "bad_encoding", "A compressed body is not read.")
    too_large = Refused(413, "too_large", f"At most {BODY_LIMIT_BYTES} bytes are read.")
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            async for chunk in request.content.iter_chunked(ON_LOOP_BYTES):
                if len(body) + len(chunk) > BODY_LIMIT_BYTES:
                    raise too_large
                body += chunk
    except TimeoutError:
        raise Refused(408, "too_slow", "The body did not arrive in time.") from None
    except (aiohttp.ClientError, web.RequestPayloadError, ConnectionError):
        raise Refused(400, "incomplete", "The body did not arrive whole.") from None
    return bytes(body)
