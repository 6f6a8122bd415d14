"""A process with recorded calls, to be killed: short ones and long ones, some on hold, some paused, some just ending.

It tells by a pipe what its journals owe: before a round of the writing thread, how many packets of each call the tap
has handed over, and a CRC of them in their order; the line goes out when the round has written.
"""

import asyncio
import itertools
import json
import logging
import os
import zlib
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from gateway.call_journals import IntoJournal
from gateway.media.plane import FlowId
from gateway.media.planes import PlaneChoice, open_plane
from gateway.media.python_plane import PythonPlane
from gateway.media.tape import packets_of
from gateway.media.tapes import Voice
from recording.journal import Packet
from signaling.events import AgentHeld, AgentHungUp, CallEvent, RecordingHeldBack
from signaling.ids import AgentId, CallId
from signaling.recording_policy import RecordingPolicy, When
from tests.media.studio import Studio

CALLS = 10
STEP_S = 0.15
TOLD_EVERY = 10
"""Rounds of the writing thread: a pipe that nobody reads holds some sixty lines."""

Owed = dict[CallId, tuple[int, int]]
"""Of each call: how many packets, and their CRC."""


def crc_of(crc: int, leg: int, ssrc: int, sequence: int, payload: bytes) -> int:
    return zlib.crc32(b"%d %d %d " % (leg, ssrc, sequence) + payload, crc)


def found_in(packets: list[Packet], count: int) -> tuple[int, int]:
    """The same of the first packets of a journal."""
    crc = 0
    for packet in packets[:count]:
        crc = crc_of(crc, packet.leg, packet.ssrc, packet.sequence, packet.payload)
    return len(packets[:count]), crc


def live(folder: Path, told: Connection) -> None:
    """The whole life of the process, as long as it is."""
    owed: Owed = {}
    keep = IntoJournal.keep

    def counted(self: IntoJournal, voice: Voice, piece: bytes) -> None:
        keep(self, voice, piece)
        call = self.journal.call_id
        for packet in packets_of(FlowId(0), piece):
            count, crc = owed.get(call, (0, 0))
            owed[call] = count + 1, crc_of(crc, voice, packet.ssrc, packet.sequence, packet.payload)

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    IntoJournal.keep = counted  # type: ignore[method-assign]
    asyncio.run(_live(folder, told, owed))


async def _live(folder: Path, told: Connection, owed: Owed) -> None:
    plane = open_plane(PlaneChoice.AUTO, threads=1)
    policy = RecordingPolicy(When.ALWAYS, hold=True)
    studio = Studio(plane, PythonPlane(), folder=folder, policy=policy)
    studio.recordings.folder.mkdir(parents=True)
    writer = studio.recordings._journals._writer
    write_all = writer._write_all

    rounds = itertools.count()

    def write_and_tell() -> None:
        owed_now = dict(owed)
        write_all()
        if next(rounds) % TOLD_EVERY == 0:
            os.write(told.fileno(), json.dumps(owed_now).encode() + b"\n")

    writer._write_all = write_and_tell  # type: ignore[method-assign]
    studio.recordings._journals.start()
    await studio.board.start()
    async with asyncio.TaskGroup() as calls:
        for number in range(CALLS):
            calls.create_task(_calls_of(studio, AgentId(number + 1)))


async def _calls_of(studio: Studio, agent: AgentId) -> None:
    """One agent, who takes one customer after another; what happens in a call depends on whose it is."""
    seat, _, _ = await studio.agent()
    while True:
        call_id, _ = await studio.talking(agent, seat)
        for step in itertools.count():
            await asyncio.sleep(STEP_S)
            happens: dict[int, CallEvent] = {
                0: AgentHeld(agent, step % 2 == 0),
                1: RecordingHeldBack(agent, step % 2 == 0),
                2: AgentHungUp(agent),
            }
            if (event := happens.get(agent % 5)) is not None:
                studio.tell(call_id, event)
            if isinstance(event, AgentHungUp):
                break
