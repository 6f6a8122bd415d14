"""A supervisor beside a conversation: who hears whom, by pitch on real legs and all planes, and by the picture."""

import asyncio
from collections.abc import Iterable
from itertools import product

import pytest

from gateway.media.opus import SILENCE_PACKET
from gateway.media.plane import Prompt, TappedPacket
from gateway.media.scene import (
    CUSTOMER,
    QUIET,
    Scene,
    Supervisor,
    Together,
    consulting,
    hearing,
    ringing_at_the_customer,
    supervised,
    talking,
    three,
)
from signaling.ids import SeatId
from tests.media.office import CUSTOMER_VOICE, MUSIC, Ear, Office, tone
from tests.media.test_three import CUSTOMER as CUSTOMERS_VOICE
from tests.media.test_three import CUSTOMER_HZ, FIRST, FIRST_HZ, SECOND_HZ, assert_unbroken, pitches

SUPERVISORS_VOICE = Prompt("supervisor", tone(SECOND_HZ), loop=True)
A, B, S = SeatId("a"), SeatId("b"), SeatId("s")
WINDOW = 20  # packets
BETWEEN_LINES_S = 0.05

Heard = frozenset[frozenset[float]]
"""What each line of somebody carries; lines that carry nothing are missing."""


def lines(*voices: Iterable[float]) -> Heard:
    return frozenset(frozenset(line) for line in voices)


async def hear(*wanted: tuple[Ear, Heard]) -> None:
    """Everybody hears exactly this, from some moment soon on."""

    async def one(ear: Ear, heard: Heard) -> None:
        while True:
            start = len(ear.packets)
            enough = start + WINDOW * len(heard)
            await ear.until(lambda _, enough=enough: len(ear.packets) >= enough)  # type: ignore[misc]
            by_line: dict[int, list[TappedPacket]] = {}
            for packet in ear.packets[start:]:
                by_line.setdefault(packet.ssrc, []).append(packet)
            full = all(len(packets) >= WINDOW * 0.8 for packets in by_line.values())
            if full and frozenset(frozenset(pitches(packets)) for packets in by_line.values()) == heard:
                return

    async with asyncio.timeout(20):
        await asyncio.gather(*(one(ear, heard) for ear, heard in wanted))


def carries(ear: Ear, voice: Prompt, since: int = 0) -> bool:
    """Whether one packet of this voice came through as it was spoken."""
    return any(packet.payload in voice.packets for packet in ear.packets[since:])


async def test_who_hears_whom_while_a_supervisor_listens_whispers_and_barges_in(office: Office) -> None:
    board = office.board
    call_id, customer = await office.customer(CUSTOMERS_VOICE)
    agent, agents_ear, _ = await office.agent(FIRST)
    seat, supervisor, _ = await office.agent(SUPERVISORS_VOICE)
    board.open_audio(call_id)
    board.connect(call_id, agent)
    await hear((customer, lines([FIRST_HZ])))

    both = lines([CUSTOMER_HZ], [FIRST_HZ])
    board.supervise(call_id, Supervisor(seat, "nobody", (agent,)))
    await hear((supervisor, both), (customer, lines([FIRST_HZ])), (agents_ear, lines([CUSTOMER_HZ])))
    board.hold_music(call_id, agent)
    await customer.hears(b"\xf8music")
    await agents_ear.hears(SILENCE_PACKET, WINDOW)
    await hear((supervisor, both))
    board.connect(call_id, agent)
    await hear((agents_ear, lines([CUSTOMER_HZ])))
    assert not carries(customer, SUPERVISORS_VOICE) and not carries(agents_ear, SUPERVISORS_VOICE)

    board.supervise(call_id, Supervisor(seat, "agents", (agent,)))
    whispered = lines([CUSTOMER_HZ], [SECOND_HZ])
    await hear((agents_ear, whispered), (supervisor, both), (customer, lines([FIRST_HZ])))
    assert not carries(customer, SUPERVISORS_VOICE)

    board.supervise(call_id, Supervisor(seat, "everybody", (agent,)))
    await hear((customer, lines([FIRST_HZ, SECOND_HZ])), (agents_ear, whispered), (supervisor, both))

    board.supervise(call_id, Supervisor(seat, "nobody", (agent,)))
    await hear((customer, lines([FIRST_HZ])), (agents_ear, lines([CUSTOMER_HZ])), (supervisor, both))
    assert office.plane.totals().flows == 3  # the mix has gone with its reason
    heard = len(customer.packets), len(agents_ear.packets)
    board.supervise(call_id, None)
    await hear((customer, lines([FIRST_HZ])))
    quiet = len(supervisor.packets)
    await asyncio.sleep(BETWEEN_LINES_S)
    assert len(supervisor.packets) - quiet <= 1
    assert not carries(customer, SUPERVISORS_VOICE, heard[0]) and not carries(agents_ear, SUPERVISORS_VOICE, heard[1])

    board.supervise(call_id, Supervisor(seat, "nobody", (agent,)))
    await office.board.close_seat(agent)  # reloads: the customer is alone with a listener, and hears nobody
    board.hold_music(call_id, agent)
    await hear((supervisor, lines([CUSTOMER_HZ])))
    await customer.hears(b"\xf8music")
    board.connect(call_id, seat)  # which a listener is never for long: the picture itself keeps them silent
    start = len(customer.packets)
    await customer.until(lambda packets: len(packets) >= start + WINDOW)
    assert not carries(customer, SUPERVISORS_VOICE, heard[0])
    board.supervise(call_id, None)  # taken over
    await hear((customer, lines([SECOND_HZ])), (supervisor, lines([CUSTOMER_HZ])))
    assert_unbroken(customer)


