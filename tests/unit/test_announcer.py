"""What customers are played while nobody talks to them, and not a moment longer."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from gateway.announcer import Announcer
from gateway.media.plane import Prompt
from signaling.call import Call, Consent, State
from signaling.effects import PlayPrompts
from signaling.events import CallEvent, Direction
from signaling.ids import new_call_id
from signaling.plan import Place, PromptId, StepId
from signaling.recording_moves import CONSENT_PLACE
from tests.fakes.virtual_time import virtual_now
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
