"""What the shell is told about settings and options that cannot be: sentences and an exit code, no traceback."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.settings import PREFIX


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


def test_a_check_says_what_is_wrong_what_will_surprise_and_what_is_no_setting_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    key, word = "k" * 32, "a-word-nobody-should-read"
    (tmp_path / ".env").write_text(f"RAMAL_SECRET_KEY={key}\nRAMAL_META_APP_SECRT={word}\nRAMAL_COLOUR=red\nOTHER=1\n")
    said = CliRunner().invoke(app, ["check"])
    assert said.exit_code == 1
    assert "RAMAL_META_APP_SECRT is no setting, and changes nothing. Is RAMAL_META_APP_SECRET meant?" in said.output
    assert "RAMAL_COLOUR is no setting" in said.output and "OTHER" not in said.output
    assert "RAMAL_META_APP_SECRET is not set" in said.output
    assert key not in said.output and word not in said.output

    (tmp_path / ".env").write_text("RAMAL_LISTEN=nonsense\n")
    said = CliRunner().invoke(app, ["check"])
    assert said.exit_code == 1 and "RAMAL_LISTEN" in said.output and "RAMAL_SECRET_KEY is not set" in said.output

    whole = {"SECRET_KEY": key, "META_APP_SECRET": word, "META_VERIFY_TOKEN": word}
    (tmp_path / ".env").write_text("".join(f"{PREFIX}{name}={value}\n" for name, value in whole.items()))
    said = CliRunner().invoke(app, ["check"])
    assert (said.exit_code, said.output) == (0, "Nothing is wrong with the settings.\n")
