"""What a test or a person may ask of the calls that the business makes: how customers act, and how Meta misbehaves."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.simulator.scenario import Seconds


class Dialing(BaseModel):
    """Body of `PUT /sim/dialing`; holds for every call that begins from then on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_does: Literal["wait", "accept", "decline"] = "wait"  # wait: for the page, or until it stops ringing
    after_s: Seconds = 0.5  # of ringing
    voice: Annotated[str, Field(max_length=64)] | None = None  # of who accepts by themselves; None: the customer's own
    setup: Literal["passive", "active", "actpass"] = "passive"  # of Meta's answer (conflict C1)
    mid: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,16}$")] | None = None  # of Meta's answer; None: the offer's
    response_s: Seconds = 0.02  # until Graph answers `connect`; webhooks do not wait for it
    answer_s: Seconds = 0.1  # until the `connect` webhook
    ring_s: Seconds = 0.2  # until the phone rings
    answer_after_accept: bool = False  # the `connect` webhook comes 0.3 s after ACCEPTED
    no_ringing: bool = False  # no RINGING status
    duplicates: Annotated[int, Field(ge=0, le=20)] = 0  # further copies of each webhook
    window_s: Annotated[float, Field(gt=0, le=600)] = 60.0  # how long it rings
    permitted: bool | None = True  # the customers allow calls, whatever they were asked; None: as they answered
    refuse: list[str] = []  # error codes that `connect` is answered with, one per request
