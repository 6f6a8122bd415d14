"""An administrator at a shell writes plans and hours, and keeps sounds."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gateway.cli_plans import add_plan_commands
from gateway.media.prompt_library import SHIPPED
from signaling.hours_at_meta import HoursState
from signaling.ids import NumberId
from signaling.plan import Plan
from signaling.schedule import Schedule
from store.database import Database
from store.number_plans import SqlNumberPlans
from tests.scenarios.plan_world import PLAN
from tests.services.samples import build_town, numbers_in
from tests.services.test_cli_admin import Shell
from tests.unit.test_schedule import OFFICE

PNID = "106540352242922"
PLAN_JSON: dict[str, Any] = TypeAdapter(Plan).dump_python(PLAN, mode="json")
OFFICE_JSON: dict[str, Any] = TypeAdapter(Schedule).dump_python(OFFICE, mode="json")


@pytest.fixture
def shell(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests

    async def fill() -> None:
        database = Database(sqlite_url)
        await build_town(database)
        await database.close()

    asyncio.run(fill())
    made = Shell(sqlite_url)
    made.environment["RAMAL_DATA_DIR"] = str(tmp_path / "data")
    add_plan_commands(made.app)
    return made


def file_with(folder: Path, document: object) -> str:
    path = folder / "document.json"
    path.write_text(json.dumps(document))
    return str(path)


def stored(shell: Shell) -> tuple[Plan | None, Schedule | None, HoursState | None]:
    async def read() -> tuple[Plan | None, Schedule | None, HoursState | None]:
        database = Database(shell.environment["RAMAL_DATABASE_URL"])
        number = await numbers_in(database).by_id(NumberId(1))
        hours = await SqlNumberPlans(database).hours(NumberId(1))
        await database.close()
        assert number is not None and hours is not None
        return number.plan, number.schedule, None if hours.at_meta is None else hours.at_meta.state

    return asyncio.run(read())


def test_a_plan_is_shown_written_and_taken_away(shell: Shell, tmp_path: Path) -> None:
    usual = json.loads(shell.works("number", "plan", "show", PNID))
    assert usual["steps"]["ring"]["kind"] == "ring"
    assert shell.works("number", "plan", "check", PNID, file_with(tmp_path, PLAN_JSON)) == "It can be saved.\n"
    assert stored(shell)[0] is None
    assert shell.works("number", "plan", "write", PNID, file_with(tmp_path, PLAN_JSON)) == "Version 1.\n"
    assert stored(shell)[0] == PLAN
    shown = shell.works("number", "plan", "show", PNID)
    assert shell.works("number", "plan", "write", PNID, "-", stdin=shown) == "Version 2.\n", (
        "what is shown can be written"
    )
    assert stored(shell)[0] == PLAN
    assert shell.works("number", "plan", "write", PNID, "--clear") == "Version 3.\n"
    assert stored(shell)[0] is None


def test_what_is_wrong_with_a_plan_is_told_by_step_and_field(shell: Shell, tmp_path: Path) -> None:
    plan = json.loads(json.dumps(PLAN_JSON))
    plan["steps"]["ring"]["for_s"] = 0
    plan["steps"]["menu"]["choices"]["1"] = "nowhere"
    for command in ("check", "write"):
        told = shell.refuses("number", "plan", command, PNID, file_with(tmp_path, plan))
        assert told.splitlines() == ["ring.for_s: out_of_range", "menu.choices.1: unknown_step"]
    broken = {**PLAN_JSON, "steps": {"a": {"kind": "fly"}}, "farewell": "x"}
    told = shell.refuses("number", "plan", "write", PNID, file_with(tmp_path, broken))
    assert set(told.splitlines()) == {"a.kind: unknown_kind", "farewell: unknown_field"}
    assert stored(shell)[0] is None


def test_hours_are_shown_written_and_wait_for_the_gateway_to_tell_meta(shell: Shell, tmp_path: Path) -> None:
    assert shell.works("number", "hours", "show", PNID) == "null\n"
    assert shell.works("number", "hours", "check", PNID, file_with(tmp_path, OFFICE_JSON)) == "They can be saved.\n"
    written = shell.works("number", "hours", "write", PNID, file_with(tmp_path, OFFICE_JSON))
    assert written == "Version 1. Meta is told within a minute.\n"
    assert stored(shell)[1:] == (OFFICE, HoursState.WAITING)
    shown = shell.run("number", "hours", "show", PNID)
    assert json.loads(shown.stdout) == OFFICE_JSON
    assert "at Meta: waiting" in shown.stderr and "next opening" in shown.stderr
    assert shell.works("number", "hours", "write", PNID, "--clear", "--keep").startswith("Version 2.")
    assert stored(shell)[1] is None


def test_what_is_wrong_with_hours_is_told_by_place_and_metas_limits_only_when_meta_is_told(
    shell: Shell, tmp_path: Path
) -> None:
    three = [{"opens_min": at * 60, "closes_min": at * 60 + 30} for at in (8, 12, 16)]
    busy = file_with(tmp_path, {**OFFICE_JSON, "weekly": [three, *OFFICE_JSON["weekly"][1:]]})
    told = shell.refuses("number", "hours", "write", PNID, busy)
    assert told == "weekly.monday: meta_takes_two_spans_a_day\n"
    assert shell.works("number", "hours", "write", PNID, busy, "--keep") == "Version 1.\n"
    told = shell.refuses("number", "hours", "check", PNID, file_with(tmp_path, {**OFFICE_JSON, "zone": "Mars/Olympus"}))
    assert told == "zone: unknown_zone\n"


def test_a_number_is_switched_off_and_on_for_calls_of_customers(shell: Shell) -> None:
    assert "\tno inbound\t" in shell.works("number", "inbound", PNID, "--off")
    assert "\tinbound\t" in shell.works("number", "inbound", PNID, "--on")


def test_a_sound_is_kept_listed_played_by_a_plan_and_deleted(shell: Shell, tmp_path: Path) -> None:
    farewell = SHIPPED / "en" / "farewell.ogg"
    prompt = shell.works("prompt", "add", "Natal", str(farewell)).strip()
    assert f"{prompt}\t" in shell.works("prompt", "list")
    assert "\tuploaded\tNatal\t-" in shell.works("prompt", "list")
    plan = json.loads(json.dumps(PLAN_JSON))
    plan["steps"]["greeting"]["prompt"] = prompt
    shell.works("number", "plan", "write", PNID, file_with(tmp_path, plan))
    assert "\tuploaded\tNatal\tVendas" in shell.works("prompt", "list")
    assert shell.refuses("prompt", "delete", prompt) == "The plans of these numbers play it: Vendas.\n"
    shell.works("prompt", "save", prompt, str(tmp_path / "heard.ogg"))
    assert (tmp_path / "heard.ogg").read_bytes()[:4] == b"OggS"
    shell.works("number", "plan", "write", PNID, "--clear")
    assert shell.works("prompt", "delete", prompt) == f"{prompt}\n"
    assert shell.refuses("prompt", "delete", prompt) == "There is no uploaded sound with this id.\n"
    assert list((tmp_path / "data" / "prompts").iterdir()) == []


def test_what_cannot_be_done_is_a_sentence(shell: Shell, tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("no sound at all")
    assert shell.refuses("prompt", "add", "Natal", str(text)) == "This file is no sound that can be read.\n"
    assert "No such file" in shell.refuses("prompt", "add", "Natal", str(tmp_path / "nowhere.wav"))
    assert shell.refuses("number", "plan", "write", PNID, str(text)) == "This is no JSON.\n"
    assert shell.refuses("number", "plan", "write", PNID) == "Give the plan's file, or --clear.\n"
    assert shell.refuses("number", "hours", "write", PNID) == "Give the file of the hours, or --clear.\n"
    no_number = "There is no number with this phone number id.\n"
    assert shell.refuses("number", "plan", "show", "999") == no_number
    assert shell.refuses("number", "hours", "check", "999", file_with(tmp_path, OFFICE_JSON)) == no_number
    assert shell.refuses("prompt", "save", "0" * 32, "x.ogg") == "There is no sound with this id.\n"
    huge = tmp_path / "huge.json"
    huge.write_bytes(b" " * 140_000)
    assert shell.refuses("number", "plan", "check", PNID, str(huge)) == "The file is larger than 131072 bytes.\n"
