"""`/api/v1/calls/{call_id}/message`: what a customer said after the beep, for who may see the call. Every hearing is in
the audit."""

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from gateway.api.calls import CALL_ID, READS, CallHistory, visible_to_caller
from gateway.api.door import Caller
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Nothing, Operation
from gateway.api.sending import OGG
from gateway.message_box import MessageBox
from gateway.voicemails import MessageState
from signaling.ids import CallId
from signaling.ports import Clock
from store.audit import Entry, SqlAudit

FROM_THE_BEGINNING: Final = "bytes=0-"


class MessageTold(Answer):
    call_id: str
    state: Annotated[MessageState, Field(description="partial: something of it is missing.")]
    seconds: float


class MessageRoutes:
    def __init__(self, box: MessageBox, history: CallHistory, audit: SqlAudit, clock: Clock) -> None:
        self._box, self._history, self._audit, self._clock = box, history, audit, clock

    def operations(self) -> list[Operation]:
        root, call = "/calls/{call_id}/message", {"call_id": CALL_ID}
        none = {404: "There is no such call, or no message of it."}
        return [
            Operation(
                name="getMessage",
                method="GET",
                path=root,
                path_patterns=call,
                summary="The message that a customer left in a call.",
                access=READS,
                answer=MessageTold,
                handler=self.one,
                errors=none,
                tag="recordings",
            ),
            Operation(
                name="hearMessage",
                method="GET",
                path=f"{root}/audio",
                path_patterns=call,
                summary="Its sound. Takes `Range`.",
                access=READS,
                answer=None,
                gives=OGG,
                streams=self.audio,
                errors={**none, 416: "There is no such byte."},
                tag="recordings",
            ),
        ]

    async def one(self, asked: Asked[Nothing, Nothing]) -> MessageTold:
        return await self._found(asked.who, CallId(asked.path["call_id"]))

    async def audio(self, request: web.Request, who: Caller) -> web.StreamResponse:
        call = CallId(request.match_info["call_id"])
        await self._found(who, call)
        if request.method != "HEAD" and request.headers.get("Range", FROM_THE_BEGINNING).startswith(FROM_THE_BEGINNING):
            await self._audit.append(Entry(self._clock(), who.actor, "message.heard", f"call:{call}", {}))
        headers = {"Content-Type": OGG, "Cache-Control": "private, no-store"}
        return web.FileResponse(self._box.sound_of(call), headers=headers)

    async def _found(self, who: Caller, call: CallId) -> MessageTold:
        if await self._history.call(call, visible_to_caller(who)) is None:
            raise not_found()
        kept = (await self._box.of([call])).get(call)
        if kept is None:
            raise not_found()
        return MessageTold(call_id=call, state=kept.state, seconds=kept.seconds)
