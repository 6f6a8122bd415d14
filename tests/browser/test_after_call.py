"""After a call: an agent writes down what came of it while nothing rings, and pauses with a reason."""

from pathlib import Path
from typing import Final

import pytest

from signaling.call import Rules
from signaling.ids import CallId
from tests.browser.meta import eventually
from tests.browser.softphone import Offices, Softphone
from tests.browser.system import System

pytestmark = pytest.mark.beside

WRAP_UP: Final = Rules(wrap_up_s=60)


def test_a_note_survives_a_reload_and_the_next_call_rings_when_the_agent_is_done(
    system: System, offices: Offices, artifacts: Path
) -> None:
    with system.rules(WRAP_UP):
        phone = offices.ready_desk(system.hire("Ana Souza"), voice="ana")
        call = system.meta.call("maria")
        phone.until_ringing()
        phone.answer()
        phone.until_talking()
        phone.press("note-open")
        phone.element("note").fill("Pediu o boleto de novembro")
        call.hang_up()
        phone.until_presence("wrap_up")
        record = system.until_over(call.wacid)
        phone.element("disposition").select_option("follow_up")
        phone.screenshot(artifacts / "wrap-up.png")
        eventually(
            lambda: notes(phone, record.id) == [("Pediu o boleto de novembro", "follow_up", False)], "it is kept"
        )

        phone.page.reload()
        phone.until_presence("wrap_up")
        eventually(lambda: phone.element("note").input_value() == "Pediu o boleto de novembro", "it is there again")
        waiting = system.meta.call("joao")
        phone.element("waiting-call").wait_for()
        assert phone.element("ring-panel").count() == 0
        phone.press("wrap-up-done")
        phone.until_ringing()
        eventually(lambda: notes(phone, record.id) == [("Pediu o boleto de novembro", "follow_up", True)], "it is told")
        waiting.hang_up()
        phone.until_gone("ring-panel")

        phone.press("pause-button")
        phone.press("pause-lunch")
        phone.until_presence("paused")
        phone.screenshot(artifacts / "paused.png")


def notes(phone: Softphone, call_id: CallId) -> list[tuple[str, str | None, bool]]:
    """Text, disposition, and whether it is finished."""
    found = phone.api(f"/calls/{call_id}/notes")["notes"]
    return [(note["text"], note["disposition"], note["finished_at"] is not None) for note in found]
