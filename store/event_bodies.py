"""Records in the words that integrators read (`signaling.integrator_contract`), from rows.

A customer is read when an event is delivered, not when it happened: what an erasure removed is in no body, and a name
that a later call told is.
"""

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, select

from signaling.announcements import EventKind
from signaling.integrator_contract import (
    AgentTold,
    CallbackData,
    CallbackTold,
    CallData,
    CallTold,
    ContactData,
    ContactTold,
    CustomerTold,
    DepartmentTold,
    EventData,
    EventTold,
    NoteData,
    NoteTold,
    NumberTold,
    PermissionData,
    PermissionTold,
    ProtocolData,
    ProtocolTold,
    RecordingData,
    RecordingTold,
    TextData,
    TextTold,
)
from signaling.permission import EMPTY
from signaling.permission_verdicts import standing
from signaling.private import Private
from store.after_call_models import CallNoteRow
from store.callback_models import CallbackRow
from store.guard_events import OF_GUARDS, guard_told
from store.integration_models import OutboxEventRow, ProtocolRow
from store.ledgers import ledger_row
from store.models import CallRow, ContactRow, DepartmentRow, NumberRow, UserRow
from store.permission_templates import has_template
from store.recording_models import RecordingRow


def event_told(session: Session, event: OutboxEventRow) -> EventTold:
    """The body of an event's delivery."""
    data: EventData
    if event.kind.value.startswith("call."):
        data = CallData(call=_call_then(session, event))
    elif event.kind is EventKind.TEXT_DUE:
        data = _text_now(session, event)
    elif event.kind.value.startswith("protocol."):
        row = session.exec(select(ProtocolRow).where(ProtocolRow.code == event.data["protocol"])).one()
        data = ProtocolData(protocol=protocol_told(session, row))
    elif event.kind.value.startswith("callback."):
        data = _callback_now(session, event)
    elif event.kind.value.startswith("recording."):
        data = _recording_now(session, event)
    elif event.kind.value.startswith("note."):
        data = _note_now(session, event)
    elif event.kind.value.startswith(OF_GUARDS):
        data = guard_told(event.kind, number_told(session, event.number_id), event.data)
    elif event.kind is EventKind.CONTACT_ADDED:
        number = number_told(session, event.number_id)
        data = ContactData(contact=ContactTold(number=number, customer=_customer(session, event.contact_id)))
    else:
        data = PermissionData(permission=_permission_then(session, event))
    return EventTold(
        id=event.event_id,
        type=event.kind,
        version=event.version,
        at=event.at,
        subject=event.stream,
        sequence=event.sequence,
        new_contact=event.new_contact,
        data=data,
    )


def call_told(session: Session, row: CallRow) -> CallTold:
    """A call as it is now."""
    return CallTold(
        **_standing(session, row),
        agent=_agent(session, row.agent_id),
        state=row.state.value,
        outcome=None if row.outcome is None else row.outcome.value,
        ended_by=None if row.ended_by is None else row.ended_by.value,
        failure_code=None if row.failure is None else row.failure.code,
        received_at=row.received_at,
        offered_at=row.offered_at,
        rung_at=row.rung_at,
        answered_at=row.answered_at,
        accepted_at=row.accepted_at,
        ended_at=row.ended_at,
        talk_s=_talk_s(row.accepted_at, row.ended_at),
        meta_duration_s=row.meta_duration_s,
    )


