"""What the world outside is told of a call, pure: each fact once, in one order. `docs/events.md` describes every kind.

Events are written in the transaction that saves the call (`store.outbox`), so they follow from what was saved before
and what is saved now, not from the steps between: saves may be coalesced while a store is away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from signaling.call import Call, Outcome, Party, State
from signaling.events import Direction
from signaling.texts import TextKind

VERSION: Final = 1
"""Of the bodies. It grows when a field changes its meaning or goes; fields that are added do not count."""


class EventKind(StrEnum):
    CALL_OFFERED = "call.offered"  # a customer calls
    CALL_PLACED = "call.placed"  # an agent or an integrator calls a customer
    CALL_ANSWERED = "call.answered"  # two people talk: `agent` is who took it
    CALL_MISSED = "call.missed"  # nobody answered, whoever gave up first
    CALL_FAILED = "call.failed"  # something broke, or a rule refused it: `failure_code` says what
    CALL_ENDED = "call.ended"  # the last event of every call: the whole record
    CALL_CORRECTED = "call.corrected"  # a late word of Meta's changed what became of an ended call
    TEXT_DUE = "text.due"  # a text of the number's own is for the customer now: send it in the chat
    PROTOCOL_CREATED = "protocol.created"  # nobody answered a customer, or you asked for one
    PROTOCOL_CLOSED = "protocol.closed"  # somebody has answered the customer
    CALLBACK_OPENED = "callback.opened"  # somebody should call this customer back
    CALLBACK_CLOSED = "callback.closed"  # they were reached, or it was decided that nobody need call
    NOTE_WRITTEN = "note.written"  # an agent has finished writing down what came of a call
    RECORDING_STARTED = "recording.started"  # a call is being recorded
    RECORDING_ENDED = "recording.ended"  # its file is there: `state` says whether something is missing
    RECORDING_FAILED = "recording.failed"  # nothing more of the call is kept, or none of it can be played: `reason`
    GUARD_WARNED = "guard.warned"  # few calls of a number are picked up, or Meta warned it: `cause`
    GUARD_ACTED = "guard.acted"  # its pick-up guard hid the call button, closed for today, or took that back: `did`
    BALANCE_LOW = "balance.low"  # a number's account is below its floor: which new calls are refused, if any
    BALANCE_CLEARED = "balance.cleared"  # it is not below its floor any more, or nobody looks: `standing`
    NUMBER_WARNED = "number.warned"  # Meta warned a number, or restricted it: `kind` and Meta's own word `type`
    CONTACT_ADDED = "contact.added"  # a customer is new, and no other event says so: they wrote, say
    PERMISSION_CHANGED = "permission.changed"  # a customer may be called, or may not any more


OF_CALLS: Final = frozenset(kind for kind in EventKind if kind.value.startswith("call."))


class ProtocolReason(StrEnum):
    """Why a customer is owed something."""

    MISSED = "missed"  # we gave up: nobody answered inside the ring window
    ABANDONED = "abandoned"  # the customer gave up before anybody answered
    FAILED = "failed"  # something broke before anybody answered
    REQUESTED = "requested"  # an integrator opened it


class CallbackReason(StrEnum):
    """Why somebody should call a customer back."""

    MISSED = "missed"  # nobody answered
    ABANDONED = "abandoned"  # they waited, and gave up
    PROMISED = "promised"  # they pressed the key for it
    INTERRUPTED = "interrupted"  # a conversation broke off: our process ended, or somebody's connection
    FAILED = "failed"  # something broke before anybody answered


@dataclass(frozen=True, slots=True)
class Told:
    """What was already told of a call, and with which outcome."""

    kinds: tuple[EventKind, ...] = ()
    outcome: Outcome | None = None


def news_of(call: Call, told: Told) -> tuple[EventKind, ...]:
    """The events that `call` now calls for, beyond those already told, in their order."""
    if EventKind.CALL_ENDED in told.kinds:
        return (EventKind.CALL_CORRECTED,) if call.outcome is not told.outcome else ()
    return tuple(kind for kind in _reached(call) if kind not in told.kinds)


def order_of(kind: EventKind, text: TextKind | None = None) -> int:
    """Where an event stands among those that one save makes known: saves may be coalesced while a store is away, and
    a call's end is told last. `text`: which one is due."""
    match kind:
        case EventKind.CALL_OFFERED | EventKind.CALL_PLACED:
            return 0
        case EventKind.TEXT_DUE:
            return 3 if text is TextKind.TRANSFER else 1
        case EventKind.CALL_ANSWERED:
            return 2
        case _:
            return 4


def protocol_reason(call: Call, news: Collection[EventKind]) -> ProtocolReason | None:
    """Whether the end of this call opens a protocol: a customer called and nobody talked to them. A call that a rule
    refused before it rang is none: its reason stands in the record."""
    if EventKind.CALL_ENDED not in news or call.direction is not Direction.INBOUND or call.refusal is not None:
        return None
    match call.outcome:
        case Outcome.ABANDONED:
            return ProtocolReason.ABANDONED
        case Outcome.MISSED:
            return ProtocolReason.ABANDONED if call.ended_by is Party.CUSTOMER else ProtocolReason.MISSED
        case Outcome.FAILED if not has_talked(call):
            return ProtocolReason.FAILED
        case _:
            return None


def callback_reason(call: Call, news: Collection[EventKind]) -> CallbackReason | None:
    """Whether the end of this call leaves somebody to be called back, and why."""
    if EventKind.CALL_ENDED not in news or call.refusal is not None:
        return None
    if call.callback_promised_at is not None and not has_talked(call):
        return CallbackReason.PROMISED
    if has_talked(call):
        return CallbackReason.INTERRUPTED if call.outcome is Outcome.FAILED else None
    if call.direction is not Direction.INBOUND:
        return None
    match call.outcome:
        case Outcome.MISSED:
            return CallbackReason.MISSED
        case Outcome.ABANDONED:
            return CallbackReason.ABANDONED
        case Outcome.FAILED:
            return CallbackReason.FAILED
        case _:
            return None


def has_talked(call: Call) -> bool:
    """Whether customer and agent were brought together: a plan accepts calls of which no agent knows yet."""
    accepted = call.accepted_at is not None or call.meta_started_at is not None
    return accepted and (call.waiting_since is None or call.agent is not None)


def _reached(call: Call) -> tuple[EventKind, ...]:
    """Every milestone that the facts of a call show. An end is told when the record is closed, not while Meta may still
    say otherwise (`State.ENDING`, half a minute at most)."""
    if call.state is State.NEW:
        return ()
    begun = EventKind.CALL_OFFERED if call.direction is Direction.INBOUND else EventKind.CALL_PLACED
    reached = [begun]
    if has_talked(call):
        reached.append(EventKind.CALL_ANSWERED)
    if call.state is State.ENDED:
        match call.outcome:
            case Outcome.MISSED | Outcome.ABANDONED:
                reached.append(EventKind.CALL_MISSED)
            case Outcome.FAILED:
                reached.append(EventKind.CALL_FAILED)
        reached.append(EventKind.CALL_ENDED)
    return tuple(reached)
