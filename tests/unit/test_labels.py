import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.events import Customer
from signaling.labels import HIDDEN, NOBODY, customer_label
from signaling.private import Bsuid, PhoneNumber


@pytest.mark.parametrize(
    ("number", "label"),
    [
        ("5511955550101", "+55 11 ••••• 0101"),  # Brazil, mobile with area code
        ("551133330000", "+55 11 •••• 0000"),  # Brazil, fixed
        ("+5511955550101", "+55 11 ••••• 0101"),
        ("14155550101", "+1 415 ••• 0101"),  # the United States
        ("447400123456", "+44 •••••• 3456"),  # British mobiles have no area
        ("4520123456", "+45 •••• 3456"),  # Denmark has no area codes
        ("29022158", "+290 ••• 58"),  # Saint Helena: five digits in all
    ],
)
def test_a_number_shows_country_area_and_its_last_digits(number: str, label: str) -> None:
    assert customer_label(Customer(phone=PhoneNumber(number))) == label


def test_the_number_is_shown_before_the_username_and_the_username_before_the_id() -> None:
    phone, bsuid = PhoneNumber("5511955550101"), Bsuid("BR.10491208655302740001")
    assert customer_label(Customer(phone=phone, username="maria", bsuid=bsuid)) == "+55 11 ••••• 0101"
    assert customer_label(Customer(username="maria", bsuid=bsuid)) == "@maria"
    assert customer_label(Customer(username="@maria")) == "@maria"
    assert customer_label(Customer(bsuid=bsuid)) == "BR ••••• 0001"


@pytest.mark.parametrize(
    "customer",
    [
        Customer(),
        Customer(phone=PhoneNumber("")),
        Customer(phone=PhoneNumber("not a number")),
        Customer(phone=PhoneNumber("999999999999999999999")),
        Customer(bsuid=Bsuid("")),
        Customer(bsuid=Bsuid("BR.12345")),
    ],
)
def test_who_cannot_be_named_is_hidden_altogether(customer: Customer) -> None:
    assert customer_label(customer) == NOBODY


@given(st.one_of(st.text(), st.from_regex(r"\+?[0-9]{4,17}", fullmatch=True)))
def test_whatever_meta_sends_at_least_three_characters_are_hidden_and_at_most_four_last_digits_shown(text: str) -> None:
    label = customer_label(Customer(phone=PhoneNumber(text)))
    assert label.count(HIDDEN) >= 3
    assert len(label.rpartition(HIDDEN)[2].strip()) <= 4