def protocol_told(session: Session, row: ProtocolRow) -> ProtocolTold:
    return ProtocolTold(
        code=row.code,
        reason=row.reason,
        number=number_told(session, row.number_id),
        department=department_told(session, row.department_id),
        customer=_customer(session, _contact_of(session, row)),
        call_id=row.call_id,
        note=row.note,
        created_at=row.created_at,
        created_by=row.created_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def number_told(session: Session, number: int) -> NumberTold:
    row = session.get_one(NumberRow, number)
    return NumberTold(
        id=number, phone_number_id=row.phone_number_id, phone=row.phone.value, label=row.label, slug=row.slug
    )


def department_told(session: Session, department: int | None) -> DepartmentTold | None:
    if department is None:
        return None
    return DepartmentTold(id=department, name=session.get_one(DepartmentRow, department).name)


def _call_then(session: Session, event: OutboxEventRow) -> CallTold:
    row = session.exec(select(CallRow).where(CallRow.call_id == event.call_id)).one()
    facts = dict(event.data)
    agent = _agent(session, facts.pop("agent_id"))
    times = {name: _moment(facts.pop(name)) for name in [name for name in facts if name.endswith("_at")]}
    talk_s = _talk_s(times["accepted_at"], times["ended_at"])
    return CallTold(**_standing(session, row), **facts, **times, agent=agent, talk_s=talk_s)


def _text_now(session: Session, event: OutboxEventRow) -> TextData:
    row = session.exec(select(CallRow).where(CallRow.call_id == event.call_id)).one()
    return TextData(text=TextTold(**event.data["text"]), call=call_told(session, row))


def _permission_then(session: Session, event: OutboxEventRow) -> PermissionTold:
    return PermissionTold(
        number=number_told(session, event.number_id),
        customer=_customer(session, event.contact_id),
        status=event.data["status"],
        until=_moment(event.data["until"]),
    )


def _callback_now(session: Session, event: OutboxEventRow) -> CallbackData:
    row = session.get_one(CallbackRow, event.data["callback"])
    assert row.id is not None
    number = session.get_one(NumberRow, row.number_id)
    known = ledger_row(session, row.number_id, row.contact_id)
    stands = standing(
        EMPTY if known is None else known.ledger,
        event.at,
        number.limits,
        has_template=has_template(number),
    )
    told = CallbackTold(
        id=row.id,
        reason=row.reason,
        times=row.times,
        number=number_told(session, row.number_id),
        department=department_told(session, row.department_id),
        customer=_customer(session, row.contact_id),
        call_id=row.call_id,
        first_at=row.first_at,
        last_at=row.last_at,
        permission=stands.state,
        closed_at=row.closed_at,
        closed_as=row.closed_as,
    )
    return CallbackData(callback=told)


def _note_now(session: Session, event: OutboxEventRow) -> NoteData:
    note = session.get_one(CallNoteRow, event.data["note"])
    call = session.exec(select(CallRow).where(CallRow.call_id == note.call_id)).one()
    told = NoteTold(
        agent_id=note.agent_id,
        agent_name=session.get_one(UserRow, note.agent_id).name,
        text=note.text,
        disposition=note.disposition,
        updated_at=note.updated_at,
        finished_at=note.finished_at,
    )
    return NoteData(call=call_told(session, call), note=told)


def _recording_now(session: Session, event: OutboxEventRow) -> RecordingData:
    row = session.exec(select(RecordingRow).where(RecordingRow.call_id == event.call_id)).one()
    call = session.exec(select(CallRow).where(CallRow.call_id == event.call_id)).one()
    told = RecordingTold(
        state=row.state.value,
        reason=row.reason,
        consent=None if row.consent is None else row.consent.value,
        consent_at=row.consent_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        duration_s=row.duration_s,
        missing_s=row.missing_s,
        sha256=row.sha256,
    )
    return RecordingData(recording=told, call=call_told(session, call))


def _standing(session: Session, row: CallRow) -> dict[str, Any]:
    """What of a call does not change from event to event."""
    return {
        "call_id": row.call_id,
        "ticket_key": _revealed(row.reference) or row.call_id,
        "direction": row.direction.value,
        "number": number_told(session, row.number_id),
        "department": department_told(session, row.department_id),
        "customer": _customer(session, row.contact_id),
        "button_payload": _revealed(row.button_payload),
        "link_payload": _revealed(row.link_payload),
        "reference": _revealed(row.reference),
    }


def _contact_of(session: Session, protocol: ProtocolRow) -> int | None:
    """A call may come to know its customer after its protocol was opened."""
    if protocol.contact_id is not None or protocol.call_id is None:
        return protocol.contact_id
    return session.exec(select(CallRow.contact_id).where(CallRow.call_id == protocol.call_id)).one()


def _customer(session: Session, contact: int | None) -> CustomerTold:
    row = None if contact is None else session.get(ContactRow, contact)
    if row is None:
        return CustomerTold()
    return CustomerTold(phone=_revealed(row.phone), bsuid=_revealed(row.bsuid), name=row.name, username=row.username)


def _agent(session: Session, agent: int | None) -> AgentTold | None:
    row = None if agent is None else session.get(UserRow, agent)
    return None if row is None or row.id is None else AgentTold(id=row.id, login=row.login, name=row.name)


def _revealed(private: Private | None) -> str | None:
    return None if private is None else private.value


def _moment(unix_s: float | None) -> datetime | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC)


def _talk_s(accepted_at: datetime | None, ended_at: datetime | None) -> float | None:
    if accepted_at is None or ended_at is None:
        return None
    return round((ended_at - accepted_at).total_seconds(), 3)
