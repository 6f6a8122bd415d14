"""Where recordings are kept: a folder, and a bucket behind a real server that speaks S3."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
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


async def test_a_server_that_fails_at_first_has_it_in_the_end(server: str, audio: Path) -> None:
    """Two answers of 503 come before the real server's."""
    async with aiohttp.ClientSession() as http:
        await http.put(f"{server}/recordings")
    failures = 2

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal failures
        if failures > 0:
            failures -= 1
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        host, _, port = server.removeprefix("http://").partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer), return_exceptions=True)

    async with await asyncio.start_server(between, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        vault = in_bucket(f"http://127.0.0.1:{port}")
        await vault.keep(PATH, audio)
        assert await read(vault, 0, len(AUDIO) - 1) == AUDIO
    assert failures == 0


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
