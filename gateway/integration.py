"""What integrators reach of this gateway, put together: their routes, and what stands behind them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from gateway.api.after_call import AfterCallRoutes
from gateway.api.api_keys import KeyRoutes
from gateway.api.audit import AuditRoutes
from gateway.api.callbacks import CallbackRoutes
from gateway.api.contacts import ContactRoutes
from gateway.api.customers import CallPlacer, CustomerRoutes, PermissionService
from gateway.api.event_routes import EventRoutes
from gateway.api.invites import ButtonSender, InviteRoutes
from gateway.api.measured_agents import MeasuredAgentRoutes
from gateway.api.measures import MeasureRoutes
from gateway.api.messages import MessageRoutes
from gateway.api.more_measures import MoreMeasureRoutes
from gateway.api.number_hours import HoursRoutes
from gateway.api.number_plans import PlanRoutes
from gateway.api.number_recording import RecordingRoutes
from gateway.api.office import OfficeRoutes
from gateway.api.operations import Operation
from gateway.api.people import PeopleRoutes
from gateway.api.prompts import PromptRoutes
from gateway.api.rates import RateRoutes
from gateway.api.templates import TemplateKeeper, TemplateRoutes
from gateway.guarded_http import GuardedHttp
from gateway.hours_keeper import HoursKeeper
from gateway.outbox import Courier
from gateway.settings import Settings
from gateway.sounds import Sounds
from recording.vault import ObjectVault
from signaling.agents.desk import Desk
from signaling.errors import Fault
from signaling.ids import AgentId, CallId, NumberId
from signaling.invitations import Seals
from signaling.placing import CallWish, Placing
from signaling.ports import Clock, ContactStore, NumberStore
from signaling.presence import Presence
from signaling.private import Payload
from signaling.verdict import Refused
from store.api_keys import SqlApiKeyStore
from store.audit import SqlAudit
from store.audit_log import SqlAuditLog
from store.callbacks import SqlCallbacks
from store.costs import SqlCosts
from store.database import Database
from store.departments import SqlDepartmentStore
from store.directory import SqlDirectory
from store.funnel import SqlFunnel
from store.history import SqlHistory
from store.idempotency import SqlIdempotency
from store.measured_agents import SqlMeasuredAgents
from store.measures import SqlMeasures
from store.messages import SqlMessages
from store.notes import SqlNotes
from store.numbers import SqlNumberStore
from store.people import SqlPeopleStore
from store.protocols import SqlProtocolStore
from store.quality import SqlQuality
from store.rate_cards import SqlRateCards
from store.reasons import SqlReasons
from store.recording_policies import SqlRecordingPolicies
from store.secrets import SecretBox
from store.staff import SqlStaff
from store.subscriptions import SqlSubscriptionStore

NOT_READY: Final = Refused("agent.not_ready", Fault.OURS, next_step="get_ready")


@dataclass(frozen=True, slots=True)
class DeskPlacer:
    """A CallPlacer: the agent's softphone places the call, as if they had pressed the button."""

    desk: Desk
    placing: Placing

    async def place(
        self,
        agent: AgentId,
        number: NumberId,
        to: str,
        *,
        confirm_risk: bool,
        key: str,
        reference: Payload | None,
    ) -> CallId | Refused:
        ready = self.desk.ready_to_call(agent)
        if ready is None:
            return NOT_READY
        return await self.placing.place_call(CallWish(*ready, number, to, confirm_risk, key, reference))


def integrator_operations(
    *,
    database: Database,
    secrets: SecretBox,
    numbers: NumberStore,
    people: SqlPeopleStore,
    permissions: PermissionService,
    contacts: ContactStore,
    buttons: ButtonSender,
    templates: TemplateKeeper,
    look_at_templates: Callable[[NumberId], Awaitable[None]],
    placer: CallPlacer | None,
    presence_of: Callable[[AgentId], Presence],
    courier: Courier,
    guarded: GuardedHttp,
    settings: Settings,
    sounds: Sounds,
    hours: HoursKeeper,
    messages: SqlMessages,
    vault: ObjectVault,
    clock: Clock,
) -> list[Operation]:
    customers = CustomerRoutes(numbers, permissions, contacts, placer, SqlIdempotency(database), clock)
    seals = Seals(settings.secret_key)
    invites = InviteRoutes(numbers, permissions, contacts, buttons, people.by_id, seals, clock)
    office = OfficeRoutes(
        SqlProtocolStore(database), people, SqlDepartmentStore(database), numbers, presence_of, courier.wake, clock
    )
    subscriptions = SqlSubscriptionStore(database, secrets)
    audit = SqlAudit(database)
    events = EventRoutes(subscriptions, audit, guarded, settings.events_timeout_s, courier.reread, clock)
    kept = TemplateRoutes(numbers, templates, audit, look_at_templates, clock)
    after_call = AfterCallRoutes(
        SqlNotes(database), SqlReasons(database), SqlHistory(database), audit, courier.wake, clock
    )
    callbacks = CallbackRoutes(SqlCallbacks(database), numbers, permissions, messages, courier.wake, clock)
    directory = ContactRoutes(SqlDirectory(database), numbers, permissions, clock)
    recording = RecordingRoutes(SqlRecordingPolicies(database), numbers, clock)

    async def reread(number: NumberId) -> None:
        await numbers.by_id(number)

    number_plans = hours.plans
    plans = PlanRoutes(number_plans, numbers, SqlDepartmentStore(database), people, sounds, reread, clock)
    schedules = HoursRoutes(number_plans, numbers, SqlNumberStore(database, secrets), audit, hours, clock)
    prompts = PromptRoutes(sounds, clock)
    staff = PeopleRoutes(SqlStaff(database, people.passwords), people, SqlDepartmentStore(database), clock)
    keys = KeyRoutes(SqlApiKeyStore(database), numbers, SqlDepartmentStore(database), settings.api_per_minute, clock)
    routes = (
        *(keys, AuditRoutes(SqlAuditLog(database))),
        *(customers, invites, kept, office, staff, events, after_call, callbacks, directory),
        MessageRoutes(messages, vault, SqlHistory(database), audit, clock),
        *(recording, plans, schedules, prompts, *_measuring(database, settings.time_zone, clock)),
        *(RateRoutes(SqlRateCards(database), clock), MeasuredAgentRoutes(SqlMeasuredAgents(database))),
    )
    return [operation for part in routes for operation in part.operations()]


def _measuring(database: Database, zone: str, clock: Clock) -> tuple[MeasureRoutes, MoreMeasureRoutes]:
    costs = SqlCosts(database, ZoneInfo(zone))
    more = MoreMeasureRoutes(SqlQuality(database), SqlFunnel(database), costs, zone, clock)
    return MeasureRoutes(SqlMeasures(database), zone, clock), more
