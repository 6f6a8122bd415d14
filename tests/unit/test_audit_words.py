"""Whatever is written into the audit is said in words on its page."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "softphone_web" / "src" / "i18n" / "system" / "pt-BR.ts"
WRITES = re.compile(r"Entry\(|note_?[a-z]*\(|_asked\(|_wrote\(|Purpose\.|_OVER: \"|BEGAN: \"")
ACTION = re.compile(r'"([a-z_]+\.[a-z_]+)"')


def written() -> set[str]:
    files = [*(ROOT / "gateway").rglob("*.py"), *(ROOT / "store").glob("*.py")]
    lines = [line for file in files for line in file.read_text().splitlines() if WRITES.search(line)]
    return {action for line in lines for action in ACTION.findall(line)}


def block(name: str) -> set[str]:
    """The keys of `audit.<name>` in the texts."""
    audit = TEXTS.read_text().partition("\n  audit: {")[2]
    inside = audit.partition(f"\n    {name}: {{")[2].partition("\n    },")[0]
    return set(re.findall(r"^      ([a-z_]+): ", inside, re.MULTILINE))


def test_each_action_of_the_audit_has_words_and_an_area_to_filter_by() -> None:
    actions = written()
    assert {"user.added", "api_key.revoked", "recording.replayed", "call.taken_over", "events.let_go"} <= actions
    missing = {action for action in actions if action.replace(".", "_") not in block("actions")}
    assert missing == set(), "give them words in softphone_web/src/i18n/system, in all three languages"
    assert {action.partition(".")[0] for action in actions} - block("areas") == set()
