"""An agent asks a customer to be allowed to call, the customer answers on their own page, and what may be done shows
at once wherever the customer is on a page: call, ask, or wait and until when."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from signaling.call import Outcome, Party
from signaling.events import Direction
from signaling.permission_events import reference_of
from store.database import Database
from store.models import PermissionEventRow
from tests.browser.conversation import assert_they_hear_each_other
from tests.browser.meta import CustomerCall, eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

# Customers whom the tests of other files do not call: what Meta said of them lately is not asked again at once. Each is
# asked once, as Meta allows, but Carlos, who has taken a call since.
CARLOS: Final = "+55 21 95555-0104"
LUCIA: Final = "+598 99 550 105"
PETER: Final = "+351 955 550 106"

AS_ANSWERED: Final[dict[str, object]] = {"permitted": None}
"""Meta lets the business call whom it has asked, and nobody else."""


def until_counted(system: System, call: CustomerCall) -> None:
    """The customer's permission knows of this call, too: it is told a moment after the call's own record."""
    query = select(PermissionEventRow.id).where(PermissionEventRow.reference == reference_of(call.wacid))

    async def is_known(database: Database) -> bool:
        return await database.read(lambda session: session.exec(query).first() is not None)

    eventually(lambda: system.in_store(is_known), "a call counts for its customer's permission")


@pytest.mark.parametrize("setup", ["active", "passive"])
def test_ask_accept_on_the_customers_page_call_talk_and_hang_up_from_either_side(
    setup: str, system: System, offices: Offices, artifacts: Path
) -> None:
    customer, typed = ("carlos", CARLOS) if setup == "active" else ("lucia", LUCIA)
    office = offices.open(voice="ana")
    phone = offices.sit_down(office, system.hire("Ana Souza"))
    phone.get_ready()
    theirs = offices.customer(office, customer)
    connect_comes_first: dict[str, object] = {"response_s": 1.0} if setup == "active" else {"answer_s": 0.5}
    with system.meta.dialing(**AS_ANSWERED, setup=setup, **connect_comes_first):
        theirs.press("write")  # or a template would be needed
        phone.page.bring_to_front()
        phone.element("dial-callee").fill(typed)
        phone.until_outlook("ask")
        phone.screenshot(artifacts / "dial-ask.png")
        phone.element("dial-callee").focus()
        phone.page.keyboard.press("Tab")
        assert phone.focused() == "dial-ask", "the one button is the next stop of the keyboard"
        phone.page.keyboard.press("Enter")
        phone.until_outlook("wait")
        assert "Permissão pedida às" in phone.element("dial-asked").inner_text()
        assert "Pode pedir de novo em" in phone.element("dial-countdown").inner_text()
        assert "um pedido por dia" in phone.element("dial-why-not").inner_text()
        assert phone.element("dial-ask").is_disabled()
        phone.screenshot(artifacts / "dial-wait.png")

        theirs.press("answer-allow")
        phone.until_outlook("call")
        phone.screenshot(artifacts / "dial-call.png")
        phone.press("dial-button")
        talk(phone, system, customer)
        phone.press("hangup-button")
        phone.element("last-call-note").wait_for()
        assert_over(system, phone, customer, Party.AGENT)

        phone.press("call-again")
        phone.until_outlook("call")
        phone.press("dial-button")
        call = talk(phone, system, customer)
        call.hang_up()
        phone.element("last-call-note").wait_for()
        assert_over(system, phone, customer, Party.CUSTOMER)


def talk(phone: Softphone, system: System, customer: str) -> CustomerCall:
    call = system.meta.dialed(customer)
    phone.until_phase("ringing")
    assert phone.element("hangup-button").inner_text() == "Cancelar chamada"
    voice = "carlos" if customer == "carlos" else "maria"  # lucia's own is too much like ana's to be told from it
    call.accept(voice)
    phone.until_talking()
    assert_they_hear_each_other(phone, call, customer=voice, agent="ana")
    return call


def assert_over(system: System, phone: Softphone, customer: str, by: Party) -> None:
    newest = system.meta.newest_dialed(customer)
    record = system.until_over(newest.wacid)
    assert (record.direction, record.outcome, record.ended_by, record.failure) == (
        Direction.OUTBOUND,
        Outcome.ANSWERED,
        by,
        None,
    )
    phone.until_past_call(record.id, "answered")


@pytest.mark.beside
def test_an_accepted_and_a_revoked_permission_show_on_every_page_at_once(system: System, offices: Offices) -> None:
    ana, bia = offices.ready_desk(system.hire("Ana Souza")), offices.ready_desk(system.hire("Bia Lima"))
    with system.meta.dialing(**AS_ANSWERED):
        system.meta.uses_profile("carlos", "revoke")
        system.meta.writes("carlos", "Podem me ligar?")
        for phone in (ana, bia):
            phone.element("dial-callee").fill(CARLOS)
            phone.until_outlook("ask")
        ana.press("dial-ask")
        for phone in (ana, bia):
            phone.until_outlook("wait")
        system.meta.answers("carlos", "always")
        for phone in (ana, bia):
            phone.until_outlook("call")
            assert "sem prazo" in phone.element("dial-offer").inner_text()
        system.meta.uses_profile("carlos", "revoke")
        for phone in (ana, bia):
            phone.until_outlook("wait")
            assert phone.element("dial-status").inner_text() == "O cliente retirou a permissão."


@pytest.mark.beside
def test_a_declined_request_says_so_and_until_when_nobody_can_ask_again(
    system: System, offices: Offices, artifacts: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"), language="es-AR", size=(390, 844))
    with system.meta.dialing(**AS_ANSWERED):
        system.meta.writes("peter", "Podem me ligar?")
        phone.press("phone-toggle")
        phone.element("dial-callee").fill(PETER)
        phone.until_outlook("ask")
        phone.press("dial-ask")
        phone.until_outlook("wait")
        system.meta.answers("peter", "decline")
        phone.page.get_by_text("El cliente rechazó la solicitud de permiso.").wait_for()
        assert phone.element("dial-countdown").inner_text().startswith("Puede volver a pedir en")
        phone.page.emulate_media(color_scheme="dark")
        phone.screenshot(artifacts / "dial-declined-narrow-dark.png")


@pytest.mark.beside
def test_unanswered_calls_warn_before_the_second_and_want_a_confirmation_before_the_fourth(
    system: System, offices: Offices, artifacts: Path
) -> None:
    phone = offices.ready_desk(system.hire("Ana Souza"))
    system.meta.uses_profile("peter", "allow")
    system.meta.writes("peter", "Podem me ligar?")
    with system.meta.dialing(**AS_ANSWERED, customer_does="decline", after_s=0.0):
        for call in range(1, 5):
            phone.element("dial-callee").fill(PETER)
            phone.until_outlook("call")
            # It may be told a moment after what may be done, and be withdrawn as late.
            expect(phone.element("dial-risk")).to_have_count(1 if call == 2 else 0)
            phone.press("dial-button")
            if call == 4:
                assert "retira a permissão" in phone.element("dial-confirm").inner_text()
                phone.screenshot(artifacts / "dial-confirm.png")
                assert phone.focused() == "dial-confirm-button"
                phone.page.keyboard.press("Enter")
            placed = system.meta.newest_dialed("peter", at_least=call)
            record = system.until_over(placed.wacid)
            # Meta tells REJECTED and the end at one time: when the end comes first, the call was missed.
            assert record.outcome in (Outcome.DECLINED, Outcome.MISSED)
            phone.until_past_call(record.id, record.outcome)
            phone.until_presence("free")
            until_counted(system, placed)
        phone.element("dial-callee").fill(PETER)
        phone.page.get_by_text("retirou a permissão porque as chamadas não foram atendidas").wait_for()
