"""What the documents say is there."""

import ast
import re
from pathlib import Path

from signaling.agents.contract import COMMANDS, EVENTS
from signaling.announcements import EventKind
from store.api_keys import Scope
from tests.unit import event_document
from tests.unit.socket_io_document import render

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+(?:\.py)?/?)(?:::(\w+))?`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def names_in(file: Path) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, functions)}


def test_every_test_that_a_document_names_exists() -> None:
    for document in (ROOT / "docs").rglob("*.md"):
        for path, name in NAMED.findall(document.read_text()):
            assert (ROOT / path).exists(), f"{document.name} names {path}"
            assert not name or name in names_in(ROOT / path), f"{document.name} names {name}"


def test_every_row_of_the_features_page_names_a_test() -> None:
    lines = (ROOT / "docs" / "features.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| Row")]
    assert rows
    for row in rows:
        assert NAMED.search(row), row


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in LINK.findall(document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_socket_io_message_has_its_line() -> None:
    document = (ROOT / "docs" / "socket-io.md").read_text()
    assert document == render(), "write it again: python -m tests.unit.socket_io_document > docs/socket-io.md"
    for name in [*COMMANDS, *EVENTS]:
        assert f"`{name}`" in document


def test_every_event_has_its_line() -> None:
    document = (ROOT / "docs" / "events.md").read_text()
    assert document == event_document.render(), "write it again: python -m tests.unit.event_document > docs/events.md"
    assert set(event_document.meanings()) == set(EventKind)
    for kind in EventKind:
        assert f"`{kind.value}`" in document


def test_every_scope_of_a_key_has_its_line() -> None:
    lines = re.findall(r"^\| `([a-z:]+)` \|", (ROOT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert sorted(lines) == sorted(Scope)
