"""The messages that customers left, for who may hear them: what there is, and where it lies (`gateway.voicemails`)."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gateway.voicemails import Kept, MessageState
from signaling.ids import CallId


@dataclass(frozen=True, slots=True)
class MessageBox:
    """`folder`: as `Voicemails` has it. Call ids come from the store: they are hex digits, and name no other file."""

    folder: Path

    async def of(self, calls: Iterable[CallId]) -> dict[CallId, Kept]:
        """The messages that can be heard, of these calls."""
        return await asyncio.to_thread(self._read, tuple(calls))

    def sound_of(self, call: CallId) -> Path:
        return self.folder / f"{call}.ogg"

    def _read(self, calls: tuple[CallId, ...]) -> dict[CallId, Kept]:
        found = {}
        for call in calls:
            try:
                facts = json.loads((self.folder / f"{call}.json").read_text())
            except (OSError, ValueError):  # none was left, it is not finished, or it was erased
                continue
            kept = Kept(MessageState(facts["state"]), facts["seconds"], facts["sha256"])
            if kept.state is not MessageState.FAILED and self.sound_of(call).exists():
                found[call] = kept
        return found
