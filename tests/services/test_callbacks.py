"""Nobody who called is forgotten: one card for each customer and number, from their calls and closed by them. On both
databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, col, select

from signaling.announcements import CallbackReason, EventKind
from signaling.call import Call, Outcome, Party, State
from signaling.errors import Failure, Fault
from signaling.events import Customer, Direction
from signaling.ids import AgentId, DepartmentId
from store.callback_models import ClosedAs
from store.callbacks import Card, SqlCallbacks, Taken
from store.calls import SqlCallStore
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.reach import Reach
from tests.services.samples import NOW, Town, build_town, call_in, customer

MARIA = customer("5511955550101", "BR.1", "Maria")


async def over(database: Database, town: Town, wacid: str, minutes: float = 0, **facts: object) -> Call:
    """A call that has ended, and the same saved again."""
    at = NOW + timedelta(minutes=minutes)
    who = facts.pop("who", MARIA)
    assert isinstance(who, Customer)
    call = call_in(town, wacid, who, state=State.ENDED, received_at=at, ended_at=at, outcome=Outcome.MISSED)
    call = replace(call, ended_by=Party.CUSTOMER, **facts).note(at, "ended")  # type: ignore[arg-type]
    for _ in range(2):
        await SqlCallStore(database).save(call)
    return call


async def only(database: Database) -> Card:
    (card,) = await SqlCallbacks(database).open_cards()
    return card


async def told(database: Database) -> list[tuple[str, str, str | None]]:
    query = select(OutboxEventRow).where(
        col(OutboxEventRow.kind).in_((EventKind.CALLBACK_OPENED, EventKind.CALLBACK_CLOSED))
    )

    def read(session: Session) -> list[tuple[str, str, str | None]]:
        bodies = [event_told(session, row).model_dump(mode="json") for row in session.exec(query)]
        cards = [(body["type"], body["data"]["callback"]) for body in bodies]
        return [(kind, card["permission"], card["closed_as"]) for kind, card in cards]

    return await database.read(read)


async def test_several_calls_in_vain_are_one_card_that_counts_them(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1")
    last = await over(database, town, "wacid.2", 5, outcome=Outcome.ABANDONED, accepted_at=NOW, waiting_since=NOW)
    card = await only(database)
    assert (card.times, card.reason, card.call) == (2, CallbackReason.ABANDONED, last.id)
    assert (card.first_at, card.last_at) == (NOW, NOW + timedelta(minutes=5))
    assert (card.customer.name, card.department) == ("Maria", town.department)
    assert await told(database) == [("callback.opened", "none", None)]


async def test_any_call_in_which_somebody_talks_to_them_closes_it(database: Database) -> None:
    town = await build_town(database)
    for number, direction in enumerate((Direction.OUTBOUND, Direction.INBOUND)):
        await over(database, town, f"wacid.{number}", 10 * number)
        agent = town.agents[0]
        talk = call_in(town, f"wacid.talk.{number}", MARIA, state=State.TALKING, direction=direction, agent=agent)
        at = NOW + timedelta(minutes=10 * number + 5)
        await SqlCallStore(database).save(replace(talk, received_at=at, accepted_at=at).note(at, "talking"))
        assert await SqlCallbacks(database).open_cards() == [], "as soon as they talk"
    assert await told(database) == [
        *(("callback.opened", "none", "reached"), ("callback.closed", "none", "reached")),
        *(("callback.opened", "none", "reached"), ("callback.closed", "none", "reached")),
    ]


async def test_a_conversation_that_broke_off_leaves_a_card(database: Database) -> None:
    town = await build_town(database)
    broke = Failure("gateway.restarted", Fault.OURS)
    agent = town.agents[0]
    await over(database, town, "wacid.cut", accepted_at=NOW, agent=agent, outcome=Outcome.FAILED, failure=broke)
    assert (await only(database)).reason is CallbackReason.INTERRUPTED


async def test_other_customers_and_who_is_unknown(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1")
    await over(database, town, "wacid.2", who=customer("5511955550102"))
    await over(database, town, "wacid.3", who=Customer())
    assert len(await SqlCallbacks(database).open_cards()) == 2, "whom nobody knows nobody can call"


async def test_two_agents_take_one_card_and_one_has_it(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1")
    callbacks, card = SqlCallbacks(database), await only(database)
    both = await asyncio.gather(*(callbacks.take(card.id, agent, NOW) for agent in town.agents))
    winners = [one for one in both if isinstance(one, Card)]
    losers = [one for one in both if isinstance(one, Taken)]
    assert len(winners) == len(losers) == 1
    assert losers[0].by == winners[0].taken_by_name
    winner = winners[0].taken_by
    assert winner is not None
    assert await callbacks.take(card.id, winner, NOW + timedelta(minutes=1)) == winners[0], "twice is once"
    other = AgentId(next(agent for agent in town.agents if agent != winner))
    left = await callbacks.give_back(card.id, other)
    assert left is not None and left.taken_by == winner, "nobody gives back what another has"
    free = await callbacks.give_back(card.id, winner)
    assert free is not None and free.taken_by is None


async def test_a_card_is_closed_by_hand_once_and_a_new_call_opens_another(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1")
    callbacks, card = SqlCallbacks(database), await only(database)
    closed = await callbacks.close(card.id, ClosedAs.DISMISSED, "user:1", NOW)
    assert closed is not None and closed.closed_as == "dismissed"
    assert await callbacks.close(card.id, ClosedAs.DONE, "user:2", NOW) is None
    await over(database, town, "wacid.2", 5)
    assert (await only(database)).id != card.id


async def test_cards_of_other_departments_are_out_of_reach(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1")
    callbacks, card = SqlCallbacks(database), await only(database)
    elsewhere = Reach(departments=frozenset({DepartmentId(999)}))
    assert await callbacks.open_cards(reach=elsewhere) == []
    assert await callbacks.take(card.id, town.agents[0], NOW, elsewhere) is None
    assert await callbacks.close(card.id, ClosedAs.DONE, "user:1", NOW, elsewhere) is None


async def test_two_contacts_who_are_one_person_have_one_card(database: Database) -> None:
    town = await build_town(database)
    await over(database, town, "wacid.1", who=customer("5511955550101"))
    await over(database, town, "wacid.2", 1, who=customer(bsuid="BR.1"))
    assert len(await SqlCallbacks(database).open_cards()) == 2
    await over(database, town, "wacid.3", 2, who=MARIA)
    assert (await only(database)).times == 3
