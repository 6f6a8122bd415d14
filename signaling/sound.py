"""Which link of a conversation is broken, and how well both sides sound; pure.

Fed with one look a second at what is counted anyway. What decides is packets, not loudness: a customer who listens
sends comfort packets (DTX, RFC 6716 §2.1.9), and a speech pause is no trouble. Loudness is asked for in one place only:
a microphone whose every sample is zero is switched off somewhere, for a room is never that quiet.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

NOTICED_AFTER_S: Final = 2.0
"""No sound in a direction for this long is told."""

ZEROS_AT_FIRST_S: Final = 3.0
"""Who answers greets: a microphone that was never anything but zero is told soon."""

ZEROS_LATER_S: Final = 20.0
"""One that has worked may belong to a headset that sends zeros while its wearer listens."""

SILENCE_DBOV: Final = -127
"""All samples zero (RFC 6464 §3)."""

FRESH_S: Final = 1.5
"""A packet that is this old belongs to a stream that is flowing."""


class Trouble(StrEnum):
    """Pages have words for each, and what to do about it."""

    CUSTOMER_SILENT = "customer_silent"  # nothing comes from the customer's side
    CUSTOMER_RECEIVES_NOTHING = "customer_receives_nothing"  # their side says that what we send does not arrive
    MICROPHONE_GONE = "microphone_gone"  # the agent's page has none any more
    MICROPHONE_MUTED = "microphone_muted"  # by the system, or by a switch on the headset
    MICROPHONE_SILENT = "microphone_silent"  # packets come, and every sample in them is zero
    MICROPHONE_SENDS_NOTHING = "microphone_sends_nothing"
    AGENT_HEARS_NOTHING = "agent_hears_nothing"  # what we send does not reach the agent's page
    AGENT_PATH_BROKEN = "agent_path_broken"  # neither way between the agent's page and us


@dataclass(frozen=True, slots=True)
class SoundTrouble:
    """A trouble, and when the sound stopped."""

    trouble: Trouble
    since: datetime


class PageMicrophone(StrEnum):
    """What the agent's page sees of its open microphone."""

    LIVE = "live"
    MUTED = "muted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PageSound:
    """What the agent's page says: whether packets come in, and how its microphone is."""

    hears: bool
    microphone: PageMicrophone


@dataclass(frozen=True, slots=True)
class Side:
    """One leg as the plane counts it; seconds on one monotonic clock, None: not yet."""

    received_at_s: float | None = None
    level_dbov: int | None = None
    sent: int = 0
    sent_at_s: float | None = None
    acknowledged: int = 0  # of what we sent, by the other side's latest report (RFC 3550 §6.4.1)
    reported_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a conversation in which customer and agent should hear each other."""

    at_s: float
    customer: Side
    agent: Side
    page: PageSound | None = None
    muted: bool = False  # the agent pressed mute


@dataclass(frozen=True, slots=True)
class _Acknowledged:
    """A highest sequence of ours, and when the other side was first seen to have it."""

    sequence: int
    first_seen_s: float


@dataclass(frozen=True, slots=True)
class Course:
    """What earlier looks have left. A new one begins with each seat and after each hold."""

    since_s: float
    open_since_s: float | None = None  # the agent is not muted
    sending_since_s: float | None = None  # the agent's page is sent sound
    zeros_since_s: float | None = None
    sounded: bool = False  # the microphone was heard to be more than zeros
    acknowledged: _Acknowledged | None = None


def follow(course: Course, look: Look) -> Course:
    """The course after this look."""
    agent, at_s = look.agent, look.at_s
    open_since_s = None if look.muted else _kept(course.open_since_s, at_s)
    is_sent = _is_fresh(agent.sent_at_s, at_s)
    zeros_since_s, sounded = course.zeros_since_s, course.sounded
    if look.muted or not _is_fresh(agent.received_at_s, at_s) or agent.level_dbov is None:
        zeros_since_s = None
    elif agent.level_dbov > SILENCE_DBOV:
        zeros_since_s, sounded = None, True
    else:
        zeros_since_s = _kept(zeros_since_s, at_s)
    acknowledged, customer = course.acknowledged, look.customer
    has_reported = customer.reported_at_s is not None and customer.reported_at_s >= course.since_s
    if has_reported and (acknowledged is None or acknowledged.sequence != customer.acknowledged):
        acknowledged = _Acknowledged(customer.acknowledged, at_s)
    return replace(
        course,
        open_since_s=open_since_s,
        sending_since_s=_kept(course.sending_since_s, at_s) if is_sent else None,
        zeros_since_s=zeros_since_s,
        sounded=sounded,
        acknowledged=acknowledged,
    )


def diagnose(course: Course, look: Look) -> dict[Trouble, float]:
    """What is wrong, each with the second in which it began; `course` has followed this look."""
    found: dict[Trouble, float] = {}
    since_s = _silent_since_s(course.since_s, look.customer.received_at_s, look.at_s)
    if since_s is not None:
        found[Trouble.CUSTOMER_SILENT] = since_s
    unheard_since_s = _unacknowledged_since_s(course, look)
    if unheard_since_s is not None:
        found[Trouble.CUSTOMER_RECEIVES_NOTHING] = unheard_since_s
    microphone, hearing_since_s = _microphone(course, look), _page_hears_nothing_since_s(course, look)
    if microphone is not None and microphone[0] is Trouble.MICROPHONE_SENDS_NOTHING and hearing_since_s is not None:
        found[Trouble.AGENT_PATH_BROKEN] = min(microphone[1], hearing_since_s)
        return found
    if microphone is not None:
        found[microphone[0]] = microphone[1]
    if hearing_since_s is not None:
        found[Trouble.AGENT_HEARS_NOTHING] = hearing_since_s
    return found


def _microphone(course: Course, look: Look) -> tuple[Trouble, float] | None:
    if course.open_since_s is None:
        return None
    since_s = _silent_since_s(course.open_since_s, look.agent.received_at_s, look.at_s)
    open_s = look.at_s - course.open_since_s
    if look.page is not None and look.page.microphone is PageMicrophone.ENDED:
        return (Trouble.MICROPHONE_GONE, course.open_since_s if since_s is None else since_s) if open_s > 0 else None
    if since_s is not None:
        return Trouble.MICROPHONE_SENDS_NOTHING, since_s
    zeros_since_s = course.zeros_since_s
    if zeros_since_s is None:
        return None
    zeros_s = look.at_s - zeros_since_s
    if look.page is not None and look.page.microphone is PageMicrophone.MUTED and zeros_s >= NOTICED_AFTER_S:
        return Trouble.MICROPHONE_MUTED, zeros_since_s
    enough_s = ZEROS_LATER_S if course.sounded else ZEROS_AT_FIRST_S
    return (Trouble.MICROPHONE_SILENT, zeros_since_s) if zeros_s >= enough_s else None


def _page_hears_nothing_since_s(course: Course, look: Look) -> float | None:
    """Sound is sent to the page for so long, and the page says that none comes."""
    since_s = course.sending_since_s
    if since_s is None or look.page is None or look.page.hears or look.at_s - since_s < NOTICED_AFTER_S:
        return None
    return look.at_s - NOTICED_AFTER_S


def _unacknowledged_since_s(course: Course, look: Look) -> float | None:
    """The customer's side goes on reporting, and what it says to have does not grow, although we send all the time."""
    acknowledged, reported_s = course.acknowledged, look.customer.reported_at_s
    if acknowledged is None or reported_s is None or not _is_fresh(look.customer.sent_at_s, look.at_s):
        return None
    first_s = max(acknowledged.first_seen_s, course.since_s)
    return first_s if reported_s - first_s >= NOTICED_AFTER_S else None


