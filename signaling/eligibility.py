"""Everything that must hold before a customer is called or asked: facts in, verdicts out. Pure.

Each check answers for one precondition; the checks stand in the order in which a person should hear of them: what only
an administrator can change, then what Meta has to say of the number, then the agent, then the customer. A fact that is
not known (None) stands in nobody's way: Meta itself will judge.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

import phonenumbers

from signaling import permission_verdicts
from signaling.balance_guard import TOO_LOW
from signaling.errors import Fault
from signaling.meta_rules import Limits
from signaling.permission import EMPTY, Ledger
from signaling.presence import Presence
from signaling.private import PhoneNumber
from signaling.verdict import Refused, Verdict

STOP_CALLS_OUT: Final = frozenset(
    {"RESTRICTED_BUSINESS_INITIATED_CALLING", "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING"}
)
"""Restrictions of Meta's (reference 2.10) under which a number may neither call nor ask."""


TEMPLATE_REFUSED: Final = Refused(
    "permission.template_refused", Fault.CONFIGURATION, rule="service_window_s", next_step="mend_template"
)


@dataclass(frozen=True, slots=True)
class Restriction:
    """Meta has punished a number. `until` None: until Meta lifts it."""

    kind: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """One of our numbers. `country`: two letters. `messaging_limit`: customers in 24 h that it may write to."""

    outbound_enabled: bool  # our own switch
    country: str | None = None
    calling_enabled: bool | None = None  # Meta's switch
    sip: bool | None = None
    coexistence: bool | None = None  # also used in the WhatsApp Business app
    messaging_limit: int | None = None
    restrictions: tuple[Restriction, ...] = ()
    has_template: bool = False  # a template that asks for permission is set, and Meta sends it
    template_refused: bool = False  # there is one, and Meta does not send it: rejected, paused, gone
    balance_low: bool = False  # below the floor under which an administrator lets nobody call
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """Who wants to call. Both grants must be there: the department's and the agent's own."""

    department_may_call: bool
    agent_may_call: bool
    presence: Presence | None = None  # None: not known here, as for an integrator's call


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    reachable: bool = True  # there is a phone number or a business-scoped id
    in_call: bool = False  # with this number of ours, now
    ledger: Ledger = EMPTY


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is asked about. `agent` None: nobody's page, but the gateway or an integrator acts."""

    number: NumberFacts
    agent: AgentFacts | None
    customer: CustomerFacts
    now: datetime
    risk_accepted: bool = False


Check = Callable[[Situation], Refused | None]


# ---- the checks ------------------------------------------------------------------------------------------------------


def outbound_is_on(s: Situation) -> Refused | None:
    if s.number.outbound_enabled:
        return None
    return Refused("number.outbound_off", Fault.CONFIGURATION, next_step="switch_outbound_on")


def department_may_call(s: Situation) -> Refused | None:
    if s.agent is None or s.agent.department_may_call:
        return None
    return Refused("department.may_not_call", Fault.CONFIGURATION, next_step="grant_department")


def agent_may_call(s: Situation) -> Refused | None:
    if s.agent is None or s.agent.agent_may_call:
        return None
    return Refused("agent.may_not_call", Fault.CONFIGURATION, next_step="grant_agent")


def country_may_call(s: Situation) -> Refused | None:
    if s.number.country is None or s.number.country not in s.number.limits.countries_without_outbound:
        return None
    return Refused(
        "number.country",
        Fault.CONFIGURATION,
        rule="countries_without_outbound",
        next_step="use_another_number",
        meta_code=138013,
    )


def is_no_coexistence(s: Situation) -> Refused | None:
    if s.number.coexistence is not True:
        return None
    return Refused("number.coexistence", Fault.CONFIGURATION, rule="coexistence", next_step="use_another_number")


def is_not_sip(s: Situation) -> Refused | None:
    if s.number.sip is not True:
        return None
    return Refused("number.sip", Fault.CONFIGURATION, next_step="switch_sip_off", meta_code=131055)


def calling_is_on(s: Situation) -> Refused | None:
    """A messaging limit that is too low keeps calling from being switched on; where it is on, it does not matter."""
    number, least = s.number, s.number.limits.messaging_limit_least
    if number.calling_enabled is not False:
        return None
    if number.messaging_limit is not None and number.messaging_limit < least:
        return Refused(
            "number.messaging_limit",
            Fault.LIMIT,
            rule="messaging_limit_least",
            limit=least,
            used=number.messaging_limit,
            next_step="raise_messaging_limit",
            meta_code=138015,
        )
    return Refused("number.calling_off", Fault.CONFIGURATION, next_step="switch_calling_on", meta_code=138000)


