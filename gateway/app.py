"""The composition root: everything is put together here, and nothing is decided."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import socketio
import structlog
from aiohttp import web

from gateway.admission import CpuMeter, process_limits, raise_descriptor_limit, usable_cores, watch_process
from gateway.announcer import Announcer, announcing_performers
from gateway.api.access_log import AccessLog
from gateway.api.attempts import LoginAttempts
from gateway.api.push import PushRoutes
from gateway.api.readiness import ReadinessRoutes
from gateway.api.routes import ApiParts, add_routes
from gateway.api.sessions import Sessions
from gateway.audio import DeskSeats, audio_performers, tell_call, tell_desk
from gateway.clock import utc_now
from gateway.guarded_http import Guard, GuardedHttp
from gateway.heard_lately import HeardLately
from gateway.hours_keeper import HoursKeeper
from gateway.integration import DeskPlacer, integrator_operations
from gateway.media.plane import Plane
from gateway.media.planes import PlaneMissing, open_plane
from gateway.media.prompt_library import PromptLibrary
from gateway.media.prompts import load_default_prompts
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.webrtc_switchboard import WebRtcSwitchboard
from gateway.message_box import MessageBox
from gateway.meta_files import MetaFiles
from gateway.metrics import CapacityFigures, LiveFigures, Metrics
from gateway.number_book import NumberBook
from gateway.number_readiness import NumberReadiness, Site
from gateway.outbox import Courier, Schedule
from gateway.permission_clock import PermissionClock
from gateway.push_ringing import PushRinging
from gateway.recording_jobs import RecordingJobs
from gateway.recordings import Recordings, recording_performers
from gateway.refusal_watch import RefusalWatch
from gateway.settings import Settings
from gateway.sound_watch import SoundWatch
from gateway.sounds import Sounds
from gateway.start_check import worries
from gateway.sticky import StickyLookup
from gateway.text_engines import Texts, engines_of, follow_ups
from gateway.turn import TurnRelays
from gateway.voicemails import Voicemails, voicemail_performers
from gateway.watch import CallWatch
from recording.engines import EngineMissing
from signaling.admission import Capacity
from signaling.agents.contract import MESSAGE_LIMIT_BYTES
from signaling.agents.desk import Desk
from signaling.agents.namespace import AgentNamespace, RelaysFor, no_relays
from signaling.agents.pages import nobody_is_woken
from signaling.call import Call
from signaling.capacity import DAY, MemoryLedger
from signaling.effects import CloseMedia, Effect, FindStickyAgent
from signaling.events import (
    AccountUpdated,
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    NumberErrorReported,
    Unrecognised,
    WebhookEvent,
)
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId
from signaling.meta.graph_api import GraphApi
from signaling.meta.performers import meta_performers
from signaling.meta.receiver import Handle, WebhookReceiver, webhook_routes
from signaling.number_facts import MetaFacts
from signaling.permissions import Permissions, in_call
from signaling.placing import CallWish, Placing
from signaling.ports import Clock
from signaling.presence import Presence
from signaling.private import Token
from signaling.runner import Performer
from signaling.verdict import Refused
from store.api_keys import SqlApiKeyStore
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.contacts import SqlContactStore
from store.database import Database
from store.deliveries import SqlDeliveryStore
from store.departments import SqlDepartmentStore
from store.event_queue import SqlEventQueue
from store.history import SqlHistory
from store.migrate import is_current
from store.number_plans import SqlNumberPlans
from store.numbers import SqlNumberStore
from store.passwords import Passwords
from store.people import SqlPeopleStore
from store.permissions import SqlPermissionStore
from store.prompts import SqlPrompts
from store.prompts_heard import SqlPromptsHeard
from store.push import SqlPush
from store.recordings import SqlRecordings
from store.secrets import SecretBox

log = structlog.get_logger(__name__)

HEARTBEAT_S: Final = 10
"""A page that does not answer the server's ping is gone after twice this."""

CLOSING_S: Final = 2.0
"""How long requests that are being answered may take when the gateway stops."""

NOT_MIGRATED: Final = "tables are missing or old: run `ramal migrate`"


