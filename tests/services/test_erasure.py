"""What goes for good: by itself when its time is over, by hand, and with a customer who must be forgotten."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlmodel import Session
from typer.testing import CliRunner

from gateway.cli import app
from recording.key_sentences import key_sentences
from signaling.call import Call, Outcome, State
from signaling.events import Direction
from signaling.ids import CallId, ContactId
from signaling.ports import Role
from signaling.private import Payload, PhoneNumber
from signaling.recording_policy import PolicyRule, RecordingPolicy
from signaling.recording_record import RecordingState
from store.audit import SqlAudit
from store.callbacks import SqlCallbacks
from store.calls import SqlCallStore
from store.database import Database
from store.erasure import ERASE_SOUND, Forgotten, SqlErasure
from store.history import SqlHistory
from store.history_filter import HistoryFilter
from store.job_models import JobState
from store.jobs import SqlJobs
from store.message_models import MessageState
from store.messages import ERASE_MESSAGE, KeptMessage, SqlMessages
from store.meta_file_models import MetaFileState
from store.meta_files import ERASE_META, SqlMetaFiles
from store.models import Row
from store.notes import SqlNotes
from store.reach import Reach
from store.recording_policies import SqlRecordingPolicies
from store.recordings import SqlRecordings
from store.retention import Outlook, Scheduled, SqlRetention, Stays, Thing
from store.transcripts import SqlTranscripts
from tests.services.gateways import served
from tests.services.recorded import ALWAYS, recorded_call, row_of
from tests.services.samples import KEY, NOW, PASSWORD, Town, build_town, call_in, customer, people_in
from tests.services.test_finishing import all_done, sqlite
from tests.services.test_jobs import until
from tests.services.test_recordings import FILE, being_recorded, over
from tests.services.test_transcripts import said

__all__ = ["sqlite"]

MARIA = customer("5511955550101", "BR.maria", "Maria Lima", "marialima")
SECRETS = ("5511955550101", "BR.maria", "Maria", "marialima", "wacid.MARIA", "said that", "ticket-7", "Abacaxi")
ADMIN = "user:1"


def later(days: float) -> datetime:
    return NOW + timedelta(days=days)


async def recorded(database: Database, town: Town, wacid: str, keep_days: int | None = 30, **facts: Any) -> Call:
    call = being_recorded(town, wacid, replace(ALWAYS, keep_days=keep_days))
    call = replace(call, **facts)
    calls = SqlCallStore(database)
    await calls.save(call)
    await calls.save(replace(over(call), outcome=Outcome.MISSED))
    assert await SqlRecordings(database).finished(call.id, FILE, NOW)
    return call


MESSAGE = KeptMessage("messages/2026/11/x.ogg", "k1", "ab" * 32, 2_048, 3.5, partial=False)


async def left(database: Database, town: Town, wacid: str, keep_days: int | None = 30, **facts: Any) -> Call:
    """A call whose customer left a message; it is in the vault, and goes after so many days."""
    rules = [PolicyRule(RecordingPolicy(keep_days=keep_days))]
    await SqlRecordingPolicies(database).write(town.number.id, rules, "shell", NOW)
    call = call_in(town, wacid, state=State.ENDED, outcome=Outcome.MISSED, ended_at=NOW)
    call = replace(call, **facts)
    await SqlCallStore(database).save(call.note(NOW, "ended"))
    messages = SqlMessages(database)
    assert await messages.put(call.id, NOW, "elsewhere") and await messages.kept(call.id, MESSAGE)
    return call


async def message_states(database: Database, *calls: Call) -> list[MessageState]:
    found = [await SqlMessages(database).get(call.id) for call in calls]
    return [each.state for each in found if each is not None]


async def states(database: Database, *calls: Call) -> list[RecordingState]:
    return [(await row_of(database, call.id)).state for call in calls]


async def audited(database: Database) -> list[tuple[str, str, str]]:
    lines = [(line.actor, line.action, line.subject) for line in await SqlAudit(database).newest()]
    return [line for line in lines if line[1].startswith(("recording.", "message.", "contact."))][::-1]


async def open_jobs(database: Database) -> list[tuple[str, str]]:
    jobs = await SqlJobs(database).page((JobState.WAITING,))
    return sorted((job.kind, job.subject) for job in jobs)


async def test_what_is_due_goes_unless_it_is_held_and_the_schedule_says_when(database: Database) -> None:
    town = await build_town(database)
    month, year = await recorded(database, town, "wacid.1"), await recorded(database, town, "wacid.2", 365)
    held, ever = await recorded(database, town, "wacid.3"), await recorded(database, town, "wacid.4", None)
    erasure = SqlErasure(database)
    assert await erasure.hold(held.id, True, ADMIN, NOW) is not None
    shown = [(each.call, each.legal_hold) for each in await SqlRetention(database).schedule(10)]
    assert shown == [(month.id, False), (held.id, True), (year.id, False)]
    assert await erasure.sweep(later(29)) == 0
    assert await erasure.sweep(later(31)) == 1
    assert await erasure.sweep(later(31)) == 0
    gone, there = RecordingState.DELETED, RecordingState.RECORDED
    assert await states(database, month, year, held, ever) == [gone, there, there, there]
    row = await row_of(database, month.id)
    assert (row.peaks, row.marks, row.file) == (None, (), FILE.file), "the file's place, until it is gone"
    assert await open_jobs(database) == [(ERASE_SOUND, month.id)]
    assert isinstance(await erasure.hold(held.id, False, ADMIN, later(40)), Scheduled)
    assert await erasure.sweep(later(40)) == 1
    assert await audited(database) == [
        (ADMIN, "recording.held", f"call:{held.id}"),
        ("retention", "recording.deleted", f"call:{month.id}"),
        (ADMIN, "recording.let_go", f"call:{held.id}"),
        ("retention", "recording.deleted", f"call:{held.id}"),
    ]
    await erasure.files_gone(month.id)
    assert (await row_of(database, month.id)).file is None
    assert await erasure.hold(month.id, True, ADMIN, NOW) is None


async def test_a_message_goes_by_itself_or_alone_by_hand_and_never_under_hold(database: Database) -> None:
    town = await build_town(database)
    month, held, ever = [await left(database, town, f"wacid.{n}", days) for n, days in enumerate((30, 30, None))]
    messages = SqlMessages(database)
    assert await messages.hold(held.id, True, ADMIN, NOW) == Scheduled(
        Thing.MESSAGE, held.id, town.number.id, town.department, later(30), True
    )
    assert await messages.delete(held.id, ADMIN, NOW) is Stays.ON_HOLD
    assert await messages.sweep(later(29), "retention") == 0
    assert await messages.sweep(later(31), "retention") == 1
    there, gone = MessageState.RECORDED, MessageState.DELETED
    assert await message_states(database, month, held, ever) == [gone, there, there]
    assert await messages.hold(month.id, True, ADMIN, NOW) is None
    assert await messages.delete(ever.id, ADMIN, NOW, Reach(departments=frozenset())) is Stays.UNKNOWN, "not theirs"
    assert await messages.delete(ever.id, ADMIN, NOW) is None
    assert await messages.delete(ever.id, ADMIN, NOW) is None, "twice is once"
    assert await messages.delete(CallId("0" * 32), ADMIN, NOW) is Stays.UNKNOWN
    assert await messages.of([month.id, held.id, ever.id]) == await messages.of([held.id]), "nobody hears them"
    assert await messages.hold(held.id, False, ADMIN, later(40)) is not None
    assert await messages.sweep(later(40), "retention") == 1
    assert await audited(database) == [
        (ADMIN, "message.held", f"call:{held.id}"),
        ("retention", "message.deleted", f"call:{month.id}"),
        (ADMIN, "message.deleted", f"call:{ever.id}"),
        (ADMIN, "message.let_go", f"call:{held.id}"),
        ("retention", "message.deleted", f"call:{held.id}"),
    ]
    assert await open_jobs(database) == sorted((ERASE_MESSAGE, call.id) for call in (month, held, ever))


async def test_what_goes_when_is_told_by_number_and_department_and_in_its_order(database: Database) -> None:
    town = await build_town(database)
    both = await recorded(database, town, "wacid.1", 20)
    await left(database, town, "wacid.2", 3, id=both.id)
    soon = await left(database, town, "wacid.3", 1)
    nowhere = await left(database, town, "wacid.4", None, department=None)
    await SqlErasure(database).hold(both.id, True, ADMIN, NOW)
    rules = [
        PolicyRule(RecordingPolicy(keep_days=7)),
        PolicyRule(RecordingPolicy(keep_days=90), Direction.INBOUND, town.department),
    ]
    await SqlRecordingPolicies(database).write(town.number.id, rules, "shell", NOW)
    retention = SqlRetention(database)
    shown = [(each.thing, each.call, each.due_at, each.with_recording) for each in await retention.schedule(10)]
    assert shown == [
        (Thing.MESSAGE, soon.id, later(1), False),
        (Thing.MESSAGE, both.id, later(3), True),
        (Thing.RECORDING, both.id, later(20) + timedelta(minutes=1), False),  # its call lasted that long
    ]
    assert len(await retention.schedule(2)) == 2
    await SqlMessages(database).hold(nowhere.id, True, ADMIN, NOW)
    assert [(each.call, each.due_at) for each in await retention.schedule(10)][-1] == (nowhere.id, None)
    none, ours = await retention.shelves(NOW)
    assert (none.department, none.inbound_days, none.outbound_days) == (None, 7, 7)
    assert (none.recordings, none.messages) == (Outlook(), Outlook(kept=1, held=1))
    assert (ours.department, ours.inbound_days, ours.outbound_days) == (town.department, 90, 7)
    assert ours.recordings == Outlook(kept=1, held=1)
    assert ours.messages == Outlook(kept=2, day=1, week=1, month=1, held=1)
    assert [shelf.department for shelf in await retention.shelves(NOW, Reach(departments=frozenset()))] == []
    assert await retention.schedule(10, Reach(numbers=frozenset())) == []
    assert await SqlMessages(database).sweep(later(9), "retention") == 1, "as was told"


async def metas(database: Database, town: Town, call: Call) -> list[MetaFileState]:
    assert call.wacid is not None
    store = SqlMetaFiles(database)
    for kind in ("recording", "transcription"):
        await store.arrived(town.number.phone_number_id, call.wacid, kind, f"1{kind}", "ab" * 32, NOW)
    return [file.state for file in await store.of_call(call.id)]


async def test_what_meta_made_goes_by_the_same_policy_where_no_recording_of_ours_takes_it_along(
    database: Database,
) -> None:
    town = await build_town(database)
    ours = await recorded(database, town, "wacid.1", 365)
    alone = await left(database, town, "wacid.2", 30)  # that rule holds for all three
    await SqlMessages(database).delete(alone.id, ADMIN, NOW)
    texts = SqlTranscripts(database)
    for call in (ours, alone):
        assert await metas(database, town, call) == [MetaFileState.WAITING] * 2
        (text,) = [file for file in await SqlMetaFiles(database).of_call(call.id) if file.kind == "transcription"]
        await texts.imported(call.id, said("Abacaxi"), NOW, "0" * 64, text.id, 100)
    erasure = SqlErasure(database)
    shown = [(each.thing, each.call, each.due_at) for each in await SqlRetention(database).schedule(10)]
    assert shown[0] == (Thing.META, alone.id, later(30))
    assert [thing for thing, _, _ in shown] == [Thing.META, Thing.RECORDING], "once, though they are two"
    assert await SqlRetention(database).schedule(10, Reach(departments=frozenset())) == []
    assert await erasure.sweep_metas(later(29)) == 0
    assert await erasure.sweep_metas(later(31)) == 1
    assert await erasure.sweep_metas(later(31)) == 0
    assert await metas(database, town, alone) == [MetaFileState.ERASED] * 2, "also when Meta says so again"
    assert await texts.transcripts(alone.id) == ()
    assert await metas(database, town, ours) == [MetaFileState.WAITING, MetaFileState.DONE]
    assert await texts.transcripts(ours.id)
    assert ("retention", "recording.metas_deleted", f"call:{alone.id}") in await audited(database)
    assert (ERASE_META, alone.id) in await open_jobs(database)


async def test_by_hand_a_recording_goes_once_and_never_under_hold_or_in_a_call(database: Database) -> None:
    town = await build_town(database)
    done, live = await recorded(database, town, "wacid.1"), being_recorded(town, "wacid.2")
    await SqlCallStore(database).save(live)
    erasure = SqlErasure(database)
    assert await erasure.delete(live.id, ADMIN, NOW) is Stays.IN_CALL
    assert await erasure.delete(CallId("0" * 32), ADMIN, NOW) is Stays.UNKNOWN
    await erasure.hold(done.id, True, ADMIN, NOW)
    assert await erasure.delete(done.id, ADMIN, NOW) is Stays.ON_HOLD
    await erasure.hold(done.id, False, ADMIN, NOW)
    assert await erasure.delete(done.id, ADMIN, NOW) is None
    assert await erasure.delete(done.id, ADMIN, NOW) is None
    assert [action for _, action, _ in await audited(database)].count("recording.deleted") == 1
    assert not await SqlRecordings(database).finished(done.id, FILE, NOW), "nothing brings it back"


def everything_in(database: Database) -> str:
    """Every value of every table, but for the business's own people and number."""

    def read(session: Session) -> str:
        tables = [table for table in Row.metadata.sorted_tables if table.name not in ("users", "numbers", "jobs")]
        found = [session.execute(table.select()).all() for table in tables]
        return json.dumps([[str([getattr(v, "value", v) for v in row]) for row in rows] for rows in found])

    with Session(database.engine) as session:
        return read(session)


