"""An administrator at a shell. On both databases."""

import asyncio
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from gateway.cli_admin import add_commands
from signaling.ids import PhoneNumberId
from signaling.ports import Agent, Number, Template
from signaling.private import Token
from store.audit import SqlAudit
from store.database import Database
from tests.services.samples import KEY, PASSWORD, numbers_in, people_in

ROOT = Path(__file__).parents[2]
TOKEN = "EAAB-secret-token"
ADD_NUMBER = ("number", "add", "100", "--waba", "200", "--phone", "+55 11 95555-0100", "--label", "Vendas")


class Shell:
    """`ramal` with the settings of one database."""

    def __init__(self, url: str) -> None:
        self.environment = {"RAMAL_SECRET_KEY": KEY.value, "RAMAL_DATABASE_URL": url}
        self.app = typer.Typer()
        add_commands(self.app)

    def run(self, *arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(self.app, arguments, input=stdin, env=self.environment)

    def works(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refuses(self, *arguments: str, stdin: str = "") -> str:
        result = self.run(*arguments, stdin=stdin)
        assert (result.exit_code, result.stdout) == (2, "")
        return result.stderr


@pytest.fixture
def shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)  # no .env of whoever runs the tests
    return Shell(database_url)


def test_a_shell_makes_all_that_a_first_call_needs(shell: Shell) -> None:
    assert shell.works("migrate") == "The tables were up to date already.\n"
    assert shell.works("department", "add", "Atendimento") == "Atendimento\n"
    added = shell.works(*ADD_NUMBER, "--department", "Atendimento")
    assert added == "100\tVendas\tAtendimento\tinbound\tRAMAL_META_TOKEN\n"
    user = ("user", "add", "Ana", "--name", "Ana Ribeiro", "--department", "Atendimento", "--password-stdin")
    assert shell.works(*user, stdin=f"{PASSWORD}\n") == "ana\tagent\tAtendimento\tAna Ribeiro\n"

    assert shell.works("number", "list") == added.replace("\n", "\tcalling unknown at Meta\tnothing open\n")
    assert shell.works("department", "list") == "Atendimento\n"
    assert shell.works("user", "list") == "ana\tagent\tAtendimento\tAna Ribeiro\n"


async def test_a_password_from_stdin_is_the_one_that_signs_in(database: Database, shell: Shell) -> None:
    add = ("user", "add", "ana", "--name", "Ana", "--role", "supervisor", "--password-stdin")
    await asyncio.to_thread(shell.works, *add, stdin=f"{PASSWORD}\r\nsomething else")
    assert await people_in(database).sign_in("ana", PASSWORD) is not None
    await asyncio.to_thread(shell.works, "user", "password", "ana", "--password-stdin", stdin="another password")
    assert await people_in(database).sign_in("ana", "another password") is not None
    disabled = await asyncio.to_thread(shell.works, "user", "disable", "ana")
    assert disabled == "ana\tsupervisor (disabled)\t-\tAna\n"
    assert await people_in(database).sign_in("ana", "another password") is None


async def test_what_is_done_to_people_and_departments_at_a_shell_is_in_the_audit(
    database: Database, shell: Shell
) -> None:
    def act() -> None:
        shell.works("department", "add", "Atendimento")
        shell.works("department", "outbound", "Atendimento", "--off")
        shell.works("department", "outbound", "Atendimento", "--off")  # as it is: no act
        user = ("user", "add", "ana", "--name", "Ana", "--department", "Atendimento", "--password-stdin")
        shell.works(*user, stdin=f"{PASSWORD}\n")
        shell.works("user", "grant", "ana", "Atendimento", "--no-call")
        shell.works("user", "password", "ana", "--password-stdin", stdin="another password")
        shell.works("user", "disable", "ana")
        shell.works("user", "disable", "ana")

    await asyncio.to_thread(act)
    lines = [line for line in reversed(await SqlAudit(database).newest()) if line.actor == "shell"]
    assert [line.action for line in lines] == [
        *("department.added", "department.changed", "user.added", "user.granted"),
        *("user.granted", "user.password_set", "user.disabled"),
    ]
    assert {line.subject for line in lines} == {"department:1", "user:1"}
    assert [line.data["may_call_outbound"] for line in lines if line.action == "user.granted"] == [True, False]
    assert PASSWORD not in str(lines) and "Ana" not in str(lines)


async def test_a_numbers_own_token_is_stored_and_never_printed(database: Database, shell: Shell) -> None:
    printed = await asyncio.to_thread(shell.works, *ADD_NUMBER, "--token-stdin", stdin=f"{TOKEN}\n")
    printed += await asyncio.to_thread(shell.works, "number", "list")
    line = "100\tVendas\t-\tinbound\town token"
    assert printed == f"{line}\n{line}\tcalling unknown at Meta\tnothing open\n"
    (number,) = await numbers_in(database).all()
    assert number.token == Token(TOKEN)


def test_a_limit_that_meta_granted_is_set_shown_and_taken_back(shell: Shell) -> None:
    shell.works(*ADD_NUMBER)
    assert "concurrent_inbound\t1000\t" in shell.works("number", "limit", "100")
    assert "concurrent_inbound\t5000 (own)\t" in shell.works("number", "limit", "100", "concurrent_inbound", "5000")
    assert "concurrent_inbound\t1000\t" in shell.works("number", "limit", "100", "concurrent_inbound", "--default")
    assert "no such rule" in shell.refuses("number", "limit", "100", "speed", "5000")
    assert "whole number" in shell.refuses("number", "limit", "100", "concurrent_inbound", "many")
    assert "a value, or --default" in shell.refuses("number", "limit", "100", "concurrent_inbound")
    assert "no number" in shell.refuses("number", "limit", "999")


def test_a_rule_of_a_number_is_set_within_its_bounds_shown_and_taken_back(shell: Shell) -> None:
    shell.works(*ADD_NUMBER)
    assert "wrap_up_s\t0\t0 to 3600 s" in shell.works("number", "rule", "100")
    assert "wrap_up_s\t30 (own)\t" in shell.works("number", "rule", "100", "wrap_up_s", "30")
    assert "wrap_up_s\t0\t" in shell.works("number", "rule", "100", "wrap_up_s", "--default")
    assert "ring_window_s\t26 (own)\t5 to 26 s" in shell.works("number", "rule", "100", "ring_window_s", "26")
    assert "5 to 26 seconds" in shell.refuses("number", "rule", "100", "ring_window_s", "26.5"), "Meta may end at 30"
    assert "0 to 3600 seconds" in shell.refuses("number", "rule", "100", "wrap_up_s", "soon")
    assert "0 to 3600 seconds" in shell.refuses("number", "rule", "100", "wrap_up_s", "nan")
    assert "must be one of" in shell.refuses("number", "rule", "100", "claim_lease_s", "1")
    assert "seconds, or --default" in shell.refuses("number", "rule", "100", "wrap_up_s")


def test_a_number_changes_between_its_own_token_and_the_common_one(shell: Shell) -> None:
    shell.works(*ADD_NUMBER)
    assert shell.works("number", "set-token", "100", "--token-stdin", stdin=TOKEN).endswith("own token\n")
    assert shell.works("number", "set-token", "100", "--clear").endswith("RAMAL_META_TOKEN\n")


def test_what_cannot_be_is_said_in_a_sentence(shell: Shell) -> None:
    shell.works(*ADD_NUMBER)
    add_user = ("user", "add", "ana", "--name", "Ana")
    assert "in the store already" in shell.refuses(*ADD_NUMBER)
    assert "no department" in shell.refuses(*add_user, "--department", "Nowhere", "--password-stdin", stdin=PASSWORD)
    assert "no valid phone" in shell.refuses("number", "add", "1", "--waba", "2", "--phone", "12", "--label", "x")
    assert "--password-stdin" in shell.refuses(*add_user)
    assert "8 to 256" in shell.refuses(*add_user, "--password-stdin", stdin="short\n")
    assert "not both" in shell.refuses("number", "set-token", "100", "--clear", "--token-stdin")
    assert "--token-stdin" in shell.refuses("number", "set-token", "100")
    assert "no user" in shell.refuses("user", "disable", "nobody")
    assert shell.run("user", "add", "ana", "--name", "Ana", "--role", "king").exit_code == 2
    assert shell.works("user", "list") == ""


def test_a_database_without_tables_and_one_that_is_away_are_said_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    shell.environment["RAMAL_DATABASE_URL"] = f"sqlite:///{tmp_path / 'new' / 'ramal.db'}"
    assert "ramal migrate" in shell.refuses("user", "list")
    assert shell.works("migrate") == "The tables are up to date now.\n"
    assert shell.works("user", "list") == ""
    shell.environment["RAMAL_DATABASE_URL"] = f"postgresql://ramal:secret@/ramal?host={tmp_path}"
    assert shell.refuses("user", "list") == "no connection to the database (store.away)\n"
    shell.environment["RAMAL_DATABASE_URL"] = "sqlite:///"
    assert "a database URL must look like" in shell.refuses("user", "list")


def test_changing_the_key_takes_the_tokens_along(shell: Shell) -> None:
    shell.works(*ADD_NUMBER, "--token-stdin", stdin=TOKEN)
    new = "a newer key that only tests use: 32 characters"
    shell.environment["RAMAL_SECRET_KEY"] = new
    assert "RAMAL_SECRET_KEY" in shell.refuses("number", "list")
    shell.environment["RAMAL_SECRET_KEY"] = f"{new}, {KEY.value}"
    assert "Tokens encrypted with the newest key: 1." in shell.works("migrate")
    shell.environment["RAMAL_SECRET_KEY"] = new
    assert "\town token\t" in shell.works("number", "list")


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(sqlite_url: str, tmp_path: Path) -> None:
    program = "import typer, gateway.cli_admin as c; app = typer.Typer(); c.add_commands(app); app()"
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program, "user", "add", "ana", "--name", "Ana"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **Shell(sqlite_url).environment},
    )
    os.close(theirs)
    seen = b""
    for question in (b"Password: ", b"Repeat for confirmation: "):
        while not seen.endswith(question):
            seen += os.read(ours, 1)
        os.write(ours, f"{PASSWORD}\n".encode())
    assert child.wait() == 0
    seen += os.read(ours, 10_000)
    os.close(ours)
    assert b"ana\tagent" in seen
    assert PASSWORD.encode() not in seen


