"""`ramal number show|change|disable|enable|remove …`: a number as its settings page writes it, from a shell. A gateway
that runs tells Meta within a minute."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from gateway.cli_admin import Stores, by_shell, in_words_run, number_of, numbers_app, stop_with
from signaling.ids import NumberId
from signaling.number_form import NumberForm, problems_of
from signaling.ports import Operators
from signaling.settings_at_meta import Icon, Wanted, words_of
from store.departments import Department
from store.number_settings import InUse, SqlNumberSettings, StoredSettings
from store.people import User, login_key
from store.refusal import Refusal, Why

PhoneNumberId = Annotated[str, typer.Argument(help="Meta's id of the number.")]


class Switch(StrEnum):
    ON = "on"
    OFF = "off"
    METAS = "metas"  # left as Meta has it


class Button(StrEnum):
    SHOWN = "shown"
    HIDDEN = "hidden"
    METAS = "metas"


def add_number_commands() -> None:
    """Mount everything of this module on `ramal number`."""
    for name, command in (("show", show), ("change", change), ("disable", disable), ("enable", enable)):
        numbers_app.command(name)(command)
    numbers_app.command("remove")(remove)


def show(phone_number_id: PhoneNumberId) -> None:
    """A number as a whole, and what Meta had of it when it was last looked at."""

    async def work(stores: Stores) -> tuple[StoredSettings, list[str]]:
        stored = await _of(_settings(stores), (await number_of(stores, phone_number_id)).id)
        departments, users = await stores.departments.all(), await stores.people.users()
        return stored, _names_of(stored.form.operators, departments, users)

    _show_with_operators(in_words_run(work))


def change(
    phone_number_id: PhoneNumberId,
    label: Annotated[str | None, typer.Option(help="What agents see.")] = None,
    slug: Annotated[str | None, typer.Option(help="What reports, exports and events name it by.")] = None,
    department: Annotated[str | None, typer.Option(help="Where its calls ring; empty: nowhere.")] = None,
    calling: Annotated[Switch | None, typer.Option(help="Calling at Meta.")] = None,
    icon: Annotated[Button | None, typer.Option(help="The call button in chats.")] = None,
    callback: Annotated[Switch | None, typer.Option(help="Meta asks callers whether they may be called back.")] = None,
    countries: Annotated[
        str | None, typer.Option(help="Whose users see the button: BR,PT; empty: everybody's; metas: as Meta has it.")
    ] = None,
    operator_department: Annotated[
        list[str] | None, typer.Option(help="Works with it, instead of its department alone; may be repeated.")
    ] = None,
    operator: Annotated[list[str] | None, typer.Option(help="The login of a single user who does; likewise.")] = None,
    no_operators: Annotated[bool, typer.Option("--no-operators", help="The people of its department again.")] = False,
) -> None:
    """Change what is named; all else stays as it is. Operators are named all at once."""
    if no_operators and (operator or operator_department):
        stop_with("Name operators, or use --no-operators, not both.")

    def changed(form: NumberForm, departments: list[Department], users: list[User]) -> NumberForm:
        wanted = form.wanted
        if calling is not None:
            wanted = replace(wanted, calling=_switched(calling))
        if icon is not None:
            wanted = replace(wanted, icon=None if icon is Button.METAS else Icon(icon.value))
        if callback is not None:
            wanted = replace(wanted, callback=_switched(callback))
        if countries is not None:
            wanted = replace(wanted, countries=_countries(countries))
        given: dict[str, Any] = {"wanted": wanted}
        if label is not None:
            given["label"] = label.strip()
        if slug is not None:
            given["slug"] = slug
        if department is not None:
            found = next((place.id for place in departments if place.name == department.strip()), None)
            if found is None and department.strip():
                raise Refusal(Why.UNKNOWN, "department", "There is no such department.")
            given["department"] = found
        if no_operators:
            given["operators"] = None
        elif operator or operator_department:
            given["operators"] = _operators(operator_department or [], operator or [], departments, users)
        return replace(form, **given)

    async def work(stores: Stores) -> tuple[StoredSettings, list[str]]:
        number = (await number_of(stores, phone_number_id)).id
        store = _settings(stores)
        stored = await _of(store, number)
        departments, users = await stores.departments.all(), await stores.people.users()
        form = changed(stored.form, departments, users)
        if problems := problems_of(form):
            raise Refusal(Why.INVALID, problems[0].field, f"{problems[0].field}: {problems[0].code}.")
        written = await store.write(number, form, replace(by_shell(), seen=stored.document.version))
        return written, _names_of(written.form.operators, departments, users)

    _show_with_operators(in_words_run(work))


def disable(phone_number_id: PhoneNumberId) -> None:
    """No call comes in or goes out any more; calls that are up go on, and the records stay."""
    _show(_with(phone_number_id, lambda store, number: store.set_disabled(number, True, by_shell())))


def enable(phone_number_id: PhoneNumberId) -> None:
    """Take calls again, as before the number was disabled."""
    _show(_with(phone_number_id, lambda store, number: store.set_disabled(number, False, by_shell())))


def remove(phone_number_id: PhoneNumberId) -> None:
    """Remove a number that never had a call or a customer. Others can be disabled."""

    async def work(store: SqlNumberSettings, number: NumberId) -> bool:
        try:
            await store.remove(number, by_shell())
        except InUse:
            return False
        return True

    if not _with(phone_number_id, work):
        stop_with("Calls or customers name this number: disable it instead.")
    typer.echo("The number is gone.")


def _with(phone_number_id: str, work: Callable[[SqlNumberSettings, NumberId], Awaitable[Any]]) -> Any:
    async def found(stores: Stores) -> Any:
        return await work(_settings(stores), (await number_of(stores, phone_number_id)).id)

    return in_words_run(found)


def _settings(stores: Stores) -> SqlNumberSettings:
    return SqlNumberSettings(stores.numbers.database, stores.numbers.secrets)


async def _of(store: SqlNumberSettings, number: NumberId) -> StoredSettings:
    stored = await store.of(number)
    if stored is None:
        raise Refusal(Why.UNKNOWN, "number", "There is no such number.")
    return stored


def _operators(names: list[str], logins: list[str], departments: list[Department], users: list[User]) -> Operators:
    """Raises Refusal for a department or a user that is not there."""
    places = {place.name: place.id for place in departments}
    people = {user.login: user.id for user in users}
    for name in names:
        if name.strip() not in places:
            raise Refusal(Why.UNKNOWN, "operators", "There is no such department.")
    for login in logins:
        if login_key(login) not in people:
            raise Refusal(Why.UNKNOWN, "operators", "There is no such user.")
    return Operators(
        frozenset(places[name.strip()] for name in names), frozenset(people[login_key(login)] for login in logins)
    )


def _names_of(operators: Operators | None, departments: list[Department], users: list[User]) -> list[str]:
    """Departments by name, then users by login."""
    if operators is None:
        return []
    return [
        *(place.name for place in departments if place.id in operators.departments),
        *(user.login for user in users if user.id in operators.agents),
    ]


def _show_with_operators(found: tuple[StoredSettings, list[str]]) -> None:
    stored, operators = found
    _show(stored)
    typer.echo(f"operators\t{', '.join(operators) or 'the people of its department'}")


def _switched(switch: Switch) -> bool | None:
    return None if switch is Switch.METAS else switch is Switch.ON


def _countries(text: str) -> tuple[str, ...] | None:
    if text.strip().lower() == "metas":
        return None
    return tuple(sorted({code.strip().upper() for code in text.split(",") if code.strip()}))


def _show(stored: StoredSettings) -> None:
    form, seen = stored.form, stored.at_meta
    lines = {
        "label": form.label,
        "slug": form.slug,
        "inbound": "on" if form.inbound else "off",
        "outbound": "on" if form.outbound else "off",
        "disabled": "no" if stored.disabled_at is None else f"since {stored.disabled_at.isoformat()}",
        "version": str(stored.document.version),
    }
    for name, value in lines.items():
        typer.echo(f"{name}\t{value}")
    _show_meta(form.wanted, {} if seen is None else {place.place: place.metas for place in seen.places})
    if seen is not None:
        failures = [seen.failure, *(place.failure for place in seen.places)]
        why = ", ".join(sorted({failure for failure in failures if failure is not None}))
        typer.echo(f"at Meta\t{seen.state.value}{f' ({why})' if why else ''}, {seen.at.isoformat()}")


def _show_meta(wanted: Wanted, metas: dict[str, str | None]) -> None:
    ours = words_of(wanted)
    for place in ("calling", "icon", "callback", "countries"):
        typer.echo(f"{place}\t{ours.get(place, 'as Meta has it')}\tMeta: {metas.get(place) or 'not known'}")
