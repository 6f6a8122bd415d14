"""`/api/v1/calls/{call_id}/recording`: the sound of one call, for who may replay it (`gateway.api.replayers`).

Whoever wants to hear it asks for a URL, which is signed, theirs alone, and expires; its first use stands in the audit
before a byte is sent, and so does everything that is refused. A call that is up is heard by leaders from its journal.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import uuid4

from aiohttp import web
from pydantic import Field

from gateway.api.byte_ranges import Unsatisfiable
from gateway.api.calls import CALL_ID
from gateway.api.door import EVERYBODY, LEADERS, Access, Caller
from gateway.api.errors import ApiError, not_found
from gateway.api.operations import ROOT, Asked, Nothing, Operation, Query, read_query
from gateway.api.replay_bodies import (
    LiveTold,
    RecordingTold,
    UrlForm,
    UrlTold,
    marks_told,
    meta_recording_told,
    peaks_told,
    recording_told,
)
from gateway.api.replayers import Replayers
from gateway.api.sending import OGG, Sound, range_of, send
from gateway.finishing import KIND
from gateway.live_replay import LiveReplay, LiveSound, NoSound
from gateway.replay_tickets import GOOD_FOR, BadTicket, Purpose, Ticket, Tickets
from recording.vault import ObjectVault
from signaling.call import State, TimelineEntry
from signaling.ids import CallId
from signaling.ports import Clock, NumberStore
from signaling.recording_policy import When, policy_for
from signaling.recording_record import RecordingState
from store.api_keys import Scope
from store.audit import Entry, SqlAudit
from store.history import PastCall, SqlHistory
from store.jobs import SqlJobs
from store.meta_files import MetaFile, SqlMetaFiles
from store.recordings import SqlRecordings

READS: Final = Access(Scope.RECORDINGS_READ, EVERYBODY)
PLAYABLE: Final = (RecordingState.RECORDED, RecordingState.PARTIAL)
AGAIN_S: Final = 2.0
TOLD_KEPT: Final = 10_000
ACTIONS: Final = {
    Purpose.REPLAY: "recording.replayed",
    Purpose.DOWNLOAD: "recording.downloaded",
    Purpose.LIVE: "recording.heard_live",
    Purpose.META: "recording.meta_heard",
}


class TicketQuery(Query):
    ticket: Annotated[str, Field(max_length=4_096, description="As it stands in the URL.")] = ""


@dataclass(frozen=True, slots=True)
class ReplayParts:
    """What the routes stand on."""

    recordings: SqlRecordings
    metas: SqlMetaFiles
    jobs: SqlJobs
    history: SqlHistory
    numbers: NumberStore
    vault: ObjectVault
    live: LiveReplay
    replayers: Replayers
    audit: SqlAudit
    tickets: Tickets
    clock: Clock


class ReplayRoutes:
    def __init__(self, parts: ReplayParts) -> None:
        self._parts, self._clock = parts, parts.clock
        self._told: OrderedDict[str, None] = OrderedDict()  # tickets whose first use is in the audit

    def operations(self) -> list[Operation]:
        root, call = "/calls/{call_id}/recording", {"call_id": CALL_ID}
        return [
            Operation(
                name="getCallRecording",
                method="GET",
                path=root,
                path_patterns=call,
                summary="What became of a call's sound: its state, its length, its marks, its waveform.",
                access=READS,
                answer=RecordingTold,
                handler=self.one,
                errors={404: "There is no such call, or you may not replay it."},
                tag="recordings",
            ),
            Operation(
                name="askReplay",
                method="POST",
                path=f"{root}/url",
                path_patterns=call,
                summary="A URL by which you alone can hear a call for ten minutes.",
                access=READS,
                body=UrlForm,
                answer=UrlTold,
                handler=self.ask,
                status=201,
                errors={
                    404: "There is no such call, or you may not replay it.",
                    409: "There is nothing to hear: `state` says why (`no_sound`).",
                    503: "It is being made; ask again (`no_sound_yet`).",
                },
                tag="recordings",
            ),
            Operation(
                name="hearRecording",
                method="GET",
                path=f"{root}/audio",
                path_patterns=call,
                summary="The sound itself: the customer left, agents right. Takes `Range`.",
                access=READS,
                query=TicketQuery,
                answer=None,
                gives=OGG,
                streams=self.audio,
                errors={
                    403: "The URL is forged, expired, or somebody else's (`bad_ticket`).",
                    410: "It was deleted meanwhile.",
                    416: "There is no such byte.",
                },
                tag="recordings",
            ),
        ]

    async def one(self, asked: Asked[Nothing, Nothing]) -> RecordingTold:
        call, timeline = await self._seen(asked)
        recording, meta = await self._parts.recordings.get(call.id), await self._metas(call.id)
        if recording is None:
            why = await self._why_none(call, timeline)
            return RecordingTold(call_id=call.id, state="none", why=why, meta=meta_recording_told(meta))
        job = (await self._parts.jobs.of(KIND, [call.id])).get(call.id)
        playable = recording.state in PLAYABLE
        return recording_told(
            recording,
            job,
            meta,
            may_replay_live=recording.state is RecordingState.RECORDING and _may_hear_live(asked.who),
            may_download=playable and await self._parts.replayers.may_download(asked.who, call),
        )

    async def ask(self, asked: Asked[UrlForm, Nothing]) -> UrlTold:
        call, _ = await self._seen(asked)
        purpose = Purpose(asked.body.purpose)
        if purpose is Purpose.META:
            meta = await self._metas(call.id)
            if meta is None or meta.file is None:
                state = "none" if meta is None else meta.state.value
                raise ApiError(409, "no_sound", "There is no recording of Meta's to hear.", state=state)
            return self._url(uuid4().hex, call.id, asked.who, purpose)
        recording = await self._parts.recordings.get(call.id)
        if purpose is Purpose.DOWNLOAD and not await self._parts.replayers.may_download(asked.who, call):
            await self._note(asked.who, "api.refused", call.id, needed="may_export")
            raise ApiError(403, "forbidden", "You may not download recordings of this department.")
        if recording is not None and recording.state in PLAYABLE:
            return self._url(uuid4().hex, call.id, asked.who, purpose)
        if recording is None or recording.state is not RecordingState.RECORDING or purpose is Purpose.DOWNLOAD:
            state = "none" if recording is None else recording.state.value
            raise ApiError(409, "no_sound", "There is nothing to hear.", state=state)
        if not _may_hear_live(asked.who):
            await self._note(asked.who, "api.refused", call.id, needed="supervisor")
            raise ApiError(403, "forbidden", "Only supervisors hear a call that is up.")
        sound = await self._live(call.id)
        return self._url(sound.id, call.id, asked.who, Purpose.LIVE, sound)

    async def audio(self, request: web.Request, who: Caller) -> web.StreamResponse:
        call = CallId(request.match_info["call_id"])
        text = read_query(request, TicketQuery).ticket
        try:
            ticket = self._parts.tickets.read(text, call, who.actor, self._clock())
        except BadTicket as bad:
            await self._note(who, "recording.refused", call, reason=bad.reason)
            raise ApiError(
                403, "bad_ticket", "This address is not good, or not good any more: ask for a new one."
            ) from None
        sound = await self._sound_of(ticket)
        try:
            wanted = range_of(request, sound)
        except Unsatisfiable:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{sound.size_bytes}"})
        if request.method != "HEAD":
            await self._note_once(who, ticket)
        name = f"ramal-{call}.ogg" if ticket.purpose is Purpose.DOWNLOAD else None
        return await send(request, sound, wanted, name)

    # ---- what there is to hear ---------------------------------------------------------------------------------------

    async def _sound_of(self, ticket: Ticket) -> Sound:
        if ticket.purpose is Purpose.META:
            meta = await self._metas(ticket.call)
            return self._kept_sound(None if meta is None else (meta.file, meta.size_bytes, meta.sha256))
        recording = await self._parts.recordings.get(ticket.call)
        if recording is None or recording.state is RecordingState.DELETED:
            raise _gone()
        if ticket.purpose is Purpose.LIVE:
            return self._live_sound(ticket)
        kept = (recording.file, recording.size_bytes, recording.sha256)
        return self._kept_sound(kept if recording.state in PLAYABLE else None)

    async def _metas(self, call: CallId) -> MetaFile | None:
        """Meta's own recording of it."""
        files = await self._parts.metas.of_call(call)
        return next((file for file in files if file.kind == "recording"), None)

    async def _live(self, call: CallId) -> LiveSound:
        try:
            return await self._parts.live.newest(call)
        except NoSound as none:
            if none.reason == "not_here":
                raise ApiError(409, "no_sound", "The call is on another machine.", state="recording") from None
            raise ApiError(503, "no_sound_yet", "It is being made.", AGAIN_S, reason=none.reason) from None

    def _live_sound(self, ticket: Ticket) -> Sound:
        sound = self._parts.live.sound(ticket.id)
        if sound is None:
            raise _gone()
        return Sound(sound.size_bytes, sound.sha256, sound.read)

    def _kept_sound(self, kept: tuple[str | None, int | None, str | None] | None) -> Sound:
        """Of a place in the vault, how many bytes it has, and their SHA-256."""
        file, size, digest = kept or (None, None, None)
        if file is None or size is None or digest is None:
            raise _gone()

        def read(first: int, last: int) -> AsyncIterator[bytes]:
            return self._parts.vault.read(file, first, last)

        return Sound(size, digest, read)

    async def _why_none(self, call: PastCall, timeline: tuple[TimelineEntry, ...]) -> str:
        """By the policies of now, where the call's timeline does not say."""
        if any(entry.kind == "consent_asked" for entry in timeline):
            return "consent_unanswered"
        if call.state is not State.ENDED:
            return "not_yet"
        if call.accepted_at is None:
            return "not_answered"
        number = await self._parts.numbers.by_id(call.number)
        rules = () if number is None else number.recording
        when = policy_for(rules, call.direction, call.department).when
        return {When.NEVER: "policy_never", When.ON_DEMAND: "not_started"}.get(when, "not_begun")

    # ---- who, and what is noted of it --------------------------------------------------------------------------------

    async def _seen(
        self, asked: Asked[UrlForm, Nothing] | Asked[Nothing, Nothing]
    ) -> tuple[PastCall, tuple[TimelineEntry, ...]]:
        visible = await self._parts.replayers.visible(asked.who)
        found = await self._parts.history.call(CallId(asked.path["call_id"]), visible)
        if found is None:
            raise not_found()
        return found

    def _url(
        self, ticket_id: str, call: CallId, who: Caller, purpose: Purpose, live: LiveSound | None = None
    ) -> UrlTold:
        ends = (self._clock() + GOOD_FOR).replace(microsecond=0)
        signed = self._parts.tickets.sign(Ticket(ticket_id, call, who.actor, purpose, ends))
        return UrlTold(
            url=f"{ROOT}/calls/{call}/recording/audio?ticket={signed.value}",
            expires_at=ends,
            live=None
            if live is None
            else LiveTold(
                until=live.until,
                duration_s=live.duration_s,
                marks=marks_told(live.marks),
                peaks=peaks_told(live.peaks),
            ),
        )

    async def _note_once(self, who: Caller, ticket: Ticket) -> None:
        """Players fetch one sound in many ranges. A ticket that was forgotten is noted again, never not at all."""
        known = f"{ticket.id} {ticket.actor}"
        if known in self._told:
            return
        await self._note(who, ACTIONS[ticket.purpose], ticket.call)
        self._told[known] = None
        while len(self._told) > TOLD_KEPT:
            self._told.popitem(last=False)

    async def _note(self, who: Caller, action: str, call: CallId, **data: str) -> None:
        await self._parts.audit.append(Entry(self._clock(), who.actor, action, call, data))


def _may_hear_live(who: Caller) -> bool:
    return who.agent is not None and who.agent.role in LEADERS


def _gone() -> ApiError:
    return ApiError(410, "gone", "This sound is not there any more.")