class NotReady(Exception):
    """The gateway cannot start; the message says what to do."""


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
        database = Database(settings.database_url.value)
        stack.push_async_callback(database.close)
        checks = _Checks(database)
        await checks.answers()
        if (wrong := await checks.migrated()) is not None:
            raise NotReady(wrong)
        people = SqlPeopleStore(database, Passwords())
        secrets = SecretBox(settings.secret_key)
        guarded = GuardedHttp(Guard(settings.integration_hosts, settings.integration_loopback))
        stack.push_async_callback(guarded.close)
        courier = Courier(SqlEventQueue(database, secrets), guarded, clock, _schedule(settings))
        calls = SqlCallStore(database, courier.wake)
        numbers = NumberBook(SqlNumberStore(database, secrets), settings.meta_token)
        metrics = Metrics()
        watch = CallWatch(metrics)
        ledger = MemoryLedger(await calls.begun_since(clock() - DAY))
        capacity = Capacity(ledger, process_limits(settings, raise_descriptor_limit()))
        for sentence in worries(settings, capacity.limits, [number.limits for number in await numbers.all()]):
            log.warning("look_at_the_settings", why=sentence)
        stack.push_async_callback(
            _stopped, asyncio.create_task(watch_process(capacity, CpuMeter(usable_cores()), clock))
        )

        try:
            plane = open_plane(settings.plane, settings.media_threads)
        except PlaneMissing as missing:
            raise NotReady(f"RAMAL_PLANE=native, but {missing}") from None
        stack.callback(plane.close)

        # Audio and calls tell each other things: these two are called only when all parts stand.
        def on_leg(event: LegEvent) -> None:
            tell_call(exchange, event)

        def on_seat(event: SeatEvent) -> None:
            tell_desk(desk, event)

        switchboard = WebRtcSwitchboard(
            plane,
            settings.media_address,
            settings.media_port,
            settings.meta_ports,
            await load_default_prompts(),
            on_leg,
            on_seat,
        )
        stack.push_async_callback(switchboard.close)
        await switchboard.start()

        http = await stack.enter_async_context(aiohttp.ClientSession())
        graph = GraphApi(
            http,
            settings.graph_url,
            settings.graph_version,
            numbers.token_of,
            clock,
            lookups_per_s=lambda number: numbers.limits_of(number).permission_reads_per_s,
        )

        def on_change(call: Call) -> None:
            recordings.saw(call)
            watch.saw(call)
            desk.call_changed(call)
            refusals.saw(call)

        library = PromptLibrary(settings.data_dir / "prompts")
        heard = HeardLately(SqlPromptsHeard(database))
        announcer = Announcer(switchboard, library, lambda: exchange.live_calls, clock, heard)
        if settings.sticky_url is not None and settings.sticky_secret is None:
            raise NotReady("RAMAL_STICKY_URL needs RAMAL_STICKY_SECRET")

        def presence_of(agent: AgentId) -> Presence:
            return desk.presence_of(agent)

        sticky: dict[type[Effect], Performer] = {}
        if settings.sticky_url is not None and settings.sticky_secret is not None:
            sticky[FindStickyAgent] = StickyLookup(
                guarded,
                settings.sticky_url,
                settings.sticky_secret,
                settings.sticky_timeout_s,
                lambda: exchange.live_calls,
                presence_of,
                clock,
            )
        try:
            engines = await engines_of(settings)
        except EngineMissing as missing:
            raise NotReady(str(missing)) from None
        stack.push_async_callback(engines.close)
        try:
            recording_jobs = RecordingJobs(settings, database, clock, follow_ups(engines))
        except ValueError as error:
            raise NotReady(
                f"RAMAL_RECORDINGS_BUCKET and its neighbours name no place for recordings: {error}"
            ) from None
        stack.push_async_callback(recording_jobs.stop)
        texts = Texts(engines, database, recording_jobs, settings, clock)
        texts.take_jobs()
        meta_files = texts.metas(graph, numbers.token_of, http)
        voicemails = Voicemails(switchboard, settings.data_dir / "voicemails", clock)
        stack.push_async_callback(voicemails.close)
        await voicemails.start()
        recordings = Recordings(
            switchboard,
            settings.data_dir / "recordings",
            clock,
            on_journal_closed=recording_jobs.journal_closed,
            on_lost=lambda reason: metrics.recordings_lost.labels(reason).inc(),
        )
        stack.push_async_callback(recordings.close)
        await recordings.start(SqlRecordings(database))
        performers: dict[type[Effect], Performer] = {
            **sticky,
            **meta_performers(graph, meta_files.options),
            **audio_performers(switchboard),
            **announcing_performers(announcer),
            **voicemail_performers(voicemails),
            **recording_performers(recordings),
        }
        sound = SoundWatch(
            switchboard,
            clock,
        )
        performers[CloseMedia] = recordings.closing(voicemails.closing(sound.closing(performers[CloseMedia])))
        exchange = Exchange(
            calls=calls,
            numbers=numbers,
            performers=performers,
            clock=clock,
            on_change=on_change,
            capacity=capacity,
        )

        sessions = Sessions(
            settings.secret_key, people, clock, timedelta(hours=settings.session_hours), settings.public_url
        )
        namespace = AgentNamespace(sessions.authenticate, clock, _relays(settings))

        push = PushRinging(
            SqlPush(database, secrets), guarded, numbers, settings.public_url, settings.push_hosts, clock
        )
        stack.push_async_callback(push.close)
        waking = PushRoutes(push.store, push.key, settings.push_hosts, clock).operations() if settings.push else []

        async def place_call(wish: CallWish) -> CallId | Refused:
            return await placing.place_call(wish)

        desk = Desk(
            calls=exchange,
            seats=DeskSeats(switchboard),
            numbers=numbers,
            emit=namespace.emit_message,
            clock=clock,
            place_call=place_call,
            knock=push.knock if settings.push else nobody_is_woken,
            shows_listening=settings.show_listening,
        )
        namespace.desk = desk
        desk.start()
        stack.push_async_callback(desk.stop)
        stack.push_async_callback(exchange.close)

        number_facts = MetaFacts(graph, clock)
        stack.push_async_callback(number_facts.close)
        permissions = Permissions(
            store=SqlPermissionStore(database),
            numbers=numbers,
            graph=graph,
            facts=number_facts,
            presence_of=desk.presence_of,
            in_call=lambda number, customer: in_call(exchange.live_calls, number, customer),
            clock=clock,
        )
        permissions.listen(desk.permission_changed)
        ends = PermissionClock(permissions, clock, courier.wake)
        permissions.listen(lambda _: ends.look())
        refusals = RefusalWatch(permissions, numbers)
        stack.push_async_callback(refusals.close)

        placing = Placing(
            exchange=exchange,
            calls=calls,
            numbers=numbers,
            contacts=SqlContactStore(database),
            permission=permissions,
            capacity=capacity,
            clock=clock,
        )

        hours = HoursKeeper(SqlNumberPlans(database), numbers, graph, clock)
        stack.push_async_callback(hours.stop)

        receiver = WebhookReceiver(
            SqlDeliveryStore(database),
            settings.meta_app_secret,
            settings.meta_verify_token or Token(""),
            numbers.knows,
            _handler(exchange, permissions, number_facts, hours, meta_files),
            clock,
        )

        deliveries = SqlDeliveryStore(database)
        sounds = Sounds(library, SqlPrompts(database))
        readiness = NumberReadiness(
            site=_site(settings),
            numbers=numbers,
            people=people,
            departments=SqlDepartmentStore(database),
            meta=number_facts,
            hours=hours,
            sounds=sounds,
            deliveries=deliveries,
            webhook_counts=lambda: (receiver.figures["accepted"], receiver.figures["refused.bad_signature"]),
            presence_of=desk.presence_of,
            storage=recording_jobs.vault,
            clock=clock,
        )
        ready = ReadinessRoutes(numbers, readiness, lambda number: number_facts.looked(number.phone_number_id).at)

        metrics.watch(
            lambda: _live_figures(exchange, desk, receiver, plane, _capacity_figures(capacity, numbers, clock()))
        )
        app = web.Application()
        app.add_routes(webhook_routes(receiver))
        socket_server(namespace).attach(app)
        parts = ApiParts(
            sessions=sessions,
            keys=SqlApiKeyStore(database),
            audit=SqlAudit(database),
            per_minute=settings.api_per_minute,
            agents_see=settings.agents_see,
            operations=waking
            + recording_jobs.operations(numbers)
            + texts.operations()
            + ready.operations()
            + integrator_operations(
                database=database,
                secrets=secrets,
                numbers=numbers,
                people=people,
                permissions=permissions,
                contacts=SqlContactStore(database),
                buttons=graph,
                templates=graph,
                placer=DeskPlacer(desk, placing),
                presence_of=desk.presence_of,
                courier=courier,
                guard=guarded.guard,
                sounds=sounds,
                hours=hours,
                messages=MessageBox(settings.data_dir / "voicemails"),
                clock=clock,
            ),
            passwords=people,
            attempts=LoginAttempts(clock),
            history=SqlHistory(database),
            numbers=numbers,
            capacity=capacity,
            clock=clock,
            metrics=metrics,
            public_url=settings.public_url,
            checks={"database": checks.answers, "migrations": checks.migrated},
            trusted_proxies=settings.trusted_proxies,
        )
        add_routes(app, parts)

        stack.push_async_callback(_stopped, asyncio.create_task(sound.run(exchange, desk.pages), name="sound-watch"))
        left_open = await exchange.recover()
        if left_open:
            log.warning("calls_left_open_by_a_crash", calls=left_open)
        stack.push_async_callback(_stopped, asyncio.create_task(ends.run(), name="ends-of-permissions"))
        hours.start()
        await recording_jobs.start()
        courier.start()
        stack.push_async_callback(courier.stop)
        await receiver.start()
        stack.push_async_callback(receiver.stop)

        runner = web.AppRunner(app, access_log_class=AccessLog, shutdown_timeout=CLOSING_S)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.listen.host, settings.listen.port).start()
        host, port = runner.addresses[0][:2]
        log.info("gateway_is_up", listen=f"{host}:{port}", plane=type(plane).__name__)
        yield RunningGateway(f"http://{host}:{port}", exchange, desk, plane, permissions)


