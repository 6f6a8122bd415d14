"""Older keys can be thrown away once what they seal is under the newest."""

import asyncio
import base64
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.finishing import journal_of
from gateway.recording_jobs import open_vault
from recording.vault import ObjectVault, VaultError
from store.database import Database
from store.erasure import SqlErasure
from store.messages import KeptMessage, SqlMessages
from store.recordings import FinishedFile, SqlRecordings
from tests.services.recorded import ALWAYS, recorded_call, row_of, settings_of
from tests.services.samples import KEY, NOW, Town
from tests.services.test_finishing import sqlite, town
from tests.services.test_message_keeping import in_vain

__all__ = ["sqlite", "town"]

OLD, NEW = (f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("old", "new"))
SOUND, JOURNAL, SAID, PLAIN = (os.urandom(size) for size in (200_000, 90_000, 70_000, 5_000))


async def put(vault: ObjectVault, folder: Path, path: str, content: bytes) -> tuple[str, str | None, str, int]:
    (folder / "content").write_bytes(content)
    kept = await vault.keep(path, folder / "content")
    return kept.path, kept.key_name, kept.sha256, kept.size_bytes


async def content(vault: ObjectVault, path: str) -> bytes:
    return b"".join([portion async for portion in vault.read(path, 0, await vault.size(path) - 1)])


async def test_every_file_comes_under_the_newest_key_and_what_cannot_is_said(
    sqlite: Database, sqlite_url: str, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAMAL_SECRET_KEY", KEY.value)
    monkeypatch.setenv("RAMAL_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("RAMAL_DATA_DIR", str(tmp_path))

    def vault(keys: str | None) -> ObjectVault:
        return open_vault(settings_of(sqlite_url, tmp_path, recordings_keys=keys))

    async def reseal(keys: str) -> Result:
        monkeypatch.setenv("RAMAL_RECORDINGS_KEYS", keys)
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["recordings", "reseal"]))

    call = await recorded_call(sqlite, town, tmp_path, policy=replace(ALWAYS, keep_journal=True))
    file, key_name, sha256, size_bytes = await put(vault(OLD), tmp_path, "2026/03/a.ogg", SOUND)
    await put(vault(OLD), tmp_path, journal_of(file), JOURNAL)
    made = FinishedFile(file, key_name, sha256, size_bytes, 60.0, 0.0, partial=False, peaks=b"")
    assert await SqlRecordings(sqlite).finished(call.id, made, NOW)
    messages = SqlMessages(sqlite)
    for wacid, keys, path, sound in (("2", OLD, "messages/b.ogg", SAID), ("3", None, "messages/c.ogg", PLAIN)):
        missed = await in_vain(sqlite, town, f"wacid.{wacid}")
        assert await messages.put(missed.id, NOW, "elsewhere")
        message = KeptMessage(*await put(vault(keys), tmp_path, path, sound), 3.0, partial=False)
        assert await messages.kept(missed.id, message)

    away = await reseal(NEW)
    assert away.exit_code == 2 and "2: their key is not among RAMAL_RECORDINGS_KEYS" in away.output
    assert await content(vault(OLD), file) == SOUND, "what cannot be sealed anew stays as it was"
    done = await reseal(f"{NEW},{OLD}")
    told = "Sealed by new now: 2 more. Kept without a seal, and left so: 1."
    assert (done.exit_code, done.stdout.strip()) == (0, told), done.output
    assert (await reseal(f"{NEW},{OLD}")).stdout.startswith("Sealed by new now: 0 more.")
    only_newest = vault(NEW)
    kept = {"2026/03/a.ogg": SOUND, journal_of(file): JOURNAL, "messages/b.ogg": SAID, "messages/c.ogg": PLAIN}
    assert {path: await content(only_newest, path) for path in kept} == kept
    assert (await row_of(sqlite, call.id)).key_name == "new"

    files, rotate = SqlErasure(sqlite), ObjectVault.rotate

    async def erased_meanwhile(self: ObjectVault, path: str) -> str | None:
        key_name = await rotate(self, path)
        assert await files.delete(call.id, "user:1", NOW) is None
        await files.files_gone(call.id)
        return key_name

    monkeypatch.setattr(ObjectVault, "rotate", erased_meanwhile)
    assert (await reseal(f"{OLD},{NEW}")).exit_code == 0
    for path in (file, journal_of(file)):
        with pytest.raises(VaultError, match="missing"):
            await content(vault(f"{OLD},{NEW}"), path)
