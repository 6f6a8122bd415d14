"""`ramal number plan …`, `ramal number hours …`, `ramal prompt …`: what becomes of customers who call, from a shell.

Plans and hours are JSON, as REST has them. What is wrong with them is told one problem a line, with exit code 2.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gateway.api.errors import Problem
from gateway.api.number_hours import all_problems
from gateway.api.plan_problems import of_plan, of_schedule, of_shape
from gateway.cli_admin import CANNOT, Stores, in_words_run, number_of, numbers_app, read_settings, stop_with
from gateway.clock import utc_now
from gateway.media.prompt_library import PromptLibrary, UnknownPrompt
from gateway.media.prompts import PromptUnusable
from gateway.sounds import Sounds
from signaling.hours_at_meta import HoursState
from signaling.plan import Plan, PromptId, problems_of, simple_plan
from signaling.schedule import Schedule, is_open, next_opening
from store.number_plans import SqlNumberPlans, Writing
from store.prompts import InUse, SqlPrompts
from store.refusal import Refusal, Why

SHELL: Final = "shell"
FILE_LIMIT_BYTES: Final = 131_072
UNUSABLE: Final = {
    "no_sound": "This file is no sound that can be read.",
    "empty": "There is no sound in this file.",
    "too_long": "The sound is longer than ten minutes.",
    "too_large": "The file is larger than 20 MiB.",
}

plans_app = typer.Typer(no_args_is_help=True, help="What becomes of a customer who calls a number.")
hours_app = typer.Typer(no_args_is_help=True, help="When a number takes calls.")
prompts_app = typer.Typer(no_args_is_help=True, help="The sounds that plans play.")

Id = Annotated[str, typer.Argument(help="Meta's id of the number.")]
File = Annotated[Path, typer.Argument(help="A JSON file; - is standard input.")]


def add_plan_commands(app: typer.Typer) -> None:
    """Mount everything of this module on `ramal`."""
    numbers_app.add_typer(plans_app, name="plan")
    numbers_app.add_typer(hours_app, name="hours")
    app.add_typer(prompts_app, name="prompt")


class _PlanFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    plan: Plan


class _HoursFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    schedule: Schedule


# ---- plans -----------------------------------------------------------------------------------------------------------


@plans_app.command("show")
def show_plan(phone_number_id: Id) -> None:
    """Print a number's plan as JSON: its own, or what it does without one."""

    async def work(stores: Stores) -> Plan:
        number = await number_of(stores, phone_number_id)
        return number.plan or simple_plan(number.rules.ring_window_s, number.rules.sticky_ring_s)

    _print(Plan, in_words_run(work))


@plans_app.command("check")
def check_plan(phone_number_id: Id, file: File) -> None:
    """Say what is wrong with a plan for this number; nothing is saved."""
    plan = _plan_in(file)
    _refuse(in_words_run(lambda stores: _problems_of_plan(stores, phone_number_id, plan)))
    typer.echo("It can be saved.")


@plans_app.command("write")
def write_plan(
    phone_number_id: Id,
    file: Annotated[Path | None, typer.Argument(help="A JSON file; - is standard input.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Without a plan: everybody rings, then it is missed.")] = False,
) -> None:
    """Give a number a plan, whole. Calls that come from now on follow it; those that are up go on as they began."""
    if (file is None) is not clear:
        stop_with("Give the plan's file, or --clear.")
    plan = None if file is None else _plan_in(file)
    if plan is not None:
        _refuse(in_words_run(lambda stores: _problems_of_plan(stores, phone_number_id, plan)))

    async def work(stores: Stores) -> int:
        number = await number_of(stores, phone_number_id)
        written = await SqlNumberPlans(stores.numbers.database).write_plan(number.id, plan, Writing(SHELL, utc_now()))
        return written.version

    typer.echo(f"Version {in_words_run(work)}.")


# ---- hours -----------------------------------------------------------------------------------------------------------


