"""Our leg as the one that offers: Meta's answer decides who begins DTLS. Real UDP, on every plane."""

import asyncio
from dataclasses import replace

import pytest

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import META_RELAY, DtlsRole, Leg
from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import Plane
from gateway.media.ports import MediaPort
from gateway.media.prompts import Prompts, load_default_prompts
from gateway.media.sdp_meta import outgoing_faults
from gateway.media.switchboard import BadOffer, LegEvent
from signaling.ids import CallId, new_call_id
from tests.media.office import AGENT_VOICE, CUSTOMER_VOICE, Ear, Office, pitch_of
from tests.media.peers import ANY_PORT, LOCALHOST, PROMPT, FarLeg, eventually_free, holds_nothing, meta_offer
from tests.unit.media.samples import sdp_of

# What Meta says, and what it then does: with the illegal actpass it waits, as with passive.
SETUPS = {"passive": DtlsRole.SERVER, "active": DtlsRole.CLIENT, "actpass": DtlsRole.SERVER}


async def relay(plane: Plane, role: DtlsRole) -> FarLeg:
    port = await MediaPort.open(plane, LOCALHOST, ANY_PORT, exclusive=False)
    lost: list[str] = []
    return FarLeg(plane, port, Leg(plane, port, Certificate(), replace(META_RELAY, dtls=role), lost.append), lost)


def answer_of(far: FarLeg, setup: str, mid: str = "audio") -> str:
    text = meta_offer(far).replace("a=setup:actpass", f"a=setup:{setup}")
    return text.replace("BUNDLE audio", f"BUNDLE {mid}").replace("a=mid:audio", f"a=mid:{mid}")


async def called(office: Office, setup: str = "passive", mid: str = "audio") -> tuple[CallId, Ear]:
    """A call of ours whose leg is connected; nobody has picked up, and nothing has been sent."""
    far = await relay(office.far_plane, SETUPS[setup])
    office.far.append(far)
    call_id = new_call_id()
    offer = await office.board.offer_call(call_id)
    assert outgoing_faults(offer, "offer") == []
    answered = asyncio.create_task(far.answered(offer))
    office.board.take_answer(call_id, answer_of(far, setup, mid))
    async with asyncio.timeout(20):
        flow = await answered
    await office.until(LegEvent(call_id, "connected"))
    return call_id, Ear(office.far_plane, flow)


@pytest.mark.parametrize("setup", SETUPS)
async def test_whatever_setup_meta_answers_the_leg_connects_and_both_hear_each_other(
    office: Office, setup: str
) -> None:
    call_id, customer = await called(office, setup)
    seat, agent, _ = await office.agent()
    office.far_plane.hear(customer.flow, CUSTOMER_VOICE)
    office.board.open_audio(call_id)
    office.board.connect(call_id, seat)
    await customer.hears(b"\xf8agent")
    await agent.hears(b"\xf8customer")


async def test_a_mid_of_metas_own_choice_does_no_harm(office: Office) -> None:
    call_id, customer = await called(office, mid="0")
    office.board.open_audio(call_id)
    await customer.hears(SILENCE_PACKET)


async def test_nothing_leaves_before_it_may_and_then_silence_until_somebody_picks_up(office: Office) -> None:
    call_id, customer = await called(office)
    seat, agent, _ = await office.agent()
    office.board.ringback(call_id, seat)
    await agent.hears(PROMPT.packets[0], times=1)
    figures = office.board.call_figures(call_id)
    assert figures is not None and figures.sent.packets == 0
    assert customer.packets == []
    office.board.open_audio(call_id)
    await customer.hears(SILENCE_PACKET, times=20)
    assert {packet.payload for packet in customer.packets} == {SILENCE_PACKET}, "the agent is not heard yet"
    office.far_plane.hear(customer.flow, CUSTOMER_VOICE)
    heard = len(agent.packets)
    await agent.until(lambda packets: len(packets) >= heard + 20)
    assert b"\xf8customer" not in [packet.payload for packet in agent.packets], "ringback, and nothing else"
    office.board.connect(call_id, seat)
    await agent.hears(b"\xf8customer")
    await customer.hears(b"\xf8agent")
    numbers = [(packet.ssrc, packet.sequence) for packet in customer.packets]
    first_ssrc, first_sequence = numbers[0]
    assert numbers == [(first_ssrc, (first_sequence + n) & 0xFFFF) for n in range(len(numbers))], "one unbroken stream"


async def test_a_seat_that_comes_back_hears_the_ringing_again(office: Office) -> None:
    call_id, _ = await called(office)
    first, _, _ = await office.agent()
    office.board.ringback(call_id, first)
    await office.board.close_seat(first)
    second, agent, _ = await office.agent()
    office.board.ringback(call_id, second)
    await agent.hears(PROMPT.packets[1], times=1)


async def test_who_picks_up_while_the_agent_is_away_hears_the_hold_tone(office: Office) -> None:
    call_id, customer = await called(office)
    seat, _, _ = await office.agent()
    office.board.ringback(call_id, seat)
    await office.board.close_seat(seat)
    office.board.open_audio(call_id)
    office.board.hold_tone(call_id)
    await customer.hears(PROMPT.packets[2], times=1)
    back, agent, _ = await office.agent(AGENT_VOICE)
    office.far_plane.hear(customer.flow, CUSTOMER_VOICE)
    office.board.connect(call_id, back)
    await agent.hears(b"\xf8customer")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (sdp_of("sdp_bic_answer_sdes"), "sdes"),
        ("v=0\r\n", "no_audio"),
        ("nonsense", "malformed"),
        (sdp_of("sdp_bic_answer_live_shape_passive").replace("m=audio 3480", "m=audio 0"), "no_audio"),
        (sdp_of("sdp_bic_answer_live_shape_passive").replace("a=setup:passive", "a=setup:holdconn"), "bad_setup"),
        (sdp_of("sdp_bic_answer_live_shape_passive").replace("a=sendrecv", "a=inactive"), "bad_direction"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_told_by_a_word(office: Office, answer: str, reason: str) -> None:
    call_id = new_call_id()
    await office.board.offer_call(call_id)
    with pytest.raises(BadOffer) as bad:
        office.board.take_answer(call_id, answer)
    assert bad.value.reason == reason
    await office.board.close_call(call_id)
    await holds_nothing(office.plane, endpoints=1)


@pytest.mark.parametrize(
    "name",
    [f"sdp_bic_answer_live_shape_{shape}" for shape in ("active", "passive", "actpass", "mid_audio")]
    + ["sdp_bic_answer_2024_docs_shape_active"],
)
async def test_every_known_shape_of_metas_answer_is_understood(office: Office, name: str) -> None:
    call_id = new_call_id()
    await office.board.offer_call(call_id)
    office.board.take_answer(call_id, sdp_of(name))
    await office.board.close_call(call_id)


async def test_a_call_that_ends_before_meta_answered_gives_its_port_back(office: Office) -> None:
    call_id = new_call_id()
    offer = await office.board.offer_call(call_id)
    port = int(offer.split("m=audio ")[1].split(" ")[0])
    await office.board.close_call(call_id)
    office.board.take_answer(call_id, sdp_of("sdp_bic_answer_live_shape_passive"))  # too late: nothing happens
    await eventually_free(port)
    assert office.told == []


async def test_the_agents_ringback_is_brazils_425_hertz_one_second_on_and_four_off() -> None:
    prompts: Prompts = await load_default_prompts()
    packets = prompts.ringback.packets
    assert len(packets) in (250, 251)  # the encoder flushes one more
    assert prompts.ringback.loop
    assert abs(pitch_of(packets[5:45]) - 425) < 15
