"""Asks Meta by a token whether a number can be used: for one that is about to be added, and for one that is there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from signaling.eligibility import Restriction
from signaling.errors import NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import CallingSettings, PhoneNumberFields, SubscribedApps
from signaling.meta.reading import name
from signaling.meta_rules import Limits
from signaling.number_check import AppsSaid, Checked, NumberSaid, SettingsSaid
from signaling.ports import Clock
from signaling.private import PhoneNumber, Token
from signaling.readiness import WebhookFacts

MOST_APPS: Final = 10

T = TypeVar("T")


class ProbeGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here."""

    async def settings(self, number: PhoneNumberId) -> CallingSettings: ...

    async def phone_number(self, number: PhoneNumberId) -> PhoneNumberFields: ...

    async def subscribed_apps(self, via: PhoneNumberId, waba: str) -> SubscribedApps: ...


GraphWith = Callable[[Token | None], ProbeGraph]
"""Graph by a token of its own; None: by RAMAL_META_TOKEN."""


@dataclass(frozen=True)
class NumberProbe:
    """`webhook`: what is known of deliveries; it may raise NeighbourError."""

    graph_with: GraphWith
    webhook: Callable[[], Awaitable[WebhookFacts]]
    clock: Clock

    async def ask(
        self, phone_number_id: PhoneNumberId, waba: str, phone: PhoneNumber, limits: Limits, token: Token | None
    ) -> Checked:
        """Everything at once; whoever does not answer leaves a failure in its place."""
        graph = self.graph_with(token)
        (number, no_number), (settings, no_settings), (apps, no_apps), (webhook, _) = await asyncio.gather(
            _asked(graph.phone_number(phone_number_id)),
            _asked(graph.settings(phone_number_id)),
            _asked(graph.subscribed_apps(phone_number_id, waba)),
            _asked(self.webhook()),
        )
        return Checked(
            now=self.clock(),
            phone=phone,
            limits=limits,
            number=NumberSaid(no_number) if number is None else _number(number),
            settings=SettingsSaid(no_settings) if settings is None else _settings(settings),
            apps=AppsSaid(no_apps) if apps is None else _apps(apps),
            webhook=webhook,
        )


def _number(said: PhoneNumberFields) -> NumberSaid:
    return NumberSaid(
        digits="".join(letter for letter in said.display_phone_number[:40] if letter in "0123456789"),
        name=name(said.verified_name) or "",
        quality=said.quality_rating[:16],
        tier=said.messaging_limit_tier[:32],
        coexistence=said.is_on_biz_app,
    )


def _settings(said: CallingSettings) -> SettingsSaid:
    return SettingsSaid(
        enabled=said.status.upper() == "ENABLED",
        sip=said.sip.status.upper() == "ENABLED",
        restrictions=tuple(Restriction(each.type, each.expires_at) for each in said.restrictions.restrictions_list),
    )


def _apps(said: SubscribedApps) -> AppsSaid:
    names = (name(each.app.name) or name(each.app.id) or "?" for each in said.data[:MOST_APPS])
    return AppsSaid(apps=tuple(names))


async def _asked(question: Awaitable[T]) -> tuple[T | None, str | None]:
    try:
        return await question, None
    except NeighbourError as error:
        return None, error.failure.code
