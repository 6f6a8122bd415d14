"""What finishing a recording costs: CPU, memory and disk for calls of several lengths.

    python -m tests.bench.finishing [minutes …]

One JSON object on the last line. Both sides speak all the time, which is more than in any call, and for the first third
of it the agents' side is music of ours, as in a long queue; the journal has 2 % of loss and up to 30 ms of jitter. What
is measured is the child process that gateways run (`recording.finish`), from its first instruction to its last.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.media.prompt_library import SHIPPED
from gateway.media.prompts import decode, encode
from gateway.simulator.clips import voices
from recording.journal import Head, Leg, encode_end, encode_head, encode_packet
from signaling.ids import CallId

LENGTHS_MIN = (60.0, 180.0)
LOSS, JITTER_S = 0.02, 0.03
MIB = 1 << 20


def packets(seconds: float) -> Iterator[bytes]:
    chance = random.Random(1)
    said = {Leg.CUSTOMER: voices()["joao"].packets, Leg.AGENT: voices()["maria"].packets}
    music = {**said, Leg.PLAYED: load_music()}
    del music[Leg.AGENT]
    for number in range(int(seconds * 50)):
        for leg, voice in (music if number < seconds * 50 / 3 else said).items():
            if leg is not Leg.PLAYED and chance.random() < LOSS:
                continue
            at_s = number * 0.02 + 0.03 + chance.random() * JITTER_S
            payload = voice[number % len(voice)]
            yield encode_packet(leg, at_s, 7 + leg, number & 0xFFFF, number * 960 % 2**32, False, payload)


def load_music() -> tuple[bytes, ...]:
    return encode(decode(SHIPPED / "queue_music.ogg"))


def write_journal(path: Path, seconds: float) -> None:
    with path.open("wb") as file:
        file.write(encode_head(Head(CallId("a" * 32), datetime.now(UTC))))
        file.writelines(packets(seconds))
        file.write(encode_end(seconds + 0.1))


def measure(folder: Path, minutes: float) -> dict[str, Any]:
    journal, target = folder / "a.journal", folder / "a.ogg"
    write_journal(journal, minutes * 60)
    command = (sys.executable, "-m", "recording.finish", str(journal), str(target))
    begun_s = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        last = process.stdout.read().splitlines()[-1]
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    cpu_s = used.ru_utime + used.ru_stime
    return {
        "minutes": minutes,
        "cpu_s": round(cpu_s, 1),
        "cpu_s_per_call_hour": round(cpu_s / minutes * 60, 1),
        "wall_s": round(time.perf_counter() - begun_s, 1),
        "memory_mib": round(used.ru_maxrss / 1024),
        "journal_mib": round(journal.stat().st_size / MIB, 1),
        "recording_mib": round(target.stat().st_size / MIB, 1),
        "duration_s": json.loads(last)["duration_s"],
    }


def run(*minutes: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as folder:
        lengths = [measure(Path(folder), each) for each in minutes]
    return {"load_average": round(os.getloadavg()[0], 2), "lengths": lengths}


if __name__ == "__main__":
    print(json.dumps(run(*([float(word) for word in sys.argv[1:]] or LENGTHS_MIN))), flush=True)
