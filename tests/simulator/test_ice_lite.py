"""Meta's side of ICE: what it answers, and what it notices about the side that must control."""

import pytest
from aioice import stun

from gateway.simulator.faults import FaultKind
from gateway.simulator.ice_lite import IceLite, requested_ufrag

HOME, AWAY = ("127.0.0.1", 5000), ("127.0.0.1", 6000)
PASSWORD = "b7GkQm2Xv9TzLr4NcW8HsA=="


def check(password: str = PASSWORD, **attributes: object) -> bytes:
    """A binding request of the business."""
    fields = {"USERNAME": "ours:theirs", "PRIORITY": 1, "ICE-CONTROLLING": 1} | {
        name.replace("_", "-"): value for name, value in attributes.items()
    }
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, b"x" * 12, fields)
    request.add_message_integrity(password.encode())
    return bytes(request)


def agent() -> IceLite:
    return IceLite("ours", PASSWORD)


def kinds(ice: IceLite) -> list[FaultKind]:
    return [kind for kind, _words in ice.findings]


def test_a_check_is_answered_with_the_address_it_came_from() -> None:
    ice = agent()
    answer = ice.answer(check(), HOME)
    assert answer is not None
    message = stun.parse_message(answer)
    assert message.message_class is stun.Class.RESPONSE
    assert message.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert message.check_message_integrity(PASSWORD.encode())
    assert (ice.path, ice.nominated, kinds(ice)) == (HOME, False, [])


def test_regular_nomination_is_a_check_and_then_a_check_that_nominates() -> None:
    ice = agent()
    ice.answer(check(), HOME)
    ice.answer(check(USE_CANDIDATE=None), HOME)
    ice.answer(check(USE_CANDIDATE=None), HOME)
    assert (ice.path, ice.nominated, kinds(ice)) == (HOME, True, [])


def test_nominating_what_was_not_checked_is_aggressive() -> None:
    ice = agent()
    ice.answer(check(USE_CANDIDATE=None), HOME)
    assert kinds(ice) == [FaultKind.AGGRESSIVE_NOMINATION]


def test_a_second_path_in_the_call_is_noticed() -> None:
    ice = agent()
    for address in (HOME, AWAY):
        ice.answer(check(), address)
        ice.answer(check(USE_CANDIDATE=None), address)
    assert kinds(ice) == [FaultKind.NOMINATED_TWICE]


def test_the_controlled_role_gets_487() -> None:
    ice = agent()
    request = stun.Message(
        stun.Method.BINDING, stun.Class.REQUEST, b"x" * 12, {"USERNAME": "ours:theirs", "ICE-CONTROLLED": 1}
    )
    request.add_message_integrity(PASSWORD.encode())
    answer = ice.answer(bytes(request), HOME)
    assert answer is not None
    assert stun.parse_message(answer).attributes["ERROR-CODE"][0] == 487
    assert (ice.path, kinds(ice)) == (None, [FaultKind.ICE_ROLE])


@pytest.mark.parametrize("data", [check(password="wrong" * 5), b"", b"\x00\x01", b"\x00\x01" + bytes(18), b"\xff" * 40])
def test_what_is_no_authentic_check_gets_no_answer(data: bytes) -> None:
    ice = agent()
    assert ice.answer(data, HOME) is None
    assert (ice.path, ice.checked, kinds(ice)) == (None, set(), [])


def test_our_ufrag_is_found_without_a_full_parse() -> None:
    assert requested_ufrag(check()) == "ours"


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"\x01\x01" + check()[2:], b"\x00\x01" + bytes(18), bytes(40)])
def test_no_ufrag_is_found_where_there_is_none(data: bytes) -> None:
    assert requested_ufrag(data) is None
