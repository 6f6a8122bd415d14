import pytest
from aioice import stun
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.ice_lite import LiteAgent, parse_stun
from gateway.media.plane import Address

HOME: Address = ("192.0.2.1", 1111)
AWAY: Address = ("192.0.2.2", 2222)


@pytest.fixture
def agent() -> LiteAgent:
    return LiteAgent("oursours", "our-password-is-long-enough", "them", "their-password-is-long-too")


def check(
    agent: LiteAgent, attributes: dict[str, object] | None = None, *, username: str = "", pwd: str = ""
) -> stun.Message:
    attributes = {"USERNAME": username or f"{agent.ufrag}:them", "PRIORITY": 1, **(attributes or {})}
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    request.add_message_integrity((pwd or agent.pwd).encode())
    return stun.parse_message(bytes(request))


def controlling(agent: LiteAgent, nominate: bool = False) -> stun.Message:
    return check(agent, {"ICE-CONTROLLING": 1, **({"USE-CANDIDATE": None} if nominate else {})})


def test_an_authentic_check_is_answered_with_the_address_it_came_from(agent: LiteAgent) -> None:
    request = controlling(agent)
    reply = agent.receive(request, HOME, 5.0)
    assert reply is not None
    answer = stun.parse_message(reply)
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.transaction_id == request.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == HOME
    assert answer.check_message_integrity(agent.pwd.encode())
    assert (agent.path, agent.last_check_s) == (HOME, 5.0)


def test_strangers_get_nothing_and_teach_nothing(agent: LiteAgent) -> None:
    plain = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{agent.ufrag}:them"})
    for request in (
        plain,
        check(agent, pwd="a-password-that-is-not-ours"),
        check(agent, username="other:them"),
        check(agent, username=f"{agent.ufrag}:somebody"),
        stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST),
    ):
        assert agent.receive(request, AWAY, 1.0) is None
    assert not agent.knows(AWAY)
    assert (agent.path, agent.last_check_s) == (None, None)


def test_a_peer_that_thinks_it_is_controlled_is_told_of_the_conflict(agent: LiteAgent) -> None:
    reply = agent.receive(check(agent, {"ICE-CONTROLLED": 1}), HOME, 1.0)
    assert reply is not None and stun.parse_message(reply).error_code == 487
    assert agent.path is None


def test_checks_before_the_peer_is_known_are_answered(agent: LiteAgent) -> None:
    agent.remote_ufrag = agent.remote_pwd = None
    assert agent.receive(controlling(agent), HOME, 1.0) is not None
    assert agent.path == HOME


def test_every_checked_path_is_heard_and_the_nominated_one_is_used(agent: LiteAgent) -> None:
    agent.receive(controlling(agent), HOME, 1.0)
    agent.receive(controlling(agent), AWAY, 2.0)
    assert (agent.paths, agent.path) == ((HOME, AWAY), HOME)
    agent.receive(controlling(agent, nominate=True), AWAY, 3.0)
    assert (agent.paths, agent.path) == ((HOME, AWAY), AWAY)


def test_the_answer_to_our_own_check_moves_the_path(agent: LiteAgent) -> None:
    agent.receive(controlling(agent), HOME, 1.0)
    sent = agent.probe(AWAY)
    assert sent is not None
    request = stun.parse_message(sent)
    assert request.attributes["USERNAME"] == f"them:{agent.ufrag}"
    assert request.check_message_integrity(b"their-password-is-long-too")

    def answer(pwd: bytes) -> stun.Message:
        reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        reply.add_message_integrity(pwd)
        return stun.parse_message(bytes(reply))

    agent.receive(answer(b"somebody-else-altogether"), AWAY, 2.0)
    agent.receive(answer(b"their-password-is-long-too"), ("192.0.2.3", 3), 2.0)
    assert agent.path == HOME
    agent.receive(answer(b"their-password-is-long-too"), AWAY, 2.0)
    assert (agent.path, agent.last_check_s, agent.probing) == (AWAY, 2.0, None)


def test_a_peer_cannot_make_us_remember_addresses_without_end(agent: LiteAgent) -> None:
    for n in range(100):
        agent.receive(controlling(agent, nominate=n == 3), (f"192.0.2.{n}", 9), float(n))
    assert len(agent.paths) == 8
    assert agent.path == ("192.0.2.3", 9) and agent.path in agent.paths


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_bytes_are_a_message_or_nothing(data: bytes) -> None:
    for start in (b"", b"\x00\x01", b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x03"):
        message = parse_stun(start + data)
        assert message is None or bytes(message)[:2] == (start + data)[:2]
