"""From a finished recording to what was said and what it was about, whatever engines do."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.jobs import GiveUp, Progress, TryAgain
from gateway.recording_jobs import RecordingJobs
from gateway.text_engines import engines_of
from gateway.transcribing import MOST_ATTEMPTS, Transcribing
from recording.summary import Kind
from recording.transcript import Speaker
from signaling.ids import CallId
from signaling.ports import Role
from signaling.recording_record import RecordingState
from store.api_keys import Scope
from store.audit import SqlAudit
from store.database import Database
from store.job_models import JobState
from store.jobs import Job
from store.people import Grants
from store.recordings import SqlRecordings
from store.transcript_models import TextState
from store.transcripts import SUMMARIZE, TRANSCRIBE, SqlTranscripts, erase_texts
from tests.fakes.engine_server import Asked, EngineServer, chat, said, status
from tests.services.gateways import served
from tests.services.recorded import QUICK, now, recorded_call, row_of, settings_of
from tests.services.samples import NOW, PASSWORD, Town, build_town, people_in
from tests.services.test_integrators_door import key_with
from tests.services.test_jobs import all_ended, until
from tests.services.transcribing_process import STEPS, SUMMARY_STEPS, at_work, cut_here, engine_settings
from tests.unit.recording.test_engines import GOOD


@pytest.fixture
async def server() -> AsyncIterator[EngineServer]:
    server = EngineServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(sqlite: Database) -> Town:
    return await build_town(sqlite)


def in_turn() -> Any:
    """The customer's piece comes first (recording.pieces)."""
    lines = iter(["Meu pedido 4792 não chegou.", "Chega amanhã, sem falta."] * 9)

    def answer(asked: Asked) -> Any:
        return chat(GOOD) if "/chat/" in asked.path else said((0.2, 1.0, next(lines)))

    return answer


async def kept_recording(database: Database, town: Town, folder: Path, url: str) -> tuple[CallId, RecordingJobs]:
    """A call whose recording is finished and in the vault, with nobody at work."""
    call = await recorded_call(database, town, folder)
    jobs = RecordingJobs(settings_of(url, folder), database, now, pace=QUICK)
    await jobs.start()

    async def is_kept() -> bool:
        return (await row_of(database, call.id)).state is RecordingState.RECORDED and await all_ended(database)

    await until(is_kept, within_s=60)
    await jobs.stop()
    return call.id, jobs


def a_job(call: CallId, kind: str = TRANSCRIBE, attempts: int = 1) -> Job:
    return Job(1, kind, call, None, JobState.RUNNING, attempts, None, None, None, NOW, NOW, None)


async def test_a_recording_that_is_finished_is_written_down_and_summarised_by_itself(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, server: EngineServer
) -> None:
    server.script = in_turn()
    call = await recorded_call(sqlite, town, tmp_path)
    async with at_work(sqlite, sqlite_url, tmp_path, **engine_settings(server.url)) as texts:

        async def is_summarised() -> bool:
            summary = await texts.store.summary(call.id)
            return summary is not None and summary.state is TextState.DONE

        await until(is_summarised, within_s=60)
        (kept,) = await texts.store.transcripts(call.id)
    assert kept.transcript is not None and kept.transcript.language == "pt"
    said_by = {one.speaker: one for one in kept.transcript.segments}
    assert said_by[Speaker.CUSTOMER].text.startswith("Meu pedido") and said_by[Speaker.AGENT].text.startswith("Chega")
    # In the journal the agent begins to speak a second after the customer; pieces begin a little before.
    apart_s = said_by[Speaker.AGENT].start_s - said_by[Speaker.CUSTOMER].start_s
    assert abs(apart_s - 1.0) < 0.3
    summary = await SqlTranscripts(sqlite).summary(call.id)
    assert summary is not None and summary.summary is not None
    assert (summary.summary.kind, summary.summary.reason) == (Kind.MODEL, GOOD["reason"])
    heard = [asked for asked in server.asked if "file" in asked.fields]
    assert len(heard) == 2 and heard[0].headers["Authorization"] == "Bearer sk-heard"
    assert not any("5511" in json.dumps(asked.body) for asked in server.asked)
    assert list((tmp_path / "recordings" / "heard").iterdir()) == [], "no sound stays where it was heard"


