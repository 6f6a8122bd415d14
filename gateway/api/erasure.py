"""Recordings, messages and customers that somebody erases by hand, and what must stay."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from gateway.api.recordings import CALL_ID
from gateway.api.retention import ScheduledLine, line_of
from signaling.ids import CallId, ContactId
from signaling.ports import Clock
from store.erasure import SqlErasure
from store.messages import SqlMessages
from store.retention import Stays

CHANGES: Final = Access(roles=ADMINISTRATORS)
WHY: Final = {
    Stays.ON_HOLD: "A recording or a message is under legal hold: somebody must lift it first.",
    Stays.IN_CALL: "The call is up: nothing of it can be erased yet.",
}


class HoldForm(Form):
    on: Annotated[bool, Field(description="While it is on, nothing erases it.")]


class ForgottenTold(Answer):
    """What stays: so many calls, of which nobody can tell whose they were."""

    calls: int
    recordings: Annotated[int, Field(description="So many were deleted.")]


class ErasureRoutes:
    def __init__(self, erasure: SqlErasure, messages: SqlMessages, clock: Clock) -> None:
        self._erasure, self._messages, self._clock = erasure, messages, clock

    def operations(self) -> list[Operation]:
        call, held = {"call_id": CALL_ID}, {409: "It is under legal hold, or its call is up."}
        return [
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
                name="holdMessage",
                method="PUT",
                path="/calls/{call_id}/message/hold",
                path_patterns=call,
                summary="Put a message after the beep under legal hold, or lift that. Audited.",
                access=CHANGES,
                body=HoldForm,
                answer=ScheduledLine,
                handler=self.hold_message,
                errors={404: "There is no such message, or it was deleted."},
                tag="recordings",
            ),
            Operation(
                name="deleteMessage",
                method="DELETE",
                path="/calls/{call_id}/message",
                path_patterns=call,
                summary="Erase a message after the beep, and it alone. That there was one stays. Audited.",
                access=CHANGES,
                answer=None,
                status=204,
                handler=self.delete_message,
                errors={404: "There is no such message.", 409: "It, or the call's recording, is under legal hold."},
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

    async def hold(self, asked: Asked[HoldForm, Nothing]) -> ScheduledLine:
        call, who = CallId(asked.path["call_id"]), asked.who
        held = await self._erasure.hold(call, asked.body.on, who.actor, self._clock(), who.reach)
        if held is None:
            raise not_found()
        return line_of(held)

    async def delete(self, asked: Asked[Nothing, Nothing]) -> None:
        call, who = CallId(asked.path["call_id"]), asked.who
        _raise(await self._erasure.delete(call, who.actor, self._clock(), who.reach))

    async def hold_message(self, asked: Asked[HoldForm, Nothing]) -> ScheduledLine:
        call, who = CallId(asked.path["call_id"]), asked.who
        held = await self._messages.hold(call, asked.body.on, who.actor, self._clock(), who.reach)
        if held is None:
            raise not_found()
        return line_of(held)

    async def delete_message(self, asked: Asked[Nothing, Nothing]) -> None:
        call, who = CallId(asked.path["call_id"]), asked.who
        _raise(await self._messages.delete(call, who.actor, self._clock(), who.reach))

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
