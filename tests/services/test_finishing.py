"""From a closed journal to a recording that anybody can play, whatever breaks on the way."""

import asyncio
import hashlib
import os
import shutil
import signal
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from moto.server import ThreadedMotoServer

from gateway.finishing import JOURNAL_DAMAGED, KIND, WORK
from gateway.finishing import journal_of as journal_file_of
from gateway.message_jobs import VOICEMAILS
from gateway.recording_jobs import RecordingJobs
from gateway.simulator.clips import voices
from recording.mix import PEAKS
from recording.timeline import RATE_HZ
from signaling.call import Call
from signaling.ids import CallId
from signaling.ports import Role
from signaling.recording_record import RecordingState
from store.database import Database
from store.job_models import JobState
from store.jobs import SqlJobs
from store.message_models import MessageState
from store.messages import SqlMessages
from store.recordings import JOURNAL_MISSING, StoredRecording
from tests.services.finishing_process import MESSAGE_STEPS, STEPS
from tests.services.gateways import closed_port, served
from tests.services.recorded import (
    ALWAYS,
    CALL_LASTED_S,
    LASTED_S,
    is_finished,
    jobs_in,
    journal_of,
    message_left,
    recorded_call,
    row_of,
)
from tests.services.redis_server import RedisServer, redis_server
from tests.services.samples import KEY, PASSWORD, Town, build_town, people_in
from tests.services.test_jobs import until
from tests.unit.recording.test_mix import WAY_S, both_sides, likeness, sound_of

__all__ = ["redis_server"]

SEALED = "k1:" + "A" * 43 + "="


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
async def town(sqlite: Database) -> Town:
    return await build_town(sqlite)


@asynccontextmanager
async def finishing(database: Database, url: str, folder: Path, **given: Any) -> AsyncIterator[RecordingJobs]:
    jobs = jobs_in(database, url, folder, **given)
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop()


async def finished(database: Database, call: Call) -> StoredRecording:
    await until(lambda: is_finished(database, call.id), within_s=90)
    return await row_of(database, call.id)


async def last_error(database: Database, call: CallId) -> str | None:
    job = (await SqlJobs(database).of(KIND, [call])).get(call)
    return None if job is None else job.last_error


async def errs(database: Database, call: Call, error: str) -> None:
    async def says_so() -> bool:
        return await last_error(database, call.id) == error

    await until(says_so, within_s=60)


async def content(jobs: RecordingJobs, file: str) -> bytes:
    size = await jobs.vault.size(file)
    return b"".join([portion async for portion in jobs.vault.read(file, 0, size - 1)])


def left_in(folder: Path) -> list[str]:
    """What lies about when everything is done: nothing."""
    parts = (folder / of / part for of in ("recordings", VOICEMAILS) for part in ("journals", WORK))
    return [path.name for part in parts if part.exists() for path in part.iterdir()]


