"""What everybody hears while a customer waits, is on hold, or is talked about: real packets, both planes."""

import asyncio

import pytest

from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import FlowId, Prompt
from gateway.media.switchboard import LegEvent
from tests.media.office import SECOND_VOICE, Ear, Office

pytestmark = pytest.mark.paired

GREETING = Prompt("greeting", tuple(bytes([0xF8, 0xAA, n]) for n in range(10)))
PATIENCE_S = 20


def is_unbroken(ear: Ear) -> bool:
    pairs = list(zip(ear.packets, ear.packets[1:], strict=False))
    return len({packet.ssrc for packet in ear.packets}) == 1 and all(
        (b.sequence - a.sequence) & 0xFFFF == 1 and (b.ticks - a.ticks) & 0xFFFF_FFFF < 48_000 for a, b in pairs
    )


async def test_a_sound_is_heard_once_to_its_end_and_that_is_told(office: Office) -> None:
    call_id, customer = await office.customer()
    office.board.open_audio(call_id)
    played = asyncio.Event()
    office.board.play(call_id, GREETING, played.set)
    await asyncio.wait_for(played.wait(), PATIENCE_S)
    await customer.hears(SILENCE_PACKET)
    heard = [packet.payload for packet in customer.packets]
    assert [payload for payload in heard if payload in GREETING.packets] == list(GREETING.packets)
    assert is_unbroken(customer)


async def test_a_sound_that_was_cut_short_is_never_told_as_ended(office: Office) -> None:
    call_id, customer = await office.customer()
    seat, _, _ = await office.agent()
    office.board.open_audio(call_id)
    told: list[str] = []
    office.board.play(call_id, GREETING, lambda: told.append("greeting"))
    await customer.hears(GREETING.packets[2], 1)
    office.board.connect(call_id, seat)
    await customer.hears(b"\xf8agent", 20)
    assert told == []


async def test_a_sound_asked_for_before_the_leg_is_up_begins_when_it_is(office: Office) -> None:
    call_id, customer = await office.customer()
    played = asyncio.Event()
    office.board.play(call_id, GREETING, played.set)
    office.board.open_audio(call_id)
    await asyncio.wait_for(played.wait(), PATIENCE_S)
    assert is_unbroken(customer)


async def test_music_on_hold_and_back_is_one_stream_for_both_and_the_agent_hears_silence_meanwhile(
    office: Office,
) -> None:
    call_id, customer = await office.customer()
    seat, agent, _ = await office.agent()
    office.board.open_audio(call_id)
    office.board.connect(call_id, seat)
    await agent.hears(b"\xf8customer")
    office.board.hold_music(call_id, seat)
    await customer.hears(b"\xf8music", 10)
    await agent.hears(SILENCE_PACKET, 10)
    office.board.connect(call_id, seat)
    await customer.hears(b"\xf8agent")
    await agent.hears(b"\xf8customer")
    assert is_unbroken(customer) and is_unbroken(agent)


async def test_in_a_consultation_two_agents_hear_each_other_and_the_customer_hears_music(office: Office) -> None:
    call_id, customer = await office.customer()
    asker, askers_ear, _ = await office.agent()
    asked, askeds_ear, _ = await office.agent(SECOND_VOICE)
    office.board.open_audio(call_id)
    office.board.connect(call_id, asker)
    await askers_ear.hears(b"\xf8customer")
    office.board.consult(call_id, asker, asked)
    await askers_ear.hears(b"\xf8second")
    await askeds_ear.hears(b"\xf8agent")
    await customer.hears(b"\xf8music", 10)
    assert b"\xf8customer" not in [packet.payload for packet in askeds_ear.packets]
    office.board.connect(call_id, asked)  # the attended transfer: one switch
    await customer.hears(b"\xf8second")
    await askeds_ear.hears(b"\xf8customer")
    silent_from = len(askers_ear.packets)
    await customer.hears(b"\xf8second", 20)
    assert len(askers_ear.packets) <= silent_from + 1
    assert is_unbroken(customer)


async def test_a_consulted_agent_who_goes_leaves_the_asker_with_nothing_and_the_customer_with_music(
    office: Office,
) -> None:
    call_id, customer = await office.customer()
    asker, askers_ear, _ = await office.agent()
    asked, _, _ = await office.agent(SECOND_VOICE)
    office.board.open_audio(call_id)
    office.board.consult(call_id, asker, asked)
    await askers_ear.hears(b"\xf8second")
    await office.board.close_seat(asked)
    await customer.hears(b"\xf8music", 10)
    before = len(askers_ear.packets)
    await customer.hears(b"\xf8music", 10)
    assert len(askers_ear.packets) <= before + 1


async def test_a_key_that_the_plane_has_read_is_told_for_its_call_and_never_printed(office: Office) -> None:
    flows: list[FlowId] = []
    office.plane.events.on("first_packet", flows.append)
    call_id, _ = await office.customer()
    await office.until(LegEvent(call_id, "customer_audio"))
    office.plane.events.emit("digit", flows[0], "5", 120)
    assert office.told[-1] == LegEvent(call_id, "digit", digit="5")
    assert "'5'" not in repr(office.told[-1])
