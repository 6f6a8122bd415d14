"""Janus' videocall plugin, which bridges two WebRTC peers: ICE, DTLS and SRTP on both sides, as in our gateway.

`python -m tests.bench.peers.janus CALLS SECONDS` prints a PeerForwarding as JSON. Janus passes over loopback
interfaces, so this runs in a network namespace of its own, for which it must be root. Both sides speak
AES_CM_128_HMAC_SHA1_80, the suite of Meta's relays.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import psutil
from aiortc import rtcdtlstransport

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, DtlsRole, Leg, LegFailed, LegKind
from gateway.media.parameters import CNAME
from gateway.media.plane import FlowId, Plane
from gateway.media.planes import PlaneChoice, open_plane
from gateway.media.ports import MediaPort
from tests.bench.peers.main import run_peer
from tests.bench.peers.process import (
    PeerForwarding,
    PeerUnusable,
    last_words,
    raise_descriptor_limit,
    running,
    version_of,
)
from tests.bench.peers.speakers import measure
from tests.media.peers import remote_of

HOST: Final = "10.99.0.1"
ANY_PORT: Final = range(0, 1)
STARTS_WITHIN_S: Final = 10.0
MOST_STARTS: Final = 6
BEFORE_ANOTHER_S: Final = 0.7
ANSWERS_WITHIN_S: Final = 10.0
PLUGIN: Final = "janus.plugin.videocall"
OFFERS: Final = replace(WHATSAPP, dtls=DtlsRole.SERVER)
"""Janus answers `active`; who answers Janus is `active`, too. Both of ours control: Janus is lite."""
IN_A_NAMESPACE: Final = "RAMAL_BENCH_NAMESPACE"


class DidNotStart(PeerUnusable):
    """Version 1.1.2 finds its own transport only most of the times that it is started."""


class Api:
    """Janus' JSON messages over a Unix socket of packets. Answers by transaction, events by handle."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._events: defaultdict[int, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._number = 0
        self.session = 0

    async def open(self, process: psutil.Process, log: Path) -> None:
        """Raises DidNotStart."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STARTS_WITHIN_S):
                while process.status() != psutil.STATUS_ZOMBIE:
                    try:
                        self._socket.connect(str(self._path))
                    except (FileNotFoundError, ConnectionRefusedError):
                        await asyncio.sleep(0.05)  # nothing tells when it listens
                    else:
                        self._reading = asyncio.create_task(self._read())
                        self.session = (await self.ask(janus="create"))["data"]["id"]
                        return
        raise DidNotStart(f"Janus did not start: {last_words(log)}")

    async def ask(self, **message: Any) -> dict[str, Any]:
        answer = self._answers[self._next()] = asyncio.get_running_loop().create_future()
        await self._send(message)
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            told: dict[str, Any] = await answer
            return told

    async def attach(self) -> int:
        handle: int = (await self.ask(janus="attach", session_id=self.session, plugin=PLUGIN))["data"]["id"]
        return handle

    async def say(self, handle: int, body: dict[str, str], jsep: dict[str, str] | None = None) -> None:
        self._next()
        message = {"janus": "message", "session_id": self.session, "handle_id": handle, "body": body}
        await self._send(message if jsep is None else {**message, "jsep": jsep})

    async def event(self, handle: int, name: str) -> dict[str, Any]:
        """Raises PeerUnusable, TimeoutError."""
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while True:
                told = await self._events[handle].get()
                data = told["plugindata"]["data"]
                if "error" in data:
                    raise PeerUnusable(f"Janus said: {data['error']}")
                if data.get("result", {}).get("event") == name:
                    return told

    def close(self) -> None:
        self._socket.close()

    def _next(self) -> str:
        self._number += 1
        return str(self._number)

    async def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps({**message, "transaction": str(self._number)}).encode()
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def _read(self) -> None:
        while True:
            told = json.loads(await asyncio.get_running_loop().sock_recv(self._socket, 1 << 18))
            if "plugindata" in told:
                self._events[told["sender"]].put_nowait(told)
            elif told["janus"] != "ack" and (answer := self._answers.pop(told.get("transaction", ""), None)):
                answer.set_result(told)


async def forward(calls: int, seconds: float) -> PeerForwarding:
    """Raises PeerUnusable, PlaneMissing, TimeoutError."""
    raise_descriptor_limit()
    rtcdtlstransport.SRTP_PROFILES[:] = [rtcdtlstransport.SRTP_AES128_CM_SHA1_80]
    for _ in range(MOST_STARTS - 1):
        with suppress(DidNotStart):
            return await _forward(calls, seconds)
        await asyncio.sleep(BEFORE_ANOTHER_S)
    return await _forward(calls, seconds)


async def _forward(calls: int, seconds: float) -> PeerForwarding:
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as name:
        folder = Path(name)
        write_settings(folder)
        log = folder / "janus.log"
        with running("janus", ("-F", name, "-C", f"{name}/janus.jcfg"), log) as process:
            api, plane = Api(folder / "api"), open_plane(PlaneChoice.NATIVE, threads=1)
            try:
                await api.open(process, log)
                certificate = Certificate()
                flows: list[FlowId] = []
                for call in range(calls):
                    flows += await bridge(api, call, plane, certificate)
                return await measure(plane, flows, process, seconds, version_of("janus"))
            except LegFailed as failed:
                raise PeerUnusable(f"a leg to Janus: {failed.reason}") from None
            finally:
                plane.close()
                api.close()


async def bridge(api: Api, call: int, plane: Plane, certificate: Certificate) -> tuple[FlowId, FlowId]:
    """One call between two legs of ours."""
    caller, callee = await api.attach(), await api.attach()
    for handle, name in ((caller, f"caller{call}"), (callee, f"callee{call}")):
        await api.say(handle, {"request": "register", "username": name})
        await api.event(handle, "registered")
    one, other = await leg(plane, certificate, OFFERS), await leg(plane, certificate, WHATSAPP)
    offer = {"type": "offer", "sdp": description(one, "actpass")}
    await api.say(caller, {"request": "call", "username": f"callee{call}"}, offer)
    offered: str = (await api.event(callee, "incomingcall"))["jsep"]["sdp"]
    await api.say(callee, {"request": "accept"}, {"type": "answer", "sdp": description(other, "active")})
    answered: str = (await api.event(caller, "accepted"))["jsep"]["sdp"]
    flows = await asyncio.gather(one.start(remote_of(answered)), other.start(remote_of(offered)))
    return flows[0], flows[1]


async def leg(plane: Plane, certificate: Certificate, kind: LegKind) -> Leg:
    port = await MediaPort.open(plane, HOST, ANY_PORT, exclusive=True)
    return Leg(plane, port, certificate, kind, lambda reason: None)


def description(leg: Leg, setup: str) -> str:
    local = leg.local
    host, port = local.address
    lines = [
        *("v=0", f"o=- 1 1 IN IP4 {host}", "s=-", "t=0 0", "a=group:BUNDLE 0"),
        *(f"m=audio {port} UDP/TLS/RTP/SAVPF 111", f"c=IN IP4 {host}", "a=mid:0", "a=sendrecv", "a=rtcp-mux"),
        *("a=rtpmap:111 opus/48000/2", f"a=candidate:1 1 udp 2130706431 {host} {port} typ host", "a=end-of-candidates"),
        *(f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.pwd}", f"a=fingerprint:sha-256 {local.fingerprint}"),
        *(f"a=setup:{setup}", f"a=ssrc:{local.ssrcs[0]} cname:{CNAME}"),
    ]
    return "".join(f"{line}\r\n" for line in lines)


def write_settings(folder: Path) -> None:
    """Nothing but the videocall plugin and the Unix socket."""
    found = [path for path in Path("/usr/lib").glob("*/janus") if (path / "plugins").is_dir()]
    if not found:
        raise PeerUnusable("janus is not installed")
    home = found[0]
    others = {
        kind: ",".join(path.name for path in (home / kind).glob("*.so") if path.name != kept)
        for kind, kept in (("plugins", "libjanus_videocall.so"), ("transports", "libjanus_pfunix.so"))
    }
    folders = "".join(f'{kind}_folder = "{home}/{kind}"\n' for kind in ("plugins", "transports", "events", "loggers"))
    (folder / "janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}"\n{folders} debug_level = 2 }}\n'
        f'nat: {{ ice_lite = true ice_enforce_list = "{HOST}" ignore_mdns = true }}\n'
        f'plugins: {{ disable = "{others["plugins"]}" }}\n'
        f'transports: {{ disable = "{others["transports"]}" }}\n'
    )
    (folder / "janus.transport.pfunix.jcfg").write_text(
        f'general: {{ enabled = true json = "compact" path = "{folder}/api" type = "SOCK_SEQPACKET" }}\n'
        "admin: { admin_enabled = false }\n"
    )


def enter_namespace() -> None:
    """Run this program again where there is an interface that is not the loopback one, and nobody else's traffic."""
    again = ["unshare", "--net", sys.executable, "-m", "tests.bench.peers.janus", *sys.argv[1:]]
    try:
        ended = subprocess.run(
            again, env={**os.environ, IN_A_NAMESPACE: "1"}, check=False, capture_output=True, text=True
        )
    except FileNotFoundError:
        print(json.dumps({"unusable": "there is no unshare here"}))
        return
    why = ended.stderr.strip().splitlines()[-1:] or ["no network namespace"]
    print(ended.stdout.strip() or json.dumps({"unusable": why[0]}), flush=True)


def make_interface() -> None:
    """Raises CalledProcessError."""
    for command in (
        "ip link set lo up",
        "ip link add bench0 type veth peer name bench1",
        f"ip address add {HOST}/24 dev bench0",
        "ip link set bench0 up",
        "ip link set bench1 up",
    ):
        subprocess.run(command.split(), check=True, capture_output=True, text=True)


if __name__ == "__main__":
    if IN_A_NAMESPACE in os.environ:
        make_interface()
        run_peer(forward)
    else:
        enter_namespace()
