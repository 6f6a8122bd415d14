"""Recordings and customers that are erased: what goes when, what must stay, and what somebody erases by hand."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, LEADERS, Access
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.recordings import CALL_ID
from signaling.ids import CallId, ContactId
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.erasure import Scheduled, SqlErasure, Stays

READS: Final = Access(roles=LEADERS)
CHANGES: Final = Access(roles=ADMINISTRATORS)
SHOWN: Final = 200
WHY: Final = {
    Stays.ON_HOLD: "A recording is under legal hold: somebody must lift it first.",
    Stays.IN_CALL: "The call is up: nothing of it can be erased yet.",
}


class ScheduledLine(Answer):
    call_id: str
    number_id: int
    department_id: int | None
    due_at: Annotated[Moment | None, Field(description="It is erased then, unless it is held; null: not by itself.")]
    legal_hold: bool


class Schedule(Answer):
    """What is erased next, first. `more`: others follow."""

    recordings: list[ScheduledLine]
    more: bool


class HoldForm(Form):
    on: Annotated[bool, Field(description="While it is on, nothing erases the recording.")]


class ForgottenTold(Answer):
    """What stays: so many calls, of which nobody can tell whose they were."""

    calls: int
    recordings: Annotated[int, Field(description="So many were deleted.")]


class ErasureRoutes:
    def __init__(self, erasure: SqlErasure, clock: Clock) -> None:
        self._erasure, self._clock = erasure, clock

    def operations(self) -> list[Operation]:
        call, held = {"call_id": CALL_ID}, {409: "It is under legal hold, or its call is up."}
        return [
            Operation(
                name="listErasures",
                method="GET",
                path="/recordings/schedule",
                summary="Which recordings are erased when, and which are held.",
                access=READS,
                answer=Schedule,
                handler=self.schedule,
                tag="recordings",
            ),
            Operation(
                name="holdRecording",
                method="PUT",
                path="/recordings/{call_id}/hold",
                path_patterns=call,
                summary="Put a recording under legal hold, or lift that. Audited.",
                access=CHANGES,
                body=HoldForm,
                answer=ScheduledLine,
                handler=self.hold,
                errors={404: "There is no such recording, or it was deleted."},
                tag="recordings",
            ),
            Operation(
                name="deleteRecording",
                method="DELETE",
                path="/recordings/{call_id}",
                path_patterns=call,
                summary="Erase a recording and all that was made of it. That there was one stays. Audited.",
                access=CHANGES,
                answer=None,
                status=204,
                handler=self.delete,
                errors={404: "There is no such recording.", **held},
                tag="recordings",
            ),
            Operation(
                name="eraseContact",
                method="POST",
                path="/contacts/{id}/erase",
                path_patterns={"id": "[1-9][0-9]{0,8}"},
                summary="Forget a customer: name, numbers, recordings, messages, notes. Calls stay counted. Audited.",
                access=CHANGES,
                answer=ForgottenTold,
                handler=self.forget,
                errors={404: "There is no such contact.", **held},
                tag="contacts",
            ),
        ]

    async def schedule(self, asked: Asked[Nothing, Nothing]) -> Schedule:
        found = await self._erasure.schedule(SHOWN + 1, asked.who.reach)
        return Schedule(recordings=[_line(each) for each in found[:SHOWN]], more=len(found) > SHOWN)

    async def hold(self, asked: Asked[HoldForm, Nothing]) -> ScheduledLine:
        call, who = CallId(asked.path["call_id"]), asked.who
        held = await self._erasure.hold(call, asked.body.on, who.actor, self._clock(), who.reach)
        if held is None:
            raise not_found()
        return _line(held)

    async def delete(self, asked: Asked[Nothing, Nothing]) -> None:
        call, who = CallId(asked.path["call_id"]), asked.who
        _raise(await self._erasure.delete(call, who.actor, self._clock(), who.reach))

    async def forget(self, asked: Asked[Nothing, Nothing]) -> ForgottenTold:
        forgotten = await self._erasure.forget(ContactId(int(asked.path["id"])), asked.who.actor, self._clock())
        if isinstance(forgotten, Stays):
            _raise(forgotten)
            raise AssertionError
        return ForgottenTold(calls=forgotten.calls, recordings=forgotten.recordings)


def _raise(stays: Stays | None) -> None:
    if stays is Stays.UNKNOWN:
        raise not_found()
    if stays is not None:
        raise ApiError(409, stays.value, WHY[stays])


def _line(scheduled: Scheduled) -> ScheduledLine:
    return ScheduledLine(
        call_id=scheduled.call,
        number_id=scheduled.number,
        department_id=scheduled.department,
        due_at=scheduled.due_at,
        legal_hold=scheduled.legal_hold,
    )
