"""Messages of customers: packets into a journal while they speak, whatever happens to the call or to us.

The journals lie in `data_dir/voicemails/journals`; `on_closed` takes over what is complete (`gateway.message_jobs`).
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from gateway.call_journals import CallJournals
from gateway.finishing import JOURNALS
from gateway.media.switchboard import Switchboard
from gateway.media.tapes import Voice
from signaling.effects import CloseMedia, Effect, EndVoicemail, RecordVoicemail
from signaling.errors import Failure, Fault, NeighbourError
from signaling.ids import CallId
from signaling.ports import Clock
from signaling.runner import Performer, Report

log = structlog.get_logger()

NO_LEG: Final = Failure("media.leg_lost", Fault.NETWORK)


class Voicemails:
    """Performs RecordVoicemail and EndVoicemail. `monotonic`: the plane's clock. `on_closed` is called when a journal
    is complete, as far as it goes."""

    def __init__(
        self,
        switchboard: Switchboard,
        folder: Path,
        clock: Clock,
        on_closed: Callable[[CallId], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_closed = on_closed
        self._journals = CallJournals(switchboard, folder / JOURNALS, clock, self._closed, self._failed, monotonic)

    def start(self) -> None:
        self._journals.start()

    async def close(self) -> None:
        await self._journals.close()

    async def __call__(self, effect: Effect, report: Report) -> None:
        match effect:
            case RecordVoicemail(call_id=call_id) if call_id not in self._journals:
                if not self._journals.begin(call_id, frozenset({Voice.CUSTOMER})):
                    raise NeighbourError(NO_LEG)
            case EndVoicemail(call_id=call_id):
                self._journals.end(call_id)

    def closing(self, close_media: Performer) -> Performer:
        """A message ends with its call."""

        async def perform(effect: Effect, report: Report) -> None:
            if isinstance(effect, CloseMedia):
                self._journals.end(effect.call_id)
            await close_media(effect, report)

        return perform

    def _failed(self, call_id: CallId, reason: str) -> None:
        log.error("voicemail_failed", call_id=call_id, reason=reason)

    def _closed(self, call_id: CallId, journal: Path, whole: bool) -> None:
        log.info("voicemail_journal_closed", call_id=call_id, whole=whole)
        self._on_closed(call_id)


def voicemail_performers(voicemails: Voicemails) -> dict[type[Effect], Performer]:
    return dict.fromkeys((RecordVoicemail, EndVoicemail), voicemails)
