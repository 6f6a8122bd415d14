"""`ramal recordings reseal`: bring what is kept of calls under the newest key, so that older ones can go."""

from dataclasses import dataclass
from typing import Final

import typer

from gateway.cli_admin import in_words_run, read_settings, stop_with
from gateway.finishing import journal_of
from gateway.recording_jobs import open_vault
from recording.sealing import read_master_keys
from recording.vault import ObjectVault, VaultError
from store.sealed_files import SealedFile, Shelf, SqlSealedFiles

WHAT_HELPS: Final = {
    "key_missing": "their key is not among RAMAL_RECORDINGS_KEYS",
    "changed": "they were changed since they were kept, or another key of that name sealed them",
    "missing": "they are not where they were put",
    "full": "there is no room",
    "refused": "rights are missing",
    "unreachable": "where they are kept does not answer",
}

recordings_app = typer.Typer(no_args_is_help=True, help="What is kept of calls.")


@recordings_app.callback()
def recordings() -> None:
    """What is kept of calls."""


@dataclass(slots=True)
class Outcome:
    resealed: int = 0
    unsealed: int = 0
    failed: dict[str, int] | None = None

    def fails(self, reason: str) -> None:
        self.failed = self.failed or {}
        self.failed[reason] = self.failed.get(reason, 0) + 1


@recordings_app.command("reseal")
def reseal() -> None:
    """Seal every recording, message and file of Meta's by the first of RAMAL_RECORDINGS_KEYS. Gateways go on meanwhile,
    if they have all these keys, in this order. Safe to repeat; goes on where it was stopped. When it ends with 0, no
    file needs the other keys any more."""
    settings = read_settings()
    if settings.recordings_keys is None:
        stop_with("RAMAL_RECORDINGS_KEYS is not set: nothing is sealed.")
    newest = read_master_keys(settings.recordings_keys.value).newest
    vault = open_vault(settings)
    done = in_words_run(lambda stores: _resealed(SqlSealedFiles(stores.numbers.database), vault, newest))
    typer.echo(f"Sealed by {newest} now: {done.resealed} more. Kept without a seal, and left so: {done.unsealed}.")
    if done.failed:
        told = "; ".join(f"{count}: {WHAT_HELPS.get(reason, reason)}" for reason, count in done.failed.items())
        stop_with(f"Not sealed anew: {told}.")


async def _resealed(files: SqlSealedFiles, vault: ObjectVault, newest: str) -> Outcome:
    done = Outcome()
    for shelf in Shelf:
        after = ""
        while portion := await files.by_other_keys(newest, shelf, after):
            for sealed in portion:
                await _reseal(files, vault, sealed, done)
            after = portion[-1].file
    done.unsealed = await files.unsealed()
    return done


async def _reseal(files: SqlSealedFiles, vault: ObjectVault, sealed: SealedFile, done: Outcome) -> None:
    """The row says so last: whoever is killed before that does it again, which changes nothing."""
    try:
        if sealed.has_journal:
            await vault.rotate(journal_of(sealed.file))
        key_name = await vault.rotate(sealed.file)
    except VaultError as error:
        done.fails(error.reason)
        return
    if key_name is None:
        return
    if await files.resealed(sealed, key_name):
        done.resealed += 1
    else:  # it was erased while it was in our hands, and must not come back by them
        await vault.delete(journal_of(sealed.file))
        await vault.delete(sealed.file)
