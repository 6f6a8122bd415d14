"""Meta's rules: a table that says where each number is from."""

from dataclasses import fields, replace
from datetime import date

import pytest

from signaling.meta_rules import META_RULES, TEST_NUMBER, Limits
from store.numbers import read_limit
from store.refusal import Refusal


def test_every_limit_of_a_number_is_a_rule_with_unit_and_source() -> None:
    assert list(META_RULES) == [field.name for field in fields(Limits)]
    for name, rule in META_RULES.items():
        assert rule.name == name
        assert rule.default == getattr(Limits(), name)
        assert rule.unit and rule.source
        assert rule.since is None or date(2025, 1, 1) < rule.since < date(2027, 1, 1)


def test_the_defaults_are_those_of_section_4_of_the_reference() -> None:
    usual = Limits()
    assert (usual.concurrent_inbound, usual.concurrent_outbound) == (1_000, 1_000)
    assert usual.initiations_per_24h == 10_000
    assert (usual.requests_per_24h, usual.requests_per_7d) == (1, 2)
    assert usual.connected_calls_per_24h == 100
    assert META_RULES["connected_calls_per_24h"].since == date(2025, 12, 19)
    assert (usual.unanswered_warns, usual.unanswered_revokes) == (2, 4)
    assert usual.temporary_permission_s == 7 * 24 * 3_600
    assert (TEST_NUMBER.requests_per_24h, TEST_NUMBER.requests_per_7d) == (25, 100)
    assert TEST_NUMBER.connected_calls_per_24h == usual.connected_calls_per_24h


def test_an_administrator_types_a_count_or_countries() -> None:
    assert read_limit("concurrent_inbound", "5000") == 5_000
    assert read_limit("concurrent_inbound", "0") == 0
    assert read_limit("concurrent_inbound", None) == 1_000
    assert read_limit("countries_without_outbound", "us, TR") == ("US", "TR")
    assert read_limit("countries_without_outbound", "") == ()


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("concurrent_inbound", "many"),
        ("concurrent_inbound", "-1"),
        ("concurrent_inbound", "9999999999"),
        ("concurrent_inbound", "\u0661"),
        ("countries_without_outbound", "USA"),
        ("no_such_rule", "1"),
        ("__class__", "1"),
    ],
)
def test_what_is_no_limit_is_refused(rule: str, value: str) -> None:
    with pytest.raises(Refusal):
        read_limit(rule, value)


def test_limits_of_two_numbers_are_two_values() -> None:
    assert replace(Limits(), concurrent_inbound=5_000) != Limits()
