"""How long sound is on its way: some listeners at a time are listened to with a clock, all in turn."""

import asyncio
from array import array
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from gateway.load.agents import ANY_PORT, BROWSER_END
from gateway.load.stamps import Side, read_stamp, voice
from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import META_RELAY, DtlsRole, Leg
from gateway.media.parameters import RemoteParameters
from gateway.media.plane import FlowCodec, FlowId, Plane, TappedPacket
from gateway.media.ports import MediaPort
from gateway.simulator.sdp_rules import OPUS

EARS: Final = 16  # listeners at a time: 800 packets a second, so that looking costs next to nothing
TURN_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ear:
    """A listener, and whom it should hear."""

    flow: FlowId
    side: Side
    number: int


class Ears:
    """`run` until cancelled. `listeners` gives those who are in a call now."""

    def __init__(self, plane: Plane, listeners: Callable[[], Iterable[Ear]]) -> None:
        self.delays_ms = array("d")
        self.wrong_voices = 0
        self._plane, self._listeners = plane, listeners
        self._waiting: deque[Ear] = deque()

    async def run(self) -> None:
        while True:
            if not self._waiting:
                self._waiting.extend(self._listeners())
            present = set(self._listeners())
            turn: list[tuple[Ear, Callable[[TappedPacket], None]]] = []
            while self._waiting and len(turn) < EARS:
                ear = self._waiting.popleft()
                if ear in present:
                    tap = self._tap(ear)
                    self._plane.tap(ear.flow, tap)
                    turn.append((ear, tap))
            try:
                await asyncio.sleep(TURN_S)
            finally:
                for ear, tap in turn:
                    self._plane.untap(ear.flow, tap)

    def _tap(self, ear: Ear) -> Callable[[TappedPacket], None]:
        def tap(packet: TappedPacket) -> None:
            stamp = read_stamp(packet.payload)
            if stamp is None:
                return
            if (stamp.side, stamp.number) == (ear.side, ear.number):
                self.delays_ms.append((packet.arrived_s - stamp.left_s) * 1000)
            else:
                self.wrong_voices += 1

        return tap


class DirectPath:
    """A voice from leg to leg of the load's own plane, with nothing between: what of a delay is not the gateway's."""

    def __init__(self, plane: Plane) -> None:
        self.delays_ms = array("d")
        self._plane = plane
        self._legs: list[Leg] = []
        self._ports: list[MediaPort] = []

    async def open(self, host: str, certificate: Certificate) -> None:
        """Raises LegFailed, NoPortFree."""
        plane = self._plane
        for exclusive in (False, True):
            self._ports.append(await MediaPort.open(plane, host, ANY_PORT, exclusive=exclusive))
        one = Leg(plane, self._ports[0], certificate, META_RELAY, _nothing)
        other = Leg(plane, self._ports[1], certificate, replace(BROWSER_END, dtls=DtlsRole.CLIENT), _nothing)
        self._legs = [one, other]
        flows = await asyncio.gather(one.start(_remote(other)), other.start(_remote(one)))
        for number, flow in enumerate(flows):
            plane.open_gate(flow)
            plane.hear(flow, voice(Side.AGENT, number))
            plane.tap(flow, self._on_packet)

    async def close(self) -> None:
        for leg in self._legs:
            await leg.close()
        for port in self._ports:
            port.close()

    def _on_packet(self, packet: TappedPacket) -> None:
        if (stamp := read_stamp(packet.payload)) is not None:
            self.delays_ms.append((packet.arrived_s - stamp.left_s) * 1000)


def _remote(leg: Leg) -> RemoteParameters:
    local = leg.local
    return RemoteParameters(local.ufrag, local.pwd, local.fingerprint, FlowCodec(OPUS), (local.address,))


def _nothing(reason: str) -> None:
    """The direct path's loss shows in its figures."""