def _silent_since_s(listening_since_s: float, received_at_s: float | None, at_s: float) -> float | None:
    since_s = max(listening_since_s, listening_since_s if received_at_s is None else received_at_s)
    return since_s if at_s - since_s >= NOTICED_AFTER_S else None


def _kept(since_s: float | None, at_s: float) -> float:
    return at_s if since_s is None else since_s


def _is_fresh(packet_s: float | None, at_s: float) -> bool:
    return packet_s is not None and at_s - packet_s < FRESH_S


# ---- how well it sounds ----------------------------------------------------------------------------------------------


class Light(StrEnum):
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


GOOD_MOS: Final = 4.0
FAIR_MOS: Final = 3.6


def light_of(mos: float) -> Light:
    """By the user satisfaction of ITU-T G.109: satisfied, some dissatisfied, many dissatisfied."""
    if mos >= GOOD_MOS:
        return Light.GOOD
    return Light.FAIR if mos >= FAIR_MOS else Light.POOR


@dataclass(frozen=True, slots=True)
class Lights:
    """For the agent: the own microphone (None while muted), the own network, and the customer's side."""

    microphone: Light | None
    network: Light
    customer: Light


MICROPHONE_TROUBLES: Final = frozenset(
    {
        Trouble.MICROPHONE_GONE,
        Trouble.MICROPHONE_MUTED,
        Trouble.MICROPHONE_SILENT,
        Trouble.MICROPHONE_SENDS_NOTHING,
    }
)
NETWORK_TROUBLES: Final = frozenset({Trouble.AGENT_HEARS_NOTHING, Trouble.AGENT_PATH_BROKEN})
CUSTOMER_TROUBLES: Final = frozenset({Trouble.CUSTOMER_SILENT, Trouble.CUSTOMER_RECEIVES_NOTHING})


def lights(agent_mos: float, customer_mos: float, troubles: frozenset[Trouble], muted: bool) -> Lights:
    """`agent_mos`: the worse way between the agent's page and us; `customer_mos`: between the customer and us."""
    return Lights(
        microphone=None if muted else Light.POOR if troubles & MICROPHONE_TROUBLES else Light.GOOD,
        network=Light.POOR if troubles & NETWORK_TROUBLES else light_of(agent_mos),
        customer=Light.POOR if troubles & CUSTOMER_TROUBLES else light_of(customer_mos),
    )
