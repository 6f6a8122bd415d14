"""Every customer's phone on one relay socket, and the 20 ms clock that makes them speak."""

import asyncio
import time

from gateway.simulator.customer_line import CustomerLine
from gateway.simulator.dtls_server import Certificate
from gateway.simulator.lines import Line, LineRequest
from gateway.simulator.secure_leg import LegTable, NoteFault

FRAME_S = 0.02
MOST_FRAMES_AT_ONCE = 10  # a phone's clock does not stop when this process does, but nobody hears older sound


class CustomerLines:
    """See the module; implements `lines.Lines`."""

    def __init__(self, host: str, port: int, late_audio_s: float) -> None:
        """Binds the socket. Raises OSError. Needs a running loop."""
        self._legs = LegTable(Certificate())
        self._host, self._late_audio_s = host, late_audio_s
        self._relay = self._legs.open(host, port)
        self._lines: set[CustomerLine] = set()
        self._clock = asyncio.create_task(self._run(), name="customers' 20 ms clock")

    def new_line(self, request: LineRequest, note_fault: NoteFault) -> Line:
        line = CustomerLine(self._legs, self._host, request, note_fault, self._late_audio_s, self._lines.discard)
        self._lines.add(line)
        return line

    async def close(self) -> None:
        self._clock.cancel()
        await asyncio.wait([self._clock])
        for line in list(self._lines):
            line.close()
        self._relay.close()

    async def _run(self) -> None:
        """Keeps to the wall clock: after a stall it sends what the phones would have sent meanwhile."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s += FRAME_S
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            behind = int((loop.time() - due_s) / FRAME_S)
            left_out = behind if behind > MOST_FRAMES_AT_ONCE else 0
            due_s += left_out * FRAME_S
            now_s = time.time()
            for line in tuple(self._lines):
                line.tick(now_s, left_out)
