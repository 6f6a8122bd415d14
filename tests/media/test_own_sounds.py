"""What a customer was played is on their recording, where they heard it, if the policy keeps that part of the
call: real calls, real sound, on the plane that gateways use."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gateway.media.plane import Plane, Prompt, TappedPacket
from gateway.media.prompt_library import SHIPPED
from gateway.media.prompts import load_default_prompts, load_prompt
from gateway.simulator.clips import voices
from recording.journal import Packet, read_journal
from recording.mix import finish
from recording.timeline import RATE_HZ
from signaling.call import State
from signaling.events import AgentAnswered, AgentHeld, AgentHungUp
from signaling.ids import AgentId, CallId
from signaling.plan import Announce, HangUp, Plan, PromptId, Queue, StepId
from signaling.recording_policy import RecordingPolicy, When
from tests.fakes.world import ANA
from tests.media.studio import Customer, Studio
from tests.unit.recording.test_mix import both_sides, likeness, sound_of

pytestmark = [pytest.mark.paired, pytest.mark.parametrize("plane", ["native"], indirect=True)]

GREETING, QUEUE, END = map(StepId, ("greeting", "queue", "end"))
PLAN = Plan(
    start=GREETING,
    steps={
        GREETING: Announce(then=QUEUE, prompt=PromptId("greeting")),
        QUEUE: Queue(then=END, longest_s=60, position_every_s=0),
        END: HangUp(),
    },
)
HEARD_S = 1.5
"""Of music and of voices, for each part of the call."""
PACKET_S = 0.02
PATH_S = 0.02
"""From the plane to the customer's ear on this machine."""


def looped(name: str) -> Prompt:
    return Prompt(name, voices()[name].packets, loop=True)


def at_the_ear(packets: Sequence[TappedPacket], sound: Sequence[bytes], since: int = 0) -> int:
    """The number of the packet from which on this sound was heard."""
    opening = list(sound[3:13])  # one packet may be like another; ten in a row are not
    payloads = [packet.payload for packet in packets]
    return next(n for n in range(since, len(packets)) if payloads[n : n + 10] == opening) - 3


def due_s(packets: Sequence[TappedPacket], number: int) -> float:
    """When this packet was due at the ear: a busy loop hears many of the sound late, and none early."""
    return min(packet.arrived_s - later * PACKET_S for later, packet in enumerate(packets[number : number + 50]))


def begun_of(kept: Sequence[Packet], heard: Sequence[TappedPacket], voice: Sequence[bytes]) -> float:
    """When the journal began, on the ear's clock: by what the voice said that is on both sides, and once on each."""
    said = Counter(packet.payload for packet in kept)
    came = Counter(packet.payload for packet in heard)
    at_s = {packet.payload: packet.at_s for packet in kept}
    both = [packet for packet in heard if packet.payload in voice and said[packet.payload] == came[packet.payload] == 1]
    assert len(both) > 20, "an agent was heard"
    return min(packet.arrived_s - at_s[packet.payload] for packet in both)


async def through_a_call(here: Studio) -> tuple[CallId, Customer]:
    """Greeting, queue with music, an agent, hold with music, the agent again."""
    seat, ana, _ = await here.agent(looped("maria"))
    call_id, customer = await here.called(looped("joao"))
    ear = customer.ear
    assert ear is not None
    music = here.prompts.hold_music.packets  # also of the queue
    await ear.until(lambda heard: sum(payload in music for payload in heard) > HEARD_S * 50)
    here.tell(call_id, AgentAnswered(AgentId(ANA.id), seat))
    await here.true(lambda: here.changes[call_id].state is State.TALKING)
    await ana.until(lambda heard: len(heard) > HEARD_S * 50)
    held_from = len(ear.packets)
    here.tell(call_id, AgentHeld(ANA.id, True))
    await ear.until(lambda heard: sum(payload in music for payload in heard[held_from:]) > HEARD_S * 50)
    back_from = len(ana.packets)
    here.tell(call_id, AgentHeld(ANA.id, False))
    await ana.until(lambda heard: len(heard) - back_from > HEARD_S * 50)
    here.tell(call_id, AgentHungUp(ANA.id))
    await here.true(lambda: bool(here.closed))
    return call_id, customer


async def test_what_is_kept_by_policy_is_on_the_right_where_the_customer_heard_it_and_nothing_else(
    plane: Plane, far_plane: Plane, tmp_path: Path
) -> None:
    prompts = await load_default_prompts()
    greeting = (await load_prompt(SHIPPED / PLAN.language / "greeting.ogg")).packets
    policy = RecordingPolicy(When.ALWAYS, greeting=True, queue=False, hold=True)
    here = Studio(plane, far_plane, prompts=prompts, folder=tmp_path, policy=policy, plan=PLAN)
    here.recordings.folder.mkdir(parents=True)
    here.recordings._journals.start()
    try:
        call_id, customer = await through_a_call(here)
    finally:
        await here.close()
    journal = here.journal_of(call_id)
    assert customer.ear is not None
    heard = customer.ear.packets
    finish(journal, tmp_path / "call.ogg")
    _, right = both_sides(tmp_path / "call.ogg")

    music = prompts.hold_music.packets
    waited = at_the_ear(heard, music)
    held = at_the_ear(heard, music, waited + 100)
    kept = [record for record in read_journal(journal)[1] if isinstance(record, Packet)]
    alike = set(music) | set(greeting)
    begun_s = begun_of(kept, heard, [payload for payload in voices()["maria"].packets if payload not in alike])

    def like(number: int, packets: Sequence[bytes]) -> float:
        return likeness(right, sound_of(packets), due_s(heard, number) - begun_s, within_s=PATH_S)

    assert like(at_the_ear(heard, greeting), greeting) > 0.9
    assert like(held, music[:70]) > 0.9
    quiet = right[round((due_s(heard, waited) - begun_s + 0.1) * RATE_HZ) :][: round(1.3 * RATE_HZ)]
    assert np.abs(quiet).max() < 100, "the queue's music"
