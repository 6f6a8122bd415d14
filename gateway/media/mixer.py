"""Mixes on their own thread: several flows of a plane become one source that a line can hear.

One thread of the process makes all mixes, every 20 ms. The loop only puts packets of speakers into their inboxes; it
decodes nothing, and no packet of a mix goes through it (on the Python plane, which lives on the loop, it must).
"""

import logging
import secrets
import threading
import time
from collections.abc import Collection
from typing import Final

from gateway.media.jitter import Voice
from gateway.media.mixing import Blend
from gateway.media.plane import OPUS_FRAME_TICKS, Endpoint, FlowId, Plane, PushedPacket

_log = logging.getLogger(__name__)

FRAME_S: Final = 0.02
_CATCH_UP_S: Final = 0.1  # a longer stall of the process is not made up for
_ENDS_WITHIN_S: Final = 2.0


class Mix:
    """`source` is what its listener hears. Everything but `tick` is for the loop's thread."""

    def __init__(self, plane: Plane, endpoint: Endpoint) -> None:
        self._plane = plane
        self.source: Final = plane.add_source(endpoint)
        self._voices: dict[FlowId, Voice] = {}
        self._blend = Blend()
        self._ssrc, self._sequence, self._ticks = secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)

    @property
    def speakers(self) -> frozenset[FlowId]:
        return frozenset(self._voices)

    def hear(self, speakers: Collection[FlowId]) -> None:
        """From now on it is of these flows. Who stays is heard without a break."""
        before, wanted = self._voices, frozenset(speakers)
        voices = {flow: before.get(flow) or Voice() for flow in wanted}
        for flow in before.keys() - wanted:
            self._plane.untap(flow, before[flow].take)
        for flow in wanted - before.keys():
            self._plane.tap(flow, voices[flow].take)
        self._voices = voices  # the thread takes the old ones or the new ones

    def close(self) -> None:
        self.hear(())
        self._plane.remove_flow(self.source)

    def tick(self) -> None:
        """The next 20 ms, on the mixing thread."""
        frames = [frame for voice in self._voices.values() if (frame := voice.frame()) is not None]
        payload = self._blend.packet(frames)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._ticks = (self._ticks + OPUS_FRAME_TICKS) & 0xFFFF_FFFF
        self._plane.push(self.source, PushedPacket(self._ssrc, self._sequence, self._ticks, payload))


class Mixer:
    """All mixes on one plane. Its thread lives from the first mix to `close`, and sleeps while there is none."""

    def __init__(self, plane: Plane) -> None:
        self._plane = plane
        self._mixes: tuple[Mix, ...] = ()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def open(self, endpoint: Endpoint, speakers: Collection[FlowId]) -> Mix:
        """`endpoint`: see `Plane.add_source`."""
        mix = Mix(self._plane, endpoint)
        mix.hear(speakers)
        with self._changed:
            self._mixes += (mix,)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._live, name="mixer", daemon=True)
            self._thread.start()
        return mix

    def end(self, mix: Mix) -> None:
        self._forget(mix)
        mix.close()

    def close(self) -> None:
        for mix in self._mixes:
            self.end(mix)
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_S)

    def _forget(self, mix: Mix) -> None:
        with self._changed:
            self._mixes = tuple(other for other in self._mixes if other is not mix)

    def _live(self) -> None:
        due_s = time.monotonic()
        while True:
            with self._changed:
                if not self._mixes and not self._closed:
                    self._changed.wait_for(lambda: bool(self._mixes) or self._closed)
                    due_s = time.monotonic()
                if self._closed:
                    return
                mixes = self._mixes
            for mix in mixes:
                try:
                    mix.tick()
                except Exception:  # one conversation's trouble is not another's
                    _log.exception("a mix failed, and is heard no more")
                    self._forget(mix)
            due_s += FRAME_S
            late_s = time.monotonic() - due_s
            if late_s < 0:
                time.sleep(-late_s)
            elif late_s > _CATCH_UP_S:
                due_s += late_s