def test_who_may_call_customers_is_said_for_number_department_and_agent(shell: Shell) -> None:
    shell.works("department", "add", "Atendimento")
    shell.works(*ADD_NUMBER, "--department", "Atendimento")
    user = ("user", "add", "ana", "--name", "Ana", "--department", "Atendimento", "--password-stdin")
    shell.works(*user, stdin=f"{PASSWORD}\n")

    shell.works("number", "outbound", "100", "--on")
    shell.works("number", "permission-template", "100", "ask_to_call", "--language", "pt_BR")
    assert shell.works("department", "outbound", "Atendimento", "--off") == "Atendimento\tno outbound\n"
    assert shell.works("user", "grant", "ANA", "Atendimento", "--no-call") == "ana\tAtendimento\ttake\n"
    assert shell.works("user", "grant", "ana", "Atendimento", "--call") == "ana\tAtendimento\ttake, call\n"

    async def stored() -> tuple[Number | None, Agent | None]:
        database = Database(shell.environment["RAMAL_DATABASE_URL"])
        people = people_in(database)
        number = await numbers_in(database).by_phone_number_id(PhoneNumberId("100"))
        agent = await people.by_id((await people.users())[0].id)
        await database.close()
        return number, agent

    number, agent = asyncio.run(stored())
    assert number is not None and agent is not None
    assert (number.outbound_enabled, number.department_may_call) == (True, False)
    assert number.permission_template == Template("ask_to_call", "pt_BR")
    assert agent.calls_for == {number.department}
    shell.works("number", "permission-template", "100", "--clear")
    assert shell.refuses("number", "permission-template", "100") == "Give the template's name, or --clear.\n"
    assert "language" in shell.refuses("number", "permission-template", "100", "Ask To Call")
