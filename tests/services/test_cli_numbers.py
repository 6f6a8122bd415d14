"""An administrator at a shell shows, changes, disables and removes a number."""

import asyncio
from pathlib import Path

import pytest

from gateway.cli_numbers import add_number_commands
from signaling.ids import NumberId
from signaling.settings_at_meta import Icon, MirrorState, Wanted
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.number_settings import SqlNumberSettings, StoredSettings
from store.secrets import SecretBox
from tests.services.samples import KEY, build_town, call_in, new_number, numbers_in
from tests.services.test_cli_admin import Shell

PNID, OTHER = "106540352242922", "777"


@pytest.fixture
def shell(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests

    async def fill() -> None:
        database = Database(sqlite_url)
        town = await build_town(database)
        await SqlCallStore(database).save(call_in(town))
        await numbers_in(database).add(new_number(OTHER, label="Filial"))
        await database.close()

    asyncio.run(fill())
    made = Shell(sqlite_url)
    add_number_commands()
    return made


def stored(url: str, number: int = 1) -> StoredSettings | None:
    async def read() -> StoredSettings | None:
        database = Database(url)
        try:
            return await SqlNumberSettings(database, SecretBox([KEY])).of(NumberId(number))
        finally:
            await database.close()

    return asyncio.run(read())


def test_what_is_named_is_changed_and_waits_to_be_told_to_meta(shell: Shell, sqlite_url: str) -> None:
    said = shell.works("number", "change", PNID, "--label", "Loja", "--calling", "on", "--icon", "hidden")
    assert "label\tLoja" in said
    assert "icon\thidden\tMeta: not known" in said
    assert "callback\tas Meta has it" in said
    kept = stored(sqlite_url)
    assert kept is not None and kept.at_meta is not None
    assert (kept.form.label, kept.form.slug) == ("Loja", "vendas")
    assert kept.form.wanted == Wanted(calling=True, icon=Icon.HIDDEN)
    assert (kept.at_meta.state, kept.at_meta.to_write) == (MirrorState.WAITING, ("calling", "icon"))
    shell.works("number", "change", PNID, "--icon", "metas", "--countries", "pt,br", "--department", "")
    kept = stored(sqlite_url)
    assert kept is not None
    assert kept.form.wanted == Wanted(calling=True, countries=("BR", "PT"))
    assert kept.form.department is None
    assert "slug: bad_slug" in shell.refuses("number", "change", PNID, "--slug", "Não")


def test_operators_are_shown_named_all_at_once_and_taken_away(shell: Shell, sqlite_url: str) -> None:
    assert "operators\tthe people of its department" in shell.works("number", "show", PNID)
    said = shell.works("number", "change", PNID, "--operator-department", "Atendimento", "--operator", "ANA")
    assert "operators\tAtendimento, ana" in said
    assert "operators\tbia" in shell.works("number", "change", PNID, "--operator", "bia")
    kept = stored(sqlite_url)
    assert kept is not None and kept.form.operators is not None
    assert (len(kept.form.operators.departments), len(kept.form.operators.agents)) == (0, 1)
    assert "operators\tbia" in shell.works("number", "change", PNID, "--label", "Loja"), "what is not named stays"
    assert "no such user" in shell.refuses("number", "change", PNID, "--operator", "carla")
    assert "no such department" in shell.refuses("number", "change", PNID, "--operator-department", "Lua")
    assert "not both" in shell.refuses("number", "change", PNID, "--operator", "ana", "--no-operators")
    assert "operators\tbia" in shell.works("number", "show", PNID)
    said = shell.works("number", "change", PNID, "--no-operators")
    assert "operators\tthe people of its department" in said


def test_a_number_is_disabled_and_one_without_calls_removed(shell: Shell, sqlite_url: str) -> None:
    assert "disabled\tsince" in shell.works("number", "disable", PNID)
    assert "disabled\tno" in shell.works("number", "enable", PNID)
    assert "disable it instead" in shell.refuses("number", "remove", PNID)
    assert shell.works("number", "remove", OTHER) == "The number is gone.\n"
    assert stored(sqlite_url, 2) is None

    async def lines() -> list[tuple[str, str]]:
        database = Database(sqlite_url)
        found = [(entry.actor, entry.action) for entry in await SqlAudit(database).newest()]
        await database.close()
        return found

    assert asyncio.run(lines()) == [
        ("shell", "number.removed"),
        ("shell", "number.enabled"),
        ("shell", "number.disabled"),
    ]
