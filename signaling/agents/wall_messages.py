"""Messages of the live wall: calls, agents and numbers as supervisors watch them.

A page that opens the wall is sent all of it once (`wall`), then what is new to it, several times a second at most
(`wall_changed`). It says which revision it has painted; a page that is slower than the calls is sent less often, never
more than it can show.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from signaling.agents.message import Message
from signaling.agents.recording_messages import RecordingLight
from signaling.events import Direction
from signaling.number_alerts import Alert
from signaling.presence import Missing, Presence
from signaling.sound import Light, Trouble
from signaling.supervision import Way


class OpenWall(Message):
    """`wall.open`: show me the calls, agents and numbers of my departments, until I close it or am gone. For
    supervisors and administrators."""


class WallSeen(Message):
    """`wall.seen`: this revision is on the screen."""

    revision: Annotated[int, Field(strict=True, ge=0)]


class CloseWall(Message):
    """`wall.close`."""


class WallPhase(StrEnum):
    PLAN = "plan"  # the customer is in the number's plan, and no agent is wanted yet
    WAITING = "waiting"  # for an agent
    ANSWERING = "answering"  # an agent pressed answer; the gateway checks their sound, and Meta is told
    DIALING = "dialing"  # outbound: Meta is being asked
    RINGING = "ringing"  # outbound: the customer's phone rings
    TALKING = "talking"
    REATTACHING = "reattaching"  # the agent's audio is gone; the customer hears a tone
    ENDING = "ending"  # it is over for us; Meta has not said so yet


class ColleagueIs(StrEnum):
    RINGING = "ringing"  # is being asked, and has not answered
    ASIDE = "aside"  # speaks with the agent, while the customer hears music
    JOINED = "joined"  # three hear each other


class WallColleague(Message):
    """Whom the call's agent has asked about it."""

    name: str
    now: ColleagueIs


class WallSound(Message):
    """The three lights of a conversation, as its agent sees them. `microphone`: null while muted."""

    microphone: Light | None
    network: Light
    customer: Light


class WallSupervisor(Message):
    """Who supervises it, and how."""

    agent_id: int
    name: str
    way: Way


class WallCall(Message):
    """One call. `name`, `label`: the customer, never their whole number. `department_id`: the number's own; null:
    none. `line_department_id`: where the call waits or waited last, which its plan or an agent may have chosen.
    `listened_in`: in which departments a grant to listen counts for it; null: in any. `since_unix_s`: while it waits,
    since when; then, since when its agent has the customer."""

    call_id: str
    name: str | None
    label: str
    number_id: int
    number_label: str
    department_id: int | None
    line_department_id: int | None
    listened_in: list[int] | None
    direction: Direction
    phase: WallPhase
    since_unix_s: float
    rung_for: int  # for so many agents it rings, or has rung without their declining
    alone: bool  # it waits for one agent alone, in nobody's line
    given_on: bool  # an agent gave it on, and nobody has taken it yet
    agent_id: int | None
    agent: str | None
    held: bool
    muted: bool
    colleague: WallColleague | None
    sound: WallSound | None
    troubles: list[Trouble]
    recording: RecordingLight
    supervisor: WallSupervisor | None


class WallAgent(Message):
    """`since_unix_s`: in this presence; null: not known. `departments`: those in which they have any grant."""

    agent_id: int
    name: str
    presence: Presence
    since_unix_s: float | None
    pause_reason: str | None
    missing: list[Missing]
    departments: list[int]


class Load(Message):
    used: int
    limit: int


class WallNumber(Message):
    """Calls up on one number, and how many Meta allows. `alerts`: what somebody must know of it, the gravest first."""

    number_id: int
    label: str
    department_id: int | None
    department: str | None
    inbound: Load
    outbound: Load
    alerts: list[Alert]


class Wall(Message):
    """Event `wall`: all of it; what was known before is forgotten. `departments`: whose calls I am shown; null: all.
    `listens_in`: those in whose calls I may listen and speak."""

    revision: int
    server_unix_s: float
    departments: list[int] | None
    listens_in: list[int]
    calls: list[WallCall]
    agents: list[WallAgent]
    numbers: list[WallNumber]


class WallChanged(Message):
    """Event `wall_changed`: these look like this now, and those are gone from my wall."""

    revision: int
    server_unix_s: float
    calls: list[WallCall]
    agents: list[WallAgent]
    numbers: list[WallNumber]
    calls_gone: list[str]
    agents_gone: list[int]
    numbers_gone: list[int]


class WallClosed(Message):
    """Event `wall_closed`: the wall is not for me any more; my role was changed."""
