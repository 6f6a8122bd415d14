"""Events of messages, which permission is asked for and given by, from Meta's webhooks."""

from dataclasses import dataclass, field
from datetime import datetime

from signaling.events.base import Customer, MetaError, MetaEvent


@dataclass(frozen=True, slots=True)
class PermissionReplied(MetaEvent):
    """A customer allowed or refused calls, or WhatsApp did so for them (reference 2.8)."""

    message_id: str = field(repr=False)
    customer: Customer
    accepted: bool
    permanent: bool
    expires_at: datetime | None
    automatic: bool
    context_id: str | None = field(default=None, repr=False)  # wamid of our request, or a wacid, or nothing


@dataclass(frozen=True, slots=True)
class MessageFailed(MetaEvent):
    """A message of ours (permission request, call button) could not be delivered or shown."""

    message_id: str = field(repr=False)
    customer: Customer
    errors: tuple[MetaError, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageDelivered(MetaEvent):
    """A message of ours reached the customer's phone."""

    message_id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CustomerWrote(MetaEvent):
    """A customer sent a message, which opens the service window. What they wrote is none of our business."""

    customer: Customer
