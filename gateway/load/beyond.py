"""Calls past the limit, while all others are up: is each refused at once, and one taken again afterwards?"""

import asyncio
from dataclasses import dataclass
from typing import Final

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from gateway.load.conversation import Inbound, SetUpFailed
from gateway.simulator.call_rules import EndedBy
from gateway.simulator.exchange import Exchange

GIVEN_BACK_WITHIN_S: Final = 35.0
"""A call that Meta did not confirm the end of is held to be over after 30 s."""

LOOK_EVERY_S: Final = 0.5

REFUSED_WITHIN_S: Final = 5.0
"""Later it would be a call that nobody answered: the gateway gives that up after 25 s."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """`refused` of `asked`; `again`: once all calls had ended, one came up. `places_held`: what the gateway still
    counts against its numbers' limits when no call is left. None: was not asked for, or is not told."""

    asked: int
    refused: int
    again: bool | None = None
    places_held: int | None = None


async def try_one(exchange: Exchange, customer: str) -> bool:
    """Whether the gateway rejects the call before anything rings."""
    try:
        call = Inbound(exchange, customer, media=False)
    except SetUpFailed:
        return False
    try:
        async with asyncio.timeout(REFUSED_WITHIN_S):
            await call.phone.ended.wait()
    except TimeoutError:
        exchange.hang_up(call.live)
        return False
    return call.live.call.ended_by is EndedBy.BUSINESS and call.live.call.pre_accepted_at_s is None


async def places_held(gateway: str) -> int | None:
    """How many places of its numbers the gateway says are taken, when nothing more changes."""
    async with aiohttp.ClientSession() as http:
        held: int | None = None
        for _ in range(int(GIVEN_BACK_WITHIN_S / LOOK_EVERY_S)):
            try:
                async with http.get(f"{gateway}/metrics", raise_for_status=True) as answer:
                    held = _held(await answer.text())
            except aiohttp.ClientError:
                return None
            if held == 0:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        return held


def _held(metrics: str) -> int:
    families = text_string_to_metric_families(metrics)
    samples = (sample for family in families if family.name == "ramal_capacity_used" for sample in family.samples)
    return int(sum(sample.value for sample in samples))
