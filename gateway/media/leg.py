"""One secured WebRTC peer of ours: ICE, then DTLS, and then a flow on the plane.

How to use it, whichever side of a call it is on::

    port = await MediaPort.open(plane, "127.0.0.1", range(0, 1), exclusive=False)   # shared; WhatsApp legs: exclusive
    leg = Leg(plane, port, certificate, BROWSER, on_lost=lambda reason: ...)
    leg.local            # ufrag, pwd, fingerprint, address, ssrcs: write the offer or the answer with them
    flow = await leg.start(RemoteParameters(...))    # from the peer's SDP; LegFailed when it cannot connect
    plane.open_gate(flow)                            # nothing at all leaves before this
    plane.hear(flow, source, line=0)
    await leg.close()                                # always, also after LegFailed; twice is fine

A leg exists on the wire from its construction: a lite one answers checks at once and keeps the first DTLS records, so
an offerer may call `start` when the answer comes, later than the peer's first packets. `on_lost` is called at most
once, after `start` has returned and never after `close` was called, with `closed_by_peer` (DTLS close_notify),
`path_dead` (no sign of life or no consent for too long) or `closed`; the owner then closes the leg.

Three kinds are ready: WHATSAPP (our leg towards Meta), BROWSER (a seat) and META_RELAY (Meta's side in a simulation).
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from aioice import stun

from gateway.media.aiortc_seam import Certificate, Dtls, DtlsFailed, FullIce, IceFailed
from gateway.media.ice_lite import LiteAgent
from gateway.media.parameters import LocalParameters, RemoteParameters
from gateway.media.plane import Address, FlowId, IceKeeper, KeepsIce, Plane
from gateway.media.ports import MediaPort

__all__ = [
    "BROWSER",
    "META_RELAY",
    "WHATSAPP",
    "DtlsRole",
    "IceMode",
    "Leg",
    "LegFailed",
    "LegKind",
    "LocalParameters",
    "RemoteParameters",
]


class IceMode(StrEnum):
    FULL = "full"  # controlling: our checks open the path
    LITE = "lite"  # controlled: we only answer


class DtlsRole(StrEnum):
    CLIENT = "client"  # `a=setup:active`
    SERVER = "server"  # `a=setup:passive`: never begins the handshake


@dataclass(frozen=True, slots=True)
class LegKind:
    """`lines` outgoing streams; `continuous` as in `Plane.add_flow`; `connect_s` for ICE and DTLS together; a lite leg
    is dead after `dead_after_s` without a valid check or authentic media (Chromium checks at least every 2.7 s, aioice
    every 6 s)."""

    ice: IceMode
    dtls: DtlsRole
    lines: int = 1
    continuous: bool = False
    connect_s: float = 30.0
    dead_after_s: float = 30.0


WHATSAPP = LegKind(IceMode.FULL, DtlsRole.CLIENT, continuous=True)
BROWSER = LegKind(IceMode.LITE, DtlsRole.CLIENT, lines=2, connect_s=15.0, dead_after_s=8.0)
META_RELAY = LegKind(IceMode.LITE, DtlsRole.SERVER, connect_s=60.0)


class LegFailed(Exception):
    """The peer could not be connected; `reason` is ice_failed, ice_timeout, dtls_failed, dtls_timeout or closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Leg:
    """See the module. `flow` is None until `start` has returned."""

    def __init__(
        self,
        plane: Plane,
        port: MediaPort,
        certificate: Certificate,
        kind: LegKind,
        on_lost: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.flow: FlowId | None = None
        self._plane, self._port, self._kind = plane, port, kind
        self._on_lost, self._monotonic = on_lost, monotonic
        self._lite = LiteAgent() if kind.ice is IceMode.LITE else None
        self._full = FullIce(port.send, port.address) if kind.ice is IceMode.FULL else None
        self._dtls = Dtls(certificate, kind.dtls.value, self._send_dtls)
        self._path_found = asyncio.Event()
        self._watchdog: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[object] | None = None
        self._closed = False
        self.local = LocalParameters(
            ufrag=self._ice.ufrag,
            pwd=self._ice.pwd,
            fingerprint=certificate.fingerprint,
            address=port.address,
            ssrcs=_distinct_ssrcs(kind.lines),
        )
        port.attach(self)
        self._keeper: IceKeeper | None = None  # where the plane does what is left to do of ICE
        if self._lite is not None and isinstance(plane, KeepsIce):
            self._keeper = plane.answer_checks(port.endpoint, self._lite.ufrag, self._lite.pwd, self._on_checked)

    @property
    def ufrag(self) -> str:
        return self._ice.ufrag

    @property
    def path(self) -> Address | None:
        """Where this leg sends."""
        return self._ice.path

    async def start(self, remote: RemoteParameters, dtls: DtlsRole | None = None) -> FlowId:
        """Connect to the peer and make its flow, gate closed. `dtls`: our role, where only the peer's answer has
        decided it. Raises LegFailed."""
        assert self._starting is None, "a leg starts once"
        self._starting = asyncio.current_task()
        if dtls is not None:
            self._dtls.act_as(dtls.value)
        step = "ice"
        try:
            async with asyncio.timeout(self._kind.connect_s):
                await self._find_path(remote)
                step = "dtls"
                keys = await self._dtls.handshake(remote.fingerprint, lambda: self._lose("closed_by_peer"))
        except TimeoutError:
            raise LegFailed(f"{step}_timeout") from None
        except (IceFailed, DtlsFailed):
            raise LegFailed("closed" if self._closed else f"{step}_failed") from None
        if self._closed or (path := self.path) is None:
            raise LegFailed("closed")
        kind, port = self._kind, self._port
        self.flow = self._plane.add_flow(
            port.endpoint, path, keys, remote.codec, self.local.ssrcs, continuous=kind.continuous
        )
        port.carries(self.flow, self)
        if self._full is not None and isinstance(self._plane, KeepsIce):
            self._keep_consent(self._plane, self._full, remote)
        elif self._full is not None:
            self._full.watch(lambda: self._lose("path_dead"))
        if self._keeper is not None:
            self._keeper.carry(self.flow, path)
        elif self._lite is not None:
            for address in self._lite.paths:
                self._plane.expect_from(port.endpoint, address, self.flow)
        if self._lite is not None:
            self._watch()
        return self.flow

    def _keep_consent(self, plane: KeepsIce, full: FullIce, remote: RemoteParameters) -> None:
        tie_breaker = full.yield_consent()
        self._keeper = plane.keep_consent(
            self._port.endpoint, full.ufrag, full.pwd, tie_breaker, lambda: self._lose("path_dead")
        )
        self._keeper.name_peer(remote.ufrag, remote.pwd)

    async def close(self) -> None:
        """Say goodbye (RTCP BYE, DTLS close_notify), forget the flow, give an exclusive port back."""
        if self._closed:
            return
        self._closed = True
        self._path_found.set()
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._keeper is not None:
            self._keeper.close()
        if self.flow is not None:
            self._plane.remove_flow(self.flow)
        await self._dtls.close()
        if self._full is not None:
            await self._full.close()
        self._port.detach(self)

    # ---- what the port brings ---------------------------------------------------------------------------------------

    def on_stun(self, message: stun.Message, data: bytes, address: Address) -> None:
        if self._full is not None:
            self._full.receive(data, address)
            return
        agent = self._agent
        before, knew = agent.path, agent.knows(address)
        answer = agent.receive(message, address, self._monotonic())
        if answer is not None:
            self._port.send(answer, address)
        if agent.knows(address) and not knew:
            self._port.learn(address, self)
            if self.flow is not None:
                self._plane.expect_from(self._port.endpoint, address, self.flow)
        if agent.path is not None and agent.path != before:
            self._path_found.set()
            if self.flow is not None:
                self._plane.set_remote(self.flow, agent.path)

    def _on_checked(self, address: Address, is_path: bool) -> None:
        """The plane has answered a check, and sends accordingly."""
        self._agent.checked(address, is_path, self._monotonic())
        self._port.learn(address, self)
        if is_path:
            self._path_found.set()

    def on_dtls(self, data: bytes, address: Address) -> None:
        if self._ice.knows(address):
            self._dtls.feed(data)

    def on_moved(self, address: Address) -> None:
        """Authentic media came from elsewhere: ask that address who it is, instead of waiting for its next check."""
        if self._keeper is not None:
            return  # it has asked already
        if self._lite is not None and (check := self._lite.probe(address)) is not None:
            assert self._lite.probing is not None
            self._port.expect_answer(self._lite.probing, self)
            self._port.send(check, address)

    # ---- inside -----------------------------------------------------------------------------------------------------

    @property
    def _ice(self) -> LiteAgent | FullIce:
        return self._agent if self._full is None else self._full

    @property
    def _agent(self) -> LiteAgent:
        assert self._lite is not None
        return self._lite

    async def _find_path(self, remote: RemoteParameters) -> None:
        if self._full is not None:
            await self._full.connect(remote.ufrag, remote.pwd, remote.candidates)
            return
        self._agent.remote_ufrag, self._agent.remote_pwd = remote.ufrag, remote.pwd
        if self._keeper is not None:
            self._keeper.name_peer(remote.ufrag, remote.pwd)
        await self._path_found.wait()
        if self._closed:
            raise IceFailed

    def _send_dtls(self, data: bytes) -> None:
        if (path := self.path) is not None:
            self._port.send(data, path)

    def _watch(self) -> None:
        """One timer, set again to when the last sign of life will be too old. Authentic media is one, too: a gateway or
        a network with too much to do may drop the few checks among many packets."""
        last_s = self._agent.last_check_s if self._keeper is None else self._keeper.last_check_s
        assert last_s is not None
        assert self.flow is not None
        media_s = self._plane.figures(self.flow).received.last_packet_s
        if media_s is not None:
            last_s = max(last_s, media_s)
        left_s = last_s + self._kind.dead_after_s - self._monotonic()
        if left_s <= 0:
            self._lose("path_dead")
        else:
            self._watchdog = asyncio.get_running_loop().call_later(left_s, self._watch)

    def _lose(self, reason: str) -> None:
        if not self._closed and self.flow is not None:
            on_lost, self._on_lost = self._on_lost, _nobody
            on_lost(reason)


def _nobody(reason: str) -> None:
    """The loss has been told."""


def _distinct_ssrcs(lines: int) -> tuple[int, ...]:
    ssrcs: set[int] = set()
    while len(ssrcs) < lines:
        ssrcs.add(secrets.randbits(32) or 1)
    return tuple(ssrcs)
