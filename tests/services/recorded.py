"""Calls that were recorded and are over: their rows, and journals of known voices."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.finishing import JOURNALS
from gateway.jobs import Pace
from gateway.message_jobs import VOICEMAILS
from gateway.recording_jobs import RecordingJobs, prepared
from gateway.settings import Settings
from gateway.simulator.clips import voices
from recording.journal import Leg
from signaling.call import Call, Outcome, State
from signaling.events import Customer
from signaling.ids import CallId
from signaling.recording_policy import RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.calls import SqlCallStore
from store.database import Database
from store.messages import SqlMessages
from store.recordings import SqlRecordings, StoredRecording
from tests.services.samples import KEY, NOW, Town, call_in
from tests.services.test_recordings import being_recorded, over
from tests.unit.recording.test_mix import Talk

ALWAYS = RecordingPolicy(When.ALWAYS)
LASTED_S, CALL_LASTED_S = 3.0, 4.0
QUICK = Pace(scan_s=0.05, lease=timedelta(seconds=1), first_s=0.05, longest_s=0.1)


def now() -> datetime:
    return datetime.now(UTC)


def settings_of(database_url: str, folder: Path, **given: Any) -> Settings:
    return Settings.load(None, secret_key=KEY.value, database_url=database_url, data_dir=folder, **given)


def jobs_in(database: Database, url: str, folder: Path, **given: Any) -> RecordingJobs:
    return RecordingJobs(settings_of(url, folder, **given), database, now, pace=QUICK)


def journal_of(folder: Path, call: CallId) -> Path:
    return folder / "recordings" / JOURNALS / f"{call}.journal"


def talk() -> Talk:
    said = Talk()
    said.say(Leg.CUSTOMER, voices()["joao"].packets[:60], 0.5)
    said.say(Leg.AGENT, voices()["maria"].packets[:60], 1.5, ssrc=9, ticks=17)
    return said


async def recorded_call(
    database: Database,
    town: Town,
    folder: Path,
    wacid: str = "wacid.1",
    policy: RecordingPolicy = ALWAYS,
    ended_s: float | None = LASTED_S,
    who: Customer = Customer(),
) -> Call:
    """It ended half a year ago; its journal is closed, its row says FINISHING."""
    call = replace(being_recorded(town, wacid, policy), customer=who)
    prepared(folder / "recordings")
    talk().write(journal_of(folder, call.id), ended_s)
    calls = SqlCallStore(database)
    await calls.save(call)
    await calls.save(replace(over(call), recording_until=NOW + timedelta(seconds=CALL_LASTED_S)))
    return call


async def message_left(database: Database, town: Town, folder: Path, wacid: str = "wacid.message") -> Call:
    """Its journal is closed, and its job is put."""
    call = call_in(town, wacid, state=State.ENDED, ended_at=NOW, outcome=Outcome.ABANDONED, accepted_at=NOW)
    await SqlCallStore(database).save(call.note(NOW, "ended"))
    journals = folder / VOICEMAILS / JOURNALS
    journals.mkdir(parents=True)
    said = Talk()
    said.say(Leg.CUSTOMER, voices()["maria"].packets[:100], 0.5)
    said.write(journals / f"{call.id}.journal", LASTED_S)
    assert await SqlMessages(database).put(call.id, now(), prepared(folder / "recordings"))
    return call


async def row_of(database: Database, call: CallId) -> StoredRecording:
    row = await SqlRecordings(database).get(call)
    assert row is not None
    return row


async def is_finished(database: Database, call: CallId) -> bool:
    return (await row_of(database, call)).state in (
        RecordingState.RECORDED,
        RecordingState.PARTIAL,
        RecordingState.FAILED,
    )
