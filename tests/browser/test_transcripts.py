"""What was said in a call, as a supervisor reads, searches and hears it: of a real recording, by an engine's server."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import ViewportSize, expect

from gateway.finishing import KIND
from gateway.simulator.clips import voices
from recording.journal import Leg
from signaling.call import Call, Outcome, Party
from signaling.ids import PhoneNumberId
from signaling.ports import Role
from store.calls import SqlCallStore
from store.database import Database
from store.departments import SqlDepartmentStore
from store.jobs import SqlJobs
from tests.browser.axe import serious_findings
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import PHONE_NUMBER_ID, Person, System
from tests.fakes.engine_server import Asked, EngineServer, chat, engine_aside, said
from tests.services.recorded import ALWAYS
from tests.services.samples import NOW, Town, customer, numbers_in, people_in
from tests.services.test_recordings import being_recorded, over
from tests.unit.recording.test_mix import Talk

pytestmark = pytest.mark.beside

LASTED_S: Final = 23.0
HIGH: Final = (1280, 1040)
NARROW: Final[ViewportSize] = {"width": 390, "height": 844}
SAID: Final = (
    said(
        (0.3, 3.0, "Bom dia, eu não recebi o boleto deste mês."),
        (3.1, 5.8, "O vencimento é amanhã."),
        (11.8, 15.0, "Está bem, então espero a segunda via."),
    ),
    said(
        (0.3, 3.9, "Envio a segunda via do boleto hoje, até as 18 horas."),
        (10.3, 14.5, "Anotei tudo no seu protocolo. Mais alguma coisa?"),
    ),
)
"""The customer's side comes first (recording.pieces)."""
ABOUT: Final = {
    "reason": "O boleto do mês não chegou, e vence amanhã.",
    "outcome": "A segunda via será enviada hoje.",
    "promises": [{"by": "agent", "what": "Enviar a segunda via até as 18 horas."}],
    "next_steps": ["Conferir se o boleto chegou.", "Corrigir o endereço de e-mail do cliente."],
}


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineServer]:
    with engine_aside() as server:
        yield server


