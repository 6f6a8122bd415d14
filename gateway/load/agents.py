"""One simulated agent: signs in, opens the page's socket, makes a seat, answers and talks. No browser.

It goes the page's way: HTTP for the session, Socket.IO for commands and state, one peer connection with two lines whose
microphone sends nothing between calls. All agents of a process share one plane, one certificate and one HTTP session,
and the states that nobody waits for are kept as text, unread.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import uuid4

import aiohttp

from gateway.load.pages import PageClosed, PageSocket
from gateway.load.seats import codec_of_seat, seat_offer
from gateway.load.stamps import Side, read_stamp, voice
from gateway.media.aiortc_seam import Certificate
from gateway.media.leg import WHATSAPP, DtlsRole, Leg, LegFailed
from gateway.media.parameters import RemoteParameters
from gateway.media.plane import DirectionFigures, FlowId, Plane, TappedPacket
from gateway.media.ports import MediaPort
from gateway.media.sdp import read_candidates, read_sdp, read_secured
from signaling.agents.contract import Ack, DeskState, PlaceAck, SeatAck, SeatLost
from signaling.presence import Availability, Microphone, Presence

PATIENCE_S: Final = 20.0
ANY_PORT: Final = range(0, 1)
BROWSER_END: Final = replace(WHATSAPP, dtls=DtlsRole.SERVER, continuous=False)
"""A browser's end of a seat: full ICE, controlling, and the gateway begins DTLS."""


class Refused(Exception):
    """The gateway said no to a command. `why` is its word for the reason."""

    def __init__(self, command: str, why: str) -> None:
        super().__init__(f"{command}: {why}")
        self.why = why


class Seat:
    """One peer connection of an agent."""

    def __init__(self, plane: Plane, port: MediaPort, certificate: Certificate) -> None:
        self.leg = Leg(plane, port, certificate, BROWSER_END, lambda reason: None)
        self.seat_id: str | None = None
        self._plane = plane

    @classmethod
    async def open(cls, plane: Plane, host: str, certificate: Certificate) -> "Seat":
        """Raises NoPortFree."""
        return cls(plane, await MediaPort.open(plane, host, ANY_PORT, exclusive=True), certificate)

    async def answered(self, sdp: str) -> FlowId:
        """Connect to what the gateway answered. Raises LegFailed."""
        description = read_sdp(sdp)
        secured, candidates = read_secured(description, description.media[0]), read_candidates(description.media[0])
        remote = RemoteParameters(secured.ufrag, secured.pwd, secured.fingerprint, codec_of_seat(), candidates)
        flow = await self.leg.start(remote)
        self._plane.open_gate(flow)
        return flow


