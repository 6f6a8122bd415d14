"""Buttons that name an agent: what they carry, and whose word is believed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from signaling.ids import AgentId, NumberId
from signaling.invitations import (
    OWN_PAYLOAD_LIMIT_CHARS,
    PAYLOAD_LIMIT_CHARS,
    WINDOW_CLOSED,
    Seals,
    invitation_in,
    may_invite,
    own_payload,
)
from signaling.private import Payload, Token
from signaling.verdict import Allowed

OLD, NEW = Token("o" * 40), Token("n" * 40)
VENDAS, ANA = NumberId(3), AgentId(7)
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@given(st.none() | st.text(min_size=1, max_size=OWN_PAYLOAD_LIMIT_CHARS), st.integers(1, 2**31 - 1))
def test_what_a_button_carries_comes_back_whole_within_metas_limit(own: str | None, agent: int) -> None:
    payload = None if own is None else Payload(own)
    carried = Seals((NEW,)).payload_for(VENDAS, AgentId(agent), payload)
    assert len(carried.value) <= PAYLOAD_LIMIT_CHARS
    invitation = invitation_in(carried)
    assert invitation is not None and (invitation.agent, invitation.payload) == (agent, payload)
    assert Seals((NEW,)).holds(VENDAS, invitation)
    assert own_payload(carried) == payload


def test_a_seal_holds_for_its_number_agent_and_payload_and_outlives_a_change_of_keys() -> None:
    carried = Seals((OLD,)).payload_for(VENDAS, ANA, Payload("pedido 17")).value
    invitation = invitation_in(Payload(carried))
    assert invitation is not None
    assert Seals((NEW, OLD)).holds(VENDAS, invitation)
    assert not Seals((NEW,)).holds(VENDAS, invitation)
    assert not Seals((OLD,)).holds(NumberId(4), invitation)
    for forged in (carried.replace("=7.", "=8."), carried.replace("17", "18"), carried.removesuffix(";pedido 17")):
        changed = invitation_in(Payload(forged))
        assert changed is not None and not Seals((OLD,)).holds(VENDAS, changed)


def test_what_is_not_ours_is_left_as_it_is() -> None:
    for text in (
        "pedido 17",
        "ramal.agent=0.x",
        "ramal.agent=7",
        f"ramal.agent=7.{'a' * 31}",
        "ramal.agent=٧." + "a" * 32,
    ):
        assert invitation_in(Payload(text)) is None
        assert own_payload(Payload(text)) == Payload(text)
    assert invitation_in(None) is None and own_payload(None) is None


def test_a_button_may_be_sent_while_the_window_is_open_and_says_until_when() -> None:
    until = NOW + timedelta(hours=1)
    assert may_invite(until, NOW) == Allowed(until=until)
    assert may_invite(NOW, NOW) == may_invite(None, NOW) == WINDOW_CLOSED
