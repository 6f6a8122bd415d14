"""Texts of a number beside what is heard: which words, for whom, when again, and what cannot be saved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.call import Call
from signaling.events import Customer, Direction
from signaling.ids import CallId, NumberId, PhoneNumberId
from signaling.plan import Announce, PlanProblem, Ring, problems_of
from signaling.private import Bsuid, PhoneNumber, Wacid
from signaling.texts import TEXT_LIMIT_CHARS, TextKind, Texts
from signaling.texts_due import due_of, interval_of, with_text
from tests.scenarios.plan_world import PLAN, RING, RING_S

AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TEXTS = Texts(greeting={"es": "¡Hola!", "pt-BR": "Olá!"}, out_of_hours={"en": "We are closed."})
CALL = Call(CallId("0" * 32), NumberId(1), PhoneNumberId("1"), None, Direction.INBOUND, Wacid("wacid.1"))


@pytest.mark.parametrize(
    ("customer", "kind", "language"),
    [
        (Customer(phone=PhoneNumber("5511955550101")), TextKind.GREETING, "pt-BR"),
        (Customer(phone=PhoneNumber("34600000000")), TextKind.GREETING, "es"),
        (Customer(bsuid=Bsuid("MX.1049")), TextKind.GREETING, "es"),
        (Customer(phone=PhoneNumber("4930901820")), TextKind.GREETING, "pt-BR"),  # the plan's
        (Customer(), TextKind.GREETING, "pt-BR"),
        (Customer(phone=PhoneNumber("5511955550101")), TextKind.OUT_OF_HOURS, "en"),  # the only one there is
    ],
)
def test_a_customer_gets_the_words_in_their_countrys_language_else_in_the_plans_else_in_any(
    customer: Customer, kind: TextKind, language: str
) -> None:
    call = with_text(replace(CALL, customer=customer, plan=replace(PLAN, texts=TEXTS)), kind, AT)
    (due,) = due_of(call, call.timeline)
    assert (due.kind, due.at, due.written.language) == (kind, AT, language)
    assert due.written.text == TEXTS.of(kind)[language]


def test_what_has_no_words_is_never_due() -> None:
    for call in (CALL, replace(CALL, plan=PLAN), replace(CALL, plan=replace(PLAN, texts=TEXTS))):
        assert with_text(call, TextKind.TRANSFER, AT) is call


def test_the_minutes_of_the_first_announcement_hold_for_the_text_as_well_and_a_transfer_has_none() -> None:
    assert interval_of(PLAN, TextKind.GREETING) == timedelta(minutes=30), "rings first, then greets once in 30 min"
    assert interval_of(PLAN, TextKind.OUT_OF_HOURS) is None, "that announcement is played every time"
    longer = replace(PLAN, texts=replace(TEXTS, once_in_min=45))
    assert interval_of(longer, TextKind.GREETING) == interval_of(longer, TextKind.OUT_OF_HOURS)
    assert interval_of(longer, TextKind.GREETING) == timedelta(minutes=45)
    assert interval_of(longer, TextKind.TRANSFER) is None
    round_and_round = {**PLAN.steps, RING: Ring(then=RING, for_s=RING_S)}
    assert interval_of(replace(PLAN, steps=round_and_round), TextKind.GREETING) is None


def test_what_cannot_be_saved_is_named_by_kind_and_language() -> None:
    texts = Texts(
        greeting={"pt-BR": "x" * (TEXT_LIMIT_CHARS + 1), "en": " \n", "es": "a\x07b"},
        transfer={"pt-BR": "Um momento,\npasso para um colega 👩🏽‍💻.", "tlh": "nuqneH"},
        once_in_min=-1,
    )
    unknown = frozenset(step.prompt for step in PLAN.steps.values() if isinstance(step, Announce))
    found = problems_of(replace(PLAN, texts=texts), 25.0, frozenset(), unknown)
    assert [problem for problem in found if problem.field.startswith("texts")] == [
        PlanProblem(None, "texts.greeting.pt-BR", "text_too_long"),
        PlanProblem(None, "texts.greeting.en", "empty_text"),
        PlanProblem(None, "texts.greeting.es", "unprintable_text"),
        PlanProblem(None, "texts.transfer", "unknown_language"),
        PlanProblem(None, "texts.once_in_min", "out_of_range"),
    ]
    longest = Texts(greeting={"pt-BR": "x" * TEXT_LIMIT_CHARS})
    found = problems_of(replace(PLAN, texts=longest), 25.0, frozenset(), unknown)
    assert not [problem for problem in found if problem.field.startswith("texts")]
