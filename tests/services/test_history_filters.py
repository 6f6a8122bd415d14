"""Any filter, for any reader, on both databases: exactly the calls that the rule names, in pages of any size."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from signaling.call import Call, Outcome, State
from signaling.errors import Failure, Fault
from signaling.events import Direction
from signaling.ids import AgentId, ContactId, DepartmentId, NumberId
from signaling.ports import Role
from signaling.recording_policy import RecordingPolicy
from signaling.recording_record import RecordingState
from store import history_search
from store.after_call_models import CallNoteRow
from store.calls import SqlCallStore
from store.cursors import Cursor
from store.database import Database
from store.departments import SqlDepartmentStore
from store.history import SqlHistory
from store.history_filter import LOST, WITH_SOUND, HistoryFilter
from store.integration_models import ProtocolRow
from store.recording_models import RecordingRow
from store.transcript_models import Source, TextState, TranscriptRow
from store.word_search import Wanted, stored_words, wanted
from tests.services.samples import NOW, PASSWORD, build_town, call_in, customer, new_number, numbers_in, people_in

FIRST = DepartmentId(1)
REASONS = (None, "meta.138021", "meta.130429", "metal.other", "network.timeout")


@dataclass(frozen=True)
class Known:
    """A call, and what is kept beside it."""

    call: Call
    contact: ContactId | None
    recording: RecordingState | None
    disposition: str | None
    protocol: str | None
    said: str | None
    handed_on_by: AgentId | None  # who talked, and gave it to whoever has it


@dataclass(frozen=True)
class Office:
    database: Database
    known: list[Known]  # newest first
    numbers: tuple[NumberId, ...]
    departments: tuple[DepartmentId, ...]
    agents: tuple[AgentId, ...]
    supervisor: AgentId  # of the first two departments

    def expected(self, asked: HistoryFilter) -> list[str]:
        return [each.call.id for each in self.known if fits(each, asked, frozenset(self.departments[:2]))]


def fits(known: Known, asked: HistoryFilter, own: frozenset[DepartmentId]) -> bool:
    """The rule, said once more and without SQL."""
    call = known.call
    failure = call.failure or call.refusal
    reason = "" if failure is None else failure.code
    asked_of: list[tuple[Any, Callable[[Any], bool]]] = [
        (asked.number, lambda it: call.number == it),
        (asked.department, lambda it: call.department == it),
        (asked.agent, lambda it: it in (call.agent, known.handed_on_by)),
        (asked.contact, lambda it: known.contact == it),
        (asked.direction, lambda it: call.direction == it),
        (asked.outcome, lambda it: call.outcome == it),
        (asked.reason, lambda it: reason.startswith(it) if it.endswith(".") else reason == it),
        (asked.disposition, lambda it: known.disposition == it),
        (asked.recorded, lambda it: (known.recording in WITH_SOUND) == it),
        (asked.protocol, lambda it: known.protocol == it),
        (asked.words, lambda it: known.said is not None and said_in(it, known.said)),
        (asked.since, lambda it: call.received_at is not None and call.received_at >= it),
        (asked.until, lambda it: call.received_at is not None and call.received_at < it),
    ]
    return all(given is None or holds(given) for given, holds in asked_of) and visible(known, asked, own)


def said_in(words: Wanted, text: str) -> bool:
    stored = stored_words([text]).split()
    *whole, last = words.words
    return all(word in stored for word in whole) and any(word.startswith(last) for word in stored)


def visible(known: Known, asked: HistoryFilter, own: frozenset[DepartmentId]) -> bool:
    call = known.call
    if asked.within is not None and not visible(known, asked.within, own):
        return False
    if asked.visible_numbers is not None and call.number not in asked.visible_numbers:
        return False
    if asked.visible_in is None:
        return True
    lost = call.outcome in LOST and call.direction is Direction.INBOUND
    return (
        call.department in asked.visible_in
        or (asked.visible_member is not None and call.department in own)
        or call.number in asked.visible_of
        or (lost and (call.department in asked.visible_missed_in or call.number in asked.visible_missed_of))
        or (asked.visible_agent is not None and call.agent == asked.visible_agent)
        or (asked.visible_talked is not None and known.handed_on_by == asked.visible_talked)
        or (had_by_guest(call) and (asked.visible_member is not None or call.agent in asked.visible_guests))
    )


def had_by_guest(call: Call) -> bool:
    """Everybody who talks works in the first department alone, which is one of the supervisor's."""
    return call.agent is not None and call.department != FIRST