@hours_app.command("show")
def show_hours(phone_number_id: Id) -> None:
    """Print a number's hours as JSON, and on standard error whether it is open and what Meta has of them."""

    async def work(stores: Stores) -> tuple[Schedule | None, list[str]]:
        number = await number_of(stores, phone_number_id)
        hours = await SqlNumberPlans(stores.numbers.database).hours(number.id)
        at_meta = None if hours is None else hours.at_meta
        now, said = utc_now(), []
        if number.schedule is not None:
            opens = next_opening(number.schedule, now)
            said.append("open" if is_open(number.schedule, now) else "closed")
            said.append(f"next opening {'-' if opens is None else opens.isoformat()}")
        if at_meta is not None:
            said.append(f"at Meta: {at_meta.state.value}{'' if at_meta.failure is None else f' ({at_meta.failure})'}")
            said += [f"{found.place}: ours {found.ours}, Meta's {found.metas}" for found in at_meta.differences]
        return number.schedule, said

    schedule, said = in_words_run(work)
    _print(Schedule, schedule)
    typer.echo("\n".join(said or ["open at all hours"]), err=True)


@hours_app.command("check")
def check_hours(
    phone_number_id: Id,
    file: File,
    tell_meta: Annotated[bool, typer.Option("--tell-meta/--keep", help="Also by Meta's limits.")] = True,
) -> None:
    """Say what is wrong with hours; nothing is saved."""
    in_words_run(lambda stores: number_of(stores, phone_number_id))
    _refuse(of_schedule(all_problems(_hours_in(file), utc_now(), tell_meta=tell_meta)))
    typer.echo("They can be saved.")


@hours_app.command("write")
def write_hours(
    phone_number_id: Id,
    file: Annotated[Path | None, typer.Argument(help="A JSON file; - is standard input.")] = None,
    tell_meta: Annotated[
        bool, typer.Option("--tell-meta/--keep", help="Let Meta refuse calls outside the hours, or let them come here.")
    ] = True,
    clear: Annotated[bool, typer.Option("--clear", help="Open at all hours.")] = False,
) -> None:
    """Give a number hours, whole. The gateway that runs tells Meta within a minute."""
    if (file is None) is not clear:
        stop_with("Give the file of the hours, or --clear.")
    schedule = None if file is None else _hours_in(file)
    if schedule is not None:
        _refuse(of_schedule(all_problems(schedule, utc_now(), tell_meta=tell_meta)))

    async def work(stores: Stores) -> tuple[int, bool]:
        number = await number_of(stores, phone_number_id)
        plans = SqlNumberPlans(stores.numbers.database)
        written = await plans.write_hours(number.id, schedule, tell_meta, Writing(SHELL, utc_now()))
        waits = written.at_meta is not None and written.at_meta.state is HoursState.WAITING
        return written.document.version, waits

    version, waits = in_words_run(work)
    typer.echo(f"Version {version}.{' Meta is told within a minute.' if waits else ''}")


# ---- sounds ----------------------------------------------------------------------------------------------------------


@prompts_app.command("list")
def list_prompts() -> None:
    """One line per sound that a plan may name: id, seconds, where it comes from, name, and which numbers play it."""

    async def work(stores: Stores) -> list[tuple[str, ...]]:
        sounds = _sounds(stores)
        lines: list[tuple[str, ...]] = [
            (found.id, _seconds(found.duration_ms), "ramal", ", ".join(found.languages) or "-", "-")
            for found in await sounds.shipped()
        ]
        for upload in await sounds.store.all():
            used = ", ".join(upload.used_by) or "-"
            lines.append((upload.id, _seconds(upload.duration_ms), "uploaded", upload.name, used))
        return lines

    for line in in_words_run(work):
        typer.echo("\t".join(line))


@prompts_app.command("add")
def add_prompt(
    name: Annotated[str, typer.Argument(help="What administrators see, such as 'Saudação de Natal'.")],
    file: Annotated[Path, typer.Argument(help="Any audio file, up to 20 MiB and ten minutes.")],
) -> None:
    """Keep a sound, and print the id by which plans name it."""
    sound = _bytes_of(file)

    async def work(stores: Stores) -> str:
        try:
            return (await _sounds(stores).upload(name, sound, SHELL, utc_now())).id
        except PromptUnusable as unusable:
            raise Refusal(Why.INVALID, "file", UNUSABLE[unusable.code]) from None

    typer.echo(in_words_run(work))


