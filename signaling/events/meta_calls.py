"""Events of calls, and of what Meta kept of them, from its webhooks (`signaling.meta.webhook_calls` makes these)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from signaling.events.base import Customer, Direction, MetaError, MetaEvent
from signaling.private import Payload, Sdp, Wacid


@dataclass(frozen=True, slots=True)
class CallOffered(MetaEvent):
    """A customer calls (`connect` with an offer). `offer` may be SDES or have no audio: the media side judges it."""

    wacid: Wacid
    customer: Customer
    offer: Sdp
    button_payload: Payload | None = None  # cta_payload: which call button was pressed
    link_payload: Payload | None = None  # deeplink_payload


@dataclass(frozen=True, slots=True)
class CallAnswerReceived(MetaEvent):
    """Meta's answer to our own `connect` (outbound): the tunnel is ready. It does not mean that anybody picked up."""

    wacid: Wacid
    customer: Customer
    answer: Sdp
    opaque: Payload | None = None  # biz_opaque_callback_data, ours, echoed


class OutboundStatus(StrEnum):
    RINGING = "RINGING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class CallStatusChanged(MetaEvent):
    """An outbound call rings, was picked up or was declined."""

    wacid: Wacid
    status: OutboundStatus
    customer: Customer
    opaque: Payload | None = None


@dataclass(frozen=True, slots=True)
class CallTerminated(MetaEvent):
    """The call is over at Meta. `started_at` is None when nobody picked up, whatever `failed` says (reference 2.6)."""

    wacid: Wacid
    customer: Customer
    direction: Direction | None  # Meta sometimes leaves it out
    failed: bool
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: int | None = None
    errors: tuple[MetaError, ...] = ()
    opaque: Payload | None = None
    button_payload: Payload | None = None
    link_payload: Payload | None = None


@dataclass(frozen=True, slots=True)
class MetaFileReady(MetaEvent):
    """Meta's own recording or transcription of a call can be fetched (URL: five minutes, id: seven days)."""

    wacid: Wacid
    kind: Literal["recording", "transcription"]
    media_id: str
    url: str = field(repr=False)
    sha256: str
    mime_type: str


@dataclass(frozen=True, slots=True)
class VoicemailLeft(MetaEvent):
    """The customer left a voicemail at Meta; its message id is the call's wacid."""

    wacid: Wacid
    customer: Customer
    media_id: str
    mime_type: str
