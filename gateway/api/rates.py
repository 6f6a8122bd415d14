"""`/api/v1/rates`: what Meta charges for calls of ours, as administrators write it; costs are estimated by it."""

from typing import Annotated, Final

from pydantic import Field

from gateway.api.door import ADMINISTRATORS, Access
from gateway.api.errors import ApiError, Problem, invalid
from gateway.api.operations import Answer, Asked, Form, Nothing, Operation
from signaling.integrator_contract import Moment, iso
from signaling.ports import Clock
from signaling.rates import CARD_LIMIT_CHARS, RateProblem, card_as_csv
from store.api_keys import Scope
from store.audit import By
from store.rate_cards import BadCard, CardChanged, SqlRateCards, StoredCard

LOOKS: Final = Access(Scope.NUMBERS_READ, ADMINISTRATORS)
WRITES: Final = Access(Scope.NUMBERS_WRITE, ADMINISTRATORS)
BODY_LIMIT_BYTES: Final = 4 * CARD_LIMIT_CHARS
MOST_PROBLEMS: Final = 50


class RateLine(Answer):
    destination: Annotated[str, Field(description="ISO 3166 (`BR`), a calling code (`+55`), or `*`.")]
    market: Annotated[str, Field(description="Lines with the same one share their volume; empty: the destination.")]
    number: Annotated[str, Field(description="A number's internal id; empty: all numbers.")]
    currency: str
    valid_from: Annotated[str, Field(description="A day of the account's time zone.")]
    above_minutes: int
    per_minute: Annotated[str, Field(description="An exact decimal.")]


class RatesAnswer(Answer):
    version: int
    written_at: Moment | None
    written_by: str | None
    rates: list[RateLine]
    csv: Annotated[str, Field(description="The same as it can be written.")]


class RatesForm(Form):
    version: Annotated[int, Field(ge=0, description="The one that was read: whoever wrote since is not overwritten.")]
    csv: Annotated[
        str,
        Field(
            max_length=CARD_LIMIT_CHARS,
            description="The whole table with its head: `destination,market,number,currency,valid_from,above_minutes,"
            "per_minute`; `market` and `number` may be left out.",
        ),
    ]


class RateRoutes:
    def __init__(self, cards: SqlRateCards, clock: Clock) -> None:
        self._cards, self._clock = cards, clock

    def operations(self) -> list[Operation]:
        return [
            Operation(
                name="getRates",
                method="GET",
                path="/rates",
                summary="What Meta charges for calls of ours, as it was written here.",
                access=LOOKS,
                answer=RatesAnswer,
                handler=self.read,
                tag="office",
            ),
            Operation(
                name="writeRates",
                method="PUT",
                path="/rates",
                summary="Write the table of rates, whole.",
                access=WRITES,
                body=RatesForm,
                body_limit_bytes=BODY_LIMIT_BYTES,
                answer=RatesAnswer,
                handler=self.write,
                errors={
                    409: "Somebody else has written since: `changed_by`, `changed_at`, `version`.",
                    422: "`problems` names lines and columns: `7.per_minute`; line 0 is the whole.",
                },
                tag="office",
            ),
        ]

    async def read(self, asked: Asked[Nothing, Nothing]) -> RatesAnswer:
        return _told(await self._cards.newest())

    async def write(self, asked: Asked[RatesForm, Nothing]) -> RatesAnswer:
        form, by = asked.body, By(asked.who.actor, self._clock())
        try:
            return _told(await self._cards.write(form.csv, form.version, by))
        except BadCard as bad:
            raise invalid([_problem(problem) for problem in bad.problems[:MOST_PROBLEMS]]) from None
        except CardChanged as changed:
            raise _meanwhile(changed.newest) from None


def _problem(problem: RateProblem) -> Problem:
    return Problem(field=f"{problem.line}.{problem.field}", code=problem.code)


def _meanwhile(newest: StoredCard) -> ApiError:
    return ApiError(
        *(409, "changed_meanwhile", "Somebody else has written since: read again, then decide."),
        changed_by=newest.written_by,
        changed_at=None if newest.written_at is None else iso(newest.written_at),
        version=newest.version,
    )


def _told(card: StoredCard) -> RatesAnswer:
    return RatesAnswer(
        version=card.version,
        written_at=card.written_at,
        written_by=card.written_by,
        rates=[
            RateLine(
                destination=rate.destination,
                market=rate.market,
                number=rate.number,
                currency=rate.currency,
                valid_from=rate.valid_from.isoformat(),
                above_minutes=rate.above_minutes,
                per_minute=rate.per_minute,
            )
            for rate in card.rates
        ],
        csv=card_as_csv(card.rates),
    )
