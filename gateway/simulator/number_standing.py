"""Pure: how a business number stands with Meta, beside its settings: tier, quality, health, punishments (reference 1.1,
2.10, 4.6 to 4.8)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

PAUSES_SETTINGS = "RESTRICTED_BIZ_INITIATED_AND_USER_INITIATED_CALLING"
STOPS_INBOUND = ("RESTRICTED_USER_INITIATED_CALLING", PAUSES_SETTINGS)
STOPS_OUTBOUND = ("RESTRICTED_BUSINESS_INITIATED_CALLING", PAUSES_SETTINGS)
"""No calls to customers, and no requests for their permission (reference 4.7): 138014."""

LEAST_LIMIT = 2_000
TIERS = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1_000, "TIER_2K": 2_000, "TIER_10K": 10_000, "TIER_100K": 100_000}


class Punishment(BaseModel):
    """One line of `restrictions_list`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    reason: str = ""
    expiration: int | None = None


class Standing(BaseModel):
    """`on_biz_app` None: Meta does not tell, as for most numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: str = "TIER_100K"
    quality: Literal["GREEN", "YELLOW", "RED"] = "GREEN"
    on_biz_app: bool | None = None
    health: Literal["AVAILABLE", "LIMITED", "BLOCKED"] = "AVAILABLE"
    health_errors: Annotated[list[dict[str, Any]], Field(max_length=10)] = []
    restrictions: Annotated[list[Punishment], Field(max_length=10)] = []

    @property
    def may_be_enabled(self) -> bool:
        """The messaging limit is high enough to switch calling on (138015)."""
        return TIERS.get(self.tier, LEAST_LIMIT) >= LEAST_LIMIT

    def holding(self, now_unix_s: float) -> list[Punishment]:
        return [found for found in self.restrictions if found.expiration is None or found.expiration > now_unix_s]

    def stops_outbound(self, now_unix_s: float) -> bool:
        return any(found.type in STOPS_OUTBOUND for found in self.holding(now_unix_s))

    def shown(self, now_unix_s: float) -> dict[str, object]:
        """What `GET settings` adds while a restriction is in force."""
        holding = self.holding(now_unix_s)
        if not holding:
            return {}
        return {"restrictions": {"restrictions_list": [found.model_dump(exclude_none=True) for found in holding]}}


def violation(kind: str) -> dict[str, object]:
    """The value of an `account_update` that warns."""
    return {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": kind}}


def restriction(punishments: Sequence[Punishment]) -> dict[str, object]:
    """The value of an `account_update` that punishes."""
    lines: list[dict[str, object]] = [
        {"restriction_type": found.type, **({} if found.expiration is None else {"expiration": found.expiration})}
        for found in punishments
    ]
    return {"event": "ACCOUNT_RESTRICTION", "restriction_info": lines}
