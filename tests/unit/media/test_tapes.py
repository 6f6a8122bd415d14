"""Whose voice goes to whom, on whichever flow it comes; on a plane that does nothing but note what it is asked."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gateway.media.plane import FlowId, Recorder
from gateway.media.tape import HEAD, packets_of
from gateway.media.tapes import EVERYBODY, Tapes, Voice
from recording.journal import Leg, encode_packet, encode_tape

CUSTOMER, ANA, ANA_RELOADED, BIA = (FlowId(number) for number in range(1, 5))
TALKING = {CUSTOMER: Voice.CUSTOMER, ANA: Voice.SEAT}


@dataclass
class NotedPlane:
    """`recorders`: of the flows that are being recorded; `past`: of those that were, which may have a rest to tell.
    `played`: of what flows are played."""

    recorders: dict[FlowId, Recorder] = field(default_factory=dict)
    past: list[Recorder] = field(default_factory=list)
    played: dict[FlowId, Recorder] = field(default_factory=dict)

    def record(self, flow: FlowId, recorder: Recorder, played: bool = False) -> None:
        recorders = self.played if played else self.recorders
        assert flow not in recorders, "a flow has one recorder"
        recorders[flow] = recorder

    def stop_recording(self, flow: FlowId, played: bool = False) -> None:
        if played:
            self.played.pop(flow)(b"")
        else:
            self.past.append(self.recorders.pop(flow))


@dataclass(eq=False)
class Kept:
    packets: list[tuple[Voice, float]] = field(default_factory=list)
    missing: list[tuple[Voice, int]] = field(default_factory=list)
    has_all: int = 0

    def keep(self, voice: Voice, piece: bytes) -> None:
        self.packets += [(voice, packet.arrived_s) for packet in packets_of(FlowId(0), piece)]

    def lost(self, voice: Voice, packets: int) -> None:
        self.missing.append((voice, packets))

    def over(self) -> None:
        self.has_all += 1


class World:
    def __init__(self) -> None:
        self.now_s = 10.0
        self.plane = NotedPlane()
        self.tapes = Tapes(cast(Any, self.plane), lambda: self.now_s)

    def says(self, flow: FlowId, *at_s: float) -> None:
        self.plane.recorders[flow](piece(*at_s))


def piece(*at_s: float) -> bytes:
    return b"".join(HEAD.pack(at, 1, 2, 3, False, 0) for at in at_s)


@pytest.fixture
def world() -> World:
    return World()


def test_voices_are_followed_from_flow_to_flow(world: World) -> None:
    kept = Kept()
    world.tapes.add(kept, EVERYBODY)
    assert world.plane.recorders == {}
    world.tapes.follow(TALKING)
    world.says(CUSTOMER, 11.0)
    world.says(ANA, 11.1)
    world.now_s = 12.0
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER})  # a reload
    assert world.plane.recorders.keys() == {CUSTOMER}
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER, ANA_RELOADED: Voice.SEAT})
    world.says(ANA_RELOADED, 12.5)
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER, ANA_RELOADED: Voice.SEAT, BIA: Voice.SECOND_SEAT})
    world.says(BIA, 13.0)
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER, BIA: Voice.SEAT})
    world.says(BIA, 14.0)
    voices = [Voice.CUSTOMER, Voice.SEAT, Voice.SEAT, Voice.SECOND_SEAT, Voice.SEAT]
    assert [voice for voice, _ in kept.packets] == voices
    assert len(world.plane.past) == 3, "the customer's tape ran on"


def test_what_arrived_before_or_after_is_nobodys_however_late_a_plane_answers(world: World) -> None:
    kept = Kept()
    world.tapes.follow(TALKING)
    world.tapes.add(kept, EVERYBODY)
    world.says(CUSTOMER, 9.9, 10.0, 11.0)
    world.now_s = 12.0
    world.tapes.remove(kept)
    assert world.plane.recorders == {}
    for recorder in world.plane.past:  # the rest of the tape
        recorder(piece(11.9, 12.1))
    assert kept.packets == [(Voice.CUSTOMER, 10.0), (Voice.CUSTOMER, 11.0), (Voice.CUSTOMER, 11.9), (Voice.SEAT, 11.9)]


def test_who_keeps_a_call_no_longer_is_told_when_it_has_been_given_everything(world: World) -> None:
    kept, never = Kept(), Kept()
    world.tapes.add(never, EVERYBODY)
    world.tapes.remove(never)
    assert never.has_all == 1, "nobody has spoken"
    world.tapes.follow(TALKING)
    world.tapes.add(kept, EVERYBODY)
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER})
    world.plane.past[0](b"")
    assert kept.has_all == 0, "it keeps the call still"
    world.tapes.remove(kept)
    assert kept.has_all == 0, "a tape has a rest to tell"
    world.plane.past[1](piece(10.0))
    world.plane.past[1](b"")
    assert kept.packets == [(Voice.CUSTOMER, 10.0)] and kept.has_all == 1
    world.tapes.remove(kept)
    assert kept.has_all == 1


def test_who_keeps_a_call_again_has_not_everything_when_an_earlier_tape_is_over(world: World) -> None:
    kept = Kept()
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER})
    world.tapes.add(kept, EVERYBODY)
    world.tapes.remove(kept)
    world.tapes.add(kept, EVERYBODY)
    world.plane.past[0](b"")
    assert kept.has_all == 0
    world.tapes.remove(kept)
    world.plane.past[1](b"")
    assert kept.has_all == 1


def test_two_who_keep_one_call_do_not_take_each_others_tape(world: World) -> None:
    recording, message = Kept(), Kept()
    world.tapes.follow(TALKING)
    world.tapes.add(recording, EVERYBODY)
    world.now_s = 11.0
    world.tapes.add(message, frozenset({Voice.CUSTOMER}))
    world.plane.past[-1](piece(10.5))  # what was on the tape before the other came
    world.says(CUSTOMER, 11.5)
    world.says(ANA, 11.6)
    assert recording.packets == [(Voice.CUSTOMER, 10.5), (Voice.CUSTOMER, 11.5), (Voice.SEAT, 11.6)]
    assert message.packets == [(Voice.CUSTOMER, 11.5)]
    world.now_s = 12.0
    world.tapes.remove(message)
    world.says(CUSTOMER, 12.5)
    assert message.packets == [(Voice.CUSTOMER, 11.5)] and recording.packets[-1] == (Voice.CUSTOMER, 12.5)


def test_what_the_customer_is_played_is_kept_of_their_leg_alone_for_those_who_want_it(world: World) -> None:
    recording, message = Kept(), Kept()
    world.tapes.add(message, frozenset({Voice.CUSTOMER}))
    world.tapes.follow(TALKING)
    assert world.plane.played == {}
    world.tapes.add(recording, EVERYBODY)
    assert world.plane.played.keys() == {CUSTOMER}
    world.tapes.follow({CUSTOMER: Voice.CUSTOMER})  # on hold
    world.plane.played[CUSTOMER](piece(9.5, 10.5))
    assert (recording.packets, message.packets) == ([(Voice.PLAYED, 10.5)], [])
    world.tapes.remove(recording)
    assert world.plane.played == {} and world.plane.recorders.keys() == {CUSTOMER}


@pytest.mark.parametrize(("flow", "told"), [(ANA, [(Voice.SEAT, 7)]), (BIA, [])])
def test_packets_that_the_tap_could_not_keep_are_told_of_whose_voice_they_were(
    world: World, flow: FlowId, told: list[tuple[Voice, int]]
) -> None:
    kept = Kept()
    world.tapes.follow(TALKING)
    world.tapes.add(kept, EVERYBODY)
    world.tapes.lost(flow, 7)
    assert kept.missing == told


def test_a_tape_becomes_the_records_that_its_packets_become_one_by_one() -> None:
    heads = [(9.5, 7, 960, 65_535, True), (10.0, 7, 1_920, 0, False), (10.02, 8, 2**32 - 1, 1, False)]
    payloads = [b"", b"\xf8", bytes(range(200))]
    tape = b"".join(HEAD.pack(*head, len(payload)) + payload for head, payload in zip(heads, payloads, strict=True))
    expected = b"".join(
        encode_packet(Leg.AGENT, max(0.0, arrived_s - 10.0), ssrc, sequence, ticks, marker, payload)
        for (arrived_s, ssrc, ticks, sequence, marker), payload in zip(heads, payloads, strict=True)
    )
    assert encode_tape(Leg.AGENT, 10.0, HEAD, tape) == expected
