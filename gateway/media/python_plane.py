"""The reference switchboard, in Python: no compiler needed. One ticker paces everything; there is no task per leg."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, cast

from pyee.asyncio import AsyncIOEventEmitter

from gateway.media import rtp
from gateway.media.flow import Flow, Line
from gateway.media.no_peer import NO_PEER, NO_PEERS_CODEC, no_peers_keys
from gateway.media.plane import (
    Address,
    ControlHandler,
    Endpoint,
    FlowCodec,
    FlowFigures,
    FlowId,
    PlaneTotals,
    PushedPacket,
    Recorder,
    Source,
    SrtpKeys,
    Tap,
)
from gateway.media.splice import FRAME_S
from gateway.media.udp import bind_udp

_log = logging.getLogger(__name__)

_DATAGRAM_BYTES = 2048  # asyncio reads into 256 KiB otherwise: a third of the cost of a packet (measured)
_CATCH_UP_S = 0.2  # a longer stall of the process is not made up for: the frames are left out
_FASTEST_TICK_S = FRAME_S / 2
_RTCP_TURN_S = 0.1
_RTCP_TURNS = 10  # a flow has one each second
_RTCP_IDLE_S = 4.5  # so: each five seconds
_MOVED_EVERY_S = 0.25  # one check of the new address at a time


_RECEIVED, _SENT = " received", " sent"  # beside the causes of drops, which are words


def _counts_of(flow: Flow) -> Counter[str]:
    figures = flow.figures()
    return Counter({**figures.dropped, _RECEIVED: figures.received.packets, _SENT: figures.sent.packets})


class PythonPlane:
    """`gateway.media.plane.Plane`. Make it on the running loop; `close` ends it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.events = AsyncIOEventEmitter()
        self.events.on("error", _log_handler_error)
        self._monotonic = monotonic
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._flows: dict[FlowId, Flow] = {}
        self._numbers = count(1)
        self._endpoints: set[UdpEndpoint] = set()
        self._gone: Counter[str] = Counter()  # what flows that are gone had counted
        self._paced: dict[Line, None] = {}  # in order of arrival
        self._ticker: asyncio.TimerHandle | None = None
        self._tick_due_s = 0.0
        self._reporter: asyncio.TimerHandle | None = None
        self._turn = 0

    async def open_endpoint(self, host: str, ports: range, on_control: ControlHandler) -> Endpoint:
        sock = bind_udp(host, ports)
        endpoint = UdpEndpoint(self._monotonic, on_control, self._moved, self._endpoints.discard)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: endpoint, sock=sock)
        self._endpoints.add(endpoint)
        return endpoint

    def add_flow(
        self,
        endpoint: Endpoint,
        remote: Address,
        keys: SrtpKeys,
        codec: FlowCodec,
        out_ssrcs: Sequence[int],
        continuous: bool = False,
    ) -> FlowId:
        assert isinstance(endpoint, UdpEndpoint)
        flow_id = FlowId(next(self._numbers))
        flow = Flow(flow_id, endpoint, remote, keys, codec, out_ssrcs, continuous, self.events.emit)
        self._flows[flow_id] = flow
        endpoint.expect(remote, flow)
        if self._reporter is None:
            self._report_turn()
        return flow_id

    def set_remote(self, flow: FlowId, remote: Address) -> None:
        known = self._flows[flow]
        known.remote = remote
        cast(UdpEndpoint, known.endpoint).expect(remote, known)

    def expect_from(self, endpoint: Endpoint, address: Address, flow: FlowId) -> None:
        assert isinstance(endpoint, UdpEndpoint)
        endpoint.expect(address, self._flows[flow])

    def open_gate(self, flow: FlowId) -> None:
        known = self._flows[flow]
        known.gate_open = True
        for line in known.lines:
            self._pace(line)

    def hear(self, flow: FlowId, source: Source, line: int = 0) -> None:
        listener = self._flows[flow].lines[line]
        if isinstance(source, int) and source == listener.source:
            return  # the same flow goes on
        self._unlisten(listener)
        listener.hear(source)
        if isinstance(source, int):
            speaker = self._flows[source]
            speaker.listeners = (*speaker.listeners, listener)
        self._pace(listener)

    def add_source(self, endpoint: Endpoint) -> FlowId:
        return self.add_flow(endpoint, NO_PEER, no_peers_keys(), NO_PEERS_CODEC, [0])

    def push(self, source: FlowId, packet: PushedPacket) -> None:
        if threading.get_ident() == self._thread:
            self._push(source, packet)
        else:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._push, source, packet)

    def tap(self, flow: FlowId, tap: Tap) -> None:
        self._flows[flow].taps += (tap,)

    def untap(self, flow: FlowId, tap: Tap) -> None:
        if (known := self._flows.get(flow)) is not None:
            known.taps = tuple(other for other in known.taps if other != tap)

    def record(self, flow: FlowId, recorder: Recorder, played: bool = False) -> None:
        self._flows[flow].tape_of(played).begin(recorder)

    def stop_recording(self, flow: FlowId, played: bool = False) -> None:
        if (known := self._flows.get(flow)) is not None:
            known.tape_of(played).end()

    def totals(self) -> PlaneTotals:
        counts = sum(map(_counts_of, self._flows.values()), Counter(self._gone))
        received, sent = counts.pop(_RECEIVED, 0), counts.pop(_SENT, 0)
        return PlaneTotals(len(self._flows), received, sent, dict(counts))

    def figures(self, flow: FlowId) -> FlowFigures:
        return self._flows[flow].figures()

    def remove_flow(self, flow: FlowId) -> None:
        known = self._flows.pop(flow, None)
        if known is None:
            return
        if any(line.packets for line in known.lines):
            known.send_reports(self._monotonic(), bye=True)
        self._gone += _counts_of(known)
        known.end_recordings()
        for listener in known.listeners:
            listener.hear(None)
            self._pace(listener)
        known.gate_open = False
        for line in known.lines:
            self._unlisten(line)
            self._paced.pop(line, None)
        cast(UdpEndpoint, known.endpoint).forget(known)

    def close(self) -> None:
        for flow in tuple(self._flows):
            self.remove_flow(flow)
        for timer in (self._ticker, self._reporter):
            if timer is not None:
                timer.cancel()
        for endpoint in tuple(self._endpoints):
            endpoint.close()
        self.events.remove_all_listeners()

    def _push(self, source: FlowId, packet: PushedPacket) -> None:
        if (known := self._flows.get(source)) is not None:
            opus = known.codec.opus
            clear = rtp.RtpPacket(opus, False, packet.sequence, packet.ticks, packet.ssrc, packet.payload, None)
            known.push(clear, self._monotonic())

    # ---- who hears whom ---------------------------------------------------------------------------------------------

    def _unlisten(self, listener: Line) -> None:
        if isinstance(listener.source, int) and (speaker := self._flows.get(listener.source)) is not None:
            speaker.listeners = tuple(line for line in speaker.listeners if line is not listener)

    def _moved(self, flow: Flow, address: Address) -> None:
        self.events.emit("moved", flow.id, address)

    # ---- the ticker -------------------------------------------------------------------------------------------------

    def _pace(self, line: Line) -> None:
        if not line.paced:
            self._paced.pop(line, None)
            return
        self._paced[line] = None
        if self._ticker is None:
            self._tick_due_s = self._monotonic() + FRAME_S
            self._ticker = asyncio.get_running_loop().call_later(FRAME_S, self._tick)

    def _tick(self) -> None:
        """Deadlines are absolute, so being late does not add up. After a stall of the process ticks come twice as fast
        until they are on time again; a stall that is too long for that leaves frames out, and the clocks say so."""
        if not self._paced:
            self._ticker = None
            return
        now_s = self._monotonic()
        frames = 1
        if now_s - self._tick_due_s > _CATCH_UP_S:
            left_out = int((now_s - self._tick_due_s) / FRAME_S)
            frames += left_out
            self._tick_due_s += left_out * FRAME_S
        self._tick_due_s += FRAME_S
        delay_s = max(self._tick_due_s - now_s, _FASTEST_TICK_S)
        self._ticker = asyncio.get_running_loop().call_later(delay_s, self._tick)
        for line in tuple(self._paced):
            ended = line.tick(frames, now_s)
            if ended is not None and line.source is ended:
                line.hear(None)
                self._pace(line)
                self.events.emit("prompt_ended", line.flow.id, line.number, ended)

    # ---- reports ----------------------------------------------------------------------------------------------------

    def _report_turn(self) -> None:
        if not self._flows:
            self._reporter = None
            return
        self._reporter = asyncio.get_running_loop().call_later(_RTCP_TURN_S, self._report_turn)
        self._turn = (self._turn + 1) % _RTCP_TURNS
        now_s = self._monotonic()
        for flow in tuple(self._flows.values()):
            flow.tell_recorders(now_s)
            if flow.id % _RTCP_TURNS == self._turn and (flow.in_call or now_s - flow.rtcp_sent_s > _RTCP_IDLE_S):
                flow.send_reports(now_s)


