"""What was said in calls, and what they were about: asked for, waited for, kept, searched and erased.

A row and the job that fills it are written in one transaction, so that neither is ever without the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from recording.summary import KeySentence, Kind, Promise, Summary
from recording.transcript import Segment, Speaker, Transcript
from signaling.errors import Failure
from signaling.ids import CallId
from signaling.recording_record import RecordingState
from store.columns import storable
from store.database import Database
from store.history import PastCall, past_call, past_calls
from store.history_filter import HistoryFilter, conditions_of
from store.jobs import drop_job, put_job
from store.meta_files import Fetched, note_done
from store.models import CallRow
from store.recording_models import RecordingRow
from store.snippets import FoundLines, lines_with
from store.transcript_models import Source, SummaryRow, TextState, TranscriptRow
from store.word_search import Wanted, calls_with, stored_words, transcripts_with

TRANSCRIBE: Final = "transcribe"
SUMMARIZE: Final = "summarize"
"""Kinds of jobs; their subject is a call's id."""

GATEWAY: Final = "gateway"
MOST_FOUND: Final = 50
MOST_LINES: Final = 5
HAS_SOUND: Final = (RecordingState.RECORDED, RecordingState.PARTIAL)


@dataclass(frozen=True, slots=True)
class StoredTranscript:
    """`transcript`: the newest that there is, also while another is waited for. `failure` with WAITING: it did not work
    yet."""

    source: Source
    state: TextState
    failure: Failure | None
    asked_at: datetime
    ended_at: datetime | None
    transcript: Transcript | None = None
    sha256: str | None = None  # of the file that was heard


@dataclass(frozen=True, slots=True)
class StoredSummary:
    state: TextState
    failure: Failure | None
    asked_at: datetime
    ended_at: datetime | None
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A call in which words were said, and lines in which they were."""

    call: PastCall
    lines: FoundLines = field(repr=False)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Newest first. `next_cursor` None: that is all."""

    found: tuple[Found, ...]
    next_cursor: int | None


