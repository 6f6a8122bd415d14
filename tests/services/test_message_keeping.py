"""Messages after the beep go the way of recordings: through the vault, sealed, for as long as the policy says."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway.finishing import JOURNALS
from gateway.message_jobs import VOICEMAILS
from gateway.recording_jobs import RecordingJobs
from gateway.simulator.clips import voices
from recording.journal import Leg
from recording.sealing import read_master_keys
from recording.vault import folder_vault
from signaling.call import Call, Outcome, State
from signaling.ids import CallId
from signaling.private import PhoneNumber
from signaling.recording_policy import PolicyRule, RecordingPolicy
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.erasure import Forgotten, SqlErasure
from store.jobs import SqlJobs
from store.message_models import MessageState
from store.messages import KEEP_MESSAGE, SqlMessages, StoredMessage
from store.recording_policies import SqlRecordingPolicies
from tests.services.recorded import jobs_in, now
from tests.services.samples import NOW, Town, call_in, customer
from tests.services.test_finishing import SEALED, content, sqlite, town
from tests.services.test_jobs import until
from tests.unit.recording.test_mix import WAY_S, Talk, both_sides, likeness, sound_of

__all__ = ["sqlite", "town"]

A_MONTH_LATER = "UPDATE messages SET keep_until = '2026-01-01 00:00:00.000000' WHERE keep_until IS NOT NULL"

MARIA = customer("5511955550101", "BR.maria", "Maria Lima")


@asynccontextmanager
async def keeping(database: Database, url: str, folder: Path, **given: Any) -> AsyncIterator[RecordingJobs]:
    """As a gateway starts it."""
    jobs = jobs_in(database, url, folder, **given)
    await jobs.messages.take_over()
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop()


async def in_vain(database: Database, town: Town, wacid: str = "wacid.1") -> Call:
    ended = {"state": State.ENDED, "ended_at": NOW, "outcome": Outcome.ABANDONED, "accepted_at": NOW}
    call = call_in(town, wacid, MARIA, **ended).note(NOW, "ended")
    await SqlCallStore(database).save(call)
    return call


def journal_in(folder: Path, call: CallId, ended_s: float | None = 3.0) -> Path:
    journals = folder / VOICEMAILS / JOURNALS
    journals.mkdir(parents=True, exist_ok=True)
    said = Talk()
    said.say(Leg.CUSTOMER, voices()["maria"].packets[:100], 0.5)
    return said.write(journals / f"{call}.journal", ended_s)


async def settled(database: Database, call: CallId, *states: MessageState) -> StoredMessage:
    found: list[StoredMessage] = []

    async def is_so() -> bool:
        message = await SqlMessages(database).get(call)
        if message is not None and message.state in states:
            found.append(message)
        return bool(found)

    await until(is_so, within_s=60)
    return found[-1]


def _async(so: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        return so()

    return is_so


def lying(folder: Path) -> list[str]:
    """Everything of messages that is on this machine outside of the vault."""
    return [path.name for path in (folder / VOICEMAILS).rglob("*") if path.is_file()]


async def test_a_message_is_sealed_in_the_vault_with_its_sound_and_nothing_else_stays(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call = await in_vain(sqlite, town)
    async with keeping(sqlite, sqlite_url, tmp_path, recordings_keys=SEALED) as jobs:
        journal_in(tmp_path, call.id)
        jobs.message_closed(call.id)
        message = await settled(sqlite, call.id, MessageState.RECORDED)
        assert message.file is not None and message.seconds == 3.0
        plain = await content(jobs, message.file)
        assert hashlib.sha256(plain).hexdigest() == message.sha256 and len(plain) == message.size_bytes
        await until(_async(lambda: lying(tmp_path) == []))
    sealed = (tmp_path / "recordings" / "files" / message.file).read_bytes()
    assert b"OggS" not in sealed and len(sealed) > len(plain)
    (tmp_path / "call.ogg").write_bytes(plain)
    left, right = both_sides(tmp_path / "call.ogg")
    assert likeness(left, sound_of(voices()["maria"].packets[:100]), 0.5 + WAY_S) > 0.9
    assert abs(right).max() < 100
    assert await folder_vault(tmp_path / "recordings" / "files", read_master_keys(SEALED)).size(message.file)


async def test_what_a_process_left_is_kept_by_the_next_also_messages_from_before_the_vault(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    cut, broken, old = [await in_vain(sqlite, town, f"wacid.{n}") for n in range(3)]
    journal_in(tmp_path, cut.id, ended_s=None)
    (tmp_path / VOICEMAILS / JOURNALS / f"{broken.id}.journal").write_bytes(b"no journal")
    (tmp_path / VOICEMAILS / f"{old.id}.ogg").write_bytes(b"OggS and so on")
    (tmp_path / VOICEMAILS / f"{old.id}.json").write_text(json.dumps({"state": "recorded", "seconds": 4.5}))
    async with keeping(sqlite, sqlite_url, tmp_path) as jobs:
        partial = await settled(sqlite, cut.id, MessageState.PARTIAL)
        assert 2.0 < partial.seconds < 3.0
        await settled(sqlite, broken.id, MessageState.FAILED)
        whole = await settled(sqlite, old.id, MessageState.RECORDED)
        assert whole.file is not None and await content(jobs, whole.file) == b"OggS and so on" and whole.seconds == 4.5
        await until(_async(lambda: lying(tmp_path) == [f"{broken.id}.journal"]))
        assert set(await SqlMessages(sqlite).of([cut.id, broken.id, old.id])) == {cut.id, old.id}


async def test_a_message_whose_call_is_not_saved_yet_or_whose_vault_is_away_waits_for_it(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "vault" / "messages"
    in_the_way.parent.mkdir()
    in_the_way.write_text("a file where a folder should be")
    late = call_in(town, "wacid.late", MARIA, state=State.ENDED, ended_at=NOW, outcome=Outcome.ABANDONED)
    async with keeping(sqlite, sqlite_url, tmp_path, recordings_folder=tmp_path / "vault") as jobs:
        journal_in(tmp_path, late.id)
        jobs.messages.closed(late.id)
        assert await jobs.messages.adopt() == 0, "nobody knows the call"
        await SqlCallStore(sqlite).save(late.note(NOW, "ended"))
        assert await jobs.messages.adopt() == 1
        jobs.jobs.wake()

        async def was_refused() -> bool:
            job = (await SqlJobs(sqlite).of(KEEP_MESSAGE, [late.id])).get(late.id)
            return job is not None and job.last_error is not None and job.last_error.startswith("vault_")

        await until(was_refused, within_s=60)
        assert lying(tmp_path).count(f"{late.id}.journal") == 1
        in_the_way.unlink()
        await settled(sqlite, late.id, MessageState.RECORDED)


async def test_a_message_goes_when_a_recording_of_its_call_would(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    month, ever = await in_vain(sqlite, town, "wacid.1"), await in_vain(sqlite, town, "wacid.2")
    async with keeping(sqlite, sqlite_url, tmp_path) as jobs:
        journal_in(tmp_path, ever.id)
        jobs.message_closed(ever.id)
        await settled(sqlite, ever.id, MessageState.RECORDED)
        rules = [PolicyRule(RecordingPolicy(keep_days=30), department=town.department)]
        await SqlRecordingPolicies(sqlite).write(town.number.id, rules, "shell", NOW)
        journal_in(tmp_path, month.id)
        jobs.message_closed(month.id)
        await settled(sqlite, month.id, MessageState.RECORDED)
        messages = SqlMessages(sqlite)
        assert await messages.sweep(now() + timedelta(days=29), "retention") == 0
        await sqlite.run(lambda session: session.connection().exec_driver_sql(A_MONTH_LATER) and None)
        assert await jobs.retention.sweep() == 1
        assert set(await messages.of([month.id, ever.id])) == {ever.id}, "at once"
        jobs.jobs.wake()
        await until(_async(lambda: _in_vault(tmp_path) == [f"{ever.id}.ogg"]))
        (line,) = [line for line in await SqlAudit(sqlite).newest() if line.action == "message.deleted"]
        assert (line.actor, line.subject) == ("retention", f"call:{month.id}")


async def test_who_is_forgotten_left_no_message_anywhere_not_even_one_that_comes_late(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    first, second = await in_vain(sqlite, town, "wacid.1"), await in_vain(sqlite, town, "wacid.2")
    async with keeping(sqlite, sqlite_url, tmp_path) as jobs:
        journal_in(tmp_path, first.id)
        jobs.message_closed(first.id)
        await settled(sqlite, first.id, MessageState.RECORDED)
        journal_in(tmp_path, second.id)
        erasure = SqlErasure(sqlite)
        (contact,) = await erasure.contacts_with(PhoneNumber("5511955550101"))
        assert await erasure.forget(contact, "user:1", NOW) == Forgotten(2, 0)
        jobs.message_closed(second.id)
        for call in (first, second):
            await settled(sqlite, call.id, MessageState.DELETED)
        jobs.jobs.wake()
        await until(_async(lambda: lying(tmp_path) == [] and _in_vault(tmp_path) == []), within_s=60)


def _in_vault(folder: Path) -> list[str]:
    return [path.name for path in (folder / "recordings" / "files").rglob("*") if path.is_file()]
