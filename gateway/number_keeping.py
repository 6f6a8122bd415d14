"""Settings of numbers, put together: what is kept of them, who carries it to Meta, and the routes of their pages."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from gateway.api.balance_guard import BalanceGuardRoutes
from gateway.api.linked_devices import LinkedDeviceRoutes
from gateway.api.meta_counts import MetaCountRoutes
from gateway.api.number_adding import NumberAddingRoutes
from gateway.api.number_list import NumberListRoutes
from gateway.api.number_settings import NumberSettingsRoutes
from gateway.api.number_templates import NumberTemplateRoutes
from gateway.api.operations import Operation
from gateway.api.pickup_guard import PickupGuardRoutes
from gateway.foundations import Foundations
from gateway.hours_keeper import HoursKeeper
from gateway.number_book import NO_TOKEN
from gateway.number_probe import GraphWith, NumberProbe
from gateway.number_readiness import NumberReadiness
from gateway.number_standing import NumberRounds, NumberStandings
from gateway.pickup_keeper import PickupKeeper
from gateway.settings import Settings
from gateway.settings_keeper import SettingsKeeper
from gateway.telephony import Telephony
from gateway.template_keeper import TemplateKeeper
from gateway.warnings_kept import WarningsKept
from signaling.errors import NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta.graph_api import GraphApi
from signaling.ports import Clock
from signaling.private import Token
from store.back_filled import SqlRecordedCalls
from store.balance_guards import SqlBalanceGuards
from store.departments import SqlDepartmentStore
from store.linked_devices import SqlLinkedDevices
from store.measures import SqlMeasures
from store.number_plans import SqlNumberPlans
from store.number_settings import SqlNumberSettings
from store.number_warnings import SqlNumberWarnings
from store.numbers import SqlNumberStore
from store.permission_templates import SqlPermissionTemplates
from store.pickup_guards import SqlPickupGuards


@dataclass(frozen=True)
class NumberKeeping:
    settings: SettingsKeeper
    templates: TemplateKeeper
    warnings: WarningsKept
    hours: HoursKeeper
    guard: PickupKeeper
    rounds: NumberRounds
    operations: Callable[[NumberReadiness], list[Operation]]

    def start(self) -> None:
        for keeper in (self.hours, self.settings, self.templates, self.guard, self.rounds):
            keeper.start()


def keep_numbers(
    stack: AsyncExitStack,
    settings: Settings,
    ground: Foundations,
    calls: Telephony,
    http: aiohttp.ClientSession,
    clock: Clock,
) -> NumberKeeping:
    """Stopped with the stack."""
    database, secrets, numbers = ground.database, ground.secrets, ground.numbers
    graph, facts = calls.graph, calls.number_facts
    store = SqlNumberSettings(database, secrets)
    hours = HoursKeeper(SqlNumberPlans(database), numbers, graph, clock)
    keeper = SettingsKeeper(store, numbers, graph, clock)
    templates = TemplateKeeper(SqlPermissionTemplates(database), numbers, graph, clock)
    calls.permissions.on_template_refused = templates.refused
    warnings = WarningsKept(SqlNumberWarnings(database), numbers, clock)
    guard = PickupKeeper(
        SqlPickupGuards(database),
        numbers,
        hours.plans,
        ground.people,
        SqlMeasures(database),
        warnings.store,
        calls.desk.presence_of,
        lambda number: facts.looked(number.phone_number_id),
        keeper,
        hours,
        clock,
    )
    rounds = NumberRounds(numbers, facts)
    for stop in (hours.stop, keeper.stop, templates.stop, guard.stop, rounds.stop):
        stack.push_async_callback(stop)

    def operations(readiness: NumberReadiness) -> list[Operation]:
        probe = NumberProbe(_graph_with(http, settings, numbers.default_token, clock), readiness.webhook, clock)
        standing = NumberStandings(store, warnings.store, rounds, readiness.webhook, clock)
        listing = NumberListRoutes(standing, numbers, clock)
        pages = NumberSettingsRoutes(
            store, warnings.store, numbers, facts, keeper, probe, graph, readiness.people_of, standing.alerts_of, clock
        )
        adding = NumberAddingRoutes(
            SqlNumberStore(database, secrets), numbers, SqlDepartmentStore(database), probe, clock
        )
        guarding = PickupGuardRoutes(guard, numbers, clock)
        balances = BalanceGuardRoutes(SqlBalanceGuards(database), numbers, clock)
        devices = LinkedDeviceRoutes(SqlLinkedDevices(database), clock)
        counts = MetaCountRoutes(graph, SqlRecordedCalls(database), numbers, clock)
        asking = NumberTemplateRoutes(templates, numbers, clock)
        every = (listing, pages, adding, guarding, balances, devices, counts, asking)
        return [operation for routes in every for operation in routes.operations()]

    return NumberKeeping(keeper, templates, warnings, hours, guard, rounds, operations)


def _graph_with(http: aiohttp.ClientSession, settings: Settings, default: Token | None, clock: Clock) -> GraphWith:
    def graph_with(token: Token | None) -> GraphApi:
        return GraphApi(http, settings.graph_url, settings.graph_version, _always(token or default), clock)

    return graph_with


def _always(token: Token | None) -> Callable[[PhoneNumberId], Awaitable[Token]]:
    async def token_of(_: PhoneNumberId) -> Token:
        if token is None:
            raise NeighbourError(NO_TOKEN)
        return token

    return token_of