async def test_a_closed_journal_becomes_a_stereo_recording_and_nothing_else_stays(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call = await recorded_call(sqlite, town, tmp_path)
    async with finishing(sqlite, sqlite_url, tmp_path) as jobs:
        row = await finished(sqlite, call)
        assert (row.state, row.reason, row.missing_s, row.duration_s) == (RecordingState.RECORDED, None, 0.0, LASTED_S)
        assert row.file == f"{row.started_at:%Y/%m}/{call.id}.ogg"
        audio = await content(jobs, row.file)
        assert (hashlib.sha256(audio).hexdigest(), len(audio)) == (row.sha256, row.size_bytes)
        await until(lambda: all_done(sqlite))
    assert row.peaks is not None and len(row.peaks) == 2 * 2 * PEAKS
    heard = tmp_path / "heard.ogg"
    heard.write_bytes(audio)
    left, right = both_sides(heard)
    assert abs(len(left) / RATE_HZ - LASTED_S) < 0.02
    assert likeness(left, sound_of(voices()["joao"].packets[:60]), 0.5 + WAY_S) > 0.9
    assert likeness(right, sound_of(voices()["maria"].packets[:60]), 1.5 + WAY_S) > 0.9
    assert left_in(tmp_path) == []
    assert (await row_of(sqlite, call.id)).journal is None


async def all_done(database: Database) -> bool:
    return not await SqlJobs(database).page((JobState.WAITING, JobState.RUNNING))


async def test_a_journal_that_the_policy_keeps_is_sealed_beside_its_recording(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    call = await recorded_call(sqlite, town, tmp_path, policy=replace(ALWAYS, keep_journal=True))
    journal = journal_of(tmp_path, call.id).read_bytes()
    async with finishing(sqlite, sqlite_url, tmp_path, recordings_keys=SEALED) as jobs:
        row = await finished(sqlite, call)
        assert row.file is not None and row.key_name == "k1"
        assert await content(jobs, journal_file_of(row.file)) == journal
        await until(lambda: all_done(sqlite))
    files = [path.read_bytes() for path in (tmp_path / "recordings" / "files").rglob("*") if path.is_file()]
    assert len(files) == 2 and not any(b"OpusHead" in data or journal[:64] in data for data in files)
    assert left_in(tmp_path) == []


async def test_damage_and_a_crash_leave_all_whole_packets_and_say_what_is_missing(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    """In the middle; in the head; cut off; nothing that is a journal; no journal at all."""
    calls = [await recorded_call(sqlite, town, tmp_path, f"wacid.{n}") for n in range(5)]
    middle, head, cut, none, gone = (journal_of(tmp_path, call.id) for call in calls)
    data = bytearray(middle.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 900] = os.urandom(900)
    middle.write_bytes(data)
    head.write_bytes(b"\xff" * 40 + head.read_bytes()[40:])
    cut.write_bytes(cut.read_bytes()[:-700])
    none.write_bytes(b"nothing of it is true" * 99)
    async with finishing(sqlite, sqlite_url, tmp_path) as jobs:
        gone.unlink()
        await jobs._finisher.put(calls[4].id)
        rows = [await finished(sqlite, call) for call in calls]
    states = [(row.state, row.reason) for row in rows]
    partial = (RecordingState.PARTIAL, None)
    failed = RecordingState.FAILED
    assert states == [partial, partial, partial, (failed, JOURNAL_DAMAGED), (failed, JOURNAL_MISSING)]
    assert [row.duration_s for row in rows[:2]] == [LASTED_S] * 2
    assert 0.02 < (rows[0].missing_s or 0) < 1
    assert 0 < (rows[1].missing_s or 0) < 1
    assert rows[2].duration_s == CALL_LASTED_S, "as long as its call, which went on"
    assert 1 < (rows[2].missing_s or 0) < 2.5
    assert none.exists(), "for who wants to look"


async def test_the_worker_is_killed_at_every_step_and_the_result_is_the_same(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path
) -> None:
    """One process of each step of a recording, and of a message after the beep, on a copy of everything. Each is killed
    where it says that it is."""
    call = await recorded_call(sqlite, town, tmp_path / "never")
    message = await message_left(sqlite, town, tmp_path / "never")
    copies = {step: tmp_path / step for step in (*STEPS, *MESSAGE_STEPS)}
    for step, folder in copies.items():
        shutil.copytree(tmp_path / "never", folder)
        if step in MESSAGE_STEPS:
            journal_of(folder, call.id).unlink()
        else:
            shutil.rmtree(folder / VOICEMAILS)
    copies["never"] = tmp_path / "never"
    for step, folder in copies.items():
        with (
            sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as here,
            sqlite3.connect(folder / "ramal.db") as there,
        ):
            here.backup(there)
            if step in STEPS:
                there.execute("DELETE FROM jobs")  # the recording's is put for its journal, which is there

    command = (sys.executable, "-m", "tests.services.finishing_process", str(tmp_path))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    killed: set[str] = set()
    async for line in process.stdout:
        word, step, pid, *_ = [*line.decode().split(), "", "", ""]
        if word == "AT" and step not in killed:
            killed.add(step)
            for victim in (*(child.pid for child in psutil.Process(int(pid)).children()), int(pid)):
                os.kill(victim, signal.SIGKILL)
    assert await process.wait() == 0 and killed == {*STEPS, *MESSAGE_STEPS}
    recordings: dict[str, tuple[Any, ...]] = {}
    messages: dict[str, tuple[Any, ...]] = {}

    async def done_again(step: str, folder: Path) -> None:
        url = f"sqlite:///{folder}/ramal.db"
        own = Database(url)
        async with finishing(own, url, folder) as jobs:
            if step not in MESSAGE_STEPS:
                row = await finished(own, call)
                assert row.file is not None
                digest = hashlib.sha256(await content(jobs, row.file)).hexdigest()
                recordings[step] = (row.state, row.sha256, digest, row.missing_s)
            await until(lambda: all_done(own), within_s=60)
            if step not in STEPS:
                said = await SqlMessages(own).get(message.id)
                assert said is not None and said.file is not None
                digest = hashlib.sha256(await content(jobs, said.file)).hexdigest()
                messages[step] = (said.state, said.sha256, digest)
        await own.close()
        assert left_in(folder) == [], step

    await asyncio.gather(*(done_again(step, folder) for step, folder in copies.items()))
    assert recordings.keys() == {"never", *STEPS} and messages.keys() == {"never", *MESSAGE_STEPS}
    ((state, sha256, digest, missing_s),) = set(recordings.values())
    assert (state, digest, missing_s) == (RecordingState.RECORDED, sha256, 0.0)
    ((message_state, sha256, digest),) = set(messages.values())
    assert (message_state, digest) == (MessageState.RECORDED, sha256)


async def test_when_its_child_dies_or_the_disk_is_full_it_is_made_later(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child runs under a limit of file sizes, then under a killer, then alone."""
    python = tmp_path / "python"
    trouble = tmp_path / "trouble"
    python.write_text(f'#!/bin/sh\n. {trouble}\nexec {sys.executable} "$@"\n')
    python.chmod(stat.S_IRWXU)
    trouble.write_text("ulimit -f 100\n")
    monkeypatch.setattr("gateway.finishing.sys.executable", str(python))
    monkeypatch.setattr("gateway.finishing.MOST_DEATHS", 1_000)
    call = await recorded_call(sqlite, town, tmp_path / "data")
    async with finishing(sqlite, sqlite_url, tmp_path / "data"):
        await errs(sqlite, call, "disk")
        trouble.write_text("kill -9 $$\n")
        await errs(sqlite, call, "worker_died")
        trouble.write_text("true\n")
        row = await finished(sqlite, call)
    assert (row.state, row.missing_s) == (RecordingState.RECORDED, 0.0)


async def test_a_bucket_that_is_away_then_empty_then_there_has_it_in_the_end(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.vault.TRIES", 0)
    port = closed_port()
    call = await recorded_call(sqlite, town, tmp_path)
    given = {
        "recordings_bucket": "calls",
        "recordings_endpoint": f"http://127.0.0.1:{port}",
        "recordings_region": "us-east-1",
        "recordings_access_key": "test",
        "recordings_secret_key": "test",
        "recordings_keys": SEALED,
    }
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    async with finishing(sqlite, sqlite_url, tmp_path, **given) as jobs:
        await errs(sqlite, call, "vault_unreachable")
        assert (await row_of(sqlite, call.id)).state is RecordingState.FINISHING
        assert journal_of(tmp_path, call.id).exists(), "it stays until the copy is there"
        server.start()
        try:
            await errs(sqlite, call, "vault_missing")
            async with aiohttp.ClientSession() as http:
                await http.put(f"http://127.0.0.1:{port}/calls")
            row = await finished(sqlite, call)
            assert row.state is RecordingState.RECORDED and row.file is not None
            assert hashlib.sha256(await content(jobs, row.file)).hexdigest() == row.sha256
        finally:
            server.stop()


async def test_a_gateway_shows_how_far_each_recording_is_and_lets_an_administrator_try_again(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, redis_server: RedisServer
) -> None:
    """A whole gateway with its queue in Redis; the vault's folder is no folder at first."""
    files = tmp_path / "files"
    files.mkdir()
    (files / "2026").write_text("in the way")
    people = people_in(sqlite)
    await people.add_user("rita", "Rita", PASSWORD, Role.SUPERVISOR, ["Atendimento"])
    await people.add_user("ada", "Ada", PASSWORD, Role.ADMINISTRATOR, [])
    call = await recorded_call(sqlite, town, tmp_path)
    with served(sqlite_url, tmp_path, redis_url=redis_server.url, recordings_folder=str(files)) as gateway:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

            async def ask(method: str, path: str) -> tuple[int, Any]:
                headers = {"Origin": gateway.url} if method == "POST" else {}
                async with http.request(method, f"{gateway.url}/api/v1{path}", headers=headers) as response:
                    return response.status, await response.json()

            async def sign_in(login: str) -> None:
                body = {"login": login, "password": PASSWORD}
                async with http.post(
                    f"{gateway.url}/api/v1/session", json=body, headers={"Origin": gateway.url}
                ) as told:
                    assert told.status == 200, await told.text()

            async def line() -> dict[str, Any]:
                status, told = await ask("GET", f"/recordings/{call.id}")
                assert status == 200, told
                found: dict[str, Any] = told
                return found

            async def waits() -> bool:
                told = await line()
                return (told["state"], told["last_error"]) == ("finishing", "vault_unreachable")

            async def is_there() -> bool:
                return bool((await line())["state"] == "recorded")

            await sign_in("rita")
            await until(waits)
            status, told = await ask("GET", "/jobs")
            (job,) = told["jobs"]
            assert (status, job["kind"], job["subject"], job["last_error"]) == (
                *(200, KIND, call.id),
                "vault_unreachable",
            )
            assert told["next"] is None and told["counts"]["failed"] == 0
            assert told["counts"]["waiting"] + told["counts"]["running"] == 1
            assert (await ask("GET", "/jobs?state=failed"))[1]["jobs"] == []
            assert (await ask("GET", f"/jobs?before={job['id']}"))[1]["jobs"] == []
            assert (await ask("GET", "/jobs?state=done"))[0] == 400
            assert (await ask("POST", f"/jobs/{job['id']}/retry"))[0] == 403, "an administrator may"
            (files / "2026").unlink()
            await sign_in("ada")
            assert (await ask("POST", f"/jobs/{job['id']}/retry"))[0] in (200, 404)  # 404: it is being tried already
            await until(is_there)
            assert (await line())["missing_s"] == 0.0
            _, told = await ask("GET", "/recordings?state=recorded&limit=1")
            assert [found["call_id"] for found in told["recordings"]] == [call.id] and told["next_cursor"] is None
            assert (await ask("GET", "/recordings?state=failed"))[1]["recordings"] == []
            assert (await ask("GET", "/recordings/" + "0" * 32))[0] == 404


async def test_a_worker_beside_the_gateway_finishes_what_that_leaves_to_it(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, redis_server: RedisServer
) -> None:
    """The command as it is run, with its queue in Redis; stopped by SIGTERM."""
    call = await recorded_call(sqlite, town, tmp_path)
    environment = {
        **os.environ,
        "RAMAL_SECRET_KEY": KEY.value,
        "RAMAL_DATABASE_URL": sqlite_url,
        "RAMAL_DATA_DIR": str(tmp_path),
        "RAMAL_REDIS_URL": redis_server.url,
    }
    with served(sqlite_url, tmp_path, redis_url=redis_server.url, recordings_workers="0"):
        command = (sys.executable, "-m", "gateway", "work")
        worker = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
        try:
            row = await finished(sqlite, call)
            await until(lambda: all_done(sqlite))
        finally:
            worker.terminate()
            assert await asyncio.wait_for(worker.wait(), 20) == 0
    assert (row.state, row.missing_s) == (RecordingState.RECORDED, 0.0)
