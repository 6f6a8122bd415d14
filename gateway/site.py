"""What the gateway serves, put together: Meta's webhooks, the pages' sockets, and every route of the REST API."""

from contextlib import AsyncExitStack

from aiohttp import web

from gateway.api.attempts import LoginAttempts
from gateway.api.callers import CallerRoutes
from gateway.api.exports import ExportRoutes
from gateway.api.push import PushRoutes
from gateway.api.readiness import ReadinessRoutes
from gateway.api.replayers import Replayers
from gateway.api.routes import ApiParts, add_routes
from gateway.exports import CallExports
from gateway.foundations import Foundations
from gateway.integration import DeskPlacer, integrator_operations
from gateway.live_figures import capacity_figures, live_figures
from gateway.number_keeping import NumberKeeping
from gateway.number_readiness import NumberReadiness, Site
from gateway.settings import Settings
from gateway.socket_server import socket_server
from gateway.sounds import Sounds
from gateway.telephony import Telephony
from signaling.meta.receiver import WebhookReceiver, webhook_routes
from signaling.ports import Clock
from store.api_keys import SqlApiKeyStore
from store.audit import SqlAudit
from store.call_grants import SqlCallGrants
from store.callers import SqlCallers
from store.contacts import SqlContactStore
from store.deliveries import SqlDeliveryStore
from store.departments import SqlDepartmentStore
from store.history import SqlHistory
from store.prompts import SqlPrompts


async def put_site_together(
    stack: AsyncExitStack,
    settings: Settings,
    ground: Foundations,
    calls: Telephony,
    kept: NumberKeeping,
    receiver: WebhookReceiver,
    clock: Clock,
) -> web.Application:
    """Raises NeighbourError."""
    database, numbers, people, capacity = ground.database, ground.numbers, ground.people, ground.capacity
    exchange, desk, keeping = calls.exchange, calls.desk, calls.keeping
    sounds = Sounds(calls.library, SqlPrompts(database))
    readiness = NumberReadiness(
        site=_preconditions(settings),
        numbers=numbers,
        people=people,
        departments=SqlDepartmentStore(database),
        meta=calls.number_facts,
        hours=kept.hours,
        sounds=sounds,
        deliveries=SqlDeliveryStore(database),
        webhook_counts=lambda: (receiver.figures["accepted"], receiver.figures["refused.bad_signature"]),
        presence_of=desk.presence_of,
        storage=keeping.jobs.vault,
        clock=clock,
    )
    ready = ReadinessRoutes(numbers, readiness, lambda number: calls.number_facts.looked(number.phone_number_id).at)
    replayers, history = Replayers(SqlCallGrants(database)), SqlHistory(database)
    exports = CallExports(history, settings.data_dir, clock)
    stack.push_async_callback(exports.stop)
    await exports.start()
    carried = ExportRoutes(exports, replayers, SqlAudit(database), settings.time_zone, clock)
    callers = CallerRoutes(SqlCallers(database, history), lambda: exchange.live_calls, exchange.stored)
    waking = PushRoutes(calls.push.store, calls.push.key, settings.push_hosts, clock)
    integrators = integrator_operations(
        database=database,
        secrets=ground.secrets,
        numbers=numbers,
        people=people,
        permissions=calls.permissions,
        contacts=SqlContactStore(database),
        buttons=calls.graph,
        templates=calls.graph,
        look_at_templates=kept.templates.ask,
        placer=DeskPlacer(desk, calls.placing),
        presence_of=desk.presence_of,
        courier=ground.courier,
        guarded=ground.guarded,
        settings=settings,
        sounds=sounds,
        hours=kept.hours,
        messages=keeping.jobs.stored_messages,
        vault=keeping.jobs.vault,
        clock=clock,
    )
    ground.metrics.watch(
        lambda: live_figures(exchange, desk, receiver, calls.plane, capacity_figures(capacity, numbers, clock()))
    )
    app = web.Application()
    app.add_routes(webhook_routes(receiver))
    socket_server(calls.namespace).attach(app)
    parts = ApiParts(
        sessions=calls.sessions,
        keys=SqlApiKeyStore(database),
        audit=SqlAudit(database),
        per_minute=settings.api_per_minute,
        agents_see=settings.agents_see,
        operations=[
            *(waking.operations() if settings.push else ()),
            *keeping.jobs.operations(numbers),
            *keeping.texts.operations(),
            *keeping.reports.operations(keeping.jobs.jobs.wake),
            *ready.operations(),
            *kept.operations(readiness),
            *carried.operations(),
            *callers.operations(),
            *integrators,
        ],
        passwords=people,
        attempts=LoginAttempts(clock),
        history=history,
        replayers=replayers,
        time_zone=settings.time_zone,
        numbers=numbers,
        capacity=capacity,
        clock=clock,
        metrics=ground.metrics,
        public_url=settings.public_url,
        checks={"database": ground.checks.answers, "migrations": ground.checks.migrated},
        trusted_proxies=settings.trusted_proxies,
        embed_origins=settings.embed_origins,
    )
    add_routes(app, parts)
    return app


def _preconditions(settings: Settings) -> Site:
    return Site(
        public_url=settings.public_url,
        has_app_secret=bool(settings.meta_app_secret),
        has_verify_token=settings.meta_verify_token is not None,
        has_relays=bool(settings.turn_urls),
    )
