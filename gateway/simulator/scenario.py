"""What a test or a person may ask of one call: who calls, how they speak, and how Meta is to misbehave this time."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ActionWord = Literal["pre_accept", "accept", "reject", "terminate"]
Seconds = Annotated[float, Field(ge=0, le=7 * 86_400)]


class Scenario(BaseModel):
    """All of Meta's delivery can go wrong (reference 2.3); each switch is off by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    duplicates: Annotated[int, Field(ge=0, le=20)] = 0  # further copies of each webhook
    delay_s: Seconds = 0.0  # before each webhook
    batch_s: Seconds = 0.0  # webhooks wait this long for others, then go in one POST
    terminate_first: bool = False  # the customer hangs up at once, and the connect comes after the terminate
    late_s: Seconds = 0.0  # the connect is this old when it comes
    ring_window_s: Annotated[float, Field(gt=0, le=600)] | None = None
    unreachable_ipv6: bool = False  # the offer has an IPv6 candidate that leads nowhere, as live ones may
    with_direction: bool = True
    with_contacts: bool = True
    cta_payload: Annotated[str, Field(max_length=512)] | None = None
    deeplink_payload: Annotated[str, Field(max_length=512)] | None = None
    refuse: dict[ActionWord, list[str]] = {}  # error codes Graph answers first, one per request: {"accept": ["138004"]}


class CallBody(BaseModel):
    """Body of `POST /sim/calls`. No voice: the customer is silent, or speaks through the page's microphone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer: Annotated[str, Field(max_length=64)]
    voice: Annotated[str, Field(max_length=64)] | None = None
    browser_offer: Annotated[str, Field(max_length=20_000)] | None = None
    quirks: Scenario = Scenario()
