"""One call of a load test, from the customer's tap on the green button to the end."""

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from gateway.load.agents import Agent, Refused
from gateway.load.customers import CustomerPhone
from gateway.load.pages import PageClosed
from gateway.simulator.call_rules import Phase
from gateway.simulator.customers import Customer
from gateway.simulator.exchange import CannotCall, Exchange, LiveCall
from gateway.simulator.scenario import CallBody
from signaling.agents.contract import CallPhase, DeskState, RingingCall
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
    PLACE = "place_unacknowledged"
    CONNECT = "no_connect"
    PICK_UP = "not_picked_up"
    TALK = "agent_not_told"


class SetUpFailed(Exception):
    """`reason` is a word for the figures."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Times:
    """Of one set-up, milliseconds. None: it has no such step, or was not looked at, as nobody speaks."""

    webhook_to_pre_accept: float | None = None
    offer_to_ring: float | None = None
    answer_to_first_packet: float | None = None
    answer_to_customers_voice: float | None = None
    place_to_first_packet: float | None = None
    pick_up_to_customers_voice: float | None = None


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


class Outbound:
    """A call of an agent's on its way to a customer who picks up."""

    def __init__(
        self, exchange: Exchange, agent: Agent, customer: Customer, media: bool, within_s: float = SETUP_WITHIN_S
    ) -> None:
        self.agent = agent
        self.live: LiveCall | None = None
        self._exchange, self._customer, self._media, self._within_s = exchange, customer, media, within_s
        self._stage = Stage.PLACE

    async def set_up(self) -> Conversation:
        """Raises SetUpFailed: the call is over then, or as good as."""
        try:
            async with asyncio.timeout(self._within_s):
                return await self._set_up()
        except TimeoutError:
            raise SetUpFailed(self._stage.value) from None
        except Refused as refused:
            raise SetUpFailed(f"place_{refused.why}") from None
        except PageClosed:
            raise SetUpFailed("agent_disconnected") from None

    async def _set_up(self) -> Conversation:
        agent, customer = self.agent, self._customer
        assert customer.phone is not None
        state = await agent.until(lambda state: state.call_from)
        placed_s = time.monotonic()
        call_id = await agent.place(state.call_from[0].number_id, f"+{customer.phone}")
        self._stage = Stage.CONNECT
        await agent.until(lambda state: self._is_at_meta() or _ended_here(state, call_id))
        if self.live is None:
            raise SetUpFailed(f"dial_{agent.state.last_call.failure_code if agent.state.last_call else None}")
        phone = self.live.line
        assert isinstance(phone, CustomerPhone)
        heard = asyncio.create_task(agent.hears(phone.number)) if self._media else None
        ended = asyncio.create_task(phone.ended.wait())
        try:
            self._stage = Stage.PICK_UP
            picked_up_s = await _before(ended, phone.accepted, self.live)
            first_s = voice_s = None
            if heard is not None:
                self._stage = Stage.SOUND_TO_CUSTOMER
                first_s = await _before(ended, phone.first_packet, self.live)
                self._stage = Stage.SOUND_TO_AGENT
                voice_s = await _before(ended, heard, self.live)
            self._stage = Stage.TALK
            await agent.until(lambda state: _talks(state, call_id) or _ended_here(state, call_id))
            if not _talks(agent.state, call_id):
                raise SetUpFailed(f"ended_by_{self.live.call.ended_by}")
            if heard is None:
                agent.be_silent()  # the gateway has heard that there is a microphone
        finally:
            ended.cancel()
            if heard is not None:
                heard.cancel()
        times = Times(
            place_to_first_packet=None if first_s is None else (first_s - placed_s) * 1000,
            pick_up_to_customers_voice=None if voice_s is None else max(0.0, voice_s - picked_up_s) * 1000,
        )
        return Conversation(self.live, phone, agent, call_id, times)

    def _is_at_meta(self) -> bool:
        """Meta has a call of the business to this customer."""
        if self.live is None:
            self.live = next(
                (
                    live
                    for live in self._exchange.calls.values()
                    if live.call.outbound
                    and live.call.customer == self._customer
                    and live.call.phase is not Phase.ENDED
                ),
                None,
            )
        return self.live is not None


def _talks(state: DeskState, call_id: str) -> bool:
    return state.call is not None and state.call.call_id == call_id and state.call.phase is CallPhase.TALKING


def _ended_here(state: DeskState, call_id: str) -> bool:
    return state.last_call is not None and state.last_call.call_id == call_id


async def _before(ended: "asyncio.Task[bool]", awaited: "asyncio.Future[float]", live: LiveCall) -> float:
    """When it happened. Raises SetUpFailed when the call ends first."""
    both: list[asyncio.Future[Any]] = [ended, awaited]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if not awaited.done():
        raise SetUpFailed(f"ended_by_{live.call.ended_by}")
    return awaited.result()


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