class UdpEndpoint(asyncio.DatagramProtocol):
    """One socket: media of known addresses goes to its flow, anything else to `on_control`."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        on_control: ControlHandler,
        on_moved: Callable[[Flow, Address], None],
        on_closed: "Callable[[UdpEndpoint], None]",
    ) -> None:
        self._monotonic, self._on_control, self._on_moved, self._on_closed = monotonic, on_control, on_moved, on_closed
        self._by_address: dict[Address, Flow] = {}
        self._by_ssrc: dict[int, Flow] = {}
        self._moved_s: dict[Flow, float] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._local: Address = ("", 0)

    @property
    def local_address(self) -> Address:
        return self._local

    def send(self, data: bytes, address: Address) -> None:
        if self._transport is not None:
            self._transport.sendto(data, address)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            self._on_closed(self)

    def expect(self, address: Address, flow: Flow) -> None:
        self._by_address[address] = flow

    def forget(self, flow: Flow) -> None:
        self._by_address = {address: other for address, other in self._by_address.items() if other is not flow}
        self._by_ssrc = {ssrc: other for ssrc, other in self._by_ssrc.items() if other is not flow}
        self._moved_s.pop(flow, None)

    # ---- asyncio ----------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._local = cast(Address, transport.get_extra_info("sockname")[:2])
        if hasattr(transport, "max_size"):  # asyncio's own; uvloop sizes its buffer itself
            transport.max_size = _DATAGRAM_BYTES

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        address: Address = addr if len(addr) == 2 else addr[:2]
        if not rtp.is_rtp_or_rtcp(data):
            self._on_control(data, address)
            return
        flow = self._by_address.get(address)
        if flow is None:
            self._from_elsewhere(data, address)
        elif flow.receive(data, self._monotonic()) and (ssrc := flow.in_ssrc) not in self._by_ssrc and ssrc is not None:
            self._by_ssrc[ssrc] = flow

    def error_received(self, exc: Exception) -> None:
        """An ICMP answer to something we sent: nothing that the checks and reports of the leg would not tell."""

    def _from_elsewhere(self, data: bytes, address: Address) -> None:
        """Authentic media of a flow from a new address is heard, and told: the leg will check that path."""
        at = 4 if rtp.is_rtcp(data) else 8
        flow = self._by_ssrc.get(int.from_bytes(data[at : at + 4], "big"))
        now_s = self._monotonic()
        if flow is None or not flow.receive(data, now_s):
            self._on_control(data, address)
        elif now_s - self._moved_s.get(flow, float("-inf")) > _MOVED_EVERY_S:
            self._moved_s[flow] = now_s
            self._on_moved(flow, address)


def _log_handler_error(error: Exception) -> None:
    """An event handler of somebody's failed; the packet path goes on."""
    _log.error("media event handler failed", exc_info=error)