@dataclass(frozen=True)
class SqlTranscripts:
    """`place`: which machine's files jobs need (`store.jobs`). Every method may raise NeighbourError."""

    database: Database
    place: str | None = None

    # ---- asking ------------------------------------------------------------------------------------------------------

    async def ask_transcript(self, call: CallId, by: str, at: datetime) -> bool:
        """False: there is no recording to hear."""

        def work(session: Session) -> bool:
            if not _has_sound(session, call):
                return False
            put_transcription(session, call, at, by, self.place)
            return True

        return await self.database.run(work, races=True)

    async def ask_summary(self, call: CallId, by: str, at: datetime) -> bool:
        """False: there is no transcript to read."""

        def work(session: Session) -> bool:
            if _best(session, call) is None:
                return False
            put_summary(session, call, at, by)
            return True

        return await self.database.run(work, races=True)

    # ---- what jobs say -----------------------------------------------------------------------------------------------

    async def begin(self, call: CallId, at: datetime) -> bool:
        """An engine is about to listen; what was not asked for is asked for by this. False: there is no sound (any
        more)."""

        def work(session: Session) -> bool:
            if not _has_sound(session, call):
                return False
            row = _transcript_row(session, call, Source.OURS)
            if row is None:
                row = TranscriptRow(
                    call_id=call, source=Source.OURS, state=TextState.RUNNING, asked_at=at, asked_by=GATEWAY
                )
                session.add(row)
            _set_state(row, TextState.RUNNING, at, None)
            return True

        return await self.database.run(work, races=True)

    async def transcript_state(self, call: CallId, state: TextState, at: datetime, why: Failure | None = None) -> None:
        """What was there stays until there is something new."""

        def work(session: Session) -> None:
            row = _transcript_row(session, call, Source.OURS)
            if row is not None:
                _set_state(row, state, at, why)

        await self.database.run(work)

    async def heard(self, call: CallId, transcript: Transcript, at: datetime, sha256: str | None = None) -> None:
        """Keep what our engine heard, and have the call summarised. Keeping the same again changes nothing."""

        def work(session: Session) -> None:
            row = _transcript_row(session, call, Source.OURS)
            if row is not None:  # else it was erased while the engine listened
                _keep(session, row, transcript, at, sha256)

        await self.database.run(work, races=True)

    async def imported(
        self, call: CallId, transcript: Transcript, at: datetime, sha256: str, file: int, size_bytes: int
    ) -> None:
        """Keep Meta's own beside ours, unless its file was erased meanwhile. The call is summarised if ours did not
        have it done."""

        def work(session: Session) -> None:
            if not note_done(session, file, Fetched(sha256, size_bytes), at):
                return
            row = _transcript_row(session, call, Source.META)
            if row is None:
                row = TranscriptRow(
                    call_id=call, source=Source.META, state=TextState.RUNNING, asked_at=at, asked_by=GATEWAY
                )
                session.add(row)
            _keep(session, row, transcript, at, sha256)

        await self.database.run(work, races=True)

    async def summary_state(self, call: CallId, state: TextState, at: datetime, why: Failure | None = None) -> None:
        def work(session: Session) -> None:
            row = _summary_row(session, call)
            if row is not None:
                _set_state(row, state, at, why)

        await self.database.run(work)

    async def summarised(self, call: CallId, summary: Summary, at: datetime) -> None:
        def work(session: Session) -> None:
            row = _summary_row(session, call)
            if row is None:
                return  # erased while it was written
            _set_state(row, TextState.DONE, at, None)
            row.kind, row.language, row.shortened = summary.kind.value, summary.language, summary.shortened
            row.engine, row.model, row.content = summary.engine, storable(summary.model), _content(summary)

        await self.database.run(work)

    # ---- reading -----------------------------------------------------------------------------------------------------

    async def transcripts(self, call: CallId) -> tuple[StoredTranscript, ...]:
        """Ours first."""
        query = select(TranscriptRow).where(TranscriptRow.call_id == call)

        def work(session: Session) -> tuple[StoredTranscript, ...]:
            rows = sorted(session.exec(query), key=lambda row: row.source is not Source.OURS)
            return tuple(_stored(row) for row in rows)

        return await self.database.read(work)

    async def best(self, call: CallId) -> Transcript | None:
        """The one to be summarised: ours, else Meta's."""

        def work(session: Session) -> Transcript | None:
            row = _best(session, call)
            return None if row is None else _transcript(row)

        return await self.database.read(work)

    async def summary(self, call: CallId) -> StoredSummary | None:
        def work(session: Session) -> StoredSummary | None:
            row = session.exec(select(SummaryRow).where(SummaryRow.call_id == call)).one_or_none()
            if row is None:
                return None
            summary = None if row.content is None else _summary(row)
            return StoredSummary(row.state, row.failure, row.asked_at, row.ended_at, summary)

        return await self.database.read(work)

    async def search(
        self, wanted: Wanted, visible: HistoryFilter, limit: int = 20, cursor: int | None = None
    ) -> FoundPage:
        """Calls in which all these words were said, as far as the reader may see calls."""
        limit, is_sqlite = max(1, min(limit, MOST_FOUND)), self.database.is_sqlite
        conditions = [*conditions_of(visible), col(CallRow.call_id).in_(calls_with(wanted, is_sqlite=is_sqlite))]
        if cursor is not None:
            conditions.append(col(CallRow.id) < cursor)
        query = past_calls().where(*conditions).order_by(col(CallRow.id).desc()).limit(limit + 1)

        def work(session: Session) -> FoundPage:
            rows = session.exec(query).all()
            shown = rows[:limit]
            said = transcripts_with(wanted, is_sqlite=is_sqlite)
            calls = [row[0].call_id for row in shown]
            texts = session.exec(select(TranscriptRow).where(said, col(TranscriptRow.call_id).in_(calls))).all()
            lines = {call: _lines([text for text in texts if text.call_id == call], wanted) for call in calls}
            found = tuple(Found(past_call(*row), lines[row[0].call_id]) for row in shown)
            return FoundPage(found, shown[-1][0].id if len(rows) > limit else None)

        return await self.database.read(work)

    async def any_in(self, visible: HistoryFilter) -> bool:
        """Whether there is anything to search for this reader."""
        query = select(TranscriptRow.id).join(CallRow, col(CallRow.call_id) == col(TranscriptRow.call_id))
        query = query.where(col(TranscriptRow.segments).is_not(None), *conditions_of(visible)).limit(1)
        return await self.database.read(lambda session: session.exec(query).first() is not None)


def put_transcription(session: Session, call: CallId, at: datetime, by: str, place: str | None) -> None:
    """Part of the transaction that says that there is something to hear. Run it with `races=True`."""
    row = _transcript_row(session, call, Source.OURS)
    if row is None:
        row = TranscriptRow(call_id=call, source=Source.OURS, state=TextState.WAITING, asked_at=at, asked_by=by)
        session.add(row)
    else:
        _renew(session, row, TRANSCRIBE, at, by)
    session.flush()
    put_job(session, TRANSCRIBE, call, at, place)


def put_summary(session: Session, call: CallId, at: datetime, by: str) -> None:
    """Part of the transaction that says that there is something to read. Run it with `races=True`."""
    row = _summary_row(session, call)
    if row is None:
        row = SummaryRow(call_id=call, state=TextState.WAITING, asked_at=at, asked_by=by)
        session.add(row)
    else:
        _renew(session, row, SUMMARIZE, at, by)
    session.flush()
    put_job(session, SUMMARIZE, call, at)


