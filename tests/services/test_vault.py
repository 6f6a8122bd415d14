"""Where recordings are kept: a folder, and a bucket behind a real server that speaks S3."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer

from recording.sealing import MasterKeys
from recording.vault import Bucket, ObjectVault, VaultError, bucket_vault, folder_vault

KEYS = MasterKeys({"k1": os.urandom(32)}, "k1")
NEWER = MasterKeys({"k2": os.urandom(32), **KEYS.by_name}, "k2")
AUDIO = os.urandom(1_000_003)
PATH = "2026/11/call.ogg"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def in_bucket(endpoint: str, name: str = "recordings", keys: MasterKeys | None = None) -> ObjectVault:
    return bucket_vault(Bucket(name, endpoint, "us-east-1", "test", "test", prefix="ramal"), keys)


@pytest.fixture(params=["folder", "bucket"])
async def place(request: pytest.FixtureRequest, tmp_path: Path, server: str) -> AsyncIterator[str]:
    if request.param == "bucket":
        async with aiohttp.ClientSession() as http:
            await http.post(f"{server}/moto-api/reset")
            await http.put(f"{server}/recordings")
    yield request.param


@pytest.fixture(params=["plain", "sealed"])
def keys(request: pytest.FixtureRequest) -> MasterKeys | None:
    return KEYS if request.param == "sealed" else None


def vault_at(place: str, folder: Path, server: str, keys: MasterKeys | None) -> ObjectVault:
    return folder_vault(folder / "recordings", keys) if place == "folder" else in_bucket(server, keys=keys)


async def read(vault: ObjectVault, first: int, last: int) -> bytes:
    return b"".join([portion async for portion in vault.read(PATH, first, last)])


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    path = tmp_path / "finished.ogg"
    path.write_bytes(AUDIO)
    return path


async def test_what_was_kept_is_read_whole_and_in_parts_until_it_is_deleted(
    place: str, keys: MasterKeys | None, tmp_path: Path, server: str, audio: Path
) -> None:
    vault = vault_at(place, tmp_path, server, keys)
    kept = await vault.keep(PATH, audio)
    assert (kept.size_bytes, kept.key_name) == (len(AUDIO), None if keys is None else "k1")
    assert await vault.keep(PATH, audio) == kept, "twice is once"
    assert await vault.size(PATH) == len(AUDIO)
    assert await read(vault, 0, len(AUDIO) - 1) == AUDIO
    for first, last in ((0, 0), (65_535, 65_536), (123_456, 789_012), (len(AUDIO) - 1, len(AUDIO) - 1)):
        assert await read(vault, first, last) == AUDIO[first : last + 1]
    await vault.delete(PATH)
    await vault.delete(PATH)
    with pytest.raises(VaultError, match="missing") as gone:
        await read(vault, 0, 10)
    assert not gone.value.passes


async def test_nothing_readable_lies_there_when_there_is_a_key(
    place: str, tmp_path: Path, server: str, audio: Path
) -> None:
    await vault_at(place, tmp_path, server, KEYS).keep(PATH, audio)
    with pytest.raises(VaultError, match="key_missing"):
        await read(vault_at(place, tmp_path, server, None), 0, 10)
    with pytest.raises(VaultError, match="key_missing"):
        await read(vault_at(place, tmp_path, server, MasterKeys({"k9": os.urandom(32)}, "k9")), 0, 10)
    with pytest.raises(VaultError, match="changed"):
        await read(vault_at(place, tmp_path, server, MasterKeys({"k1": os.urandom(32)}, "k1")), 0, 10)


async def test_an_older_key_still_opens_and_rotation_brings_the_file_under_the_newest(
    place: str, tmp_path: Path, server: str, audio: Path
) -> None:
    await vault_at(place, tmp_path, server, KEYS).keep(PATH, audio)
    vault = vault_at(place, tmp_path, server, NEWER)
    assert await read(vault, 5, 50) == AUDIO[5:51]
    assert await vault.rotate(PATH) == "k2" == await vault.rotate(PATH)
    only_newest = MasterKeys({"k2": NEWER.by_name["k2"]}, "k2")
    assert await read(vault_at(place, tmp_path, server, only_newest), 0, len(AUDIO) - 1) == AUDIO


async def test_a_damaged_file_is_not_played(tmp_path: Path, audio: Path) -> None:
    vault = folder_vault(tmp_path / "recordings", KEYS)
    await vault.keep(PATH, audio)
    file = tmp_path / "recordings" / PATH
    data = bytearray(file.read_bytes())
    data[70_000] ^= 1
    file.write_bytes(data)
    with pytest.raises(VaultError, match="changed"):
        await read(vault, 69_000, 71_000)


async def test_a_small_file_is_kept_too(place: str, keys: MasterKeys | None, tmp_path: Path, server: str) -> None:
    small = tmp_path / "small.ogg"
    small.write_bytes(b"ab")
    vault = vault_at(place, tmp_path, server, keys)
    await vault.keep(PATH, small)
    assert await read(vault, 0, 1) == b"ab"


async def test_a_bucket_that_is_not_there_or_not_ours_says_so(server: str, audio: Path) -> None:
    with pytest.raises(VaultError, match="missing"):
        await in_bucket(server, "nobodys").keep(PATH, audio)


async def test_a_bucket_that_is_away_is_tried_again_and_then_said(
    server: str, audio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.vault.TRIES", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    with pytest.raises(VaultError, match="unreachable") as away:
        await in_bucket(endpoint).keep(PATH, audio)
    assert away.value.passes


class Between:
    """Stands before the real server. `trouble` is given each request, and may answer it in its place; `changes`: one
    byte of whatever is long is another on its way back."""

    def __init__(self, server: str) -> None:
        self.trouble: Callable[[web.Request], Awaitable[web.StreamResponse | None]] = self.none
        self.changes, self.url = False, ""
        self._server = server

    @staticmethod
    async def none(_: web.Request) -> None:
        return None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        if (answer := await self.trouble(request)) is not None:
            return answer
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as http,
            http.request(request.method, f"{self._server}{request.path_qs}", data=content, headers=headers) as far,
        ):
            body = bytearray(await far.read())
            if self.changes and len(body) > 70_000:
                body[70_000] ^= 1
            kept = {name: value for name, value in far.headers.items() if name not in ("Connection", "Date", "Server")}
            if request.method == "HEAD":
                return web.Response(status=far.status, headers=kept)
            kept.pop("Content-Length", None)
            kept.pop("Transfer-Encoding", None)
            return web.Response(status=far.status, headers=kept, body=bytes(body))


@pytest.fixture
async def between(server: str) -> AsyncIterator[Between]:
    async with aiohttp.ClientSession() as http:
        await http.put(f"{server}/recordings")
    stands = Between(server)
    app = web.Application(client_max_size=8 << 20)
    app.router.add_route("*", "/{path:.*}", stands.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stands.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield stands
    await runner.cleanup()


async def test_a_server_that_fails_at_first_has_it_in_the_end(between: Between, audio: Path) -> None:
    """Two answers of 503 come before the real server's."""
    failures = 2

    async def slow_down(_: web.Request) -> web.StreamResponse | None:
        nonlocal failures
        failures -= 1
        return web.Response(status=503) if failures >= 0 else None

    between.trouble = slow_down
    vault = in_bucket(between.url)
    await vault.keep(PATH, audio)
    assert await read(vault, 0, len(AUDIO) - 1) == AUDIO
    assert failures < 0


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [(507, "XMinioStorageFull", "full"), (403, "QuotaExceeded", "full"), (403, "AccessDenied", "refused")],
)
async def test_a_bucket_that_is_full_or_refuses_says_so_and_takes_it_when_it_can(
    between: Between, audio: Path, monkeypatch: pytest.MonkeyPatch, status: int, words: str, reason: str
) -> None:
    monkeypatch.setattr("recording.vault.TRIES", 0)

    async def no_room(request: web.Request) -> web.StreamResponse | None:
        said = f"<Error><Code>{words}</Code><Message>No.</Message></Error>"
        return web.Response(status=status, text=said) if request.method in ("PUT", "POST") else None

    between.trouble = no_room
    vault = in_bucket(between.url, keys=KEYS)
    with pytest.raises(VaultError, match=reason) as full:
        await vault.keep(PATH, audio)
    assert full.value.passes
    between.trouble = between.none
    assert (await vault.keep(PATH, audio)).size_bytes == len(AUDIO)