@pytest.fixture(scope="module")
def system(engine: EngineServer, tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Iterator[System]:
    """One that has engines."""
    logs = artifacts / "transcripts"
    logs.mkdir(exist_ok=True)
    settings = {
        **{"RAMAL_TRANSCRIPTION": "openai", "RAMAL_TRANSCRIPTION_URL": engine.url},
        **{"RAMAL_SUMMARY": "openai", "RAMAL_SUMMARY_URL": engine.url, "RAMAL_SUMMARY_MODEL": "small"},
    }
    system = System(tmp_path_factory.mktemp("heard"), logs, **settings)
    try:
        system.start()
        yield system
    finally:
        system.stop()


def conversation() -> Talk:
    maria, ana, talk = voices()["maria"].packets, voices()["ana"].packets, Talk()
    talk.say(Leg.CUSTOMER, maria[:290], 0.5)
    talk.say(Leg.AGENT, ana[:200], 7.0, ssrc=9, ticks=17)
    talk.say(Leg.CUSTOMER, maria[290:480], 12.2, ticks=4_294_900_000 + 585 * 960)
    talk.say(Leg.AGENT, ana[200:430], 17.2, ssrc=9, ticks=17 + 510 * 960)
    return talk


def recorded_call(system: System, wacid: str, name: str, agent: Person) -> Call:
    """Somebody talked with `agent`; the recording is to be finished, and then written down and summarised."""

    async def begin(database: Database) -> Call:
        number = await numbers_in(database).by_phone_number_id(PhoneNumberId(PHONE_NUMBER_ID))
        (department,) = await SqlDepartmentStore(database).all()
        (who,) = [one.id for one in await people_in(database).users() if one.login == agent.login]
        assert number is not None
        call = being_recorded(Town(number, department.id, (who, who)), wacid, ALWAYS)
        call = replace(call, customer=customer("5511955550101", name=name), agent=who)
        await SqlCallStore(database).save(call)
        return call

    async def end(database: Database) -> Call:
        until = NOW + timedelta(seconds=LASTED_S)
        ended = replace(over(call), outcome=Outcome.ANSWERED, ended_by=Party.AGENT, recording_until=until)
        await SqlCallStore(database).save(replace(ended, ended_at=until))
        await SqlJobs(database).put(KIND, call.id, NOW)  # the gateway would see to it within 30 s by itself
        return ended

    call = system.in_store(begin)
    conversation().write(system.journal_of(wacid), LASTED_S)
    return system.in_store(end)


def hearing(engine: EngineServer, about: Any, gate: asyncio.Event | None = None) -> None:
    """From now on it hears the two sides of one call, the second once the gate is open, and summarises by `about`."""
    sides = iter(SAID)

    async def answer(asked: Asked) -> Any:
        if "/chat/" in asked.path:
            return about
        heard = next(sides)
        if heard is SAID[1] and gate is not None:
            await gate.wait()
        return heard

    engine.script = answer


def replayed(phone: Softphone, call: Call) -> None:
    row = f"[data-testid=recent-call][data-call-id='{call.id}']"
    phone.page.locator(f"{row} [data-testid=replay-open][data-state=recorded]").click()
    phone.element("transcript-ours").wait_for()


def position_s(phone: Softphone) -> int:
    return int(phone.element("replay-wave").get_attribute("aria-valuenow") or -1)


def test_a_call_is_written_down_while_it_is_looked_at_summarised_at_the_second_try_and_found_by_its_words(
    system: System, engine: EngineServer, offices: Offices, artifacts: Path
) -> None:
    gate = asyncio.Event()
    hearing(engine, chat("Claro! Aqui está um resumo."), gate)
    offices.expected_in_log.add("job_given_up")
    call = recorded_call(system, "wacid.BILL", "Maria Exemplo", system.hire("Ana Souza"))
    chief = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR), size=HIGH)
    replayed(chief, call)
    state = chief.element("transcript-state")
    expect(state).to_have_attribute("data-state", "running", timeout=30_000)
    expect(state).to_contain_text("A transcrição está sendo feita.")
    chief.screenshot(artifacts / "transcript-running.png")
    engine.loop.call_soon_threadsafe(gate.set)

    lines = chief.element("transcript-line")
    expect(lines).to_have_count(5)
    assert [line.split("\n")[1:] for line in lines.all_inner_texts()][1:3] == [
        ["Cliente", "O vencimento é amanhã."],
        ["Atendente", "Envio a segunda via do boleto hoje, até as 18 horas."],
    ]
    failed = chief.page.locator("[data-testid=summary-state][data-state=failed]")
    expect(failed).to_contain_text("o motor respondeu algo que não é uma resposta")
    expect(failed).to_contain_text("engine.nonsense")
    chief.screenshot(artifacts / "summary-failed.png")
    hearing(engine, chat(ABOUT))
    chief.press("summary-ask")
    told = chief.element("summary").locator("dt, dd")
    expect(told.last).to_have_text("Corrigir o endereço de e-mail do cliente.")
    assert told.all_inner_texts() == [
        *("Motivo", ABOUT["reason"], "Resultado", ABOUT["outcome"]),
        *("Promessas", "Atendente Enviar a segunda via até as 18 horas."),
        *("Próximos passos", *ABOUT["next_steps"]),
    ]
    lines.nth(2).click()
    assert abs(position_s(chief) - 7) <= 1, "where the agent began to speak"
    expect(lines.nth(2)).to_have_attribute("aria-current", "true")
    chief.element("transcript-search").fill("SEGUNDA via")
    expect(lines).to_have_count(2)
    expect(chief.page.locator("mark")).to_have_text(["segunda via", "segunda via"])
    chief.element("transcript-search").fill("")
    chief.page.locator("#page").evaluate("(page) => page.scrollTo(0, 0)")
    chief.screenshot(artifacts / "transcript.png")

    chief.press("nav-search")
    chief.element("search-start").wait_for()
    chief.screenshot(artifacts / "search-start.png")
    chief.element("search-words").fill("BOLETO amanha")
    chief.press("search-go")
    found = chief.element("found-line")
    expect(found).to_have_count(3)
    expect(chief.page.locator("mark")).to_have_text(["boleto", "amanhã", "boleto"])
    found.nth(2).click()
    expect(chief.element("replay-play")).to_be_focused()
    assert abs(position_s(chief) - 7) <= 1
    chief.page.keyboard.press("Space")
    expect(chief.element("replay-clock")).to_have_text(re.compile(r"^0:(0[89]|1)"), timeout=30_000)
    chief.page.keyboard.press("Space")
    assert serious_findings(chief.page) == []
    chief.screenshot(artifacts / "search.png")
    chief.page.set_viewport_size(NARROW)
    chief.page.emulate_media(color_scheme="dark")
    chief.page.reload()
    chief.element("transcript-ours").wait_for()
    assert abs(position_s(chief) - 7) <= 1, "the address keeps what was looked for, and where it was opened"
    assert chief.element("search-words").input_value() == "BOLETO amanha"
    wide = chief.page.evaluate("() => document.documentElement.scrollWidth")
    assert wide == NARROW["width"], "nothing is wider than the phone"
    assert serious_findings(chief.page) == []
    chief.page.evaluate("() => window.scrollTo(0, 0)")
    chief.screenshot(artifacts / "search-narrow-dark.png")