async def _stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@dataclass(frozen=True, slots=True)
class _Checks:
    """What must be true of the database, at start and whenever `/readyz` is asked. None: fine."""

    database: Database

    async def answers(self) -> str | None:
        await self.database.ping()
        return None

    async def migrated(self) -> str | None:
        return None if await asyncio.to_thread(is_current, self.database.engine) else NOT_MIGRATED


def _site(settings: Settings) -> Site:
    return Site(
        public_url=settings.public_url,
        has_app_secret=bool(settings.meta_app_secret),
        has_verify_token=settings.meta_verify_token is not None,
        has_relays=bool(settings.turn_urls),
    )


def _relays(settings: Settings) -> RelaysFor:
    if not settings.turn_urls:
        return no_relays
    if settings.turn_secret is None:
        raise NotReady("RAMAL_TURN_URLS needs RAMAL_TURN_SECRET")
    return TurnRelays(settings.turn_urls, settings.turn_secret)


def socket_server(namespace: AgentNamespace) -> socketio.AsyncServer:
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        max_http_buffer_size=MESSAGE_LIMIT_BYTES,
        ping_interval=HEARTBEAT_S,
        ping_timeout=HEARTBEAT_S,
        cors_allowed_origins=[],  # nobody is granted other origins; `authenticate` refuses them
    )
    server.register_namespace(namespace)
    return server


