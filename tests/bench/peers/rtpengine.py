"""rtpengine in userspace between two suites, so that it must open and close every packet: side A has
AES_CM_128_HMAC_SHA1_80, side B AEAD_AES_128_GCM (with one suite on both sides it would hand keys and packets through).

`python -m tests.bench.peers.rtpengine CALLS SECONDS` prints a PeerForwarding as JSON. SDES keys, no ICE, no DTLS, one
thread; what it sends is opened at the far ends, so a packet that it did not encrypt anew counts as lost.
"""

import base64
import os
import re
import secrets
import socket
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from gateway.media.plane import Endpoint, FlowCodec, FlowId, Plane, SrtpKeys, SrtpProfile
from gateway.media.planes import PlaneChoice, open_plane
from tests.bench.peers.bencode import Value, decode, encode
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

HOST: Final = "127.0.0.1"
ANY_PORT: Final = range(0, 1)
PORTS: Final = (21_000, 60_000)  # two of them a leg
SUITE_A, SUITE_B = SrtpProfile.AES_CM_128_HMAC_SHA1_80, SrtpProfile.AEAD_AES_128_GCM
KEY_BYTES: Final = {SUITE_A: 30, SUITE_B: 28}
STARTS_WITHIN_S: Final = 10.0
ANSWERS_WITHIN_S: Final = 5.0


class Control:
    """The ng protocol: a cookie and a bencoded question, the same cookie and the answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect((HOST, port))
        self._socket.settimeout(ANSWERS_WITHIN_S)

    def ask(self, **question: Value) -> dict[str, object]:
        """Raises PeerUnusable, OSError."""
        cookie = secrets.token_hex(4).encode()
        self._socket.send(cookie + b" " + encode({name.replace("_", "-"): value for name, value in question.items()}))
        answer = decode(self._socket.recv(65_535).partition(b" ")[2])
        if not isinstance(answer, dict) or answer.get("result") not in (b"ok", b"pong"):
            raise PeerUnusable(f"rtpengine refused {question.get('command')}")
        return answer

    def sdp(self, **question: Value) -> str:
        text = self.ask(**question)["sdp"]
        assert isinstance(text, bytes)
        return text.decode()

    def close(self) -> None:
        self._socket.close()


async def forward(calls: int, seconds: float) -> PeerForwarding:
    """Raises PeerUnusable, PlaneMissing."""
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory(prefix="ramal-bench-") as folder:
        control_port = free_port()
        arguments = (
            *(
                "--table=-1",
                f"--interface={HOST}",
                f"--listen-ng={HOST}:{control_port}",
                "--foreground",
                "--log-stderr",
            ),
            *("--log-level=3", f"--port-min={PORTS[0]}", f"--port-max={PORTS[1]}", "--num-threads=1"),
            f"--pidfile={folder}/rtpengine.pid",
        )
        log = Path(folder) / "rtpengine.log"
        with running("rtpengine", arguments, log) as process:
            control = Control(control_port)
            plane = open_plane(PlaneChoice.NATIVE, threads=1)
            try:
                until_up(control, process, log)
                side_a, side_b = [await plane.open_endpoint(HOST, ANY_PORT, lambda *_: None) for _ in "ab"]
                flows = [flow for call in range(calls) for flow in bridge(control, call, plane, side_a, side_b)]
                return await measure(plane, flows, process, seconds, version_of("rtpengine-daemon"))
            finally:
                plane.close()
                control.close()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def until_up(control: Control, process: psutil.Process, log: Path) -> None:
    """Nothing tells when: it is asked again and again."""
    give_up_s = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            control.ask(command="ping")
        except OSError:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE or time.monotonic() > give_up_s:
                raise PeerUnusable(f"rtpengine did not start: {last_words(log)}") from None
            time.sleep(0.05)
        else:
            return


def bridge(control: Control, call: int, plane: Plane, side_a: Endpoint, side_b: Endpoint) -> tuple[FlowId, FlowId]:
    """One call between two flows of ours."""
    key_a, key_b = os.urandom(KEY_BYTES[SUITE_A]), os.urandom(KEY_BYTES[SUITE_B])
    name = f"call{call}"
    offered = control.sdp(
        command="offer",
        call_id=name,
        from_tag="a",
        sdp=description(side_a, "1", SUITE_A, key_a),
        ICE="remove",
        rtcp_mux=["offer"],
    )
    tag, key_to_b = crypto(offered, SUITE_B)
    answered = control.sdp(
        command="answer",
        call_id=name,
        from_tag="a",
        to_tag="b",
        sdp=description(side_b, tag, SUITE_B, key_b),
        ICE="remove",
        rtcp_mux=["accept"],
    )
    _, key_to_a = crypto(answered, SUITE_A)
    return (
        leg(plane, side_a, answered, SrtpKeys(SUITE_A, rx=key_to_a, tx=key_a), 2 * call + 1),
        leg(plane, side_b, offered, SrtpKeys(SUITE_B, rx=key_to_b, tx=key_b), 2 * call + 2),
    )


def leg(plane: Plane, endpoint: Endpoint, sdp: str, keys: SrtpKeys, ssrc: int) -> FlowId:
    port = re.search(r"^m=audio (\d+) ", sdp, re.MULTILINE)
    assert port is not None
    return plane.add_flow(endpoint, (HOST, int(port[1])), keys, FlowCodec(111), [ssrc], continuous=True)


def description(endpoint: Endpoint, tag: str, suite: SrtpProfile, key: bytes) -> str:
    lines = [
        *("v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0"),
        f"m=audio {endpoint.local_address[1]} RTP/SAVP 111",
        *("a=rtpmap:111 opus/48000/2", "a=sendrecv", "a=rtcp-mux", "a=ptime:20"),
        f"a=crypto:{tag} {suite} inline:{base64.b64encode(key).decode()}",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def crypto(sdp: str, suite: SrtpProfile) -> tuple[str, bytes]:
    """The tag and the key of this suite (RFC 4568 §9.1). Raises PeerUnusable when it is not offered."""
    for tag, name, key in re.findall(r"^a=crypto:(\d+) (\S+) inline:([A-Za-z0-9+/=]+)", sdp, re.MULTILINE):
        if name == suite:
            return tag, base64.b64decode(key + "=" * (-len(key) % 4))
    raise PeerUnusable(f"rtpengine does not offer {suite}")


if __name__ == "__main__":
    run_peer(forward)
