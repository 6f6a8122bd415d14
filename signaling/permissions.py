"""May we call or ask this customer now? Keeps the ledgers of permission true, sends requests, and tells who listens.

What Meta's webhooks and answers say goes into the ledgers; before a call Meta itself is asked, unless it has just
answered or cannot be reached in time: then our own count decides, and Meta has the last word at `connect`.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from weakref import WeakValueDictionary

import structlog

from signaling import eligibility
from signaling.call import Call, State
from signaling.eligibility import AgentFacts, CustomerFacts, NumberFacts, Situation, country_of
from signaling.errors import NeighbourError
from signaling.events import (
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    Customer,
    CustomerWrote,
    Direction,
    MessageDelivered,
    MessageFailed,
    OutboundStatus,
    PermissionReplied,
    WebhookEvent,
)
from signaling.ids import AgentId, ContactId, NumberId, PhoneNumberId
from signaling.meta.graph_answers import CallPermissions, MessageSent
from signaling.meta.graph_errors import GraphError, GraphUnreachable
from signaling.meta.graph_requests import Body, Callee, callee_of
from signaling.meta.permission_reading import end_of_second, moment_reference, reply_of, told_of
from signaling.meta.refusals import allowed_at_of, is_about_template, meta_code_of, refused_by_meta
from signaling.onlookers import Onlookers
from signaling.operators import department_lets, may_call_with
from signaling.permission import Ledger
from signaling.permission_events import (
    SYSTEM,
    Asked,
    AskedBy,
    Asker,
    AskingRefused,
    CallConnected,
    CallingRefused,
    CallUnanswered,
    Event,
    Granted,
    Reference,
    RequestDelivered,
    RequestFailed,
    RequestKind,
    Source,
    reference_of,
)
from signaling.permission_verdicts import Standing, request_kind, standing
from signaling.ports import Agent, Clock, LedgerChange, Number, NumberStore, PermissionStore
from signaling.presence import Presence
from signaling.private import PhoneNumber, Wacid
from signaling.verdict import Allowed, Refused, Verdict

log = structlog.get_logger(__name__)

ANSWER_KEPT_S: Final = 10.0
"""Meta is not asked again about a pair within this time, unless something has happened to the pair."""

MOST_WAITING_S: Final = 2.0
"""An agent who presses call waits no longer for Meta's answer."""

QUIET_S: Final = 60.0
"""A customer who writes much opens the service window again at most this often: it closes that much earlier for us."""

WRITERS_KEPT: Final = 10_000
EARLY_KEPT: Final = 1_000


class PermissionGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here."""

    async def request_permission(
        self, number: PhoneNumberId, callee: Callee, text: str | None = None
    ) -> MessageSent: ...

    async def send_template(
        self, number: PhoneNumberId, callee: Callee, name: str, language: str, components: list[Body] = ...
    ) -> MessageSent: ...

    async def call_permissions(
        self, number: PhoneNumberId, callee: Callee, *, fresh: bool = False
    ) -> CallPermissions: ...


class Facts(Protocol):
    """What is known of our numbers at Meta: `signaling.number_facts`."""

    async def of(self, number: Number) -> NumberFacts: ...


@dataclass(frozen=True, slots=True)
class PermissionChanged:
    """A pair stands differently now. `standing` is as of `at`; its end, if it has one, is in it. `matters_to`: the
    agents who have asked about this customer, and whose pages may show them; None: everybody."""

    at: datetime
    number: NumberId
    contact: ContactId
    customer: Customer
    standing: Standing
    matters_to: frozenset[AgentId] | None = None


Listener = Callable[[PermissionChanged], None]


class Permissions:
    """`presence_of`: an agent as the desk knows it. `in_call`: whether this number talks with this customer now."""

    def __init__(
        self,
        *,
        store: PermissionStore,
        numbers: NumberStore,
        graph: PermissionGraph,
        facts: Facts,
        presence_of: Callable[[AgentId], Presence | None],
        in_call: Callable[[NumberId, Customer], bool],
        clock: Clock,
    ) -> None:
        self._store, self._numbers, self._graph, self._facts = store, numbers, graph, facts
        self._presence_of, self._in_call, self._clock = presence_of, in_call, clock
        self._listeners: list[Listener] = []
        self._locks: WeakValueDictionary[tuple[NumberId, Callee], asyncio.Lock] = WeakValueDictionary()
        self._wrote: dict[tuple[PhoneNumberId, Callee], datetime] = {}
        self._early: dict[Reference, RequestDelivered | RequestFailed] = {}
        self._changed_at: dict[tuple[NumberId, ContactId], datetime] = {}
        self._onlookers = Onlookers()
        self.on_template_refused: Callable[[NumberId], None] = lambda _number: None
        """Called when Meta did not send a number's template: what is known of it is old."""

    def listen(self, listener: Listener) -> Callable[[], None]:
        """`listener` hears of every change, on the event loop, and must not raise. Returns how to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # ---- what may be done --------------------------------------------------------------------------------------------

    async def may_call(
        self, number: Number, callee: Callee, agent: Agent | None = None, *, risk_accepted: bool = False
    ) -> Verdict:
        """Right before `connect`: asks Meta, too, unless something nearer stands in the way. Raises NeighbourError."""
        situation = await self._situation(number, callee, agent, risk_accepted)
        if nearer := eligibility.obstacles(situation, eligibility.BEFORE_CALLING[:-1]):
            return nearer[0]
        if await self._ask_meta(number, callee, situation.customer.ledger):
            situation = await self._situation(number, callee, agent, risk_accepted)
        return eligibility.may_call(situation)

    async def may_ask(self, number: Number, callee: Callee, agent: Agent | None = None) -> Verdict:
        """From what is known here, as a page shows it. Raises NeighbourError (store)."""
        return eligibility.may_ask(await self._situation(number, callee, agent))

    async def may_call_as_known(self, number: Number, callee: Callee, agent: Agent | None = None) -> Verdict:
        """The same as `may_call`, without asking Meta: for pages and lists."""
        return eligibility.may_call(await self._situation(number, callee, agent))

    async def obstacles(self, number: Number, callee: Callee, agent: Agent | None = None) -> list[Refused]:
        """Everything that stands in the way of a call, the most important first."""
        return eligibility.obstacles(await self._situation(number, callee, agent), eligibility.BEFORE_CALLING)

    async def standing(self, number: Number, callee: Callee) -> Standing:
        """The pair at a glance, agents and numbers aside."""
        known = await self._store.find(number, _customer(callee))
        has_template = number.has_template
        return standing(known.ledger, self._clock(), number.limits, has_template=has_template)

    # ---- asking the customer -----------------------------------------------------------------------------------------

    async def ask(
        self,
        number: Number,
        callee: Callee,
        agent: Agent | None = None,
        text: str | None = None,
        by: Asker = SYSTEM,
    ) -> Verdict:
        """Send a request for permission, free-form or as a template, as the service window demands. `by`: who asks,
        where it is no agent.

        Meta is asked first, so that a permission which we have not heard of costs no message. Refused: nothing was
        sent, or Meta did not take it. Raises NeighbourError when it is not known whether it was
        sent (then it counts as sent), and when the store is away.
        """
        async with self._lock_of(number, callee):  # two agents at once are one request
            situation = await self._situation(number, callee, agent)
            if nearer := eligibility.obstacles(situation, eligibility.BEFORE_ASKING[:-1]):
                return nearer[0]
            if await self._ask_meta(number, callee, situation.customer.ledger):
                situation = await self._situation(number, callee, agent)
            verdict = eligibility.may_ask(situation)
            if isinstance(verdict, Refused):
                return verdict
            kind = request_kind(situation.customer.ledger, situation.now, number.limits)
            by = by if agent is None else Asker(AskedBy.AGENT, agent.id)
            return await self._send(number, callee, kind, text, by)

    async def _send(self, number: Number, callee: Callee, kind: RequestKind, text: str | None, by: Asker) -> Verdict:
        pnid = number.phone_number_id
        template = number.template_for(country_of(callee) if isinstance(callee, PhoneNumber) else None)
        try:
            if kind is RequestKind.FREE_FORM:
                sent = await self._graph.request_permission(pnid, callee, text or number.asking.text or None)
            else:
                assert template is not None, "eligibility lets no template pass that is not there"
                sent = await self._graph.send_template(pnid, callee, template.name, template.language)
        except NeighbourError as error:
            now = self._clock()
            return await self._not_sent(number, callee, Asked(now, moment_reference(now), kind, by), error)
        customer = _customer(callee).completed_by(Customer(phone=sent.sent_to.phone, bsuid=sent.sent_to.bsuid))
        if isinstance(callee, PhoneNumber) and sent.sent_to.phone not in (None, callee):
            customer = Customer(phone=sent.sent_to.phone, bsuid=sent.sent_to.bsuid)
            await self._store.same_person(number, callee, customer)
        reference = reference_of(sent.message_id)
        await self._add(number, customer, Asked(self._clock(), reference, kind, by))
        if (early := self._early.pop(reference, None)) is not None:
            await self._add_to_request(number, early)
        log.info("permission_asked", number=number.id, kind=kind.value)
        return Allowed()

    async def _not_sent(self, number: Number, callee: Callee, asked: Asked, error: NeighbourError) -> Verdict:
        """`asked`: the request, if it was sent after all."""
        now, reference, code = asked.at, asked.reference, meta_code_of(error.failure)
        customer = _customer(callee)
        if (
            isinstance(error, GraphError | GraphUnreachable) and error.perhaps_done
        ):  # counting a request too many costs a day; one too few, nothing
            await self._add(number, customer, asked)
            raise error
        if code == 138009:
            await self._add(number, customer, AskingRefused(now, reference))
        elif code == 138017:
            await self._add(number, customer, Granted(now, reference, True, None, Source.META))
        if is_about_template(error.failure):
            self.on_template_refused(number.id)
        log.info("permission_request_refused", number=number.id, code=error.failure.code)
        return refused_by_meta(error.failure, now, allowed_at_of(error))

    # ---- what happened -----------------------------------------------------------------------------------------------

    async def note_connected(
        self, number: Number, customer: Customer, wacid: Wacid, at: datetime, direction: Direction = Direction.OUTBOUND
    ) -> None:
        """Somebody picked up at `at`. Saying it twice, or after a webhook did, is saying it once."""
        await self._add(number, customer, CallConnected(end_of_second(at), reference_of(wacid.value), direction))

    async def note_unanswered(self, number: Number, customer: Customer, wacid: Wacid, at: datetime) -> None:
        """A call of ours ended at `at` without being picked up: declined, rung in vain, or given up by the agent."""
        await self._add(number, customer, CallUnanswered(at, reference_of(wacid.value)))

    async def note_refused(self, number: Number, callee: Callee, error: NeighbourError) -> Refused:
        """Meta refused `connect`: what that tells of the pair is kept. Returns the refusal in our words."""
        now, code = self._clock(), meta_code_of(error.failure)
        if code in (138006, 138012):
            until = allowed_at_of(error)
            await self._add(
                number, _customer(callee), CallingRefused(now, moment_reference(now), code == 138006, until)
            )
        return refused_by_meta(error.failure, now, allowed_at_of(error))

    async def heard(self, event: WebhookEvent) -> None:
        """Whatever Meta's webhooks tell. Raises NeighbourError when the store is away: deliver it again later."""
        if not isinstance(event, _Heard):
            return
        number_id = event.number
        writer = callee_of(event.customer) if isinstance(event, CustomerWrote) else None
        if writer is not None and self._wrote_lately(number_id, writer, event.at):
            return
        number = await self._numbers.by_phone_number_id(number_id)
        if number is not None:
            await self._heard(number, event)
        if writer is not None:
            self._remember_writer(number_id, writer, event.at)

    async def _heard(self, number: Number, event: "_Heard") -> None:
        match event:
            case PermissionReplied():
                await self._add(number, event.customer, reply_of(event))
            case MessageFailed():
                code = event.errors[0].code if event.errors else 0
                await self._add_to_request(number, RequestFailed(event.at, reference_of(event.message_id), code))
            case MessageDelivered():
                await self._add_to_request(number, RequestDelivered(event.at, reference_of(event.message_id)))
            case CallOffered() | CustomerWrote():
                if event.customer != Customer():
                    change = await self._store.open_window(
                        number, event.customer, event.at, by_call=isinstance(event, CallOffered)
                    )
                    self._publish(number, change)
            case CallStatusChanged(status=OutboundStatus.ACCEPTED):
                await self.note_connected(number, event.customer, event.wacid, event.at)
            case CallTerminated(direction=direction, started_at=started_at) if started_at is not None:
                way = direction or Direction.INBOUND
                await self.note_connected(number, event.customer, event.wacid, started_at, way)
            case CallTerminated(direction=Direction.OUTBOUND, failed=False):
                await self.note_unanswered(number, event.customer, event.wacid, event.at)

    # ---- inside ------------------------------------------------------------------------------------------------------

    async def _situation(
        self, number: Number, callee: Callee, agent: Agent | None, risk_accepted: bool = False
    ) -> Situation:
        if agent is not None:
            self._onlookers.look(number.id, callee, agent.id, self._clock())
        known = await self._store.find(number, _customer(callee))
        customer = known.customer.completed_by(_customer(callee))
        return Situation(
            number=await self._facts.of(number),
            agent=None if agent is None else self._agent_facts(number, agent),
            customer=CustomerFacts(
                reachable=callee.value != "", in_call=self._in_call(number.id, customer), ledger=known.ledger
            ),
            now=self._clock(),
            risk_accepted=risk_accepted,
        )

    def _agent_facts(self, number: Number, agent: Agent) -> AgentFacts:
        granted = may_call_with(agent, number)
        return AgentFacts(department_lets(agent, number), granted, self._presence_of(agent.id))

    async def _ask_meta(self, number: Number, callee: Callee, ledger: Ledger) -> bool:
        """Whether Meta answered, and the ledger may be another now."""
        now = self._clock()
        if ledger.told_at is not None and now - ledger.told_at < timedelta(seconds=ANSWER_KEPT_S):
            known = await self._store.find(number, _customer(callee))
            contact = known.contact
            changed_at = None if contact is None else self._changed_at.get((number.id, contact))
            if changed_at is None or changed_at <= ledger.told_at:
                return False
        try:
            async with asyncio.timeout(MOST_WAITING_S):
                answer = await self._graph.call_permissions(number.phone_number_id, callee, fresh=True)
        except (NeighbourError, TimeoutError) as error:
            code = error.failure.code if isinstance(error, NeighbourError) else "timeout"
            log.warning("permission_not_looked_up", number=number.id, code=code)
            return False
        await self._add(number, _customer(callee), told_of(answer, now))
        return True

    async def _add(self, number: Number, customer: Customer, event: Event) -> None:
        if customer == Customer():
            log.warning("permission_of_nobody", event_kind=type(event).__name__)
            return
        self._publish(number, await self._store.add(number, customer, event))

    async def _add_to_request(self, number: Number, event: RequestDelivered | RequestFailed) -> None:
        # Of another message, most likely; or the webhook was quicker than we. It is kept before anybody looks: then a
        # request finds it that is written meanwhile.
        self._early[event.reference] = event
        while len(self._early) > EARLY_KEPT:
            self._early.pop(next(iter(self._early)))
        change = await self._store.add_to_request(number, event.reference, event)
        if change is not None:
            self._early.pop(event.reference, None)
            self._publish(number, change)

    async def tell_ended(self, limit: int = 100) -> int:
        """Tell of the pairs whose permission or request has ended by time alone; how many there were, at most `limit`.
        Raises NeighbourError."""
        now = self._clock()
        ended = await self._store.tell_ended(now, limit)
        for pair in ended:
            number = await self._numbers.by_id(pair.number)
            if number is not None:
                self._tell(number, pair.contact, pair.customer, pair.ledger, now)
        return len(ended)

    async def next_end(self) -> datetime | None:
        """Raises NeighbourError."""
        return await self._store.next_end()

    def _tell(self, number: Number, contact: ContactId, customer: Customer, ledger: Ledger, now: datetime) -> None:
        after = standing(ledger, now, number.limits, has_template=number.has_template)
        matters_to = self._onlookers.of(number.id, customer, now)
        changed = PermissionChanged(now, number.id, contact, customer, after, matters_to)
        for listener in list(self._listeners):
            listener(changed)

    def _publish(self, number: Number, change: LedgerChange) -> None:
        if change.before == change.after:
            return
        now, has_template = self._clock(), number.has_template
        if change.after.told_at == change.before.told_at:
            self._changed_at[number.id, change.contact] = now
            while len(self._changed_at) > WRITERS_KEPT:
                self._changed_at.pop(next(iter(self._changed_at)))
        before = standing(change.before, now, number.limits, has_template=has_template)
        after = standing(change.after, now, number.limits, has_template=has_template)
        if before != after:
            self._tell(number, change.contact, change.customer, change.after, now)

    def _wrote_lately(self, number: PhoneNumberId, writer: Callee, at: datetime) -> bool:
        before = self._wrote.get((number, writer))
        return before is not None and at - before < timedelta(seconds=QUIET_S)

    def _remember_writer(self, number: PhoneNumberId, writer: Callee, at: datetime) -> None:
        self._wrote.pop((number, writer), None)
        self._wrote[number, writer] = at
        while len(self._wrote) > WRITERS_KEPT:
            self._wrote.pop(next(iter(self._wrote)))

    def _lock_of(self, number: Number, callee: Callee) -> asyncio.Lock:
        return self._locks.setdefault((number.id, callee), asyncio.Lock())


_Heard = (
    PermissionReplied
    | MessageFailed
    | MessageDelivered
    | CallOffered
    | CustomerWrote
    | CallStatusChanged
    | CallTerminated
)


def _customer(callee: Callee) -> Customer:
    return Customer(phone=callee) if isinstance(callee, PhoneNumber) else Customer(bsuid=callee)


def in_call(calls: Iterable[Call], number: NumberId, customer: Customer) -> bool:
    """Whether one of these calls is this number's with this customer, and not over."""
    names = {name for name in (customer.phone, customer.bsuid) if name is not None}
    return any(
        call.number == number and call.state is not State.ENDED and names & {call.customer.phone, call.customer.bsuid}
        for call in calls
    )
