"""The gateway's side of set-ups: the switchboard on a native plane that has other calls, in a process of its own.

`python -m tests.bench.setups.gateway CALLS` prints the ports of its calls, as tests/bench/native/gateway.py does, and
then does what its input says, one JSON object a line: `{"id", "meta", "seat"}` (two offers: answer them, and tell when
both legs are up), `{"id", "close"}`, and `{"memory"}`, which is answered with what it keeps in memory.
"""

import asyncio
import json
import resource
import sys
from typing import Any, Final

import uvloop

from gateway.media.planes import PlaneChoice, open_plane
from gateway.media.prompts import load_default_prompts
from gateway.media.switchboard import LegEvent, SeatEvent
from gateway.media.webrtc_switchboard import WebRtcSwitchboard
from signaling.ids import AgentId, CallId, SeatId, new_call_id
from tests.bench.native.gateway import add_calls, resident_kib

HOST: Final = "127.0.0.1"
ANY_PORT: Final = range(0, 1)
LONGEST_LINE: Final = 1 << 20


class Exchange:
    """Calls between a leg to Meta and a seat, by the number that the callers gave them."""

    board: WebRtcSwitchboard

    def __init__(self) -> None:
        self._calls: dict[int, tuple[CallId, SeatId]] = {}
        self._waiting: dict[CallId | SeatId, int] = {}
        self._up: dict[int, int] = {}

    async def open(self, board: WebRtcSwitchboard) -> None:
        """Events of this board come to `on_leg` and `on_seat`."""
        self.board = board
        await board.start()

    def on_leg(self, event: LegEvent) -> None:
        if event.what == "connected":
            self._is_up(event.call_id)
        elif event.what == "lost":
            tell(lost=event.reason)

    def on_seat(self, event: SeatEvent) -> None:
        if event.what == "up":
            self._is_up(event.seat)
        elif event.reason != "closed_by_peer":
            tell(lost=event.reason)

    def _is_up(self, one: CallId | SeatId) -> None:
        number = self._waiting.pop(one)
        self._up[number] = self._up.get(number, 0) + 1
        if self._up[number] == 2:
            self.board.open_audio(self._calls[number][0])
            tell(id=number, up=True)

    async def obey(self, order: dict[str, Any]) -> None:
        match order:
            case {"id": int(number), "meta": str(meta), "seat": str(seat)}:
                call_id = new_call_id()
                self._waiting[call_id] = number
                leg_answer = await self.board.answer_call(call_id, meta)
                seat_id, seat_answer = await self.board.answer_seat(AgentId(number + 1), seat)
                self._waiting[seat_id] = number
                self._calls[number] = call_id, seat_id
                self.board.connect(call_id, seat_id)
                tell(id=number, meta=leg_answer, seat=seat_answer)
            case {"id": int(number), "close": True}:
                call_id, seat_id = self._calls.pop(number)
                await self.board.close_call(call_id)
                await self.board.close_seat(seat_id)
                del self._up[number]
            case {"memory": True}:
                tell(memory_kib=resident_kib())


def tell(**what: object) -> None:
    print(json.dumps(what), flush=True)


async def main(calls: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    plane = open_plane(PlaneChoice.NATIVE, threads=1)
    loaded = await add_calls(plane, calls)
    prompts = await load_default_prompts()
    exchange = Exchange()
    board = WebRtcSwitchboard(plane, HOST, 0, ANY_PORT, prompts, exchange.on_leg, exchange.on_seat)
    await exchange.open(board)
    print(*loaded.ports, flush=True)
    reader = asyncio.StreamReader(LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks: set[asyncio.Task[None]] = set()
    async for line in reader:
        task = asyncio.create_task(exchange.obey(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await board.close()
    plane.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1])))
