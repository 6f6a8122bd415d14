"""Does a number work, and what is missing? Every precondition of a call, from facts to a list that people read. Pure.

A fact that nobody could find out (None) is `unknown`: it is never taken for fine, and never for missing. `eligibility`
answers whether one call may be placed now; here somebody sets a number up, or looks for why nothing rings.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from signaling.balance_guard import NO_GUARD as NO_BALANCE_GUARD
from signaling.balance_guard import Balance, BalanceGuard, Standing, effect_of, standing_of
from signaling.eligibility import STOP_CALLS_OUT, NumberFacts
from signaling.hours_at_meta import HoursState
from signaling.number_alerts import STOP_CALLS_IN
from signaling.pickup_guard import NO_GUARD, NOTHING, Guard, Kept
from signaling.plan import Plan, PlanProblem, Queue, Voicemail
from signaling.schedule import Schedule, ScheduleProblem
from signaling.settings_at_meta import Icon

QUIET: Final = timedelta(hours=24)
"""A number from whose account nothing has come for so long may be quiet, or cut off."""

TOKEN_REFUSED: Final = frozenset({"graph.no_token", "meta.0", "meta.3", "meta.10", "meta.102", "meta.190", "meta.200"})
"""The token is missing, has expired, or may not do this (reference 5)."""


class State(StrEnum):
    FINE = "fine"
    MISSING = "missing"
    UNKNOWN = "unknown"  # whoever knows could not be asked


class Needed(StrEnum):
    """For what it must be fine."""

    CALLS = "calls"  # no call at all without it
    IN = "in"  # calls of customers
    OUT = "out"  # calls to customers
    ADVICE = "advice"  # it works, and people will wonder


class Area(StrEnum):
    META = "meta"
    NUMBER = "number"
    PEOPLE = "people"
    PLAN = "plan"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Check:
    """`code` names it, `why` says in a stable word what was found; `data` are its figures. Pages translate them."""

    code: str
    area: Area
    needed: Needed
    state: State
    why: str | None = None
    data: Mapping[str, str | int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """`last_at`: when the newest delivery came whose signature fits. `refused`, `accepted`: since the gateway started,
    those whose signature does not fit, and those that were taken."""

    has_secret: bool
    has_verify_token: bool
    looked: bool = True  # False: our own database did not answer
    last_at: datetime | None = None
    refused: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Users who may sign in and work in the number's department."""

    take: int
    call: int
    free: int


