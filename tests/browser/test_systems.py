"""An administrator connects other systems: a key, a receiver of events, and the audit that tells of it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from signaling.ports import Role
from tests.browser.axe import serious_findings
from tests.browser.meta import eventually
from tests.browser.softphone import WIDE, Offices, Softphone
from tests.browser.system import System
from tests.browser.test_access import PHONE, fits, tab_to

pytestmark = pytest.mark.beside

INSIDE: Final = "https://192.168.0.10/events"


class Crm:
    """A receiver on this machine; `status` is what it answers."""

    def __init__(self) -> None:
        self.status, self.got = 500, list[str]()
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                crm.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["type"])
                self.send_response(crm.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def crm() -> Iterator[Crm]:
    receiver = Crm()
    yield receiver
    receiver.close()


def test_an_administrator_makes_a_key_connects_a_receiver_and_finds_it_all_in_the_audit(
    system: System, offices: Offices, crm: Crm, artifacts: Path
) -> None:
    page = offices.desk(system.hire("Rosa Dias", Role.ADMINISTRATOR))
    name = f"CRM {uuid4().hex[:6]}"
    page.press("nav-system")
    token = _makes_a_key(page, name, artifacts)
    _its_key_works_until_it_is_revoked(page, name, token, artifacts)
    _connects_a_receiver(page, system, crm, artifacts)
    _has_measures_sent(page, artifacts)
    _sees_what_goes_when(page, artifacts)
    _writes_the_words_of_the_company(page, artifacts)
    _reads_the_audit(page, name, artifacts)

    sara = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    assert sara.element("nav-system").count() == 0
    for path in (
        "/system",
        "/system/events",
        "/system/reports",
        "/system/retention",
        "/system/reasons",
        "/system/audit",
    ):
        sara.page.goto(f"{sara.url}{path}")
        expect(sara.element("grant-missing")).to_contain_text("Falta o papel de administrador")


def _makes_a_key(page: Softphone, name: str, artifacts: Path) -> str:
    page.press("key-add")
    expect(page.element("key-name")).to_be_focused()
    page.press("key-create")
    expect(page.element("key-form")).to_contain_text("Marque pelo menos um direito.")
    _in_all_looks(page, artifacts, "system-key-form")
    keyboard = page.page.keyboard
    page.element("key-name").focus()
    keyboard.type(name)
    tab_to(page.page, page.page.get_by_role("checkbox", name="Ver chamadas e indicadores"))
    keyboard.press("Space")
    keyboard.press("Enter")
    token = page.element("told-secret").inner_text()
    page.screenshot(artifacts / "system-key-told.png")
    page.press("told-done")
    assert token not in page.page.content()
    return token


def _its_key_works_until_it_is_revoked(page: Softphone, name: str, token: str, artifacts: Path) -> None:
    asked = page.page.context.request
    headers = {"Authorization": f"Bearer {token}"}
    assert asked.get(f"{page.url}/api/v1/calls", headers=headers).ok
    assert asked.get(f"{page.url}/api/v1/audit", headers=headers).status == 403
    page.page.reload()
    key = page.page.locator("[data-testid=key]").filter(has_text=name)
    expect(key).to_contain_text("Usada por último")
    key.get_by_test_id("key-revoke").click()
    expect(page.page.get_by_role("alertdialog", name=f"Revogar a chave {name}")).to_contain_text("Em até 5 segundos")
    _in_all_looks(page, artifacts, "system-keys")
    page.press("sure-yes")
    expect(key).to_have_attribute("data-state", "revoked")


def _connects_a_receiver(page: Softphone, system: System, crm: Crm, artifacts: Path) -> None:
    page.press("system-tab-events")
    page.press("subscription-add")
    page.element("subscription-url").fill(INSIDE)
    page.press("subscription-create")
    expect(page.element("subscription-form")).to_contain_text("Este endereço é da rede interna.")
    expect(page.element("subscription-url")).to_be_focused()
    page.element("subscription-url").fill(crm.url)
    page.press("subscription-types-only")
    page.press("tick-call.ended")
    _in_all_looks(page, artifacts, "system-event-form")
    page.press("subscription-create")
    assert page.element("told-secret").inner_text().startswith("whsec_")
    page.press("told-done")
    page.press("subscription-test")
    expect(page.element("test-result")).to_contain_text("não recebeu o teste: respondeu 500")
    crm.status = 204
    page.press("subscription-test")
    expect(page.element("test-result")).to_contain_text("O destino recebeu o teste")
    page.press("subscription-hold")
    expect(page.element("subscription")).to_have_attribute("data-state", "held")
    call = system.meta.call("maria")
    call.hang_up()
    system.until_over(call.wacid)
    page.press("subscription-log")
    expect(page.element("delivery")).to_have_attribute("data-state", "pending")
    page.press("subscription-hold")
    expect(page.element("delivery")).to_have_attribute("data-state", "delivered", timeout=15_000)
    page.element("delivery").get_by_role("button", name="Reenviar Fim da chamada").click()
    eventually(lambda: crm.got == ["subscription.test"] * 2 + ["call.ended"] * 2, "it came, and came again")
    page.press("subscription-remove")
    _in_all_looks(page, artifacts, "system-events")
    page.press("sure-yes")
    page.element("subscriptions-none").wait_for()


def _has_measures_sent(page: Softphone, artifacts: Path) -> None:
    """Without a mail server, which the page says; what a server does is in tests/services/test_reports.py."""
    page.press("system-tab-reports")
    expect(page.element("no-mail")).to_contain_text("RAMAL_SMTP_HOST")
    page.press("report-add")
    page.element("report-name").fill("Semana de vendas")
    page.element("report-recipients").fill("rosa@example.com, sara")
    page.element("report-every").select_option("week")
    page.press("report-save")
    expect(page.element("report-form")).to_contain_text("Um destes não é um endereço de e-mail.")
    expect(page.element("report-recipients")).to_be_focused()
    _in_all_looks(page, artifacts, "system-report-form")
    page.element("report-recipients").fill("rosa@example.com, sara@example.com")
    page.press("report-save")
    expect(page.element("report-about")).to_contain_text("Toda semana 08:00")
    page.press("report-remove")
    _in_all_looks(page, artifacts, "system-reports")
    page.press("sure-yes")
    page.element("reports-none").wait_for()


def _sees_what_goes_when(page: Softphone, artifacts: Path) -> None:
    """What its buttons do: softphone_web/src/retention/retention.test.tsx, tests/services/test_messages.py."""
    page.press("system-tab-retention")
    page.element("shelf").first.wait_for()
    expect(page.element("schedule-none").or_(page.element("scheduled").first)).to_be_visible()
    _in_all_looks(page, artifacts, "system-retention")


def _writes_the_words_of_the_company(page: Softphone, artifacts: Path) -> None:
    page.press("system-tab-reasons")
    pauses = page.element("reasons-pause")
    pauses.get_by_role("button", name="Remover: Treinamento").click()
    pauses.get_by_test_id("reason-add").click()
    page.page.keyboard.type("Ginástica laboral")
    _in_all_looks(page, artifacts, "system-reasons")
    pauses.get_by_test_id("reasons-save").click()
    expect(pauses.get_by_test_id("reasons-state")).to_contain_text("Salvo")
    page.press("ready-button")
    page.press("pause-button")
    page.press("pause-ginastica_laboral")
    page.until_presence("paused")
    assert "training" not in [reason["code"] for reason in page.api("/reasons")["pause"]]
    pauses.get_by_test_id("reasons-usual").click()
    pauses.get_by_test_id("sure-yes").click()
    expect(pauses.get_by_role("textbox").nth(3)).to_have_value("Treinamento")
    page.press("offline-button")


def _reads_the_audit(page: Softphone, name: str, artifacts: Path) -> None:
    page.press("system-tab-audit")
    page.element("audit-line").first.wait_for()
    page.element("audit-what").select_option(label="Eventos")
    expect(page.page.locator("[data-testid=audit-line][data-action='events.tested']").first).to_be_visible()
    expect(page.page.locator("[data-testid=audit-line][data-action^='api_key']")).to_have_count(0)
    page.element("audit-what").select_option(label="Chaves de API")
    page.page.reload()
    revoked = page.page.locator("[data-testid=audit-line][data-action='api_key.revoked']").first
    expect(revoked).to_contain_text(f"Chave {name}")
    expect(page.element("audit-what")).to_have_value("api_key")
    revoked.get_by_role("button", name="Só o que Rosa Dias fez").click()
    expect(page.page).to_have_url(
        f"{page.url}/system/audit?actor=user%3A{page.api('/session')['me']['agent_id']}&area=api_key"
    )
    _in_all_looks(page, artifacts, "system-audit")


def _in_all_looks(page: Softphone, artifacts: Path, name: str) -> None:
    """Light, dark, and at the width of a phone, where nothing may be cut off; axe-core finds nothing serious."""
    page.screenshot(artifacts / f"{name}.png")
    assert serious_findings(page.page) == []
    page.page.emulate_media(color_scheme="dark")
    page.screenshot(artifacts / f"{name}-dark.png")
    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(page.page)
    page.screenshot(artifacts / f"{name}-phone.png")
    page.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.page.emulate_media(color_scheme="light")
