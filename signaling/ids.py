"""The names by which our parts speak of things. None of them tells anything about a person."""

from typing import NewType
from uuid import uuid4

CallId = NewType("CallId", str)
"""Ours, random, 32 hex digits: safe in logs, URLs and pages, unlike Meta's wacid."""

SeatId = NewType("SeatId", str)
"""One browser connection of one agent; a reloaded page makes a new seat."""

NumberId = NewType("NumberId", int)
"""A business phone number in our store."""

DepartmentId = NewType("DepartmentId", int)
ContactId = NewType("ContactId", int)
"""A customer in our store, as one WhatsApp Business Account knows them."""

AgentId = NewType("AgentId", int)
"""A user of ours, whatever the role: supervisors and administrators may also take calls."""

RequestKey = NewType("RequestKey", str)
"""Made by whoever asks for something, the same for the same wish: asked twice, it is done once."""

PhoneNumberId = NewType("PhoneNumberId", str)
"""Meta's id of a business phone number (PNID): selects the number in webhooks and Graph paths."""


def new_call_id() -> CallId:
    return CallId(uuid4().hex)


def new_seat_id() -> SeatId:
    return SeatId(uuid4().hex)
