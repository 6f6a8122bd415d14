"""What Meta says of our numbers, kept for some minutes and corrected by webhooks: may they call at all?

What Meta could not be asked is not known, and stands in nobody's way: Meta will judge at `connect`.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from signaling.balance_guard import refuses
from signaling.eligibility import NumberFacts, Restriction, country_of, messaging_limit_of
from signaling.errors import NeighbourError
from signaling.events import AccountUpdated, AccountWarning, Direction, SettingsChanged, WebhookEvent
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import CallingSettings, PhoneNumberFields
from signaling.meta.health import HealthOf, health_of
from signaling.meta.reading import name, text, word
from signaling.ports import Clock, Number
from signaling.settings_at_meta import found_in, whole

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(minutes=10)
AGAIN: Final = timedelta(minutes=1)
"""After Meta could not be asked."""

SOONEST: Final = timedelta(seconds=5)
"""Between two questions that somebody asks by pressing a button."""

MOST_WAITING_S: Final = 3.0
TIER_LIMIT_CHARS: Final = 32


class NumberGraph(Protocol):
    """What of `signaling.meta.graph_api.GraphApi` is needed here."""

    async def settings(self, number: PhoneNumberId) -> CallingSettings: ...

    async def phone_number(self, number: PhoneNumberId) -> PhoneNumberFields: ...


@dataclass(frozen=True, slots=True)
class AtMeta:
    """Meta's side of a number, as of when it was asked."""

    calling_enabled: bool | None = None
    sip: bool | None = None
    coexistence: bool | None = None
    messaging_limit: int | None = None
    restrictions: tuple[Restriction, ...] = ()
    icon_hidden: bool | None = None  # the call button in chats
    places: Mapping[str, str] = field(default_factory=dict, hash=False)  # signaling.settings_at_meta
    verified_name: str = ""
    quality: str = ""  # GREEN, YELLOW, RED
    tier: str = ""  # messaging_limit_tier, as Meta spells it
    can_send: str = ""  # AVAILABLE, LIMITED, BLOCKED
    health: tuple[HealthOf, ...] = ()


NOTHING_KNOWN: Final = AtMeta()


@dataclass(frozen=True, slots=True)
class Looked:
    """What Meta last said, and why it could not be asked since; None: it answered, or nobody has asked."""

    at_meta: AtMeta | None
    failure: str | None
    at: datetime | None  # of the last answer


