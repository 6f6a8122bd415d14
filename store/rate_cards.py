"""Cards of rates as administrators wrote them: the newest counts, none is ever changed."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from signaling.rates import Rate, RateProblem, read_card
from store.audit import By, Entry, write
from store.database import Database
from store.destinations import is_region
from store.figure_models import RateCardRow
from store.models import NumberRow
from store.number_plans import named


@dataclass(frozen=True, slots=True)
class StoredCard:
    """`version` 0: nobody wrote one yet."""

    version: int = 0
    rates: tuple[Rate, ...] = ()
    written_at: datetime | None = None
    written_by: str | None = None


class BadCard(Exception):
    """Nothing was written."""

    def __init__(self, problems: list[RateProblem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class CardChanged(Exception):
    """Somebody has written since it was read."""

    def __init__(self, newest: StoredCard) -> None:
        super().__init__(newest.version)
        self.newest = newest


@dataclass(frozen=True)
class SqlRateCards:
    """Every method may raise NeighbourError."""

    database: Database

    async def newest(self) -> StoredCard:
        return await self.database.read(newest_card)

    async def write(self, text: str, seen: int, by: By) -> StoredCard:
        """`text`: CSV. `seen`: the version that was read. Raises BadCard, CardChanged."""

        def work(session: Session) -> StoredCard:
            now = newest_card(session)
            if now.version != seen:
                raise CardChanged(now)
            slugs = set(session.exec(select(NumberRow.slug)))
            rates, problems = read_card(text, is_region, lambda number: number in slugs)
            if problems:
                raise BadCard(problems)
            row = RateCardRow(
                version=seen + 1,
                rates=[
                    {
                        "number": rate.number,
                        "destination": rate.destination,
                        "valid_from": rate.valid_from.isoformat(),
                        "above_minutes": rate.above_minutes,
                        "market": rate.market,
                        "currency": rate.currency,
                        "per_minute": rate.per_minute,
                    }
                    for rate in rates
                ],
                written_at=by.at,
                written_by=by.actor,
            )
            session.add(row)
            about = {"version": row.version, "rates": len(rates)}
            write(session, Entry(by.at, by.actor, "rates.written", f"rates:{row.version}", about))
            session.flush()
            return _stored(session, row)

        return await self.database.run(work, races=True)


def newest_card(session: Session) -> StoredCard:
    row = session.exec(select(RateCardRow).order_by(col(RateCardRow.version).desc()).limit(1)).first()
    return StoredCard() if row is None else _stored(session, row)


def _stored(session: Session, row: RateCardRow) -> StoredCard:
    rates = tuple(
        Rate(
            number=str(each["number"]),
            destination=str(each["destination"]),
            valid_from=date.fromisoformat(str(each["valid_from"])),
            above_minutes=int(each["above_minutes"]),
            market=str(each["market"]),
            currency=str(each["currency"]),
            per_minute=str(each["per_minute"]),
        )
        for each in row.rates
    )
    return StoredCard(row.version, rates, row.written_at, named(session, row.written_by))
