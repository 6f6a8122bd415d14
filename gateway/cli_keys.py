"""`ramal api-key …` and `ramal audit …`: the keys of integrators, and who did what."""

from datetime import timedelta
from typing import Annotated

import typer

from gateway.cli_admin import Stores, in_words_run, stop_with
from gateway.clock import utc_now
from signaling.integrator_contract import iso
from store.api_keys import ApiKey, NewKey, Scope, SqlApiKeyStore
from store.audit import SqlAudit

keys_app = typer.Typer(no_args_is_help=True, help="Keys of integrators for /api/v1.")
audit_app = typer.Typer(no_args_is_help=True, help="Who did what.")


@keys_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Whose it is, such as 'CRM'.")],
    scope: Annotated[list[str], typer.Option(help=f"May be repeated: {', '.join(Scope)}.")],
    number: Annotated[list[str] | None, typer.Option(help="Only this number (Meta's id); may be repeated.")] = None,
    department: Annotated[list[str] | None, typer.Option(help="Only this department; may be repeated.")] = None,
    days: Annotated[float | None, typer.Option(help="Days until it expires; without it never.")] = None,
    per_minute: Annotated[int | None, typer.Option(help="Requests a minute; without it RAMAL_API_PER_MINUTE.")] = None,
) -> None:
    """Make a key and print it, once: it cannot be read again."""
    now = utc_now()
    expires_at = None if days is None else now + timedelta(days=days)
    new = NewKey(name, tuple(scope), tuple(number or ()), tuple(department or ()), expires_at, per_minute)
    _, token = in_words_run(lambda stores: _keys(stores).add(new, now))
    typer.echo(token.value)


@keys_app.command("list")
def list_keys() -> None:
    """One line per key: prefix, state, last use, scopes, name. Keys themselves are not kept."""
    now = utc_now()
    for key in in_words_run(lambda stores: _keys(stores).all()):
        used = "never used" if key.last_used_at is None else iso(key.last_used_at)
        typer.echo("\t".join((key.prefix, _state(key, key.works(now)), used, " ".join(sorted(key.scopes)), key.name)))


@keys_app.command("revoke")
def revoke_key(prefix: Annotated[str, typer.Argument(help="As `ramal api-key list` shows it.")]) -> None:
    """Let a key work no more, within five seconds and for good."""
    now = utc_now()
    key = in_words_run(lambda stores: _keys(stores).revoke(prefix, now))
    typer.echo(f"{key.prefix}\trevoked")


@audit_app.command("verify")
def verify_audit() -> None:
    """Compute every hash again. Exit code 2: a line was changed, removed or put in."""
    check = in_words_run(lambda stores: SqlAudit(stores.people.database).verify())
    if check.broken_at is not None:
        stop_with(f"The audit was changed: line {check.broken_at} is not what was written.")
    typer.echo(f"{check.lines} lines, all as they were written. Newest hash: {check.newest}")


def _keys(stores: Stores) -> SqlApiKeyStore:
    return SqlApiKeyStore(stores.people.database)


def _state(key: ApiKey, works: bool) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "works" if works else "expired"
