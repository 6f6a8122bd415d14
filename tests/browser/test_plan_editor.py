"""Administrators write a number's plan, hours and sounds in Chromium: drawn, checked, tried, saved, told to Meta."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, expect

from gateway.media.prompt_library import SHIPPED
from signaling.ports import Role
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import LABEL, System
from tests.browser.test_access import fits

pytestmark = pytest.mark.beside

PHONE: Final = (390, 844)

Admin = Callable[..., Softphone]


@pytest.fixture
def admin(system: System, offices: Offices) -> Iterator[Admin]:
    """The desk of a new administrator. The number is given back as it was: other tests call it."""
    desks: list[Softphone] = []

    def sit_down(name: str, **office: Any) -> Softphone:
        desks.append(offices.desk(system.hire(name, Role.ADMINISTRATOR), **office))
        return desks[-1]

    yield sit_down
    for path, usual in (("plan", {"plan": None}), ("schedule", {"schedule": None, "tell_meta": True})):
        write(desks[0], path, usual)


def test_a_plan_is_built_from_the_usual_one_mended_tried_and_saved(
    system: System, admin: Admin, artifacts: Path
) -> None:
    page = admin("Rosa Dias")
    page.press("nav-numbers")
    page.press("number-plan")
    expect(page.element("plan-standing")).to_contain_text("ainda não tem plano próprio")
    expect(page.element("graph-step")).to_have_count(2)

    page.element("entrance-start").select_option("new:announce")
    page.element("add-step").select_option("menu")
    page.press("choice-add")
    page.element("field-choices.1").select_option("new:queue")
    page.element("add-step").select_option("voicemail")
    chosen(page, "voicemail")
    page.element("field-then").select_option("end")
    expect(page.element("graph-step")).to_have_count(6)

    step(page, "queue").locator("xpath=ancestor::*[@role='button']").focus()
    page.page.keyboard.press("Enter")  # the drawing needs no mouse
    chosen(page, "queue")
    page.element("field-longest_s").fill("9999")
    problem = page.element("plan-problem")
    expect(problem).to_have_text("Fila (queue): Fora do permitido: de 5 a 3.600.")
    expect(step(page, "queue")).to_have_attribute("data-wrong", "true")
    expect(page.element("field-longest_s")).to_have_attribute("aria-invalid", "true")
    expect(page.element("trial-run")).to_be_disabled()
    page.screenshot(artifacts / "plan-problem.png")
    page.element("field-longest_s").fill("60")
    can_be_saved(page)

    page.press("trial-press-add")
    page.press("trial-run")
    walk = page.element("walk")
    expect(walk).to_have_attribute("data-outcome", "abandoned")
    steps = [moment.get_attribute("data-step") for moment in walk.get_by_test_id("walk-moment").all()]
    assert [name for name in steps if name] == ["announce", "menu", "queue", "voicemail", "end"]
    for name, walked in (("queue", "true"), ("ring", "false")):
        expect(step(page, name)).to_have_attribute("data-walked", walked)
    page.page.locator("#page").evaluate("page => page.scrollTo(0, 0)")
    page.screenshot(artifacts / "plan-tried.png")

    page.press("save")
    saved(page)
    page.page.reload()
    expect(page.element("graph-step")).to_have_count(6)
    expect(page.element("plan-standing")).to_contain_text("Rosa Dias")
    stored = page.api(f"/numbers/{number_of(page)}/plan")["plan"]
    assert stored["start"] == "announce"
    assert stored["steps"]["menu"]["choices"] == {"1": "queue", "2": "ring"}
    assert (stored["steps"]["queue"]["longest_s"], stored["steps"]["queue"]["then"]) == (60, "voicemail")


def test_another_administrator_saves_meanwhile_and_nothing_is_lost(admin: Admin, artifacts: Path) -> None:
    rosa, davi = admin("Rosa Dias", size=PHONE), admin("Davi Reis")
    for page in (rosa, davi):
        page.page.goto(f"{page.url}/numbers/{number_of(page)}/plan")
    rosa.element("step-list").wait_for()  # on a phone the steps are a list
    rosa.element("add-step").select_option("announce")
    can_be_saved(rosa)
    fits(rosa.page)
    davi.element("plan-language").select_option("es")
    can_be_saved(davi)
    davi.press("save")
    saved(davi)

    rosa.press("save")
    expect(rosa.element("meanwhile")).to_contain_text("Davi Reis salvou outra versão")
    rosa.screenshot(artifacts / "plan-meanwhile.png")
    rosa.press("meanwhile-theirs")
    expect(rosa.element("plan-language")).to_have_value("es")
    expect(rosa.element("list-step")).to_have_count(2)
    rosa.press("undo")
    expect(rosa.element("list-step")).to_have_count(3)
    rosa.press("tab-hours")
    rosa.press("leaving-stay")
    rosa.press("save")
    saved(rosa)
    stored = rosa.api(f"/numbers/{number_of(rosa)}/plan")
    assert (stored["changed_by"], sorted(stored["plan"]["steps"])) == ("Rosa Dias", ["announce", "end", "ring"])
    davi.page.evaluate(
        "() => document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    )  # as on coming back to the tab
    expect(davi.element("graph-step")).to_have_count(3)  # who has nothing unsaved follows


def test_hours_are_told_to_meta_and_an_uploaded_sound_is_heard_and_used(
    system: System, offices: Offices, admin: Admin, artifacts: Path
) -> None:
    page = admin("Rosa Dias")
    page.page.goto(f"{page.url}/numbers/{number_of(page)}/hours")
    page.press("hours-always")
    page.element("hours-zone").select_option("America/Sao_Paulo")
    monday = page.element("day-monday")
    for _ in range(2):
        monday.get_by_test_id("span-add").click()
    expect(monday.get_by_test_id("span-problem")).to_contain_text("dois períodos por dia")
    monday.get_by_test_id("span-remove").last.click()
    expect(page.element("hours-check")).to_contain_text("Pode ser salvo")
    page.press("save")
    saved(page)
    expect(page.element("at-meta")).to_have_attribute("data-state", "same")
    page.screenshot(artifacts / "hours.png")
    assert len(page.api(f"/numbers/{number_of(page)}/schedule")["schedule"]["weekly"][0]) == 2

    page.press("nav-sounds")
    page.element("upload").locator("input[type=file]").set_input_files(SHIPPED / "en" / "farewell.ogg")
    page.element("upload-name").fill("Até logo")
    page.press("upload-send")
    sound = page.element("uploaded-sound")
    expect(sound).to_contain_text("Nenhum número usa")
    sound.get_by_test_id("listen").click()
    expect(sound.get_by_test_id("listen")).to_have_attribute("data-playing", "true")
    expect(sound.get_by_test_id("listen")).to_have_attribute("data-playing", "false")  # it has been heard to its end
    page.screenshot(artifacts / "sounds.png")
    sound_id = sound.get_attribute("data-sound")
    bye = {"kind": "hang_up", "reason": "good_bye", "farewell": sound_id}
    write(page, "plan", {"plan": {"start": "end", "steps": {"end": bye}}})
    page.page.reload()
    expect(sound.get_by_test_id("used-by")).to_contain_text(f"Em uso por {LABEL}")
    expect(sound.get_by_test_id("remove-sound")).to_be_disabled()

    supervisor = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    for path in ("/sounds", f"/numbers/{number_of(page)}/hours"):
        supervisor.page.goto(page.url + path)
        expect(supervisor.element("grant-missing")).to_contain_text("Falta o papel de administrador")


def number_of(page: Softphone) -> int:
    number: int = page.api("/numbers")["numbers"][0]["id"]
    return number


def write(page: Softphone, what: str, document: dict[str, Any]) -> None:
    """Over whatever is there, by REST."""
    path = f"/numbers/{number_of(page)}/{what}"
    body = document | {"version": page.api(path)["version"]}
    answer = page.page.context.request.put(f"{page.url}/api/v1{path}", data=body)
    assert answer.ok, answer.text()


def step(page: Softphone, name: str) -> Locator:
    return page.page.locator(f"[data-testid=graph-step][data-step={name}]")


def chosen(page: Softphone, name: str) -> None:
    expect(page.element("step-form")).to_have_attribute("data-step", name)


def can_be_saved(page: Softphone) -> None:
    """The gateway has looked at the plan as it is now, and found nothing."""
    page.page.locator("[data-testid=plan-check][data-state=checked][data-problems='0']").wait_for()


def saved(page: Softphone) -> None:
    eventually(lambda: "Salvo." in page.element("save-state").inner_text(), "it is saved")
