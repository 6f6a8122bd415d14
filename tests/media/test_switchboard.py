"""The whole switchboard: a customer behind a simulated relay, agents in simulated browsers, real packets between."""

import asyncio
from typing import Any

import pytest

from gateway.media.aiortc_seam import Certificate
from gateway.media.opus import SILENCE_PACKET
from gateway.media.sdp_meta import outgoing_faults
from gateway.media.switchboard import BadOffer, LegEvent, SeatEvent
from signaling.ids import SeatId, new_call_id
from tests.media.office import AGENT, AGENT_VOICE, SECOND_VOICE, Ear, Office
from tests.media.peers import (
    PROMPT,
    browser,
    eventually_free,
    holds_nothing,
    meta_offer,
    meta_relay,
    seat_offer,
)
from tests.unit.media.samples import sdp_of


async def test_customer_and_agent_hear_each_other_after_accept_and_not_before(office: Office) -> None:
    call_id, customer = await office.customer()
    seat, agent, _ = await office.agent()
    office.board.connect(call_id, seat)
    await agent.hears(b"\xf8customer")  # our leg hears, and says nothing
    assert customer.packets == []
    figures = office.board.call_figures(call_id)
    assert figures is not None and figures.sent.packets == 0
    assert office.told.count(LegEvent(call_id, "customer_audio")) == 1
    office.board.open_audio(call_id)
    await customer.hears(b"\xf8agent")
    assert office.told.count(LegEvent(call_id, "agent_audio")) == 1


async def test_audio_that_is_opened_before_the_leg_is_connected_flows_when_it_is(office: Office) -> None:
    relay = await meta_relay(office.far_plane, Certificate())
    office.far.append(relay)
    seat, _, _ = await office.agent()
    call_id = new_call_id()
    answer = await office.board.answer_call(call_id, meta_offer(relay))
    office.board.open_audio(call_id)
    office.board.connect(call_id, seat)
    assert office.board.call_figures(call_id) is None
    customer = Ear(office.far_plane, await relay.answered(answer))
    await customer.hears(b"\xf8agent")
    await office.until(LegEvent(call_id, "agent_audio"))


async def test_an_accepted_call_with_nobody_on_it_hears_silence_every_20_ms(office: Office) -> None:
    call_id, customer = await office.customer()
    office.board.open_audio(call_id)
    await customer.hears(SILENCE_PACKET, 30)


async def test_a_reload_keeps_the_customer_who_hears_a_tone_and_then_the_agent_again_on_one_stream(
    office: Office,
) -> None:
    call_id, customer = await office.customer()
    seat, _, page = await office.agent()
    office.board.open_audio(call_id)
    office.board.connect(call_id, seat)
    await customer.hears(b"\xf8agent")
    await page.close()
    await office.until(SeatEvent(AGENT, seat, "down", "closed_by_peer"))
    assert not office.board.seat_is_up(seat)
    office.board.hold_tone(call_id)
    await customer.until(lambda heard: heard[-8:] == list(PROMPT.packets))
    back, agent, _ = await office.agent(SECOND_VOICE)
    office.board.connect(call_id, back)
    await customer.hears(b"\xf8second")
    await agent.hears(b"\xf8customer")
    assert len({packet.ssrc for packet in customer.packets}) == 1
    pairs = list(zip(customer.packets, customer.packets[1:], strict=False))
    assert {(b.sequence - a.sequence) & 0xFFFF for a, b in pairs} == {1}
    assert all(0 < (b.ticks - a.ticks) & 0xFFFF_FFFF < 48_000 and (b.ticks - a.ticks) % 960 == 0 for a, b in pairs)


async def test_on_hold_no_seat_hears_the_customer(office: Office) -> None:
    call_id, customer = await office.customer()
    seat, agent, _ = await office.agent()
    office.board.open_audio(call_id)
    office.board.connect(call_id, seat)
    await agent.hears(b"\xf8customer")
    office.board.hold_tone(call_id)
    await customer.until(lambda heard: heard[-8:] == list(PROMPT.packets))
    before = len(agent.packets)
    await customer.until(lambda heard: heard.count(PROMPT.packets[0]) >= 4)
    assert len(agent.packets) <= before + 1  # one may have been on its way
    office.board.connect(call_id, seat)
    await agent.hears(b"\xf8customer")
    await customer.hears(b"\xf8agent")


async def test_a_seat_may_be_connected_before_it_is_up(office: Office) -> None:
    call_id, customer = await office.customer()
    office.board.open_audio(call_id)
    page = await browser(office.far_plane, Certificate())
    office.far.append(page)
    seat, answer = await office.board.answer_seat(AGENT, seat_offer(page))
    office.board.connect(call_id, seat)
    flow = await page.answered(answer)
    office.far_plane.hear(flow, AGENT_VOICE)
    await customer.hears(b"\xf8agent")
    await Ear(office.far_plane, flow).hears(b"\xf8customer")


