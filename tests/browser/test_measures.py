"""Supervisors see how well calls are answered, as figures, as a chart and as a table for their spreadsheet."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from signaling.call import Call, Outcome, State
from signaling.events import Customer, Direction
from signaling.ids import AgentId, new_call_id
from signaling.permission_events import Asked, AskedBy, Asker, CallConnected, Granted, RequestKind, Source, reference_of
from signaling.ports import Role
from signaling.private import PhoneNumber, Token, Wacid
from store.calls import SqlCallStore
from store.database import Database
from store.models import UserRow
from store.numbers import SqlNumberStore
from store.permissions import SqlPermissionStore
from store.secrets import SecretBox
from tests.browser.axe import serious_findings
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System
from tests.browser.test_access import PHONE, fits

pytestmark = pytest.mark.beside


def test_a_missed_call_is_counted_shown_and_downloaded(system: System, offices: Offices, artifacts: Path) -> None:
    call = system.meta.call("maria")
    call.hang_up()
    system.until_over(call.wacid)
    page = offices.desk(system.hire("Sara Lima", Role.SUPERVISOR))
    page.press("nav-measures")
    offered = page.element("tile-offered")
    offered.wait_for()
    page.page.locator(".recharts-bar-rectangle path").first.wait_for()
    counted = int(offered.locator("dd").inner_text())
    assert counted >= 1
    page.screenshot(artifacts / "measures.png")
    page.element("measures-by").select_option("number")
    row = page.element("measured")
    eventually(lambda: row.count() == 1 and "Vendas São Paulo" in row.inner_text(), "the table is by number")
    assert "days=7&by=number" in page.page.url
    page.page.reload()
    eventually(lambda: row.count() == 1, "the reload shows the same")
    with page.page.expect_download() as coming:
        page.press("measured-csv")
    text = Path(coming.value.path()).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("Por número,Recebidas,Atendidas,Perdidas")
    assert text.splitlines()[1].startswith("Vendas São Paulo,")
    has_them_sent(page, artifacts)
    page.press("measures-view-calls")
    offered.wait_for()
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.emulate_media(color_scheme="dark")
    page.screenshot(artifacts / "measures-narrow-dark.png")


def has_them_sent(page: Softphone, artifacts: Path) -> None:
    """A supervisor's own; what is in the mail is in tests/services/test_reports.py."""
    page.press("measures-mailed")
    expect(page.element("no-mail")).to_contain_text("RAMAL_SMTP_HOST")
    page.press("report-add")
    page.element("report-name").fill("Semana de Sara")
    page.element("report-recipients").fill("sara@example.com")
    page.press("report-save")
    about = page.element("report-about")
    expect(about).to_contain_text("Todo dia 08:00")
    expect(page.element("report-maker")).to_have_count(0)
    page.press("report-hold")
    expect(about).to_contain_text("Pausado")
    page.screenshot(artifacts / "measures-mailed.png")
    assert serious_findings(page.page) == []
    size = page.page.viewport_size
    assert size is not None
    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    fits(page.page)
    page.screenshot(artifacts / "measures-mailed-narrow.png")
    page.page.set_viewport_size(size)
    page.press("report-remove")
    page.press("sure-yes")
    page.element("reports-none").wait_for()


