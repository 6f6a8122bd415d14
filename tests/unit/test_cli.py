"""`ramal demo` with options that cannot be: a sentence and an exit code, no traceback."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--listen", "nonsense", "host:port"),
        ("--meta", "x:99999", "host:port"),
        ("--media-port", "70000", "MEDIA_PORT"),
    ],
)
def test_a_demo_with_an_impossible_address_or_port_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, value: str, named: str
) -> None:
    monkeypatch.setattr("gateway.cli.configure_logs", lambda *_: None)  # it would outlive this test
    result = CliRunner().invoke(app, ["demo", "--folder", str(tmp_path / "demo"), option, value])
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert named in result.output
    assert "Traceback" not in result.output
