"""What Meta recorded is heard in Chromium where we have no recording of our own; and the page of jobs, looked at."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from gateway.simulator.clips import VOICES_DIR
from signaling.call import Call, Outcome, State
from signaling.ids import PhoneNumberId
from signaling.ports import Role
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.jobs import SqlJobs
from store.meta_files import Fetched, SqlMetaFiles
from tests.browser.axe import serious_findings
from tests.browser.softphone import Offices
from tests.browser.system import PHONE_NUMBER_ID, System
from tests.browser.test_transcripts import NARROW
from tests.services.samples import NOW, Town, call_in, customer, numbers_in, people_in

pytestmark = pytest.mark.beside

VOICE = VOICES_DIR / "joao.ogg"
HEARD = """(audio) => new Promise((heard) => {
  const look = () => audio.currentTime > 0.3 && heard();
  audio.addEventListener("timeupdate", look);
  look();
})"""


def test_what_meta_recorded_is_heard_where_there_is_no_recording_of_ours(
    system: System, offices: Offices, artifacts: Path
) -> None:
    sara = system.hire("Sara Lima", Role.SUPERVISOR)
    chief = offices.desk(sara)

    async def begin(database: Database) -> Call:
        number = await numbers_in(database).by_phone_number_id(PhoneNumberId(PHONE_NUMBER_ID))
        (department, *_) = await SqlDepartmentStore(database).all()
        (who,) = [one.id for one in await people_in(database).users() if one.login == sara.login]
        assert number is not None
        town = Town(number, department.id, (who, who))
        call = call_in(town, "wacid.METAS", customer("5511955550177", name="Bruna Meta"), agent=who)
        call = replace(call, state=State.ENDED, outcome=Outcome.ANSWERED, accepted_at=NOW, ended_at=NOW)
        await SqlCallStore(database).save(call)
        metas = SqlMetaFiles(database)
        assert call.wacid is not None
        await metas.arrived(number.phone_number_id, call.wacid, "recording", "1784500000000101", "1" * 64, NOW)
        (file,) = await metas.of_call(call.id)
        kept = system.keep_sound(f"meta/{call.id}.ogg", VOICE)
        await metas.done(file.id, Fetched(*kept), NOW)
        await SqlJobs(database).put("nobody_does_this", call.id, NOW)
        return call

    call = system.in_store(begin)
    chief.page.goto(f"{chief.url}/history?call={call.id}")
    chief.page.locator("[data-testid=replay-open][data-state=meta]").click()
    expect(chief.element("replay-state")).to_have_text("Gravada pela Meta")
    chief.press("meta-hear")
    sound = chief.element("meta-audio")
    expect(sound).to_be_visible()
    sound.evaluate(HEARD)
    assert sound.evaluate("audio => audio.duration > 1 && audio.error === null")
    assert serious_findings(chief.page) == []
    chief.screenshot(artifacts / "metas-own.png")

    boss = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    boss.page.goto(f"{boss.url}/system/jobs")
    expect(boss.element("jobs-all")).to_have_text(re.compile(r"^Todos · [1-9]"))
    expect(boss.page.locator("[data-kind=nobody_does_this]")).to_contain_text("Assim que houver vez")
    assert serious_findings(boss.page) == []
    boss.screenshot(artifacts / "jobs.png")
    boss.page.set_viewport_size(NARROW)
    boss.screenshot(artifacts / "jobs-narrow.png")
