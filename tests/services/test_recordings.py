"""Rows of recordings: begun and ended with their calls, taken over after a crash, moved on by whoever finishes; and the
policies of numbers. On both databases."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import typer
from sqlmodel import Session, select
from typer.testing import CliRunner

from gateway.cli_admin import add_commands
from gateway.cli_recording import add_recording_commands
from signaling.call import Call, Consent, Recording, State
from signaling.events import Direction
from signaling.ids import PhoneNumberId, new_call_id
from signaling.ports import Role
from signaling.recording_policy import Agreement, PolicyRule, RecordingPolicy, When
from signaling.recording_record import RecordingState
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.number_plans import ChangedMeanwhile
from store.recording_policies import SqlRecordingPolicies
from store.recordings import INTERRUPTED, JOURNAL_MISSING, FinishedFile, LeftJournal, SqlRecordings
from store.refusal import Refusal
from tests.services.gateways import ServedGateway, served
from tests.services.samples import KEY, NOW, PASSWORD, Town, build_town, call_in, numbers_in, people_in

KEPT_30 = RecordingPolicy(When.AFTER_CONSENT, Agreement.KEY, keep_days=30)
FILE = FinishedFile("2026/03/a.ogg", "k1", "ab" * 32, 4_000, 61.5, 0.0, False, b"\x00\x01", ({"at_s": 3.0},))


def later(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def being_recorded(town: Town, wacid: str = "wacid.1", policy: RecordingPolicy = KEPT_30) -> Call:
    call = call_in(town, wacid, state=State.TALKING, accepted_at=NOW, recording_policy=policy)
    call = replace(call, recording=Recording.ON, recording_since=NOW, consent=Consent.AGREED, consent_at=NOW)
    return call.note(NOW, "consent_agreed").note(NOW, "recording")


def over(call: Call) -> Call:
    ended = replace(call, state=State.ENDED, recording=Recording.OFF, recording_until=later(60), ended_at=later(61))
    return ended.note(later(61), "ended")


async def state_of(database: Database, call: Call) -> RecordingState | None:
    row = await SqlRecordings(database).get(call.id)
    return None if row is None else row.state


async def test_a_recording_is_begun_and_ended_by_the_saves_of_its_call(database: Database) -> None:
    town = await build_town(database)
    calls, recordings = SqlCallStore(database), SqlRecordings(database)
    call = call_in(town, state=State.TALKING, recording_policy=KEPT_30)
    await calls.save(call)
    assert await recordings.get(call.id) is None
    call = replace(being_recorded(town), id=call.id, wacid=call.wacid)
    await calls.save(call)
    begun = await recordings.get(call.id)
    assert begun is not None and begun.state is RecordingState.RECORDING
    assert (begun.policy, begun.consent, begun.consent_at) == (KEPT_30, Consent.AGREED, NOW)
    assert (begun.started_at, begun.ended_at, begun.journal) == (NOW, None, f"{call.id}.journal")
    assert await recordings.to_finish() == []
    await calls.save(call.note(NOW, "held"))  # not about the recording: the quick way of saving
    await calls.save(over(call))
    (ended,) = await recordings.to_finish()
    assert (ended.call, ended.ended_at, ended.keep_until) == (call.id, later(60), later(60) + timedelta(days=30))


async def test_who_refuses_has_a_row_that_says_so_and_no_journal(database: Database) -> None:
    town = await build_town(database)
    call = call_in(town, state=State.TALKING, recording_policy=KEPT_30, consent=Consent.REFUSED, consent_at=NOW)
    await SqlCallStore(database).save(call.note(NOW, "consent_refused"))
    row = await SqlRecordings(database).get(call.id)
    assert row is not None and (row.state, row.journal, row.consent_at) == (RecordingState.REFUSED, None, NOW)
    asked = call_in(town, "wacid.2", state=State.TALKING, recording_policy=KEPT_30, consent=Consent.ASKED)
    await SqlCallStore(database).save(asked)
    assert await SqlRecordings(database).get(asked.id) is None, "who hung up at the question has not answered"


async def test_finishing_moves_on_once_and_no_late_save_undoes_it(database: Database) -> None:
    town = await build_town(database)
    calls, recordings, call = SqlCallStore(database), SqlRecordings(database), being_recorded(town)
    await calls.save(call)
    assert not await recordings.finished(call.id, FILE, later(70)), "it is not over"
    await calls.save(over(call))
    assert await recordings.finished(call.id, FILE, later(70))
    assert not await recordings.failed(call.id, "late", later(80))
    await SqlCallStore(database).save(over(call).note(later(90), "corrected"))
    row = await recordings.get(call.id)
    assert row is not None and row.state is RecordingState.RECORDED
    assert (row.file, row.sha256, row.duration_s, row.peaks) == (FILE.file, FILE.sha256, 61.5, b"\x00\x01")
    assert list(row.marks) == [{"at_s": 3.0}]
    await recordings.journal_gone(call.id)
    gone = await recordings.get(call.id)
    assert gone is not None and gone.journal is None and gone.file == FILE.file


async def test_what_ends_a_recording_early_is_kept_as_its_reason(database: Database) -> None:
    town = await build_town(database)
    calls = SqlCallStore(database)
    full, unheard = being_recorded(town), being_recorded(town, "wacid.2")
    for call in (full, unheard):
        await calls.save(call)
    lost = replace(full, recording=Recording.FAILED, recording_failure="disk_full").note(later(9), "recording_failed")
    await calls.save(lost)
    assert await state_of(database, full) is RecordingState.RECORDING, "its call is up: its length is not known"
    await calls.save(replace(over(lost), recording=Recording.FAILED))
    (row,) = await SqlRecordings(database).to_finish()
    assert row.reason == "disk_full"
    never = replace(unheard, recording=Recording.FAILED, recording_failure="media.leg_lost", recording_since=None)
    await calls.save(never.note(later(1), "recording_failed"))
    assert await state_of(database, unheard) is RecordingState.FAILED, "there is nothing to finish"


async def test_after_a_crash_every_journal_is_to_be_finished(database: Database) -> None:
    town = await build_town(database)
    calls, recordings = SqlCallStore(database), SqlRecordings(database)
    number = town.number
    await SqlRecordingPolicies(database).write(number.id, [PolicyRule(KEPT_30)], "shell", NOW)
    known, without_row, without_journal = (being_recorded(town, f"wacid.{n}") for n in range(3))
    await calls.save(known)
    await calls.save(replace(without_row, recording_since=None, recording=Recording.OFF, consent=None))
    await calls.save(without_journal)
    stranger = new_call_id()
    left = [LeftJournal(call, NOW, later(40)) for call in (known.id, without_row.id, stranger)]
    assert set(await recordings.take_over(left, later(50))) == {known.id, without_row.id}
    assert await recordings.take_over(left, later(50)) == [], "once"
    rows = await recordings.to_finish()
    assert [(row.ended_at, row.reason, row.policy) for row in rows] == [(later(40), INTERRUPTED, KEPT_30)] * 2
    assert [row.consent for row in rows] == [Consent.AGREED] * 2
    lost = await recordings.get(without_journal.id)
    assert lost is not None and (lost.state, lost.reason) == (RecordingState.FAILED, JOURNAL_MISSING)
    assert await recordings.get(stranger) is None


async def told(database: Database, call: Call) -> list[tuple[str, str, str | None]]:
    """The events of a recording, as they would be delivered now."""
    query = select(OutboxEventRow).where(OutboxEventRow.stream == f"recording:{call.id}")

    def read(session: Session) -> list[tuple[str, str, str | None]]:
        bodies = [event_told(session, row).model_dump(mode="json") for row in session.exec(query)]
        assert [body["sequence"] for body in bodies] == list(range(1, len(bodies) + 1))
        assert {body["data"]["call"]["call_id"] for body in bodies} <= {call.id}
        return [
            (body["type"], body["data"]["recording"]["state"], body["data"]["recording"]["reason"]) for body in bodies
        ]

    return await database.read(read)


async def test_integrators_are_told_once_that_it_began_broke_off_and_can_be_played(database: Database) -> None:
    town = await build_town(database)
    news: list[None] = []
    calls, recordings = SqlCallStore(database, lambda: news.append(None)), SqlRecordings(database)
    call = being_recorded(town)
    await calls.save(call)
    await calls.save(call.note(NOW, "held"))
    assert await told(database, call) == [("recording.started", "recording", None)]
    heard = len(news)
    lost = replace(call, recording=Recording.FAILED, recording_failure="disk_full").note(later(9), "recording_failed")
    for _ in range(2):
        await calls.save(lost)
    assert [kind for kind, _, _ in await told(database, call)] == ["recording.started", "recording.failed"]
    assert len(news) > heard, "at once"
    await calls.save(replace(over(lost), recording=Recording.FAILED))
    await recordings.finished(call.id, replace(FILE, partial=True), later(70))
    kinds = ("recording.started", "recording.failed", "recording.ended")
    assert await told(database, call) == [(kind, "partial", "disk_full") for kind in kinds]
    refused = call_in(town, "wacid.2", recording_policy=KEPT_30, consent=Consent.REFUSED, consent_at=NOW)
    await calls.save(refused.note(NOW, "consent_refused"))
    assert await told(database, refused) == []


# ---- policies --------------------------------------------------------------------------------------------------------


async def test_policies_stand_with_their_number_and_who_wrote_them_in_the_audit(database: Database) -> None:
    town = await build_town(database)
    policies = SqlRecordingPolicies(database)
    rules = (PolicyRule(KEPT_30, Direction.INBOUND, town.department), PolicyRule(RecordingPolicy(When.ALWAYS)))
    assert town.number.recording == ()
    assert (await policies.write(town.number.id, rules, "user:9", NOW)).value == rules
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and number.recording == rules
    (line,) = await SqlAudit(database).newest()
    assert (line.actor, line.action, line.subject) == ("user:9", "number.recording_written", f"number:{number.id}")
    assert [rule["policy"]["when"] for rule in json.loads(str(line.data["rules"]))] == ["after_consent", "always"]
    for wrong in (
        [PolicyRule(KEPT_30), PolicyRule(KEPT_30)],
        [PolicyRule(replace(KEPT_30, keep_days=0))],
        [PolicyRule(replace(KEPT_30, agree_key="a"))],
        [PolicyRule(KEPT_30, department=type(town.department)(999))],
    ):
        with pytest.raises(Refusal):
            await policies.write(town.number.id, wrong, "user:9", NOW)
    await policies.write(town.number.id, (), "user:9", NOW)
    assert (await numbers_in(database).all())[0].recording == ()


async def test_of_two_who_write_at_once_the_second_is_told_who_was_first_and_overwrites_nothing(
    database: Database,
) -> None:
    town = await build_town(database)
    policies = SqlRecordingPolicies(database)
    first, second = [PolicyRule(KEPT_30)], [PolicyRule(RecordingPolicy(When.NEVER))]
    races = (policies.write(town.number.id, rules, f"user:{town.agents[0]}", NOW, 0) for rules in (first, second))
    ends = await asyncio.gather(*races, return_exceptions=True)
    (kept,) = (end for end in ends if not isinstance(end, BaseException))
    (late,) = (end for end in ends if isinstance(end, ChangedMeanwhile))
    assert (late.now.version, late.now.changed_by, late.now.changed_at) == (1, "Ana", NOW)
    assert await policies.read(town.number.id) == kept
    assert kept.value == tuple(second if isinstance(ends[0], ChangedMeanwhile) else first)
    assert len(await SqlAudit(database).newest()) == 1
    again = await policies.write(town.number.id, [], "shell", NOW, 1)
    assert (again.version, again.changed_by, again.value) == (2, "shell", ())


async def test_policies_that_nobody_can_read_record_nothing_and_stop_no_call(database: Database) -> None:
    town = await build_town(database)
    bad = 'UPDATE numbers SET recording = \'[{"policy": {"when": "sometimes"}}]\''
    await database.run(lambda session: session.connection().exec_driver_sql(bad) and None)
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and number.recording == ()


@pytest.fixture
def gateway(database_url: str, tmp_path: Path) -> Iterator[ServedGateway]:
    with served(database_url, tmp_path) as running:
        yield running


async def test_an_administrator_writes_them_by_rest_and_nobody_else(gateway: ServedGateway, database: Database) -> None:
    town = await build_town(database)
    await people_in(database).add_user("root", "Root", PASSWORD, Role.ADMINISTRATOR, [])
    path = f"numbers/{town.number.id}/recording"
    rule = {"when": "after_consent", "agreement": "key", "department_id": town.department, "keep_days": 90}
    async with aiohttp.ClientSession(f"{gateway.url}/api/v1/", cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await http.post("session", json={"login": "ana", "password": PASSWORD})
        nothing = {"version": 0, "rules": []}
        assert (await http.get(path)).status == (await http.put(path, json=nothing)).status == 403
        await http.post("session", json={"login": "root", "password": PASSWORD})
        none = {"version": 0, "rules": [], "readable": True, "changed_at": None, "changed_by": None}
        assert await (await http.get(path)).json() == none
        written = await (await http.put(path, json={"version": 0, "rules": [rule]})).json()
        assert written == await (await http.get(path)).json()
        (told,) = written["rules"]
        assert told.items() >= rule.items() and told["hold"] is False
        assert (written["version"], written["changed_by"]) == (1, "Root")
        for wrong, status in (
            ({"rules": [{"when": "sometimes"}]}, 400),
            ({"rules": [rule, rule]}, 400),
            ({"rules": [{"when": "always", "department_id": 999}]}, 404),
            ({"rules": [{"when": "always"}], "more": 1}, 400),
        ):
            assert (await http.put(path, json={"version": 1, **wrong})).status == status
        assert (await http.put(path, json={"rules": []})).status == 400, "nobody writes what they have not read"
        assert (await http.put("numbers/999/recording", json={"version": 0, "rules": []})).status == 404
        late = await http.put(path, json={"version": 0, "rules": []})
        error = (await late.json())["error"]
        assert (late.status, error["code"], error["version"], error["changed_by"]) == (
            409,
            "changed_meanwhile",
            1,
            "Root",
        )
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and [one.policy.keep_days for one in number.recording] == [90]


def test_and_at_a_shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    add_commands(app)
    add_recording_commands()

    def shell(*arguments: str) -> tuple[int, str]:
        environment = {"RAMAL_SECRET_KEY": KEY.value, "RAMAL_DATABASE_URL": database_url}
        result = CliRunner().invoke(app, ("number", "record", "106540352242922", *arguments), env=environment)
        errors.append(result.stderr)
        return result.exit_code, result.stdout

    errors: list[str] = []
    database = Database(database_url)
    asyncio.run(build_town(database))
    assert shell() == (0, "Nothing is recorded.\n")
    assert shell("always", "--keep-days", "30") == (0, "both directions\tall departments\talways, kept 30 days\n")
    consent = ("after_consent", "--direction", "outbound", "--department", "Atendimento", "--agreement", "key")
    code, text = shell(*consent)
    assert (code, text.splitlines()[1]) == (
        0,
        "outbound\tAtendimento\tafter_consent, by key 1 within 8 s, kept for ever",
    )
    assert "kept 30 days, journal kept" in shell("on_demand", "--keep-journal")[1], "what is not named stays"
    assert shell("--clear", "--direction", "outbound", "--department", "Atendimento")[1].count("\n") == 1
    for wrong in (("always", "--keep-days", "9999"), ("always", "--department", "Nenhum"), ("--hold",)):
        assert shell(*wrong)[0] == 2
    assert shell("--version", "4")[0] == 0 and errors[-1] == "Version 4.\n"
    assert shell("never", "--version", "3")[0] == 2
    assert errors[-1].startswith("shell has written at ") and "(version 4)" in errors[-1]
    number = asyncio.run(numbers_in(database).by_phone_number_id(PhoneNumberId("106540352242922")))
    assert number is not None and [rule.policy.when for rule in number.recording] == [When.ON_DEMAND]
    assert [line.actor for line in asyncio.run(SqlAudit(database).newest())] == ["shell"] * 4
    database.close_now()


def test_what_kept_the_whole_wait_keeps_each_part_of_it_after_the_migration() -> None:
    apart = import_module("store.migrations.versions.0022_versions_of_policies")._apart
    before = {"policy": {"when": "always", "waiting": True, "hold": False}, "direction": None}
    after = {"when": "always", "hold": False, "greeting": True, "menu": True, "queue": True}
    assert apart(before) == {"policy": after, "direction": None}
    for other in ({"policy": {"when": "never"}}, "nonsense", {"policy": 3}):
        assert apart(other) == other