async def test_a_bucket_that_does_not_answer_is_not_waited_for_for_ever(
    between: Between, audio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.vault.TRIES", 1)
    monkeypatch.setattr("recording.vault.TIMEOUT", timedelta(seconds=0.2))
    asked, never = 0, asyncio.Event()

    async def silence(_: web.Request) -> web.StreamResponse | None:
        nonlocal asked
        asked += 1
        await never.wait()
        return None

    between.trouble = silence
    with pytest.raises(VaultError, match="unreachable") as slow:
        await asyncio.wait_for(in_bucket(between.url).keep(PATH, audio), 20)
    assert (slow.value.passes, asked) == (True, 2), "once more"
    never.set()


async def test_what_comes_back_as_something_else_does_not_count_as_kept(
    between: Between, audio: Path, keys: MasterKeys | None
) -> None:
    vault = in_bucket(between.url, keys=keys)
    between.changes = True
    with pytest.raises(VaultError, match="changed"):
        await vault.keep(PATH, audio)
    between.changes = False
    await vault.keep(PATH, audio)
    assert await read(vault, 0, len(AUDIO) - 1) == AUDIO


async def test_a_folder_on_a_full_disk_says_so(tmp_path: Path, audio: Path) -> None:
    """In a process of its own, whose files may not grow."""
    code = f"""
import asyncio, pathlib, resource, signal
from recording.vault import VaultError, folder_vault
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    asyncio.run(folder_vault(pathlib.Path({str(tmp_path / "vault")!r})).keep("a.ogg", pathlib.Path({str(audio)!r})))
except VaultError as error:
    print(error.reason, error.passes)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert said.split()[-2:] == [b"full", b"True"]
    assert not (tmp_path / "vault" / "a.ogg").exists(), "and no half of it lies there under its name"
