"""What is kept of a call, packet by packet: real calls, real sound. On every plane, but for what no plane has to do
with."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.media.plane import Plane, Prompt
from recording.journal import Ended, Leg, Mark, Packet
from recording.writer import JournalKeeper
from signaling.call import Recording
from signaling.events import (
    AgentAnswered,
    AgentHeld,
    AgentHungUp,
    AgentSeatBack,
    AgentSeatLost,
    ConsultAnswered,
    ConsultAsked,
    ConsultJoined,
    RecordingAsked,
    RecordingHeldBack,
)
from signaling.ids import CallId
from signaling.recording_policy import RecordingPolicy, When
from tests.fakes.world import ANA, BIA
from tests.media.office import AGENT_VOICE, CUSTOMER_VOICE, MUSIC, SECOND_VOICE
from tests.media.peers import eventually
from tests.media.studio import Studio, marks_of, records_of, said, sorted_marks

pytestmark = pytest.mark.paired

CUSTOMER, ANAS, BIAS = b"\xf8customer", b"\xf8agent", b"\xf8second"
CARD = Prompt("card", (b"\xf8card",), loop=True)
ONE_PLANE = pytest.mark.parametrize("plane", ["native"], indirect=True)


@pytest.fixture
async def studio(plane: Plane, far_plane: Plane, tmp_path: Path) -> AsyncIterator[Callable[..., Studio]]:
    made: list[Studio] = []

    def make(when: When, **policy: bool) -> Studio:
        studio = Studio(plane, far_plane, folder=tmp_path, policy=RecordingPolicy(when, **policy))  # type: ignore[arg-type]
        studio.recordings.folder.mkdir(parents=True)
        studio.recordings._journals.start()
        made.append(studio)
        return studio

    yield make
    for each in made:
        await each.close()


async def is_so(studio: Studio, call_id: CallId, recording: Recording) -> None:
    await studio.true(lambda: studio.changes[call_id].recording is recording)


async def hung_up(studio: Studio, call_id: CallId, agent: int = ANA.id) -> None:
    studio.tell(call_id, AgentHungUp(type(ANA.id)(agent)))
    await studio.true(lambda: bool(studio.closed))


async def test_customer_and_agents_are_apart_wherever_they_speak_and_nothing_of_a_pause_is_kept(
    studio: Callable[..., Studio],
) -> None:
    here = studio(When.ALWAYS)
    seat, ana, page = await here.agent(AGENT_VOICE)
    call_id, customer = await here.talking(ANA.id, seat)
    assert customer.ear is not None and customer.flow is not None
    await ana.hears(CUSTOMER)
    await customer.ear.hears(ANAS)

    # Their card's number: read out in a pause, and nowhere in the file.
    here.tell(call_id, RecordingHeldBack(ANA.id, True))
    await is_so(here, call_id, Recording.PAUSED)
    here.far_plane.hear(customer.flow, CARD)
    await ana.hears(b"\xf8card")
    here.far_plane.hear(customer.flow, CUSTOMER_VOICE)
    await ana.hears(CUSTOMER)
    here.tell(call_id, RecordingHeldBack(ANA.id, False))
    await is_so(here, call_id, Recording.ON)
    await ana.hears(CUSTOMER, 10)

    # A reload: the same agent on another flow.
    here.tell(call_id, AgentSeatLost(ANA.id, seat))
    await here.board.close_seat(seat)
    await page.close()
    here.far.remove(page)
    seat, ana, _ = await here.agent(AGENT_VOICE)
    here.tell(call_id, AgentSeatBack(ANA.id, seat))
    await ana.hears(CUSTOMER, 10)

    # A colleague is asked, which nobody records, and joins.
    other, bia, _ = await here.agent(SECOND_VOICE)
    here.tell(call_id, ConsultAsked(ANA.id, BIA.id), ConsultAnswered(BIA.id, other))
    await ana.hears(BIAS)
    here.tell(call_id, ConsultJoined(ANA.id))
    await bia.until(lambda heard: heard.count(CUSTOMER) >= 10)  # between Ana's words, on another line

    # And has the customer alone.
    here.tell(call_id, AgentHungUp(ANA.id))
    await customer.ear.hears(BIAS, 10)
    await hung_up(here, call_id, BIA.id)

    assert here.closed == [(call_id, True)]
    records = records_of(here.journal_of(call_id))
    assert isinstance(records[-1], Ended)
    kept = said(records)
    assert MUSIC.packets[0] not in kept.pop(Leg.PLAYED, []), "the tone of the reload, but no music of the consultation"
    assert kept == {Leg.CUSTOMER: [CUSTOMER], Leg.AGENT: [ANAS, BIAS], Leg.SECOND_AGENT: [BIAS]}
    agents = {packet.ssrc for packet in records if isinstance(packet, Packet) and packet.leg is Leg.AGENT}
    assert len(agents) == 3, "Ana's two seats, and Bia's"
    assert marks_of(records) == [
        *("paused", "continued"),  # the card
        *("paused", "held", "continued", "resumed"),  # the consultation; in the reload the customer was kept
        "transferred",
    ]
    marks = sorted_marks(records)
    begun = [mark.at_s for mark in marks if mark.mark is Mark.PAUSED]
    ended = [mark.at_s for mark in marks if mark.mark is Mark.CONTINUED]
    pauses = list(zip(begun, ended, strict=True))
    arrivals = [packet.at_s for packet in records if isinstance(packet, Packet)]
    assert not [at for at in arrivals if any(begin < at < end for begin, end in pauses)]


@ONE_PLANE
async def test_on_demand_starts_and_stops_are_one_journal_in_which_hold_is_marked(
    studio: Callable[..., Studio],
) -> None:
    here = studio(When.ON_DEMAND, hold=True)
    seat, ana, _ = await here.agent(AGENT_VOICE)
    call_id, customer = await here.talking(ANA.id, seat)
    assert customer.flow is not None
    await ana.hears(CUSTOMER)
    assert list(here.recordings.folder.iterdir()) == []
    for on in (True, False, True):
        here.tell(call_id, RecordingAsked(ANA.id, on))
        await is_so(here, call_id, Recording.ON if on else Recording.PAUSED)
        await ana.hears(CUSTOMER, 10)
    here.tell(call_id, AgentHeld(ANA.id, True))  # what is said on hold is kept: the policy says so
    await here.true(lambda: here.changes[call_id].held)
    here.far_plane.hear(customer.flow, CARD)
    await here.recorded(call_id, CARD.packets[0])
    here.far_plane.hear(customer.flow, CUSTOMER_VOICE)
    await here.recorded(call_id, CUSTOMER)
    here.tell(call_id, AgentHeld(ANA.id, False))
    await ana.hears(CUSTOMER, 10)
    await hung_up(here, call_id)
    records = records_of(here.journal_of(call_id))
    own = [CUSTOMER, b"\xf8card", CUSTOMER]
    assert said(records) == {Leg.CUSTOMER: own, Leg.AGENT: [ANAS], Leg.PLAYED: [*MUSIC.packets]}
    assert marks_of(records) == ["paused", "continued", "held", "resumed"]


@ONE_PLANE
async def test_a_full_disk_ends_the_recording_with_an_alarm_and_never_the_call(studio: Callable[..., Studio]) -> None:
    here = studio(When.ALWAYS)
    seat, ana, _ = await here.agent(AGENT_VOICE)
    call_id, customer = await here.called()
    here.journal_of(call_id).symlink_to("/dev/full")  # every write to it fails with ENOSPC
    here.tell(call_id, AgentAnswered(ANA.id, seat))
    await is_so(here, call_id, Recording.FAILED)
    assert here.lost == ["disk_full"] and here.changes[call_id].recording_failure == "disk_full"
    assert customer.ear is not None
    await ana.hears(CUSTOMER, 10)
    await customer.ear.hears(ANAS, 10)
    here.tell(call_id, AgentHeld(ANA.id, True), AgentHeld(ANA.id, False))
    await ana.hears(CUSTOMER)
    await hung_up(here, call_id)
    assert here.closed == [(call_id, False)], "told once, as not whole"


@ONE_PLANE
async def test_a_disk_that_fills_up_in_a_call_leaves_what_was_kept_until_then(
    studio: Callable[..., Studio], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.writer.JournalKeeper._sync_all", lambda _: None)  # a file is synced, a device is not
    here = studio(When.ALWAYS)
    seat, ana, _ = await here.agent(AGENT_VOICE)
    call_id, _ = await here.talking(ANA.id, seat)
    await ana.hears(CUSTOMER, 25)
    keeper: JournalKeeper = here.recordings._journals._writer
    (journal,) = keeper._journals
    await eventually(lambda: journal.written_bytes > 2_000)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal.handle)  # from now on there is no room
    os.close(full)
    await is_so(here, call_id, Recording.FAILED)
    await hung_up(here, call_id)
    assert (here.closed, here.lost) == ([(call_id, False)], ["disk_full"])
    assert said(records_of(here.journal_of(call_id))) == {Leg.CUSTOMER: [CUSTOMER], Leg.AGENT: [ANAS]}
