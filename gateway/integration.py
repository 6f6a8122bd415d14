"""What integrators reach of this gateway, put together: their routes, and what stands behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.api.after_call import AfterCallRoutes
from gateway.api.callbacks import CallbackRoutes
from gateway.api.contacts import ContactRoutes
from gateway.api.customers import ButtonSender, CallPlacer, CustomerRoutes, PermissionService
from gateway.api.event_routes import EventRoutes
from gateway.api.measures import MeasureRoutes
from gateway.api.messages import MessageRoutes
from gateway.api.number_hours import HoursRoutes
from gateway.api.number_plans import PlanRoutes
from gateway.api.number_recording import RecordingRoutes
from gateway.api.office import OfficeRoutes
from gateway.api.operations import Operation
from gateway.api.people import PeopleRoutes
from gateway.api.prompts import PromptRoutes
from gateway.api.templates import TemplateKeeper, TemplateRoutes
from gateway.guarded_http import Guard
from gateway.hours_keeper import HoursKeeper
from gateway.message_box import MessageBox
from gateway.outbox import Courier
from gateway.sounds import Sounds
from signaling.agents.desk import Desk
from signaling.errors import Fault
from signaling.ids import AgentId, CallId, NumberId
from signaling.placing import CallWish, Placing
from signaling.ports import Clock, ContactStore, NumberStore
from signaling.presence import Presence
from signaling.private import Payload
from signaling.verdict import Refused
from store.audit import SqlAudit
from store.callbacks import SqlCallbacks
from store.database import Database
from store.departments import SqlDepartmentStore
from store.directory import SqlDirectory
from store.history import SqlHistory
from store.idempotency import SqlIdempotency
from store.measures import SqlMeasures
from store.notes import SqlNotes
from store.numbers import SqlNumberStore
from store.people import SqlPeopleStore
from store.protocols import SqlProtocolStore
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
    placer: CallPlacer | None,
    presence_of: Callable[[AgentId], Presence],
    courier: Courier,
    guard: Guard,
    sounds: Sounds,
    hours: HoursKeeper,
    messages: MessageBox,
    clock: Clock,
) -> list[Operation]:
    customers = CustomerRoutes(numbers, permissions, contacts, buttons, placer, SqlIdempotency(database), clock)
    office = OfficeRoutes(
        SqlProtocolStore(database), people, SqlDepartmentStore(database), numbers, presence_of, courier.wake, clock
    )
    subscriptions = SqlSubscriptionStore(database, secrets)
    events = EventRoutes(subscriptions, SqlAudit(database), guard, courier.reread, clock)
    kept = TemplateRoutes(numbers, templates, SqlAudit(database), clock)
    after_call = AfterCallRoutes(
        SqlNotes(database), SqlReasons(database), SqlHistory(database), SqlAudit(database), courier.wake, clock
    )
    callbacks = CallbackRoutes(SqlCallbacks(database), numbers, permissions, messages, courier.wake, clock)
    directory = ContactRoutes(SqlDirectory(database), numbers, permissions, clock)
    recording = RecordingRoutes(SqlRecordingPolicies(database), numbers, clock)

    async def reread(number: NumberId) -> None:
        await numbers.by_id(number)

    audit, number_plans = SqlAudit(database), hours.plans
    plans = PlanRoutes(number_plans, numbers, SqlDepartmentStore(database), people, sounds, reread, clock)
    schedules = HoursRoutes(number_plans, numbers, SqlNumberStore(database, secrets), audit, hours, clock)
    prompts = PromptRoutes(sounds, clock)
    staff = PeopleRoutes(SqlStaff(database, people.passwords), people, SqlDepartmentStore(database), clock)
    routes = (
        *(customers, kept, office, staff, events, after_call, callbacks, directory),
        MessageRoutes(messages, SqlHistory(database), audit, clock),
        *(recording, plans, schedules, prompts, MeasureRoutes(SqlMeasures(database), clock)),
    )
    return [operation for part in routes for operation in part.operations()]
