"""`/api/v1/measures/…`: how calls sounded, what came of asking for permission, and what calls of ours may cost."""

from dataclasses import asdict
from typing import Annotated, Final

from pydantic import Field

from gateway.api.call_filters import visible_to_caller
from gateway.api.measures import READS, MeasuresQuery, span_of
from gateway.api.operations import Answer, Asked, Nothing, Operation
from signaling.integrator_contract import Moment
from signaling.ports import Clock
from store.costs import Cost, CostLine, SqlCosts
from store.funnel import Funnel, FunnelLine, SqlFunnel, funnel_of_all
from store.measure_groups import By, MeasuredSpan
from store.quality import Quality, SideQuality, SqlQuality

KEY: Final = Field(description="An id, a day, or an hour; null: none.")


class SideAnswer(Answer):
    """One side of calls, between it and the gateway. `good`, `fair`, `poor`: how many sounded so, by the worse way;
    MOS is an estimate by the E-model (ITU-T G.107), 1 to 4.5. null: nothing is known."""

    good: int
    fair: int
    poor: int
    mos: float | None
    loss_percent: float | None
    jitter_ms: float | None
    round_trip_ms: float | None


class QualityLine(Answer):
    key: Annotated[str | None, KEY]
    name: str | None
    calls: int
    customer: SideAnswer
    agent: SideAnswer


class QualityAnswer(Answer):
    since: Moment
    until: Moment
    zone: str
    by: By
    lines: list[QualityLine]
    total: Annotated[QualityLine | None, Field(description="null: nothing was measured.")]


class FunnelAnswer(Answer):
    """Of requests sent in the while, whatever came of them until now. `unanswered`: none of failed, granted, refused;
    `called`, `reached`: after granting. Besides, in the while: `unasked`: permissions without a request; `revoked`: by
    the customer; `lapsed`: by WhatsApp, after calls that nobody answered."""

    asked: int
    delivered: int
    failed: int
    temporary: int
    permanent: int
    refused: int
    unanswered: int
    called: int
    reached: int
    unasked: int
    revoked: int
    lapsed: int


class FunnelLineAnswer(Answer):
    key: Annotated[
        str | None,
        Field(
            description="An id, a day, or an hour. By agent, who asked: a user's id, `key:3` (an API key), `system`; "
            "null: nobody, or not known, as until 2026-11-26."
        ),
    ]
    name: str | None
    funnel: FunnelAnswer


class PermissionsAnswer(Answer):
    since: Moment
    until: Moment
    zone: str
    by: By
    lines: list[FunnelLineAnswer]
    total: FunnelAnswer


class Amount(Answer):
    currency: str
    amount: Annotated[str, Field(description="An exact decimal.")]


class CostAnswer(Answer):
    """Calls of ours that were picked up. `minutes`: as Meta counts them, in tenths. `unpriced_…`: among them those for
    which there is no rate: they are in no amount."""

    calls: int
    minutes: str
    amounts: list[Amount]
    unpriced_calls: int
    unpriced_minutes: str


class CostLineAnswer(Answer):
    key: Annotated[str | None, KEY]
    name: str | None
    cost: CostAnswer


class CostsAnswer(Answer):
    """An estimate by the newest card of rates (`/rates`); what Meta bills is the truth. Requests for permission are
    billed as messages and are not in it."""

    since: Moment
    until: Moment
    zone: str
    by: By
    lines: list[CostLineAnswer]
    destinations: Annotated[list[CostLineAnswer], Field(description="By country: ISO 3166, `+870`, or empty.")]
    total: CostAnswer
    rates: Annotated[int, Field(description="Lines of the card; 0: there is none.")]
    rates_version: int


class MoreMeasureRoutes:
    """`zone`: the account's."""

    def __init__(self, quality: SqlQuality, funnel: SqlFunnel, costs: SqlCosts, zone: str, clock: Clock) -> None:
        self._quality, self._funnel, self._costs = quality, funnel, costs
        self._zone, self._clock = zone, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getQuality",
                method="GET",
                path="/measures/quality",
                summary="How calls sounded, by number, department, agent, day or hour.",
                access=READS,
                query=MeasuresQuery,
                answer=QualityAnswer,
                handler=self.quality,
                tag="calls",
            ),
            Operation(
                name="getPermissionFunnel",
                method="GET",
                path="/measures/permissions",
                summary="From asking for permission to calling, by number, department, who asked, day or hour.",
                access=READS,
                query=MeasuresQuery,
                answer=PermissionsAnswer,
                handler=self.permissions,
                tag="calls",
            ),
            Operation(
                name="getCosts",
                method="GET",
                path="/measures/costs",
                summary="What calls of ours may cost, by number, department, agent, day or hour. An estimate.",
                access=READS,
                query=MeasuresQuery,
                answer=CostsAnswer,
                handler=self.costs,
                tag="calls",
            ),
        ]

    async def quality(self, asked: Asked[Nothing, MeasuresQuery]) -> QualityAnswer:
        span, by = self._span(asked), asked.query.by
        lines, total = await self._quality.of(span, by, visible_to_caller(asked.who))
        return QualityAnswer(
            since=span.since,
            until=span.until,
            zone=span.zone.key,
            by=by,
            lines=[_quality(line) for line in lines],
            total=None if total is None else _quality(total),
        )

    async def permissions(self, asked: Asked[Nothing, MeasuresQuery]) -> PermissionsAnswer:
        span, by = self._span(asked), asked.query.by
        lines = await self._funnel.of(span, by, visible_to_caller(asked.who))
        return PermissionsAnswer(
            since=span.since,
            until=span.until,
            zone=span.zone.key,
            by=by,
            lines=[_funnel_line(line) for line in lines],
            total=_funnel(funnel_of_all(lines)),
        )

    async def costs(self, asked: Asked[Nothing, MeasuresQuery]) -> CostsAnswer:
        span, by = self._span(asked), asked.query.by
        found = await self._costs.of(span, by, visible_to_caller(asked.who))
        return CostsAnswer(
            since=span.since,
            until=span.until,
            zone=span.zone.key,
            by=by,
            lines=[_cost_line(line) for line in found.lines],
            destinations=[_cost_line(line) for line in found.destinations],
            total=_cost(found.total),
            rates=len(found.card.rates),
            rates_version=found.card.version,
        )

    def _span(self, asked: Asked[Nothing, MeasuresQuery]) -> MeasuredSpan:
        return span_of(asked.query, self._zone, self._clock())


def _quality(line: Quality) -> QualityLine:
    return QualityLine(
        key=line.key, name=line.name, calls=line.calls, customer=_side(line.customer), agent=_side(line.agent)
    )


def _side(side: SideQuality) -> SideAnswer:
    return SideAnswer(**asdict(side))


def _funnel_line(line: FunnelLine) -> FunnelLineAnswer:
    return FunnelLineAnswer(key=line.key, name=line.name, funnel=_funnel(line.funnel))


def _funnel(funnel: Funnel) -> FunnelAnswer:
    return FunnelAnswer(**asdict(funnel), unanswered=funnel.unanswered)


def _cost_line(line: CostLine) -> CostLineAnswer:
    return CostLineAnswer(key=line.key, name=line.name, cost=_cost(line.cost))


def _cost(cost: Cost) -> CostAnswer:
    return CostAnswer(
        calls=cost.calls,
        minutes=f"{cost.minutes:f}",
        amounts=[Amount(currency=currency, amount=f"{amount:f}") for currency, amount in cost.amounts.items()],
        unpriced_calls=cost.unpriced_calls,
        unpriced_minutes=f"{cost.unpriced_minutes:f}",
    )