@prompts_app.command("delete")
def delete_prompt(prompt: Annotated[str, typer.Argument(help="The id of an uploaded sound.")]) -> None:
    """Delete a sound that no plan plays."""

    async def work(stores: Stores) -> bool:
        try:
            return await _sounds(stores).remove(PromptId(prompt), SHELL, utc_now())
        except InUse as use:
            numbers = ", ".join(use.numbers)
            raise Refusal(Why.EXISTS, "prompt", f"The plans of these numbers play it: {numbers}.") from None

    if not in_words_run(work):
        stop_with("There is no uploaded sound with this id.")
    typer.echo(prompt)


@prompts_app.command("save")
def save_prompt(
    prompt: Annotated[str, typer.Argument(help="The id of a sound.")],
    file: Annotated[Path, typer.Argument(help="Where to write it, as Ogg/Opus.")],
    language: Annotated[str, typer.Option(help="Of words that come with Ramal.")] = "pt-BR",
) -> None:
    """Write a sound into a file, to listen to it."""

    async def work(stores: Stores) -> bytes:
        try:
            return await _sounds(stores).audio(PromptId(prompt), language)
        except UnknownPrompt:
            raise Refusal(Why.UNKNOWN, "prompt", "There is no sound with this id.") from None

    sound = in_words_run(work)
    try:
        file.write_bytes(sound)
    except OSError as error:
        stop_with(f"{error.filename}: {error.strerror}")
    typer.echo(str(file))


# ---- what they share -------------------------------------------------------------------------------------------------


async def _problems_of_plan(stores: Stores, phone_number_id: str, plan: Plan) -> list[Problem]:
    number = await number_of(stores, phone_number_id)
    departments = frozenset(department.id for department in await stores.departments.all())
    agents = frozenset(user.id for user in await stores.people.users() if user.disabled_at is None)
    prompts = await _sounds(stores).names()
    return of_plan(problems_of(plan, number.rules.ring_window_s, departments, prompts, agents))


def _sounds(stores: Stores) -> Sounds:
    return Sounds(PromptLibrary(read_settings().data_dir / "prompts"), SqlPrompts(stores.numbers.database))


def _plan_in(file: Path) -> Plan:
    document = _json_in(file)
    try:
        return _PlanFile.model_validate_json(json.dumps({"plan": document})).plan
    except ValidationError as error:
        _wrong(of_shape(error))


def _hours_in(file: Path) -> Schedule:
    document = _json_in(file)
    try:
        return _HoursFile.model_validate_json(json.dumps({"schedule": document})).schedule
    except ValidationError as error:
        _wrong(of_shape(error))


def _json_in(file: Path) -> Any:
    content = _bytes_of(file, FILE_LIMIT_BYTES)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        stop_with("This is no JSON.")


def _bytes_of(file: Path, limit_bytes: int | None = None) -> bytes:
    most = -1 if limit_bytes is None else limit_bytes + 1
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(most)
        else:
            with file.open("rb") as opened:
                content = opened.read(most)
    except OSError as error:
        stop_with(f"{error.filename}: {error.strerror}")
    if limit_bytes is not None and len(content) > limit_bytes:
        stop_with(f"The file is larger than {limit_bytes} bytes.")
    return content


def _print(kind: type[Any], document: object) -> None:
    plain = None if document is None else TypeAdapter(kind).dump_python(document, mode="json")
    typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        _wrong(problems)


def _wrong(problems: list[Problem]) -> NoReturn:
    for found in problems:
        place = ".".join(part for part in (found.step, found.field) if part)
        typer.echo(f"{place or 'the whole'}: {found.code}", err=True)
    raise typer.Exit(CANNOT)


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms / 1_000:.1f} s"