class Agent:
    """See the module. Every wait ends with TimeoutError after PATIENCE_S unless it says otherwise."""

    def __init__(
        self,
        number: int,
        login: str,
        url: str,
        http: aiohttp.ClientSession,
        plane: Plane,
        media_host: str,
        certificate: Certificate,
    ) -> None:
        self.number, self.login = number, login
        self.lost_seats = 0
        self.states = 0  # how often the gateway told us
        self.gone = False  # the socket was closed
        self._url, self._http, self._plane = url, http, plane
        self._media_host, self._certificate = media_host, certificate
        self._cookie = ""
        self._socket = PageSocket(self._on_event, self._on_closed)
        self._state_text: str | None = None
        self._state: DeskState | None = None
        self._news = asyncio.Event()
        self._voice = voice(Side.AGENT, number)
        self._speaking = False
        self._seat: Seat | None = None
        self._heard_before = self._lost_before = 0  # packets, of seats that are gone
        self._moving: asyncio.Task[None] | None = None

    # ---- signing in and sitting down --------------------------------------------------------------------------------

    async def sign_in(self, password: str) -> None:
        """Raises aiohttp.ClientResponseError when the gateway refuses."""
        body = {"login": self.login, "password": password}
        async with self._http.post(f"{self._url}/api/v1/session", json=body, raise_for_status=True) as answer:
            self._cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())

    def has_session(self, cookie: str) -> None:
        """Instead of `sign_in`: this `Cookie` header."""
        self._cookie = cookie

    async def connect(self) -> None:
        """Open the socket and wait for the first state. Raises PageClosed, aiohttp.ClientError."""
        await self._socket.connect(self._http, self._url, self._cookie, {"tab_id": str(uuid4())}, PATIENCE_S)
        await self.until(lambda state: True)

    async def sit_down(self) -> None:
        """Microphone and sound are fine, the seat is made. Raises Refused, LegFailed, PageClosed."""
        await self.command("audio.report", {"microphone": Microphone.OK.value, "sound_unlocked": True})
        await self.make_seat()

    async def get_ready(self) -> None:
        """Calls may ring from now on. Raises Refused, PageClosed."""
        await self.command("availability.set", {"availability": Availability.READY.value})
        await self.until(lambda state: state.presence is Presence.FREE)

    async def make_seat(self) -> None:
        """A new peer connection, silent. Raises Refused, LegFailed, PageClosed."""
        await self._leave_seat()
        seat = self._seat = await Seat.open(self._plane, self._media_host, self._certificate)
        answer = await self._socket.call("seat.offer", {"sdp": seat_offer(seat.leg.local)}, PATIENCE_S)
        ack = SeatAck.model_validate_json(answer)
        _accepted(ack)
        assert ack.sdp is not None
        seat.seat_id = ack.seat_id
        flow = await seat.answered(ack.sdp)
        if self._speaking:
            self._plane.hear(flow, self._voice)

    # ---- calls ------------------------------------------------------------------------------------------------------

    async def answer(self, call_id: str) -> None:
        """Speak, and say that we take the call; returns with the gateway's ack. Raises Refused, PageClosed."""
        self.speak()
        await self.command("call.answer", {"call_id": call_id})

    async def place(self, number_id: int, callee: str) -> str:
        """Speak, and call this customer; the call's id. Raises Refused with the gateway's own code, PageClosed."""
        self.speak()
        wish = {"number_id": number_id, "callee": callee, "key": str(uuid4())}
        ack = PlaceAck.model_validate_json(await self._socket.call("call.place", wish, PATIENCE_S))
        if ack.refused is not None:
            raise Refused(ack.understood, ack.refused.code)
        _accepted(ack)
        assert ack.call_id is not None
        return ack.call_id

    async def hang_up(self, call_id: str) -> None:
        """Raises Refused, PageClosed."""
        await self.command("call.hang_up", {"call_id": call_id})

    def speak(self) -> None:
        self._speaking = True
        if self.flow is not None:
            self._plane.hear(self.flow, self._voice)

    def be_silent(self) -> None:
        self._speaking = False
        if self.flow is not None:
            self._plane.hear(self.flow, None)

    async def hears(self, customer: int) -> float:
        """When the first packet of this customer came: seconds of the plane's clock. Waits as long as it takes."""
        flow = self.flow
        assert flow is not None
        heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

        def tap(packet: TappedPacket) -> None:
            stamp = read_stamp(packet.payload)
            if stamp is not None and (stamp.side, stamp.number) == (Side.CUSTOMER, customer) and not heard.done():
                heard.set_result(packet.arrived_s)

        self._plane.tap(flow, tap)
        try:
            return await heard
        finally:
            self._plane.untap(flow, tap)

    async def command(self, name: str, message: Mapping[str, object]) -> None:
        """One message of the contract, answered. Raises Refused, PageClosed."""
        _accepted(Ack.model_validate_json(await self._socket.call(name, message, PATIENCE_S)))

    # ---- what is known ----------------------------------------------------------------------------------------------

    @property
    def flow(self) -> FlowId | None:
        return None if self._seat is None else self._seat.leg.flow

    @property
    def lost(self) -> int:
        """Packets missing in what this agent's seats received (RFC 3550 A.3)."""
        return self._lost_before + (0 if (now := self._received) is None else now.lost)

    @property
    def heard(self) -> int:
        """Packets that came."""
        return self._heard_before + (0 if (now := self._received) is None else now.packets)

    @property
    def state(self) -> DeskState:
        """The latest one."""
        if self._state is None:
            assert self._state_text is not None
            self._state = DeskState.model_validate_json(self._state_text)
        return self._state

    async def until(self, true: Callable[[DeskState], object], patience_s: float | None = PATIENCE_S) -> DeskState:
        """Wait for a state of which this is true. Raises PageClosed."""
        async with asyncio.timeout(patience_s):
            while self._state_text is None or not true(self.state):
                if self.gone:
                    raise PageClosed
                self._news.clear()
                await self._news.wait()
            return self.state

    async def close(self) -> None:
        """Leave as a closed tab does. Always, also after a failure."""
        if self._moving is not None:
            self._moving.cancel()
            await asyncio.wait([self._moving])
        await self._socket.close()
        await self._leave_seat()

    # ---- inside -----------------------------------------------------------------------------------------------------

    def _on_event(self, name: str, text: str) -> None:
        if name == "state":
            self.states += 1
            self._state_text, self._state = text, None
            self._news.set()
        elif name == "seat_lost":
            lost = SeatLost.model_validate_json(text)
            if self._seat is not None and lost.seat_id == self._seat.seat_id:
                self.lost_seats += 1
                self._moving = asyncio.create_task(self._make_seat_again())

    def _on_closed(self) -> None:
        self.gone = True
        self._news.set()

    async def _make_seat_again(self) -> None:
        """As the page does when the gateway has not heard it. What comes of it shows in the state."""
        try:
            await self.make_seat()
        except (LegFailed, Refused, PageClosed, TimeoutError):
            return

    async def _leave_seat(self) -> None:
        self._lost_before, self._heard_before = self.lost, self.heard
        seat, self._seat = self._seat, None
        if seat is not None:
            await seat.leg.close()

    @property
    def _received(self) -> DirectionFigures | None:
        return None if self.flow is None else self._plane.figures(self.flow).received


def _accepted(ack: Ack) -> None:
    if not ack.ok:
        raise Refused(ack.understood, str(ack.why))


def login_of(number: int) -> str:
    return f"agent{number}"


def read_users(text: str) -> dict[str, str]:
    """Passwords by login, from a JSON object. Raises ValueError."""
    read = json.loads(text)
    if not isinstance(read, dict) or not all(isinstance(password, str) for password in read.values()):
        raise ValueError("must be a JSON object of passwords by login")
    return read
