"""Tickets of replays: theirs alone, for one call, for ten minutes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.replay_tickets import BadTicket, Purpose, Ticket, Tickets
from signaling.ids import new_call_id
from signaling.private import Token

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
OLD, NEW = Token("the secret key of before, long enough"), Token("the secret key of today, long enough!")
TICKET = Ticket("a1", new_call_id(), "user:7", Purpose.REPLAY, NOW + timedelta(minutes=10))


def test_a_ticket_is_read_as_it_was_signed_also_after_the_key_was_rotated() -> None:
    signed = Tickets([OLD]).sign(TICKET)
    assert Tickets([NEW, OLD]).read(signed.value, TICKET.call, "user:7", NOW) == TICKET


def test_it_is_good_until_it_expires_and_not_a_moment_longer() -> None:
    tickets = Tickets([NEW])
    text = tickets.sign(TICKET).value
    assert tickets.read(text, TICKET.call, "user:7", TICKET.expires_at - timedelta(seconds=1)) == TICKET
    with pytest.raises(BadTicket, match="expired"):
        tickets.read(text, TICKET.call, "user:7", TICKET.expires_at)


def test_nobody_else_and_no_other_call_is_served_by_it() -> None:
    tickets = Tickets([NEW])
    text = tickets.sign(TICKET).value
    for call, actor in ((TICKET.call, "user:8"), (new_call_id(), "user:7")):
        with pytest.raises(BadTicket, match="another"):
            tickets.read(text, call, actor, NOW)


def test_what_we_did_not_sign_is_forged() -> None:
    tickets = Tickets([NEW])
    own = tickets.sign(TICKET).value
    theirs = Tickets([OLD]).sign(replace(TICKET, expires_at=NOW + timedelta(days=999))).value
    head, body, signature = own.split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."  # {"alg":"none"}
    for text in ("", "x", theirs, f"{head}.{body}.{signature[:-2]}AA", unsigned, "a" * 5_000, own + "\n\0"):
        with pytest.raises(BadTicket, match="forged"):
            tickets.read(text, TICKET.call, "user:7", NOW)
