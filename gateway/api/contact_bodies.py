"""What `/api/v1/contacts` takes and answers. Pages of ours are shown identities by label, integrators in full."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.api.operations import Answer, Digits, Form, Query
from signaling.integrator_contract import CustomerTold, Moment
from store.cursors import PATTERN
from store.directory import NAME_LIMIT_CHARS, PAGE_LIMIT

LONGEST_SEARCH_CHARS = 100


class ContactsQuery(Query):
    search: Annotated[
        str | None,
        Field(
            max_length=LONGEST_SEARCH_CHARS,
            description="Beginnings of words of a name or username, or the first or last digits of a number. "
            "With fewer than two letters or three digits nobody is found.",
        ),
    ] = None
    limit: Annotated[Digits, Field(ge=1, le=PAGE_LIMIT)] = 50
    after: Annotated[str | None, Field(pattern=PATTERN, description="`next` of the page before.")] = None


class IdentityLine(Answer):
    """`username` is what they are called, and nothing that can be called."""

    kind: Literal["phone", "bsuid", "username"]
    label: Annotated[str, Field(description="As agents see it; never the whole number.")]


class MetLine(Answer):
    number_id: int
    label: str
    last_at: Moment | None


class LastCallLine(Answer):
    call_id: str
    number_id: int
    direction: str
    outcome: str | None
    at: Moment | None


class ContactLine(Answer):
    id: int
    given_name: Annotated[str | None, Field(description="As somebody of yours calls them.")]
    profile_name: Annotated[str | None, Field(description="As their profile at WhatsApp says.")]
    customer_label: Annotated[str, Field(description="As agents see it; never the whole number.")]
    identities: list[IdentityLine]
    numbers: Annotated[list[MetLine], Field(description="Those they had to do with, the newest first.")]
    last_at: Moment | None
    last_call: Annotated[LastCallLine | None, Field(description="The newest that the caller may see.")]
    callback_id: Annotated[int | None, Field(description="The card that asks to call them back.")]
    protocol: Annotated[str | None, Field(description="The newest that is open.")]
    customer: Annotated[CustomerTold | None, Field(description="For keys only.")] = None


class ContactPageTold(Answer):
    """Who had to do with us last stands first."""

    contacts: list[ContactLine]
    next: str | None


class FromLine(MetLine):
    permission: Annotated[str | None, Field(description="How they stand with this number now.")]


class ContactDetail(ContactLine):
    call_from: Annotated[list[FromLine], Field(description="Every number that knows them or could call them.")]


class NameForm(Form):
    name: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LIMIT_CHARS)] | None,
        Field(description="null: as their profile says. What Meta tells is kept beside it, and never changed."),
    ]


class ContactNoteLine(Answer):
    call_id: str
    called_at: Moment | None
    agent_name: str
    text: str
    disposition: str | None
    updated_at: Moment


class ContactNotes(Answer):
    """Newest call first."""

    notes: list[ContactNoteLine]
