"""How all numbers stand, from both databases and from what Meta said last: the list itself asks nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from gateway.number_standing import NumberRounds, NumberStandings, Standing
from signaling.errors import Failure, Fault, NeighbourError
from signaling.events import AccountWarning
from signaling.ids import PhoneNumberId
from signaling.meta.graph_answers import CallingSettings, PhoneNumberFields
from signaling.number_alerts import NumberWarning
from signaling.number_facts import KEPT, MetaFacts
from signaling.pickup_guard import Guard, Kept
from signaling.readiness import WebhookFacts
from signaling.settings_at_meta import Icon, MirrorState, Wanted, compared, whole
from store.database import Database
from store.number_models import PickupGuardRow
from store.number_plans import Writing
from store.number_settings import SqlNumberSettings
from store.number_warnings import SqlNumberWarnings
from store.secrets import SecretBox
from tests.services.samples import KEY, NOW, Town, build_town, new_number, numbers_in

AWAY = Failure("network.unreachable", Fault.NETWORK, "nobody is there")
MINUTE = timedelta(minutes=1)


@dataclass
class Meta:
    """Answers at once, or is away; who was asked about is kept."""

    asked: list[str] = field(default_factory=list)
    is_away: bool = False
    somebody_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_asked_about(self, number: str) -> None:
        async with asyncio.timeout(20):  # far less than a round
            while number not in self.asked:
                await self.somebody_asked.wait()
                self.somebody_asked.clear()

    async def settings(self, number: PhoneNumberId) -> CallingSettings:
        if self.is_away:
            raise NeighbourError(AWAY)
        return CallingSettings(status="ENABLED", raw={"status": "ENABLED"})

    async def phone_number(self, number: PhoneNumberId) -> PhoneNumberFields:
        self.asked.append(number)
        self.somebody_asked.set()
        return PhoneNumberFields(id=number, quality_rating="YELLOW")


@dataclass
class Office:
    town: Town
    database: Database
    meta: Meta
    now: datetime
    standings: NumberStandings

    async def first(self) -> Standing:
        numbers = await self.standings.rounds.numbers.all()
        return (await self.standings.of(numbers))[0]


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    town, meta = await build_town(database), Meta()
    await numbers_in(database).add(new_number("777", label="Filial"))

    def clock() -> datetime:
        return made.now

    async def webhook() -> WebhookFacts:
        return WebhookFacts(has_secret=True, has_verify_token=True, last_at=made.now)

    facts = MetaFacts(meta, clock)
    settings = SqlNumberSettings(database, SecretBox([KEY]))
    rounds = NumberRounds(numbers_in(database), facts)
    standings = NumberStandings(settings, SqlNumberWarnings(database), rounds, webhook, clock)
    made = Office(town, database, meta, NOW, standings)
    yield made
    await rounds.stop()
    await facts.close()


async def test_meta_is_asked_in_rounds_every_ten_minutes_and_by_the_list_never(office: Office) -> None:
    ours = office.town.number.phone_number_id
    for _ in range(3):
        assert (await office.first()).looked.at is None
    assert office.meta.asked == []
    await office.standings.rounds.look()
    await office.standings.rounds.look()
    assert office.meta.asked == [ours, "777"]
    office.now += KEPT - MINUTE
    await office.standings.rounds.look()
    assert len(office.meta.asked) == 2
    looked = (await office.first()).looked
    assert looked.at == NOW and looked.at_meta is not None and looked.at_meta.quality == "YELLOW"
    await office.standings.settings.set_disabled(office.town.number.id, True, Writing("user:1", office.now))
    office.now += MINUTE
    await office.standings.rounds.look()
    assert office.meta.asked == [ours, "777", "777"], "a number that takes no calls is left alone"


async def test_a_number_that_is_new_to_the_list_is_asked_about_at_once_behind_it(office: Office) -> None:
    office.standings.rounds.start()
    await office.meta.until_asked_about("777")
    await numbers_in(office.database).add(new_number("888", label="Nova"))
    assert len(await office.standings.of(await office.standings.rounds.numbers.all())) == 3
    await office.meta.until_asked_about("888")
    assert len(office.meta.asked) == 3


async def test_while_meta_is_away_what_it_said_stays_with_its_time_and_it_is_asked_again_each_minute(
    office: Office,
) -> None:
    await office.standings.rounds.look()
    office.meta.is_away = True
    office.now += KEPT
    await office.standings.rounds.look()
    looked = (await office.first()).looked
    assert (looked.at, looked.failure) == (NOW, "network.unreachable")
    office.meta.is_away = False
    office.now += MINUTE
    await office.standings.rounds.look()
    looked = (await office.first()).looked
    assert (looked.at, looked.failure) == (office.now, None)


async def test_a_line_has_what_is_kept_at_meta_what_the_guard_hides_and_what_is_open(office: Office) -> None:
    number, store = office.town.number.id, office.standings.settings
    form = (await store.of(number)).form  # type: ignore[union-attr]
    await store.write(number, replace(form, wanted=Wanted(calling=True, icon=Icon.SHOWN)), Writing("user:1", NOW))

    hidden = PickupGuardRow(
        number_id=number, guard=Guard(enabled=True), kept=Kept(icon=Icon.HIDDEN), changed_at=NOW, changed_by="user:1"
    )

    def hide(session: Session) -> None:
        session.add(hidden)

    await office.database.run(hide)
    seen = compared(Wanted(calling=True, icon=Icon.HIDDEN), whole({"status": "DISABLED"}), {}, NOW)
    assert await store.note_at_meta(number, seen, (await store.of(number)).at_meta)  # type: ignore[union-attr]
    warning = NumberWarning(NOW, AccountWarning.VIOLATION, "LOW_CALLING_QUALITY", None)
    await office.standings.warnings.add(number, warning)
    old = NumberWarning(NOW - timedelta(days=30), AccountWarning.VIOLATION, "LOW_CALLING_QUALITY", None)
    await office.standings.warnings.add(number, old)
    first, second = await office.standings.of(await office.standings.rounds.numbers.all())
    assert first.wanted == Wanted(calling=True, icon=Icon.HIDDEN)
    assert first.at_meta is not None and first.at_meta.state is MirrorState.DIFFERENT
    assert [alert.code.value for alert in first.alerts] == ["icon_hidden", "meta_warned"]
    assert (second.number.label, second.at_meta, second.alerts) == ("Filial", None, [])
    assert await office.standings.alerts_of(first.number) == first.alerts