async def fill(database: Database, chance: random.Random, count: int = 60) -> Office:
    town = await build_town(database)
    assert town.department == FIRST
    departments = [town.department, *[(await SqlDepartmentStore(database).add(n)).id for n in ("Suporte", "Cobrança")]]
    other = await numbers_in(database).add(new_number("200", department="Suporte"))
    sofia = await people_in(database).add_user("sofia", "Sofia", PASSWORD, Role.SUPERVISOR, ["Atendimento", "Suporte"])
    store, calls, firsts = SqlCallStore(database), [], []
    for n in range(count):
        number = chance.choice((town.number, other))
        reason = chance.choice(REASONS)
        failure = None if reason is None else Failure(reason, Fault.META)
        call = call_in(
            town,
            f"wacid.{n}",
            customer(f"55119555501{chance.randrange(10, 13)}"),
            number=number.id,
            phone_number_id=number.phone_number_id,
            department=chance.choice((*departments, None)),
            agent=chance.choice((*town.agents, None)),
            direction=chance.choice(list(Direction)),
            outcome=chance.choice([*Outcome, Outcome.ANSWERED, Outcome.ANSWERED, None]),
            state=State.ENDED,
            failure=failure if n % 2 else None,
            refusal=None if n % 2 else failure,
            received_at=NOW + timedelta(minutes=chance.randrange(40)),  # several at the same moment
        )
        call, first = handed_on(call, chance.choice((*town.agents, None)))
        await store.save(call)
        calls.append(call)
        firsts.append(first)
    history = SqlHistory(database)
    opened = await database.read(lambda session: {row.call_id: row.code for row in session.exec(select(ProtocolRow))})
    assert opened, "calls that were missed have opened none"
    known = []
    for call, first in zip(calls, firsts, strict=True):
        found = await history.call(call.id)
        assert found is not None
        recording = chance.choice([*RecordingState, None, None])
        said = chance.choice(("Não quero, obrigado", "obrigada não", None))
        disposition = chance.choice(("sold", "later", None))
        known.append(Known(call, found[0].contact, recording, disposition, opened.get(call.id), said, first))
    await database.run(lambda session: keep_beside(session, known, town.agents[0]))
    places = {call.id: n for n, call in enumerate(calls)}
    known.sort(key=lambda each: (each.call.received_at, places[each.call.id]), reverse=True)
    return Office(database, known, (town.number.id, other.id), tuple(departments), town.agents, sofia.id)


def handed_on(call: Call, first: AgentId | None) -> tuple[Call, AgentId | None]:
    """The call as `first` answers it and sends it on; and `first`, if that leaves it a call in which they only talked
    before somebody else had it."""
    at = call.received_at or NOW
    if first is None or call.outcome is not Outcome.ANSWERED:
        return call, None
    call = replace(call, accepted_at=at, answered_at=at, ended_at=at + timedelta(seconds=50))
    call = call.note(at, "claimed", agent=first).note(at, "talking", agent=first)
    call = call.note(at + timedelta(seconds=20), "transferred", agent=first)
    return call, None if first == call.agent else first


def keep_beside(session: Session, known: list[Known], agent: AgentId) -> None:
    for each in known:
        call = each.call
        at = call.received_at or NOW
        if each.recording is not None:
            row = RecordingRow(call_id=call.id, number_id=call.number, state=each.recording, policy=RecordingPolicy())
            session.add(row)
        if each.disposition is not None:
            note = CallNoteRow(call_id=call.id, agent_id=agent, text="", disposition=each.disposition, updated_at=at)
            session.add(note)
        if each.said is not None:
            session.add(
                TranscriptRow(
                    call_id=call.id,
                    source=Source.OURS,
                    state=TextState.DONE,
                    words=stored_words([each.said]),
                    asked_at=at,
                    asked_by="gateway",
                )
            )


