"""A whole recorded call over bad networks: the gateway as it is served, the strict simulated Meta, agents with seats of
their own over ICE, DTLS and SRTP. Of what customer and agents send, one packet in twenty is lost and the others
overtake each other; where nobody speaks nothing is sent (DTX). In the middle the customer is put on hold, taken back,
and given to a colleague. The recording is judged by what was said, and when."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from time import time
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.clock import utc_now
from gateway.load.site import MetaAccount, Site, free_port, started_gateway
from gateway.media.aiortc_seam import Certificate
from gateway.media.plane import OPUS_FRAME_TICKS, PushedPacket, Source
from gateway.simulator.app import RunningSimulator, running
from gateway.simulator.clips import Voice
from gateway.simulator.customer_line import CustomerLine
from gateway.simulator.customer_lines import CustomerLines
from gateway.simulator.faults import FaultKind
from gateway.simulator.lines import Line, LineRequest
from gateway.simulator.scenario import CallBody
from gateway.simulator.secure_leg import NoteFault
from gateway.simulator.settings import MetaRules, SimulatorSettings
from recording.journal import Leg, Mark, Packet, read_journal
from recording.timeline import OPUS_LOOKAHEAD_SAMPLES, RATE_HZ, unwrapped
from signaling.agents.contract import CallPhase
from signaling.ids import CallId, NumberId
from signaling.recording_policy import PolicyRule, RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.database import Database
from store.recording_policies import SqlRecordingPolicies
from store.recordings import SqlRecordings, StoredRecording
from tests.fakes.softphone import Softphone
from tests.media.bad_wire import LOSS, BadWire, Sent
from tests.media.peers import LOCALHOST
from tests.media.phone_voice import FRAME, PhoneVoice, Sound, phone_voice
from tests.unit.recording.test_mix import both_sides

pytestmark = pytest.mark.paired

KEPT: Final = RecordingPolicy(When.ALWAYS, keep_journal=True)
SPOKEN_S: Final = 4.0
HELD_S: Final = 1.0
SAME_VOICE: Final = 0.9
WRONG_VOICE: Final = 0.2
IN_TIME_S: Final = 0.02
SILENT: Final = 100
"""Of 32,768: what an encoder makes of nothing."""
EDGE_S: Final = 0.1
"""Planes answer a little late where a part of the call begins or ends."""
PATIENCE_S: Final = 60.0

FRAME_S: Final = 0.02
CUSTOMER, ANA, BIA = "joao", "ana", "maria"


class PhonesOnABadLine(CustomerLines):
    """Customers' phones behind one wire, which all speak in this voice."""

    def __init__(self, voice: PhoneVoice, wire: BadWire) -> None:
        super().__init__(LOCALHOST, 0, late_audio_s=PATIENCE_S)
        self._voice, self._wire = Voice(CUSTOMER, "pt-BR", voice.packets), wire

    async def open(self) -> "PhonesOnABadLine":
        await self._wire.open((LOCALHOST, self._relay.port))
        return self

    def new_line(self, request: LineRequest, note_fault: NoteFault) -> Line:
        line = super().new_line(replace(request, voice=self._voice), note_fault)
        assert isinstance(line, CustomerLine)
        line.offer_sdp = self._wire.reroute(line.offer_sdp)
        return line


class AgentOnABadLine(Softphone):
    """An agent whose microphone is encoded as a phone's is, behind a wire of their own."""

    def __init__(self, site: Site, certificate: Certificate, voice: PhoneVoice, wire: BadWire) -> None:
        super().__init__(site.url, voice.packets, certificate, wire.reroute)
        self.voice, self.wire = voice, wire
        self._speaking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        self._say(None)
        await super().close()

    def _say(self, source: Source) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
        self._speaking = None if source is None else asyncio.create_task(self._speak())

    async def _speak(self) -> None:
        """Every 20 ms a frame, late ones too: a machine that is busy does not stop a voice."""
        assert self._seat is not None and self._flow is not None
        loop, microphone = asyncio.get_running_loop(), self._plane.add_source(self._seat.port.endpoint)
        self._plane.hear(self._flow, microphone)
        began_s, sent = loop.time(), 0
        for number, payload in enumerate(cycle(self.voice.packets)):
            await asyncio.sleep(max(0.0, began_s + number * FRAME_S - loop.time()))
            if payload:
                sent += 1
                self._plane.push(microphone, PushedPacket(1, sent & 0xFFFF, number * OPUS_FRAME_TICKS, payload))


