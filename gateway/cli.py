"""The `ramal` command."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from gateway import demo as demo_run
from gateway.admission import process_limits, raise_descriptor_limit
from gateway.app import serve as serve_gateway
from gateway.cli_admin import add_commands
from gateway.cli_contacts import contacts_app
from gateway.cli_guards import add_guard_commands
from gateway.cli_keys import audit_app, keys_app
from gateway.cli_numbers import add_number_commands
from gateway.cli_plans import add_plan_commands
from gateway.cli_recording import add_recording_commands
from gateway.cli_recordings import recordings_app
from gateway.foundations import NotReady
from gateway.load.cli import load
from gateway.logs import configure_logs
from gateway.loop import new_event_loop
from gateway.media.plane import NoPortFree
from gateway.setting_names import given_names, unknown_names
from gateway.settings import LogFormat, LogLevel, Settings, SettingsError, read_listen
from gateway.simulator.cli import simulate
from gateway.start_check import worries
from gateway.worker import work as do_work
from signaling.errors import NeighbourError

log = structlog.get_logger()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command()(simulate)
app.command()(load)
add_commands(app)
add_recording_commands()
add_number_commands()
add_guard_commands()
add_plan_commands(app)
app.add_typer(keys_app, name="api-key")
app.add_typer(audit_app, name="audit")
app.add_typer(contacts_app, name="contact")
app.add_typer(recordings_app, name="recordings")


@app.command()
def serve() -> None:
    """Run the gateway. Settings are RAMAL_* variables (docs/settings.md)."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        raise _stop(str(error)) from None
    configure_logs(settings.log_level, settings.log_format, settings.secrets)
    for sentence in unknown_names(given_names()):
        log.warning("look_at_the_settings", why=sentence)
    _run(serve_gateway(settings))


@app.command()
def check() -> None:
    """Say what is wrong with the settings, or will surprise, and start nothing. Ends with 1 if there is anything."""
    sentences = unknown_names(given_names())
    try:
        settings = Settings.load()
    except SettingsError as error:
        sentences = [*error.problems, *sentences]
    else:
        sentences += worries(settings, process_limits(settings, raise_descriptor_limit()), [])
    if sentences:
        raise _stop("\n".join(sentences))
    typer.echo("Nothing is wrong with the settings.")


@app.command()
def work() -> None:
    """Finish recordings and do what else must be done besides calls, and take none: on another machine that has the
    same database and data directory, or beside a gateway that has RAMAL_RECORDINGS_WORKERS=0."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        raise _stop(str(error)) from None
    configure_logs(settings.log_level, settings.log_format, settings.secrets)
    _run(do_work(settings))


@app.command()
def demo(
    listen: Annotated[str, typer.Option(help="host:port of the softphone.")] = "127.0.0.1:8080",
    meta: Annotated[str, typer.Option(help="host:port of the simulated Meta.")] = "127.0.0.1:8090",
    media_port: Annotated[int, typer.Option(help="UDP port for browsers' audio.")] = 10000,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its database.")] = Path("data/demo"),
) -> None:
    """Run everything on this machine: the gateway, a simulated Meta, a number and users."""
    try:
        addresses = read_listen(listen), read_listen(meta)
    except ValueError as error:
        raise _stop(f"--listen and --meta {error}.") from None
    configure_logs(LogLevel.WARNING, LogFormat.CONSOLE)
    _run(demo_run.run(folder, *addresses, media_port))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run until Ctrl+C or SIGTERM, and say in plain words why it could not begin."""
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_until_signalled(work))
    except (NotReady, NoPortFree, SettingsError) as error:
        raise _stop(str(error)) from None
    except NeighbourError as error:
        raise _stop(f"{error.failure.code}: {error.failure.detail}") from None
    except OSError as error:
        raise _stop(f"{error.strerror or error}: is it running already?") from None


async def _until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """SIGTERM ends the gateway as Ctrl+C does: calls that are up are ended at Meta first."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _stop(why: str) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(1)


def main() -> None:
    app()
