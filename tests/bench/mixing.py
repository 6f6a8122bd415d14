"""What a mix costs and how long a voice is on its way through it: `python -m tests.bench.mixing`. No network.

Two agents say recorded voices at the times of a network without jitter; the clock of the mixes is the real one.
Delay is what a mix adds to forwarding the same packets: by how much later, to the sample, a listener without a buffer
hears the beginning of a sound.
"""

import resource
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from gateway import simulator
from gateway.media.mixer import FRAME_S, Mixer
from gateway.media.plane import Endpoint, FlowId, Plane, PushedPacket, Tap, TappedPacket
from gateway.media.prompts import decode, encode
from recording.libopus import Decoder

CALLS, SECONDS = 10, 10
LOUD = 2_000  # of 32,768: a click is louder, comfort noise is not
CLICK_EVERY = 25  # packets
VOICES = Path(simulator.__file__).with_name("voices")


class Speakers:
    """Stands for a plane: taps are called with packets, and what is pushed is kept with its time."""

    def __init__(self) -> None:
        self.taps: dict[FlowId, list[Tap]] = {}
        self.pushed: dict[FlowId, list[tuple[float, bytes]]] = {}
        self._sources = 0

    def add_source(self, endpoint: Endpoint) -> FlowId:
        self._sources -= 1
        return FlowId(self._sources)

    def push(self, source: FlowId, packet: PushedPacket) -> None:
        self.pushed.setdefault(source, []).append((time.monotonic(), packet.payload))

    def tap(self, flow: FlowId, tap: Tap) -> None:
        self.taps.setdefault(flow, []).append(tap)

    def untap(self, flow: FlowId, tap: Tap) -> None:
        self.taps[flow].remove(tap)

    def remove_flow(self, flow: FlowId) -> None:
        pass

    def say(self, sounds: Sequence[Sequence[bytes]], seconds: float) -> list[float]:
        """Every speaker's next packet each 20 ms; when each was said."""
        said: list[float] = []
        due_s = time.monotonic()
        for n in range(int(seconds / FRAME_S)):
            said.append(time.monotonic())
            for flow, taps in self.taps.items():
                sound = sounds[flow % len(sounds)]
                for tap in taps:
                    tap(TappedPacket(flow, said[-1], flow, n & 0xFFFF, n * 960, False, sound[n % len(sound)]))
            due_s += FRAME_S
            time.sleep(max(0.0, due_s - time.monotonic()))
        return said


def clicks() -> tuple[bytes, ...]:
    sound = np.zeros(CLICK_EVERY * 960, np.int16)
    sound[480:960] = (12_000 * np.sin(np.arange(480) / 6)).astype(np.int16)
    return encode(sound)[:CLICK_EVERY]


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(
    calls: int, sounds: Sequence[Sequence[bytes]], seconds: float, after_s: float = 0.0
) -> tuple[float, Speakers, list[float]]:
    """CPU seconds, and what was said and pushed."""
    speakers = Speakers()
    mixer = Mixer(cast(Plane, speakers))
    endpoint: Any = None
    for call in range(calls):
        mixer.open(endpoint, [FlowId(2 * call + 2), FlowId(2 * call + 3)])
    time.sleep(after_s)
    before = cpu_s()
    said = speakers.say(sounds, seconds)
    spent = cpu_s() - before
    mixer.close()
    return spent, speakers, said


def begins(sound: np.ndarray[Any, Any] | None) -> float | None:
    """Seconds until the first loud sample."""
    if sound is None or np.abs(sound).max() <= LOUD:
        return None
    return float(np.argmax(np.abs(sound) > LOUD)) / 48_000


def onsets_s(packets: Sequence[tuple[float, bytes]]) -> list[float]:
    """When sounds begin, for who plays each packet in the moment in which it comes."""
    decoder, onsets, quiet = Decoder(), [], True
    for at_s, payload in packets:
        at = begins(decoder.decode(payload))
        if at is not None and quiet:
            onsets.append(at_s + at)
        quiet = at is None
    return onsets


def delays_ms(speakers: Speakers, said: list[float], sound: Sequence[bytes]) -> list[float]:
    (pushed,) = speakers.pushed.values()
    direct = onsets_s([(at_s, sound[n % len(sound)]) for n, at_s in enumerate(said)])
    mixed = onsets_s(pushed)
    return [(min(later) - at_s) * 1000 for at_s in direct if (later := [m for m in mixed if m > at_s])]


def main() -> None:
    voices = [encode(decode(VOICES / f"{who}.ogg")) for who in ("maria", "carlos")]
    idle, _, _ = run(0, voices, SECONDS)
    spent, _, _ = run(CALLS, voices, SECONDS)
    share = (spent - idle) / SECONDS / CALLS
    delays: list[float] = []
    sound = clicks()
    for part in range(5):  # each mix ticks at another moment between two packets
        _, speakers, said = run(1, [sound, sound], 4, part * FRAME_S / 5)
        delays += delays_ms(speakers, said, sound)
    print(f"CPU of a three-way call's mix: {share:.2%} of a core ({CALLS} at once)")
    middle, most = statistics.median(delays), max(delays)
    print(f"delay through the mix: p50 {middle:.0f} ms, most {most:.0f} ms ({len(delays)} sounds)")
    assert threading.active_count() == 1


if __name__ == "__main__":
    main()