async def test_a_seat_that_is_given_to_another_call_leaves_the_first(office: Office) -> None:
    first, first_customer = await office.customer()
    second, _ = await office.customer(SECOND_VOICE)
    seat, agent, _ = await office.agent()
    office.board.open_audio(first)
    office.board.connect(first, seat)
    await agent.hears(b"\xf8customer")
    office.board.connect(second, seat)
    await agent.hears(b"\xf8second")
    await first_customer.hears(SILENCE_PACKET)


async def test_an_idle_seat_has_nothing_on_the_wire(office: Office) -> None:
    _, agent, _ = await office.agent()
    call_id, customer = await office.customer()
    office.board.open_audio(call_id)
    await customer.hears(SILENCE_PACKET, 30)
    assert agent.packets == []


async def test_a_microphone_is_told_once_when_it_is_heard(office: Office) -> None:
    heard: list[str] = []
    page = await browser(office.far_plane, Certificate())
    office.far.append(page)
    seat, answer = await office.board.answer_seat(AGENT, seat_offer(page))
    office.board.when_audible(seat, lambda: heard.append("before it was up"))
    flow = await page.answered(answer)
    await office.until(SeatEvent(AGENT, seat, "up"))
    again = asyncio.Event()
    office.board.when_audible(seat, again.set)
    assert heard == []
    office.far_plane.hear(flow, AGENT_VOICE)
    async with asyncio.timeout(20):
        await again.wait()
    third = asyncio.Event()
    office.board.when_audible(seat, third.set)
    async with asyncio.timeout(20):
        await third.wait()
    assert heard == ["before it was up"]


async def test_offers_that_cannot_be_answered_take_no_port(office: Office) -> None:
    for offer in (sdp_of("sdp_uic_offer_sdes"), "v=0\r\n", "x" * 20_000):
        with pytest.raises(BadOffer):
            await office.board.answer_call(new_call_id(), offer)
        with pytest.raises(BadOffer):
            await office.board.answer_seat(AGENT, offer)
    assert office.told == []


async def test_a_customer_who_vanishes_is_told_as_lost_and_closing_gives_the_port_back(office: Office) -> None:
    call_id, customer = await office.customer()
    figures = office.board.call_figures(call_id)
    assert figures is not None
    await office.far[0].close()
    await office.until(LegEvent(call_id, "lost", "closed_by_peer"))
    await office.board.close_call(call_id)
    await office.board.close_call(call_id)
    assert office.board.call_figures(call_id) is None
    assert customer.flow is not None


async def test_acting_on_what_is_gone_does_nothing(office: Office) -> None:
    nobody, nowhere = new_call_id(), SeatId("gone")
    office.board.open_audio(nobody)
    office.board.connect(nobody, nowhere)
    office.board.hold_tone(nobody)
    office.board.when_audible(nowhere, lambda: None)
    await office.board.close_call(nobody)
    await office.board.close_seat(nowhere)
    assert office.board.call_figures(nobody) is None and office.board.seat_figures(nowhere) is None
    call_id, customer = await office.customer()
    office.board.open_audio(call_id)
    office.board.connect(call_id, nowhere)
    await customer.hears(SILENCE_PACKET)


async def test_a_call_that_is_closed_while_its_port_is_opened_leaves_no_leg_behind(office: Office) -> None:
    relay = await meta_relay(office.far_plane, Certificate())
    office.far.append(relay)
    call_id = new_call_id()
    answering = asyncio.create_task(office.board.answer_call(call_id, meta_offer(relay)))
    await asyncio.sleep(0)  # it has begun
    await office.board.close_call(call_id)
    assert outgoing_faults(await answering, "answer") == []
    board: Any = office.board
    assert (board._calls, board._opening_legs) == ({}, set())


async def test_closing_frees_everything_again_and_again(office: Office) -> None:
    for _ in range(5):
        (call_id, _), (seat, agent, _) = await office.customer(), await office.agent()
        office.board.open_audio(call_id)
        office.board.connect(call_id, seat)
        await agent.hears(b"\xf8customer")
        port = office.board._calls[call_id].leg._leg.local.address[1]
        await office.board.close_call(call_id)
        await office.board.close_seat(seat)
        assert office.board.seat_figures(seat) is None
        await eventually_free(port)
    board: Any = office.board
    assert (board._calls, board._desks, board._call_of) == ({}, {}, {})
    assert [board._port._by_ufrag, board._port._by_address, board._port._by_flow] == [{}, {}, {}]
    await holds_nothing(office.plane, endpoints=1)
    assert all(task.done() for task in board._tasks)
