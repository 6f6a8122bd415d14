"""What the page of help and the guides tell agents stands for what the gateway does."""

import re
from pathlib import Path

from signaling.invitations import CODES_OF_META
from signaling.meta.refusals import _SAID

ROOT = Path(__file__).parents[2]
WEB = ROOT / "softphone_web" / "src"
LINE = re.compile(r'\{ code: "([a-z_.]+)", meta: \[([0-9, ]*)\], step: (?:"([a-z_]+)"|null) \}')
LANGUAGES = ("pt-BR", "en", "es")


def catalogue() -> dict[str, tuple[set[int], str | None]]:
    found = LINE.findall((WEB / "help" / "catalogue.ts").read_text())
    return {code: ({int(number) for number in meta.split(", ") if number}, step or None) for code, meta, step in found}


def test_the_catalogue_of_refusals_has_every_code_of_metas_with_what_helps() -> None:
    listed = catalogue()
    for meta_code, (code, _, step) in _SAID.items():
        codes, helps = listed[code]
        assert meta_code in codes, code
        assert helps == step, code
    for meta_code, code in CODES_OF_META.items():
        assert meta_code in listed[code][0]
    known = {meta_code for codes, _ in listed.values() for meta_code in codes}
    assert known == _SAID.keys() | CODES_OF_META.keys(), "and none that Meta does not have"


def test_every_rule_that_is_shown_to_agents_says_why_it_exists_in_each_language() -> None:
    for language in LANGUAGES:
        texts = (WEB / "i18n" / "dial" / f"{language}.ts").read_text()
        rules, because = (_keys(texts, name) for name in ("rule", "because"))
        assert rules - because == {"requests_per_24h_more"}, "the same rule in the plural"
        assert because <= rules


def test_agents_are_told_of_the_desktop_and_administrators_what_ramal_depends_on() -> None:
    for language in LANGUAGES:
        assert "Desktop" in (WEB / "i18n" / "help" / f"{language}.ts").read_text()
    assert "WhatsApp Desktop" in (ROOT / "docs" / "guia" / "atendente.md").read_text()
    assert "só da API oficial" in (ROOT / "docs" / "guia" / "administrador.md").read_text()
    assert "official WhatsApp Business API" in (ROOT / "README.md").read_text()


def _keys(texts: str, area: str) -> set[str]:
    found = re.search(rf"^  {area}: {{\n(.*?)^  }},", texts, re.MULTILINE | re.DOTALL)
    assert found is not None
    return set(re.findall(r"^    (\w+):", found[1], re.MULTILINE))
