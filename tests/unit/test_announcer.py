"""What customers are played while nobody talks to them, and not a moment longer."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from gateway.announcer import Announcer
from gateway.media.plane import Prompt
from signaling.call import Call, Consent, State
from signaling.effects import PlayPrompts
from signaling.events import CallEvent, Direction
from signaling.ids import DepartmentId, new_call_id
from signaling.plan import HangUp, Place, Plan, PromptId, Queue, StepId, simple_plan
from signaling.recording_moves import CONSENT_PLACE
from signaling.waiting import in_line, place_in_queue
from tests.fakes.virtual_time import START, virtual_now
from tests.fakes.world import NUMBER, PNID

WAITING = Call(
    id=new_call_id(),
    number=NUMBER.id,
    phone_number_id=PNID,
    department=NUMBER.department,
    direction=Direction.INBOUND,
    wacid=None,
    state=State.WAITING,
    place=Place(StepId("ring"), 3),
)
QUEUE, END = StepId("queue"), StepId("end")
ASKED = replace(WAITING, state=State.TALKING, place=None, consent=Consent.ASKED)


@dataclass
class SlowDisk:
    """A prompt library and a switchboard."""

    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    played: list[str] = field(default_factory=list)

    async def get(self, name: str, language: str) -> Prompt:
        await self.may_read.wait()
        return Prompt(name, (b"\xf8",))

    def play(self, call_id: str, prompt: Prompt, played: object) -> None:
        self.played.append(prompt.name)


@pytest.mark.parametrize(
    ("before", "place", "meanwhile", "heard"),
    [
        (WAITING, 3, WAITING, True),
        (WAITING, 3, replace(WAITING, state=State.CLAIMED), True),
        (WAITING, 3, replace(WAITING, place=Place(StepId("menu"), 4)), False),
        (WAITING, 3, replace(WAITING, state=State.TALKING, place=None), False),
        (ASKED, CONSENT_PLACE, ASKED, True),
        (ASKED, CONSENT_PLACE, replace(ASKED, held=True), False),
        (ASKED, CONSENT_PLACE, replace(ASKED, consent=Consent.AGREED), False),
        (ASKED, CONSENT_PLACE, None, False),
    ],
)
async def test_nobody_plays_over_a_conversation_that_began_while_the_sound_was_read(
    before: Call, place: int, meanwhile: Call | None, heard: bool
) -> None:
    disk, live, told = SlowDisk(), [before], list[CallEvent]()
    announcer = Announcer(cast(Any, disk), cast(Any, disk), lambda: live, virtual_now, cast(Any, None))
    playing = asyncio.create_task(announcer(PlayPrompts(before.id, (PromptId("music"),), place), told.append))
    await asyncio.sleep(0)
    live[:] = [] if meanwhile is None else [meanwhile]
    disk.may_read.set()
    await playing
    assert disk.played == (["music"] if heard else [])
    assert told == []


def queued(second: int, micros: int, **changes: Any) -> Call:
    """A customer who waits, by Meta's clock since this second, and by ours since so many millionths after it."""
    offered_at = START + timedelta(seconds=second)
    received_at = offered_at + timedelta(microseconds=micros)
    queue = Plan(QUEUE, {QUEUE: Queue(END, longest_s=60), END: HangUp()})
    at = {"offered_at": offered_at, "received_at": received_at, "plan": queue, "place": Place(QUEUE)}
    return replace(WAITING, id=new_call_id(), **{**at, **changes})


def test_customers_who_called_in_the_same_second_of_metas_have_a_place_in_the_queue_each() -> None:
    calls = [queued(0, 700), queued(0, 200), queued(1, 0), queued(0, 900)]
    assert [place_in_queue(call.id, calls) for call in calls] == [2, 1, 4, 3]
    assert sorted(calls, key=in_line) == [calls[1], calls[0], calls[3], calls[2]], "as agents see them"
    twins = [queued(0, 5), queued(0, 5)]
    assert {place_in_queue(call.id, twins) for call in twins} == {1, 2}


def test_only_those_who_wait_for_the_same_department_are_before_a_customer() -> None:
    mine = queued(9, 0)
    others = [
        queued(1, 0, department=DepartmentId(99)),
        queued(2, 0, state=State.TALKING),
        queued(3, 0, plan=simple_plan(20), place=Place(simple_plan(20).start), state=State.RINGING),
        queued(4, 0, given_on_at=START + timedelta(seconds=20)),
    ]
    assert place_in_queue(mine.id, [*others, mine]) == 2, "after the one that rings; who was given on waits since then"
    assert place_in_queue(new_call_id(), others) == 1, "a call that has just left the queue is told something harmless"
