"""The composition root: everything is put together here, and nothing is decided."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp
import structlog
from aiohttp import web

from gateway.announcer import Announcer, announcing_performers
from gateway.api.access_log import AccessLog
from gateway.api.attempts import LoginAttempts
from gateway.api.callers import CallerRoutes
from gateway.api.exports import ExportRoutes
from gateway.api.push import PushRoutes
from gateway.api.readiness import ReadinessRoutes
from gateway.api.replayers import Replayers
from gateway.api.routes import ApiParts, add_routes
from gateway.api.sessions import Sessions
from gateway.audio import DeskSeats, audio_performers, tell_call, tell_desk
from gateway.clock import utc_now
from gateway.exports import CallExports
from gateway.foundations import NotReady, lay_foundations, stopped
from gateway.heard_lately import HeardLately
from gateway.hours_keeper import HoursKeeper
from gateway.integration import DeskPlacer, integrator_operations
from gateway.keeping import start_keeping
from gateway.live_figures import capacity_figures, live_figures
from gateway.media.plane import Plane
from gateway.media.planes import PlaneMissing, open_plane
from gateway.media.prompt_library import PromptLibrary
from gateway.media.prompts import load_default_prompts
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.webrtc_switchboard import WebRtcSwitchboard
from gateway.number_keeping import keep_numbers
from gateway.number_readiness import NumberReadiness, Site
from gateway.permission_clock import PermissionClock
from gateway.push_ringing import PushRinging
from gateway.refusal_watch import RefusalWatch
from gateway.settings import Settings
from gateway.socket_server import relays_of, socket_server
from gateway.sound_watch import SoundWatch
from gateway.sounds import Sounds
from gateway.sticky import sticky_performers
from gateway.watch import CallWatch
from gateway.webhook_events import told_to
from gateway.work_kept import WorkKept
from signaling.agents.desk import Desk
from signaling.agents.namespace import AgentNamespace
from signaling.agents.pages import nobody_is_woken
from signaling.call import Call
from signaling.effects import CloseMedia, Effect
from signaling.exchange import Exchange
from signaling.ids import AgentId, CallId
from signaling.meta.graph_api import GraphApi
from signaling.meta.performers import meta_performers
from signaling.meta.receiver import WebhookReceiver, webhook_routes
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
from store.callers import SqlCallers
from store.contacts import SqlContactStore
from store.deliveries import SqlDeliveryStore
from store.departments import SqlDepartmentStore
from store.figures import SqlAgentWork
from store.history import SqlHistory
from store.number_plans import SqlNumberPlans
from store.permissions import SqlPermissionStore
from store.prompts import SqlPrompts
from store.prompts_heard import SqlPromptsHeard
from store.push import SqlPush
from store.replay_grants import SqlReplayGrants

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
        database, secrets, people, numbers = ground.database, ground.secrets, ground.people, ground.numbers
        courier, guarded, metrics, capacity = ground.courier, ground.guarded, ground.metrics, ground.capacity
        watch = CallWatch(metrics)

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
            keeping.recordings.saw(call)
            watch.saw(call)
            desk.call_changed(call)
            refusals.saw(call)

        library = PromptLibrary(settings.data_dir / "prompts")
        heard = HeardLately(SqlPromptsHeard(database))
        announcer = Announcer(switchboard, library, lambda: exchange.live_calls, clock, heard)

        def presence_of(agent: AgentId) -> Presence:
            return desk.presence_of(agent)

        keeping = await start_keeping(stack, settings, ground, switchboard, graph, http, clock)
        performers: dict[type[Effect], Performer] = {
            **sticky_performers(settings, guarded, lambda: exchange.live_calls, presence_of, clock),
            **meta_performers(graph, keeping.meta_files.options),
            **audio_performers(switchboard),
            **announcing_performers(announcer),
            **keeping.performers(),
        }
        sound = SoundWatch(switchboard, clock)
        performers[CloseMedia] = keeping.closing(sound.closing(performers[CloseMedia]))
        exchange = Exchange(
            calls=ground.calls,
            numbers=numbers,
            performers=performers,
            clock=clock,
            on_change=on_change,
            capacity=capacity,
        )

        sessions = Sessions(
            settings.secret_key,
            people,
            clock,
            timedelta(hours=settings.session_hours),
            settings.public_url,
            takes_frames=bool(settings.embed_origins),
        )
        namespace = AgentNamespace(sessions.authenticate, clock, relays_of(settings))

        push = PushRinging(
            SqlPush(database, secrets), guarded, numbers, settings.public_url, settings.push_hosts, clock
        )
        stack.push_async_callback(push.close)
        waking = PushRoutes(push.store, push.key, settings.push_hosts, clock).operations() if settings.push else []

        async def place_call(wish: CallWish) -> CallId | Refused:
            return await placing.place_call(wish)

        work = WorkKept(SqlAgentWork(database))
        stack.push_async_callback(work.stop)
        number_facts = MetaFacts(graph, clock)
        stack.push_async_callback(number_facts.close)
        desk = Desk(
            calls=exchange,
            seats=DeskSeats(switchboard),
            numbers=numbers,
            emit=namespace.emit_message,
            clock=clock,
            place_call=place_call,
            knock=push.knock if settings.push else nobody_is_woken,
            shows_listening=settings.show_listening,
            use_of=lambda number: capacity.use_of(number, clock()),
            wrapped_up=work.note,
            restrictions_of=number_facts.restrictions_of,
        )
        namespace.desk = desk
        desk.start()
        stack.push_async_callback(desk.stop)
        stack.push_async_callback(exchange.close)

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
            calls=ground.calls,
            numbers=numbers,
            contacts=SqlContactStore(database),
            permission=permissions,
            capacity=capacity,
            clock=clock,
        )

        hours = HoursKeeper(SqlNumberPlans(database), numbers, graph, clock)
        stack.push_async_callback(hours.stop)
        kept_numbers = keep_numbers(settings, ground, graph, http, clock)
        stack.push_async_callback(kept_numbers.settings.stop)
        permissions.on_template_refused = kept_numbers.templates.refused
        stack.push_async_callback(kept_numbers.templates.stop)
        pickup_guard = kept_numbers.guard(number_facts, hours, presence_of)
        stack.push_async_callback(pickup_guard.stop)

        deliveries = SqlDeliveryStore(database)
        receiver = WebhookReceiver(
            deliveries,
            settings.meta_app_secret,
            settings.meta_verify_token or Token(""),
            numbers.knows,
            told_to(
                exchange,
                permissions,
                number_facts,
                (hours, kept_numbers.settings),
                kept_numbers.warnings,
                keeping.meta_files,
            ),
            clock,
        )

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
            storage=keeping.jobs.vault,
            clock=clock,
        )
        replayers, history = Replayers(SqlReplayGrants(database)), SqlHistory(database)
        exports = CallExports(history, settings.data_dir, clock)
        stack.push_async_callback(exports.stop)
        await exports.start()
        carried = ExportRoutes(exports, replayers, SqlAudit(database), settings.time_zone, clock)
        ready = ReadinessRoutes(numbers, readiness, lambda number: number_facts.looked(number.phone_number_id).at)

        metrics.watch(
            lambda: live_figures(exchange, desk, receiver, plane, capacity_figures(capacity, numbers, clock()))
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
            + keeping.jobs.operations(numbers)
            + keeping.texts.operations()
            + keeping.reports.operations(keeping.jobs.jobs.wake)
            + ready.operations()
            + kept_numbers.operations(number_facts, readiness, pickup_guard)
            + carried.operations()
            + CallerRoutes(SqlCallers(database, history), lambda: exchange.live_calls, exchange.stored).operations()
            + integrator_operations(
                database=database,
                secrets=secrets,
                numbers=numbers,
                people=people,
                permissions=permissions,
                contacts=SqlContactStore(database),
                buttons=graph,
                templates=graph,
                look_at_templates=kept_numbers.templates.ask,
                placer=DeskPlacer(desk, placing),
                presence_of=desk.presence_of,
                courier=courier,
                guarded=guarded,
                settings=settings,
                sounds=sounds,
                hours=hours,
                messages=keeping.jobs.stored_messages,
                vault=keeping.jobs.vault,
                clock=clock,
            ),
            passwords=people,
            attempts=LoginAttempts(clock),
            history=history,
            replayers=replayers,
            time_zone=settings.time_zone,
            numbers=numbers,
            capacity=capacity,
            clock=clock,
            metrics=metrics,
            public_url=settings.public_url,
            checks={"database": ground.checks.answers, "migrations": ground.checks.migrated},
            trusted_proxies=settings.trusted_proxies,
            embed_origins=settings.embed_origins,
        )
        add_routes(app, parts)

        stack.push_async_callback(stopped, asyncio.create_task(sound.run(exchange, desk.pages), name="sound-watch"))
        left_open = await exchange.recover()
        if left_open:
            log.warning("calls_left_open_by_a_crash", calls=left_open)
        stack.push_async_callback(stopped, asyncio.create_task(ends.run(), name="ends-of-permissions"))
        hours.start()
        kept_numbers.settings.start()
        kept_numbers.templates.start()
        pickup_guard.start()
        await keeping.jobs.start()
        keeping.reports.start(keeping.jobs.jobs)
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


def _site(settings: Settings) -> Site:
    return Site(
        public_url=settings.public_url,
        has_app_secret=bool(settings.meta_app_secret),
        has_verify_token=settings.meta_verify_token is not None,
        has_relays=bool(settings.turn_urls),
    )


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
