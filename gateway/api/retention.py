"""What goes when, of all that is kept of calls: looked at by who leads. Nothing is erased here."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.door import LEADERS, Access
from gateway.api.operations import Answer, Asked, Nothing, Operation
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.retention import Outlook, Scheduled, Shelf, SqlRetention, Thing

READS: Final = Access(roles=LEADERS)
SHOWN: Final = 200


class OutlookTold(Answer):
    kept: Annotated[int, Field(description="There are so many.")]
    day: Annotated[int, Field(description="So many of them are erased within 24 hours.")]
    week: Annotated[int, Field(description="Within 7 days, those within 24 hours included.")]
    month: Annotated[int, Field(description="Within 30 days, those within 7 included.")]
    held: Annotated[int, Field(description="Under legal hold.")]
    for_good: Annotated[int, Field(description="Never erased by themselves.")]


class ShelfTold(Answer):
    """Of one number's calls in one department; null: in none."""

    number_id: int
    department_id: int | None
    inbound_days: Annotated[
        int | None,
        Field(description="How long the number's policies keep what is recorded from now on; null: for ever."),
    ]
    outbound_days: int | None
    recordings: OutlookTold
    messages: Annotated[OutlookTold, Field(description="Left after the beep.")]


class Retention(Answer):
    """When each goes was set when it ended: policies that are changed change nothing that is there."""

    shelves: list[ShelfTold]


class ScheduledLine(Answer):
    thing: Annotated[
        Thing,
        Field(description="meta: what Meta made of a call of which we have no recording; it goes by itself alone."),
    ]
    call_id: str
    number_id: int
    department_id: int | None
    due_at: Annotated[Moment | None, Field(description="It is erased then, unless it is held; null: not by itself.")]
    legal_hold: bool
    with_recording: Annotated[bool, Field(description="A message that the hold of its call's recording holds.")]


class Schedule(Answer):
    """What is erased next, first. `more`: others follow."""

    lines: list[ScheduledLine]
    more: bool


class RetentionRoutes:
    def __init__(self, retention: SqlRetention, clock: Clock) -> None:
        self._retention, self._clock = retention, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getRetention",
                method="GET",
                path="/retention",
                summary="How much is kept of calls, by number and department, and how much of it goes when.",
                access=READS,
                answer=Retention,
                handler=self.all,
                tag="recordings",
            ),
            Operation(
                name="listErasures",
                method="GET",
                path="/retention/schedule",
                summary="Which recordings, messages and files of Meta's are erased when, and which are held.",
                access=READS,
                answer=Schedule,
                handler=self.schedule,
                tag="recordings",
            ),
        ]

    async def all(self, asked: Asked[Nothing, Nothing]) -> Retention:
        shelves = await self._retention.shelves(self._clock(), asked.who.reach)
        return Retention(shelves=[_shelf(each) for each in shelves])

    async def schedule(self, asked: Asked[Nothing, Nothing]) -> Schedule:
        found = await self._retention.schedule(SHOWN + 1, asked.who.reach)
        return Schedule(lines=[line_of(each) for each in found[:SHOWN]], more=len(found) > SHOWN)


def line_of(scheduled: Scheduled) -> ScheduledLine:
    return ScheduledLine(
        thing=scheduled.thing,
        call_id=scheduled.call,
        number_id=scheduled.number,
        department_id=scheduled.department,
        due_at=scheduled.due_at,
        legal_hold=scheduled.legal_hold,
        with_recording=scheduled.with_recording,
    )


def _shelf(shelf: Shelf) -> ShelfTold:
    return ShelfTold(
        number_id=shelf.number,
        department_id=shelf.department,
        inbound_days=shelf.inbound_days,
        outbound_days=shelf.outbound_days,
        recordings=_outlook(shelf.recordings),
        messages=_outlook(shelf.messages),
    )


def _outlook(outlook: Outlook) -> OutlookTold:
    return OutlookTold(
        kept=outlook.kept,
        day=outlook.day,
        week=outlook.week,
        month=outlook.month,
        held=outlook.held,
        for_good=outlook.for_good,
    )
