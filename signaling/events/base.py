"""What events are told with: who the customer is, which way a call goes, what Meta found wrong, whose and when."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signaling.ids import PhoneNumberId
from signaling.private import Bsuid, PhoneNumber


class Direction(StrEnum):
    INBOUND = "inbound"  # Meta: USER_INITIATED, "UIC"
    OUTBOUND = "outbound"  # Meta: BUSINESS_INITIATED, "BIC"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is at the other end. A customer with a username may have no phone number; `bsuid` then names them."""

    phone: PhoneNumber | None = None
    bsuid: Bsuid | None = None
    parent_bsuid: Bsuid | None = None
    name: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)

    def completed_by(self, other: "Customer") -> "Customer":
        """This customer, with what only `other` knows. What is known already stays."""
        return Customer(
            phone=self.phone or other.phone,
            bsuid=self.bsuid or other.bsuid,
            parent_bsuid=self.parent_bsuid or other.parent_bsuid,
            name=self.name or other.name,
            username=self.username or other.username,
        )


@dataclass(frozen=True, slots=True)
class MetaError:
    """One entry of an `errors` array. `title` and `details` are Meta's words."""

    code: int
    title: str = ""
    details: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MetaEvent:
    """What every event of a delivery knows: which of our numbers it is for, and when Meta says it happened."""

    number: PhoneNumberId
    at: datetime
