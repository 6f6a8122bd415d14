"""The watch over conversations: real calls, desk and lifecycle on virtual time; what the plane counts is made up."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

from gateway.media.plane import DirectionFigures, FlowFigures
from gateway.media.switchboard import Switchboard
from gateway.sound_watch import SHOWN_EVERY_S, SoundWatch
from signaling.agents.contract import HangUp, HoldCall, MuteCall
from signaling.agents.page_messages import CallQuality, ReportSound
from signaling.call import Call, TimelineEntry
from signaling.effects import CloseMedia
from signaling.ids import CallId, SeatId
from signaling.sound import Light, PageMicrophone, Trouble
from tests.fakes.virtual_time import virtual_now
from tests.fakes.world import ANA
from tests.scenarios.desk_world import DeskWorld
from tests.scenarios.test_desk import call_comes, desk_scenario


@dataclass
class CountedSound:
    """A switchboard whose figures grow as if packets came every 20 ms, until a test stops them."""

    customer_speaks: bool = True
    agent_speaks: bool = True
    agent_loss: float = 0.0
    stopped_s: dict[str, float] = field(default_factory=dict)

    def call_figures(self, call_id: CallId) -> FlowFigures:
        return self._flow("customer", self.customer_speaks, 0.0)

    def seat_figures(self, seat: SeatId) -> FlowFigures:
        return self._flow("agent", self.agent_speaks, self.agent_loss)

    def _flow(self, who: str, speaks: bool, loss: float) -> FlowFigures:
        now_s = asyncio.get_running_loop().time()
        last_s = now_s if speaks else self.stopped_s.setdefault(who, now_s)
        received = DirectionFigures(
            packets=int(50 * last_s * (1 - loss)),
            lost=int(50 * last_s * loss),
            loss_fraction=loss,
            jitter_ms=4.0,
            last_packet_s=last_s,
        )
        sent = DirectionFigures(
            packets=int(50 * now_s), last_packet_s=now_s, reported_s=now_s, acknowledged=int(50 * now_s), jitter_ms=2.0
        )
        return FlowFigures(received, sent, 40.0, -30, {})


@dataclass
class Watched:
    world: DeskWorld
    sound: CountedSound = field(default_factory=CountedSound)

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.watch = SoundWatch(cast(Switchboard, self.sound), virtual_now, loop.time)
        performers = cast(dict[Any, Any], self.world.world.exchange._performers)
        performers[CloseMedia] = self.watch.closing(performers[CloseMedia])
        self.task = asyncio.create_task(self.watch.run(self.world.world.exchange, self.world.desk.pages))

    async def talking(self) -> str:
        await self.world.ready(ANA, "a")
        await call_comes(self.world)
        call_id = self.world.state("a").ringing[0].call_id
        await self.world.answer("a")
        await self.after(3)
        return call_id

    async def after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.world.settle()

    @property
    def call(self) -> Call:
        return self.world.world.call

    def shown(self) -> list[Trouble]:
        call = self.world.state("a").call
        assert call is not None
        return [one.trouble for one in call.troubles]

    def lights(self) -> list[CallQuality]:
        return [message for _, _, message in self.world.sent if isinstance(message, CallQuality)]

    def notes(self, *kinds: str) -> list[TimelineEntry]:
        return [entry for entry in self.call.timeline if entry.kind in kinds]


@desk_scenario
async def test_a_good_conversation_says_nothing_but_its_lights_once(world: DeskWorld) -> None:
    watched = Watched(world)
    await watched.talking()
    await watched.after(600)
    assert watched.shown() == []
    assert [(q.microphone, q.network, q.customer) for q in watched.lights()] == [(Light.GOOD, Light.GOOD, Light.GOOD)]
    assert watched.notes("sound_lost", "sound_back") == []
    watched.task.cancel()


@desk_scenario
async def test_a_customer_who_falls_silent_is_shown_and_noted_with_times_and_so_is_their_return(
    world: DeskWorld,
) -> None:
    watched = Watched(world)
    await watched.talking()
    watched.sound.customer_speaks = False
    await watched.after(4)
    call = world.state("a").call
    assert call is not None
    assert watched.shown() == [Trouble.CUSTOMER_SILENT]
    stopped_s = watched.sound.stopped_s["customer"]
    assert call.troubles[0].since_unix_s - (virtual_now().timestamp() - 4) < 1.01
    assert stopped_s < asyncio.get_running_loop().time() - 2
    watched.sound.customer_speaks = True
    await watched.after(2)
    assert watched.shown() == []
    lost, back = watched.notes("sound_lost", "sound_back")
    assert lost.data["link"] == back.data["link"] == "customer_silent"
    assert 2 <= float(lost.data["silent_s"]) < 3.1 < float(back.data["silent_s"]) < 6
    assert [q.customer for q in watched.lights()] == [Light.GOOD, Light.POOR, Light.GOOD]
    watched.task.cancel()


@desk_scenario
async def test_while_the_customer_is_held_and_while_the_agent_is_muted_no_silence_is_a_trouble(
    world: DeskWorld,
) -> None:
    watched = Watched(world)
    call_id = await watched.talking()
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=True))
    watched.sound.customer_speaks = watched.sound.agent_speaks = False
    await watched.after(60)
    assert watched.shown() == []
    watched.sound.customer_speaks = True
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=False))
    await world.do("a", "call.mute", MuteCall(call_id=call_id, muted=True))
    await watched.after(60)
    assert watched.shown() == []
    assert watched.lights()[-1].microphone is None
    await world.do("a", "call.mute", MuteCall(call_id=call_id, muted=False))
    await watched.after(4)
    assert watched.shown() == [Trouble.MICROPHONE_SENDS_NOTHING]
    watched.task.cancel()


@desk_scenario
async def test_a_trouble_ends_with_the_hold_that_ends_the_conversation(world: DeskWorld) -> None:
    watched = Watched(world)
    call_id = await watched.talking()
    watched.sound.customer_speaks = False
    await watched.after(4)
    assert watched.shown() == [Trouble.CUSTOMER_SILENT]
    await world.do("a", "call.hold", HoldCall(call_id=call_id, held=True))
    await watched.after(2)
    assert watched.shown() == []
    watched.task.cancel()


@desk_scenario
async def test_what_the_page_says_of_this_call_and_of_no_other_counts(world: DeskWorld) -> None:
    watched = Watched(world)
    call_id = await watched.talking()
    deaf = ReportSound(call_id=call_id, hears=False, microphone=PageMicrophone.LIVE)
    await world.do("a", "sound.report", deaf.model_copy(update={"call_id": "f" * 32}))
    await watched.after(3)
    assert watched.shown() == []
    await world.do("a", "sound.report", deaf)
    await watched.after(3)
    assert watched.shown() == [Trouble.AGENT_HEARS_NOTHING]
    watched.task.cancel()


@desk_scenario
async def test_lights_change_at_most_every_two_seconds(world: DeskWorld) -> None:
    watched = Watched(world)
    await watched.talking()
    before = len(watched.lights())
    for second in range(20):
        watched.sound.agent_speaks = second % 2 == 0
        watched.sound.agent_loss = 0.6 if second % 2 else 0.0
        await watched.after(1)
    assert len(watched.lights()) - before <= 20 / SHOWN_EVERY_S
    watched.task.cancel()


@desk_scenario
async def test_how_it_sounded_is_in_the_record_when_the_call_is_over(world: DeskWorld) -> None:
    watched = Watched(world)
    call_id = await watched.talking()
    watched.sound.agent_loss = 0.1
    await watched.after(30)
    await world.do("a", "call.hang_up", HangUp(call_id=call_id))
    await watched.after(1)
    (note,) = watched.notes("measured")
    figures = {name: float(value) for name, value in note.data.items()}
    assert figures["customer_to_us_mos"] > 4.2 > figures["agent_to_us_mos"]
    assert figures["customer_to_us_loss_percent"] == 0.0
    assert 5 < figures["agent_to_us_loss_percent"] < 15
    assert (figures["customer_round_trip_ms"], figures["customer_to_us_jitter_ms"]) == (40.0, 4.0)
    watched.task.cancel()
