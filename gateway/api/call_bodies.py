"""What `/api/v1/calls` answers. Pages of ours are shown customers by label, integrators by number: a key's answer has
`number`, `customer` and the payloads beside what everybody's has."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.call_filters import CallFilters
from gateway.api.errors import bad_request
from gateway.api.operations import Answer, Digits
from signaling.integrator_contract import CustomerTold, Moment
from signaling.recording_record import RecordingState
from store.cursors import PATTERN, Cursor
from store.history import PAGE_LIMIT, PastCall
from store.history_search import MOST_LISTED, MOST_SIFTED


class CallsQuery(CallFilters):
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = 50
    before: Annotated[
        str | None, Field(pattern=PATTERN, description="`next` of the page before, or a mark of an outline.")
    ] = None


class OutlineQuery(CallFilters):
    step: Annotated[Digits, Field(ge=10, le=PAGE_LIMIT, description="Calls on a page.")] = 100


def cursor_of(text: str | None) -> Cursor | None:
    """Raises ApiError 400."""
    try:
        return None if text is None else Cursor.read(text)
    except (ValueError, OverflowError):
        raise bad_request("Missing or wrong: before.") from None


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
    meta_recording: Annotated[bool, Field(description="Meta's own recording of it can be heard.")]
    reason: Annotated[str | None, Field(description="The code of what went wrong, of a refusal too.")]
    wait_s: Annotated[float | None, Field(description="Until somebody talked with the customer; null: nobody did.")]
    dispositions: Annotated[list[str], Field(description="What its agents said came of it, as codes of `/reasons`.")]
    protocol: str | None
    agent_id: Annotated[int | None, Field(description="For keys only.")] = None
    customer: Annotated[CustomerTold | None, Field(description="For keys only.")] = None
    button_payload: Annotated[str | None, Field(description="For keys only: what the call button carried.")] = None
    link_payload: Annotated[str | None, Field(description="For keys only: what the deep link carried.")] = None
    reference: Annotated[str | None, Field(description="For keys only: what you named the call by.")] = None


class CallPage(Answer):
    """Newest first."""

    calls: list[CallLine]
    next: str | None


class CallOutline(Answer):
    """For a list that is entered anywhere: `marks[0]` is the `before` of the second page of `step` calls, and so on."""

    count: Annotated[
        int, Field(description=f"Up to {MOST_LISTED}; {MOST_SIFTED} with `words`, `disposition` or `recorded`.")
    ]
    more: Annotated[bool, Field(description="There are older ones, which are not counted.")]
    step: int
    marks: list[str]
    departments: Annotated[int | None, Field(description="How many the caller sees calls of; null: all.")]


class TimelineLine(Answer):
    at: Moment
    kind: str
    data: dict[str, Any]


class CallDetail(CallLine):
    timestamps: dict[str, Moment | None]
    timeline: list[TimelineLine]
    back_filled: Annotated[
        bool, Field(description="We never heard of its beginning: the record is what Meta said of its end.")
    ]


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