@dataclass(frozen=True, slots=True)
class HoursFacts:
    """`schedule` None: open at all hours."""

    schedule: Schedule | None
    readable: bool
    told: bool
    at_meta: HoursState | None
    is_open: bool
    problems: tuple[ScheduleProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """`plan` None: the usual one."""

    plan: Plan | None
    readable: bool
    problems: tuple[PlanProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """`storage_failure`: a word of `recording.vault.VaultError`, "" for none; None: it took too long to answer."""

    is_https: bool
    is_local: bool  # the public address is this machine itself, where browsers need no https
    records: bool  # a policy of the number keeps calls
    storage_failure: str | None = ""
    has_relays: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """`number`: ours and Meta's (None in it: Meta does not know or could not be asked). `meta_failure`: why Meta could
    not be asked; None: it answered. `meta_asked`: False: no answer yet."""

    now: datetime
    number: NumberFacts
    meta_asked: bool
    meta_failure: str | None
    icon_hidden: bool | None
    inbound_enabled: bool
    department: str | None
    department_may_call: bool
    same_label: int  # other numbers that agents know by the very same name
    webhook: WebhookFacts
    people: PeopleFacts | None
    hours: HoursFacts | None
    plan: PlanFacts | None
    server: ServerFacts
    pickup_guard: Guard = NO_GUARD
    pickup_kept: Kept = NOTHING
    balance_guard: BalanceGuard = NO_BALANCE_GUARD
    balance: Balance | None = None


Rule = Callable[[Facts], Iterator[Check]]

_NEEDED_FOR: Final = {
    (True, True): Needed.CALLS,
    (True, False): Needed.IN,
    (False, True): Needed.OUT,
    (False, False): Needed.ADVICE,  # a warning, or a button that Meta has hidden
}
"""What a restriction of Meta's stops: calls of customers, calls to them."""


def readiness_of(facts: Facts) -> list[Check]:
    """All checks that concern this number, in the order in which somebody sets it up."""
    return [check for rule in RULES for check in rule(facts)]


def state_of(checks: list[Check], needed: Needed) -> State:
    """Whether calls in, or out, can work: the worst of all that they need."""
    states = {check.state for check in checks if check.needed in (Needed.CALLS, needed)}
    return State.MISSING if State.MISSING in states else State.UNKNOWN if State.UNKNOWN in states else State.FINE


# ---- Meta ------------------------------------------------------------------------------------------------------------


def token(f: Facts) -> Iterator[Check]:
    failure = f.meta_failure
    if (why := token_why(failure)) is not None:
        yield _check("token", Area.META, Needed.CALLS, State.MISSING, why, failure=failure or "")
    elif failure is not None:
        yield _check("token", Area.META, Needed.CALLS, State.UNKNOWN, "away", failure=failure)
    else:
        yield _check("token", Area.META, Needed.CALLS, State.FINE if f.meta_asked else State.UNKNOWN, None)


def token_why(failure: str | None) -> str | None:
    """What is wrong with a token, from why Meta could not be asked; None: nothing that is known."""
    if failure not in TOKEN_REFUSED:
        return None
    return "none" if failure == "graph.no_token" else "refused"


def webhook_settings(f: Facts) -> Iterator[Check]:
    why = webhook_settings_why(f.webhook)
    yield _check("webhook_settings", Area.META, Needed.CALLS, _fine(why is None), why)


def webhook_settings_why(hook: WebhookFacts) -> str | None:
    if not hook.has_secret:
        return "no_secret"
    return None if hook.has_verify_token else "no_verify_token"


def webhook_delivers(f: Facts) -> Iterator[Check]:
    state, why = webhook_delivery(f.webhook, f.now)
    since = {} if f.webhook.last_at is None else {"at": f.webhook.last_at.isoformat()}
    yield Check("webhook_delivers", Area.META, Needed.CALLS, state, why, since)


def webhook_delivery(hook: WebhookFacts, now: datetime) -> tuple[State, str | None]:
    if hook.refused and not hook.accepted:
        return State.MISSING, "bad_signature"
    if not hook.looked:
        return State.UNKNOWN, "away"
    if hook.last_at is None:
        return State.MISSING, "never"
    return (State.UNKNOWN, "quiet") if now - hook.last_at > QUIET else (State.FINE, None)


def calling_enabled(f: Facts) -> Iterator[Check]:
    yield _known("calling", Needed.CALLS, f.number.calling_enabled)


def messaging_limit(f: Facts) -> Iterator[Check]:
    """Only where calling is off: Meta asks for it when calling is switched on (138015)."""
    number, least = f.number, f.number.limits.messaging_limit_least
    if number.calling_enabled is True or (number.messaging_limit is None and number.calling_enabled is None):
        return
    limit = number.messaging_limit
    state = State.UNKNOWN if limit is None else _fine(limit >= least)
    yield _check("messaging_limit", Area.META, Needed.CALLS, state, None, least=least, limit=limit or 0)


def coexistence(f: Facts) -> Iterator[Check]:
    """Meta need not tell of it; where it answered and did not, nobody is alarmed (reference 4.8)."""
    both, silent = f.number.coexistence, f.meta_asked and f.number.coexistence is None
    needed = Needed.ADVICE if silent else Needed.CALLS
    yield _known("coexistence", needed, None if both is None else not both)


def sip(f: Facts) -> Iterator[Check]:
    yield _known("sip", Needed.CALLS, None if f.number.sip is None else not f.number.sip)


def restrictions(f: Facts) -> Iterator[Check]:
    if not f.meta_asked and not f.number.restrictions:
        yield _check("restrictions", Area.META, Needed.CALLS, State.UNKNOWN, None)
        return
    holding = [found for found in f.number.restrictions if found.until is None or f.now < found.until]
    for found in holding:
        stops_in, stops_out = found.kind in STOP_CALLS_IN, found.kind in STOP_CALLS_OUT
        needed = _NEEDED_FOR[stops_in, stops_out]
        until = {} if found.until is None else {"until": found.until.isoformat()}
        yield Check("restrictions", Area.META, needed, State.MISSING, None, {"kind": found.kind, **until})
    if not holding:
        yield _check("restrictions", Area.META, Needed.CALLS, State.FINE, None)


def country(f: Facts) -> Iterator[Check]:
    if not f.number.outbound_enabled:
        return
    code = f.number.country
    state = State.UNKNOWN if code is None else _fine(code not in f.number.limits.countries_without_outbound)
    yield _check("country", Area.META, Needed.OUT, state, None, country=code or "")


# ---- our own switches ------------------------------------------------------------------------------------------------


def inbound(f: Facts) -> Iterator[Check]:
    yield _check("inbound", Area.NUMBER, Needed.IN, _fine(f.inbound_enabled), None)


def icon(f: Facts) -> Iterator[Check]:
    """Hidden or not, a link still leads to a call (reference 1.3)."""
    if f.inbound_enabled and f.icon_hidden is not False:
        yield _check(
            "icon", Area.NUMBER, Needed.ADVICE, State.UNKNOWN if f.icon_hidden is None else State.MISSING, None
        )


def outbound(f: Facts) -> Iterator[Check]:
    yield _check("outbound", Area.NUMBER, Needed.OUT, _fine(f.number.outbound_enabled), None)


def template(f: Facts) -> Iterator[Check]:
    if f.number.outbound_enabled:
        why = "refused" if f.number.template_refused else None
        yield _check("template", Area.NUMBER, Needed.ADVICE, _fine(f.number.has_template), why)


def pickup_guard(f: Facts) -> Iterator[Check]:
    """Off is fine: Meta's warnings are shown all the same."""
    kept = f.pickup_kept
    doing = [
        name for name, is_so in (("hidden", kept.icon is Icon.HIDDEN), ("closed", kept.closed is not None)) if is_so
    ]
    if doing:
        why = "_and_".join(doing)
    elif not f.pickup_guard.enabled:
        why = "off"
    else:
        why = "low" if kept.low_told else "on"
    yield _check("pickup_guard", Area.NUMBER, Needed.ADVICE, _fine(why in ("off", "on")), why)


def balance_guard(f: Facts) -> Iterator[Check]:
    standing, effect = standing_of(f.balance_guard, f.balance, f.now), effect_of(f.balance_guard, f.balance, f.now)
    needed = _NEEDED_FOR[effect.refuses_inbound, effect.refuses_outbound]
    state = {Standing.UNKNOWN: State.UNKNOWN, Standing.LOW: State.MISSING}.get(standing, State.FINE)
    why = "refuses" if needed is not Needed.ADVICE else standing.value
    held = {} if f.balance is None else {"amount": f.balance.amount, "currency": f.balance.currency}
    floor = {} if standing is Standing.OFF else {"floor": f.balance_guard.floor}
    yield Check("balance_guard", Area.NUMBER, needed, state, why, {**held, **floor})


def label(f: Facts) -> Iterator[Check]:
    if f.same_label:
        yield _check("label", Area.NUMBER, Needed.ADVICE, State.MISSING, None, count=f.same_label)


# ---- people ----------------------------------------------------------------------------------------------------------


def department(f: Facts) -> Iterator[Check]:
    state = _fine(f.department is not None)
    yield _check("department", Area.PEOPLE, Needed.CALLS, state, None, name=f.department or "")
    if f.number.outbound_enabled and f.department is not None:
        state = _fine(f.department_may_call)
        yield _check("department_may_call", Area.PEOPLE, Needed.OUT, state, None, name=f.department)


def takers(f: Facts) -> Iterator[Check]:
    if f.department is not None:
        yield _counted("takers", Needed.IN, None if f.people is None else f.people.take)


def callers(f: Facts) -> Iterator[Check]:
    if f.department is not None and f.number.outbound_enabled:
        yield _counted("callers", Needed.OUT, None if f.people is None else f.people.call)


def somebody_free(f: Facts) -> Iterator[Check]:
    """Advice: nobody sits there at night, and nothing is wrong."""
    closed = f.hours is not None and not f.hours.is_open
    if f.department is not None and not closed and (f.people is None or f.people.take):
        yield _counted("free", Needed.ADVICE, None if f.people is None else f.people.free)


# ---- hours and plan --------------------------------------------------------------------------------------------------


def hours(f: Facts) -> Iterator[Check]:
    if f.hours is None:
        yield _check("hours", Area.PLAN, Needed.IN, State.UNKNOWN, None)
        return
    known, why = f.hours, None
    if not known.readable:
        why = "unreadable"
    elif any(problem.code == "overlap" for problem in known.problems):
        why = "overlap"
    elif known.problems:
        why = "problems"
    elif known.schedule is not None and not any(known.schedule.weekly):
        why = "never_open"
    yield _check("hours", Area.PLAN, Needed.IN, _fine(why is None), why, places=len(known.problems))


def hours_at_meta(f: Facts) -> Iterator[Check]:
    if f.hours is None or not f.hours.told or f.hours.at_meta in (None, HoursState.NOT_TOLD):
        return
    drifted = f.hours.at_meta is HoursState.DIFFERENT
    state = State.FINE if f.hours.at_meta is HoursState.SAME else State.MISSING if drifted else State.UNKNOWN
    yield _check("hours_at_meta", Area.PLAN, Needed.ADVICE, state, str(f.hours.at_meta))


def plan(f: Facts) -> Iterator[Check]:
    if f.plan is None:
        yield _check("plan", Area.PLAN, Needed.IN, State.UNKNOWN, None)
        return
    why = "unreadable" if not f.plan.readable else "problems" if f.plan.problems else None
    yield _check("plan", Area.PLAN, Needed.IN, _fine(why is None), why, places=len(f.plan.problems))
    if why is not None:
        return
    own = f.plan.plan
    if own is None or not any(isinstance(step, Queue | Voicemail) for step in own.steps.values()):
        yield _check("plan_waits", Area.PLAN, Needed.ADVICE, State.MISSING, "usual" if own is None else None)
    unheard = f.hours is not None and (f.hours.schedule is None or f.hours.told)
    if own is not None and own.closed is None and f.hours is not None and not unheard:
        yield _check("plan_closed", Area.PLAN, Needed.ADVICE, State.MISSING, None)


# ---- the server ------------------------------------------------------------------------------------------------------


def https(f: Facts) -> Iterator[Check]:
    why = None if f.server.is_https else "local" if f.server.is_local else "plain"
    yield _check("https", Area.SERVER, Needed.CALLS, _fine(why != "plain"), why)


def storage(f: Facts) -> Iterator[Check]:
    if not f.server.records:
        return
    failure = f.server.storage_failure
    state = State.UNKNOWN if failure is None else _fine(failure == "")
    yield _check("storage", Area.SERVER, Needed.ADVICE, state, failure or None)


def relays(f: Facts) -> Iterator[Check]:
    """Only where it is set: most offices need none."""
    if f.server.has_relays:
        yield _check("relays", Area.SERVER, Needed.ADVICE, State.FINE, None)


RULES: Final[tuple[Rule, ...]] = (
    *(token, webhook_settings, webhook_delivers, calling_enabled, messaging_limit, coexistence, sip, restrictions),
    *(
        country,
        inbound,
        icon,
        outbound,
        template,
        label,
        pickup_guard,
        balance_guard,
        department,
        takers,
        callers,
        somebody_free,
    ),
    *(hours, hours_at_meta, plan, https, storage, relays),
)


def _fine(is_fine: bool) -> State:
    return State.FINE if is_fine else State.MISSING


def _check(code: str, area: Area, needed: Needed, state: State, why: str | None, **data: str | int) -> Check:
    return Check(code, area, needed, state, why, {name: value for name, value in data.items() if value != ""})


def _known(code: str, needed: Needed, is_fine: bool | None) -> Check:
    return Check(code, Area.META, needed, State.UNKNOWN if is_fine is None else _fine(is_fine))


def _counted(code: str, needed: Needed, count: int | None) -> Check:
    if count is None:
        return Check(code, Area.PEOPLE, needed, State.UNKNOWN)
    return Check(code, Area.PEOPLE, needed, _fine(count > 0), None, {"count": count})
