"""A softphone without a browser: one agent who signs in, makes a seat and talks, for benchmarks and load tests.

It goes the way of the page: HTTP for the session, Socket.IO for commands and state, one peer connection with two lines
whose microphone sends nothing between calls. Its sound is a loop of prepared Opus packets, one every 20 ms, on a
plane of its own: many phones in one process do not all send at the same moment. It records what comes and judges
nothing::

    phone = Softphone(url, voice)
    await phone.sign_in("ana", password)
    await phone.connect()
    await phone.sit_down()                                   # free for calls
    state = await phone.until(lambda state: state.ringing)
    await phone.answer(state.ringing[0].call_id)
    await phone.hears()                                      # the customer's first packet of this call
    phone.heard.packets, phone.heard.longest_gap_s
    await phone.close()
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import aiohttp
import socketio
from aioice import stun

from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import LegFailed
from gateway.media.parameters import RemoteParameters
from gateway.media.plane import FlowId, Prompt, TappedPacket
from gateway.media.python_plane import PythonPlane
from signaling.agents.contract import Ack, DeskState, PlaceAck, SeatAck
from signaling.presence import Availability, Microphone, Presence
from tests.media.peers import FarLeg, browser, remote_of, seat_offer

PATIENCE_S: Final = 20.0
CHECK_EVERY_S: Final = 2.5
"""As Chromium does. aioice's own checks come each 4 to 6 s, and the gateway gives up a seat after 8 s without any."""


class Refused(Exception):
    """The gateway said no to a command; the message names it and the reason."""


@dataclass(slots=True)
class Heard:
    """What one call brought. Times are those of `time.monotonic`."""

    packets: int = 0
    first_s: float | None = None
    last_s: float | None = None
    longest_gap_s: float = 0.0

    def add(self, arrived_s: float) -> None:
        self.packets += 1
        if self.last_s is None:
            self.first_s = arrived_s
        else:
            self.longest_gap_s = max(self.longest_gap_s, arrived_s - self.last_s)
        self.last_s = arrived_s