async def a_life(database: Database, town: Town) -> tuple[ContactId, list[Call]]:
    """Calls of Maria with all that tells of her, and one of somebody else."""
    calls = [
        await recorded(
            *(database, town, "wacid.MARIA"), customer=MARIA, reference=Payload("ticket-7"), agent=town.agents[0]
        ),
        call_in(town, "wacid.MARIA2", MARIA, state=State.ENDED, outcome=Outcome.MISSED, ended_at=NOW),
    ]
    await SqlCallStore(database).save(calls[1].note(NOW, "ended"))
    notes = SqlNotes(database)
    assert await notes.save(calls[0].id, town.agents[0], "Maria said that …", None, finished=True, at=NOW)
    texts = SqlTranscripts(database)
    assert await texts.ask_transcript(calls[0].id, "gateway", NOW)
    await texts.heard(calls[0].id, said("my cat is called Abacaxi"), NOW, "0" * 64)
    await texts.summarised(calls[0].id, key_sentences(said("Abacaxi")), NOW)
    await recorded(database, town, "wacid.JOSE", customer=customer("5511955550999", None, "José"))
    (contact,) = await SqlErasure(database).contacts_with(PhoneNumber("5511955550101"))
    return contact, calls


async def test_a_customer_who_is_forgotten_is_in_no_table_and_their_calls_are_counted(database: Database) -> None:
    town = await build_town(database)
    contact, (talked, missed) = await a_life(database, town)
    before = everything_in(database)
    assert all(secret in before for secret in SECRETS), "else it shows nothing"
    assert await SqlCallbacks(database).count() == 1
    erasure = SqlErasure(database)
    assert await erasure.forget(contact, ADMIN, NOW) == Forgotten(2, 1)
    after = everything_in(database)
    assert [secret for secret in SECRETS if secret in after] == []
    assert "5511955550999" in after and "wacid.JOSE" in after
    counted = (await SqlHistory(database).page(HistoryFilter())).calls
    assert len(counted) == 3 and [call.contact for call in counted].count(contact) == 2
    assert [call.customer.name for call in counted] == ["José", None, None]
    assert await SqlCallbacks(database).count() == 0, "nobody need call Maria"
    assert await open_jobs(database) == sorted(
        [(ERASE_SOUND, talked.id), (ERASE_MESSAGE, talked.id), (ERASE_MESSAGE, missed.id)]
    )
    assert (ADMIN, "contact.erased", f"contact:{contact}") in await audited(database)
    assert await erasure.forget(contact, ADMIN, NOW) == Forgotten(2, 0)
    assert await erasure.contacts_with(PhoneNumber("5511955550101")) == []
    await SqlCallStore(database).save(call_in(town, "wacid.NEW", MARIA))
    (new,) = await erasure.contacts_with(PhoneNumber("5511955550101"))
    assert new != contact, "who calls again is somebody new"


