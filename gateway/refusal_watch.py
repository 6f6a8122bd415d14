"""What Meta's refusals to connect tell of a permission, told to the ledger (`signaling.permissions.note_refused`)."""

import asyncio
from collections.abc import Mapping

import structlog

from signaling.call import Call, State
from signaling.errors import NeighbourError
from signaling.events import Direction
from signaling.ids import CallId, NumberId
from signaling.permissions import Permissions
from signaling.ports import Number

log = structlog.get_logger(__name__)


class RefusalWatch:
    """Told of each change of each call, after it was saved. The call does not wait for it."""

    def __init__(self, permissions: Permissions, numbers: Mapping[NumberId, Number]) -> None:
        self._permissions, self._numbers = permissions, numbers
        self._told: dict[CallId, asyncio.Task[None]] = {}

    def saw(self, call: Call) -> None:
        refused = call.state is State.ENDED and call.wacid is None and call.failure is not None
        if call.direction is Direction.OUTBOUND and refused and call.id not in self._told:
            task = asyncio.create_task(self._tell(call), name=f"refusal-{call.id}")
            self._told[call.id] = task
            task.add_done_callback(lambda _: self._told.pop(call.id, None))

    async def close(self) -> None:
        await asyncio.gather(*self._told.values(), return_exceptions=True)

    async def _tell(self, call: Call) -> None:
        number, callee = self._numbers.get(call.number), call.customer.phone or call.customer.bsuid
        if number is None or callee is None or call.failure is None or not call.failure.code.startswith("meta."):
            return
        try:
            await self._permissions.note_refused(number, callee, NeighbourError(call.failure))
        except NeighbourError as error:
            log.error("refusal_not_noted", call_id=call.id, code=error.failure.code)
