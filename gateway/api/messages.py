"""`/api/v1/calls/{call_id}/message`: what a customer said after the beep, for people who may see the call (not for
having handed it on alone), and for keys that may hear recordings. Every hearing is in the audit, before a byte
leaves."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from gateway.api.byte_ranges import Unsatisfiable
from gateway.api.call_filters import visible_to_caller
from gateway.api.calls import CALL_ID, CallHistory
from gateway.api.door import EVERYBODY, Access, Caller
from gateway.api.errors import not_found
from gateway.api.operations import Answer, Asked, Nothing, Operation
from gateway.api.sending import OGG, Sound, range_of, send
from recording.vault import ObjectVault
from signaling.ids import CallId
from signaling.ports import Clock
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.message_models import MessageState
from store.messages import SqlMessages, StoredMessage

READS: Final = Access(Scope.RECORDINGS_READ, EVERYBODY)
ONE_HEARING: Final = timedelta(minutes=10)
"""Players fetch one sound in many ranges: all within this time are one line in the audit."""
HEARINGS_KEPT: Final = 10_000


class MessageTold(Answer):
    call_id: str
    state: Annotated[MessageState, Field(description="partial: something of it is missing.")]
    seconds: float


class MessageRoutes:
    def __init__(
        self, messages: SqlMessages, vault: ObjectVault, history: CallHistory, audit: SqlAudit, clock: Clock
    ) -> None:
        self._messages, self._vault, self._history = messages, vault, history
        self._audit, self._clock = audit, clock
        self._heard: OrderedDict[tuple[str, CallId], datetime] = OrderedDict()  # by whom, and since when

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
                summary="Its sound. Takes `Range`; a line in the audit.",
                access=READS,
                answer=None,
                gives=OGG,
                streams=self.audio,
                errors={
                    **none,
                    409: "What was kept cannot be read.",
                    416: "There is no such byte.",
                    503: "Where it is kept does not answer.",
                },
                tag="recordings",
            ),
        ]

    async def one(self, asked: Asked[Nothing, Nothing]) -> MessageTold:
        message = await self._found(asked.who, CallId(asked.path["call_id"]))
        return MessageTold(call_id=message.call, state=message.state, seconds=message.seconds)

    async def audio(self, request: web.Request, who: Caller) -> web.StreamResponse:
        message = await self._found(who, CallId(request.match_info["call_id"]))
        sound = self._sound_of(message)
        try:
            wanted = range_of(request, sound)
        except Unsatisfiable:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{sound.size_bytes}"})
        if request.method != "HEAD":
            await self._note_once(who, message.call)
        return await send(request, sound, wanted, None)

    def _sound_of(self, message: StoredMessage) -> Sound:
        file, size, digest = message.file, message.size_bytes, message.sha256
        assert file is not None and size is not None and digest is not None, "what can be heard has a file"

        def read(first: int, last: int) -> AsyncIterator[bytes]:
            return self._vault.read(file, first, last)

        return Sound(size, digest, read)

    async def _note_once(self, who: Caller, call: CallId) -> None:
        """A hearing that was forgotten is noted again, never not at all."""
        known, now = (who.actor, call), self._clock()
        if (since := self._heard.get(known)) is not None and now - since < ONE_HEARING:
            return
        await self._audit.append(Entry(now, who.actor, "message.heard", f"call:{call}", {}))
        self._heard[known] = now
        self._heard.move_to_end(known)
        while len(self._heard) > HEARINGS_KEPT:
            self._heard.popitem(last=False)

    async def _found(self, who: Caller, call: CallId) -> StoredMessage:
        sees = replace(visible_to_caller(who), visible_talked=None)  # what they handed on they see, and do not hear
        if await self._history.call(call, sees) is None:
            raise not_found()
        message = (await self._messages.of([call])).get(call)
        if message is None:
            raise not_found()
        return message
