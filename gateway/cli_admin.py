"""`ramal migrate`, `ramal number …`, `ramal department …`, `ramal user …`: what an administrator does from a shell.

Secrets come from a terminal without echo or from standard input, never as an argument: arguments are seen by everybody
on the machine and stay in the shell's history. What cannot be done is said in a sentence, with exit code 2.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, NoReturn, TypeVar

import typer

from gateway.cli_number_list import line_of, listed
from gateway.clock import utc_now
from gateway.settings import Settings, SettingsError
from signaling.call import SETTABLE_RULES, Rules
from signaling.errors import NeighbourError
from signaling.ids import PhoneNumberId
from signaling.meta_rules import META_RULES
from signaling.ports import Number, Role, Template
from signaling.private import Token
from store.audit import By
from store.database import Database, read_url
from store.departments import SqlDepartmentStore
from store.migrate import upgrade
from store.number_plans import Writing
from store.numbers import NewNumber, SqlNumberStore
from store.passwords import Passwords
from store.people import LANGUAGES, Grants, SqlPeopleStore, User, login_key
from store.refusal import Refusal, Why
from store.secrets import SecretBox

CANNOT: Final = 2
STDIN_LIMIT_CHARS: Final = 4_096
SHELL: Final = "shell"

T = TypeVar("T")

numbers_app = typer.Typer(no_args_is_help=True, help="The WhatsApp numbers whose calls ring here.")
departments_app = typer.Typer(no_args_is_help=True, help="Where calls ring, and where people work.")
users_app = typer.Typer(no_args_is_help=True, help="Who signs in.")


def add_commands(app: typer.Typer) -> None:
    """Mount everything of this module on `ramal`."""
    app.command()(migrate)
    app.add_typer(numbers_app, name="number")
    app.add_typer(departments_app, name="department")
    app.add_typer(users_app, name="user")


@dataclass(frozen=True)
class Stores:
    numbers: SqlNumberStore
    departments: SqlDepartmentStore
    people: SqlPeopleStore


# ---- tables ----------------------------------------------------------------------------------------------------------


def migrate() -> None:
    """Create or update the tables, and bring stored tokens under the newest RAMAL_SECRET_KEY. Safe to repeat."""
    url = read_settings().database_url.value
    changed = _in_words(lambda: upgrade(url))
    typer.echo("The tables are up to date now." if changed else "The tables were up to date already.")
    if reencrypted := in_words_run(lambda stores: stores.numbers.reencrypt_tokens()):
        typer.echo(f"Tokens encrypted with the newest key: {reencrypted}.")


# ---- numbers ---------------------------------------------------------------------------------------------------------


@numbers_app.command("add")
def add_number(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number (digits).")],
    waba: Annotated[str, typer.Option(help="Id of its WhatsApp Business Account.")],
    phone: Annotated[str, typer.Option(help="The number itself, such as +55 11 95555-0101.")],
    label: Annotated[str, typer.Option(help="What agents see, such as 'Vendas São Paulo'.")],
    department: Annotated[str | None, typer.Option(help="Where its calls ring.")] = None,
    slug: Annotated[str, typer.Option(help="What reports and events name it by; made of the label without it.")] = "",
    inbound: Annotated[bool, typer.Option(help="Take calls from customers.")] = True,
    outbound: Annotated[bool, typer.Option(help="Let agents call customers.")] = False,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the number's own token from stdin.")] = False,
) -> None:
    """Add a WhatsApp number. Without a token of its own it uses RAMAL_META_TOKEN."""
    token = Token(_first_line_of_stdin()) if token_stdin else None
    new = NewNumber(phone_number_id, waba, phone, label, department, inbound, outbound, token, slug=slug)
    _show_number(in_words_run(lambda stores: stores.numbers.add(new, by_shell())))


@numbers_app.command("list")
def list_numbers() -> None:
    """One line per number: phone number id, label, department, what is on, whose token it uses, whether calling is on
    at Meta as it was last seen, and what is open of it. Health and load: on the page, of the gateway that runs."""
    for line in in_words_run(lambda stores: listed(stores.numbers)):
        typer.echo(line)


@numbers_app.command("set-token")
def set_token(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token from stdin.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Use RAMAL_META_TOKEN again.")] = False,
) -> None:
    """Give a number its own token, asked for without echo; stored encrypted."""
    if clear and token_stdin:
        stop_with("Use --clear or --token-stdin, not both.")
    token = None if clear else Token(_secret("Token", from_stdin=token_stdin))
    _show_number(in_words_run(lambda stores: stores.numbers.set_token(phone_number_id, token, by_shell())))


@numbers_app.command("outbound")
def set_outbound(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    enabled: Annotated[bool, typer.Option("--on/--off", help="Let agents call customers from this number.")],
) -> None:
    """Switch calls to customers on or off for a number."""
    _show_number(in_words_run(lambda stores: stores.numbers.set_outbound(phone_number_id, enabled, by_shell())))


@numbers_app.command("inbound")
def set_inbound(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    enabled: Annotated[bool, typer.Option("--on/--off", help="Take calls of customers.")],
) -> None:
    """Switch calls from customers on or off for a number; those that come while it is off are rejected at once."""
    _show_number(in_words_run(lambda stores: stores.numbers.set_inbound(phone_number_id, enabled, by_shell())))


@numbers_app.command("permission-template")
def set_permission_template(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    name: Annotated[str | None, typer.Argument(help="Name of an approved template with a permission request.")] = None,
    language: Annotated[str, typer.Option(help="The language that it was made with.")] = "pt_BR",
    clear: Annotated[bool, typer.Option("--clear", help="Ask inside the service window only.")] = False,
) -> None:
    """Name the template by which customers are asked for permission outside the 24-hour service window."""
    if (name is None) is not clear:
        stop_with("Give the template's name, or --clear.")
    template = None if name is None else Template(name, language)
    by = by_shell()
    _show_number(in_words_run(lambda stores: stores.numbers.set_permission_template(phone_number_id, template, by)))


@numbers_app.command("limit")
def set_limit(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    rule: Annotated[
        str | None, typer.Argument(help="Such as concurrent_inbound. Without it all rules are shown.")
    ] = None,
    value: Annotated[str | None, typer.Argument(help="What Meta allows this number.")] = None,
    default: Annotated[bool, typer.Option("--default", help="Meta's usual limit again.")] = False,
) -> None:
    """Show Meta's rules as they hold for a number, or set one that Meta granted this number."""
    if rule is None:
        number = in_words_run(lambda stores: number_of(stores, phone_number_id))
    elif (value is None) is not default:
        stop_with("Give the rule a value, or --default.")
    else:
        number = in_words_run(lambda stores: stores.numbers.set_limit(phone_number_id, rule, value, by_shell()))
    for name, meta in META_RULES.items():
        held = getattr(number.limits, name)
        since = "" if meta.since is None else f", since {meta.since}"
        own = "" if held == meta.default else " (own)"
        shown = ", ".join(held) if isinstance(held, tuple) else str(held)
        typer.echo(f"{name}\t{shown}{own}\t{meta.unit} ({meta.source}{since})")


