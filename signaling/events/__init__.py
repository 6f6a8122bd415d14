"""All that can happen to a call: facts, in the past tense. From Meta's webhooks, agents, audio, timers, and effects.

Events of Meta carry `number` and `wacid` and are routed by them; the others are put straight into a call's inbox.
Every time is UTC with zone. Meta's own times (`at`) have whole seconds.

Each event stands in the module of who tells of it, and everybody imports it from here.
"""

from signaling.events.agents import (
    AgentAnswered,
    AgentAudible,
    AgentDeclined,
    AgentDialed,
    AgentHeld,
    AgentHungUp,
    AgentMuted,
    AgentSeatBack,
    AgentSeatLost,
    AgentsRung,
    ConsultAnswered,
    ConsultAsked,
    ConsultHandedOver,
    ConsultJoined,
    ConsultLeft,
    RecordingAsked,
    RecordingHeldBack,
    RecordingLost,
    SupervisorCame,
    SupervisorLeft,
    SupervisorTookOver,
    TransferAsked,
)
from signaling.events.audio import (
    AnswerCreated,
    DigitPressed,
    FirstPacket,
    LegConnected,
    LegLost,
    OfferCreated,
    PromptEnded,
    SoundFound,
    SoundMeasured,
)
from signaling.events.base import Customer as Customer
from signaling.events.base import Direction as Direction
from signaling.events.base import MetaError as MetaError
from signaling.events.base import MetaEvent as MetaEvent
from signaling.events.effects import (
    CallAccepted,
    CallPlaced,
    EffectFailed,
    EndingConfirmed,
    GatewayRestarted,
    PreAccepted,
    StickyAgentBusy,
    StickyAgentKnown,
)
from signaling.events.meta_account import (
    AccountUpdated,
    NumberErrorReported,
    SettingsChanged,
    Unrecognised,
    VolumeTierChanged,
)
from signaling.events.meta_account import AccountWarning as AccountWarning
from signaling.events.meta_calls import (
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    MetaFileReady,
    VoicemailLeft,
)
from signaling.events.meta_calls import OutboundStatus as OutboundStatus
from signaling.events.meta_messages import CustomerWrote, MessageDelivered, MessageFailed, PermissionReplied
from signaling.events.timers import (
    ClaimExpired,
    CloseTimedOut,
    ConnectTimedOut,
    ConsentTimedOut,
    ConsultTimedOut,
    PlacingTimedOut,
    PositionDue,
    ReattachTimedOut,
    RingTimedOut,
    StepTimedOut,
    StickyLookupTimedOut,
    StickyTimedOut,
    TurnTimedOut,
)

WebhookEvent = (
    CallOffered
    | CallAnswerReceived
    | CallStatusChanged
    | CallTerminated
    | MetaFileReady
    | PermissionReplied
    | MessageFailed
    | MessageDelivered
    | CustomerWrote
    | VoicemailLeft
    | NumberErrorReported
    | SettingsChanged
    | AccountUpdated
    | VolumeTierChanged
    | Unrecognised
)

TimerEvent = (
    RingTimedOut
    | StepTimedOut
    | StickyLookupTimedOut
    | StickyTimedOut
    | TurnTimedOut
    | PositionDue
    | ClaimExpired
    | ConsultTimedOut
    | ConnectTimedOut
    | PlacingTimedOut
    | ReattachTimedOut
    | ConsentTimedOut
    | CloseTimedOut
)

CallEvent = (
    CallOffered
    | CallAnswerReceived
    | CallStatusChanged
    | CallTerminated
    | AnswerCreated
    | OfferCreated
    | LegConnected
    | LegLost
    | StickyAgentKnown
    | StickyAgentBusy
    | PromptEnded
    | DigitPressed
    | FirstPacket
    | SoundFound
    | SoundMeasured
    | AgentsRung
    | AgentDialed
    | AgentAnswered
    | AgentDeclined
    | AgentAudible
    | AgentSeatLost
    | AgentSeatBack
    | AgentMuted
    | AgentHungUp
    | AgentHeld
    | RecordingAsked
    | RecordingHeldBack
    | RecordingLost
    | TransferAsked
    | ConsultAsked
    | ConsultAnswered
    | ConsultLeft
    | ConsultJoined
    | ConsultHandedOver
    | SupervisorCame
    | SupervisorLeft
    | SupervisorTookOver
    | PreAccepted
    | CallAccepted
    | CallPlaced
    | EndingConfirmed
    | EffectFailed
    | TimerEvent
    | GatewayRestarted
)
"""What `signaling.lifecycle.step` takes."""
