"""Which template asks a customer for permission, and what keeps one from being chosen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from signaling.permission_templates import (
    MOST_CHOSEN,
    TEXT_LIMIT_CHARS,
    KnownTemplate,
    Template,
    TemplatesAtMeta,
    Use,
    beside,
    chosen_for,
    problems_of,
    use_of,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BRAZIL, SPANISH, US = Template("ask_to_call", "pt_BR"), Template("ask_to_call", "es"), Template("may_we_call", "en_US")
ALL = (BRAZIL, SPANISH, US)


def at_meta(**statuses: str) -> TemplatesAtMeta:
    """By language."""
    known = [KnownTemplate(one.name, one.language, statuses.get(one.language, "APPROVED")) for one in ALL]
    return TemplatesAtMeta(NOW, None, NOW, tuple(known))


@pytest.mark.parametrize(
    ("status", "use"),
    [
        ("APPROVED", Use.FINE),
        ("FLAGGED", Use.FINE),
        ("PENDING", Use.WAITING),
        ("IN_APPEAL", Use.WAITING),
        ("REJECTED", Use.REJECTED),
        ("PAUSED", Use.PAUSED),
        ("DISABLED", Use.DISABLED),
        ("PENDING_DELETION", Use.GONE),
        ("A_WORD_OF_NEXT_YEAR", Use.UNKNOWN),
    ],
)
def test_each_word_of_metas_says_whether_a_template_can_be_sent(status: str, use: Use) -> None:
    assert use_of(BRAZIL, at_meta(pt_BR=status)) is use


def test_what_meta_was_never_heard_of_is_not_known_and_what_it_does_not_have_is_gone() -> None:
    assert use_of(BRAZIL, None) is Use.UNKNOWN
    assert use_of(BRAZIL, TemplatesAtMeta(NOW, "network.unreachable")) is Use.UNKNOWN
    assert use_of(Template("ask_to_call", "pt_PT"), at_meta()) is Use.GONE


@pytest.mark.parametrize(
    ("country", "chosen"),
    [("BR", BRAZIL), ("AO", BRAZIL), ("MX", SPANISH), ("US", US), ("GB", US), ("DE", BRAZIL), (None, BRAZIL)],
)
def test_a_customer_is_asked_in_the_language_of_their_country_else_by_the_usual_one(
    country: str | None, chosen: Template
) -> None:
    assert chosen_for(ALL, at_meta(), country) == chosen
    assert chosen_for(ALL, None, country) == chosen, "nobody knows what Meta thinks: it will say so itself"


def test_a_template_that_meta_does_not_send_is_passed_over_as_long_as_there_is_another() -> None:
    assert chosen_for(ALL, at_meta(es="PAUSED"), "MX") == BRAZIL
    assert chosen_for(ALL, at_meta(pt_BR="REJECTED"), "BR") == SPANISH
    assert chosen_for((BRAZIL,), at_meta(pt_BR="PENDING"), "BR") is None
    assert chosen_for((), at_meta(), "BR") is None


def test_of_each_language_there_is_one_and_without_a_usual_one_none() -> None:
    assert beside(BRAZIL, (replace(BRAZIL, name="another"), SPANISH)) == (BRAZIL, SPANISH)
    assert beside(None, (SPANISH,)) == ()


@pytest.mark.parametrize(
    ("text", "templates", "problems"),
    [
        ("Podemos ligar?", (BRAZIL, US), []),
        ("x" * (TEXT_LIMIT_CHARS + 1), (), [("text", "too_long")]),
        ("", (Template("Ask", "pt_BR"),), [("templates.0.name", "bad_template")]),
        ("", (Template("ask", "português"),), [("templates.0.language", "bad_language")]),
        ("", (BRAZIL, replace(BRAZIL, name="b")), [("templates.1.language", "twice")]),
        ("", (Template("other", "pt_BR"),), [("templates.0", "gone")]),
        ("", (SPANISH,), [("templates.0", "rejected")]),
        ("", (US,), []),
        ("", tuple(Template(f"a{i}", "pt_BR") for i in range(MOST_CHOSEN + 1)), [("templates", "too_many")]),
    ],
)
def test_what_cannot_be_chosen_is_said_by_its_field(
    text: str, templates: tuple[Template, ...], problems: list[tuple[str, str]]
) -> None:
    found = list(problems_of(text, templates, (), at_meta(es="REJECTED", en_US="PENDING")))
    assert found[: len(problems) or None] == problems


def test_what_was_chosen_before_meta_rejected_it_may_stay() -> None:
    assert list(problems_of("", (SPANISH,), (SPANISH,), at_meta(es="REJECTED"))) == []
