"""`ramal simulate`, from the shell's point of view."""

import socket

import typer
from typer.testing import CliRunner

from gateway.simulator.cli import simulate

OPTIONS = ["--webhook", "http://127.0.0.1:9/hook", "--app-secret", "s", "--verify-token", "v", "--token", "t"]


def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(simulate)
    return made


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(app(), [*OPTIONS, "--listen", f"127.0.0.1:{taken.getsockname()[1]}"])
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "cannot listen" in result.output


def test_an_address_without_a_port_is_refused() -> None:
    assert CliRunner().invoke(app(), [*OPTIONS, "--listen", "localhost"]).exit_code == 2


def test_the_secrets_have_no_default() -> None:
    assert CliRunner(env={"RAMAL_META_APP_SECRET": None}).invoke(app(), ["--webhook", "http://x"]).exit_code == 2
