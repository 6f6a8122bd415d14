"""Meta's own recordings and transcriptions: asked for with each call, told by webhook, fetched, kept and erased. Meta
is simulated, by its own rules; a server that means no good stands where it can be worse than Meta.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.cli_recording import add_recording_commands
from gateway.jobs import GiveUp, Progress, TryAgain
from gateway.meta_files import LIMIT_BYTES, MetaFiles
from gateway.simulator.clips import VOICES_DIR
from gateway.worker import working
from recording.transcript import Speaker
from recording.vault import ObjectVault, folder_vault
from signaling.call import State
from signaling.effects import AcceptCall
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import MetaFileReady
from signaling.ids import CallId, PhoneNumberId
from signaling.meta.graph_answers import MediaFile
from signaling.meta.graph_api import GraphApi
from signaling.meta.graph_requests import NO_OPTIONS
from signaling.meta.performers import meta_performers
from signaling.meta.webhook import parse_delivery
from signaling.private import Sdp, Token, Wacid
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.erasure import SqlErasure
from store.job_models import JobState
from store.jobs import Job
from store.meta_file_models import MetaFileState
from store.meta_files import ERASE_META, FETCH_META, Capture, SqlMetaFiles
from store.refusal import Refusal
from store.transcripts import SqlTranscripts
from tests.services.recorded import settings_of
from tests.services.samples import NOW, Town, build_town, call_in, customer, new_number, numbers_in
from tests.services.test_cli_admin import ADD_NUMBER, Shell
from tests.services.test_jobs import until
from tests.simulator.fake_gateway import ACCESS_TOKEN, bench
from tests.simulator.payloads import GOOD_ANSWER
from tests.simulator.test_captures import PNID, QUICK, Shop

TOKEN = Token(ACCESS_TOKEN)
BOTH = Capture(recording=True, transcription=True, purpose="Qualidade do atendimento", language="pt")
VOICE = (VOICES_DIR / "joao.ogg").read_bytes()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


async def token_of(_: PhoneNumberId) -> Token:
    return TOKEN


@dataclass
class Desk:
    """`files` does what it is told, at a time that the test moves."""

    files: MetaFiles
    store: SqlMetaFiles
    vault: ObjectVault
    folder: Path
    ahead: timedelta = timedelta()

    async def fetch(self, file: int) -> None:
        await self.files.fetch(a_job(FETCH_META, str(file)), Progress())


@asynccontextmanager
async def desk_of(database: Database, folder: Path, graph: Any, graph_url: str) -> AsyncIterator[Desk]:
    store, vault = SqlMetaFiles(database), await asyncio.to_thread(folder_vault, folder / "vault")
    async with aiohttp.ClientSession() as http:
        texts, work = SqlTranscripts(database), folder / "heard"

        def clock() -> Any:
            return NOW + desk.ahead

        files = MetaFiles(store, texts, vault, graph, token_of, http, graph_url, work, lambda: None, clock)
        desk = Desk(files, store, vault, work)
        yield desk


def a_job(kind: str, subject: str) -> Job:
    return Job(1, kind, subject, None, JobState.RUNNING, 1, None, None, None, NOW, NOW, None)


async def content(vault: ObjectVault, path: str) -> bytes:
    size = await vault.size(path)
    return b"".join([portion async for portion in vault.read(path, 0, size - 1)])


async def test_meta_records_and_transcribes_a_call_and_both_are_kept_beside_ours(
    sqlite: Database, tmp_path: Path
) -> None:
    town = await build_town(sqlite)
    number = await numbers_in(sqlite).add(new_number(PNID))
    store = SqlMetaFiles(sqlite)
    await store.set_capture(PNID, BOTH, "shell", NOW)
    async with bench(QUICK) as world, aiohttp.ClientSession() as http:
        shop = Shop(world)
        await shop.ring()
        graph = GraphApi(http, world.simulator.url, "v25.0", token_of, lambda: NOW)
        async with desk_of(sqlite, tmp_path, graph, world.simulator.url) as desk:
            call = call_in(town, shop.wacid, customer("5511955550102"), state=State.ENDED)
            await SqlCallStore(sqlite).save(
                replace(call, number=number.id, phone_number_id=number.phone_number_id, department=None)
            )
            reported: list[object] = []
            accept = AcceptCall(call.id, PhoneNumberId(PNID), Wacid(shop.wacid), Sdp(GOOD_ANSWER))
            await meta_performers(graph, desk.files.options)[AcceptCall](accept, reported.append)
            await shop.hang_up()
            for event in ("call_recording_available", "call_transcription_available"):
                await world.gateway.event(event)
            await world.sim("POST", "clock", {"forward_s": 301.0})  # the addresses of the webhooks are over
            for _ in range(2):  # Meta repeats itself
                for body in world.gateway.bodies:
                    for told in parse_delivery(json.dumps(body).encode()):
                        await desk.files.heard(told)
            for file in await store.of_call(call.id):
                assert file.state is MetaFileState.WAITING
                await desk.fetch(file.id)
                await desk.fetch(file.id)
            recording, transcription = await store.of_call(call.id)
            assert (recording.state, transcription.state) == (MetaFileState.DONE, MetaFileState.DONE)
            assert recording.file is not None and await content(desk.vault, recording.file) == VOICE
            assert recording.sha256 == hashlib.sha256(VOICE).hexdigest()
            assert len(world.simulator.exchange.library.fetched) == 2, "nothing is fetched twice"
        assert world.fault_kinds == set()
    (kept,) = await SqlTranscripts(sqlite).transcripts(call.id)
    assert kept.transcript is not None
    assert (kept.source.value, kept.transcript.engine, kept.transcript.language) == ("meta", "meta", "pt")
    by = {one.speaker: one.text for one in kept.transcript.segments}
    assert by[Speaker.AGENT] == "Bom dia." and "boleto" in by[Speaker.CUSTOMER]
    assert await SqlTranscripts(sqlite).summary(call.id) is not None
    assert not list_of(tmp_path / "heard")


def list_of(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


# ---- what can go wrong -----------------------------------------------------------------------------------------------


@dataclass
class Trap:
    """A server that answers with whatever it is told, and notes the tokens that it is shown."""

    url: str = ""
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    address: str = ""
    tokens: list[str | None] = field(default_factory=list)

    async def media_file(self, number: PhoneNumberId, media_id: str) -> MediaFile:
        return MediaFile(url=self.address, mime_type="audio/ogg", sha256=hashlib.sha256(VOICE).hexdigest())


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    trap = Trap()

    async def handle(request: web.Request) -> web.StreamResponse:
        trap.tokens.append(request.headers.get("Authorization"))
        assert trap.answer is not None
        return await trap.answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    trap.url = trap.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield trap
    await runner.cleanup()


async def told_of(desk: Desk, database: Database, kind: str = "recording") -> tuple[int, CallId, Town]:
    town = await build_town(database)
    call = call_in(town, "wacid.METAS", customer("5511955550101"), state=State.ENDED)
    await SqlCallStore(database).save(call)
    event = MetaFileReady(
        town.number.phone_number_id,
        NOW,
        Wacid("wacid.METAS"),
        "recording" if kind == "recording" else "transcription",
        "1784500000000101",
        "https://lookaside.fbsbx.com/x",
        hashlib.sha256(VOICE).hexdigest(),
        "audio/ogg",
    )
    await desk.files.heard(event)
    (file,) = await desk.store.of_call(call.id)
    return file.id, call.id, town


def answering(body: bytes = VOICE, status: int = 200, **headers: str) -> Any:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=headers)

    return answer


async def test_the_token_goes_to_nobody_but_meta(sqlite: Database, tmp_path: Path, trap: Trap) -> None:
    async with desk_of(sqlite, tmp_path, trap, "https://graph.facebook.com") as desk:
        file, call, _ = await told_of(desk, sqlite)
        trap.answer = answering()
        strange = ("https://fbsbx.com.evil.example/", "http://lookaside.fbsbx.com/", "https://evilfbsbx.com/", "x")
        for address in (trap.url, *strange, "https://u@lookaside.fbsbx.com/"):
            assert not desk.files._is_metas(address), address
        assert desk.files._is_metas("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")
        with pytest.raises(GiveUp, match="strange_address"):
            await desk.fetch(file)
        (kept,) = await desk.store.of_call(call)
        assert (kept.state, kept.reason, trap.tokens) == (MetaFileState.FAILED, "strange_address", [])


async def test_what_passes_is_tried_again_and_what_is_not_the_file_is_never_kept(
    sqlite: Database, tmp_path: Path, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_of(sqlite, tmp_path, trap, trap.url) as desk:
        file, call, _ = await told_of(desk, sqlite)
        for answer, reason in (
            (answering(status=404), "meta_http_404"),
            (answering(status=302, Location=f"{trap.url}/elsewhere"), "meta_http_302"),
            (answering(VOICE[:-1]), "changed"),
        ):
            trap.answer = answer
            with pytest.raises(TryAgain, match=reason):
                await desk.fetch(file)
            (kept,) = await desk.store.of_call(call)
            assert (kept.state, kept.file) == (MetaFileState.WAITING, None)
        assert len(trap.tokens) == 3, "no redirect is followed"
        desk.ahead = timedelta(days=7, seconds=1)
        with pytest.raises(GiveUp, match="expired"):
            await desk.fetch(file)
        desk.ahead = timedelta()
        await told_again(desk)
        monkeypatch.setitem(LIMIT_BYTES, "recording", 1_000)
        trap.answer = answering()
        with pytest.raises(GiveUp, match="too_large"):
            await desk.fetch(file)
        assert list_of(desk.folder) == []
        monkeypatch.undo()
        await told_again(desk)
        await desk.fetch(file)
        (kept,) = await desk.store.of_call(call)
        assert (kept.state, kept.size_bytes) == (MetaFileState.DONE, len(VOICE))


async def told_again(desk: Desk) -> None:
    """A webhook that says so again is another chance."""
    number = PhoneNumberId("106540352242922")
    digest = hashlib.sha256(VOICE).hexdigest()
    assert await desk.store.arrived(number, Wacid("wacid.METAS"), "recording", "1784500000000101", digest, NOW)


async def test_a_document_that_cannot_be_a_transcript_leaves_none(sqlite: Database, tmp_path: Path, trap: Trap) -> None:
    async with desk_of(sqlite, tmp_path, trap, trap.url) as desk:
        file, call, _ = await told_of(desk, sqlite, "transcription")
        trap.answer = answering()
        with pytest.raises(GiveUp, match=r"engine\.nonsense"):
            await desk.fetch(file)
        assert await SqlTranscripts(sqlite).transcripts(call) == ()


async def test_what_is_erased_while_it_is_fetched_is_not_kept_and_what_was_kept_goes(
    sqlite: Database, tmp_path: Path, trap: Trap
) -> None:
    async with desk_of(sqlite, tmp_path, trap, trap.url) as desk:
        file, call, _ = await told_of(desk, sqlite)
        trap.answer = answering()
        await desk.fetch(file)
        (kept,) = await desk.store.of_call(call)
        assert kept.file is not None and await content(desk.vault, kept.file) == VOICE
        await SqlErasure(sqlite).forget((await contacts(sqlite))[0], "user:1", NOW)
        (erased,) = await desk.store.of_call(call)
        assert (erased.state, erased.file, erased.sha256) == (MetaFileState.ERASED, None, None)
        await desk.files.erase(a_job(ERASE_META, call), Progress())
        assert not list((tmp_path / "vault").rglob("*.ogg"))
        await desk.fetch(file)
        assert len(trap.tokens) == 1, "an erased file is not fetched again"


async def contacts(database: Database) -> list[Any]:
    query = "SELECT id FROM contacts"
    return await database.read(lambda session: list(session.connection().exec_driver_sql(query).scalars()))


async def test_a_worker_beside_the_gateway_fetches_with_the_numbers_own_token(
    sqlite: Database, sqlite_url: str, tmp_path: Path, trap: Trap
) -> None:
    async def meta(request: web.Request) -> web.StreamResponse:
        if request.path != "/v25.0/1784500000000101":
            return web.Response(body=VOICE)
        digest = hashlib.sha256(VOICE).hexdigest()
        return web.json_response({"url": f"{trap.url}/file", "mime_type": "audio/ogg", "sha256": digest, "id": "1"})

    trap.answer = meta
    async with desk_of(sqlite, tmp_path, trap, trap.url) as desk:
        desk.ahead = datetime.now(UTC) - NOW
        _, call, town = await told_of(desk, sqlite)
    await numbers_in(sqlite).set_token(town.number.phone_number_id, Token("EAAown"))
    async with working(settings_of(sqlite_url, tmp_path, graph_url=trap.url, meta_token="EAAothers")) as jobs:

        async def is_there() -> bool:
            return [one.state for one in await SqlMetaFiles(sqlite).of_call(call)] == [MetaFileState.DONE]

        await until(is_there)
        (kept,) = await SqlMetaFiles(sqlite).of_call(call)
        assert kept.file is not None and await content(jobs.vault, kept.file) == VOICE
    assert trap.tokens == ["Bearer EAAown"] * 2


async def test_a_store_that_is_away_costs_the_recording_and_never_the_call(sqlite: Database, tmp_path: Path) -> None:
    class Away:
        async def capture(self, number: PhoneNumberId) -> Capture | None:
            raise NeighbourError(Failure("database.away", Fault.CONFIGURATION))

    async with desk_of(sqlite, tmp_path, None, "https://graph.facebook.com") as desk:
        assert await desk.files.options(PhoneNumberId("1")) == NO_OPTIONS
        desk.files._store = Away()  # type: ignore[assignment]
        assert await desk.files.options(PhoneNumberId("1")) == NO_OPTIONS


async def test_only_what_meta_takes_can_be_asked_for(sqlite: Database) -> None:
    town = await build_town(sqlite)
    store, number = SqlMetaFiles(sqlite), town.number.phone_number_id
    for wrong in (
        Capture(recording=True, transcription=False, purpose="", language="pt"),
        Capture(recording=True, transcription=False, purpose="x" * 251, language="pt"),
        Capture(recording=True, transcription=False, purpose="x", language="pt-BR"),
        Capture(recording=False, transcription=False, purpose="x", language="pt"),
    ):
        with pytest.raises(Refusal):
            await store.set_capture(number, wrong, "shell", NOW)
    await store.set_capture(number, BOTH, "shell", NOW)
    assert await store.capture(number) == BOTH
    await store.set_capture(number, None, "shell", NOW)
    assert await store.capture(number) is None
    actions = [entry.action for entry in await SqlAudit(sqlite).newest()]
    assert actions.count("number.meta_capture_written") == 2


def test_an_administrator_has_meta_record_from_a_shell(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(sqlite_url)
    add_recording_commands()
    shell.works(*ADD_NUMBER)
    assert shell.works("number", "meta-record", "100") == "Meta keeps nothing.\n"
    assert "what it is for" in shell.refuses("number", "meta-record", "100", "--recording")
    done = shell.works("number", "meta-record", "100", "--recording", "--purpose", "Qualidade")
    assert done == "recording\tpt\tQualidade\n"
    assert shell.works("number", "meta-record", "100", "--clear") == "Meta keeps nothing.\n"
