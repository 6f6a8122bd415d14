"""`/api/v1/event-subscriptions`: where events go, what became of them, and sending them again."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import bad_request, not_found
from gateway.api.operations import Answer, Asked, Digits, Form, Nothing, Operation, Query
from gateway.guarded_http import URL_LIMIT_CHARS, Forbidden, Guard
from signaling.announcements import EventKind
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.subscriptions import NewSubscription, SqlSubscriptionStore, Subscription

MANAGES: Final = Access(Scope.EVENTS_MANAGE, ADMINISTRATORS)
ID: Final = {"id": "[1-9][0-9]{0,8}"}
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
    paused_until: Moment | None


class SubscriptionMade(SubscriptionLine):
    secret: Annotated[str, Field(description="Signs every delivery. It is never shown again.")]


class SubscriptionsAnswer(Answer):
    subscriptions: list[SubscriptionLine]


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


class Replayed(Answer):
    events: Annotated[int, Field(description="How many will be sent: at most 10,000, the oldest first.")]


class EventRoutes:
    def __init__(
        self, store: SqlSubscriptionStore, audit: SqlAudit, guard: Guard, changed: Callable[[], None], clock: Clock
    ) -> None:
        self._store, self._audit, self._guard = store, audit, guard
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
        return SubscriptionsAnswer(subscriptions=[_line(each) for each in await self._store.all(asked.who.reach)])

    async def add(self, asked: Asked[SubscriptionForm, Nothing]) -> SubscriptionMade:
        form, now = asked.body, self._clock()
        try:
            self._guard.check_url(form.url)
        except Forbidden as forbidden:
            raise bad_request(f"Missing or wrong: url ({forbidden.reason}).") from None
        kinds = None if form.types is None else frozenset(form.types)
        new = NewSubscription(form.url, form.description, kinds, asked.who.reach)
        made, secret = await self._store.add(new, now)
        await self._audit.append(Entry(now, asked.who.actor, "events.subscribed", f"subscription:{made.id}"))
        self._changed()
        return SubscriptionMade(**_line(made).model_dump(), secret=secret.value)

    async def one(self, asked: Asked[Nothing, Nothing]) -> SubscriptionLine:
        return _line(await self._known(asked))

    async def remove(self, asked: Asked[Nothing, Nothing]) -> None:
        now, subscription = self._clock(), int(asked.path["id"])
        if not await self._store.remove(subscription, now, asked.who.reach):
            raise not_found()
        await self._audit.append(Entry(now, asked.who.actor, "events.unsubscribed", f"subscription:{subscription}"))
        self._changed()

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
        count = await self._store.replay(subscription.id, self._clock(), since=form.since, event_id=form.event_id)
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
    )