@numbers_app.command("rule")
def set_rule(
    phone_number_id: Annotated[str, typer.Argument(help="Meta's id of the number.")],
    rule: Annotated[str | None, typer.Argument(help="Such as wrap_up_s. Without it all rules are shown.")] = None,
    seconds: Annotated[str | None, typer.Argument(help="How long.")] = None,
    default: Annotated[bool, typer.Option("--default", help="As it comes with Ramal.")] = False,
) -> None:
    """Show how long a number's calls ring, its agents have after a call, and the like; or set one of these."""
    if rule is None:
        number = in_words_run(lambda stores: number_of(stores, phone_number_id))
    elif (seconds is None) is not default:
        stop_with("Give the rule seconds, or --default.")
    else:
        number = in_words_run(lambda stores: stores.numbers.set_rule(phone_number_id, rule, seconds, by_shell()))
    for name, (least, most) in SETTABLE_RULES.items():
        held = getattr(number.rules, name)
        own = "" if held == getattr(Rules(), name) else " (own)"
        typer.echo(f"{name}\t{held:g}{own}\t{least:g} to {most:g} s")


async def number_of(stores: Stores, phone_number_id: str) -> Number:
    number = await stores.numbers.by_phone_number_id(PhoneNumberId(phone_number_id))
    if number is None:
        raise Refusal(Why.UNKNOWN, "phone number id", "There is no number with this phone number id.")
    return number


# ---- departments -----------------------------------------------------------------------------------------------------


@departments_app.command("add")
def add_department(name: Annotated[str, typer.Argument(help="Such as 'Atendimento'.")]) -> None:
    """Add a department."""
    typer.echo(in_words_run(lambda stores: stores.departments.add(name, shell_now())).name)


@departments_app.command("outbound")
def set_department_outbound(
    name: Annotated[str, typer.Argument(help="The department.")],
    enabled: Annotated[bool, typer.Option("--on/--off", help="Let its agents call customers.")],
) -> None:
    """Switch calls to customers on or off for a department; each agent needs the grant besides (`ramal user grant`)."""
    department = in_words_run(lambda stores: stores.departments.set_outbound(name, enabled, shell_now()))
    typer.echo(f"{department.name}\t{'outbound' if department.outbound_enabled else 'no outbound'}")


@departments_app.command("list")
def list_departments() -> None:
    """One line per department."""
    for department in in_words_run(lambda stores: stores.departments.all()):
        typer.echo(department.name)


# ---- users -----------------------------------------------------------------------------------------------------------