def is_not_restricted(s: Situation) -> Refused | None:
    holding = [
        restriction
        for restriction in s.number.restrictions
        if restriction.kind in STOP_CALLS_OUT and (restriction.until is None or s.now < restriction.until)
    ]
    if not holding:
        return None
    ends = [restriction.until for restriction in holding if restriction.until is not None]
    until = max(ends) if len(ends) == len(holding) else None
    return Refused("number.restricted", Fault.META, until, rule="quality_pause_s", next_step="wait", meta_code=138014)


def balance_is_enough(s: Situation) -> Refused | None:
    return TOO_LOW if s.number.balance_low else None


def agent_is_ready(s: Situation) -> Refused | None:
    if s.agent is None or s.agent.presence in (None, Presence.FREE, Presence.WRAP_UP):
        return None
    busy = s.agent.presence in (Presence.CLAIMING, Presence.IN_CALL)
    code, step = ("agent.busy", "finish_call") if busy else ("agent.not_ready", "get_ready")
    return Refused(code, Fault.OURS, next_step=step)


def customer_is_reachable(s: Situation) -> Refused | None:
    if s.customer.reachable:
        return None
    return Refused("customer.unreachable", Fault.CUSTOMER, next_step="add_whatsapp_number")


def customer_is_free(s: Situation) -> Refused | None:
    if not s.customer.in_call:
        return None
    return Refused("customer.in_call", Fault.LIMIT, rule="one_call_per_customer", next_step="wait", meta_code=138003)


def calling_is_permitted(s: Situation) -> Refused | None:
    verdict = _call_verdict(s)
    return verdict if isinstance(verdict, Refused) else None


def asking_is_permitted(s: Situation) -> Refused | None:
    verdict = _ask_verdict(s)
    return verdict if isinstance(verdict, Refused) else None


BEFORE_ASKING: Final[tuple[Check, ...]] = (
    outbound_is_on,
    department_may_call,
    agent_may_call,
    country_may_call,
    is_no_coexistence,
    is_not_sip,
    calling_is_on,
    is_not_restricted,
    customer_is_reachable,
    asking_is_permitted,
)
"""A request is a message: the agent need not be ready, and the customer may be in a call."""

BEFORE_CALLING: Final[tuple[Check, ...]] = (
    *BEFORE_ASKING[:-2],
    balance_is_enough,
    agent_is_ready,
    customer_is_reachable,
    customer_is_free,
    calling_is_permitted,
)


# ---- all of them -----------------------------------------------------------------------------------------------------


def may_call(situation: Situation) -> Verdict:
    """The first thing that stands in the way, or Allowed until the permission ends."""
    return next(iter(obstacles(situation, BEFORE_CALLING)), None) or _call_verdict(situation)


def may_ask(situation: Situation) -> Verdict:
    return next(iter(obstacles(situation, BEFORE_ASKING)), None) or _ask_verdict(situation)


def obstacles(situation: Situation, checks: tuple[Check, ...]) -> list[Refused]:
    """Everything that stands in the way, the most important first: a list to work through."""
    return [refused for check in checks if (refused := check(situation)) is not None]


def _call_verdict(s: Situation) -> Verdict:
    number = s.number
    return permission_verdicts.may_call(
        s.customer.ledger, s.now, number.limits, has_template=number.has_template, risk_accepted=s.risk_accepted
    )


def _ask_verdict(s: Situation) -> Verdict:
    number = s.number
    verdict = permission_verdicts.may_ask(s.customer.ledger, s.now, number.limits, has_template=number.has_template)
    missing = isinstance(verdict, Refused) and verdict.code == "permission.template_missing"
    return TEMPLATE_REFUSED if missing and number.template_refused else verdict


# ---- reading facts ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)  # shown to every agent who may call, with each change of theirs
def country_of(phone: PhoneNumber) -> str | None:
    """Two letters; None for a number of no country. Toll-free numbers follow their country code (reference 4.6)."""
    try:
        parsed = phonenumbers.parse(f"+{phone.value}")
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )
    return region if region and region.isalpha() and region != "ZZ" else None


_TIERS: Final = {
    **{"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000},
    "TIER_UNLIMITED": 2**31 - 1,
}


def messaging_limit_of(tier: str) -> int | None:
    """Graph's `messaging_limit_tier`; None for a word that we do not know."""
    return _TIERS.get(tier)