@dataclass(frozen=True)
class Speaker:
    """Somebody who spoke on and on, and by their wire's clear headers: when."""

    voice: PhoneVoice
    sent: Sequence[Sent]

    def said(self, begin_s: float, end_s: float) -> Sound:
        """What they said from one Unix second to another, as samples of a timeline that begins at `begin_s`."""
        at = round((begin_s - self.began_s) * RATE_HZ) + OPUS_LOOKAHEAD_SAMPLES  # what is decoded is late by that
        samples = round((end_s - begin_s) * RATE_HZ)
        first, last = at // FRAME, (at + samples) // FRAME + 1
        assert first >= 0, "they spoke by then"
        sound = self.voice.said(first, last).reshape(-1, FRAME)
        sound[~np.isin(np.arange(first, last), self._frames())] = 0  # what a phone on a busy machine had no time to say
        return sound.ravel()[at - first * FRAME :][:samples]

    @property
    def began_s(self) -> float:
        """When the first frame was due, in Unix seconds: a busy machine sends some late, and none early."""
        frames: list[int] = self._frames().tolist()
        return min(packet.at_s - frame * FRAME_S for packet, frame in zip(self.sent, frames, strict=True))

    @property
    def lost(self) -> float:
        return sum(packet.lost for packet in self.sent) / len(self.sent)

    @property
    def pauses(self) -> int:
        """How often the clock ran on while nothing was sent."""
        return int((np.diff(self._frames()) > 1).sum())

    def _frames(self) -> NDArray[np.int64]:
        """Which frame of the voice each packet is."""
        ticks = unwrapped(np.array([packet.ticks for packet in self.sent], np.uint32))
        return np.asarray((ticks - ticks[0]) // OPUS_FRAME_TICKS)


def found(heard: Sound, said: Sound) -> tuple[float, float]:
    """The best correlation of two sounds of one length, and by how many seconds `heard` is late then."""
    size = 2 * len(heard)
    cross = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    reach = int(2 * IN_TIME_S * RATE_HZ)
    near = np.concatenate([cross[-reach:], cross[: reach + 1]])
    shift = int(near.argmax()) - reach
    return float(near.max() / (np.linalg.norm(heard) * np.linalg.norm(said) + 1e-9)), shift / RATE_HZ


class Recorded:
    """The finished file, and the journal that the policy keeps beside it."""

    def __init__(self, folder: Path, row: StoredRecording) -> None:
        assert row.file is not None
        file = folder / "recordings" / "files" / row.file
        head, records = read_journal(file.with_name(f"{file.name}.journal"))
        self.row, self.began_s = row, head.began_at.timestamp()
        self.packets = [record for record in records if isinstance(record, Packet)]
        self.left, self.right = both_sides(file)

    def times_of(self, mark: Mark) -> list[float]:
        return [float(told["at_s"]) for told in self.row.marks if told["mark"] == mark]

    def overtaken(self, leg: Leg) -> int:
        """How many packets of a side came before one that was sent before them."""
        sequence = np.array([packet.sequence for packet in self.packets if packet.leg is leg], np.uint16)
        return int((np.diff(sequence).astype(np.int16) < 0).sum())

    def part(self, side: Sound, begin_s: float, end_s: float) -> Sound:
        return side[round(begin_s * RATE_HZ) :][: round((end_s - begin_s) * RATE_HZ)]

    def compared(self, side: Sound, speaker: Speaker, begin_s: float, end_s: float) -> tuple[float, float]:
        """See `found`; of a part of the recording, in its seconds."""
        heard = self.part(side, begin_s, end_s)
        return found(heard, speaker.said(self.began_s + begin_s, self.began_s + end_s))


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOCALHOST, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def simulated_meta(
    account: MetaAccount, port: int, site: Site, lines: CustomerLines
) -> AsyncIterator[RunningSimulator]:
    settings = SimulatorSettings(
        webhook_url=f"{site.url}/webhooks/meta",
        app_secret=account.app_secret,
        verify_token=account.verify_token,
        access_token=account.access_token,
        phone_number_id=account.phone_number_id,
        waba_id=account.waba_id,
        business_phone=account.business_phone,
        rules=replace(MetaRules(), late_audio_s=PATIENCE_S),
    )
    async with running(settings, port=port, lines=lines) as meta:
        async with asyncio.timeout(PATIENCE_S):
            await meta.verified.wait()
        yield meta


@dataclass
class Stage:
    """A gateway that records every call, a customer, and two agents; all of their voices are on bad wires."""

    meta: RunningSimulator
    database: Database
    ana: AgentOnABadLine
    bia: AgentOnABadLine
    customers: BadWire
    at_s: dict[str, float] = field(default_factory=dict)
    """When the test did what, in Unix seconds."""

    @classmethod
    @asynccontextmanager
    async def set(cls, folder: Path) -> "AsyncIterator[Stage]":
        account, meta_port, media_port = MetaAccount.made_up(), free_port(), free_udp_port()
        settings = {"RAMAL_MEDIA_PORT": str(media_port)}
        async with AsyncExitStack() as stack:
            site = await stack.enter_async_context(
                started_gateway(folder, account, f"http://{LOCALHOST}:{meta_port}", [ANA, BIA], settings)
            )
            database = Database(f"sqlite:///{folder / 'load.db'}")
            stack.push_async_callback(database.close)
            await SqlRecordingPolicies(database).write(NumberId(1), [PolicyRule(KEPT)], "test", utc_now())
            customers = BadWire(seed=30, from_target=True)
            stack.callback(customers.close)
            lines = await PhonesOnABadLine(phone_voice(CUSTOMER), customers).open()
            meta = await stack.enter_async_context(simulated_meta(account, meta_port, site, lines))
            certificate, agents = Certificate(), list[AgentOnABadLine]()
            for seed, name in ((59, ANA), (32, BIA)):
                wire = await BadWire(seed, from_target=False).open((LOCALHOST, media_port))
                stack.callback(wire.close)
                # Bia's computer has not been asked to repeat anything: what it loses is guessed.
                agent = AgentOnABadLine(site, certificate, phone_voice(name, fec=name == ANA), wire)
                stack.push_async_callback(agent.close)
                await agent.sign_in(name, site.passwords[name])
                await agent.connect()
                agents.append(agent)
            ana, bia = agents
            yield cls(meta, database, ana, bia, customers)

    def now(self, what: str) -> None:
        """This is done from now on."""
        self.at_s[what] = time()

    async def recorded(self, call_id: CallId) -> StoredRecording:
        """As soon as it is finished."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                row = await SqlRecordings(self.database).get(call_id)
                if row is not None and row.state not in (RecordingState.RECORDING, RecordingState.FINISHING):
                    return row
                await asyncio.sleep(0.1)  # another process is at work


async def talking(agent: Softphone) -> None:
    await agent.until(lambda state: state.call and state.call.phase is CallPhase.TALKING and not state.call.held)


async def a_call(stage: Stage) -> CallId:
    """Ana, hold, Ana, and Bia, who is asked first and then has the customer."""
    ana, bia = stage.ana, stage.bia
    await ana.sit_down()
    stage.meta.exchange.place_call(CallBody(customer=CUSTOMER, voice=CUSTOMER))
    call_id = (await ana.until(lambda state: state.ringing)).ringing[0].call_id
    await ana.answer(call_id)
    await talking(ana)
    await asyncio.gather(bia.sit_down(), asyncio.sleep(SPOKEN_S))

    stage.now("hold")
    await ana.command("call.hold", {"call_id": call_id, "held": True})
    await ana.until(lambda state: state.call and state.call.held)
    await asyncio.sleep(HELD_S)
    stage.now("back")
    await ana.command("call.hold", {"call_id": call_id, "held": False})
    await talking(ana)
    await asyncio.sleep(SPOKEN_S)

    assert bia.state is not None
    stage.now("ask")
    await ana.command("consult.ask", {"call_id": call_id, "agent_id": bia.state.me.agent_id})
    await bia.until(lambda state: state.asked)
    bia.speak()
    await bia.command("consult.answer", {"call_id": call_id})
    await ana.until(lambda state: state.call and state.call.consult and not state.call.consult.ringing)
    stage.now("transfer")
    await ana.command("consult.hand_over", {"call_id": call_id})
    await talking(bia)
    await asyncio.sleep(SPOKEN_S)
    stage.now("hang up")
    await bia.hang_up()
    stage.now("over")
    return CallId(call_id)


async def test_on_bad_networks_each_voice_is_on_its_side_where_it_was_said_through_hold_and_transfer(
    tmp_path: Path,
) -> None:
    async with Stage.set(tmp_path) as stage:
        row = await stage.recorded(await a_call(stage))
        stage.now("finished")
        faults = {fault.kind for fault in stage.meta.faults.all()}
    # What overtakes on an agent's way is passed on as it comes: putting it in order is the listener's part.
    assert faults <= {FaultKind.SEQUENCE_BACKWARDS}, "the strict Meta has nothing else to say"
    assert (row.state, row.missing_s) == (RecordingState.RECORDED, 0.0)
    recorded = await asyncio.to_thread(Recorded, tmp_path, row)
    customer = Speaker(phone_voice(CUSTOMER), stage.customers.sent)
    ana, bia = (Speaker(agent.voice, agent.wire.sent) for agent in (stage.ana, stage.bia))

    for speaker in (customer, ana, bia):
        assert abs(speaker.lost - LOSS) < 0.03 and speaker.pauses >= 2
    assert recorded.overtaken(Leg.CUSTOMER) > 50 < recorded.overtaken(Leg.AGENT)

    duration_s = recorded.row.duration_s
    assert duration_s is not None
    ended_s = recorded.began_s + duration_s
    assert stage.at_s["hang up"] <= ended_s <= stage.at_s["finished"]
    assert abs(len(recorded.left) / RATE_HZ - duration_s) <= IN_TIME_S, "as long as the wall's clock says"

    at_s = {what: unix_s - recorded.began_s for what, unix_s in stage.at_s.items()}
    (held, _), (resumed, _), (transferred,) = map(recorded.times_of, (Mark.HELD, Mark.RESUMED, Mark.TRANSFERRED))
    assert at_s["hold"] <= held <= at_s["back"] <= resumed <= at_s["ask"], "hold is where it was"
    assert at_s["transfer"] <= transferred <= at_s["hang up"], "and so is the transfer"

    paused, continued = recorded.times_of(Mark.PAUSED), recorded.times_of(Mark.CONTINUED)
    both_speak = max(customer.began_s, ana.began_s) - recorded.began_s
    scores = []
    for agent, begin_s, end_s in (
        (ana, max(0.0, both_speak), paused[0]),
        (ana, continued[0], paused[1]),
        (bia, continued[1], duration_s),
    ):
        span = begin_s + EDGE_S, end_s - EDGE_S
        assert span[1] - span[0] > SPOKEN_S / 2
        scores.append(
            [recorded.compared(side, who, *span) for side, who in ((recorded.left, customer), (recorded.right, agent))]
        )
        for side, who in ((recorded.left, agent), (recorded.right, customer)):
            assert recorded.compared(side, who, *span)[0] <= WRONG_VOICE
    print(
        "customer left, agent right:",
        [f"{alike:.3f} {late_s * 1000:+.1f} ms" for pair in scores for alike, late_s in pair],
    )
    for alike, late_s in (score for pair in scores for score in pair):
        assert alike >= SAME_VOICE and abs(late_s) <= IN_TIME_S
    for side in (recorded.left, recorded.right):
        assert np.abs(recorded.part(side, paused[0] + EDGE_S, continued[0] - EDGE_S)).max() < SILENT