@dataclass
class MetaFacts:
    """`of` waits for Meta only the first time; later it answers at once and asks anew behind the scenes."""

    graph: NumberGraph
    clock: Clock
    _known: dict[PhoneNumberId, AtMeta] = field(default_factory=dict)
    _again_at: dict[PhoneNumberId, datetime] = field(default_factory=dict)
    _asking: dict[PhoneNumberId, asyncio.Task[None]] = field(default_factory=dict)
    _places: dict[PhoneNumberId, tuple[str, str]] = field(default_factory=dict)  # account, phone
    _failures: dict[PhoneNumberId, str] = field(default_factory=dict)  # of the last question
    _asked_at: dict[PhoneNumberId, datetime] = field(default_factory=dict)  # the last answer of any kind
    _answered_at: dict[PhoneNumberId, datetime] = field(default_factory=dict)

    async def of(self, number: Number) -> NumberFacts:
        pnid, now = number.phone_number_id, self.clock()
        asking = self._begin_if_due(number)
        if pnid not in self._known and asking is not None:
            await asyncio.wait([asking], timeout=MOST_WAITING_S)
        at_meta = self._known.get(pnid, AtMeta())
        return NumberFacts(
            outbound_enabled=number.outbound_enabled,
            country=country_of(number.phone),
            calling_enabled=at_meta.calling_enabled,
            sip=at_meta.sip,
            coexistence=at_meta.coexistence,
            messaging_limit=at_meta.messaging_limit,
            restrictions=at_meta.restrictions,
            has_template=number.has_template,
            template_refused=bool(number.templates) and not number.has_template,
            balance_low=refuses(number.balance_guard, number.balance, Direction.OUTBOUND, now),
            limits=number.limits,
        )

    async def look(self, number: Number) -> None:
        """Ask Meta if what is kept has grown old, and wait for the answer, though not long: numbers that are looked at
        one after another do not ask all at once."""
        asking = self._begin_if_due(number)
        if asking is not None:
            await asyncio.wait([asking], timeout=MOST_WAITING_S)

    def forget(self, number: PhoneNumberId) -> None:
        """What is known came by another token, or of another number: ask anew when somebody wants to know."""
        for known in (self._known, self._again_at, self._failures, self._asked_at, self._answered_at):
            known.pop(number, None)

    def looked(self, number: PhoneNumberId) -> Looked:
        """Without asking."""
        return Looked(self._known.get(number), self._failures.get(number), self._answered_at.get(number))

    def restrictions_of(self, number: Number) -> tuple[Restriction, ...]:
        """As last heard."""
        return self._known.get(number.phone_number_id, NOTHING_KNOWN).restrictions

    async def refresh(self, number: PhoneNumberId) -> None:
        """Ask Meta now, whatever is kept; not more often than every few seconds. Returns when it has answered."""
        asked_at = self._asked_at.get(number)
        if asked_at is not None and self.clock() - asked_at < SOONEST:
            return
        asking = self._asking.get(number) or self._begin(number)
        await asyncio.wait([asking], timeout=MOST_WAITING_S)

    def heard(self, event: WebhookEvent) -> None:
        """A webhook of Meta's about settings or punishments."""
        match event:
            case SettingsChanged(number=pnid, calling=calling):
                self._change(pnid, lambda known: _with_settings(known, calling))
            case AccountUpdated(warning=AccountWarning.RESTRICTION, types=types, expires_at=until):
                restrictions = tuple(Restriction(kind, until) for kind in types)
                for pnid in self._concerned(event):
                    self._change(pnid, lambda known: _restricted(known, restrictions))

    async def close(self) -> None:
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin_if_due(self, number: Number) -> asyncio.Task[None] | None:
        """The question that is open, if there is one."""
        pnid, now = number.phone_number_id, self.clock()
        self._places[pnid] = number.waba_id, number.phone.value
        if now >= self._again_at.get(pnid, now) and pnid not in self._asking:
            self._begin(pnid)
        return self._asking.get(pnid)

    def _begin(self, pnid: PhoneNumberId) -> asyncio.Task[None]:
        task = asyncio.create_task(self._ask(pnid), name="number-facts")
        self._asking[pnid] = task
        task.add_done_callback(lambda _: self._asking.pop(pnid, None))
        return task

    def _concerned(self, event: AccountUpdated) -> list[PhoneNumberId]:
        """The account's numbers; where Meta names none (`0`), or names a phone besides, that phone's."""
        phone = None if event.phone is None else event.phone.value
        return [
            pnid
            for pnid, (waba, own_phone) in self._places.items()
            if (waba == event.waba and phone in (None, own_phone)) or (phone is not None and phone == own_phone)
        ]

    def _change(self, pnid: PhoneNumberId, change: Callable[[AtMeta], AtMeta]) -> None:
        self._known[pnid] = change(self._known.get(pnid, AtMeta()))

    async def _ask(self, pnid: PhoneNumberId) -> None:
        try:
            settings, number = await asyncio.gather(self.graph.settings(pnid), self.graph.phone_number(pnid))
        except NeighbourError as error:
            log.warning("number_not_looked_up", code=error.failure.code)
            self._failures[pnid], self._asked_at[pnid] = error.failure.code, self.clock()
            self._again_at[pnid] = self.clock() + AGAIN
            return
        self._failures.pop(pnid, None)
        self._asked_at[pnid] = self._answered_at[pnid] = self.clock()
        self._again_at[pnid] = self.clock() + KEPT
        self._known[pnid] = AtMeta(
            calling_enabled=settings.status.upper() == "ENABLED",
            sip=settings.sip.status.upper() == "ENABLED",
            coexistence=number.is_on_biz_app,
            messaging_limit=messaging_limit_of(number.messaging_limit_tier),
            restrictions=tuple(
                Restriction(found.type, found.expires_at) for found in settings.restrictions.restrictions_list
            ),
            icon_hidden=settings.call_icon_visibility.upper() == "DISABLE_ALL",
            places=whole(settings.raw),
            verified_name=name(number.verified_name) or "",
            quality=word(number.quality_rating),
            tier=text(number.messaging_limit_tier, TIER_LIMIT_CHARS) or "",
            can_send=word(number.health_status.can_send_message),
            health=health_of(number.health_status),
        )


def _with_settings(known: AtMeta, calling: dict[str, object]) -> AtMeta:
    """A webhook brings only what changed."""
    status, sip, icon = calling.get("status"), calling.get("sip"), calling.get("call_icon_visibility")
    sip_status = sip.get("status") if isinstance(sip, dict) else None
    return replace(
        known,
        calling_enabled=status.upper() == "ENABLED" if isinstance(status, str) else known.calling_enabled,
        sip=sip_status.upper() == "ENABLED" if isinstance(sip_status, str) else known.sip,
        icon_hidden=icon.upper() == "DISABLE_ALL" if isinstance(icon, str) else known.icon_hidden,
        places={**known.places, **found_in(calling)},
    )


def _restricted(known: AtMeta, restrictions: tuple[Restriction, ...]) -> AtMeta:
    others = tuple(old for old in known.restrictions if old.kind not in {new.kind for new in restrictions})
    return replace(known, restrictions=(*others, *restrictions))
