"""`/api/v1/numbers/standing`: how each number stands, for the list of numbers. What it carries is `/capacity`'s."""

from typing import Annotated

from pydantic import Field

from gateway.api.number_alerts import AlertTold, alerts_told
from gateway.api.number_plans import LOOKS
from gateway.api.number_settings_bodies import mirror_told
from gateway.api.operations import Answer, Asked, Nothing, Operation
from gateway.number_standing import NumberStandings, Standing
from signaling.integrator_contract import Moment
from signaling.number_standing import Calling, Freshness, calling_of, freshness_of
from signaling.ports import Clock, NumberStore
from signaling.settings_at_meta import CALLING, MirrorState


class CallingTold(Answer):
    """`ours` null: left as Meta has it. `differing`: settings that Meta has otherwise than they are kept here."""

    at_meta: Calling
    ours: Annotated[bool | None, Field(description="What calling is kept at.")]
    state: MirrorState
    differing: list[str]
    at: Annotated[Moment | None, Field(description="When that was seen; null: never.")]


class HealthLine(Answer):
    """As Meta said it `at`; it is asked about every 10 minutes. `stale`: it could not be asked for half an hour or
    more; `unknown`: not since the gateway started."""

    state: Freshness
    can_send: str
    quality: str
    at: Moment | None
    failure: Annotated[str | None, Field(description="Why it could not be asked since.")]


class StandingLine(Answer):
    id: int
    label: str
    department: str | None
    disabled: bool
    calling: CallingTold
    health: HealthLine
    alerts: Annotated[list[AlertTold], Field(description="The gravest first.")]


class StandingsAnswer(Answer):
    at: Moment
    numbers: list[StandingLine]


class NumberListRoutes:
    def __init__(self, standings: NumberStandings, numbers: NumberStore, clock: Clock) -> None:
        self._standings, self._numbers, self._clock = standings, numbers, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getNumbersStanding",
                method="GET",
                path="/numbers/standing",
                summary="How each number stands: calling at Meta, its health, and what is open. Never asks Meta.",
                access=LOOKS,
                answer=StandingsAnswer,
                handler=self.standing,
                tag="numbers",
            )
        ]

    async def standing(self, asked: Asked[Nothing, Nothing]) -> StandingsAnswer:
        reach = asked.who.reach
        seen = [number for number in await self._numbers.all() if reach.covers(number.id, number.department)]
        at = self._clock()
        return StandingsAnswer(at=at, numbers=[_line(found, at) for found in await self._standings.of(seen)])


def _line(standing: Standing, now: Moment) -> StandingLine:
    number, looked = standing.number, standing.looked
    mirror = mirror_told(standing.wanted, standing.at_meta, looked)
    metas = {place.place: place.metas for place in mirror.places}
    known = looked.at_meta
    return StandingLine(
        id=number.id,
        label=number.label,
        department=number.department_name,
        disabled=number.is_disabled,
        calling=CallingTold(
            at_meta=calling_of(metas.get(CALLING)),
            ours=standing.wanted.calling,
            state=mirror.state,
            differing=[place.place for place in mirror.places if place.differs],
            at=mirror.at,
        ),
        health=HealthLine(
            state=freshness_of(looked, now),
            can_send="" if known is None else known.can_send,
            quality="" if known is None else known.quality,
            at=looked.at,
            failure=looked.failure,
        ),
        alerts=alerts_told(standing.alerts),
    )
