"""Whom news of a customer concern: who has asked about them lately."""

from datetime import UTC, datetime, timedelta

from signaling.events import Customer
from signaling.ids import AgentId, NumberId
from signaling.onlookers import LOOKED_LATELY, MOST_PAIRS, Onlookers
from signaling.private import Bsuid, PhoneNumber

AT = datetime(2026, 1, 1, tzinfo=UTC)
SALES, SUPPORT = NumberId(1), NumberId(2)
PHONE, BSUID = PhoneNumber("5511955550101"), Bsuid("BR.1")
MARIA = Customer(phone=PHONE, bsuid=BSUID)


def test_who_asked_by_phone_and_who_asked_by_id_have_the_same_customer_in_front_of_them() -> None:
    onlookers = Onlookers()
    onlookers.look(SALES, PHONE, AgentId(1), AT)
    onlookers.look(SALES, BSUID, AgentId(2), AT)
    onlookers.look(SUPPORT, PHONE, AgentId(3), AT)
    assert onlookers.of(SALES, MARIA, AT) == {1, 2}
    assert onlookers.of(SALES, Customer(bsuid=BSUID), AT) == {2}
    assert onlookers.of(SALES, Customer(), AT) == frozenset()


def test_a_look_is_forgotten_after_a_working_day() -> None:
    onlookers = Onlookers()
    onlookers.look(SALES, PHONE, AgentId(1), AT)
    for late_s, expected in ((-1, {1}), (0, set()), (1, set())):
        assert onlookers.of(SALES, MARIA, AT + LOOKED_LATELY + timedelta(seconds=late_s)) == expected


def test_the_longest_unseen_pairs_make_room() -> None:
    onlookers = Onlookers()
    onlookers.look(SALES, PHONE, AgentId(1), AT)
    for number in range(MOST_PAIRS):
        onlookers.look(SUPPORT, PhoneNumber(f"55119{number:08d}"), AgentId(1), AT)
    assert onlookers.of(SALES, MARIA, AT) == frozenset()
