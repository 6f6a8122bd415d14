"""`/api/v1/numbers/{id}/meta-counts`: how many calls Meta counted, beside those in the records.

Meta's analytics are counts, not calls: which calls are missing cannot be had from them, and no webhook is sent again
after some days. What they tell is that, when and how many.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Protocol

from pydantic import AwareDatetime, Field

from gateway.api.errors import Problem, invalid
from gateway.api.number_plans import LOOKS, number_of, of_number
from gateway.api.operations import Answer, Asked, Nothing, Operation, Query
from signaling.errors import NeighbourError
from signaling.events import Direction
from signaling.ids import PhoneNumberId
from signaling.integrator_contract import Moment
from signaling.meta.graph_answers import CallAnalytics
from signaling.meta.graph_requests import Granularity
from signaling.ports import Clock, NumberStore
from signaling.private import PhoneNumber
from store.back_filled import Recorded, SqlRecordedCalls

STEP: Final = timedelta(minutes=30)
"""Meta's finest; whole days have a time zone that it does not name."""
LONGEST: Final = timedelta(days=7)
USUAL: Final = timedelta(days=1)
Way = Literal["USER_INITIATED", "BUSINESS_INITIATED"]


class Analytics(Protocol):
    """`signaling.meta.graph_api.GraphApi`. May raise NeighbourError."""

    async def call_analytics(
        self,
        via: PhoneNumberId,
        waba: str,
        start: datetime,
        end: datetime,
        granularity: Granularity,
        *,
        directions: list[Way],
        phone_numbers: list[PhoneNumber],
        metric_types: list[str],
    ) -> CallAnalytics: ...


class CountsQuery(Query):
    since: Annotated[AwareDatetime | None, Field(description="A day before `until` when left out; at most a week.")] = (
        None
    )
    until: Annotated[AwareDatetime | None, Field(description="Now when left out. Both become half hours.")] = None


class CountsTold(Answer):
    metas: Annotated[int | None, Field(description="null: Meta could not be asked.")]
    ours: int
    back_filled: Annotated[int, Field(description="Of ours: known by their end alone.")]
    missing: Annotated[int | None, Field(description="How many more Meta counted; below 0: how many fewer.")]


class MetaCountsAnswer(Answer):
    since: Moment
    until: Moment
    failure: Annotated[str | None, Field(description="Why Meta could not be asked.")]
    inbound: CountsTold
    outbound: CountsTold


class MetaCountRoutes:
    def __init__(self, meta: Analytics, recorded: SqlRecordedCalls, numbers: NumberStore, clock: Clock) -> None:
        self._meta, self._recorded, self._numbers, self._clock = meta, recorded, numbers, clock

    def operations(self) -> list[Operation]:
        summary = "Calls that Meta counted, and those in the records."
        return [
            of_number(
                *("compareWithMeta", "GET", "/numbers/{id}/meta-counts", summary),
                access=LOOKS,
                query=CountsQuery,
                answer=MetaCountsAnswer,
                handler=self.compare,
                errors={422: "The while is longer than a week, or ends before it begins."},
            )
        ]

    async def compare(self, asked: Asked[Nothing, CountsQuery]) -> MetaCountsAnswer:
        number = await number_of(self._numbers, asked.who, asked.path)
        until = _half_hour(asked.query.until or self._clock(), up=True)
        since = _half_hour(asked.query.since or until - USUAL)
        if not timedelta(0) < until - since <= LONGEST:
            raise invalid([Problem(field="since", code="out_of_range")])
        ours = await self._recorded.of(number.id, since, until)
        failure, metas = None, dict[Direction, int]()
        ways: tuple[tuple[Direction, Way], ...] = (
            (Direction.INBOUND, "USER_INITIATED"),
            (Direction.OUTBOUND, "BUSINESS_INITIATED"),
        )
        try:
            for direction, way in ways:
                found = await self._meta.call_analytics(
                    *(number.phone_number_id, number.waba_id, since, until, "HALF_HOUR"),
                    directions=[way],
                    phone_numbers=[number.phone],
                    metric_types=["COUNT"],
                )
                metas[direction] = sum(point.count for point in found.data_points)
        except NeighbourError as error:
            failure, metas = error.failure.code, {}
        told = {way: _told(metas.get(way), ours.get(way, Recorded())) for way, _ in ways}
        return MetaCountsAnswer(
            since=since,
            until=until,
            failure=failure,
            inbound=told[Direction.INBOUND],
            outbound=told[Direction.OUTBOUND],
        )


def _told(metas: int | None, ours: Recorded) -> CountsTold:
    missing = None if metas is None else metas - ours.calls
    return CountsTold(metas=metas, ours=ours.calls, back_filled=ours.back_filled, missing=missing)


def _half_hour(moment: datetime, *, up: bool = False) -> datetime:
    moment, epoch = moment.astimezone(UTC), datetime(1970, 1, 1, tzinfo=UTC)
    rest = (moment - epoch) % STEP
    return moment - rest + (STEP if up and rest else timedelta(0))