async def serve(settings: Settings) -> None:
    """Run until cancelled."""
    async with running(settings):
        spare_the_collector()
        await asyncio.Event().wait()


def _schedule(settings: Settings) -> Schedule:
    return Schedule(
        timeout_s=settings.events_timeout_s,
        give_up_after=timedelta(hours=settings.events_give_up_hours),
        keep=timedelta(days=settings.events_keep_days),
    )


def spare_the_collector() -> None:
    """What was made at the start stays: do not look through it again at each full garbage collection. Modules alone
    are some 170,000 objects, and looking through them stopped all audio for 110 ms."""
    gc.collect()
    gc.freeze()


def _handler(
    exchange: Exchange, permissions: Permissions, number_facts: MetaFacts, hours: HoursKeeper, meta_files: MetaFiles
) -> Handle:
    async def handle(event: WebhookEvent) -> None:
        """A call is told first: it must not wait for what else its event means."""
        match event:
            case CallOffered() | CallAnswerReceived() | CallStatusChanged() | CallTerminated():
                await exchange.deliver(event)
            case NumberErrorReported(errors=errors):
                log.error("meta_reports_errors", codes=[error.code for error in errors])
            case AccountUpdated(warning=warning, types=types):
                log.warning("meta_warns_account", warning=warning.value, types=list(types))
            case Unrecognised(field_name=field_name, what=what):
                log.warning("webhook_item_unrecognised", field=field_name, what=what)
            case _:
                log.debug("webhook_item_of_no_call", kind=type(event).__name__)
        number_facts.heard(event)
        hours.heard(event)
        await meta_files.heard(event)
        await permissions.heard(event)

    return handle


def _live_figures(
    exchange: Exchange, desk: Desk, receiver: WebhookReceiver, plane: Plane, capacity: CapacityFigures
) -> LiveFigures:
    return LiveFigures(
        calls_by_state=Counter(call.state for call in exchange.live_calls),
        agents_by_presence={presence.value: count for presence, count in desk.presence_counts().items()},
        agents_ringing=desk.agents_ringing(),
        webhooks=receiver.figures,
        plane=plane.totals(),
        capacity=capacity,
    )


def _capacity_figures(capacity: Capacity, numbers: NumberBook, now: datetime) -> CapacityFigures:
    return CapacityFigures(
        numbers={number.id: (number.limits, capacity.use_of(number.id, now)) for number in numbers.values()},
        process=capacity.process_budgets(now),
        refused=capacity.refusals,
    )
