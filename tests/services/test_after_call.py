"""What agents write down after a call, and the words they choose from. On both databases."""

from datetime import timedelta

from sqlmodel import Session, col, select

from signaling.announcements import EventKind
from signaling.call import Call, Outcome, State
from signaling.ids import AgentId, CallId
from signaling.reasons import DEFAULT_REASONS, Reason, ReasonKind
from store.calls import SqlCallStore
from store.database import Database
from store.event_bodies import event_told
from store.integration_models import OutboxEventRow
from store.notes import SqlNotes
from store.reasons import SqlReasons
from tests.services.samples import NOW, Town, build_town, call_in, customer


async def a_call(database: Database, town: Town) -> Call:
    """Handed from the first agent to the second, and over."""
    call = call_in(
        town,
        "wacid.noted",
        customer("5511955550101", name="Rita"),
        state=State.ENDED,
        received_at=NOW,
        accepted_at=NOW,
        agent=town.agents[1],
        ended_at=NOW + timedelta(seconds=60),
        outcome=Outcome.ANSWERED,
    )
    call = call.note(NOW, "talking", agent=town.agents[0]).note(NOW, "talking", agent=town.agents[1])
    await SqlCallStore(database).save(call)
    return call


async def told(database: Database) -> list[dict[str, object]]:
    query = select(OutboxEventRow).where(OutboxEventRow.kind == EventKind.NOTE_WRITTEN)

    def read(session: Session) -> list[dict[str, object]]:
        rows = session.exec(query.order_by(col(OutboxEventRow.id)))
        return [event_told(session, row).model_dump(mode="json") for row in rows]

    return await database.read(read)


async def test_each_agent_who_had_the_customer_writes_a_note_of_their_own(database: Database) -> None:
    town = await build_town(database)
    call, notes = await a_call(database, town), SqlNotes(database)
    for agent, text in zip(town.agents[:2], ("asked about delivery", "delivery is on Friday"), strict=True):
        saved = await notes.save(call.id, agent, text, "resolved", finished=False, at=NOW)
        assert saved is not None and saved.finished_at is None
    assert [note.text for note in await notes.of_call(call.id)] == ["asked about delivery", "delivery is on Friday"]
    assert await told(database) == [], "drafts are told to nobody"


async def test_nobody_writes_about_a_call_that_they_never_had(database: Database) -> None:
    town = await build_town(database)
    call, notes = await a_call(database, town), SqlNotes(database)
    assert await notes.save(call.id, AgentId(999), "mine", None, finished=True, at=NOW) is None
    assert await notes.save(CallId("0" * 32), town.agents[0], "mine", None, finished=True, at=NOW) is None
    assert await notes.of_call(call.id) == []


async def test_a_finished_note_is_told_once_and_again_when_it_is_changed(database: Database) -> None:
    town = await build_town(database)
    call, notes = await a_call(database, town), SqlNotes(database)
    agent = town.agents[1]
    for _ in range(2):
        await notes.save(call.id, agent, "wants an invoice", "follow_up", finished=True, at=NOW)
    assert len(await told(database)) == 1
    later = NOW + timedelta(minutes=1)
    draft = await notes.save(call.id, agent, "invoice sent", "resolved", finished=False, at=later)
    assert draft is not None and draft.finished_at is None, "what is written is not what was told"
    await notes.save(call.id, agent, "invoice sent", "resolved", finished=True, at=later)
    events = await told(database)
    assert [event["sequence"] for event in events] == [1, 2]
    data = events[-1]["data"]
    assert isinstance(data, dict)
    assert (data["note"]["text"], data["note"]["disposition"]) == ("invoice sent", "resolved")
    assert data["call"]["call_id"] == call.id


async def test_a_note_may_hold_what_no_database_likes(database: Database) -> None:
    town = await build_town(database)
    call, notes = await a_call(database, town), SqlNotes(database)
    for _ in range(2):
        await notes.save(call.id, town.agents[0], "a\x00b \ud800 ç", None, finished=True, at=NOW)
    (note,) = await notes.of_call(call.id)
    assert note.text == "a\ufffdb \ufffd ç"
    assert len(await told(database)) == 1, "the same text is no change"


async def test_a_company_has_its_own_words_or_those_that_come_with_ramal(database: Database) -> None:
    reasons = SqlReasons(database)
    assert await reasons.all() == DEFAULT_REASONS
    own = (Reason("coffee", "Café"), Reason("lunch"))
    await reasons.replace(ReasonKind.PAUSE, own)
    assert (await reasons.all())[ReasonKind.PAUSE] == own
    assert (await reasons.all())[ReasonKind.DISPOSITION] == DEFAULT_REASONS[ReasonKind.DISPOSITION]
    await reasons.replace(ReasonKind.PAUSE, ())
    assert await reasons.all() == DEFAULT_REASONS