async def test_a_listener_of_a_conversation_of_three_hears_both_agents_on_one_line(office: Office) -> None:
    board = office.board
    call_id, customer = await office.customer(CUSTOMER_VOICE)
    first, firsts_ear, _ = await office.agent(FIRST)
    second, seconds_ear, _ = await office.agent(SUPERVISORS_VOICE)
    seat, supervisor, _ = await office.agent(Prompt("listener", tone(CUSTOMER_HZ), loop=True))
    board.open_audio(call_id)
    board.three(call_id, first, second)
    board.supervise(call_id, Supervisor(seat, "nobody", (first, second)))
    await hear((customer, lines([FIRST_HZ, SECOND_HZ])))
    start = len(supervisor.packets)
    await supervisor.until(lambda packets: len(packets) >= start + 3 * WINDOW)
    of_agents = [packet for packet in supervisor.packets[start:] if packet.payload not in CUSTOMER_VOICE.packets]
    assert pitches(of_agents) == {FIRST_HZ, SECOND_HZ}
    for ear in (customer, firsts_ear, seconds_ear):
        assert not carries(ear, Prompt("listener", tone(CUSTOMER_HZ)))
    await board.close_call(call_id)
    assert office.plane.totals().flows == 3


# ---- the picture -----------------------------------------------------------------------------------------------------

SCENES = {
    "quiet": QUIET,
    "talking": talking(A),
    "hold": hearing(MUSIC),
    "ringing": ringing_at_the_customer(A, MUSIC),
    "consulting": consulting(A, B, MUSIC),
    "three": three(A, B),
    "talking to the listener": talking(S),
    "three with the listener": three(A, S),
    "consulting the listener": consulting(A, S, MUSIC),
}


def heard_in(scene: Scene) -> set[object]:
    """Everything that is a source for anybody."""
    sources = [scene.customer, *(source for own in scene.seats.values() for source in own)]
    return {seat for source in sources for seat in (source.seats if isinstance(source, Together) else (source,))}


@pytest.mark.parametrize(("name", "agents"), tuple(product(SCENES, [(), (A,), (A, B), (S,), (A, S)])))
def test_no_line_of_any_scene_has_a_listener_as_its_source(name: str, agents: tuple[SeatId, ...]) -> None:
    scene = supervised(SCENES[name], Supervisor(S, "nobody", agents))
    assert S not in heard_in(scene)
    assert scene.seats[S][0] == CUSTOMER


@pytest.mark.parametrize("name", SCENES)
def test_a_listener_changes_nothing_for_those_who_do_not_hear_them(name: str) -> None:
    before, after = SCENES[name], supervised(SCENES[name], Supervisor(S, "nobody", (A, B)))
    if S not in before.seats:
        assert after.customer == before.customer
        assert {seat: own for seat, own in after.seats.items() if seat != S} == before.seats


@pytest.mark.parametrize("name", ["quiet", "talking", "hold", "consulting", "three"])
def test_a_whisper_reaches_the_calls_agent_and_never_the_customer(name: str) -> None:
    scene = supervised(SCENES[name], Supervisor(S, "agents", (A, B)))
    assert scene.customer == SCENES[name].customer
    main, second = scene.seats[A]
    assert S in (main, second) or (isinstance(second, Together) and S in second.seats)
    assert not {S} & heard_in(Scene(seats={B: scene.seats.get(B, (None, None))}))


@pytest.mark.parametrize(("name", "is_heard"), [("talking", True), ("three", True), ("hold", False), ("quiet", False)])
def test_who_barges_in_is_heard_by_a_customer_who_hears_an_agent(name: str, is_heard: bool) -> None:
    scene = supervised(SCENES[name], Supervisor(S, "everybody", (A, B)))
    assert (isinstance(scene.customer, Together) and S in scene.customer.seats) is is_heard
