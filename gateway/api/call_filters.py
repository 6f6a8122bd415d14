"""By what calls are looked for, the same in a list, in its outline and in an export; and who may look for what."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import AwareDatetime, Field, StringConstraints

from gateway.api.door import LEADERS, Caller
from gateway.api.errors import ApiError, bad_request
from gateway.api.operations import Digits, Query
from gateway.settings import AgentsSee
from signaling.call import Outcome
from signaling.events import Direction
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.ports import Agent, Role
from signaling.reasons import REASON_CODE
from store.api_keys import Scope
from store.history_filter import HistoryFilter
from store.word_search import wanted as words_of

_HIGHEST_ID: Final = 2**31 - 1
FIRST_YEAR: Final = 2009
Id = Annotated[Digits, Field(ge=1, le=_HIGHEST_ID)]


class ReplaySight(Protocol):
    """Whose calls somebody may hear and read (`gateway.api.replayers.Replayers`). May raise NeighbourError."""

    async def visible(self, who: Caller) -> HistoryFilter: ...


class CallFilters(Query):
    """Everything given must hold."""

    since: Annotated[AwareDatetime | None, Field(description="First heard of then or later.")] = None
    until: Annotated[AwareDatetime | None, Field(description="First heard of before.")] = None
    number_id: Id | None = None
    department_id: Id | None = None
    agent_id: Id | None = None
    contact_id: Annotated[Id | None, Field(description="Only calls of this contact.")] = None
    direction: Direction | None = None
    outcome: Outcome | None = None
    reason: Annotated[
        str | None,
        StringConstraints(pattern=r"^[a-z0-9_.]{1,64}$"),
        Field(description="The code of what went wrong; one that ends with a point is the beginning of a code."),
    ] = None
    disposition: Annotated[
        str | None, StringConstraints(pattern=REASON_CODE), Field(description="What its agent said came of it.")
    ] = None
    recorded: Annotated[Literal["true", "false"] | None, Field(description="Whether there is sound of it.")] = None
    protocol: Annotated[str | None, StringConstraints(pattern=r"^[0-9]{10,20}$")] = None
    words: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=200,
            description="All were said in the call; the last may be a beginning. "
            "Only calls that the caller may replay; a key needs `transcripts:read`.",
        ),
    ] = None

    def names(self) -> list[str]:
        """Which filters are given, for an audit: what they are may name a person."""
        given = CallFilters.model_fields.keys()
        return sorted(name for name in given if getattr(self, name) is not None)


async def wanted_of(query: CallFilters, who: Caller, replayers: ReplaySight) -> HistoryFilter:
    """Raises ApiError: 400 for a period that is none and for words in which there is none, 403 for a key that may not
    read what was said. May raise NeighbourError."""
    for moment in (query.since, query.until):
        if moment is not None and moment.year < FIRST_YEAR:
            raise bad_request("There was no WhatsApp then.")
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise bad_request("`since` comes before `until`.")
    words = within = None
    if query.words is not None:
        if who.key is not None and Scope.TRANSCRIPTS_READ not in who.key.scopes:
            raise ApiError(403, "forbidden", f"To look for words, this key lacks the scope {Scope.TRANSCRIPTS_READ}.")
        if (words := words_of(query.words)) is None:
            raise bad_request("There is no word in `words`.")
        within = await replayers.visible(who)
    return replace(
        visible_to_caller(who),
        number=_given(query.number_id, NumberId),
        department=_given(query.department_id, DepartmentId),
        agent=_given(query.agent_id, AgentId),
        contact=_given(query.contact_id, ContactId),
        direction=query.direction,
        outcome=query.outcome,
        reason=query.reason,
        disposition=query.disposition,
        recorded=None if query.recorded is None else query.recorded == "true",
        words=words,
        protocol=query.protocol,
        since=query.since,
        until=query.until,
        within=within,
    )


def visible_to_caller(who: Caller) -> HistoryFilter:
    if who.agent is not None:
        return visible_to(who.agent, who.sees)
    return HistoryFilter(visible_numbers=who.reach.numbers, visible_in=who.reach.departments)


def visible_to(agent: Agent, sees: AgentsSee = AgentsSee.MISSED) -> HistoryFilter:
    """Administrators see every call, supervisors their own and those of the departments that they are in; agents see
    theirs, and as many others as they are to see. Theirs are also those that they handed on."""
    if agent.role is Role.ADMINISTRATOR or sees is AgentsSee.ALL:
        return HistoryFilter()
    if agent.role in LEADERS:
        return HistoryFilter(
            visible_in=frozenset(),
            visible_member=agent.id,
            visible_of=agent.knows_of,
            visible_agent=agent.id,
            visible_talked=agent.id,
        )
    return HistoryFilter(
        visible_in=agent.departments if sees is AgentsSee.DEPARTMENT else frozenset(),
        visible_of=agent.operates if sees is AgentsSee.DEPARTMENT else frozenset(),
        visible_missed_in=agent.departments if sees is AgentsSee.MISSED else frozenset(),
        visible_missed_of=agent.operates if sees is AgentsSee.MISSED else frozenset(),
        visible_agent=agent.id,
        visible_talked=agent.id,
    )


def _given(value: int | None, kind: Any) -> Any:
    return None if value is None else kind(value)