def test_what_a_call_cost_how_it_sounded_and_what_permissions_came_to(
    system: System, offices: Offices, artifacts: Path
) -> None:
    agent = system.hire("Iara Campos")
    system.in_store(lambda database: a_call_of_ours(database, agent.login))
    page = offices.desk(system.hire("Nilo Prado", Role.ADMINISTRATOR))
    page.page.goto(f"{page.url}/system/rates")
    page.press("rates-edit")
    text = page.element("rates-text")
    text.fill("destination,currency,valid_from,above_minutes,per_minute\nBR,USD,2025-08-01,0,a lot\n")
    page.press("rates-save")
    page.page.get_by_text("Linha 2: per_minute").wait_for()
    page.screenshot(artifacts / "rates-wrong.png")
    assert serious_findings(page.page) == []
    text.fill("destination,currency,valid_from,above_minutes,per_minute\nBR,USD,2025-08-01,0,0.0108\n")
    page.press("rates-save")
    page.element("rate").wait_for()
    page.screenshot(artifacts / "rates.png")
    page.page.goto(f"{page.url}/measures?view=costs&days=7&by=agent")
    cost = page.element("tile-cost-USD")
    cost.wait_for()
    assert "US$\u00a00,0119" in cost.inner_text()
    assert page.element("costs-estimate").is_visible()
    page.page.locator(".recharts-bar-rectangle path").first.wait_for()
    page.screenshot(artifacts / "measures-costs.png")
    page.element("measures-agent").select_option(label="Nilo Prado")
    page.page.get_by_text("Nada a pagar neste período").wait_for()
    page.element("measures-agent").select_option(label="Iara Campos")
    cost.wait_for()
    page.press("measures-view-calls")
    page.element("measures-own").wait_for()
    assert "1:01" in page.element("measured").inner_text(), "her talk"
    page.page.locator(".recharts-bar-rectangle path").first.wait_for()
    page.screenshot(artifacts / "measures-of-an-agent.png")
    page.press("measures-view-quality")
    page.element("tile-customer-mos").wait_for()
    page.page.locator(".recharts-bar-rectangle path").first.wait_for()
    assert page.element("tile-customer-mos").locator("dd").first.inner_text() == "4,1"
    page.screenshot(artifacts / "measures-quality.png")
    assert serious_findings(page.page) == []
    page.press("measures-view-permissions")
    page.element("tile-asked").wait_for()
    assert page.element("tile-reached").locator("dd").first.inner_text() == "1"
    page.screenshot(artifacts / "measures-permissions.png")
    page.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.page.emulate_media(color_scheme="dark")
    fits(page.page)
    assert serious_findings(page.page) == []
    page.screenshot(artifacts / "measures-permissions-narrow-dark.png")


async def a_call_of_ours(database: Database, login: str) -> None:
    """Somebody was asked, agreed, was called, held for a while, and talked with for 61 s."""
    query = select(UserRow).where(UserRow.login == login)
    agent = AgentId(await database.read(lambda session: session.exec(query).one().id or 0))
    [number] = await SqlNumberStore(database, SecretBox([Token("x" * 32)])).all()
    now = datetime.now(UTC) - timedelta(minutes=10)
    call = Call(
        id=new_call_id(),
        number=number.id,
        phone_number_id=number.phone_number_id,
        department=number.department,
        direction=Direction.OUTBOUND,
        wacid=Wacid(f"wacid.{new_call_id()}"),
        customer=Customer(PhoneNumber("5521955550177")),
        state=State.ENDED,
        outcome=Outcome.ANSWERED,
        received_at=now,
        offered_at=now,
        accepted_at=now + timedelta(seconds=9),
        ended_at=now + timedelta(seconds=70),
        agent=agent,
    )
    call = call.note(now, "dialed", agent=agent).note(now + timedelta(seconds=20), "held")
    call = call.note(now + timedelta(seconds=32), "resumed").note(now + timedelta(seconds=70), "ended")
    figures = {"customer_to_us_mos": 4.1, "customer_to_us_loss_percent": 0.4, "agent_to_us_mos": 4.3}
    await SqlCallStore(database).save(call.note(now + timedelta(seconds=70), "measured", **figures))
    request = reference_of(f"wamid.{call.id}")
    for event in (
        Asked(now - timedelta(minutes=5), request, RequestKind.TEMPLATE, Asker(AskedBy.AGENT, agent)),
        Granted(now - timedelta(minutes=4), reference_of(call.id), True, None, Source.CUSTOMER, request),
        CallConnected(now + timedelta(seconds=9), reference_of("wacid"), Direction.OUTBOUND),
    ):
        await SqlPermissionStore(database).add(number, call.customer, event)
