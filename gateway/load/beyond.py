"""Calls past the limit, while all others are up: is each refused at once, and one taken again afterwards?"""

import asyncio
from dataclasses import dataclass
from typing import Final

from gateway.load.conversation import Inbound, SetUpFailed
from gateway.simulator.call_rules import EndedBy
from gateway.simulator.exchange import Exchange

REFUSED_WITHIN_S: Final = 5.0
"""Later it would be a call that nobody answered: the gateway gives that up after 25 s."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """`refused` of `asked`; `again`: once all calls had ended, one came up. None: was not asked for."""

    asked: int
    refused: int
    again: bool | None = None


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
