"""`/api/v1/event-subscriptions`: where events go, what became of them, holding them back and sending them again."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from pydantic import AwareDatetime, Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import Problem, bad_request, invalid, not_found
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query
from gateway.guarded_http import URL_LIMIT_CHARS, Forbidden, GuardedHttp
from gateway.outbox import signed_headers
from signaling.announcements import VERSION, EventKind
from signaling.integrator_contract import Moment, iso
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import By, Entry, SqlAudit
from store.subscriptions import NewSubscription, SqlSubscriptionStore, Subscription

MANAGES: Final = Access(Scope.EVENTS_MANAGE, ADMINISTRATORS)
ID: Final = {"id": "[1-9][0-9]{0,8}"}
TEST: Final = "subscription.test"
"""The `type` of a test delivery. It is no EventKind: nobody subscribes to it, and nothing has happened."""
AMBIGUOUS: Final = "Give since or event_id, or neither for what was given up."


class SubscriptionForm(Form):
    url: Annotated[str, Field(min_length=1, max_length=URL_LIMIT_CHARS, description="HTTPS at a public address.")]
    description: Annotated[str, Field(max_length=200)] = ""
    types: Annotated[
        list[Annotated[EventKind, Field(strict=False)]] | None,
        Field(min_length=1, description="null: all, also those that later versions add."),
    ] = None


class SubscriptionLine(Answer):
    id: int
    url: str
    description: str
    types: list[str] | None
    created_at: Moment
    failures: Annotated[int, Field(description="Deliveries in a row that did not work.")]
    paused_until: Annotated[Moment | None, Field(description="Nothing is tried before this, as nothing arrived.")]
    held_at: Annotated[Moment | None, Field(description="Since when somebody holds it back; events wait.")]
    waiting: Annotated[int, Field(description="Deliveries that wait.")]
    dead: Annotated[int, Field(description="Deliveries that were given up; `replay` sends them again.")]


class SubscriptionMade(SubscriptionLine):
    secret: Annotated[str, Field(description="Signs every delivery. It is never shown again.")]


class SubscriptionsAnswer(Answer):
    subscriptions: list[SubscriptionLine]
    kinds: Annotated[list[EventKind], Field(description="All `types` that there are.")]


class DeliveriesQuery(Query):
    state: Literal["pending", "delivered", "dead"] | None = None
    limit: Annotated[Digits, Field(ge=1, le=200)] = 50
    before: Annotated[Digits | None, Field(ge=1, description="`next` of the page before.")] = None


class DeliveryLine(Answer):
    event_id: str
    type: str
    subject: str
    sequence: int
    happened_at: Moment
    state: Annotated[str, Field(description="pending, delivered, or dead: given up.")]
    attempts: int
    last_at: Moment | None
    last_result: Annotated[str | None, Field(description="http.500, network.timeout, forbidden.private_address …")]
    last_took_ms: int | None
    next_at: Moment | None


class DeliveriesAnswer(Answer):
    """Newest first."""

    deliveries: list[DeliveryLine]
    next: str | None


class ReplayForm(Form):
    """One of the two, or neither: then what was given up is sent again."""

    since: Annotated[AwareDatetime | None, Field(strict=False)] = None
    event_id: Annotated[str | None, Field(min_length=1, max_length=36)] = None


class HeldForm(Form):
    held: Annotated[bool, Field(description="true: events wait; false: what waited is sent, in order.")]


class Tested(Answer):
    event_id: Annotated[str, Field(description="`webhook-id` of the test, whose `type` is `subscription.test`.")]
    taken: Annotated[bool, Field(description="The receiver answered 2xx.")]
    result: Annotated[str, Field(description="http.204, http.500, network.timeout, forbidden.private_address …")]
    took_ms: int


class Replayed(Answer):
    events: Annotated[int, Field(description="How many will be sent: at most 10,000, the oldest first.")]


class EventRoutes:
    def __init__(
        self,
        store: SqlSubscriptionStore,
        audit: SqlAudit,
        http: GuardedHttp,
        timeout_s: float,
        changed: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._store, self._audit, self._http, self._timeout_s = store, audit, http, timeout_s
        self._changed, self._clock = changed, clock

    def operations(self) -> list[Operation]:
        operation = partial(Operation, access=MANAGES, tag="events")
        root, one = "/event-subscriptions", "/event-subscriptions/{id}"
        return [
            operation(
                *("listSubscriptions", "GET", root, "Where events go."), answer=SubscriptionsAnswer, handler=self.all
            ),
            operation(
                *("subscribe", "POST", root, "Have events sent to an address, from now on."),
                body=SubscriptionForm,
                answer=SubscriptionMade,
                handler=self.add,
                status=201,
                errors={422: "Nothing is sent to this address; `problems` says why."},
            ),
            operation(
                *("getSubscription", "GET", one, "One subscription."),
                path_patterns=ID,
                answer=SubscriptionLine,
                handler=self.one,
            ),
            operation(
                *("unsubscribe", "DELETE", one, "Send nothing more, also not what waits."),
                path_patterns=ID,
                answer=None,
                handler=self.remove,
                status=204,
            ),
            operation(
                *("holdSubscription", "PUT", f"{one}/held", "Let events wait, or send what waited."),
                path_patterns=ID,
                body=HeldForm,
                answer=SubscriptionLine,
                handler=self.hold,
            ),
            operation(
                *("testSubscription", "POST", f"{one}/test", "Send a signed test now, once, and say what came of it."),
                path_patterns=ID,
                answer=Tested,
                handler=self.test,
            ),
            operation(
                *("listDeliveries", "GET", f"{one}/deliveries", "What became of each event."),
                path_patterns=ID,
                query=DeliveriesQuery,
                answer=DeliveriesAnswer,
                handler=self.log,
            ),
            operation(
                *("replay", "POST", f"{one}/replay", "Send events again, with the ids they had."),
                path_patterns=ID,
                body=ReplayForm,
                answer=Replayed,
                handler=self.replay,
                status=202,
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> SubscriptionsAnswer:
        subscriptions = [_line(each) for each in await self._store.all(asked.who.reach)]
        return SubscriptionsAnswer(subscriptions=subscriptions, kinds=list(EventKind))

    async def add(self, asked: Asked[SubscriptionForm, Nothing]) -> SubscriptionMade:
        form, now = asked.body, self._clock()
        try:
            self._http.guard.check_url(form.url)
        except Forbidden as forbidden:
            raise invalid([Problem(field="url", code=forbidden.reason)]) from None
        kinds = None if form.types is None else frozenset(form.types)
        new = NewSubscription(form.url, form.description, kinds, asked.who.reach)
        made, secret = await self._store.add(new, now, asked.who.actor)
        self._changed()
        return SubscriptionMade(**_line(made).model_dump(), secret=secret.value)

    async def one(self, asked: Asked[Nothing, Nothing]) -> SubscriptionLine:
        return _line(await self._known(asked))

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        if not await self._store.remove(int(asked.path["id"]), self._clock(), asked.who.reach, asked.who.actor):
            raise not_found()
        self._changed()

    async def hold(self, asked: Asked[HeldForm, Nothing]) -> SubscriptionLine:
        by = By(asked.who.actor, self._clock())
        found = await self._store.hold(int(asked.path["id"]), asked.body.held, by, asked.who.reach)
        if found is None:
            raise not_found()
        self._changed()
        return _line(found)

    async def test(self, asked: Asked[Nothing, Nothing]) -> Tested:
        """By the same way as events, also while the receiver is held back. It stands in no log but the audit."""
        subscription, now = await self._known(asked), self._clock()
        secret = await self._store.secret_of(subscription.id, asked.who.reach)
        if secret is None:
            raise not_found()
        event_id, subject = str(uuid4()), f"subscription:{subscription.id}"
        told = {"id": event_id, "type": TEST, "version": VERSION, "at": iso(now), "subject": subject}
        body = json.dumps({**told, "sequence": 1, "data": {}}).encode()
        headers, loop = signed_headers(secret, event_id, now, body), asyncio.get_running_loop()
        begun = loop.time()
        answer = await self._http.post(subscription.url, body, headers, self._timeout_s)
        took_ms = round((loop.time() - begun) * 1_000)
        about: dict[str, str | int] = {"result": answer.result, "took_ms": took_ms}
        await self._audit.append(Entry(now, asked.who.actor, "events.tested", subject, about))
        return Tested(event_id=event_id, taken=answer.is_fine, result=answer.result, took_ms=took_ms)

    async def log(self, asked: Asked[Nothing, DeliveriesQuery]) -> DeliveriesAnswer:
        query, subscription = asked.query, await self._known(asked)
        lines, following = await self._store.log(
            subscription.id, state=query.state, limit=query.limit, cursor=query.before
        )
        deliveries = [
            DeliveryLine(
                event_id=line.event_id,
                type=line.kind,
                subject=line.subject,
                sequence=line.sequence,
                happened_at=line.happened_at,
                state=line.state,
                attempts=line.attempts,
                last_at=line.last_at,
                last_result=line.last_result,
                last_took_ms=line.last_took_ms,
                next_at=line.next_at,
            )
            for line in lines
        ]
        return DeliveriesAnswer(deliveries=deliveries, next=None if following is None else str(following))

    async def replay(self, asked: Asked[ReplayForm, Nothing]) -> Replayed:
        form, subscription = asked.body, await self._known(asked)
        if form.since is not None and form.event_id is not None:
            raise bad_request(AMBIGUOUS)
        count = await self._store.replay(
            subscription.id, self._clock(), since=form.since, event_id=form.event_id, by=asked.who.actor
        )
        self._changed()
        return Replayed(events=count)

    async def _known(self, asked: Asked[Any, Any]) -> Subscription:
        found = await self._store.get(int(asked.path["id"]), asked.who.reach)
        if found is None:
            raise not_found()
        return found


def _line(subscription: Subscription) -> SubscriptionLine:
    return SubscriptionLine(
        id=subscription.id,
        url=subscription.url,
        description=subscription.description,
        types=None if subscription.kinds is None else list(subscription.kinds),
        created_at=subscription.created_at,
        failures=subscription.failures,
        paused_until=subscription.paused_until,
        held_at=subscription.held_at,
        waiting=subscription.waiting,
        dead=subscription.dead,
    )
