"""Plans, hours and sounds as administrators keep them, and who heard what. On both databases."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import TextClause, text
from sqlmodel import Session, select

from signaling.events import Customer
from signaling.hours_at_meta import Difference, HoursAtMeta, HoursState
from signaling.ids import NumberId
from signaling.plan import LONGEST_ONCE_IN_MIN, Announce, HangUp, Plan, PromptId, StepId
from store.audit import SqlAudit
from store.calls import SqlCallStore
from store.database import Database
from store.number_plans import ChangedMeanwhile, SqlNumberPlans, Writing
from store.prompt_models import PromptHeardRow
from store.prompts import InUse, SqlPrompts
from store.prompts_heard import SqlPromptsHeard
from store.refusal import Refusal, Why
from tests.scenarios.plan_world import ALWAYS_CLOSED, PLAN
from tests.services.samples import NOW, build_town, call_in, customer, new_number, numbers_in
from tests.unit.test_schedule import OFFICE

MINE = "user:1"  # Ana, the first of the town
UPLOAD, OTHER_UPLOAD = PromptId("0" * 31 + "a"), PromptId("0" * 31 + "b")
GREETING = StepId("greeting")


def plan_with(prompt: PromptId) -> Plan:
    return Plan(GREETING, {GREETING: Announce(StepId("end"), prompt), StepId("end"): HangUp()})


async def execute(database: Database, change: TextClause) -> None:
    def work(session: Session) -> None:
        session.connection().execute(change)

    await database.run(work)


# ---- plans -----------------------------------------------------------------------------------------------------------


async def test_a_plan_comes_back_as_it_was_written_and_the_number_has_it(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    first = await plans.plan(town.number.id)
    assert first is not None and (first.value, first.version, first.changed_by) == (None, 0, None)
    own = replace(PLAN, transfer_prompt=PromptId("transferring"))
    written = await plans.write_plan(town.number.id, own, Writing(MINE, NOW, seen=0))
    assert (written.value, written.version, written.changed_at, written.changed_by) == (own, 1, NOW, "Ana")
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and number.plan == own
    again = await plans.write_plan(town.number.id, None, Writing("shell", NOW))
    assert (again.value, again.version, again.changed_by) == (None, 2, "shell")
    assert await plans.plan(NumberId(999)) is None


async def test_of_two_who_write_at_once_one_wins_and_the_other_is_told_who(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    writings = [plans.write_plan(town.number.id, PLAN, Writing(who, NOW, seen=0)) for who in ("user:1", "user:2")]
    done = await asyncio.gather(*writings, return_exceptions=True)
    (won,) = [each for each in done if not isinstance(each, BaseException)]
    (lost,) = [each for each in done if isinstance(each, ChangedMeanwhile)]
    assert (won.version, lost.now.version, lost.now.changed_by) == (1, 1, won.changed_by)
    with pytest.raises(ChangedMeanwhile):
        await plans.write_hours(town.number.id, OFFICE, True, Writing(MINE, NOW, seen=5))
    with pytest.raises(Refusal) as refused:
        await plans.write_plan(NumberId(999), PLAN, Writing(MINE, NOW))
    assert refused.value.why is Why.UNKNOWN


async def test_a_plan_that_cannot_be_read_any_more_leaves_the_number_as_it_was_without_one(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    await plans.write_plan(town.number.id, PLAN, Writing(MINE, NOW))
    await plans.write_hours(town.number.id, OFFICE, True, Writing(MINE, NOW))
    for broken in ('{"start": "a", "steps": {}}', '"a word"', '{"start": "a", "steps": {"a": {"kind": "of another"}}}'):
        value = ":broken" if database.is_sqlite else "CAST(:broken AS JSON)"
        change = text(f"UPDATE numbers SET plan = {value}, schedule = {value}").bindparams(broken=broken)
        await execute(database, change)
        number = await numbers_in(database).by_id(town.number.id)
        assert number is not None and (number.plan, number.schedule) == (None, None)
        assert [each.id for each in await numbers_in(database).all()] == [town.number.id]
    document, hours = await plans.plan(town.number.id), await plans.hours(town.number.id)
    assert document is not None and (document.value, document.readable, document.version) == (None, False, 1)
    assert hours is not None and not hours.document.readable


async def test_every_change_is_in_the_audit(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    await plans.write_plan(town.number.id, PLAN, Writing(MINE, NOW))
    await plans.write_hours(town.number.id, ALWAYS_CLOSED, False, Writing("shell", NOW))
    entries = await SqlAudit(database).newest(2)
    assert {(entry.action, entry.actor) for entry in entries} == {
        ("number.plan_written", MINE),
        ("number.hours_written", "shell"),
    }


# ---- hours -----------------------------------------------------------------------------------------------------------


async def test_hours_are_kept_with_whether_meta_is_to_be_told(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    written = await plans.write_hours(town.number.id, OFFICE, True, Writing(MINE, NOW, seen=0))
    assert written.document.value == OFFICE
    assert written.at_meta == HoursAtMeta(HoursState.WAITING, NOW, to_write=True)
    assert await plans.numbers_with_hours() == {town.number.id: written.at_meta}
    number = await numbers_in(database).by_id(town.number.id)
    assert number is not None and number.schedule == OFFICE
    found = HoursAtMeta(HoursState.DIFFERENT, NOW, (Difference("zone", "America/Sao_Paulo", "UTC"),))
    assert await plans.note_at_meta(town.number.id, found, 1, written.at_meta)
    assert not await plans.note_at_meta(town.number.id, found, 0, found), "ours have changed since"
    assert not await plans.note_at_meta(town.number.id, found, 1, written.at_meta), "what Meta has was noted since"
    hours = await plans.hours(town.number.id)
    assert hours is not None and hours.at_meta == found


async def test_what_meta_was_told_once_is_taken_back_there(database: Database) -> None:
    town, plans = await build_town(database), SqlNumberPlans(database)
    await plans.write_hours(town.number.id, OFFICE, True, Writing(MINE, NOW))
    to_itself = await plans.write_hours(town.number.id, OFFICE, False, Writing(MINE, NOW))
    assert to_itself.at_meta is not None and to_itself.at_meta.to_write, "Meta has hours that are ours no more"
    never = await numbers_in(database).add(new_number("200"))
    kept = await plans.write_hours(never.id, OFFICE, False, Writing(MINE, NOW))
    assert kept.at_meta == HoursAtMeta(HoursState.NOT_TOLD, NOW)


# ---- sounds ----------------------------------------------------------------------------------------------------------


async def test_a_sound_that_a_plan_plays_is_not_deleted(database: Database) -> None:
    town, plans, prompts = await build_town(database), SqlNumberPlans(database), SqlPrompts(database)
    added = await prompts.add(UPLOAD, "  Natal  ", 2_500, MINE, NOW)
    assert (added.name, added.created_by, added.used_by) == ("Natal", "Ana", ())
    await plans.write_plan(town.number.id, plan_with(UPLOAD), Writing(MINE, NOW))
    assert [each.used_by for each in await prompts.all()] == [("Vendas",)]
    with pytest.raises(InUse) as use:
        await prompts.remove(UPLOAD, MINE, NOW)
    assert use.value.numbers == ("Vendas",)
    await plans.write_plan(town.number.id, replace(PLAN, transfer_prompt=UPLOAD), Writing(MINE, NOW))
    with pytest.raises(InUse):
        await prompts.remove(UPLOAD, MINE, NOW)
    await plans.write_plan(town.number.id, None, Writing(MINE, NOW))
    assert await prompts.remove(UPLOAD, MINE, NOW)
    assert not await prompts.remove(UPLOAD, MINE, NOW)
    with pytest.raises(Refusal):
        await plans.write_plan(town.number.id, plan_with(UPLOAD), Writing(MINE, NOW))


async def test_names_of_sounds_are_taken_once_and_are_one_line(database: Database) -> None:
    await build_town(database)
    prompts = SqlPrompts(database)
    await prompts.add(UPLOAD, "Natal", 2_500, MINE, NOW)
    for name, why in (("Natal", Why.EXISTS), ("two\nlines", Why.INVALID), ("", Why.INVALID)):
        with pytest.raises(Refusal) as refused:
            await prompts.add(OTHER_UPLOAD, name, 2_500, MINE, NOW)
        assert refused.value.why is why
    assert await prompts.names() == {UPLOAD}


# ---- who heard what --------------------------------------------------------------------------------------------------

HALF_AN_HOUR = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
MARIA = customer("5511955550101", "BR.1049", "Maria")


async def test_a_sound_is_heard_once_within_its_interval_by_each_customer_of_each_number(database: Database) -> None:
    town, heard = await build_town(database), SqlPromptsHeard(database)
    other = await numbers_in(database).add(new_number("200"))
    calls = SqlCallStore(database)
    await calls.save(call_in(town, customer=MARIA))
    joao = customer("5511955550102")
    await calls.save(call_in(town, "wacid.TWO", joao))

    async def begins(
        who: Customer = MARIA, number: NumberId = town.number.id, sound: str = "greeting", at: datetime = NOW
    ) -> datetime | None:
        return await heard.begin(number, who, sound, HALF_AN_HOUR, at)

    assert await begins() is None
    assert await begins(at=NOW + HALF_AN_HOUR - SECOND) == NOW
    assert await begins(customer(bsuid="BR.1049"), at=NOW + SECOND) == NOW, "the same person by another name"
    assert await begins(joao) is None
    assert await begins(number=other.id) is None
    assert await begins(sound="closed") is None
    assert await begins(at=NOW + HALF_AN_HOUR) is None, "time for it again"
    assert await begins(at=NOW + 2 * HALF_AN_HOUR - SECOND) == NOW + HALF_AN_HOUR
    assert await begins(customer("5511955550199")) is None, "nobody we know"


async def test_two_calls_of_one_customer_at_once_hear_it_once(database: Database) -> None:
    town, heard = await build_town(database), SqlPromptsHeard(database)
    await SqlCallStore(database).save(call_in(town, customer=MARIA))
    both = [heard.begin(town.number.id, MARIA, "greeting", HALF_AN_HOUR, NOW) for _ in range(2)]
    assert sorted(await asyncio.gather(*both), key=str) == [NOW, None]


async def test_what_either_of_two_contacts_heard_the_one_person_has_heard(database: Database) -> None:
    town, heard = await build_town(database), SqlPromptsHeard(database)
    calls = SqlCallStore(database)
    by_phone, by_bsuid = customer("5511955550101"), customer(bsuid="BR.1049")
    await calls.save(call_in(town, "wacid.ONE", by_phone))
    await calls.save(call_in(town, "wacid.TWO", by_bsuid))
    later = NOW + timedelta(minutes=5)
    await heard.begin(town.number.id, by_bsuid, "greeting", HALF_AN_HOUR, NOW)
    await heard.begin(town.number.id, by_phone, "greeting", HALF_AN_HOUR, later)
    await heard.begin(town.number.id, by_phone, "closed", HALF_AN_HOUR, NOW)
    await calls.save(call_in(town, "wacid.THREE", MARIA))  # the two are one
    assert await heard.begin(town.number.id, by_bsuid, "greeting", HALF_AN_HOUR, later + SECOND) == later
    assert await heard.begin(town.number.id, by_bsuid, "closed", HALF_AN_HOUR, NOW + SECOND) == NOW


async def test_what_no_plan_can_ask_for_any_more_is_forgotten(database: Database) -> None:
    town, heard = await build_town(database), SqlPromptsHeard(database)
    await SqlCallStore(database).save(call_in(town, customer=MARIA))
    await heard.begin(town.number.id, MARIA, "greeting", HALF_AN_HOUR, NOW)
    much_later = NOW + timedelta(minutes=LONGEST_ONCE_IN_MIN) + SECOND
    await heard.begin(town.number.id, MARIA, "closed", HALF_AN_HOUR, much_later)
    rows = await database.read(lambda session: session.exec(select(PromptHeardRow.prompt)).all())
    assert rows == ["closed"]
