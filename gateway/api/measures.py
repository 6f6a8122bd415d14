"""`/api/v1/measures`: how well calls are answered, for supervisors, administrators and integrators."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field

from gateway.api.call_filters import Id, visible_to_caller
from gateway.api.door import LEADERS, Access
from gateway.api.errors import bad_request
from gateway.api.operations import Answer, Asked, Digits, Nothing, Operation, Query
from signaling.ids import AgentId, DepartmentId, NumberId
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.api_keys import Scope
from store.measures import LONGEST, SERVICE_LEVEL_S, By, Measured, MeasuredSpan, SqlMeasures, Talk, total

READS: Final = Access(Scope.CALLS_READ, LEADERS)
USUAL: Final = timedelta(days=7)
LONGEST_LEVEL_S: Final = 600
FIRST_YEAR: Final = 2009


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone of the IANA database") from None
    return name


class MeasuresQuery(Query):
    by: By = By.DAY
    since: Annotated[AwareDatetime | None, Field(description="Inclusive; a week before `until` when left out.")] = None
    until: Annotated[AwareDatetime | None, Field(description="Not inclusive; now when left out.")] = None
    zone: Annotated[
        Annotated[str, AfterValidator(_zone)] | None,
        Field(max_length=64, description="Of days and hours, as in the IANA database; the account's when left out."),
    ] = None
    number_id: Id | None = None
    department_id: Id | None = None
    agent_id: Id | None = None
    level_s: Annotated[
        Digits, Field(ge=1, le=LONGEST_LEVEL_S, description="Answered within it counts for the service level.")
    ] = int(SERVICE_LEVEL_S)


class InboundMeasured(Answer):
    """Calls of customers; one counts once, for the agent who had it last. Rates are null where nothing was counted.
    `answer_rate` leaves out refused and failed ones, `service_level` as well; `pickup_rate` is what Meta sees: accepted
    at all, of all. `talked`, `talk_s`: by agent, or of one, how often and how long that agent talked, whoever had the
    call before or after; else the answered calls, from the answer to the end."""

    offered: int
    answered: int
    answered_in_time: int
    missed: int
    abandoned: int
    refused: int
    failed: int
    picked_up: int
    answer_rate: float | None
    service_level: float | None
    abandonment_rate: float | None
    pickup_rate: float | None
    mean_answer_s: float | None
    longest_answer_s: float
    talked: int
    mean_talk_s: float | None
    talk_s: float


class OutboundMeasured(Answer):
    placed: int
    answered: int
    unanswered: int
    declined: int
    failed: int
    answer_rate: float | None
    mean_pickup_s: float | None
    talked: int
    mean_talk_s: float | None
    talk_s: float


class WorkMeasured(Answer):
    """What agents did beside. `held_calls`: in which the customer was on hold; by agent, a call counts for each
    who held it. Wrap-ups of before they were kept are missing."""

    held_calls: int
    holds: int
    held_s: float
    mean_held_s: Annotated[float | None, Field(description="Of a call in which the customer was on hold.")]
    wrap_ups: int
    wrap_up_s: float
    mean_wrap_up_s: float | None


class MeasuredLine(Answer):
    key: Annotated[str | None, Field(description="An id, a day, or an hour; null: none.")]
    name: str | None
    inbound: InboundMeasured
    outbound: OutboundMeasured
    work: WorkMeasured


class MeasuresAnswer(Answer):
    since: Moment
    until: Moment
    zone: str
    by: By
    level_s: int
    lines: list[MeasuredLine]
    total: MeasuredLine


class MeasureRoutes:
    def __init__(self, measures: SqlMeasures, zone: str, clock: Clock) -> None:
        self._measures, self._zone, self._clock = measures, zone, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getMeasures",
                method="GET",
                path="/measures",
                summary="How well calls are answered, by number, department, agent, day or hour.",
                access=READS,
                query=MeasuresQuery,
                answer=MeasuresAnswer,
                handler=self.measures,
                tag="calls",
            )
        ]

    async def measures(self, asked: Asked[Nothing, MeasuresQuery]) -> MeasuresAnswer:
        query = asked.query
        span = span_of(query, self._zone, self._clock())
        lines = await self._measures.of(span, query.by, visible_to_caller(asked.who))
        return MeasuresAnswer(
            since=span.since,
            until=span.until,
            zone=span.zone.key,
            by=query.by,
            level_s=query.level_s,
            lines=[_told(line) for line in lines],
            total=_told(total(lines, of_agent=span.agent is not None)),
        )


def span_of(query: MeasuresQuery, zone: str, now: datetime) -> MeasuredSpan:
    """`zone`: the account's. Raises ApiError 400 for a while that is none, or too long."""
    until = query.until or now
    if until.year < FIRST_YEAR:
        raise bad_request("There was no WhatsApp then.")
    since = query.since or until - USUAL
    if not timedelta(0) < until - since <= LONGEST:
        raise bad_request(f"`since` comes before `until`, by {LONGEST.days} days at most.")
    return MeasuredSpan(
        since,
        until,
        ZoneInfo(query.zone or zone),
        None if query.number_id is None else NumberId(query.number_id),
        None if query.department_id is None else DepartmentId(query.department_id),
        None if query.agent_id is None else AgentId(query.agent_id),
        query.level_s,
    )


def _told(line: Measured) -> MeasuredLine:
    inbound, outbound = line.inbound, line.outbound
    waited = inbound.answered + inbound.missed + inbound.abandoned
    dialled = outbound.answered + outbound.unanswered + outbound.declined
    counts = {name: value for name, value in asdict(inbound).items() if isinstance(value, int)}
    return MeasuredLine(
        key=line.key,
        name=line.name,
        inbound=InboundMeasured(
            **counts,
            answer_rate=_rate(inbound.answered, waited),
            service_level=_rate(inbound.answered_in_time, waited),
            abandonment_rate=_rate(inbound.missed + inbound.abandoned, waited),
            pickup_rate=_rate(inbound.picked_up, inbound.offered),
            mean_answer_s=_rate(inbound.answer_s, inbound.answered),
            longest_answer_s=round(inbound.longest_answer_s, 3),
            **_talk(line.in_talk),
        ),
        outbound=OutboundMeasured(
            **{name: value for name, value in asdict(outbound).items() if isinstance(value, int)},
            answer_rate=_rate(outbound.answered, dialled),
            mean_pickup_s=_rate(outbound.picked_up_s, outbound.answered),
            **_talk(line.out_talk),
        ),
        work=WorkMeasured(
            **{
                field: getattr(line.work, field) for field in ("held_calls", "holds", "held_s", "wrap_ups", "wrap_up_s")
            },
            mean_held_s=_rate(line.work.held_s, line.work.held_calls),
            mean_wrap_up_s=_rate(line.work.wrap_up_s, line.work.wrap_ups),
        ),
    )


def _talk(talk: Talk) -> dict[str, Any]:
    mean_s = _rate(talk.seconds, talk.times)
    return {"talked": talk.times, "talk_s": round(talk.seconds, 3), "mean_talk_s": mean_s}


def _rate(part: float, whole: int) -> float | None:
    return None if whole == 0 else round(part / whole, 4)