class Softphone:
    """See the module. `state` is the last one the gateway sent, `heard` the present or last call's sound; every wait
    ends with TimeoutError after PATIENCE_S."""

    def __init__(
        self,
        url: str,
        voice: Sequence[bytes],
        certificate: Certificate | None = None,
        reroute: Callable[[str], str] = lambda sdp: sdp,
    ) -> None:
        """Make it on the running loop. `voice`: Opus packets of 20 ms; phones may share a certificate to save time.
        `reroute`: what becomes of the gateway's SDP, where a wire of the test's leads to it."""
        self.state: DeskState | None = None
        self.heard = Heard()
        self.lost_seats = 0
        self._url, self._voice = url, Prompt("voice", voice, loop=True)
        self._certificate, self._reroute = certificate or Certificate(), reroute
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))  # cookies of an IP address, too
        self._socket = socketio.AsyncClient(http_session=self._http, reconnection=False)
        self._socket.on("state", self._on_state)
        self._socket.on("seat_lost", self._on_seat_lost)
        self._socket.on("are_you_there", self._on_are_you_there)
        self.answers = True  # False: as a page does that its browser has frozen
        self._plane = PythonPlane()
        self._seat: FarLeg | None = None
        self._seat_id: str | None = None
        self._checking: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def sign_in(self, login: str, password: str) -> None:
        """Raises aiohttp.ClientResponseError when the gateway refuses."""
        body = {"login": login, "password": password}
        async with self._http.post(f"{self._url}/api/v1/session", json=body, raise_for_status=True):
            pass

    async def connect(self) -> DeskState:
        """Open the socket; returns the first state. Raises socketio.exceptions.ConnectionError."""
        hello = {"tab_id": str(uuid4())}
        await self._socket.connect(self._url, auth=hello, transports=["websocket"], wait_timeout=PATIENCE_S)
        return await self.until(lambda state: True)

    async def sit_down(self) -> None:
        """Microphone and sound are fine, the seat is made, the agent is ready; returns when the gateway says free.
        Raises Refused, LegFailed."""
        await self.command("audio.report", {"microphone": Microphone.OK.value, "sound_unlocked": True})
        await self.make_seat()
        await self.command("availability.set", {"availability": Availability.READY.value})
        await self.until(lambda state: state.presence is Presence.FREE)

    async def make_seat(self) -> None:
        """A new peer connection, silent. Raises Refused, LegFailed."""
        await self.leave_seat()
        seat = self._seat = await browser(self._plane, self._certificate)
        answer = SeatAck.model_validate(await self._call("seat.offer", {"sdp": seat_offer(seat)}))
        _accepted(answer)
        assert answer.sdp is not None
        self._seat_id, sdp = answer.seat_id, self._reroute(answer.sdp)
        self._plane.tap(await seat.answered(sdp), self._hear)
        self._checking = asyncio.create_task(_check_path(seat, remote_of(sdp)))

    async def leave_seat(self) -> None:
        """Close the peer connection and keep the socket, as a page does whose microphone was pulled out."""
        if self._checking is not None:
            self._checking.cancel()
        seat, self._seat = self._seat, None
        if seat is not None:
            await seat.close()

    async def command(self, name: str, message: Mapping[str, object]) -> None:
        """One message of the contract, answered. Raises Refused."""
        _accepted(Ack.model_validate(await self._call(name, message)))

    async def answer(self, call_id: str) -> None:
        """Speak, and say that we take the call; returns with the gateway's ack. Raises Refused."""
        self.heard = Heard()
        self.speak()
        await self.command("call.answer", {"call_id": call_id})

    async def place(self, number_id: int, callee: str) -> PlaceAck:
        """Speak, and call this customer."""
        self.heard = Heard()
        self.speak()
        wish = {"number_id": number_id, "callee": callee, "key": str(uuid4())}
        return PlaceAck.model_validate(await self._call("call.place", wish))

    async def hang_up(self) -> None:
        """End the call we are in, or are about to be in; returns when it is gone. Raises Refused."""
        call = (await self.until(lambda state: state.call)).call
        assert call is not None
        await self.command("call.hang_up", {"call_id": call.call_id})
        await self.until(lambda state: state.call is None)

    def speak(self) -> None:
        self._say(self._voice)

    def be_silent(self) -> None:
        self._say(None)

    async def until(self, true: Callable[[DeskState], object]) -> DeskState:
        """Wait for a state of which this is true."""
        async with asyncio.timeout(PATIENCE_S):
            while self.state is None or not true(self.state):
                await self._next_news()
            return self.state

    async def hears(self, packets: int = 1) -> None:
        """Wait until this call has brought so many packets."""
        async with asyncio.timeout(PATIENCE_S):
            while self.heard.packets < packets:
                await self._next_news()

    @property
    def sent(self) -> int:
        """Packets of voice since this seat was made."""
        return 0 if self._flow is None else self._plane.figures(self._flow).sent.packets

    @property
    def lost(self) -> int:
        """Packets missing in what this seat received since it was made (RFC 3550 A.3)."""
        return 0 if self._flow is None else self._plane.figures(self._flow).received.lost

    async def close(self) -> None:
        """Leave as a closed tab does. Always, also after a failure."""
        await self.leave_seat()
        await self._socket.disconnect()
        await self._http.close()
        self._plane.close()

    # ---- inside -----------------------------------------------------------------------------------------------------

    @property
    def _flow(self) -> FlowId | None:
        return None if self._seat is None else self._seat.leg.flow

    async def _call(self, name: str, message: Mapping[str, object]) -> object:
        return await self._socket.call(name, dict(message), timeout=PATIENCE_S)

    def _say(self, source: Prompt | None) -> None:
        if self._flow is not None:
            self._plane.hear(self._flow, source)

    def _hear(self, packet: TappedPacket) -> None:
        self.heard.add(packet.arrived_s)
        self._news.set()

    async def _on_state(self, message: object) -> None:
        before, self.state = self.state, DeskState.model_validate(message)
        if before is not None and before.call is not None and self.state.call is None:
            self.be_silent()
        self._news.set()

    async def _on_are_you_there(self, _message: object) -> None:
        if self.answers:
            await self._socket.emit("page.here", {"visible": True})

    async def _on_seat_lost(self, message: Mapping[str, str]) -> None:
        """The gateway has not heard us: as the page does, make a new seat, and go on talking if there is a call."""
        if self._seat is None or message["seat_id"] != self._seat_id:
            return
        self.lost_seats += 1
        try:
            await self.make_seat()
        except LegFailed:
            if self._seat is None:  # we have left meanwhile
                return
            raise
        if self.state is not None and self.state.call is not None:
            self.speak()

    async def _next_news(self) -> None:
        self._news.clear()
        await self._news.wait()


async def _check_path(seat: FarLeg, remote: RemoteParameters) -> None:
    """Tell the gateway that we are still here, until cancelled. Its answers are nobody's."""
    while True:
        await asyncio.sleep(CHECK_EVERY_S)
        attributes = {"USERNAME": f"{remote.ufrag}:{seat.leg.ufrag}", "PRIORITY": 1, "ICE-CONTROLLING": 1}
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        check.add_message_integrity(remote.pwd.encode())
        seat.port.send(bytes(check), remote.candidates[0])


def _accepted(ack: Ack) -> None:
    if not ack.ok:
        raise Refused(f"{ack.understood}: {ack.why}")
