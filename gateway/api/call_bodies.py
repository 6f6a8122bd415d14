"""What `/api/v1/calls` answers. Pages of ours are shown customers by label, integrators by number: a key's answer has
`number`, `customer` and the payloads beside what everybody's has."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.operations import Answer, Digits, Query
from signaling.integrator_contract import CustomerTold, Moment
from signaling.recording_record import RecordingState
from store.history import PAGE_LIMIT, PastCall


class CallsQuery(Query):
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = 50
    contact_id: Annotated[Digits | None, Field(ge=1, le=2**31 - 1, description="Only calls of this contact.")] = None
    before: Annotated[Digits | None, Field(ge=1, description="`next` of the page before.")] = None


class CallLine(Answer):
    call_id: str
    number_id: int
    number_label: str
    contact_id: int | None
    customer_name: str | None
    customer_label: Annotated[str, Field(description="As agents see it; never the whole number.")]
    department: str | None
    direction: str
    outcome: str | None
    ended_by: str | None
    state: str
    offered_at: Moment | None
    talk_s: float | None
    agent_name: str | None
    failure_code: str | None
    recording: Annotated[RecordingState | None, Field(description="null: nothing of it was to be kept.")]
    agent_id: Annotated[int | None, Field(description="For keys only.")] = None
    customer: Annotated[CustomerTold | None, Field(description="For keys only.")] = None
    button_payload: Annotated[str | None, Field(description="For keys only: what the call button carried.")] = None
    link_payload: Annotated[str | None, Field(description="For keys only: what the deep link carried.")] = None
    reference: Annotated[str | None, Field(description="For keys only: what you named the call by.")] = None


class CallPage(Answer):
    """Newest first."""

    calls: list[CallLine]
    next: str | None


class TimelineLine(Answer):
    at: Moment
    kind: str
    data: dict[str, Any]


class CallDetail(CallLine):
    timestamps: dict[str, Moment | None]
    timeline: list[TimelineLine]


def integrators_view(call: PastCall) -> dict[str, Any]:
    who = call.customer
    return {
        "agent_id": call.agent,
        "customer": CustomerTold(
            phone=None if who.phone is None else who.phone.value,
            bsuid=None if who.bsuid is None else who.bsuid.value,
            name=who.name,
            username=who.username,
        ),
        "button_payload": None if call.button_payload is None else call.button_payload.value,
        "link_payload": None if call.link_payload is None else call.link_payload.value,
        "reference": None if call.reference is None else call.reference.value,
    }
