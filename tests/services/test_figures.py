"""What is kept of a call for reports, in the save that ends it; and the same made of what older versions stored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from sqlalchemy import text
from sqlmodel import select

from signaling.call import Call, Outcome, State
from signaling.events import Direction
from signaling.ids import AgentId, CallId
from signaling.presence import WrappedUp
from store.calls import SqlCallStore
from store.database import Database
from store.figure_models import AgentWorkRow, CallChargeRow, CallQualityRow
from store.figures import SqlAgentWork
from store.migrate import config
from store.models import CallRow, ContactRow
from tests.services.samples import Town, build_town, call_in, customer

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TABLES = (AgentWorkRow, CallQualityRow, CallChargeRow)
HEARD = {
    "customer_to_us_mos": 4.2,
    "customer_to_us_loss_percent": 0.5,
    "customer_to_us_jitter_ms": 3.0,
    "us_to_customer_mos": 3.1,
    "us_to_customer_loss_percent": 4.5,
    "us_to_customer_jitter_ms": 11.0,
    "customer_round_trip_ms": 80.0,
    "agent_to_us_mos": 4.4,
}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def our_call(town: Town, wacid: str = "wacid.OUR", phone: str | None = "5511955550101", **changes: Any) -> Call:
    """Ana calls, holds for 12 s, and is heard; 61 s by our clock."""
    call = call_in(
        town,
        wacid,
        customer(phone, name="Maria"),
        direction=Direction.OUTBOUND,
        received_at=NOON,
        accepted_at=at(9),
        ended_at=at(70),
        agent=town.agents[0],
        outcome=Outcome.ANSWERED,
        state=State.ENDED,
        **changes,
    )
    call = call.note(at(0), "dialed", agent=town.agents[0]).note(at(20), "held").note(at(32), "resumed")
    return call.note(at(70), "ending").note(at(70), "measured", **HEARD).note(at(71), "ended")


def given_on(town: Town, wacid: str = "wacid.GIVEN") -> Call:
    """A plan accepts at once; Ana answers after 10 s, and sends the customer on after 20 s; Bia answers 10 s later."""
    ana, bia = town.agents
    call = call_in(
        town,
        wacid,
        received_at=NOON,
        offered_at=NOON,
        answered_at=at(10),
        accepted_at=at(1),
        ended_at=at(65),
        agent=bia,
        outcome=Outcome.ANSWERED,
        state=State.ENDED,
    )
    call = call.note(at(1), "accepted").note(at(10), "claimed", agent=ana).note(at(10), "talking", agent=ana)
    call = call.note(at(30), "transferred", agent=ana, to_agent=bia).note(at(40), "claimed", agent=bia)
    return call.note(at(40), "talking", agent=bia).note(at(60), "held").note(at(65), "ending").note(at(66), "ended")


async def kept(database: Database) -> list[list[dict[str, Any]]]:
    """All rows, table by table."""
    return await database.read(
        lambda session: [sorted((row.model_dump() for row in session.exec(select(table))), key=str) for table in TABLES]
    )


async def test_the_end_of_a_call_leaves_its_figures(database: Database) -> None:
    town = await build_town(database)
    call, store = our_call(town), SqlCallStore(database)
    await store.save(call)
    await store.save(call.note(at(80), "terminated_by_meta"))
    [[work], [quality], [charge]] = await kept(database)
    place = {"call_id": call.id, "number_id": town.number.id, "department_id": town.department, "received_at": NOON}
    times = {"talk_ms": 61_000, "holds": 1, "held_ms": 12_000, "wrap_up_ms": None, "handed_on": None}
    assert work == {**place, "agent_id": town.agents[0], "direction": Direction.OUTBOUND, **times}
    assert charge == {**place, "agent_id": town.agents[0], "destination": "BR", "duration_s": 61, "pulses": 11}
    assert quality == {
        **place,
        "agent_id": town.agents[0],
        "direction": Direction.OUTBOUND,
        "customer_mos": 3.1,
        "customer_loss_percent": 4.5,
        "customer_jitter_ms": 11.0,
        "customer_round_trip_ms": 80.0,
        "agent_mos": 4.4,
        "agent_loss_percent": None,
        "agent_jitter_ms": None,
        "agent_round_trip_ms": None,
    }


async def test_a_call_that_goes_on_or_that_a_customer_made_leaves_no_charge(database: Database) -> None:
    town = await build_town(database)
    store = SqlCallStore(database)
    await store.save(call_in(town, "wacid.1", direction=Direction.OUTBOUND, accepted_at=at(1)))
    await store.save(call_in(town, "wacid.2", state=State.ENDED, accepted_at=at(1), ended_at=at(60)))
    await store.save(
        call_in(
            town, "wacid.3", direction=Direction.OUTBOUND, state=State.ENDED, outcome=Outcome.MISSED, ended_at=at(9)
        )
    )
    assert await kept(database) == [[], [], []]


async def test_what_meta_says_late_of_the_duration_counts_and_a_forgotten_customer_keeps_the_country(
    database: Database,
) -> None:
    town = await build_town(database)
    call, store = our_call(town), SqlCallStore(database)
    await store.save(call)

    def forget(session: Any) -> None:
        for contact in session.exec(select(ContactRow)):
            contact.phone = None

    await database.run(forget)
    later = replace(call, customer=customer(), meta_duration_s=120)
    await store.save(later.note(at(90), "terminated_by_meta"))
    [_, _, [charge]] = await kept(database)
    assert (charge["destination"], charge["duration_s"], charge["pulses"]) == ("BR", 120, 20)


async def test_a_wrap_up_is_kept_once_whether_the_call_is_over_or_went_to_somebody_else(database: Database) -> None:
    town = await build_town(database)
    store, work = SqlCallStore(database), SqlAgentWork(database)
    talking = call_in(town, "wacid.1", received_at=NOON, state=State.TALKING)
    await store.save(talking)
    ana, bia = town.agents

    async def wraps_up(agent: AgentId, seconds: float, call: CallId = talking.id) -> None:
        await work.wrapped_up(WrappedUp(call, agent, at(70), at(70 + seconds)))

    await wraps_up(bia, 7.25)
    over = our_call(town, "wacid.2")
    await store.save(over)
    await wraps_up(ana, 30, over.id)
    await wraps_up(ana, 90, over.id)
    await wraps_up(ana, 5, CallId("0" * 32))
    rows, _, _ = await kept(database)
    assert sorted((row["agent_id"], row["held_ms"], row["wrap_up_ms"]) for row in rows) == [
        (ana, 12_000, 30_000),
        (bia, 0, 7_250),
    ]


async def test_figures_of_older_calls_are_made_of_their_timelines(database: Database) -> None:
    town = await build_town(database)
    store = SqlCallStore(database)
    await store.save(our_call(town))
    await store.save(our_call(town, "wacid.2", phone=None, meta_duration_s=30))
    await store.save(our_call(town, "wacid.3", phone="12025550123"))
    await store.save(call_in(town, "wacid.4", state=State.ENDED, ended_at=at(3)))
    await store.save(call_in(town, "wacid.5"))
    given = given_on(town)
    await store.save(given)
    now = await kept(database)
    handed_on = {(row["call_id"], row["agent_id"]) for row in now[0] if row["handed_on"] is not None}
    assert handed_on == {(given.id, town.agents[0])}
    assert [len(rows) for rows in now] == [5, 3, 3]
    assert {row["destination"] for row in now[2]} == {"BR", "US", ""}

    def make_again(session: Any) -> None:
        """As the migration of then does, whatever others have made since."""
        connection = session.connection()
        newest = connection.scalar(text("SELECT version_num FROM alembic_version"))
        # Each answer was written over the one before.
        later = session.exec(select(CallRow).where(CallRow.call_id == given.id)).one()
        later.answered_at = at(40)
        session.flush()
        connection.execute(text("DROP INDEX ix_permission_events_kind_at"))
        for table in ("agent_work", "call_quality", "call_charges", "rate_cards"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0028'"))
        command.upgrade(config(connection), "0029")
        connection.execute(text("UPDATE alembic_version SET version_num = '0033'"))
        command.upgrade(config(connection), "0034")
        connection.execute(text("UPDATE alembic_version SET version_num = '0037'"))
        command.upgrade(config(connection), "0038")
        connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})

    await database.run(make_again)
    assert await kept(database) == now
    found = await store.get(given.id)
    assert found is not None and found.answered_at == given.answered_at
