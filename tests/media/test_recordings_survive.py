"""`kill -9` of a process with recorded calls, at random moments: whatever the tap had handed over before the last
round of writing is in the journals, in its order, and in the recordings that are made of them."""

import json
import multiprocessing
import os
import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

from gateway.recordings import _left
from recording.journal import Packet, read_journal
from recording.mix import finish
from tests.media.recording_process import CALLS, Owed, found_in, live

PROCESSES = 5
KILLED_WITHIN_S = (0.0, 2.0)
"""After the first round with a packet of every agent's call."""


class Lines:
    """What a process tells, line by line; the last one may be cut."""

    def __init__(self, told: Connection) -> None:
        self._told = told
        self._text = b""

    def until_all_are_owed(self) -> None:
        """Every agent of the process has a call that was written."""
        while not self._text.count(b"\n") or len(self.last(drain=False)) < CALLS:
            assert self._told.poll(60), "the process tells nothing"
            piece = os.read(self._told.fileno(), 1 << 16)
            assert piece, "the process has ended by itself"
            self._text += piece

    def last(self, *, drain: bool = True) -> Owed:
        while drain and (piece := os.read(self._told.fileno(), 1 << 16)):
            self._text += piece
        whole = self._text[: self._text.rindex(b"\n")]
        owed: Owed = {call: (count, crc) for call, (count, crc) in json.loads(whole.rsplit(b"\n", 1)[-1]).items()}
        return owed


def test_killed_at_any_moment_of_fifty_calls_no_packet_is_missing_that_was_written(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.media.recording_process"])
    batches = []
    for number in range(PROCESSES):
        ours, theirs = processes.Pipe(duplex=False)
        process = processes.Process(target=live, args=(tmp_path / str(number), theirs), daemon=True)
        process.start()
        theirs.close()
        batches.append((process, ours, tmp_path / str(number)))
    checked = 0
    for process, told, folder in batches:
        lines = Lines(told)
        lines.until_all_are_owed()
        time.sleep(chance.uniform(*KILLED_WITHIN_S))
        process.kill()
        process.join()
        owed = lines.last()
        for call, (count, crc) in owed.items():
            journal = folder / "journals" / f"{call}.journal"
            packets = [record for record in read_journal(journal)[1] if isinstance(record, Packet)]
            assert found_in(packets, count) == (count, crc), call
            checked += 1
        finished = finish(journal, tmp_path / "finished.ogg")  # of one call of each process
        assert finished.packets == len(packets), "each of them is in the recording"
        left = {journal.call for journal in _left(folder / "journals")}
        assert owed.keys() <= left, "the next start finds every one of them"
    print(f"{checked} journals")
    assert checked >= PROCESSES * CALLS
