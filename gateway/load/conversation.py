"""One call of a load test, from the customer's tap on the green button to the end."""

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.load.agents import Agent, Refused
from gateway.load.customers import CustomerPhone
from gateway.load.pages import PageClosed
from gateway.simulator.exchange import CannotCall, Exchange, LiveCall
from gateway.simulator.scenario import CallBody
from signaling.agents.contract import RingingCall
from signaling.presence import Presence

SETUP_WITHIN_S: Final = 25.0
END_WITHIN_S: Final = 15.0


class Stage(StrEnum):
    """How far a set-up came; a set-up that hangs fails with the name of what it waited for."""

    PRE_ACCEPT = "no_pre_accept"
    RING = "not_rung"
    ANSWER = "answer_unacknowledged"
    ACCEPT = "no_accept"
    SOUND_TO_CUSTOMER = "customer_hears_nothing"
    SOUND_TO_AGENT = "agent_hears_nothing"


class SetUpFailed(Exception):
    """`reason` is a word for the figures."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Times:
    """Of one set-up, milliseconds. None: not looked at, as nobody speaks."""

    webhook_to_pre_accept: float
    offer_to_ring: float
    answer_to_first_packet: float | None
    answer_to_customers_voice: float | None


@dataclass(slots=True)
class Conversation:
    """A call that is up."""

    live: LiveCall
    phone: CustomerPhone
    agent: Agent
    call_id: str  # as the gateway names it
    times: Times
    ends_by_us: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Inbound:
    """A customer's call on its way. `ring` is told by the team when an agent's page shows it."""

    def __init__(self, exchange: Exchange, customer: str, media: bool, within_s: float = SETUP_WITHIN_S) -> None:
        """Raises SetUpFailed."""
        self.offered_s = time.monotonic()
        try:
            self.live = exchange.place_call(CallBody(customer=customer))
        except CannotCall:
            raise SetUpFailed("refused_by_meta") from None
        assert isinstance(self.live.line, CustomerPhone)
        self.phone = self.live.line
        self.name = self.live.call.customer.name
        self._media, self._within_s = media, within_s
        self._stage = Stage.RING
        self._ring: asyncio.Future[tuple[Agent, RingingCall, float]] = asyncio.get_running_loop().create_future()

    @property
    def agent(self) -> Agent | None:
        """Who has taken it, if anybody."""
        return self._ring.result()[0] if self._ring.done() and not self._ring.cancelled() else None

    def ring(self, agent: Agent, ring: RingingCall) -> bool:
        if self._ring.done() or self.phone.ended.is_set():
            return False
        self._ring.set_result((agent, ring, time.monotonic()))
        return True

    async def set_up(self) -> Conversation:
        """Raises SetUpFailed: the call is over then, or as good as."""
        ended = asyncio.create_task(self.phone.ended.wait())
        going = asyncio.create_task(self._set_up())
        try:
            async with asyncio.timeout(self._within_s):
                await asyncio.wait([going, ended], return_when=asyncio.FIRST_COMPLETED)
            if not going.done():
                raise SetUpFailed(f"ended_by_{self.live.call.ended_by}")
            return going.result()
        except TimeoutError:
            stuck = self._stage
            if stuck is Stage.RING and self.live.call.pre_accepted_at_s is None:
                stuck = Stage.PRE_ACCEPT
            raise SetUpFailed(stuck.value) from None
        finally:
            for task in (going, ended):
                task.cancel()
            await asyncio.wait([going, ended])
            self._ring.cancel()

    async def _set_up(self) -> Conversation:
        agent, ring, rung_s = await self._ring
        self._stage = Stage.ANSWER
        answered_s = time.monotonic()
        heard = asyncio.create_task(agent.hears(self.phone.number)) if self._media else None
        try:
            await agent.answer(ring.call_id)
            self._stage = Stage.ACCEPT
            await self.phone.accepted
            first_s = voice_s = None
            if heard is not None:
                self._stage = Stage.SOUND_TO_CUSTOMER
                first_s = await self.phone.first_packet
                self._stage = Stage.SOUND_TO_AGENT
                voice_s = await heard
            else:
                agent.be_silent()  # the gateway has heard that there is a microphone
        except Refused as refused:
            raise SetUpFailed(f"answer_{refused.why}") from None
        except PageClosed:
            raise SetUpFailed("agent_disconnected") from None
        finally:
            if heard is not None:
                heard.cancel()
                await asyncio.wait([heard])
        call = self.live.call
        assert call.pre_accepted_at_s is not None
        times = Times(
            webhook_to_pre_accept=(call.pre_accepted_at_s - call.offered_at_s) * 1000,
            offer_to_ring=(rung_s - self.offered_s) * 1000,
            answer_to_first_packet=None if first_s is None else (first_s - answered_s) * 1000,
            answer_to_customers_voice=None if voice_s is None else (voice_s - answered_s) * 1000,
        )
        return Conversation(self.live, self.phone, agent, ring.call_id, times)


async def end(conversation: Conversation, exchange: Exchange, by_agent: bool) -> None:
    """Hang up, and wait until Meta, customer and agent know. Raises SetUpFailed."""
    conversation.ends_by_us = True
    agent = conversation.agent
    try:
        async with asyncio.timeout(END_WITHIN_S):
            if by_agent and not conversation.phone.ended.is_set():
                await agent.hang_up(conversation.call_id)
            else:
                exchange.hang_up(conversation.live)
            await conversation.phone.ended.wait()
            await at_rest(agent)
    except TimeoutError:
        raise SetUpFailed("not_ended") from None
    except Refused as refused:
        raise SetUpFailed(f"hang_up_{refused.why}") from None
    except PageClosed:
        raise SetUpFailed("agent_disconnected") from None


async def at_rest(agent: Agent) -> None:
    """The agent falls silent; returns once the gateway says free. Raises PageClosed, TimeoutError."""
    agent.be_silent()
    await agent.until(lambda state: state.call is None and state.presence is Presence.FREE)
