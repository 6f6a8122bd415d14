"""The whole of an agent's work without a mouse and by what a screen reader says; on a phone; in English."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from signaling.call import Outcome, Party
from tests.browser.softphone import Offices
from tests.browser.system import LABEL, System

pytestmark = pytest.mark.beside

PHONE: Final = (390, 844)
MOST_TABS: Final = 40


def test_an_agent_works_by_keyboard_and_by_what_a_screen_reader_says(system: System, offices: Offices) -> None:
    ana = system.hire("Ana Souza")
    phone = offices.tab(offices.open())
    phone.open()
    page, keyboard = phone.page, phone.page.keyboard

    expect(page.get_by_role("textbox", name="Usuário")).to_be_focused()
    keyboard.type(ana.login)
    tab_to(page, page.get_by_label("Senha", exact=True))
    keyboard.type(ana.password)
    keyboard.press("Enter")

    telephone = page.get_by_role("complementary", name="Telefone")
    ready = telephone.get_by_role("button", name="Ficar disponível")
    ready.wait_for()
    tab_to(page, ready)
    keyboard.press("Enter")
    expect(telephone.get_by_test_id("presence")).to_have_text("Disponível")

    call = system.meta.call("maria")
    phone.until_ringing()
    announced = telephone.get_by_role("alert").filter(has_text="Maria Exemplo")
    expect(announced).to_have_text(f"Chamada de Maria Exemplo para {LABEL}. Pressione F8 para atender.")
    expect(telephone.get_by_role("region", name="Maria Exemplo")).to_be_visible()
    expect(telephone.get_by_role("button", name="Atender")).to_have_attribute("aria-keyshortcuts", "F8")
    expect(telephone.get_by_role("button", name="Recusar")).to_have_attribute("aria-keyshortcuts", "Shift+F8")
    keyboard.press("F8")
    phone.until_talking()
    expect(telephone.get_by_role("status").filter(has_text="Em ligação com Maria Exemplo.")).to_have_count(1)

    mute = telephone.get_by_role("button", name="Silenciar")
    tab_to(page, mute)
    keyboard.press("Space")
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(telephone.get_by_role("status").filter(has_text="Microfone silenciado.")).to_have_count(1)
    keyboard.press("Space")
    expect(mute).to_have_attribute("aria-pressed", "false")

    tab_to(page, telephone.get_by_role("button", name="Desligar"))
    keyboard.press("Enter")
    expect(telephone.get_by_role("status").filter(has_text="Última chamada")).to_be_visible()
    record = system.until_over(call.wacid)
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, Party.AGENT)
    assert [entry.kind for entry in record.timeline if "muted" in entry.kind] == ["muted", "unmuted"]


def test_a_customer_is_given_to_a_colleague_by_keyboard_and_by_what_a_screen_reader_says(
    system: System, offices: Offices
) -> None:
    ana, breno = offices.ready_desk(system.hire("Ana Souza")), offices.ready_desk(system.hire("Breno Reis"))
    page, keyboard = ana.page, ana.page.keyboard
    telephone = page.get_by_role("complementary", name="Telefone")
    call = system.meta.call("maria")
    ana.until_ringing()
    keyboard.press("F8")
    ana.until_talking()

    opener = telephone.get_by_role("button", name="Transferir", exact=True)
    tab_to(page, opener)
    expect(opener).to_have_attribute("aria-expanded", "false")
    keyboard.press("Enter")
    search = telephone.get_by_role("textbox", name="Colega ou departamento")
    expect(search).to_be_focused()
    keyboard.press("Escape")
    expect(opener, "and the focus is back where it came from").to_be_focused()

    keyboard.press("Enter")
    keyboard.type("breno")
    expect(telephone.get_by_role("status").filter(has_text="Na lista: 1")).to_have_count(1)
    tab_to(page, telephone.get_by_role("button", name="Consultar Breno Reis antes"))
    keyboard.press("Enter")
    consult = telephone.get_by_role("region", name="Consulta com Breno Reis")
    expect(consult).to_be_focused()
    expect(consult.get_by_role("status")).to_have_text("Tocando para Breno Reis; o cliente ouve música.")
    asked = breno.page.get_by_role("alert", name="Ana Souza quer consultar você")
    expect(asked.get_by_role("button", name="Falar")).to_be_focused()
    breno.page.keyboard.press("Enter")
    expect(consult.get_by_role("status")).to_have_text("Vocês se ouvem; o cliente ouve música.")
    tab_to(page, consult.get_by_role("button", name="Encerrar a consulta"))
    keyboard.press("Enter")
    expect(telephone.get_by_role("button", name="Silenciar"), "back at the call").to_be_focused()
    tab_to(page, telephone.get_by_role("button", name="Retomar"))
    keyboard.press("Enter")
    expect(telephone.get_by_role("button", name="Espera")).to_be_visible()

    breno.until_presence("free")
    tab_to(page, opener)
    keyboard.press("Enter")
    keyboard.type("breno")
    tab_to(page, telephone.get_by_role("button", name="Transferir para Breno Reis"))
    keyboard.press("Enter")
    breno.until_ringing()
    breno.page.keyboard.press("F8")
    breno.until_talking()
    expect(telephone, "the focus stays in the phone when the call leaves it").to_be_focused()
    expect(telephone.get_by_role("status").filter(has_text="A chamada não está mais com você.")).to_have_count(1)
    tab_to(breno.page, breno.page.get_by_role("button", name="Desligar"))
    breno.page.keyboard.press("Enter")
    assert system.until_over(call.wacid).ended_by is Party.AGENT


def test_shift_and_f8_declines_wherever_the_focus_is(system: System, offices: Offices) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    call = system.meta.call("maria")
    phone.until_ringing()
    phone.page.keyboard.press("Shift+F8")
    phone.page.locator("[data-testid=waiting-call][data-why=declined]").wait_for()
    assert not call.seen()["ended"]
    call.hang_up()
    assert len(system.until_over(call.wacid).declined_by) == 1


def test_a_call_fits_on_a_phone_and_speaks_english(system: System, offices: Offices, artifacts: Path) -> None:
    ana = system.hire("Ana Souza")
    phone = offices.tab(offices.open(language="en-US", size=PHONE))
    phone.open()
    phone.page.get_by_role("button", name="Sign in").wait_for()
    fits(phone.page)
    phone.sign_in(ana)
    phone.get_ready()
    fits(phone.page)

    call = system.meta.call("maria")
    phone.until_ringing()
    fits(phone.page)
    phone.screenshot(artifacts / "phone-ring.png")
    phone.page.get_by_role("button", name="Answer").click()
    phone.until_talking()
    fits(phone.page)
    phone.screenshot(artifacts / "phone-call.png")
    assert phone.page.locator("html").get_attribute("lang") == "en"
    phone.page.get_by_role("button", name="Hang up").click()
    assert system.until_over(call.wacid).outcome is Outcome.ANSWERED


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there."""
    for _ in range(MOST_TABS):
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {wanted} by Tab")


def fits(page: Page) -> None:
    """Nothing is cut off at the side."""
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE[0]