async def test_nobody_is_forgotten_in_a_call_or_under_hold(database: Database) -> None:
    town = await build_town(database)
    contact, (talked, _) = await a_life(database, town)
    erasure = SqlErasure(database)
    await erasure.hold(talked.id, True, ADMIN, NOW)
    assert await erasure.forget(contact, ADMIN, NOW) is Stays.ON_HOLD
    await erasure.hold(talked.id, False, ADMIN, NOW)
    message = await left(database, town, "wacid.MARIA4", customer=MARIA)
    await SqlMessages(database).hold(message.id, True, ADMIN, NOW)
    assert await erasure.forget(contact, ADMIN, NOW) is Stays.ON_HOLD
    await SqlMessages(database).hold(message.id, False, ADMIN, NOW)
    await SqlCallStore(database).save(call_in(town, "wacid.MARIA3", MARIA, state=State.TALKING))
    assert await erasure.forget(contact, ADMIN, NOW) is Stays.IN_CALL
    assert await erasure.forget(ContactId(999), ADMIN, NOW) is Stays.UNKNOWN
    assert all(secret in everything_in(database) for secret in SECRETS)


async def test_files_go_wherever_they_lie_when_somebody_asks_over_rest_or_at_a_shell(
    sqlite: Database, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.erasure.WORKER_STOPS", timedelta(seconds=0.5))
    town = await build_town(sqlite)
    people = people_in(sqlite)
    await people.add_user("ada", "Ada", PASSWORD, Role.ADMINISTRATOR, [])
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, [])
    kept = replace(ALWAYS, keep_journal=True)
    await recorded_call(sqlite, town, tmp_path, "wacid.1", kept, who=MARIA)
    await recorded_call(sqlite, town, tmp_path, "wacid.2", kept)
    due = await recorded_call(sqlite, town, tmp_path, "wacid.3", replace(kept, keep_days=1))  # months ago
    calls = [recording.call for recording in (await SqlRecordings(sqlite).page())[0]]
    broken = tmp_path / "recordings" / "journals" / f"{calls[-1]}.journal"
    broken.write_bytes(b"nothing that can be played, and it is theirs")
    message = tmp_path / "voicemails" / f"{calls[-1]}.ogg"
    message.parent.mkdir()
    message.write_bytes(b"a message")

    def files() -> set[str]:
        lie = [*(tmp_path / "recordings").rglob("*"), *(tmp_path / "voicemails").rglob("*")]
        return {path.name for path in lie if path.is_file()} - {"place"}

    with served(sqlite_url, tmp_path) as gateway:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

            async def ask(method: str, path: str, **more: Any) -> tuple[int, Any]:
                headers = {} if method == "GET" else {"Origin": gateway.url}
                async with http.request(method, f"{gateway.url}/api/v1{path}", headers=headers, **more) as response:
                    return response.status, None if response.status == 204 else await response.json()

            async def sign_in(login: str) -> None:
                assert (await ask("POST", "/session", json={"login": login, "password": PASSWORD}))[0] == 200

            await sign_in("rita")
            await until(lambda: all_done(sqlite), within_s=60)
            await until(lambda: is_gone(sqlite, due), within_s=60)
            assert files() == {f"{calls[1]}.ogg", f"{calls[1]}.ogg.journal", broken.name, message.name}
            assert (await ask("GET", "/retention/schedule"))[1] == {"lines": [], "more": False}
            assert (await ask("DELETE", f"/recordings/{calls[1]}"))[0] == 403
            await sign_in("ada")
            assert (await ask("PUT", f"/recordings/{calls[1]}/hold", json={"on": True}))[0] == 200
            (line,) = (await ask("GET", "/retention/schedule"))[1]["lines"]
            assert (line["call_id"], line["due_at"], line["legal_hold"]) == (calls[1], None, True)
            status, told = await ask("DELETE", f"/recordings/{calls[1]}")
            assert (status, told["error"]["code"]) == (409, "on_hold")
            assert (await ask("PUT", f"/recordings/{calls[1]}/hold", json={"on": False}))[0] == 200
            assert (await ask("DELETE", f"/recordings/{calls[1]}"))[0] == 204
            assert (await ask("DELETE", "/recordings/" + "0" * 32))[0] == 404
            assert (await ask("POST", "/contacts/999/erase"))[0] == 404
            monkeypatch.setenv("RAMAL_SECRET_KEY", KEY.value)
            monkeypatch.setenv("RAMAL_DATABASE_URL", sqlite_url)
            shell = await asyncio.to_thread(
                lambda: CliRunner().invoke(app, ["contact", "erase", "--phone-stdin"], input="+55 11 95555-0101\n")
            )
            assert shell.exit_code == 0  # beside its words are those of the gateway, which logs to the same stream
            assert "1 calls stay without a name; 1 recordings deleted." in shell.stdout.splitlines()
            again = await asyncio.to_thread(
                lambda: CliRunner().invoke(app, ["contact", "erase", "--phone-stdin"], input="+55 11 95555-0101\n")
            )
            assert again.exit_code == 2
            await until(lambda: all_done(sqlite), within_s=60)
            assert files() == set()
            assert (await ask("GET", f"/recordings/{calls[1]}"))[1]["state"] == "deleted"


async def is_gone(database: Database, call: Call) -> bool:
    row = await row_of(database, call.id)
    return row.state is RecordingState.DELETED and row.file is None