def any_filter(office: Office, chance: random.Random) -> HistoryFilter:
    """One to four things asked, by any reader."""
    some = chance.choice(office.known)
    since = NOW + timedelta(minutes=chance.randrange(20))
    asked: dict[str, Any] = {
        "number": chance.choice(office.numbers),
        "department": chance.choice(office.departments),
        "agent": chance.choice(office.agents),
        "contact": some.contact,
        "direction": chance.choice(list(Direction)),
        "outcome": chance.choice(list(Outcome)),
        "reason": chance.choice(("meta.", "meta.138021", "network.", "network.timeout")),
        "disposition": chance.choice(("sold", "later", "none_such")),
        "recorded": chance.random() < 0.5,
        "words": wanted(chance.choice(("nao", "obrigad", "quero obr", "outra coisa"))),
        "protocol": some.protocol,
        "since": since,
        "until": since + timedelta(minutes=chance.randrange(1, 30)),
    }
    names = chance.sample(sorted(asked), chance.randrange(5))
    return replace(chance.choice(readers(office, chance)), **{name: asked[name] for name in names})


def readers(office: Office, chance: random.Random) -> list[HistoryFilter]:
    first, second, third = office.departments
    ana, bia = office.agents
    missed = HistoryFilter(visible_in=frozenset(), visible_missed_in=frozenset({first, third}), visible_agent=ana)
    own = HistoryFilter(visible_in=frozenset(), visible_agent=ana, visible_talked=ana)
    return [
        HistoryFilter(),
        missed,
        own,
        replace(missed, visible_talked=ana),
        replace(missed, within=HistoryFilter(visible_in=frozenset({second}), visible_agent=ana)),
        HistoryFilter(visible_in=frozenset(), visible_member=office.supervisor, visible_agent=bia),
        HistoryFilter(visible_in=frozenset({third}), visible_agent=bia, visible_talked=bia, visible_of=frozenset()),
        replace(own, visible_member=office.supervisor, within=HistoryFilter(visible_in=frozenset(), visible_agent=ana)),
        HistoryFilter(visible_in=frozenset({third}), visible_of=frozenset(office.numbers[1:]), visible_agent=bia),
        replace(missed, visible_missed_in=frozenset({third}), visible_missed_of=frozenset(office.numbers[:1])),
        HistoryFilter(visible_in=frozenset({first, second}), within=HistoryFilter(visible_in=frozenset({second}))),
        HistoryFilter(visible_in=frozenset({third}), visible_guests=frozenset({bia})),
        HistoryFilter(visible_numbers=frozenset(office.numbers)),
        HistoryFilter(visible_numbers=frozenset(office.numbers[:1]), visible_in=frozenset({second, third})),
        HistoryFilter(visible_in=frozenset()),
        HistoryFilter(visible_numbers=frozenset()),
    ]


async def paged(database: Database, asked: HistoryFilter, limit: int) -> list[str]:
    history, seen, cursor = SqlHistory(database), list[str](), None
    while True:
        page = await history.page(asked, limit, cursor)
        seen += [call.id for call in page.calls]
        cursor = page.next_cursor
        if cursor is None:
            return seen


