"""Whether a number can be added, and what is wrong with it: from Meta's answers to a list."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signaling.call import Rules
from signaling.eligibility import Restriction
from signaling.meta_rules import Limits
from signaling.number_check import AppsSaid, Checked, NumberSaid, SettingsSaid, findings_of
from signaling.number_form import NumberForm, changed_fields, is_slug, problems_of, slug_of
from signaling.ports import Template
from signaling.private import PhoneNumber
from signaling.readiness import State, WebhookFacts
from signaling.settings_at_meta import Icon, Wanted

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FINE = Checked(
    now=NOW,
    phone=PhoneNumber("551133330000"),
    limits=Limits(),
    number=NumberSaid(digits="551133330000", name="Loja", tier="TIER_10K"),
    settings=SettingsSaid(enabled=True),
    apps=AppsSaid(apps=("Ramal",)),
    webhook=WebhookFacts(True, True, True, NOW),
)
FORM = NumberForm("Vendas", "vendas", None, inbound=True, outbound=False)


def missing(checked: Checked) -> dict[str, tuple[str | None, str | None, bool]]:
    return {f.code: (f.why, f.field, f.stops) for f in findings_of(checked) if f.state is State.MISSING}


def test_a_number_of_which_meta_says_all_is_well_lacks_nothing() -> None:
    assert missing(FINE) == {}
    assert all(found.state is State.FINE for found in findings_of(FINE))


@pytest.mark.parametrize(
    ("failure", "found"),
    [
        ("meta.190", {"token": ("refused", "token", True)}),
        ("meta.bad_token", {"token": ("refused", "token", True)}),
        ("graph.no_token", {"token": ("none", "token", True)}),
        ("meta.100", {"number": ("unknown", "phone_number_id", True)}),
    ],
)
def test_while_the_token_opens_no_door_nothing_else_is_judged(
    failure: str, found: dict[str, tuple[str | None, str | None, bool]]
) -> None:
    assert missing(replace(FINE, number=NumberSaid(failure))) == found


def test_when_meta_is_away_nothing_is_known_and_nothing_stops() -> None:
    findings = findings_of(replace(FINE, number=NumberSaid("network.unreachable")))
    assert [(found.code, found.state, found.stops) for found in findings] == [("token", State.UNKNOWN, False)]


def test_a_number_of_the_app_is_refused_and_so_is_one_of_another_phone() -> None:
    both = replace(FINE.number, coexistence=True)
    assert missing(replace(FINE, number=both)) == {"coexistence": (None, "phone_number_id", True)}
    other = replace(FINE.number, digits="5511999999999")
    assert missing(replace(FINE, number=other)) == {"number": ("other_phone", "phone", True)}


def test_what_keeps_calls_away_is_named_and_stops_nobody_from_adding() -> None:
    punished = (Restriction("RESTRICTED_USER_INITIATED_CALLING", NOW + timedelta(days=1)),)
    checked = replace(
        FINE,
        phone=PhoneNumber("12025550123"),
        number=replace(FINE.number, digits="12025550123", tier="TIER_1K"),
        settings=SettingsSaid(enabled=False, sip=True, restrictions=punished),
        apps=AppsSaid(),
        webhook=WebhookFacts(True, True, True, None, refused=3),
    )
    assert missing(checked) == {
        "calling": (None, None, False),
        "sip": (None, None, False),
        "subscribed": (None, None, False),
        "webhook": ("bad_signature", None, False),
        "messaging_limit": (None, None, False),
        "country": (None, None, False),
        "restriction": ("stops", None, False),
    }
    rights = replace(FINE, settings=SettingsSaid("meta.200"), apps=AppsSaid("meta.100"))
    assert missing(rights) == {"management": ("no_right", "token", False), "account": ("unknown", "waba_id", True)}


@pytest.mark.parametrize(
    ("label", "slug"),
    [("Vendas São Paulo", "vendas-sao-paulo"), ("日本", "number"), ("  --A  B--", "a-b"), ("x" * 99, "x" * 48)],
)
def test_an_internal_id_is_made_of_any_name(label: str, slug: str) -> None:
    assert slug_of(label) == slug
    assert is_slug(slug)


def test_a_form_is_judged_field_by_field() -> None:
    assert problems_of(FORM) == []
    wrong = NumberForm(
        label=" ",
        slug="Não",
        department=None,
        inbound=True,
        outbound=True,
        limits=Limits(concurrent_inbound=-1, countries_without_outbound=("Brazil",)),
        rules=Rules(ring_window_s=99.0),
        template=Template("Ask Me", "português"),
        wanted=Wanted(countries=("B1",)),
    )
    assert {(found.field, found.code) for found in problems_of(wrong)} == {
        ("label", "missing"),
        ("slug", "bad_slug"),
        ("limits.concurrent_inbound", "out_of_range"),
        ("limits.countries_without_outbound", "bad_country"),
        ("rules.ring_window_s", "out_of_range"),
        ("template.name", "bad_template"),
        ("template.language", "bad_language"),
        ("at_meta.countries", "bad_country"),
    }


def test_the_audit_is_told_which_parts_changed() -> None:
    after = replace(FORM, inbound=False, wanted=Wanted(icon=Icon.HIDDEN))
    assert changed_fields(FORM, after) == ["inbound", "at_meta.icon"]
