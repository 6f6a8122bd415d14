"""The switchboard in C: packets never reach Python, and the loop is told only what it must decide.

`src/plane.h` is what is called; `src/news.h` says what is told. The extension is built by the ordinary install where a
C compiler and OpenSSL's headers are; importing this module where it is not raises ImportError.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple

from pyee.asyncio import AsyncIOEventEmitter

from gateway.media.native import _plane
from gateway.media.native.endpoint import NativeEndpoint
from gateway.media.native.figures import Inventory, figures_of, inventory_of, totals_of
from gateway.media.native.ice import NativeIce
from gateway.media.native.told import Kind, News, address_of, control_of, read_news
from gateway.media.no_peer import NO_PEER, NO_PEERS_CODEC, no_peers_keys
from gateway.media.plane import (
    Address,
    ControlHandler,
    Endpoint,
    FlowCodec,
    FlowFigures,
    FlowId,
    PlaneTotals,
    Prompt,
    PushedPacket,
    Recorder,
    Silence,
    Source,
    SrtpKeys,
    SrtpProfile,
    Tap,
    TapOverflow,
    TappedPacket,
)
from gateway.media.udp import bind_udp

_log = logging.getLogger(__name__)
_ffi: Any = _plane.ffi
_lib: Any = _plane.lib

_PROFILES = {  # IANA's numbers (RFC 5764 §4.1.2, RFC 7714 §14.2)
    SrtpProfile.AES_CM_128_HMAC_SHA1_80: 1,
    SrtpProfile.AEAD_AES_128_GCM: 7,
    SrtpProfile.AEAD_AES_256_GCM: 8,
}
_NO_PAYLOAD_TYPE = 255
_NO_STAMP = -1
_HEARS_NOTHING, _HEARS_FLOW, _HEARS_PROMPT, _HEARS_SILENCE = range(4)
_READ_BYTES = 256 * 1024
_MOST_PROMPTS = 64  # kept prepared; a prompt that somebody hears stays for as long as that


class _Tapping(NamedTuple):
    tap: Tap
    since_s: float  # what arrived before is still in the ring, and none of its business


class _Recording(NamedTuple):
    recorder: Recorder
    played: bool


class _Hearing(NamedTuple):
    """What a line hears; `number` tells one `hear` from the next."""

    source: Source
    number: int


class _Flow:
    def __init__(self, handle: Any, endpoint: "NativeEndpoint", lines: int) -> None:
        self.handle, self.endpoint = handle, endpoint
        self.lines = [_Hearing(None, 0)] * lines
        self.listeners: set[tuple[FlowId, int]] = set()
        self.taps: tuple[_Tapping, ...] = ()


class NativePlane:
    """`gateway.media.plane.Plane`. Make it on the running loop; `close` ends it and its threads.

    An endpoint and its flows belong to one of `threads` media threads, endpoint by endpoint in turn; those that hear
    each other may be on different ones.
    """

    def __init__(self, threads: int = 1) -> None:
        self.events = AsyncIOEventEmitter()
        self.events.on("error", _log_handler_error)
        self._loop = asyncio.get_running_loop()
        self._flows: dict[FlowId, _Flow] = {}
        self._removing = threading.Lock()  # against a push from another thread
        self._recorders: dict[int, _Recording] = {}  # until the end of the tape, which comes after that of the flow
        self._agents: dict[int, NativeIce] = {}
        self._flow_numbers, self._endpoint_numbers, self._hear_numbers = count(1), count(1), count(1)
        self._agent_numbers, self._recording_numbers = count(1), count(1)
        self._endpoints: dict[int, NativeEndpoint] = {}
        self._prompts: OrderedDict[int, tuple[Prompt, Any]] = OrderedDict()
        self._plane = _lib.plane_new(threads)
        if self._plane == _ffi.NULL:
            raise OSError("the media threads could not be started")
        self._news_fd = _lib.plane_news_fd(self._plane)
        self._buffer = _ffi.new("uint8_t[]", _READ_BYTES)
        self._loop.add_reader(self._news_fd, self._on_news)

    # ---- what is asked of it ----------------------------------------------------------------------------------------

    async def open_endpoint(self, host: str, ports: range, on_control: ControlHandler) -> Endpoint:
        sock = bind_udp(host, ports)
        local: Address = sock.getsockname()[:2]
        number = next(self._endpoint_numbers)
        handle = _lib.plane_add_endpoint(self._plane, number, sock.fileno())
        if handle == _ffi.NULL:
            sock.close()
            raise MemoryError
        sock.detach()
        endpoint = NativeEndpoint(handle, local, on_control, lambda: self._endpoints.pop(number))
        self._endpoints[number] = endpoint
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
        assert isinstance(endpoint, NativeEndpoint) and endpoint.handle is not None
        assert len(keys.rx) == len(keys.tx)
        number = next(self._flow_numbers)
        handle = _lib.plane_add_flow(
            endpoint.handle,
            number,
            remote[0].encode(),
            remote[1],
            _PROFILES[keys.profile],
            keys.rx,
            keys.tx,
            len(keys.rx),
            codec.opus,
            _NO_PAYLOAD_TYPE if codec.telephone_event is None else codec.telephone_event,
            codec.level_extension or 0,
            list(out_ssrcs),
            len(out_ssrcs),
            continuous,
        )
        if handle == _ffi.NULL:
            raise ValueError("the plane refuses such a flow")
        flow_id = FlowId(number)
        self._flows[flow_id] = _Flow(handle, endpoint, len(out_ssrcs))
        return flow_id

    def set_remote(self, flow: FlowId, remote: Address) -> None:
        _lib.plane_set_remote(self._flows[flow].handle, remote[0].encode(), remote[1])

    def expect_from(self, endpoint: Endpoint, address: Address, flow: FlowId) -> None:
        assert isinstance(endpoint, NativeEndpoint)
        _lib.plane_expect(endpoint.handle, self._flows[flow].handle, address[0].encode(), address[1])

    def open_gate(self, flow: FlowId) -> None:
        _lib.plane_open_gate(self._flows[flow].handle)

    def hear(self, flow: FlowId, source: Source, line: int = 0) -> None:
        known = self._flows[flow]
        if isinstance(source, int) and known.lines[line].source == source:
            return  # the same flow goes on
        self._unlisten(flow, line)
        number = next(self._hear_numbers) & 0xFFFF_FFFF
        known.lines[line] = _Hearing(source, number)
        kind, heard, prompt = _HEARS_NOTHING, _ffi.NULL, _ffi.NULL
        if isinstance(source, int):
            speaker = self._flows[source]
            kind, heard = _HEARS_FLOW, speaker.handle
        elif isinstance(source, Prompt):
            kind, prompt = _HEARS_PROMPT, self._prepared(source)
        elif isinstance(source, Silence):
            kind = _HEARS_SILENCE
        _lib.plane_hear(known.handle, line, kind, heard, prompt, number)
        if isinstance(source, int):
            speaker.listeners.add((flow, line))
            _lib.plane_listen(speaker.handle, known.handle, line)

    def add_source(self, endpoint: Endpoint) -> FlowId:
        return self.add_flow(endpoint, NO_PEER, no_peers_keys(), NO_PEERS_CODEC, [0])

    def push(self, source: FlowId, packet: PushedPacket) -> None:
        with self._removing:
            if (known := self._flows.get(source)) is not None:
                payload = packet.payload
                _lib.plane_push(known.handle, packet.ssrc, packet.sequence, packet.ticks, payload, len(payload))

    def tap(self, flow: FlowId, tap: Tap) -> None:
        known = self._flows[flow]
        if not known.taps:
            _lib.plane_tap(known.handle, True)
        known.taps += (_Tapping(tap, time.monotonic()),)

    def untap(self, flow: FlowId, tap: Tap) -> None:
        if (known := self._flows.get(flow)) is not None:
            known.taps = tuple(other for other in known.taps if other.tap != tap)
            if not known.taps:
                _lib.plane_tap(known.handle, False)

    def record(self, flow: FlowId, recorder: Recorder, played: bool = False) -> None:
        number = next(self._recording_numbers) & 0xFFFF_FFFF
        self._recorders[number] = _Recording(recorder, played)
        _lib.plane_record(self._flows[flow].handle, played, number)

    def stop_recording(self, flow: FlowId, played: bool = False) -> None:
        if (known := self._flows.get(flow)) is not None:
            _lib.plane_record(known.handle, played, 0)

    def remove_flow(self, flow: FlowId) -> None:
        known = self._flows.get(flow)
        if known is None:
            return
        for listener, line in tuple(known.listeners):
            self.hear(listener, None, line)
        for line in range(len(known.lines)):
            self._unlisten(flow, line)
        with self._removing:
            del self._flows[flow]
            _lib.plane_remove_flow(known.handle)

    def figures(self, flow: FlowId) -> FlowFigures:
        return figures_of(self._flows[flow].handle)

    def totals(self) -> PlaneTotals:
        return totals_of(self._plane, len(self._flows))

    # ---- ICE --------------------------------------------------------------------------------------------------------

    def answer_checks(
        self, endpoint: Endpoint, ufrag: str, pwd: str, on_checked: Callable[[Address, bool], None]
    ) -> NativeIce:
        def checked(news: News, body: bytes) -> None:
            on_checked(address_of(body), bool(news.flag))

        return self._add_agent(endpoint, True, ufrag, pwd, 1, checked)

    def keep_consent(
        self, endpoint: Endpoint, ufrag: str, pwd: str, tie_breaker: int, on_expired: Callable[[], None]
    ) -> NativeIce:
        return self._add_agent(endpoint, False, ufrag, pwd, tie_breaker, lambda news, body: on_expired())

    def _add_agent(
        self,
        endpoint: Endpoint,
        lite: bool,
        ufrag: str,
        pwd: str,
        tie_breaker: int,
        on_news: Callable[[News, bytes], None],
    ) -> NativeIce:
        assert isinstance(endpoint, NativeEndpoint) and endpoint.handle is not None
        number = next(self._agent_numbers)
        handle = _lib.plane_add_agent(endpoint.handle, number, lite, ufrag.encode(), pwd.encode(), tie_breaker)
        if handle == _ffi.NULL:
            raise ValueError("the plane refuses such an agent")
        agent = self._agents[number] = NativeIce(handle, self, number, on_news)
        return agent

    def carry(self, agent: Any, flow: FlowId, path: Address) -> None:
        """For NativeIce."""
        _lib.plane_carry(agent, self._flows[flow].handle, path[0].encode(), path[1])

    def forget_agent(self, number: int) -> None:
        """For NativeIce."""
        self._agents.pop(number, None)

    # ---- figures of all ---------------------------------------------------------------------------------------------

    def inventory(self) -> Inventory:
        return inventory_of(self._plane)

    @property
    def lost_news(self) -> int:
        """Events and control datagrams that did not fit because the loop did not read them."""
        return int(_lib.plane_lost_news(self._plane))

    def close(self) -> None:
        if self._plane is None:
            return
        for flow in tuple(self._flows):
            self.remove_flow(flow)
        for agent in tuple(self._agents.values()):
            agent.close()
        for endpoint in tuple(self._endpoints.values()):
            endpoint.close()
        self._loop.remove_reader(self._news_fd)
        _lib.plane_close(self._plane)
        self._plane = None
        for _, prepared in self._prompts.values():
            _lib.prompt_release(prepared)
        self._prompts.clear()
        self.events.remove_all_listeners()

    # ---- who hears whom ---------------------------------------------------------------------------------------------

    def _unlisten(self, flow: FlowId, line: int) -> None:
        known = self._flows[flow]
        source = known.lines[line].source
        if isinstance(source, int) and (speaker := self._flows.get(source)) is not None:
            speaker.listeners.discard((flow, line))
            _lib.plane_unlisten(speaker.handle, known.handle, line)

    def _prepared(self, prompt: Prompt) -> Any:
        """The prompt as C keeps it. The latest ones stay prepared; lines hold what they hear."""
        if (kept := self._prompts.get(id(prompt))) is not None:
            self._prompts.move_to_end(id(prompt))
            return kept[1]
        made = _lib.prompt_new(
            b"".join(prompt.packets),
            list(map(len, prompt.packets)),
            len(prompt.packets),
            prompt.loop,
            _NO_STAMP if prompt.stamp_at is None else prompt.stamp_at,
        )
        if made == _ffi.NULL:
            raise MemoryError
        self._prompts[id(prompt)] = prompt, made  # the prompt itself, too: its id stays its own
        if len(self._prompts) > _MOST_PROMPTS:
            _, (_, oldest) = self._prompts.popitem(last=False)
            _lib.prompt_release(oldest)
        return made

    # ---- what it tells ----------------------------------------------------------------------------------------------

    def _on_news(self) -> None:
        """Once per wake-up of the loop, whatever there is."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._news_fd, 8)
        size = _READ_BYTES
        while self._plane is not None and size >= _READ_BYTES // 2:  # less: that was all
            size = _lib.plane_news(self._plane, self._buffer, _READ_BYTES)
            for news, body in read_news(bytes(_ffi.buffer(self._buffer, size))):
                self._take(news, body)

    def _take(self, news: News, body: bytes) -> None:
        if news.kind == Kind.CONTROL:
            if (endpoint := self._endpoints.get(news.id)) is not None:
                endpoint.on_control(*control_of(body))
            return
        if news.kind in (Kind.PATH, Kind.CONSENT_LOST):
            if (agent := self._agents.get(news.id)) is not None:
                agent.on_news(news, body)
            return
        flow_id = FlowId(news.id)
        if news.kind == Kind.TAPE:
            self._recorded(news, body)
            return
        if (flow := self._flows.get(flow_id)) is None:
            return  # it was removed meanwhile
        match news.kind:
            case Kind.TAP:
                self._tapped(flow_id, flow, news, body)
            case Kind.FIRST_PACKET:
                self.events.emit("first_packet", flow_id)
            case Kind.FIRST_SENT:
                self.events.emit("first_sent", flow_id)
            case Kind.DIGIT:
                self.events.emit("digit", flow_id, chr(news.flag), news.one)
            case Kind.MOVED:
                self.events.emit("moved", flow_id, address_of(body))
            case Kind.BYE:
                self.events.emit("bye", flow_id)
            case Kind.PROMPT_ENDED:
                self._prompt_ended(flow_id, flow, news)
            case Kind.TAP_LOST:
                self.events.emit("tap_failed", flow_id, TapOverflow(news.one))

    def _prompt_ended(self, flow_id: FlowId, flow: _Flow, news: News) -> None:
        hearing = flow.lines[news.flag]
        if hearing.number == news.one:  # else it hears something else by now
            flow.lines[news.flag] = _Hearing(None, news.one)
            self.events.emit("prompt_ended", flow_id, news.flag, hearing.source)

    def _tapped(self, flow_id: FlowId, flow: _Flow, news: News, payload: bytes) -> None:
        packet = TappedPacket(
            flow_id, news.at_s, news.one, news.number, news.two, marker=bool(news.flag), payload=payload
        )
        for tapping in flow.taps:
            if news.at_s < tapping.since_s:
                continue
            try:
                tapping.tap(packet)
            except Exception as error:  # a full disk must not end a call
                self.untap(flow_id, tapping.tap)
                self.events.emit("tap_failed", flow_id, error)

    def _recorded(self, news: News, piece: bytes) -> None:
        number, flow = news.one, FlowId(news.id)
        recording = self._recorders.get(number) if piece else self._recorders.pop(number, None)
        if recording is not None:
            try:
                recording.recorder(piece)
            except Exception as error:  # a full disk must not end a call
                self._recorders.pop(number, None)
                self.stop_recording(flow, recording.played)
                self.events.emit("tap_failed", flow, error)


def _log_handler_error(error: Exception) -> None:
    """An event handler of somebody's failed; the packet path goes on."""
    _log.error("media event handler failed", exc_info=error)