async def test_the_worker_is_killed_at_every_step_of_a_transcript_and_nothing_of_it_is_lost_or_left(
    sqlite: Database,
    sqlite_url: str,
    town: Town,
    tmp_path: Path,
    server: EngineServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One process of each step, on a copy of everything; each is killed where it says that it is. Those of the summary
    begin with a transcript that is there."""

    def answer(asked: Asked) -> Any:
        """Each side of the call has words of its own, whoever asks."""
        return chat(GOOD) if "/chat/" in asked.path else said((0.2, 1.0, f"{len(asked.fields['file'])} bytes"))

    server.script = answer
    monkeypatch.setattr("gateway.transcribing.cut_recording", cut_here)
    call, jobs = await kept_recording(sqlite, town, tmp_path / "asked", sqlite_url)
    store = SqlTranscripts(sqlite, jobs.reads_at)
    assert await store.ask_transcript(call, "user:1", NOW)

    def copied(source: str, *steps: str) -> None:
        for step in steps:
            shutil.copytree(tmp_path / source, tmp_path / step, dirs_exist_ok=True)
            with (
                sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as here,
                sqlite3.connect(tmp_path / step / "ramal.db") as there,
            ):
                here.backup(there)

    copied("asked", *STEPS)
    engines = await engines_of(settings_of(sqlite_url, tmp_path, **engine_settings(server.url)))
    work = Transcribing(engines, store, SqlRecordings(sqlite), jobs.vault, tmp_path / "heard", now)
    await work.transcribe(a_job(call), Progress())
    await engines.close()
    copied("asked", *SUMMARY_STEPS, "never")

    command = (sys.executable, "-m", "tests.services.transcribing_process", str(tmp_path), server.url)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    lay: dict[str, int] = {}
    async for line in process.stdout:
        word, step, pid, *_ = [*line.decode().split(), "", "", ""]
        if word == "AT" and step not in lay:
            heard = tmp_path / step / "recordings" / "heard"
            lay[step] = len([path for path in heard.rglob("*") if path.is_file()])
            os.kill(int(pid), signal.SIGKILL)
    assert await process.wait() == 0 and lay.keys() == {*STEPS, *SUMMARY_STEPS}
    assert lay["cut"] == 3, "the recording and a piece of each side: else nothing is shown by their going"
    asked_before = len([one for one in server.asked if "file" in one.fields])
    found: dict[str, Any] = {}

    async def done_again(step: str) -> None:
        folder = tmp_path / step
        url = f"sqlite:///{folder}/ramal.db"
        own = Database(url)
        async with at_work(own, url, folder, **engine_settings(server.url)) as texts:
            await until(lambda: all_ended(own), within_s=60)
            (kept,) = await texts.store.transcripts(call)
            summary = await texts.store.summary(call)
            assert summary is not None and kept.transcript is not None
            found[step] = (kept.state, kept.transcript, summary.state, summary.summary)
        await own.close()
        assert not list((folder / "recordings").glob("heard/*")), step

    await asyncio.gather(*(done_again(step) for step in (*STEPS, *SUMMARY_STEPS, "never")))
    assert found["never"][0] is found["never"][2] is TextState.DONE
    assert all(each == found["never"] for each in found.values())
    paid = len([one for one in server.asked if "file" in one.fields]) - asked_before
    assert paid == 3 * 2, "what was noted is not heard again"


async def test_engines_that_fail_leave_the_recording_as_it_was_and_say_whether_asking_again_helps(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, server: EngineServer
) -> None:
    call, jobs = await kept_recording(sqlite, town, tmp_path, sqlite_url)
    before, store = await row_of(sqlite, call), SqlTranscripts(sqlite)
    engines = await engines_of(settings_of(sqlite_url, tmp_path, **engine_settings(server.url)))
    work = Transcribing(engines, store, SqlRecordings(sqlite), jobs.vault, tmp_path / "heard", now)

    async def became(state: TextState, code: str, helps: bool) -> None:
        (kept,) = await store.transcripts(call)
        assert (kept.state, kept.failure and kept.failure.code) == (state, code)
        assert kept.failure is not None and (kept.failure.retry_after_s is not None) is helps
        assert await row_of(sqlite, call) == before

    server.script = [status(503, Retry_After="500")]
    with pytest.raises(TryAgain) as again:
        await work.transcribe(a_job(call), Progress())
    assert (again.value.reason, again.value.after_s) == ("engine.down", 500.0)
    await became(TextState.WAITING, "engine.down", helps=True)
    with pytest.raises(GiveUp):
        await work.transcribe(a_job(call, attempts=MOST_ATTEMPTS), Progress())
    await became(TextState.FAILED, "engine.down", helps=True)
    for script, code in ((status(401), "engine.key"), ("<html>", "engine.nonsense")):
        server.script = [script]
        with pytest.raises(GiveUp) as given_up:
            await work.transcribe(a_job(call), Progress())
        assert given_up.value.reason == code
        await became(TextState.FAILED, code, helps=False)

    assert await store.ask_transcript(call, "user:1", NOW)
    server.script = in_turn()
    await work.transcribe(a_job(call), Progress())
    asked = len(server.asked)
    await work.transcribe(a_job(call), Progress())
    assert len(server.asked) == asked, "a process that died before it could say so costs nothing twice"

    server.script = [chat("Claro!")]
    with pytest.raises(GiveUp, match=r"engine\.nonsense"):
        await work.summarize(a_job(call, SUMMARIZE), Progress())
    summary = await store.summary(call)
    assert summary is not None and (summary.state, summary.summary) == (TextState.FAILED, None)
    await engines.close()


async def test_a_file_that_is_gone_or_another_is_never_heard(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, server: EngineServer
) -> None:
    call, jobs = await kept_recording(sqlite, town, tmp_path, sqlite_url)
    file, store = (await row_of(sqlite, call)).file, SqlTranscripts(sqlite)
    assert file is not None
    engines = await engines_of(settings_of(sqlite_url, tmp_path, **engine_settings(server.url)))
    work = Transcribing(engines, store, SqlRecordings(sqlite), jobs.vault, tmp_path / "heard", now)
    path = tmp_path / "recordings" / "files" / file
    content = await asyncio.to_thread(path.read_bytes)
    await asyncio.to_thread(path.write_bytes, content[:-1] + b"x")
    for code in ("vault.changed", "vault.missing"):
        with pytest.raises(GiveUp, match=code):
            await work.transcribe(a_job(call), Progress())
        await asyncio.to_thread(path.unlink, missing_ok=True)
    await sqlite.run(lambda session: erase_texts(session, [call]))
    for gone in (call, CallId("0" * 32)):
        with pytest.raises(GiveUp):
            await work.summarize(a_job(gone, SUMMARIZE), Progress())
    with pytest.raises(GiveUp, match="no_recording"):
        await work.transcribe(a_job(CallId("0" * 32)), Progress())
    await engines.close()
    assert server.asked == []


async def test_without_engines_a_call_is_recorded_and_nothing_is_wrong(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call = await recorded_call(sqlite, town, tmp_path)
    async with at_work(sqlite, sqlite_url, tmp_path) as texts:

        async def is_recorded() -> bool:
            return (await row_of(sqlite, call.id)).state is RecordingState.RECORDED

        await until(is_recorded, within_s=60)
        assert await texts.store.transcripts(call.id) == ()
        work = Transcribing(texts.engines, texts.store, texts.jobs.recordings, texts.jobs.vault, tmp_path, now)
        await texts.store.ask_transcript(call.id, "user:1", NOW)
        await work.transcribe(a_job(call.id), Progress())
        (kept,) = await texts.store.transcripts(call.id)
        assert (kept.state, kept.failure) == (TextState.NOT_CONFIGURED, None)


async def test_who_may_replay_a_call_reads_asks_and_searches_it_over_http(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, server: EngineServer
) -> None:
    server.script = in_turn()
    call, _ = await kept_recording(sqlite, town, tmp_path, sqlite_url)
    people = people_in(sqlite)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    await people.add_user("sara", "Sara", PASSWORD, Role.SUPERVISOR, [])
    reads = await key_with(sqlite, Scope.TRANSCRIPTS_READ)
    other = await key_with(sqlite, Scope.CALLS_READ)
    with served(sqlite_url, tmp_path, **engine_settings(server.url)) as gateway:
        root = f"{gateway.url}/api/v1"

        @asynccontextmanager
        async def signed_in(login: str) -> AsyncIterator[Any]:
            async with aiohttp.ClientSession(
                cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Origin": gateway.url}
            ) as http:
                await http.post(f"{root}/session", json={"login": login, "password": PASSWORD})

                async def ask(method: str, path: str, **more: Any) -> tuple[int, Any]:
                    async with http.request(method, f"{root}{path}", **more) as answer:
                        return answer.status, await answer.json()

                yield ask

        async with signed_in("ana") as ana, signed_in("rita") as rita:
            assert (await ana("GET", f"/calls/{call}/transcript"))[0] == 404, "not her call, and she may not replay"
            assert (await ana("POST", f"/calls/{call}/transcript"))[0] == 403
            reach = {"engine": True, "anything": False, "every_call": False, "own_calls": False}
            assert (await rita("GET", "/transcripts/reach"))[1] == {**reach, "departments": ["Atendimento"]}
            assert (await ana("GET", "/transcripts/reach"))[1] == {**reach, "own_calls": True, "departments": []}
            async with signed_in("sara") as sara:
                assert (await sara("GET", "/transcripts/reach"))[1] == {**reach, "departments": []}, "no grant"
                assert (await sara("GET", f"/calls/{call}/transcript"))[0] == 404, "not of her departments"
            assert (await ana("GET", "/transcripts?words=pedido"))[1] == {"found": [], "next": None}
            status_, told = await rita("GET", f"/calls/{call}/transcript")
            assert (status_, told["recording"], told["transcripts"][0]["state"]) == (200, "recorded", "waiting")
            assert (await rita("POST", f"/calls/{call}/summary"))[1]["error"]["code"] == "no_transcript"
            nothing = {"failure": None, "progress": None, "next_try_at": None}
            waits = {"transcript": {"state": "waiting", **nothing}, "summary": {"state": None, **nothing}}
            assert await rita("GET", f"/calls/{call}/texts") == (200, waits)
            assert (await ana("GET", f"/calls/{call}/texts"))[0] == 404
            assert await rita("POST", f"/calls/{call}/transcript") == (202, {"state": "waiting"})

            async def is_summarised() -> bool:
                return bool((await rita("GET", f"/calls/{call}/summary"))[1]["state"] == "done")

            await until(is_summarised, within_s=60)
            (ours,) = (await rita("GET", f"/calls/{call}/transcript"))[1]["transcripts"]
            assert (ours["source"], ours["language"], ours["engine"], len(ours["lines"])) == ("ours", "pt", "openai", 2)
            summary = (await rita("GET", f"/calls/{call}/summary"))[1]
            assert (summary["kind"], summary["promises"]) == ("model", GOOD["promises"])
            (found,) = (await rita("GET", "/transcripts?words=nao%20cheg"))[1]["found"]
            assert (found["call"]["call_id"], found["lines"][0]["speaker"]) == (call, "customer")
            assert [one["text"] for one in found["lines"][0]["pieces"] if one["found"]] == ["não", "chegou"]
            assert (await rita("GET", "/transcripts/reach"))[1]["anything"] is True
            assert "customer" not in found["call"], "pages of ours are shown customers by label"
            assert (await rita("GET", "/transcripts?words=%3F%21"))[0] == 400
            assert (await rita("POST", f"/calls/{'0' * 32}/transcript"))[0] == 404
            await people.grant("ana", "Atendimento", Grants(may_replay=True))
            assert (await ana("GET", f"/calls/{call}/summary"))[1]["outcome"] == GOOD["outcome"]
            assert len((await ana("GET", "/transcripts?words=pedido"))[1]["found"]) == 1

        async with aiohttp.ClientSession() as http:
            for token, code in ((reads, 200), (other, 403)):
                headers = {"Authorization": f"Bearer {token.value}"}
                async with http.get(f"{root}/transcripts?words=pedido", headers=headers) as answer:
                    assert answer.status == code
                    if code == 200:
                        assert (await answer.json())["found"][0]["call"]["customer"] is not None
    lines = [(entry.actor, entry.action, entry.subject) for entry in await SqlAudit(sqlite).newest(500)]
    assert "texts" not in str(lines), "how far it is tells no word of it"
    assert ("user:3", "transcript.read", call) in lines and ("user:3", "transcript.asked", call) in lines
    assert ("key:1", "transcripts.searched", "") in lines
    assert "pedido" not in str(await SqlAudit(sqlite).newest(500))