@users_app.command("add")
def add_user(
    login: Annotated[str, typer.Argument(help="What the user types to sign in; capitals do not matter.")],
    name: Annotated[str, typer.Option(help="What others see.")],
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.AGENT,
    department: Annotated[list[str] | None, typer.Option(help="Where the user works; may be repeated.")] = None,
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")] = LANGUAGES[0],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Add a user. The password is asked for without echo."""
    password = _secret("Password", from_stdin=password_stdin, twice=True)
    departments = department or []

    def add(stores: Stores) -> Coroutine[Any, Any, User]:
        return stores.people.add_user(login, name, password, role, departments, language, shell_now())

    _show_user(in_words_run(add))


@users_app.command("grant")
def grant_user(
    login: Annotated[str, typer.Argument()],
    department: Annotated[str, typer.Argument(help="The department's name.")],
    may_take: Annotated[bool | None, typer.Option("--take/--no-take", help="Take calls of customers.")] = None,
    may_call: Annotated[bool | None, typer.Option("--call/--no-call", help="Call customers.")] = None,
) -> None:
    """Let a user work in a department, or change what they may do there. What is not named stays as it is."""

    async def work(stores: Stores) -> User:
        users = {user.login: user for user in await stores.people.users()}
        user = users.get(login_key(login))
        held = {place.name: grants for place, grants in user.departments} if user is not None else {}
        before = held.get(department.strip(), Grants())
        changes = {"may_take_inbound": may_take, "may_call_outbound": may_call}
        wanted = {name: value for name, value in changes.items() if value is not None}
        return await stores.people.grant(login, department, replace(before, **wanted), shell_now())

    user = in_words_run(work)
    for place, grants in user.departments:
        words = [word for word, may in (("take", grants.may_take_inbound), ("call", grants.may_call_outbound)) if may]
        typer.echo("\t".join((user.login, place.name, ", ".join(words) or "-")))


@users_app.command("list")
def list_users() -> None:
    """One line per user: login, role, departments, name."""
    for user in in_words_run(lambda stores: stores.people.users()):
        _show_user(user)


@users_app.command("password")
def set_password(
    login: Annotated[str, typer.Argument()],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Set a new password and end the user's sessions."""
    password = _secret("New password", from_stdin=password_stdin, twice=True)
    _show_user(in_words_run(lambda stores: stores.people.set_password(login, password, shell_now())))


@users_app.command("disable")
def disable_user(login: Annotated[str, typer.Argument()]) -> None:
    """Keep a user from signing in and end their sessions. Their calls stay in the records."""
    _show_user(in_words_run(lambda stores: stores.people.disable(login, utc_now(), SHELL)))


# ---- what they share -------------------------------------------------------------------------------------------------


def by_shell() -> Writing:
    """Who does what is done here: an operator at the command line, as the audit names them."""
    return Writing(SHELL, utc_now())


def shell_now() -> By:
    """The same, of people and departments."""
    return By(SHELL, utc_now())


def _show_number(number: Number) -> None:
    typer.echo(line_of(number))


def _show_user(user: User) -> None:
    departments = ", ".join(department.name for department, _ in user.departments) or "-"
    state = "" if user.disabled_at is None else " (disabled)"
    typer.echo("\t".join((user.login, user.role + state, departments, user.name)))


def _secret(what: str, *, from_stdin: bool, twice: bool = False) -> str:
    if from_stdin:
        return _first_line_of_stdin()
    if not sys.stdin.isatty():
        stop_with(f"There is no terminal to ask on: use --{what.split()[-1].lower()}-stdin.")
    answer: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice)
    return answer


def _first_line_of_stdin() -> str:
    try:
        return sys.stdin.readline(STDIN_LIMIT_CHARS).rstrip("\r\n")
    except UnicodeDecodeError:
        stop_with("What came on stdin is no text.")


def read_settings() -> Settings:
    try:
        settings = Settings.load()
        read_url(settings.database_url.value)
    except (SettingsError, ValueError) as error:
        stop_with(str(error))
    return settings


def in_words_run(work: Callable[[Stores], Coroutine[Any, Any, T]]) -> T:
    """`work` with the stores of the database that the settings name."""
    settings = read_settings()

    async def run() -> T:
        async with _open_stores(settings) as stores:
            return await work(stores)

    return _in_words(lambda: asyncio.run(run()))


@asynccontextmanager
async def _open_stores(settings: Settings) -> AsyncIterator[Stores]:
    database, passwords = Database(settings.database_url.value), Passwords()
    try:
        yield Stores(
            SqlNumberStore(database, SecretBox(settings.secret_key)),
            SqlDepartmentStore(database),
            SqlPeopleStore(database, passwords),
        )
    finally:
        passwords.close()
        await database.close()


def _in_words(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refusal as refusal:
        stop_with(refusal.sentence)
    except NeighbourError as error:
        stop_with(f"{error.failure.detail} ({error.failure.code})")
    except OSError as error:
        stop_with(f"{error.filename}: {error.strerror}")


def stop_with(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(CANNOT)
