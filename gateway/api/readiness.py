"""`/api/v1/numbers/{id}/readiness`: does this number work, and what is missing?"""

from collections.abc import Callable
from typing import Annotated, Literal, Protocol

from pydantic import Field

from gateway.api.number_plans import LOOKS, NUMBER, number_of
from gateway.api.operations import Answer, Asked, Nothing, Operation, Query
from signaling.integrator_contract import Moment
from signaling.ports import Number, NumberStore
from signaling.readiness import Area, Check, Facts, Needed, State, readiness_of, state_of


class Gatherer(Protocol):
    """`gateway.number_readiness.NumberReadiness`."""

    async def facts(self, number: Number, *, anew: bool) -> Facts: ...


class ReadinessQuery(Query):
    anew: Annotated[
        Literal["true", "false"],
        Field(description="true: Meta is asked now, at most every 5 s; false: what it said is kept for 10 minutes."),
    ] = "false"


class CheckLine(Answer):
    """`why` and the figures in `data` belong to `code`."""

    code: str
    area: Area
    needed: Annotated[Needed, Field(description="`advice`: calls work without it.")]
    state: State
    why: str | None
    data: dict[str, str | int]


class ReadinessAnswer(Answer):
    """`calls_in`, `calls_out`: the worst of what each needs."""

    checks: list[CheckLine]
    calls_in: State
    calls_out: State
    at: Moment
    meta_at: Annotated[Moment | None, Field(description="When Meta last answered; null: not since the start.")]


class ReadinessRoutes:
    def __init__(self, numbers: NumberStore, gatherer: Gatherer, meta_at: Callable[[Number], Moment | None]) -> None:
        self._numbers, self._gatherer, self._meta_at = numbers, gatherer, meta_at

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getReadiness",
                method="GET",
                path="/numbers/{id}/readiness",
                summary="Every precondition of a working number, and its state.",
                access=LOOKS,
                path_patterns=NUMBER,
                query=ReadinessQuery,
                answer=ReadinessAnswer,
                handler=self.readiness,
                tag="numbers",
            )
        ]

    async def readiness(self, asked: Asked[Nothing, ReadinessQuery]) -> ReadinessAnswer:
        number = await number_of(self._numbers, asked.who, asked.path)
        facts = await self._gatherer.facts(number, anew=asked.query.anew == "true")
        checks = readiness_of(facts)
        return ReadinessAnswer(
            checks=[_line(check) for check in checks],
            calls_in=state_of(checks, Needed.IN),
            calls_out=state_of(checks, Needed.OUT),
            at=facts.now,
            meta_at=self._meta_at(number),
        )


def _line(check: Check) -> CheckLine:
    return CheckLine(
        code=check.code,
        area=check.area,
        needed=check.needed,
        state=check.state,
        why=check.why,
        data=dict(check.data),
    )