@pytest.mark.parametrize("few", [0, 5_000], ids=["what is kept beside calls is met", "what is kept beside calls leads"])
async def test_any_filter_of_any_reader_finds_exactly_its_calls(
    database: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(history_search, "FEW", few)
    chance = random.Random(few)
    office = await fill(database, chance)
    sizes = []
    for _ in range(40):
        asked = any_filter(office, chance)
        expected = office.expected(asked)
        assert await paged(database, asked, chance.choice((7, 19, 500))) == expected, asked
        outline = await SqlHistory(database).outline(asked, 10)
        assert (outline.count, outline.more) == (len(expected), False), asked
        sizes.append(len(expected))
    assert sum(size > 0 for size in sizes) > 10, "most filters found nothing: nothing was compared"


async def test_an_agents_own_calls_are_also_those_that_they_handed_on_and_nobody_hears_more_by_it(
    database: Database,
) -> None:
    office = await fill(database, random.Random(8), 60)
    ana, _ = office.agents
    own = HistoryFilter(visible_in=frozenset(), visible_agent=ana, visible_talked=ana)
    handed = [each.call for each in office.known if each.handed_on_by == ana]
    assert len(handed) > 1
    for asked in (own, HistoryFilter(agent=ana), replace(own, agent=ana)):
        shown = await paged(database, asked, 3)
        assert shown == office.expected(asked)
        assert {call.id for call in handed} <= set(shown)
    may_replay = HistoryFilter(visible_in=frozenset(), visible_agent=ana)  # as `gateway.api.replayers` asks
    for call in handed:
        assert await SqlHistory(database).call(call.id, own) is not None
        assert await SqlHistory(database).call(call.id, may_replay) is None
        assert await SqlHistory(database).call(call.id, replace(own, within=may_replay)) is None


async def test_an_outline_opens_a_list_anywhere_and_its_marks_hold_while_calls_come(database: Database) -> None:
    office = await fill(database, random.Random(3), 47)
    history, all_of_them = SqlHistory(database), [each.call.id for each in office.known]
    outline = await history.outline(HistoryFilter(), 10)
    assert (outline.count, outline.step, len(outline.marks)) == (47, 10, 4)
    town_call = office.known[0].call
    for n in range(3):
        late = replace(town_call, id=type(town_call.id)(f"{n:032x}"), wacid=None, received_at=NOW + timedelta(days=1))
        await SqlCallStore(database).save(late)
    for number, mark in enumerate(outline.marks, start=1):
        page = await history.page(HistoryFilter(), 10, Cursor.read(str(mark)))
        assert [call.id for call in page.calls] == all_of_them[number * 10 : number * 10 + 10]
    assert (await history.outline(HistoryFilter(), 10)).count == 50


async def test_a_list_of_exactly_whole_pages_has_no_mark_behind_its_end(database: Database) -> None:
    await fill(database, random.Random(4), 20)
    assert len((await SqlHistory(database).outline(HistoryFilter(), 10)).marks) == 1
    assert (await SqlHistory(database).outline(HistoryFilter(), 20)).marks == ()


async def test_who_leaves_a_department_sees_its_calls_no_more(database: Database) -> None:
    office = await fill(database, random.Random(5), 60)
    asked = HistoryFilter(visible_in=frozenset(), visible_member=office.supervisor)
    assert await paged(database, asked, 500) == office.expected(asked) != []
    nobody = replace(asked, visible_member=AgentId(9_999))
    assert await paged(database, nobody, 500) == []
    call = next(each.call for each in office.known if each.call.department == office.departments[0])
    assert await SqlHistory(database).call(call.id, asked) is not None
    assert await SqlHistory(database).call(call.id, nobody) is None


async def test_a_past_call_has_its_reason_its_protocol_and_what_came_of_it(database: Database) -> None:
    office = await fill(database, random.Random(6), 40)
    shown = {call.id: call for call in (await SqlHistory(database).page(HistoryFilter(), 500)).calls}
    for each in office.known:
        call, failure = shown[each.call.id], each.call.failure or each.call.refusal
        assert call.reason == (None if failure is None else failure.code)
        assert call.protocol == each.protocol
        assert call.dispositions == (() if each.disposition is None else (each.disposition,))
        assert call.recording == each.recording


async def test_calls_of_guests_are_read_from_their_own_index(sqlite_url: str) -> None:
    """SQLite knows no sizes: it would read all calls that any agent of a supervisor ever had, and sort them."""
    database = Database(sqlite_url)
    seen = HistoryFilter(visible_in=frozenset(), visible_guests=frozenset(map(AgentId, range(1, 20))))

    def plan(session: Session) -> list[str]:
        found = history_search.newest(session, seen, 101, None, is_sqlite=True)
        query = select(found.c.id).compile(database.engine, compile_kwargs={"literal_binds": True})
        return [str(row) for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]

    steps = await database.read(plan)
    await database.close()
    assert any("ix_calls_newest_of_guests" in step for step in steps), steps
    assert not any("ix_calls_newest_of_agent" in step for step in steps), steps
