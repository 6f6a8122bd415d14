"""`/api/v1/push`: an agent's browser says that it may be woken when a call rings, or not any more."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.door import EVERYBODY, Access
from gateway.api.errors import ApiError
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.web_push import PushKey, UnusableSubscription, check
from signaling.ports import Clock
from store.push import PushSubscription, SqlPush

MINE: Final = Access(roles=EVERYBODY)

Endpoint = Annotated[str, Field(min_length=10, max_length=1_000, description="As the browser's Push API gives it.")]


class PushKeyAnswer(Answer):
    public_key: Annotated[str, Field(description="`applicationServerKey`, base64url (RFC 8292 §3.2).")]


class SubscriptionForm(Form):
    endpoint: Endpoint
    p256dh: Annotated[str, Field(max_length=200)]
    auth: Annotated[str, Field(max_length=100)]
    language: Literal["pt-BR", "en", "es"] = "pt-BR"


class ForgetForm(Form):
    endpoint: Endpoint


class PushRoutes:
    """`more_hosts` as in `gateway.web_push.check`."""

    def __init__(
        self, store: SqlPush, key: Callable[[], Awaitable[PushKey]], more_hosts: frozenset[str], clock: Clock
    ) -> None:
        self._store, self._key, self._more_hosts, self._clock = store, key, more_hosts, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="readPushKey",
                method="GET",
                path="/push/key",
                summary="The key by which push services know this gateway.",
                access=MINE,
                answer=PushKeyAnswer,
                handler=self.key,
                tag="push",
            ),
            Operation(
                name="savePushSubscription",
                method="PUT",
                path="/push/subscriptions",
                summary="My browser may be woken when a call rings for me. Repeating it changes nothing.",
                access=MINE,
                body=SubscriptionForm,
                answer=None,
                status=204,
                handler=self.save,
                errors={422: "The address is of no push service that browsers use, or its keys are none."},
                tag="push",
            ),
            Operation(
                name="forgetPushSubscription",
                method="POST",
                path="/push/subscriptions/forget",
                summary="My browser must not be woken any more.",
                access=MINE,
                body=ForgetForm,
                answer=None,
                status=204,
                handler=self.forget,
                tag="push",
            ),
        ]

    async def key(self, _asked: Asked[Nothing, Nothing]) -> PushKeyAnswer:
        return PushKeyAnswer(public_key=(await self._key()).public)

    async def save(self, asked: Asked[SubscriptionForm, Nothing]) -> None:
        assert asked.who.agent is not None
        form = asked.body
        subscription = PushSubscription(form.endpoint, form.p256dh, form.auth, form.language)
        try:
            check(subscription, self._more_hosts)
        except UnusableSubscription as error:
            raise ApiError(422, error.reason, "This browser's push address cannot be used.") from None
        await self._store.save(asked.who.agent.id, subscription, self._clock())

    async def forget(self, asked: Asked[ForgetForm, Nothing]) -> None:
        assert asked.who.agent is not None
        await self._store.forget(asked.body.endpoint, asked.who.agent.id)