def erase_texts(session: Session, calls: Sequence[CallId]) -> None:
    """Part of the transaction that erases calls' sound: nothing that was said in them stays, nor is it made again."""
    for call in calls:
        drop_job(session, TRANSCRIBE, call)
        drop_job(session, SUMMARIZE, call)
    session.execute(delete(TranscriptRow).where(col(TranscriptRow.call_id).in_(calls)))
    session.execute(delete(SummaryRow).where(col(SummaryRow.call_id).in_(calls)))


def forget_erased_words(session: Session) -> None:
    """On SQLite the index keeps the words of erased transcripts, which nothing finds any more, until its parts are
    merged: this merges them all. For the nightly run, as it takes seconds where there are many."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO transcript_words(transcript_words) VALUES ('optimize')"))


def _renew(session: Session, row: TranscriptRow | SummaryRow, kind: str, at: datetime, by: str) -> None:
    """What is being done goes on; what waits for its next try is tried now."""
    if row.state is TextState.RUNNING or (row.state is TextState.WAITING and row.failure is None):
        return
    if row.state is TextState.WAITING:
        drop_job(session, kind, row.call_id)
    row.state, row.failure, row.asked_at, row.asked_by = TextState.WAITING, None, at, by


def _has_sound(session: Session, call: CallId) -> bool:
    query = select(RecordingRow.id).where(RecordingRow.call_id == call, col(RecordingRow.state).in_(HAS_SOUND))
    return session.exec(query).one_or_none() is not None


def _transcript_row(session: Session, call: CallId, source: Source) -> TranscriptRow | None:
    query = select(TranscriptRow).where(TranscriptRow.call_id == call, TranscriptRow.source == source)
    return session.exec(query.with_for_update()).one_or_none()


def _summary_row(session: Session, call: CallId) -> SummaryRow | None:
    return session.exec(select(SummaryRow).where(SummaryRow.call_id == call).with_for_update()).one_or_none()


def _best(session: Session, call: CallId) -> TranscriptRow | None:
    query = select(TranscriptRow).where(TranscriptRow.call_id == call, col(TranscriptRow.segments).is_not(None))
    return min(session.exec(query), key=lambda row: row.source is not Source.OURS, default=None)


def _keep(session: Session, row: TranscriptRow, transcript: Transcript, at: datetime, sha256: str | None) -> None:
    segments = [[one.speaker.value, one.start_s, one.end_s, storable(one.text)] for one in transcript.segments]
    if (row.state, row.failure, row.segments, row.sha256) == (TextState.DONE, None, segments, sha256):
        return
    _set_state(row, TextState.DONE, at, None)
    row.segments, row.sha256 = segments, sha256
    row.language, row.engine, row.model = transcript.language, transcript.engine, storable(transcript.model)
    row.words = stored_words(one.text for one in transcript.segments)
    session.flush()
    best = _best(session, CallId(row.call_id))
    if best is None or best.source is row.source:
        put_summary(session, CallId(row.call_id), at, GATEWAY)


def _set_state(row: TranscriptRow | SummaryRow, state: TextState, at: datetime, why: Failure | None) -> None:
    row.state, row.failure = state, why
    row.ended_at = at if state in (TextState.DONE, TextState.FAILED) else None


def _stored(row: TranscriptRow) -> StoredTranscript:
    transcript = None if row.segments is None else _transcript(row)
    return StoredTranscript(row.source, row.state, row.failure, row.asked_at, row.ended_at, transcript, row.sha256)


def _transcript(row: TranscriptRow) -> Transcript:
    return Transcript(tuple(_segments(row)), row.language, row.engine or "", row.model or "")


def _segments(row: TranscriptRow) -> list[Segment]:
    return [Segment(Speaker(who), start_s, end_s, said) for who, start_s, end_s, said in row.segments or ()]


def _lines(rows: Sequence[TranscriptRow], wanted: Wanted) -> FoundLines:
    """Of one call, which may have two transcripts: the first of them that says it."""
    for row in sorted(rows, key=lambda row: row.source is not Source.OURS):
        if (found := lines_with(_segments(row), wanted, MOST_LINES)).in_all:
            return found
    return FoundLines()


def _content(summary: Summary) -> dict[str, Any]:
    return {
        "reason": storable(summary.reason),
        "outcome": storable(summary.outcome),
        "promises": [[one.by.value, storable(one.what)] for one in summary.promises],
        "next_steps": [storable(step) for step in summary.next_steps],
        "sentences": [[one.speaker.value, one.start_s, storable(one.text)] for one in summary.sentences],
    }


def _summary(row: SummaryRow) -> Summary:
    content = row.content or {}
    return Summary(
        kind=Kind(row.kind or Kind.KEY_SENTENCES),
        language=row.language,
        engine=row.engine or "",
        model=row.model or "",
        reason=content["reason"],
        outcome=content["outcome"],
        promises=tuple(Promise(Speaker(by), what) for by, what in content["promises"]),
        next_steps=tuple(content["next_steps"]),
        sentences=tuple(KeySentence(Speaker(who), at_s, said) for who, at_s, said in content["sentences"]),
        shortened=row.shortened,
    )
